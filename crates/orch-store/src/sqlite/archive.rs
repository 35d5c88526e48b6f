//! The archive of a SQLite store: a second file beside it, a store like the first in which only the log is used. It is
//! attached only when somebody asks for archived events.
//!
//! In WAL mode a transaction over two files is not one: a power cut may leave its half. So events are first copied, and the
//! copy is synced; then those whose copy is the same leave the store in a transaction of the store alone, which also counts
//! them. Whoever is killed in between leaves events that are in both; readers take those of the store, and the next run
//! goes on. The count tells how many events must be in the archive, so one that is lost or too old is noticed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_core::clock::Clock;
use orch_core::store::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};
use tokio::sync::OnceCell;

use super::{Access, SqliteOptions, access, connect_with_archive};
use crate::archive::{Archived, Run};
use crate::connection::Connection;
use crate::index;
use crate::log::Log;
use crate::month::Month;
use crate::store::{Engine, SqlStore};

/// The name of the attached file in SQL.
pub(crate) const ATTACHED: &str = "archive";
/// So many events leave the store in one transaction, which takes a few milliseconds.
const BATCH: i64 = 500;
/// The number of events that left the store, in the table of numbers that only grow.
pub(crate) const GONE: &str = "archived_events";
/// The columns of an event but for `archived_at`.
const COLUMNS: &str = "id, event_type, entity_type, entity_id, seq, session_key, correlation_id, actor, payload, emitted_at, \
     external";
const NO_DELETE: &str = "orchestration_events_no_delete";

/// The file, and the connection that has it attached.
pub(crate) struct ArchiveFile {
    store: SqliteOptions,
    access: Access,
    own: SqliteOptions,
    clock: Arc<dyn Clock>,
    attached: OnceCell<DatabaseConnection>,
}

impl ArchiveFile {
    pub(super) fn of(store: &SqliteOptions, access: Access, clock: Arc<dyn Clock>) -> Self {
        let own = SqliteOptions { path: archive_path(&store.path), ..store.clone() };
        Self { store: store.clone(), access, own, clock, attached: OnceCell::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.own.path
    }

    pub(crate) fn is_there(&self) -> bool {
        self.path().symlink_metadata().is_ok()
    }

    /// The error of a file that is not there although events went into it.
    pub(crate) fn missing(&self, gone: i64) -> StoreError {
        StoreError::Damaged {
            place: self.path().display().to_string(),
            reason: format!("the file is missing, and with it {gone} archived events"),
        }
    }

    /// The archive by itself. Its header is looked at, and an older schema brought up to the store's.
    pub(super) async fn open(&self) -> Result<DatabaseConnection, StoreError> {
        let archive = SqlStore::open(&self.own, Arc::clone(&self.clock)).await?;
        match archive.engine {
            Engine::Sqlite { db, .. } => Ok(db),
            Engine::Postgres(_) => Err(self.missing(0)),
        }
    }

    /// A connection to the store with the archive attached. It is made once.
    pub(crate) async fn attached(&self) -> Result<Connection, StoreError> {
        let attached = self.attached.get_or_try_init(|| async {
            let place = self.path().display().to_string();
            let closing = crate::error::Place(&place).error("closing the archive");
            self.open().await?.close().await.map_err(closing)?;
            let Some(name) = attachable(self.path()) else {
                let reason = "the archive can only be attached at a path that is UTF-8".into();
                return Err(StoreError::Unavailable { place, reason, source: None });
            };
            let failed = crate::error::Place(&place).error("attaching the archive");
            connect_with_archive(&self.store, self.access, name).await.map_err(failed)
        });
        attached.await.map(|db| Connection::Sqlite(db.clone()))
    }

    /// The connection, if one was made.
    pub(super) fn into_attached(self) -> Option<DatabaseConnection> {
        self.attached.into_inner()
    }
}

/// Where the archive of a store lies: `orch-archive.db` beside `orch.db`.
pub(crate) fn archive_path(store: &Path) -> PathBuf {
    let mut name = store.file_stem().unwrap_or_default().to_owned();
    name.push("-archive.db");
    store.with_file_name(name)
}

/// The file's name as ATTACH takes it.
fn attachable(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    if access(path) != Access::Immutable {
        return Some(text.to_owned());
    }
    // https://sqlite.org/uri.html
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Some(format!("file:{escaped}?immutable=1"))
}

impl SqlStore {
    /// How many events left the store for the archive.
    pub(crate) async fn events_gone(&self, db: &Connection) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(max(value), 0) FROM main.orchestration_sequences WHERE name = ?";
        self.number(db, sql, vec![GONE.into()]).await
    }

