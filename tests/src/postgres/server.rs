//! A server of a test's own, which may be killed and started again. What others can share stays on the shared one.

use std::fs;
use std::process::{Child, Stdio};

use super::cluster::{Address, Cluster, Programs, remove};
use super::{Database, shared};
use crate::machine::{self, Account, free_port, random_word};

/// How often a port may be taken by somebody else before it is our own fault.
const ATTEMPTS: usize = 5;

/// What a server is set to whose commits outlive a crash of the machine, and which looks after large tables.
const DURABLE: [&str; 5] =
    ["fsync=on", "full_page_writes=on", "autovacuum=on", "shared_buffers=256MB", "max_wal_size=4GB"];

/// A server that only one test knows. It is ended and removed with this value.
#[derive(Debug)]
pub struct Server {
    cluster: Cluster,
    settings: &'static [&'static str],
    database: Database,
    postmaster: Option<Child>,
    /// The processes that [`Self::freeze`] stopped.
    frozen: Vec<u32>,
}

impl Server {
    /// Starts a server on a port of its own. `None` where PostgreSQL is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server on a port of its own that is as durable as one in use: for benchmarks, which would measure nothing
    /// without it. `TMPDIR` must lie on a disk. `None` where PostgreSQL is not installed.
    #[must_use]
    pub fn start_durable() -> Option<Self> {
        Self::start_with(&DURABLE)
    }

    fn start_with(settings: &'static [&'static str]) -> Option<Self> {
        let shared = shared::shared()?;
        for attempt in 1.. {
            let folder = shared.base.join(format!("own.{}", random_word()));
            let cluster = Cluster::copy(shared.account, &shared.template, folder).expect("a copy of the template");
            let address = Address { port: free_port(), password: shared.password().to_owned() };
            let database = Database::of_server(&address);
            let mut server = Self { cluster, settings, database, postmaster: None, frozen: Vec::new() };
            match server.try_start() {
                Ok(()) => return Some(server),
                Err(log) => assert!(attempt < ATTEMPTS, "PostgreSQL does not start:\n{log}"),
            }
        }
        None
    }

    /// The address of the server's database, which is empty at first. It stays the same when the server starts again.
    #[must_use]
    pub fn url(&self) -> &str {
        self.database.url()
    }

    /// The server's database, which is empty at first.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Stops the server at once: connections break and transactions in progress are lost, as in a crash.
    pub fn stop_immediate(&mut self) {
        self.end("QUIT");
    }

    /// Kills the server by a signal that it cannot see: `kill -9` of the postmaster.
    pub fn kill(&mut self) {
        self.end("KILL");
    }

    /// Starts the server again after it was stopped or killed, on the same port and with what was committed.
    pub fn start_again(&mut self) {
        assert!(self.postmaster.is_none(), "the server runs");
        // after a kill the server's processes end one by one, and as long as one is there the start is refused
        machine::wait_for("PostgreSQL to start again", || self.try_start().ok());
    }

    /// Makes the server silent: it takes connections and answers nothing, neither new ones nor old ones.
    pub fn freeze(&mut self) {
        let pids = self.database.sql("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
        self.frozen = pids.lines().filter_map(|pid| pid.parse().ok()).collect();
        // the postmaster first, so that no process comes after
        self.frozen.insert(0, self.pid());
        self.frozen.iter().for_each(|pid| machine::signal(*pid, "STOP"));
    }

    /// Lets a server go on that was frozen.
    pub fn thaw(&mut self) {
        self.frozen.drain(..).for_each(|pid| machine::signal(pid, "CONT"));
    }

    fn pid(&self) -> u32 {
        self.postmaster.as_ref().expect("the server runs").id()
    }

    /// Starts the postmaster; the error is its log.
    fn try_start(&mut self) -> Result<(), String> {
        let programs = Programs::find().expect("they were found before");
        let log = fs::File::options().create(true).append(true).open(self.cluster.folder.join("log"));
        let mut postgres = Account::of_servers().command(&programs.postgres, &self.cluster.folder);
        postgres.args(self.cluster.arguments(self.database.port()));
        postgres.args(self.settings.iter().flat_map(|setting| ["-c", setting]));
        postgres.stdout(Stdio::null()).stderr(log.expect("a log for the server"));
        let mut child = postgres.spawn().expect("the server is a program");
        let ready = machine::wait_for("PostgreSQL to start", || match self.cluster.status() {
            // a server that was killed has left such a file, too
            Some((pid, true)) if pid == child.id() => Some(true),
            _ => child.try_wait().expect("the server is our child").map(|_| false),
        });
        if !ready {
            return Err(self.cluster.log());
        }
        self.postmaster = Some(child);
        Ok(())
    }

    fn end(&mut self, signal: &str) {
        // a process that is stopped does not see that the server is gone
        self.thaw();
        if let Some(mut postmaster) = self.postmaster.take() {
            machine::signal(postmaster.id(), signal);
            postmaster.wait().expect("the server is our child");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("QUIT");
        // if a file is still being written, the folder goes with that of the run
        let _ = remove(&self.cluster.folder);
    }
}
