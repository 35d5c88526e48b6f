//! Moving a whole store from one database to another, by way of lines of JSON. Knows rows, and nothing of what they mean.

mod export;
mod import;
pub(crate) mod line;
pub(crate) mod row;
pub(crate) mod table;

pub use import::Imported;
pub(crate) use import::MARK;
pub(crate) use table::SEQUENCES;

use orch_core::store::StoreError;

/// Is told how many rows are done, and of how many if that is known.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, Option<u64>) + Send);

/// A transfer that was not finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The input could not be read.
    #[error("the export could not be read")]
    Read(#[source] std::io::Error),
    /// The output could not be written.
    #[error("the export could not be written")]
    Write(#[source] std::io::Error),
    /// The input is something else.
    #[error("line 1 is not that of an export of orch")]
    Foreign,
    /// The input is of a newer form.
    #[error("the export is of form {found}; this program knows up to {known}")]
    NewerFormat {
        /// The form it has.
        found: i64,
        /// The newest form that the program knows.
        known: i64,
    },
    /// The input came from a store of a newer schema.
    #[error("the export is of schema {found}; this program knows up to {known}")]
    NewerSchema {
        /// The schema it has.
        found: i64,
        /// The newest schema that the program knows.
        known: i64,
    },
    /// A line is not as it must be.
    #[error("line {line}: {problem}")]
    Malformed {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The input ends before its footer.
    #[error("the export is cut off after line {line}")]
    CutOff {
        /// The number of the last line.
        line: u64,
    },
    /// A row is longer than any import takes.
    #[error("the row {key} of {table} is too long to be exported")]
    RowTooLong {
        /// Its table.
        table: &'static str,
        /// Its key.
        key: String,
    },
    /// The store holds something else.
    #[error("the store {place} holds other work")]
    Occupied {
        /// Its file or server, without any password.
        place: String,
    },
    /// The store holds a part of another export.
    #[error("the store {place} holds a part of another export")]
    OtherImport {
        /// Its file or server, without any password.
        place: String,
    },
    /// The store has a row under this key, with another content.
    #[error("the row {key} of {table} (line {line}) is there already with another content")]
    Conflict {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// The line.
        line: u64,
    },
    /// Somebody else wrote to the store meanwhile.
    #[error("the store {place} does not hold just what was imported")]
    Disturbed {
        /// Its file or server, without any password.
        place: String,
    },
}

#[cfg(test)]
mod tests;
