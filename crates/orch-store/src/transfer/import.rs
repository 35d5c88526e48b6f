//! Filling an empty store from an export, batch by batch. A batch is whole or absent, and whoever opens the store before the
//! last one is told that it is unfinished: a row of `orchestration_sequences` marks it until then.

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Seek};

use chrono::{DateTime, Utc};
use orch_core::store::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::line::Reader;
use super::row::Row;
use super::table::{KeyPart, SEQUENCES, TABLES, Table};
use super::{Progress, TransferError};
use crate::connection::Connection;
use crate::index::GENERATION;
use crate::month::Month;
use crate::retry::Patience;
use crate::store::SqlStore;

/// The name of the row that marks an import. No code begins so, as sequences are named after the letters of codes.
pub(crate) const MARK: &str = "import";
/// The most rows of a batch.
const BATCH_ROWS: usize = 2_000;
/// About the most bytes of a batch.
const BATCH_BYTES: usize = 4 << 20;

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// How many rows were written now.
    pub imported: u64,
    /// How many were there already.
    pub skipped: u64,
}

/// How far the store is when an import begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// It is empty.
    Fresh,
    /// It holds a part of this export.
    Resumed,
    /// It holds as many rows as this export, and no mark.
    Filled,
}

/// What was learned of an export when it was read once.
struct Whole {
    identity: i64,
    counts: Vec<u64>,
    sha256: String,
}

/// Rows of one table that are written together.
#[derive(Default)]
struct Batch {
    table: usize,
    rows: Vec<Row>,
    bytes: usize,
    first_line: u64,
}

impl SqlStore {
    /// Reads a whole export and writes what it holds into this store, which must be empty, or hold a part of the same
    /// export from an import that was interrupted. Opened for an import, see [`SqlStore::open_unfinished`].
    ///
    /// The export is read twice: nothing is written before its footer was seen.
    ///
    /// # Errors
    /// [`TransferError`]: where the export is not whole, or the store holds anything else, nothing was written. After any
    /// other error the store is as it was or unfinished, and the same import may be made again.
    pub async fn import(
        &self,
        mut file: impl Read + Seek + Send,
        progress: Progress<'_>,
    ) -> Result<Imported, TransferError> {
        let whole = look_through(&mut file)?;
        file.rewind().map_err(TransferError::Read)?;
        let begun = self.begin_import(&whole).await?;
        let total: u64 = whole.counts.iter().sum();
        let (mut reader, header) = Reader::open(&mut file, Self::schema_version())?;
        if header.identity() != whole.identity {
            return Err(changed(0));
        }
        let mut imported = 0;
        let mut months = BTreeSet::new();
        let mut batch = Batch::default();
        loop {
            let next = reader.next_row()?;
            let full = batch.rows.len() >= BATCH_ROWS || batch.bytes >= BATCH_BYTES;
            let ends = full || next.as_ref().is_none_or(|(table, _)| *table != batch.table);
            if ends && !batch.rows.is_empty() {
                self.make_partitions(&batch, &mut months).await?;
                imported += self.write_batch(&batch, begun, whole.identity).await?;
                batch = Batch::default();
                progress(reader.counts().iter().sum::<u64>(), Some(total));
            }
            let Some((table, row)) = next else { break };
            if batch.rows.is_empty() {
                batch.first_line = reader.number();
            }
            batch.table = table;
            batch.bytes += row.text.len();
            batch.rows.push(row);
        }
        if reader.sha256() != whole.sha256 {
            return Err(changed(reader.number()));
        }
        if begun != Begun::Filled {
            self.reindex(|_| ()).await?;
            self.finish_import(&whole).await?;
        }
        Ok(Imported { imported, skipped: total - imported })
    }

    /// Whether an import into this store was not finished.
    pub(crate) async fn is_unfinished(&self, db: &Connection) -> Result<bool, StoreError> {
        Ok(self.mark(db).await?.is_some())
    }

    async fn mark(&self, db: &Connection) -> Result<Option<i64>, StoreError> {
        let failed = self.place().error("looking for an unfinished import");
        let sql = format!("SELECT value FROM {SEQUENCES} WHERE name = '{MARK}'");
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.map_err(&failed)?;
        row.map(|row| row.try_get_by_index(0)).transpose().map_err(&failed)
    }