    /// What is wrong with the number of events in the archive.
    pub(crate) async fn check_archive(&self, log: &Log) -> Result<Option<String>, StoreError> {
        if !log.is_attached() {
            return Ok(None);
        }
        let db = &log.db;
        let gone = self.events_gone(db).await?;
        let sql = "SELECT count(*) FROM archive.orchestration_events WHERE id NOT IN (SELECT id FROM main.orchestration_events)";
        let found = self.number(db, sql, Vec::new()).await?;
        Ok((found != gone).then(|| format!("the archive has {found} events, and {gone} were moved into it")))
    }

    /// The events at hand before a month.
    pub(crate) async fn archivable_in_file(&self, db: &Connection, end: Month) -> Result<Archived, StoreError> {
        let sql =
            "SELECT substr(emitted_at, 1, 7), count(*) FROM main.orchestration_events WHERE emitted_at < ? GROUP BY 1";
        let failed = self.place().error("looking for events to archive");
        let mut archived = Archived::default();
        for row in db.query_all_raw(statement(sql, vec![end.begin().into()])).await.map_err(&failed)? {
            archived.months.insert(self.month(&row)?);
            archived.events += row.try_get_by_index::<i64>(1).map_err(&failed)?.unsigned_abs();
        }
        Ok(archived)
    }

    /// Archives the events before a month.
    pub(crate) async fn archive_into_file(
        &self,
        file: &ArchiveFile,
        end: Month,
        run: &mut Run<'_>,
    ) -> Result<(), StoreError> {
        if !file.is_there() {
            let gone = self.events_gone(&self.connection()).await?;
            if gone > 0 && !file.is_there() {
                return Err(file.missing(gone));
            }
            if self.archivable_in_file(&self.connection(), end).await?.events == 0 {
                return Ok(());
            }
            SqlStore::create(&file.own).await?;
        }
        let db = file.attached().await?;
        let mut after = i64::MIN;
        while let Some(last) = self.last_of_batch(&db, after, end).await? {
            self.copy(&db, after, last, end).await?;
            let began = Instant::now();
            self.remove(&db, after, last, end, run).await?;
            after = last;
            // whoever waits for the lock looks for it now and then; it is to be free as often as not
            tokio::time::sleep(began.elapsed().min(Duration::from_millis(50))).await;
        }
        // the file is then whole without its log, unless somebody is just reading it; nobody is waited for
        let checkpoint = format!(
            "PRAGMA busy_timeout = 0; PRAGMA archive.wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = {}",
            file.store.busy_timeout.as_millis()
        );
        db.execute_unprepared(&checkpoint).await.map(drop).map_err(self.place().error("finishing the archive"))
    }

