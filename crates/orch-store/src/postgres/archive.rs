//! The archive of a PostgreSQL store: the partitions of months that are over become partitions of another table. No event is
//! copied, but where late ones join a month that is archived already.
//!
//! First the events of a month are marked, batch by batch. Then one short transaction moves the partition. To detach it,
//! the log must for an instant be nobody else's, and whoever comes while that is waited for waits, too; so it is waited for
//! no longer than [`LOCK_WAIT`] at a time.

use std::time::{Duration, Instant};

use orch_core::store::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use super::Server;
use crate::archive::{Archived, Run};
use crate::connection::Connection;
use crate::error::postgres_error;
use crate::index;
use crate::month::Month;
use crate::retry::{Patience, Trouble, jittered};
use crate::store::SqlStore;

/// So many events are marked in one transaction.
const BATCH: u64 = 10_000;
/// How long others wait behind a wait for the log.
const LOCK_WAIT: &str = "SET LOCAL lock_timeout = '50ms'";
/// How long others have the log to themselves before it is waited for again.
const PAUSE: Duration = Duration::from_millis(100);
const COLUMNS: &str = "id, event_type, entity_type, entity_id, seq, session_key, correlation_id, actor, payload, emitted_at, \
     archived_at, external";

/// A partition that is archived.
struct Partition {
    month: Month,
    table: String,
    /// Up to this id all events are committed.
    horizon: i64,
    /// How many events it has up to there.
    count: u64,
}

impl SqlStore {
    /// The events at hand before a month.
    pub(crate) async fn archivable_on_server(&self, db: &Connection, end: Month) -> Result<Archived, StoreError> {
        let mut archived = Archived::default();
        for month in self.partitions_before(db, end).await? {
            let count = self.number_of(db, &format!("SELECT count(*) FROM {}", month.table())).await?.unwrap_or(0);
            if count > 0 {
                archived.events += count.unsigned_abs();
                archived.months.insert(month);
            }
        }
        Ok(archived)
    }

    /// Archives the events before a month.
    pub(crate) async fn archive_on_server(
        &self,
        server: &Server,
        end: Month,
        run: &mut Run<'_>,
    ) -> Result<(), StoreError> {
        for month in self.read(|db| async move { self.partitions_before(&db, end).await }).await? {
            let (table, horizon) = (month.table(), self.settled_event_id().await?);
            let count = format!("SELECT count(*) FROM {table} WHERE id <= {horizon}");
            let count = self.ask(&count).await?.map_or(0, i64::unsigned_abs);
            if count > 0 {
                let partition = Partition { month, table, horizon, count };
                self.mark_events(&partition, run).await?;
                self.move_partition(server, &partition, run).await?;
            }
            self.forget_month(month).await?;
        }
        Ok(())
    }

    /// Takes the archived events of a month out of the index, batch by batch: until they are, a search passes over them.
    async fn forget_month(&self, month: Month) -> Result<(), StoreError> {
        let archive = month.archive_table();
        let sql = format!(
            "DELETE FROM orchestration_search WHERE event_id IN (SELECT id FROM {archive} AS archived WHERE EXISTS \
             (SELECT FROM orchestration_search WHERE event_id = archived.id) LIMIT {BATCH})"
        );
        loop {
            let mut patience = Patience::of(self);
            let gone = loop {
                match self.forget(&sql).await {
                    Ok(gone) => break gone,
                    Err(error) => patience.wait_after(error).await.map(drop)?,
                }
            };
            if gone == 0 {
                return Ok(());
            }
        }
    }

    async fn forget(&self, sql: &str) -> Result<u64, StoreError> {
        let db = self.begin().await?;
        let gone = match db.execute_unprepared(sql).await {
            Err(error) if is_gone(&error) => return Ok(0),
            done => done.map_err(self.place().error("taking archived events out of the index"))?.rows_affected(),
        };
        index::count_up(&db, self.place()).await?;
        db.commit().await.map_err(self.place().error("committing"))?;
        Ok(gone)
    }

