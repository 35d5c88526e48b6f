//! Opening and creating the SQLite store: what is checked before the file is touched, and how its schema is kept current.
//!
//! Durability: WAL with `synchronous=FULL`, so that a commit is one sync of the log and one of its folder. The program
//! leaves its connection open when it exits ([`SqlStore::leave_open`]): closing the last one would copy the log into the
//! file, with two more syncs a command. The next command reads the log instead, so the log is kept short: see
//! [`FULL_LOG_PAGES`].

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use orch_core::clock::{Clock, to_micros};
use orch_core::operation::OperationId;
use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, migrations};
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::error::{Place, is_failed_sync};

/// Marks a file as a store of orch: `orch` in ASCII, in SQLite's header.
pub(crate) const APPLICATION_ID: u32 = 0x6f72_6368;
/// A log of so many pages of 4 KiB is full: whoever leaves then closes the store, which copies the log and removes it. A
/// first connection reads the whole log, about 0.5 ms for so many pages; a change writes about nine.
///
/// SQLite's own checkpoints are not enough where each command is a process: a first connection does not know how much of
/// the log was copied before, so it copies all of it again, each time, and never begins it anew.
const FULL_LOG_PAGES: u64 = 256;
/// After so many pages SQLite itself copies the log, for processes that stay or overlap. More than [`FULL_LOG_PAGES`], or
/// it would come first, in vain.
const CHECKPOINT_PAGES: u64 = 2 * FULL_LOG_PAGES;
/// A page in the log, with its header: <https://sqlite.org/fileformat2.html#the_write_ahead_log>.
const LOGGED_PAGE: u64 = 4096 + 24;
/// How old a left-over of a dead `create` must be before it is removed.
const STALE: Duration = Duration::from_hours(1);

/// Where the store is, and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The database file.
    pub path: PathBuf,
    /// How long a writer waits for another one.
    pub busy_timeout: Duration,
}

/// Whether [`SqlStore::create`] made a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// It was there before, or somebody else was first.
    Existing,
}

/// A store in a SQLite file.
pub struct SqlStore {
    pub(crate) db: DatabaseConnection,
    pub(crate) path: String,
    log: PathBuf,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// Opens an existing store, and upgrades one of an older schema after a backup beside it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is none or it cannot be opened, [`StoreError::Damaged`] if the file is not a
    /// store of orch, [`StoreError::Newer`] if a newer version wrote it. The file is not touched in any of these cases.
    pub async fn open(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(options, clock, &migrations()).await
    }

    pub(crate) async fn open_with(
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
        migrations: &[Box<dyn MigrationTrait>],
    ) -> Result<Self, StoreError> {
        let path = options.path.display().to_string();
        check_header(&options.path, &path, i64::try_from(migrations.len()).unwrap_or(i64::MAX))?;
        let access = access(&options.path);
        let deadline = Instant::now() + options.busy_timeout;
        let db = loop {
            match connect(options, access).await.map_err(Place(&path).error("opening the store")) {
                Ok(db) => break db,
                // SQLite's own wait does not cover a log that others are bringing up
                Err(StoreError::Busy { .. }) if Instant::now() < deadline => tokio::time::sleep(jitter()).await,
                Err(error) => return Err(error),
            }
        };
        let store = Self { db, path, log: log_path(&options.path), clock };
        store.upgrade(&options.path, migrations).await?;
        Ok(store)
    }

    /// Makes a store where there is none. It is made under another name and linked into place when it is whole, so that
    /// nobody ever sees a part of it, whoever is killed or comes second.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the folder cannot be written.
    pub async fn create(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Created, StoreError> {
        let path = options.path.display().to_string();
        if options.path.symlink_metadata().is_ok() {
            return Ok(Created::Existing);
        }
        let folder = options.path.parent().unwrap_or(Path::new("."));
        let failed = |doing: &str| {
            let (place, doing) = (path.clone(), doing.to_owned());
            move |error: std::io::Error| StoreError::Unavailable {
                place,
                reason: format!("could not {doing}: {error}"),
                source: Some(error.into()),
            }
        };
        remove_stale(folder);
        let scratch =
            tempfile::Builder::new().prefix(".orch-new-").tempdir_in(folder).map_err(failed("make a folder"))?;
        let draft = SqliteOptions { path: scratch.path().join("new.db"), ..options.clone() };
        private_file(&draft.path).map_err(failed("make the file"))?;
        let db = connect(&draft, Access::Write).await.map_err(Place(&path).error("making the store"))?;
        let store = Self { db, path: path.clone(), log: log_path(&draft.path), clock };
        store.run_migrations(0, &migrations()).await?;
        let wal = store.db.execute_unprepared("PRAGMA journal_mode=WAL").await;
        wal.map_err(Place(&path).error("making the store"))?;
        store.db.close().await.map_err(Place(&path).error("making the store"))?;
        std::fs::File::open(&draft.path).and_then(|file| file.sync_all()).map_err(failed("sync the file"))?;
        let created = match std::fs::hard_link(&draft.path, &options.path) {
            Ok(()) => Created::New,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Created::Existing,
            Err(error) => return Err(failed("put the file into place")(error)),
        };
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder"))?;
        Ok(created)
    }

    /// The schema version that this program knows.
    #[must_use]
    pub fn schema_version() -> i64 {
        i64::try_from(migrations().len()).unwrap_or(i64::MAX)
    }

    /// Ends the use of the store without closing its connection, unless the log is full. Whoever exits afterwards saves
    /// the checkpoint that closing the last connection would make; to the file it is as if the program had been killed,
    /// which loses nothing.
    pub async fn leave_open(self) {
        if self.log.metadata().is_ok_and(|log| log.len() > FULL_LOG_PAGES * LOGGED_PAGE) {
            if let Err(error) = self.db.close().await {
                // what was committed is durable, closed or not
                tracing::debug!(%error, "closing the store failed");
            }
            return;
        }
        let pool = self.db.get_sqlite_connection_pool();
        // sqlx gives a connection back to its pool in a task of its own; a runtime that ends before that task does would
        // close the connection, so it is waited for
        if pool.size() > 0
            && let Ok(connection) = pool.acquire().await
        {
            std::mem::forget(connection);
        }
        std::mem::forget(self.db);
    }

    /// The store's clock, whole microseconds.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        to_micros(self.clock.now())
    }

