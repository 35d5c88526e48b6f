//! From SeaORM's errors to the port's. Knows which code of SQLite and of PostgreSQL means what.

use orch_core::store::StoreError;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// Who asks, so that an error can name the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a>(pub(crate) &'a str);

impl Place<'_> {
    /// The port's error for a database error.
    pub(crate) fn error(self, doing: &'static str) -> impl Fn(DbErr) -> StoreError {
        let place = self.0.to_owned();
        move |error| match postgres_error(&error) {
            Some(told) => {
                let (code, told) = (told.code().to_owned(), Told::new(told));
                from_postgres(&place, doing, &code, told, error)
            }
            None => from_sqlite(&place, doing, error),
        }
    }

    /// The store holds something that no version of orch writes.
    pub(crate) fn damaged(self, what: &str, problem: impl std::fmt::Display) -> StoreError {
        StoreError::Damaged { place: self.0.to_owned(), reason: format!("{what}: {problem}") }
    }

    /// The store cannot be used as it is.
    pub(crate) fn unavailable(self, reason: impl Into<String>) -> StoreError {
        StoreError::Unavailable { place: self.0.to_owned(), reason: reason.into(), source: None }
    }
}

fn from_sqlite(place: &str, doing: &'static str, error: DbErr) -> StoreError {
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
        _ => without_code(place, doing, error),
    }
}

/// Errors of no database: those of the pool, of the network, and of values that are not of their column's form.
fn without_code(place: &str, doing: &'static str, error: DbErr) -> StoreError {
    let unavailable = |reason: &str, error: DbErr| StoreError::Unavailable {
        place: place.to_owned(),
        reason: reason.to_owned(),
        source: Some(error.into()),
    };
    match sqlx_error(&error) {
        Some(sqlx::Error::PoolTimedOut) => StoreError::Busy { source: error.into() },
        Some(sqlx::Error::ColumnDecode { .. }) => {
            StoreError::Damaged { place: place.to_owned(), reason: format!("{doing}: {error}") }
        }
        Some(sqlx::Error::Tls(_)) => unavailable("there is no secure connection to the server", error),
        Some(sqlx::Error::Io(cause)) => {
            let reason = match cause.kind() {
                std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::NotFound => "no server answers there",
                std::io::ErrorKind::TimedOut => "the server keeps silent",
                std::io::ErrorKind::InvalidData => "there is no secure connection to the server",
                _ => "the connection to the server broke",
            };
            unavailable(reason, error)
        }
        Some(
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed,
        ) => unavailable("the connection to the server broke", error),
        _ if matches!(error, DbErr::ConnectionAcquire(_)) => StoreError::Busy { source: error.into() },
        _ => StoreError::Failed { doing, source: error.into() },
    }
}

/// What an error of PostgreSQL says beside its code.
struct Told {
    message: String,
    constraint: Option<String>,
}

impl Told {
    fn new(error: &PgDatabaseError) -> Self {
        Self { message: error.message().to_owned(), constraint: error.constraint().map(ToOwned::to_owned) }
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn from_postgres(place: &str, doing: &'static str, code: &str, told: Told, error: DbErr) -> StoreError {
    let unavailable = |reason: String, error: DbErr| StoreError::Unavailable {
        place: place.to_owned(),
        reason,
        source: Some(error.into()),
    };
    let damaged = |reason: String| StoreError::Damaged { place: place.to_owned(), reason };
    match code {
        // a lock or a statement waited for too long, others were in the way again and again, or no connection was free
        "55P03" | "57014" | "40001" | "40P01" | "53300" => StoreError::Busy { source: error.into() },
        "23505" => StoreError::Conflict { what: told.constraint.unwrap_or(told.message) },
        "25006" => unavailable("it can only be read: the server is a replica or was set to read only".into(), error),
        "28000" | "28P01" => unavailable("the server refused the login".into(), error),
        "3D000" => unavailable("the server has no such database".into(), error),
        "42501" => unavailable("the server's role may not do this".into(), error),
        "53100" => unavailable("the server's disk is full".into(), error),
        "57P01" | "57P02" | "57P05" | "25P03" => unavailable("the server ended the connection".into(), error),
        "57P03" => unavailable("the server is starting or stopping".into(), error),
        "42P01" | "3F000" => damaged("tables of orch are missing".into()),
        "42703" | "42883" => damaged(format!("its tables are not those of orch: {}", told.message)),
        "XX001" | "XX002" => damaged(told.message),
        _ => match &code[..2] {
            "08" => unavailable("the connection to the server broke".into(), error),
            "53" => unavailable("the server is short of memory or room".into(), error),
            "58" => unavailable("the server could not read or write its files".into(), error),
            _ => StoreError::Failed { doing, source: error.into() },
        },
    }
}

/// Whether syncing failed at a commit: what the disk has of it, nobody knows.
pub(crate) fn is_failed_sync(error: &DbErr) -> bool {
    postgres_error(error).is_none() && sqlite_code(error) == Some(1034)
}

/// The error of sqlx inside one of SeaORM.
pub(crate) fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The error of a PostgreSQL server inside one of SeaORM.
pub(crate) fn postgres_error(error: &DbErr) -> Option<&PgDatabaseError> {
    sqlx_error(error)?.as_database_error()?.try_downcast_ref()
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