    /// Marks an empty store, unless it is marked already.
    async fn begin_import(&self, whole: &Whole) -> Result<Begun, TransferError> {
        let mut patience = Patience::of(self);
        loop {
            match self.try_begin(whole).await {
                Err(TransferError::Store(error)) => patience.wait_after(error).await.map(drop)?,
                begun => return begun,
            }
        }
    }

    async fn try_begin(&self, whole: &Whole) -> Result<Begun, TransferError> {
        let db = self.begin().await?;
        match self.mark(&db).await? {
            Some(mark) if mark == whole.identity => return Ok(Begun::Resumed),
            Some(_) => return Err(TransferError::OtherImport { place: self.place.clone() }),
            None => {}
        }
        let counts = self.row_counts(&db).await?;
        if counts.iter().any(|count| *count > 0) {
            if counts == whole.counts {
                return Ok(Begun::Filled);
            }
            return Err(TransferError::Occupied { place: self.place.clone() });
        }
        let failed = self.place().error("beginning an import");
        let sql = format!("INSERT INTO {SEQUENCES} (name, value) VALUES ('{MARK}', $1)");
        let insert = Statement::from_sql_and_values(db.get_database_backend(), sql, [whole.identity.into()]);
        db.execute_raw(insert).await.map_err(&failed)?;
        db.commit().await.map_err(&failed)?;
        Ok(Begun::Fresh)
    }

    /// How many rows each table has, without the mark.
    async fn row_counts(&self, db: &Connection) -> Result<Vec<u64>, StoreError> {
        let failed = self.place().error("counting rows");
        let backend = db.get_database_backend();
        let counts = TABLES.iter().map(|table| {
            let wanted = if table.name == SEQUENCES {
                format!(" WHERE name NOT IN ('{MARK}', '{GENERATION}')")
            } else {
                String::new()
            };
            format!("(SELECT count(*) FROM {}{wanted})", table.source(backend))
        });
        let sql = format!("SELECT {}", counts.collect::<Vec<_>>().join(", "));
        let row = db.query_one_raw(Statement::from_string(backend, sql)).await.map_err(&failed)?;
        let row = row.ok_or_else(|| self.place().damaged("the tables", "they cannot be counted"))?;
        let count = |index| row.try_get_by_index::<i64>(index).map(i64::unsigned_abs);
        (0..TABLES.len()).map(|index| count(index).map_err(&failed)).collect()
    }

    /// Makes the partitions that the events of a batch need on a server.
    async fn make_partitions(&self, batch: &Batch, made: &mut BTreeSet<Month>) -> Result<(), StoreError> {
        let times = batch.rows.iter().filter_map(|row| row.emitted_at);
        self.make_partitions_for(times, made).await
    }

    /// Makes the partitions for events of these times that are not among those made before. A file needs none.
    pub(crate) async fn make_partitions_for(
        &self,
        times: impl Iterator<Item = DateTime<Utc>>,
        made: &mut BTreeSet<Month>,
    ) -> Result<(), StoreError> {
        if self.connection().get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for time in times {
            if Month::of(time).is_none_or(|month| !made.contains(&month)) {
                self.make_partition(time).await?;
                made.extend(Month::of(time));
            }
        }
        Ok(())
    }

    /// Writes those rows of a batch that are not there, in one transaction. Gives their number.
    async fn write_batch(&self, batch: &Batch, begun: Begun, identity: i64) -> Result<u64, TransferError> {
        let mut patience = Patience::of(self);
        let mut compares = begun != Begun::Fresh;
        loop {
            match self.try_batch(batch, begun, identity, compares).await {
                Err(TransferError::Store(error)) => match patience.wait_after(error).await {
                    // what became of it, the rows say
                    Ok(_) => compares = true,
                    Err(StoreError::Failed { source, .. }) => {
                        let problem = format!("the database takes no such row here or soon after: {source}");
                        return Err(TransferError::Malformed { line: batch.first_line, problem });
                    }
                    Err(error) => return Err(error.into()),
                },
                written => return written,
            }
        }
    }

