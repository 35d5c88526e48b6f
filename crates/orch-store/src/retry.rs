//! When a failed attempt is made again, and for how long. Knows what the errors of PostgreSQL mean for that; repeats nothing
//! itself.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use orch_core::store::StoreError;
use sea_orm::DbErr;

use crate::error::sqlx_error;
use crate::store::{Engine, SqlStore};

/// What an error means for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection was lost, or there was none; the server may be starting.
    Lost,
    /// Others were in the way, and the server undid everything: it may go better at once.
    Contended,
    /// No connection was free.
    Crowded,
    /// A key is there already.
    Taken,
    /// There is no partition for an event of this time.
    NoPartition,
    /// It will not go better.
    Final,
}

impl Trouble {
    /// Looks at the cause of an error of the store.
    pub(crate) fn of(error: &StoreError) -> Self {
        let cause = match error {
            StoreError::Busy { source } | StoreError::Failed { source, .. } => Some(source),
            StoreError::Unavailable { source, .. } => source.as_ref(),
            StoreError::Conflict { .. } => return Self::Taken,
            _ => None,
        };
        cause.and_then(|cause| cause.downcast_ref::<DbErr>()).map_or(Self::Final, Self::of_database)
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn of_database(error: &DbErr) -> Self {
        use sea_orm::sqlx::Error;
        match sqlx_error(error) {
            Some(Error::Database(told)) => match told.code().as_deref() {
                Some("40001" | "40P01") => Self::Contended,
                Some("53300") => Self::Crowded,
                // a check without a name is that of a partitioned table: no partition takes the row
                Some("23514") if told.constraint().is_none() => Self::NoPartition,
                // the server is shut down, starts, or dropped the connection; class 08 is said by poolers, too
                Some("57P01" | "57P02" | "57P03" | "57P05" | "25P03") => Self::Lost,
                Some(code) if code.starts_with("08") => Self::Lost,
                _ => Self::Final,
            },
            // a certificate that was refused stays refused
            Some(Error::Io(cause)) if cause.kind() == std::io::ErrorKind::InvalidData => Self::Final,
            Some(Error::Io(_) | Error::PoolClosed | Error::WorkerCrashed | Error::Protocol(_) | Error::BeginFailed) => {
                Self::Lost
            }
            Some(Error::PoolTimedOut) => Self::Crowded,
            _ if matches!(error, DbErr::ConnectionAcquire(_)) => Self::Crowded,
            _ => Self::Final,
        }
    }
}

/// How long attempts go on: a lost server is waited for as long as it may take to start again, others as long as a lock.
pub(crate) struct Patience {
    began: Instant,
    attempts: u32,
    lost: Duration,
    contended: Duration,
}

impl Patience {
    /// For one operation on a store. SQLite waits by itself, so there nothing is repeated.
    pub(crate) fn of(store: &SqlStore) -> Self {
        let (lost, contended) = match &store.engine {
            Engine::Sqlite { .. } => (Duration::ZERO, Duration::ZERO),
            Engine::Postgres(server) => (server.retry_for, server.busy_timeout),
        };
        Self { began: Instant::now(), attempts: 0, lost, contended }
    }

    /// Waits before another attempt, a little longer each time.
    ///
    /// # Errors
    /// Hands the error back where another attempt would not go better, or the time is over.
    pub(crate) async fn wait_after(&mut self, error: StoreError) -> Result<Trouble, StoreError> {
        let trouble = Trouble::of(&error);
        let (limit, longest) = match trouble {
            Trouble::Lost => (self.lost, 1_000),
            Trouble::Contended | Trouble::Crowded => (self.contended, 200),
            // whoever looks again sees who was first; the second time it is the caller's own doing
            Trouble::Taken if self.attempts < 3 => (self.contended, 5),
            Trouble::NoPartition => (self.contended, 0),
            Trouble::Taken | Trouble::Final => return Err(error),
        };
        if self.began.elapsed() >= limit {
            return Err(error);
        }
        let step = 5_u64.saturating_mul(1 << self.attempts.min(10)).min(longest);
        self.attempts += 1;
        tokio::time::sleep(jittered(Duration::from_millis(step))).await;
        Ok(trouble)
    }
}

/// From one to two times as long, so that those who wait do not come back all at once.
pub(crate) fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1_000;
    time + time * u32::try_from(random).unwrap_or(0) / 1_000
}