    /// The months before another that have a partition in the log.
    async fn partitions_before(&self, db: &Connection, end: Month) -> Result<Vec<Month>, StoreError> {
        let failed = self.place().error("listing the partitions of the log");
        let sql = "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid \
                   WHERE inhparent = 'orchestration_events'::regclass ORDER BY 1";
        let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(&failed)?;
        let names: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
        let months = names.map_err(&failed)?;
        Ok(months.iter().filter_map(|name| Month::of_table(name)).filter(|month| *month < end).collect())
    }

    /// Marks the events of a partition as archived. None of the rows is one that anybody writes to.
    async fn mark_events(&self, partition: &Partition, run: &mut Run<'_>) -> Result<(), StoreError> {
        let Partition { table, horizon, .. } = partition;
        let mut after = i64::MIN;
        loop {
            let batch =
                format!("SELECT id FROM {table} WHERE id > {after} AND id <= {horizon} ORDER BY id LIMIT {BATCH}");
            let Some(last) = self.ask(&format!("SELECT max(id) FROM ({batch}) AS batch")).await? else { return Ok(()) };
            let mut patience = Patience::of(self);
            let range = format!("id > {after} AND id <= {last}");
            while let Err(error) = self.mark_range(table, &range).await {
                patience.wait_after(error).await?;
            }
            run.changed = true;
            after = last;
        }
    }

    async fn mark_range(&self, table: &str, range: &str) -> Result<(), StoreError> {
        let db = self.begin().await?;
        self.set_archived(&db, table, range).await?;
        db.commit().await.map_err(self.place().error("committing"))
    }

