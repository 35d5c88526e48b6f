//! The one server of a run. Tests are processes of their own under nextest: the first starts the server, the others find
//! it, and a watch in the background ends it when they are gone. It makes no databases.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::{env, fs, io};

use super::cluster::{Address, Cluster, Programs, SETTINGS, remove};
use crate::machine::{self, Account, free_port, random_word};

/// How many seconds the server outlives its last user. Between two test binaries nobody uses it.
const QUIET_SECONDS: u32 = 15;

/// How often a port may be taken by somebody else before it is our own fault.
const ATTEMPTS: usize = 5;

/// What this process shares with the others of the run.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The folder of everything that belongs to the run. Whatever is in it goes when the last user is gone.
    pub(crate) base: PathBuf,
    /// A cluster fresh from initdb.
    pub(crate) template: PathBuf,
    pub(crate) account: Account,
    address: Address,
    // the lock on it is what keeps the server running; the system lets go of it when this process ends
    _users: fs::File,
}

/// The address of the shared server, which runs as long as this process. `None` where PostgreSQL is not installed.
pub(super) fn address() -> Option<Address> {
    shared().map(|shared| shared.address.clone())
}

/// Joins the others. `None` where PostgreSQL is not installed.
pub(crate) fn shared() -> Option<&'static Shared> {
    static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let Some(programs) = Programs::find() else {
                machine::left_out("PostgreSQL", "postgresql");
                return None;
            };
            let joined = Shared::join(programs, base(), QUIET_SECONDS);
            Some(joined.expect("the folder of the servers is ours"))
        })
        .as_ref()
}

/// The folder of this work tree's servers. It lies in the temporary folder, as the servers' account can get there, and
/// as the path of a socket must be short.
fn base() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_MANIFEST_DIR"), SETTINGS, Programs::find().map(|programs| &programs.postgres)).hash(&mut hasher);
    // two people may test one work tree
    let user = Account::of_tests().uid;
    env::temp_dir().join(format!("orch-tests-{user}-{:08x}", hasher.finish() & 0xffff_ffff))
}

impl Shared {
    fn join(programs: &Programs, base: PathBuf, quiet_seconds: u32) -> io::Result<Self> {
        let account = Account::of_servers();
        // held until the server is there, so that it is started once
        let _lock = lock(account, &base)?;
        let mut users = open(&base.join("users"))?;
        // the time of this write tells the watch that somebody was here, even if he is gone when it looks
        users.write_all(b".")?;
        users.lock_shared()?;
        let template = base.join("template");
        if !template.exists() {
            Cluster::init(programs, account, &template)?;
        }
        let password = fs::read_to_string(template.join("password"))?;
        let port = match running(&base) {
            Some(port) => port,
            None => start(programs, account, &base, quiet_seconds)?,
        };
        Ok(Self { base, template, account, address: Address { port, password }, _users: users })
    }

    /// The password of every server whose cluster is a copy of the template.
    pub(crate) fn password(&self) -> &str {
        &self.address.password
    }
}

/// Takes the lock under which servers come and go.
fn lock(account: Account, base: &Path) -> io::Result<fs::File> {
    loop {
        match fs::DirBuilder::new().mode(0o700).create(base) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // the temporary folder is open to everybody; a folder that was made just now is not the account's yet
        let ours = [account.uid, Account::of_tests().uid];
        if fs::symlink_metadata(base).is_ok_and(|about| !about.is_dir() || !ours.contains(&about.uid())) {
            return Err(io::Error::other(format!("{} belongs to somebody else", base.display())));
        }
        let path = base.join("lock");
        let Ok(file) = open(&path) else { continue };
        file.lock()?;
        // the watch may have removed the folder while this waited
        if fs::metadata(&path).is_ok_and(|now| file.metadata().is_ok_and(|held| held.ino() == now.ino())) {
            account.own(base)?;
            return Ok(file);
        }
    }
}

fn open(path: &Path) -> io::Result<fs::File> {
    fs::File::options().create(true).truncate(false).write(true).open(path)
}