    /// The place for errors.
    pub(crate) fn place(&self) -> Place<'_> {
        Place(&self.path)
    }

    /// Begins a transaction that may write: it waits for its turn at once, so that what it reads stays true.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.db.begin_with_options(options).await.map_err(self.place().error("beginning a transaction"))
    }

    /// Ends a transaction that wrote.
    pub(crate) async fn commit(
        &self,
        transaction: DatabaseTransaction,
        operation: &OperationId,
    ) -> Result<(), StoreError> {
        match transaction.commit().await {
            // the log may hold the whole transaction, and whoever reads it next takes it for committed
            Err(error) if is_failed_sync(&error) => {
                Err(StoreError::OutcomeUnknown { operation: operation.clone(), source: error.into() })
            }
            other => other.map_err(self.place().error("committing")),
        }
    }
}

/// A count as databases take it: signed, 64 bits.
pub(crate) fn at_most(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}

/// What may be done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    /// Reading only; the log's index can be made beside the file.
    Read,
    /// Reading only, from media on which nothing can be made; without a log the file is all there is.
    Immutable,
}

/// Where SQLite has the log of a file.
fn log_path(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn access(path: &Path) -> Access {
    let read_only = |error: &std::io::Error| {
        matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem)
    };
    match std::fs::OpenOptions::new().append(true).open(path) {
        Err(error) if read_only(&error) => {
            if log_path(path).metadata().is_ok_and(|meta| meta.len() > 0) {
                Access::Read
            } else {
                Access::Immutable
            }
        }
        _ => Access::Write,
    }
}

async fn connect(options: &SqliteOptions, access: Access) -> Result<DatabaseConnection, DbErr> {
    let (path, busy_timeout) = (options.path.clone(), options.busy_timeout);
    let mut connect = ConnectOptions::new("sqlite://");
    connect
        .max_connections(1)
        .min_connections(0)
        .connect_lazy(true)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .acquire_timeout(busy_timeout + Duration::from_secs(5))
        // where the disk fails, SQLite ends the transaction by itself, but sqlx goes on counting it and would make a
        // savepoint of the next one, which takes the write lock too late; such a connection is replaced
        .map_sqlx_sqlite_pool_opts(|pool: SqlitePoolOptions| {
            pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        })
        .map_sqlx_sqlite_opts(move |sqlite: SqliteConnectOptions| {
            sqlite
                .filename(&path)
                .create_if_missing(false)
                .read_only(access != Access::Write)
                .immutable(access == Access::Immutable)
                .busy_timeout(busy_timeout)
                .foreign_keys(true)
                .synchronous(SqliteSynchronous::Full)
                .pragma("trusted_schema", "OFF")
                .pragma("cell_size_check", "ON")
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        });
    Database::connect(connect).await
}

/// From 5 to 25 milliseconds, so that those who wait do not come back all at once.
fn jitter() -> Duration {
    Duration::from_millis(5 + RandomState::new().build_hasher().finish() % 20)
}

/// Looks at the file's header before SQLite does, which would write one into an empty file.
fn check_header(path: &Path, shown: &str, known: i64) -> Result<(), StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable {
        place: shown.to_owned(),
        reason: if error.kind() == std::io::ErrorKind::NotFound {
            "it does not exist".into()
        } else {
            error.to_string()
        },
        source: Some(error.into()),
    };
    let damaged = |reason: &str| StoreError::Damaged { place: shown.to_owned(), reason: reason.to_owned() };
    if !path.symlink_metadata().map_err(unavailable)?.is_file() {
        return Err(damaged("it is not a plain file"));
    }
    let mut header = Vec::with_capacity(100);
    let file = std::fs::File::open(path).map_err(unavailable)?;
    file.take(100).read_to_end(&mut header).map_err(unavailable)?;
    let field = |at: usize| header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    match field(68) {
        _ if header.is_empty() => Err(damaged("it is empty")),
        // https://sqlite.org/fileformat2.html#the_database_header
        _ if !header.starts_with(b"SQLite format 3\0") => Err(damaged("it is not a SQLite database")),
        // the log may hold a later version still; that one is seen once SQLite has read it
        Some(APPLICATION_ID) => match field(60).map_or(0, i64::from) {
            found if found > known => Err(StoreError::Newer { place: shown.to_owned(), found, known }),
            _ => Ok(()),
        },
        Some(_) => Err(damaged("it is the SQLite database of another program")),
        None => Err(damaged("it is cut off")),
    }
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn remove_stale(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".orch-new-")) {
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > STALE) {
            // a left-over that cannot be removed harms nobody
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
