//! The stores that orch is tested on, as they look from outside: how one is made, asked, and held. No test is in here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::postgres::{self, Database};

use super::program::search_path;

/// A kind of store, and one place in which a sandbox keeps its store.
pub(crate) trait Engine: Sized + Send + Sync {
    /// The kind of store that this one is not.
    type Other: Engine;
    /// What scripts call it.
    const NAME: &'static str;
    /// SQL that begins a transaction which every writer has to wait for, and no reader.
    const HOLD: &'static str;
    /// Whether an id that was drawn for what did not happen is never given again.
    const SKIPS_IDS: bool;

    /// Finds a place for a store. `None` where the server is not installed; then it has been said.
    fn new() -> Option<Self>;

    /// What `orch init` is told, so that it makes the store there.
    fn init_arguments(&self) -> Vec<String>;

    /// A program that reads SQL from standard input and prints one line a row, with `|` between columns. It ends at the
    /// first error. `root` is the project's folder.
    fn client(&self, root: &Path) -> Command;

    /// Keeps the store as it is now, if it is not in the project's folder.
    fn keep(&self) {}

    /// Makes the store what it was when it was kept.
    fn go_back(&self) {}

    /// Waits until each of these processes has read what it reads and waits for the writer before it.
    fn wait_until_held(&self, root: &Path, processes: &[Child]);
}

/// The store is a file in the project.
pub(crate) struct Sqlite;

impl Sqlite {
    /// The file.
    pub(crate) fn file(root: &Path) -> PathBuf {
        root.join(".orch/orch.db")
    }
}

impl Engine for Sqlite {
    type Other = Postgres;
    const NAME: &'static str = "sqlite";
    const HOLD: &'static str = "BEGIN IMMEDIATE;";
    const SKIPS_IDS: bool = false;

    fn new() -> Option<Self> {
        Some(Self)
    }

    fn init_arguments(&self) -> Vec<String> {
        Vec::new()
    }

    fn client(&self, root: &Path) -> Command {
        let mut command = Command::new("sqlite3");
        command.env_clear().env("PATH", search_path());
        command.args(["-batch", "-bail", "-cmd", ".timeout 30000"]).arg(Self::file(root));
        command
    }

    fn wait_until_held(&self, root: &Path, processes: &[Child]) {
        let file = Self::file(root);
        for process in processes {
            let descriptors = format!("/proc/{}/fd", process.id());
            let opened = || {
                let entries = fs::read_dir(&descriptors).into_iter().flatten().flatten();
                entries.filter_map(|entry| entry.path().read_link().ok()).any(|path| path == file)
            };
            while Path::new(&descriptors).exists() && !opened() {
                thread::yield_now();
            }
        }
        // nothing shows a wait for the lock: reading takes well under a millisecond once the file is open, and the lock
        // is held a thousand times as long
        thread::sleep(Duration::from_secs(1));
    }
}

/// The store is a database of its own on a server.
pub(crate) struct Postgres(Database);

impl Engine for Postgres {
    type Other = Sqlite;
    const NAME: &'static str = "postgres";
    const HOLD: &'static str = "BEGIN; LOCK TABLE orchestration_tasks IN EXCLUSIVE MODE;";
    const SKIPS_IDS: bool = true;

    fn new() -> Option<Self> {
        postgres::database().map(Self)
    }

    fn init_arguments(&self) -> Vec<String> {
        vec!["--database-url".to_owned(), self.0.url().to_owned()]
    }

    fn client(&self, _root: &Path) -> Command {
        self.0.psql()
    }

    fn keep(&self) {
        self.0.keep();
    }

    fn go_back(&self) {
        self.0.go_back();
    }

    fn wait_until_held(&self, _root: &Path, processes: &[Child]) {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let start = Instant::now();
        while self.0.sql(waiting) != processes.len().to_string() {
            assert!(start.elapsed() < Duration::from_mins(1), "nobody waits for the writer");
        }
    }
}