    async fn try_batch(
        &self,
        batch: &Batch,
        begun: Begun,
        identity: i64,
        compares: bool,
    ) -> Result<u64, TransferError> {
        let failed = self.place().error("importing rows");
        let table = &TABLES[batch.table];
        let db = self.begin().await?;
        let backend = db.get_database_backend();
        if begun != Begun::Filled && !self.hold_mark(&db, identity).await? {
            return Err(TransferError::Disturbed { place: self.place.clone() });
        }
        let there = if compares { self.rows_there(&db, table, batch).await? } else { HashMap::new() };
        let mut list = String::with_capacity(batch.bytes + batch.rows.len() + 2);
        let mut count = 0;
        for (row, line) in batch.rows.iter().zip(batch.first_line..) {
            match there.get(&row.key) {
                Some(text) if *text == row.text => continue,
                Some(_) => {
                    return Err(TransferError::Conflict { table: table.name, key: row.shown_key(), line });
                }
                None => {}
            }
            list.push(if count == 0 { '[' } else { ',' });
            list.push_str(&row.text);
            count += 1;
        }
        if count == 0 {
            return Ok(0);
        }
        if begun == Begun::Filled {
            return Err(TransferError::Occupied { place: self.place.clone() });
        }
        list.push(']');
        let insert = Statement::from_sql_and_values(backend, table.insert(backend), [list.into()]);
        db.execute_raw(insert).await.map_err(&failed)?;
        db.commit().await.map_err(&failed)?;
        Ok(count)
    }

    /// Takes the mark's row for this transaction, so that of two imports one waits for the other. Says whether it is there.
    async fn hold_mark(&self, db: &Connection, identity: i64) -> Result<bool, StoreError> {
        let sql = format!("UPDATE {SEQUENCES} SET value = value WHERE name = '{MARK}' AND value = $1");
        let update = Statement::from_sql_and_values(db.get_database_backend(), sql, [identity.into()]);
        let held = db.execute_raw(update).await.map_err(self.place().error("importing rows"))?;
        Ok(held.rows_affected() == 1)
    }

    /// The rows of the store whose keys are those of a batch or between them.
    async fn rows_there(
        &self,
        db: &Connection,
        table: &Table,
        batch: &Batch,
    ) -> Result<HashMap<Vec<KeyPart>, String>, StoreError> {
        let (Some(first), Some(last)) = (batch.rows.first(), batch.rows.last()) else { return Ok(HashMap::new()) };
        let backend = db.get_database_backend();
        let ends = [first, last].map(|row| Value::from(row.key[0].clone()));
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, table.range(backend), ends)).await;
        let rows = self.read_rows(table, &rows.map_err(self.place().error("comparing rows"))?)?;
        Ok(rows.into_iter().map(|row| (row.key, row.text)).collect())
    }

    /// Removes the mark, where the store holds just what the footer says; new rows get ids above those that came.
    async fn finish_import(&self, whole: &Whole) -> Result<(), TransferError> {
        let mut patience = Patience::of(self);
        let mut lost = false;
        loop {
            match self.try_finish(whole, lost).await {
                Err(TransferError::Store(error)) => {
                    patience.wait_after(error).await?;
                    lost = true;
                }
                done => return done,
            }
        }
    }

    async fn try_finish(&self, whole: &Whole, lost: bool) -> Result<(), TransferError> {
        let failed = self.place().error("finishing an import");
        let db = self.begin().await?;
        let backend = db.get_database_backend();
        let held = self.hold_mark(&db, whole.identity).await?;
        if self.row_counts(&db).await? != whole.counts || !(held || lost) {
            return Err(TransferError::Disturbed { place: self.place.clone() });
        }
        if !held {
            // the connection was lost after the commit
            return Ok(());
        }
        if backend == DbBackend::Postgres {
            for table in TABLES.iter().filter(|table| table.key == ["id"]) {
                let name = table.name;
                let sql = format!("SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}");
                db.query_one_raw(Statement::from_string(backend, sql)).await.map_err(&failed)?;
            }
        }
        let sql = format!("DELETE FROM {SEQUENCES} WHERE name = '{MARK}'");
        db.execute_raw(Statement::from_string(backend, sql)).await.map_err(&failed)?;
        db.commit().await.map_err(&failed)?;
        Ok(())
    }
}

/// Reads an export to its end.
fn look_through(file: &mut (impl Read + Seek)) -> Result<Whole, TransferError> {
    let (mut reader, header) = Reader::open(file, SqlStore::schema_version())?;
    while reader.next_row()?.is_some() {}
    let identity = header.identity();
    Ok(Whole { identity, counts: reader.counts().to_vec(), sha256: reader.sha256() })
}

fn changed(line: u64) -> TransferError {
    TransferError::Malformed { line, problem: "the export was changed while it was read".to_owned() }
}
