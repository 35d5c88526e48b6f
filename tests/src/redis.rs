//! A Redis server of a test's own, which may be frozen, killed and started again. It knows nothing of what orch keeps there.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::{env, fs};

use crate::machine::{self, Account, free_port, random_word};

/// How often a port may be taken by somebody else before it is our own fault.
const ATTEMPTS: usize = 5;

/// Starts the server, says its number, and ends it when the test is gone, however it ended.
const WATCH: &str = "\"$@\" </dev/null >/dev/null 2>&1 & echo $!; read -r _; kill -s KILL $!; wait $!";

/// A server that only one test knows, without anything on disk. It is ended and removed with this value.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    password: String,
    settings: Vec<String>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    pid: u32,
    /// Ends when its standard input does.
    watch: Child,
}

impl Server {
    /// Starts a server that wants a password. `None` where Redis is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with more settings, for example `["--maxmemory", "1mb"]`. `None` where Redis is not installed.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        if ["redis-server", "redis-cli"].iter().any(|program| machine::find(program, &[]).is_none()) {
            machine::left_out("Redis", "redis-server");
            return None;
        }
        let folder = env::temp_dir().join(format!("orch-redis-{}", random_word()));
        Account::of_tests().make_folder(&folder).expect("a folder for the server");
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let password = format!("secret{}", random_word());
        let mut server = Self { folder, port: 0, password, settings, running: None };
        for _ in 0..ATTEMPTS {
            server.port = free_port();
            if server.try_start() {
                return Some(server);
            }
        }
        panic!("Redis does not start in {}", server.folder.display());
    }

    /// The address, with the password: `redis://:password@127.0.0.1:port/0`. It stays the same when the server starts again.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_through(self.port)
    }

    /// The address by way of another port.
    #[must_use]
    pub fn url_through(&self, port: u16) -> String {
        format!("redis://:{}@127.0.0.1:{port}/0", self.password)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password: a test can look for places where it leaked.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Runs a command of Redis, and hands back what `redis-cli` prints: one line a value.
    #[expect(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn command(&self, words: &[&str]) -> String {
        let mut client = machine::command("redis-cli");
        client.env("REDISCLI_AUTH", &self.password).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        machine::run(client.args(words))
    }

    /// How many commands the server has carried out.
    #[must_use]
    pub fn commands_processed(&self) -> u64 {
        let info = self.command(&["INFO", "stats"]);
        let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
        line.and_then(|number| number.trim().parse().ok()).expect("Redis counts its commands")
    }

    /// Makes the server silent: it takes connections and answers nothing, neither new ones nor old ones.
    pub fn freeze(&self) {
        machine::signal(self.pid(), "STOP");
    }

    /// Lets a server go on that was frozen.
    pub fn thaw(&self) {
        machine::signal(self.pid(), "CONT");
    }

    /// Kills the server: connections break, and everything that it kept is gone.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.watch.stdin.take());
            running.watch.wait().expect("the watch is our child");
            let port = self.port;
            machine::wait_for("Redis to end", || {
                std::net::TcpStream::connect(("127.0.0.1", port)).is_err().then_some(())
            });
        }
    }

    /// Starts the server again after it was killed, on the same port.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "the server runs");
        machine::wait_for("Redis to start again", || self.try_start().then_some(()));
    }

    fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").pid
    }

    fn try_start(&mut self) -> bool {
        let port = self.port.to_string();
        let log = self.folder.join("log");
        let _ = fs::remove_file(&log);
        let mut watch = Account::of_tests().command("/bin/sh", &self.folder);
        watch.args(["-c", WATCH, "watch", "redis-server", "--bind", "127.0.0.1", "--port", &port]);
        watch.args(["--save", "", "--appendonly", "no", "--logfile", "log", "--requirepass", &self.password]);
        watch.args(&self.settings);
        let mut watch = watch.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut line = String::new();
        BufReader::new(watch.stdout.take().expect("a pipe")).read_line(&mut line).expect("the number of the server");
        let pid = line.trim().parse().expect("the number of the server");
        let ready = machine::wait_for("Redis to start", || {
            let log = fs::read_to_string(&log).unwrap_or_default();
            if log.contains("Ready to accept connections") {
                return Some(true);
            }
            ["Failed", "Fatal", "FATAL"].iter().any(|word| log.contains(word)).then_some(false)
        });
        self.running = Some(Running { pid, watch });
        if !ready {
            self.end();
        }
        ready
    }

    fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.watch.stdin.take());
            let _ = running.watch.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