/// The port of the server that runs, by what its starter wrote down.
fn running(base: &Path) -> Option<u16> {
    let state = fs::read_to_string(base.join("state")).ok()?;
    let (folder, port) = state.split_once('\n')?;
    let port = port.trim().parse().ok()?;
    Cluster { folder: base.join(folder) }.answers(port).then_some(port)
}

/// Starts the server and its watch. Under the lock.
fn start(programs: &Programs, account: Account, base: &Path, quiet_seconds: u32) -> io::Result<u16> {
    // what a server left behind that was killed; those of a test's own are others
    for entry in fs::read_dir(base)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("shared.") {
            remove(&entry.path())?;
        }
    }
    for attempt in 1.. {
        let name = format!("shared.{}", random_word());
        let cluster = Cluster::copy(account, &base.join("template"), base.join(&name))?;
        let port = free_port();
        // with a session of its own it outlives this test, and a signal to the tests does not reach it
        let mut watch = account.command("setsid", &cluster.folder);
        watch.args(["--fork", "sh", "-c", include_str!("watch.sh"), "watch.sh"]).arg(base).arg(&cluster.folder);
        watch.arg(quiet_seconds.to_string()).arg(&programs.postgres).args(cluster.arguments(port));
        watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = watch.status()?;
        assert!(status.success(), "{watch:?}: {status}");
        let ready = machine::wait_for("PostgreSQL to start", || match cluster.status() {
            Some((_, true)) => Some(true),
            _ => cluster.folder.join("ended").exists().then_some(false),
        });
        if ready {
            fs::write(base.join("state"), format!("{name}\n{port}\n"))?;
            return Ok(port);
        }
        let log = cluster.log();
        remove(&cluster.folder)?;
        assert!(attempt < ATTEMPTS, "PostgreSQL does not start:\n{log}");
    }
    unreachable!("the loop ends by itself")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Database;

    /// A server for this test alone.
    fn join(base: &Path, quiet_seconds: u32) -> Shared {
        Shared::join(Programs::find().unwrap(), base.to_owned(), quiet_seconds).unwrap()
    }

    fn answers(shared: &Shared) -> bool {
        Database::of_server(&shared.address).sql("SELECT 1") == "1"
    }

    fn is_there(programs: Option<&Programs>) -> bool {
        if programs.is_none() {
            machine::left_out("PostgreSQL", "postgresql");
        }
        programs.is_some()
    }

    #[test]
    fn the_second_user_finds_the_server_and_the_last_one_takes_it_along() {
        if !is_there(Programs::find()) {
            return;
        }
        let base = env::temp_dir().join(format!("orch-tests-{}", random_word()));
        let (first, second) = (join(&base, 1), join(&base, 1));
        assert_eq!((first.address.port, first.password()), (second.address.port, second.password()));
        drop(first);
        assert!(answers(&second));
        drop(second);
        machine::wait_for("the folder to go", || (!base.exists()).then_some(()));
    }

    #[test]
    fn a_server_that_was_killed_is_replaced() {
        if !is_there(Programs::find()) {
            return;
        }
        let base = env::temp_dir().join(format!("orch-tests-{}", random_word()));
        let first = join(&base, 1);
        let folder = fs::read_to_string(base.join("state")).unwrap().lines().next().unwrap().to_owned();
        let cluster = Cluster { folder: base.join(folder) };
        machine::signal(cluster.status().unwrap().0, "KILL");
        machine::wait_for("the server to end", || (!cluster.answers(first.address.port)).then_some(()));
        let second = join(&base, 1);
        assert!(answers(&second));
        assert!(!cluster.folder.exists());
        drop((first, second));
        machine::wait_for("the folder to go", || (!base.exists()).then_some(()));
    }

    #[test]
    fn whoever_comes_while_the_server_goes_gets_another_one() {
        if !is_there(Programs::find()) {
            return;
        }
        let base = env::temp_dir().join(format!("orch-tests-{}", random_word()));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..4).for_each(|_| assert!(answers(&join(&base, 0)))));
            }
        });
        machine::wait_for("the folder to go", || (!base.exists()).then_some(()));
    }
}
