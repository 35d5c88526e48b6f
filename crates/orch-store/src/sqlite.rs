//! Opening and creating a store in a SQLite file: what is checked before the file is touched, and how its schema is kept
//! current.
//!
//! Durability: WAL with `synchronous=FULL`, so that a commit is one sync of the log and one of its folder. The program
//! leaves its connection open when it exits ([`SqlStore::leave_open`]): closing the last one would copy the log into the
//! file, with two more syncs a command. The next command reads the log instead, so the log is kept short: see
//! [`FULL_LOG_PAGES`].

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_core::clock::Clock;
use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, migrations};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, Executor as _};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbErr};

use crate::error::Place;
use crate::retry::jittered;
use crate::scratch::{Scratch, folder_of, sync_folder};
use crate::sqlite::archive::ArchiveFile;
use crate::sqlite::hold::Hold;
use crate::store::{Created, Engine, SqlStore};

/// How many rows SQLite's thread may be ahead of who reads them.
const ROWS_AHEAD: usize = 1_000;
/// How much of a file SQLite may keep in memory, in KiB: enough for the upper levels of all its trees.
const CACHE_KIB: u32 = 16_384;

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
/// How long to wait for others that are bringing the log up.
const LOG_WAIT: Duration = Duration::from_millis(10);

/// Where the file is, and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The database file.
    pub path: PathBuf,
    /// How long a writer waits for another one.
    pub busy_timeout: Duration,
}

impl SqlStore {
    /// Opens an existing store, and upgrades one of an older schema after a backup beside it.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] if there is none, [`StoreError::Unavailable`] if it cannot be opened, [`StoreError::Damaged`]
    /// if the file is not a store of orch or its log is damaged, [`StoreError::Newer`] if a newer version wrote it, [`StoreError::Unfinished`] if an
    /// import into it was not finished. The file is not touched in any of these cases.
    pub async fn open(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_for(options, clock, 1).await
    }

    /// As [`SqlStore::open`], for so many calls at once: each has a connection of its own, so that none that reads waits for
    /// one that writes. A process opens a file once; where it closed a second descriptor, it would lose the locks of the first.
    ///
    /// # Errors
    /// As [`SqlStore::open`].
    pub async fn open_for(
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
        connections: u32,
    ) -> Result<Self, StoreError> {
        let store = Self::open_with(options, clock, &migrations(), connections).await?;
        if store.is_unfinished(&store.connection()).await? {
            return Err(StoreError::Unfinished { place: store.place });
        }
        Ok(store)
    }

    /// As [`SqlStore::open`], for an import: also where an earlier one was not finished.
    ///
    /// # Errors
    /// As [`SqlStore::open`].
    pub async fn open_unfinished(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(options, clock, &migrations(), 1).await
    }

    /// The version of the schema that the file has now.
    pub(crate) async fn file_version(&self, db: &DatabaseConnection) -> Result<i64, StoreError> {
        upgrade::user_version(db, &self.place).await
    }

