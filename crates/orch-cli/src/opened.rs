//! The store that a process has open: opened on first use, looked at again before each later one. Decides nothing about it.

use std::path::Path;
use std::sync::Arc;

use orch_core::clock::Clock;
use orch_store::SqlStore;
use tokio::sync::Mutex;

use crate::database::Database;
use crate::error::CliError;

/// The store, shared by all commands of a process.
///
/// A file is opened once and stays open while it is the same file: where a process closes any descriptor of a file, it loses
/// its locks on it, those of SQLite's other connections included.
#[derive(Debug)]
pub(crate) struct OpenStore {
    kept: Mutex<Option<Kept>>,
    connections: u32,
}

#[derive(Debug)]
struct Kept {
    mark: Mark,
    store: Arc<SqlStore>,
}

/// What tells one database from another: its place, and of a file which one lies there now.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    place: String,
    file: Option<(u64, u64)>,
}

impl OpenStore {
    /// None yet; it is to serve so many calls at once.
    pub(crate) fn new(connections: u32) -> Self {
        Self { kept: Mutex::default(), connections }
    }

    /// The store of a database, as it is now.
    pub(crate) async fn get(&self, database: &Database, clock: &Arc<dyn Clock>) -> Result<Arc<SqlStore>, CliError> {
        let mut kept = self.kept.lock().await;
        let mark = Mark::of(database);
        let known = kept.as_ref().filter(|known| known.mark == mark).map(|known| Arc::clone(&known.store));
        if let Some(store) = known {
            // a server that is silent holds up only those who ask it
            drop(kept);
            store.recheck().await?;
            return Ok(store);
        }
        // another file may have been put into its place
        *kept = None;
        let store = Arc::new(database.open(clock, self.connections).await?);
        *kept = Some(Kept { mark: Mark::of(database), store: Arc::clone(&store) });
        Ok(store)
    }

    /// Gives the store up.
    pub(crate) async fn take(&self) -> Option<Arc<SqlStore>> {
        self.kept.lock().await.take().map(|kept| kept.store)
    }
}

impl Mark {
    fn of(database: &Database) -> Self {
        let file = match database {
            Database::File(options) => identity(&options.path),
            Database::Server(_) => None,
        };
        Self { place: database.to_string(), file }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}