    async fn last_of_batch(&self, db: &Connection, after: i64, end: Month) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT max(id) FROM (SELECT id FROM main.orchestration_events \
                   WHERE id > ? AND emitted_at < ? ORDER BY id LIMIT ?)";
        let failed = self.place().error("looking for events to archive");
        let row = db.query_one_raw(statement(sql, vec![after.into(), end.begin().into(), BATCH.into()])).await;
        row.map_err(&failed)?.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(&failed)
    }

    /// Copies events. The store is only read; the copy is synced when it is committed.
    async fn copy(&self, db: &Connection, after: i64, last: i64, end: Month) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT OR IGNORE INTO archive.orchestration_events ({COLUMNS}, archived_at) \
             SELECT {COLUMNS}, coalesce(archived_at, ?) FROM main.orchestration_events \
             WHERE id > ? AND id <= ? AND emitted_at < ? ORDER BY id"
        );
        let now = self.time(db).await?;
        let values = vec![now.into(), after.into(), last.into(), end.begin().into()];
        db.execute_raw(statement(&sql, values)).await.map(drop).map_err(self.place().error("copying to the archive"))
    }

    /// Takes events that are copied out of the store, and counts them.
    async fn remove(
        &self,
        db: &Connection,
        after: i64,
        last: i64,
        end: Month,
        run: &mut Run<'_>,
    ) -> Result<(), StoreError> {
        let failed = self.place().error("archiving events");
        let same = COLUMNS.split(", ").map(|column| format!("copy.{column} IS kept.{column}")).collect::<Vec<_>>();
        let delete = format!(
            "DELETE FROM main.orchestration_events AS kept WHERE id > ? AND id <= ? AND emitted_at < ? AND EXISTS \
             (SELECT 1 FROM archive.orchestration_events AS copy WHERE {}) RETURNING substr(emitted_at, 1, 7), id",
            same.join(" AND ")
        );
        let range = vec![after.into(), last.into(), end.begin().into()];
        let transaction = db.begin(None).await.map_err(&failed)?;
        // nobody but this transaction sees the log without its guard
        let guard = "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND name = ?";
        let guard = transaction.query_one_raw(statement(guard, vec![NO_DELETE.into()])).await.map_err(&failed)?;
        let guard: Option<String> = guard.map(|row| row.try_get_by_index(0)).transpose().map_err(&failed)?;
        transaction.execute_unprepared(&format!("DROP TRIGGER IF EXISTS main.{NO_DELETE}")).await.map_err(&failed)?;
        let removed = transaction.query_all_raw(statement(&delete, range.clone())).await.map_err(&failed)?;
        if let Some(guard) = guard {
            transaction.execute_unprepared(&guard).await.map_err(&failed)?;
        }
        let left =
            "SELECT coalesce(min(id), 0) FROM main.orchestration_events WHERE id > ? AND id <= ? AND emitted_at < ?";
        let left = self.number(&transaction, left, range).await?;
        let count = "INSERT INTO main.orchestration_sequences AS counted (name, value) VALUES (?, ?) \
                     ON CONFLICT (name) DO UPDATE SET value = counted.value + excluded.value";
        let gone = i64::try_from(removed.len()).unwrap_or(i64::MAX);
        transaction.execute_raw(statement(count, vec![GONE.into(), gone.into()])).await.map_err(&failed)?;
        let mut months = BTreeMap::<Month, u64>::new();
        let mut ids = Vec::with_capacity(removed.len());
        for row in &removed {
            *months.entry(self.month(row)?).or_default() += 1;
            ids.push(row.try_get_by_index(1).map_err(&failed)?);
        }
        index::remove(&transaction, self.place(), &ids).await?;
        index::count_up(&transaction, self.place()).await?;
        transaction.commit().await.map_err(&failed)?;
        for (month, events) in months {
            run.add(month, events);
        }
        if left > 0 {
            return Err(self.place().damaged(&format!("event {left}"), "the archive has another one in its place"));
        }
        Ok(())
    }

    fn month(&self, row: &QueryResult) -> Result<Month, StoreError> {
        let text: String = row.try_get_by_index(0).map_err(self.place().error("reading a time"))?;
        text.parse().map_err(|error| self.place().damaged("the time of an event", error))
    }

    async fn number(&self, db: &Connection, sql: &str, values: Vec<Value>) -> Result<i64, StoreError> {
        let failed = self.place().error("counting archived events");
        let row = db.query_one_raw(statement(sql, values)).await.map_err(&failed)?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(&failed)
    }
}

fn statement(sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}
