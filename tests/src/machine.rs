//! The machine the tests run on: its programs, accounts, ports and processes. It knows no server by name.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How long anything that is waited for may take. A machine under load is slow; nothing is this slow.
const DEADLINE: Duration = Duration::from_mins(1);

/// What a server must be called for before the tests may go on without it.
#[expect(clippy::disallowed_methods, reason = "a test has no settings; this is a note from the script that runs it")]
fn is_required() -> bool {
    env::var_os("ORCH_TESTS_SERVERS").is_some_and(|value| value == "required")
}

/// Says once per process, on the real standard error, that tests are left out.
pub(crate) fn left_out(server: &'static str, package: &str) {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let text = format!("there is no {server} on this machine; on Debian, `apt-get install {package}` installs it");
    assert!(!is_required(), "{text}");
    if SAID.lock().is_ok_and(|mut said| said.insert(server)) {
        // a print would be caught by the test harness and thrown away with the test that passes
        let text = format!("\n*** LEFT OUT: every test that needs {server}: {text}\n\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

#[expect(clippy::disallowed_methods, reason = "programs are looked for where the shell looks for them")]
fn search_path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}

/// Finds a program on the search path, then in other folders. The answer is the file itself, not a link to it.
pub(crate) fn find(program: &str, others: &[PathBuf]) -> Option<PathBuf> {
    let path = search_path();
    let folders = env::split_paths(&path).chain(others.iter().cloned());
    let mut files = folders.map(|folder| folder.join(program)).filter(|file| file.is_file());
    files.next().and_then(|file| file.canonicalize().ok())
}

/// A command that sees nothing of the environment but the search path: no variable of a server's clients either.
pub(crate) fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.env_clear().env("PATH", search_path()).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Runs a command that must succeed, and hands back what it printed, without the last line break.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {}\n{text}{errors}", output.status);
    text.trim_end_matches('\n').to_owned()
}

/// Whom a server runs as: whoever runs the tests, but somebody else in place of root, whom servers refuse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
    is_other: bool,
}

impl Account {
    /// The account that runs the tests.
    pub(crate) fn of_tests() -> Self {
        static ACCOUNT: OnceLock<Account> = OnceLock::new();
        *ACCOUNT.get_or_init(|| Self::named(None).expect("`id` knows who runs the tests"))
    }

    /// The account that servers run as.
    pub(crate) fn of_servers() -> Self {
        static ACCOUNT: OnceLock<Account> = OnceLock::new();
        *ACCOUNT.get_or_init(|| {
            let own = Self::of_tests();
            if own.uid != 0 {
                return own;
            }
            let other = ["postgres", "nobody"].into_iter().find_map(|name| Self::named(Some(name)));
            Self { is_other: true, ..other.expect("an account `postgres` or `nobody`, as servers refuse root") }
        })
    }

    fn named(name: Option<&str>) -> Option<Self> {
        let ask = |what: &str| {
            let output = command("id").arg(what).args(name).output().ok()?;
            String::from_utf8_lossy(&output.stdout).trim().parse().ok()
        };
        Some(Self { uid: ask("-u")?, gid: ask("-g")?, is_other: false })
    }

    /// Makes a folder of this account, which nobody else but root can look into.
    pub(crate) fn make_folder(self, path: &Path) -> std::io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)?;
        self.own(path)
    }

    /// Makes a file this account's.
    pub(crate) fn own(self, path: &Path) -> std::io::Result<()> {
        if self.is_other { chown(path, Some(self.uid), Some(self.gid)) } else { Ok(()) }
    }

    /// A command that runs as this account in a folder that it can look into.
    pub(crate) fn command(self, program: impl AsRef<Path>, folder: &Path) -> Command {
        let mut command = command(program);
        command.current_dir(folder).env("HOME", folder);
        if self.is_other {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}

/// A word that no other process comes upon: 16 hexadecimal digits.
pub(crate) fn random_word() -> String {
    let mut bytes = [0; 8];
    let mut source = fs::File::open("/dev/urandom").expect("the system's randomness");
    source.read_exact(&mut bytes).expect("the system's randomness");
    format!("{:016x}", u64::from_ne_bytes(bytes))
}

/// A port of 127.0.0.1 that nobody listens on. Another process may take it first; then starting fails and another port
/// is tried. It lies below those that the system gives to outgoing connections, so that it stays free while a server
/// is down that shall come back to it.
pub(crate) fn free_port() -> u16 {
    loop {
        let random = u64::from_str_radix(&random_word(), 16).expect("it is a number");
        let port = u16::try_from(20_000 + random % 10_000).expect("it is small");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Sends a signal to a process. It may be gone already.
pub(crate) fn signal(pid: u32, name: &str) {
    // `kill` of the shell is everywhere
    let mut kill = command("/bin/sh");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &pid.to_string()]).stderr(Stdio::null());
    let _ = kill.status();
}

/// Waits until there is an answer; ends the test if it takes too long.
pub(crate) fn wait_for<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
