//! Connections to a PostgreSQL server that are at hand. Knows no statement.
//!
//! sqlx asks the server for a sign of life each time that a connection goes back to its pool, one more way there and back
//! for each statement. A connection whose statement went well needs none, so it is kept here instead.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::DbErr;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{Connection as _, Error, PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::sqlx_error;

/// After so long a connection goes back to sqlx's pool, which looks at it and replaces one that is old.
const KEEP: Duration = Duration::from_mins(10);
/// How long one attempt to connect may take.
const ONE_ATTEMPT: Duration = Duration::from_secs(5);

/// The connections of one store.
#[derive(Clone)]
pub(crate) struct Pool {
    source: PgPool,
    /// One for each connection that there may be, so that whoever has one finds a connection here or in sqlx's pool.
    permits: Arc<Semaphore>,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept(Mutex<Vec<(PoolConnection<Postgres>, Instant)>>);

impl Kept {
    fn take(&self) -> Vec<(PoolConnection<Postgres>, Instant)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // to give them back needs a runtime, and the pool goes, too
        self.take().into_iter().for_each(|(connection, _)| drop(connection.leak()));
    }
}

/// A connection in use.
pub(crate) struct Held {
    pub(crate) connection: PoolConnection<Postgres>,
    since: Instant,
    kept: Arc<Kept>,
    permit: OwnedSemaphorePermit,
}

/// A transaction with the connection that is its own.
pub(crate) struct Begun {
    pub(crate) transaction: Transaction<'static, Postgres>,
    // goes last, when the connection is on its way back
    _permit: OwnedSemaphorePermit,
}

impl Begun {
    /// Commits.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        self.transaction.commit().await
    }
}

impl Pool {
    /// The connections of this pool, of which nothing may be in use elsewhere.
    pub(crate) fn new(source: PgPool) -> Self {
        let most = usize::try_from(source.options().get_max_connections()).unwrap_or(1);
        Self { source, permits: Arc::new(Semaphore::new(most)), kept: Arc::default() }
    }

    /// The pool of sqlx, with all connections that are not in use.
    pub(crate) fn whole(&self) -> PgPool {
        drop(self.kept.take());
        self.source.clone()
    }

    /// A connection, as soon as one is free.
    pub(crate) async fn free(&self) -> Result<Held, Error> {
        let permit =
            tokio::time::timeout(self.source.options().get_acquire_timeout(), self.permits.clone().acquire_owned());
        let permit = permit.await.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (connection, since) = match kept {
            Some((connection, since)) if since.elapsed() < KEEP => (connection, since),
            // one that is old goes back, and sqlx decides about it
            _ => {
                drop(kept);
                match self.source.acquire().await {
                    Ok(connection) => (connection, Instant::now()),
                    Err(error) => return Err(self.cause_of(error).await),
                }
            }
        };
        Ok(Held { connection, since, kept: self.kept.clone(), permit })
    }

    /// Why there is no connection. The pool of sqlx tries again and again where the server takes none, and then only says
    /// that its time is over, though whoever has a permit does not wait for others; one more attempt without it tells.
    async fn cause_of(&self, error: Error) -> Error {
        if !matches!(error, Error::PoolTimedOut) {
            return error;
        }
        let options = self.source.connect_options();
        match tokio::time::timeout(ONE_ATTEMPT, PgConnection::connect_with(&options)).await {
            Ok(Ok(_)) => error,
            Ok(Err(cause)) => cause,
            Err(_) => Error::Io(ErrorKind::TimedOut.into()),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<Begun, Error> {
        let Held { connection, permit, .. } = self.free().await?;
        Ok(Begun { transaction: Transaction::begin(connection, None).await?, _permit: permit })
    }
}

impl Held {
    /// Lets go of the connection after a statement. One whose statement went well is kept. One that failed goes back to
    /// sqlx, which looks at it; and where that was not the server's word, those that are kept may be broken, too.
    pub(crate) fn after<T>(self, done: Result<T, DbErr>) -> Result<T, DbErr> {
        let Self { connection, since, kept, permit } = self;
        match &done {
            Ok(_) => kept.0.lock().unwrap_or_else(PoisonError::into_inner).push((connection, since)),
            Err(error) if matches!(sqlx_error(error), Some(Error::Database(_))) => drop(connection),
            Err(_) => drop((connection, kept.take())),
        }
        drop(permit);
        done
    }
}