    pub(crate) async fn open_with(
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
        migrations: &[Box<dyn MigrationTrait>],
        connections: u32,
    ) -> Result<Self, StoreError> {
        let path = options.path.display().to_string();
        let hold = Hold::shared(options).await?;
        check_header(&options.path, &path, i64::try_from(migrations.len()).unwrap_or(i64::MAX))?;
        check_log(&options.path, &path)?;
        let access = access(&options.path);
        let archive = Box::new(ArchiveFile::of(options, access, Arc::clone(&clock)));
        let deadline = Instant::now() + options.busy_timeout;
        let db = loop {
            let connecting = connect_with(options, access, move |pool| pool.max_connections(connections)).await;
            match connecting.map_err(Place(&path).error("opening the store")) {
                Ok(db) => break db,
                // SQLite's own wait does not cover a log that others are bringing up
                Err(StoreError::Busy { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(jittered(LOG_WAIT)).await;
                }
                Err(error) => return Err(error),
            }
        };
        upgrade::upgrade(&db, &path, &options.path, migrations).await?;
        Ok(Self {
            engine: Engine::Sqlite { db, log: log_path(&options.path), clock, archive, _hold: hold },
            place: path,
        })
    }

    /// Makes a store where there is none. It is made under another name and linked into place when it is whole, so that
    /// nobody ever sees a part of it, whoever is killed or comes second.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the folder cannot be written, [`StoreError::Damaged`] if there was a store whose file is
    /// gone.
    pub async fn create(options: &SqliteOptions) -> Result<Created, StoreError> {
        let path = options.path.display().to_string();
        let _hold = Hold::shared(options).await?;
        if options.path.symlink_metadata().is_ok() {
            return Ok(Created::Existing);
        }
        if let Some(lost) = remains::of_lost_store(&options.path) {
            return Err(lost);
        }
        let folder = folder_of(&options.path);
        let failed = |doing: &str| {
            let (place, doing) = (path.clone(), doing.to_owned());
            move |error: std::io::Error| StoreError::Unavailable {
                place,
                reason: format!("could not {doing}: {error}"),
                source: Some(error.into()),
            }
        };
        let scratch = Scratch::in_folder(folder).map_err(failed("make a folder"))?;
        let draft = SqliteOptions { path: scratch.path().join("new.db"), ..options.clone() };
        private_file(&draft.path).map_err(failed("make the file"))?;
        let db = connect(&draft, Access::Write).await.map_err(Place(&path).error("making the store"))?;
        upgrade::run_migrations(&db, &path, 0, &migrations()).await?;
        let wal = db.execute_unprepared("PRAGMA journal_mode=WAL").await;
        wal.map_err(Place(&path).error("making the store"))?;
        db.close().await.map_err(Place(&path).error("making the store"))?;
        std::fs::File::open(&draft.path).and_then(|file| file.sync_all()).map_err(failed("sync the file"))?;
        let created = match std::fs::hard_link(&draft.path, &options.path) {
            Ok(()) => Created::New,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Created::Existing,
            Err(error) => return Err(failed("put the file into place")(error)),
        };
        sync_folder(folder).map_err(failed("sync the folder"))?;
        Ok(created)
    }

    /// Ends the use of the store without closing its connection, unless the log is full. Whoever exits afterwards saves
    /// the checkpoint that closing the last connection would make; to the file it is as if the program had been killed,
    /// which loses nothing.
    pub async fn leave_open(self) {
        let Engine::Sqlite { db, log, archive, .. } = self.engine else { return };
        let attached = archive.into_attached();
        if log.metadata().is_ok_and(|log| log.len() > FULL_LOG_PAGES * LOGGED_PAGE) {
            for db in attached.into_iter().chain([db]) {
                if let Err(error) = db.close().await {
                    // what was committed is durable, closed or not
                    tracing::debug!(%error, "closing the store failed");
                }
            }
            return;
        }
        for db in attached.into_iter().chain([db]) {
            leave(db).await;
        }
    }
}

/// Leaves a connection open when the program ends.
async fn leave(db: DatabaseConnection) {
    let pool = db.get_sqlite_connection_pool();
    if pool.options().get_max_connections() > 1 {
        // it served many calls, so one more sync costs nothing
        if let Err(error) = db.close().await {
            tracing::debug!(%error, "closing the store failed");
        }
        return;
    }
    // sqlx gives a connection back to its pool in a task of its own; a runtime that ends before that task does would
    // close the connection, so it is waited for
    if pool.size() > 0
        && let Ok(connection) = pool.acquire().await
    {
        std::mem::forget(connection);
    }
    std::mem::forget(db);
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
    connect_with(options, access, |pool| pool).await
}

/// Connects to a store with another file attached as its archive.
async fn connect_with_archive(
    options: &SqliteOptions,
    access: Access,
    archive: String,
) -> Result<DatabaseConnection, DbErr> {
    let attach = move |pool: SqlitePoolOptions| {
        let archive = archive.clone();
        pool.after_connect(move |connection, _| {
            let attach = sqlx::query("ATTACH ? AS archive").bind(archive.clone());
            Box::pin(async move {
                attach.execute(&mut *connection).await?;
                connection.execute("PRAGMA archive.synchronous = FULL").await.map(drop)
            })
        })
    };
    connect_with(options, access, attach).await
}

async fn connect_with(
    options: &SqliteOptions,
    access: Access,
    pool: impl Fn(SqlitePoolOptions) -> SqlitePoolOptions + Clone + Send + Sync + 'static,
) -> Result<DatabaseConnection, DbErr> {
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
        .map_sqlx_sqlite_pool_opts(move |options: SqlitePoolOptions| {
            pool(options).before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        })
        .map_sqlx_sqlite_opts(move |sqlite: SqliteConnectOptions| {
            sqlite
                .filename(&path)
                .create_if_missing(false)
                .read_only(access != Access::Write)
                .immutable(access == Access::Immutable)
                .busy_timeout(busy_timeout)
                // rows come from a thread of their own, and each time that one waits costs more than a row
                .row_buffer_size(ROWS_AHEAD)
                .foreign_keys(true)
                .synchronous(SqliteSynchronous::Full)
                .pragma("trusted_schema", "OFF")
                .pragma("cell_size_check", "ON")
                .pragma("cache_size", format!("-{CACHE_KIB}"))
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        });
    Database::connect(connect).await
}

/// Looks at the file's header before SQLite does, which would write one into an empty file.
fn check_header(path: &Path, shown: &str, known: i64) -> Result<(), StoreError> {
    let unavailable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            remains::of_lost_store(path).unwrap_or_else(|| StoreError::NoStore { place: shown.to_owned() })
        }
        _ => StoreError::Unavailable { place: shown.to_owned(), reason: error.to_string(), source: Some(error.into()) },
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

/// Looks at the log before SQLite does, which would leave out what stands behind a damage.
fn check_log(path: &Path, shown: &str) -> Result<(), StoreError> {
    let log = log_path(path);
    let unavailable = |error: std::io::Error| StoreError::Unavailable {
        place: shown.to_owned(),
        reason: format!("could not read {}: {error}", log.display()),
        source: Some(error.into()),
    };
    match frames::damaged(&log).map_err(unavailable)? {
        None => Ok(()),
        Some(frame) => Err(StoreError::Damaged {
            place: shown.to_owned(),
            reason: format!("its log {} is damaged at frame {frame}, and there are commits behind it", log.display()),
        }),
    }
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

pub(crate) mod archive;
mod backup;
mod frames;
pub(crate) mod hold;
mod remains;
mod restore;
mod upgrade;

pub use backup::Existing;
pub use restore::Restored;

#[cfg(test)]
mod tests;
