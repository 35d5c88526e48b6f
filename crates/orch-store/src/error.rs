//! From SeaORM's errors to the port's. Knows which SQLite code means what.

use orch_core::store::StoreError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// Who asks, so that an error can name the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a>(pub(crate) &'a str);

impl Place<'_> {
    /// The port's error for a database error.
    pub(crate) fn error(self, doing: &'static str) -> impl Fn(DbErr) -> StoreError {
        let place = self.0.to_owned();
        move |error| translate(&place, doing, error)
    }

    /// The store holds something that no version of orch writes.
    pub(crate) fn damaged(self, what: &str, problem: impl std::fmt::Display) -> StoreError {
        StoreError::Damaged { place: self.0.to_owned(), reason: format!("{what}: {problem}") }
    }
}

fn translate(place: &str, doing: &'static str, error: DbErr) -> StoreError {
    let unavailable = |reason: &str, error: DbErr| StoreError::Unavailable {
        place: place.to_owned(),
        reason: reason.to_owned(),
        source: Some(error.into()),
    };
    // the primary code is the low byte of SQLite's extended code: https://sqlite.org/rescode.html
    match sqlite_code(&error).map(|code| code & 0xff) {
        // 15 is a log that others were bringing up again and again while it was to be opened
        Some(5 | 6 | 15) => StoreError::Busy { source: error.into() },
        Some(8) => unavailable("it can only be read", error),
        Some(10) => unavailable("reading or writing it failed", error),
        Some(13) => unavailable("the disk is full", error),
        Some(14) => unavailable("it cannot be opened", error),
        Some(11 | 26) => StoreError::Damaged { place: place.to_owned(), reason: error.to_string() },
        // a unique or primary key; any other broken constraint is a defect
        Some(19) if matches!(sqlite_code(&error), Some(1555 | 2067)) => {
            StoreError::Conflict { what: conflicting(&error) }
        }
        _ if matches!(error, DbErr::ConnectionAcquire(_)) => StoreError::Busy { source: error.into() },
        _ => StoreError::Failed { doing, source: error.into() },
    }
}

/// Whether syncing failed at a commit: what the disk has of it, nobody knows.
pub(crate) fn is_failed_sync(error: &DbErr) -> bool {
    sqlite_code(error) == Some(1034)
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn sqlite_code(error: &DbErr) -> Option<i32> {
    sqlx_error(error)?.as_database_error()?.code()?.parse().ok()
}

/// SQLite names the columns: `UNIQUE constraint failed: orchestration_sessions.session_key`.
fn conflicting(error: &DbErr) -> String {
    let message = sqlx_error(error).and_then(sqlx::Error::as_database_error).map(|error| error.message().to_owned());
    let columns = message.as_deref().and_then(|text| text.rsplit_once(": ")).map(|(_, columns)| columns.to_owned());
    columns.or(message).unwrap_or_else(|| error.to_string())
}
