//! Writing a whole store as lines of JSON, all of one moment, a page of rows at a time. Nobody who writes waits for it.

use std::io::Write;

use orch_core::operation::{OperationId, hex};
use orch_core::store::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};
use sha2::{Digest, Sha256};

use super::line::{FORMAT, Footer, Header, Last, MAX_LINE, Origin, row_line};
use super::row::Row;
use super::table::{TABLES, Table};
use super::{Progress, TransferError};
use crate::log::{Log, Looked};
use crate::store::SqlStore;
use crate::write::time_text;

/// About how many bytes of rows are held at a time.
const PAGE_BYTES: usize = 2 << 20;
/// The most rows that are read at a time.
const PAGE_ROWS: usize = 512;

impl SqlStore {
    /// Writes everything that the store holds, as of one moment: a header, one line a row, and a footer by which a reader
    /// knows that it is whole. Gives the number of rows.
    ///
    /// # Errors
    /// [`TransferError::Store`] if the store cannot be read, [`TransferError::Write`] if the lines cannot be written.
    pub async fn export(
        &self,
        operation: &OperationId,
        out: &mut (dyn Write + Send),
        progress: Progress<'_>,
    ) -> Result<u64, TransferError> {
        let log = match self.log_of_moment().await? {
            Looked::Found(log) => log,
            Looked::Missing(error) => return Err(error.into()),
        };
        let moment = &log.db;
        let backend = moment.get_database_backend();
        let store = if backend == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        let exported_at = time_text(self.time(moment).await?);
        let origin = Origin { store: store.to_owned(), exported_at, operation_id: operation.to_string() };
        write_line(out, &Header { orch_export: FORMAT, schema: Self::schema_version(), origin })?;
        let (mut hash, mut counts) = (Sha256::new(), Vec::with_capacity(TABLES.len()));
        for table in TABLES {
            let mut count = 0;
            let (mut after, mut rows) = (None, 32);
            loop {
                let page = self.rows_after(&log, table, after.as_ref(), rows).await?;
                let mut bytes = 0;
                for row in &page {
                    let line = row_line(table, row);
                    if line.len() > MAX_LINE {
                        return Err(TransferError::RowTooLong { table: table.name, key: row.shown_key() });
                    }
                    hash.update(&line);
                    bytes += line.len();
                    out.write_all(line.as_bytes()).map_err(TransferError::Write)?;
                }
                count += page.len() as u64;
                progress(counts.iter().sum::<u64>() + count, None);
                let full = page.len() == rows;
                // rows differ in size: the next page is about as great as a page may be
                rows = (rows * PAGE_BYTES / bytes.max(1)).clamp(1, PAGE_ROWS.min(2 * rows));
                match page.into_iter().last() {
                    Some(last) if full => after = Some(last),
                    _ => break,
                }
            }
            counts.push(count);
        }
        write_line(out, &Last { footer: Footer::new(&counts, hex(&hash.finalize())) })?;
        Ok(counts.iter().sum())
    }

    async fn rows_after(
        &self,
        log: &Log,
        table: &Table,
        after: Option<&Row>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let backend = log.db.get_database_backend();
        let values: Vec<Value> = after.iter().flat_map(|row| row.key.clone()).map(Value::from).collect();
        let sql = table.page(log, after.is_some(), limit);
        let rows = log.db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await;
        self.read_rows(table, &rows.map_err(self.place().error("exporting the store"))?)
    }

    /// The rows of a statement that selects a table's columns in order.
    pub(super) fn read_rows(&self, table: &Table, rows: &[QueryResult]) -> Result<Vec<Row>, StoreError> {
        let read = rows.iter().map(|row| Row::read(table, row));
        read.collect::<Result<_, _>>().map_err(|error| self.place().damaged(table.name, error))
    }
}

fn write_line(out: &mut (dyn Write + Send), line: &impl serde::Serialize) -> Result<(), TransferError> {
    let mut text = serde_json::to_vec(line).map_err(|error| TransferError::Write(error.into()))?;
    text.push(b'\n');
    out.write_all(&text).map_err(TransferError::Write)
}