    /// Says how many events of a range it has marked.
    async fn set_archived(&self, db: &Connection, table: &str, range: &str) -> Result<u64, StoreError> {
        let sql = format!("UPDATE {table} SET archived_at = $1 WHERE {range} AND archived_at IS NULL");
        let values: [Value; 1] = [self.time(db).await?.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        match db.execute_raw(statement).await {
            Err(error) if is_gone(&error) => Ok(0),
            done => Ok(done.map_err(self.place().error("marking archived events"))?.rows_affected()),
        }
    }

    /// Moves a partition to the archive. Where the connection is lost, it looks what became of it.
    async fn move_partition(
        &self,
        server: &Server,
        partition: &Partition,
        run: &mut Run<'_>,
    ) -> Result<(), StoreError> {
        let mut patience = Patience::of(self);
        let mut tried = false;
        loop {
            match self.try_to_move(server, partition).await {
                Ok(Some(late)) => run.add(partition.month, partition.count + late),
                // an earlier try of this run, or another run
                Ok(None) => run.add(partition.month, if tried { partition.count } else { 0 }),
                Err(error) => {
                    tried |= Trouble::of(&error) == Trouble::Lost;
                    patience.wait_after(error).await?;
                    continue;
                }
            }
            return Ok(());
        }
    }

    /// Moves a partition in one transaction, and says how many events came late. `None` if it is not there any more.
    async fn try_to_move(&self, server: &Server, partition: &Partition) -> Result<Option<u64>, StoreError> {
        let failed = self.place().error("moving a partition to the archive");
        let Partition { table, month, .. } = partition;
        let archive = month.archive_table();
        let db = self.connection().patient().begin(server.prelude()).await.map_err(&failed)?;
        // whoever makes or moves a partition of this month does so alone
        let lock =
            format!("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(hashtextextended('{table}', 0))");
        db.execute_unprepared(&lock).await.map_err(&failed)?;
        db.execute_unprepared(LOCK_WAIT).await.map_err(&failed)?;
        // not by `to_regclass`, which may remember what was there before the lock was waited for
        let sql = format!(
            "SELECT coalesce(bool_or(relname = '{table}'), false), coalesce(bool_or(relname = '{archive}'), false) \
             FROM pg_class WHERE relname IN ('{table}', '{archive}') AND pg_table_is_visible(oid)"
        );
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(&failed)?;
        let there = |at| row.as_ref().map_or(Ok(false), |row| row.try_get_by_index(at)).map_err(&failed);
        if !there(0)? {
            return Ok(None);
        }
        let joins = there(1)?;
        if joins {
            self.copy_events(&db, partition, "<=").await?;
        }
        let deadline = Instant::now() + server.busy_timeout;
        db.execute_unprepared("SAVEPOINT whole").await.map_err(&failed)?;
        let late = loop {
            match self.detach(&db, partition, joins).await {
                Ok(late) => break late,
                Err(error) if is_lock_timeout(&error) && Instant::now() < deadline => {
                    db.execute_unprepared("ROLLBACK TO whole").await.map_err(&failed)?;
                    tokio::time::sleep(jittered(PAUSE)).await;
                }
                Err(error) => return Err(error),
            }
        };
        db.commit().await.map_err(self.place().error("committing"))?;
        Ok(Some(late))
    }

    /// What is done while nobody else has the log. An event that came after the others were marked is marked here.
    async fn detach(&self, db: &Connection, partition: &Partition, joins: bool) -> Result<u64, StoreError> {
        let failed = self.place().error("moving a partition to the archive");
        let Partition { table, month, horizon, .. } = partition;
        let detach = format!("ALTER TABLE orchestration_events DETACH PARTITION {table}");
        db.execute_unprepared(&detach).await.map_err(&failed)?;
        let late = self.set_archived(db, table, &format!("id > {horizon}")).await?;
        if joins {
            self.copy_events(db, partition, ">").await?;
            // the copy is committed with it, or neither is
            db.execute_unprepared(&format!("DROP TABLE {table}")).await.map_err(&failed)?;
            return Ok(late);
        }
        let archive = month.archive_table();
        let bounds = month.bounds().ok_or_else(|| self.place().unavailable("time ends with this month"))?;
        // the old names are free again, for a late event; the partition's check saves reading it
        let attach = format!(
            "ALTER TABLE {table} RENAME CONSTRAINT {table}_seq TO {archive}_seq; \
             ALTER TABLE {table} RENAME CONSTRAINT {table}_month TO {archive}_month; \
             ALTER TABLE {table} RENAME TO {archive}; \
             ALTER TABLE orchestration_events_archive ATTACH PARTITION {archive} FOR VALUES {bounds}"
        );
        db.execute_unprepared(&attach).await.map_err(&failed)?;
        Ok(late)
    }

    /// Copies the events up to the horizon, or those after it, to the archive's partition of the month.
    async fn copy_events(&self, db: &Connection, partition: &Partition, side: &str) -> Result<(), StoreError> {
        let Partition { table, month, horizon, .. } = partition;
        let archive = month.archive_table();
        let copy = format!("INSERT INTO {archive} ({COLUMNS}) SELECT {COLUMNS} FROM {table} WHERE id {side} {horizon}");
        db.execute_unprepared(&copy).await.map(drop).map_err(self.place().error("copying late events to the archive"))
    }

    async fn ask(&self, sql: &str) -> Result<Option<i64>, StoreError> {
        self.read(|db| async move { self.number_of(&db, sql).await }).await
    }

    /// A number, if there is one. There is none of a table that somebody else has moved.
    async fn number_of(&self, db: &Connection, sql: &str) -> Result<Option<i64>, StoreError> {
        let failed = self.place().error("counting events to archive");
        match db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await {
            Err(error) if is_gone(&error) => Ok(None),
            row => row.map_err(&failed)?.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(&failed),
        }
    }
}

/// Whether somebody else has moved the table.
fn is_gone(error: &DbErr) -> bool {
    postgres_error(error).is_some_and(|error| error.code() == "42P01")
}

fn is_lock_timeout(error: &StoreError) -> bool {
    let StoreError::Busy { source } = error else { return false };
    source.downcast_ref().and_then(postgres_error).is_some_and(|error| error.code() == "55P03")
}
