//! A server's folder: its programs, how initdb fills it, the command that runs it, its address. It starts no server.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use crate::machine::{self, Account, random_word};

/// The superuser that the tests connect as.
pub(crate) const USER: &str = "orch";

/// What every server is set to. Nothing here outlives a crash of the machine, and need not.
pub(super) const SETTINGS: &str = "
fsync = off
full_page_writes = off
max_connections = 200
shared_buffers = 32MB
max_wal_size = 256MB
# tables of tests are young and small
autovacuum = off
# a zone that nobody has by chance: whoever forgets to name one shows it
timezone = 'Asia/Kathmandu'
log_timezone = UTC
log_min_messages = info
log_line_prefix = '%m [%p] %d '
";

/// The programs of one installation.
#[derive(Debug)]
pub(super) struct Programs {
    initdb: PathBuf,
    pub(super) postgres: PathBuf,
    pub(super) psql: PathBuf,
}

impl Programs {
    /// Finds them: on the search path, where Debian keeps the newest, or where `pg_config` says.
    pub(super) fn find() -> Option<&'static Self> {
        static PROGRAMS: OnceLock<Option<Programs>> = OnceLock::new();
        PROGRAMS.get_or_init(Self::look).as_ref()
    }

    fn look() -> Option<Self> {
        let mut folders = debian_folders(Path::new("/usr/lib/postgresql"));
        if let Some(pg_config) = machine::find("pg_config", &[])
            && let Ok(output) = machine::command(pg_config).arg("--bindir").output()
        {
            folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        let initdb = machine::find("initdb", &folders)?;
        let beside = |name: &str| Some(initdb.with_file_name(name)).filter(|file| file.is_file());
        let postgres = beside("postgres")?;
        // Debian's psql on the search path is a slow wrapper around this one
        let psql = beside("psql").or_else(|| machine::find("psql", &folders))?;
        Some(Self { initdb, postgres, psql })
    }
}

/// The folders of programs in `/usr/lib/postgresql/VERSION/bin`, newest first.
fn debian_folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let version = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>()
    };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort_by_key(|path| std::cmp::Reverse(version(path)));
    folders.into_iter().map(|path| path.join("bin")).collect()
}

/// Where a server listens, and with which password.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Address {
    /// The address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", encoded(&self.password), self.port)
    }
}

fn encoded(password: &str) -> String {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter);
    password.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A folder in which a server can run: `data`, the socket and `log` are in it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
}

impl Cluster {
    /// Makes a cluster in `target` by initdb, whole or not at all. Returns the password, which is kept beside the data.
    pub(super) fn init(programs: &Programs, account: Account, target: &Path) -> io::Result<()> {
        let folder = target.with_extension("new");
        remove(&folder)?;
        account.make_folder(&folder)?;
        let file = folder.join("password");
        // letters that mean something in an address, so that a program that does not decode them is found out
        fs::write(&file, format!("{}@:/%+ ?#", random_word()))?;
        account.own(&file)?;
        let mut initdb = account.command(&programs.initdb, &folder);
        initdb.args(["--pgdata=data", "--auth=scram-sha-256", "--pwfile=password", "--username", USER]);
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1"]);
        machine::run(&mut initdb);
        let mut settings = fs::File::options().append(true).open(folder.join("data/postgresql.conf"))?;
        settings.write_all(SETTINGS.as_bytes())?;
        fs::rename(folder, target)
    }

    /// Copies a cluster in which no server runs.
    pub(super) fn copy(account: Account, template: &Path, folder: PathBuf) -> io::Result<Self> {
        account.make_folder(&folder)?;
        machine::run(account.command("cp", &folder).arg("-Rp").arg(template.join("data")).arg("data"));
        Ok(Self { folder })
    }

    /// The arguments that make `postgres` run here, in the foreground.
    pub(super) fn arguments(&self, port: u16) -> Vec<String> {
        let folder = self.folder.to_string_lossy();
        let set = |setting: String| ["-c".to_owned(), setting];
        [
            ["-D".to_owned(), format!("{folder}/data")],
            set(format!("port={port}")),
            set("listen_addresses=127.0.0.1".to_owned()),
            set(format!("unix_socket_directories={folder}")),
        ]
        .concat()
    }

    /// The process id of the server that runs here, and whether it takes connections.
    pub(super) fn status(&self) -> Option<(u32, bool)> {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.parse().ok()?;
        Some((pid, lines.last().is_some_and(|line| line.trim() == "ready")))
    }

    /// Whether a server runs here: the socket is in this folder, so nobody else answers at it.
    pub(super) fn answers(&self, port: u16) -> bool {
        UnixStream::connect(self.folder.join(format!(".s.PGSQL.{port}"))).is_ok()
    }

    /// What the server has said so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

/// Removes a folder if it is there.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    // processes of a server that was killed may still be writing their last
    machine::wait_for("a folder to be left alone", || match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => None,
        Err(error) if error.kind() != io::ErrorKind::NotFound => Some(Err(error)),
        _ => Some(Ok(())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::TempDir::new().unwrap();
        for version in ["9.6", "15", "18", "13"] {
            fs::create_dir(root.path().join(version)).unwrap();
        }
        let folders = debian_folders(root.path());
        let expected = ["18", "15", "13", "9.6"].map(|version| root.path().join(version).join("bin"));
        assert_eq!(folders, expected);
        assert!(debian_folders(&root.path().join("none")).is_empty());
    }

    #[test]
    fn a_password_is_encoded_in_an_address() {
        let address = Address { port: 5432, password: "a@:/%+ ?#é".to_owned() };
        assert_eq!(address.url("x"), "postgres://orch:a%40%3A%2F%25%2B%20%3F%23%C3%A9@127.0.0.1:5432/x");
    }
}
