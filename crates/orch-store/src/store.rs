//! The store: one type for both databases, how it is read, and whose clock it lives by. Opens nothing; see `sqlite` and
//! `postgres`.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use orch_core::clock::{Clock, to_micros};
use orch_core::operation::OperationId;
use orch_core::store::StoreError;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::connection::Connection;
use crate::error::{Place, is_failed_sync};
use crate::postgres::Server;
use crate::retry::Patience;
use crate::sqlite::archive::ArchiveFile;
use crate::sqlite::hold::Hold;

/// A store in a SQLite file or on a PostgreSQL server.
pub struct SqlStore {
    pub(crate) engine: Engine,
    pub(crate) place: String,
}

/// The database behind a store.
pub(crate) enum Engine {
    /// A file; its log lies beside it, and its archive, if it has one.
    Sqlite { db: DatabaseConnection, log: PathBuf, clock: Arc<dyn Clock>, archive: Box<ArchiveFile>, _hold: Hold },
    /// A server.
    Postgres(Server),
}

/// Whether making a store found one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// It was there before, or somebody else was first.
    Existing,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("place", &self.place).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// The schema version that this program knows.
    #[must_use]
    pub fn schema_version() -> i64 {
        i64::try_from(orch_migrations::migrations().len()).unwrap_or(i64::MAX)
    }

    /// Looks again whether this program may work with the store, as opening it did: for whoever keeps it open while other
    /// programs upgrade it, import into it, or take it away.
    ///
    /// # Errors
    /// [`StoreError::NoStore`], [`StoreError::Newer`] or [`StoreError::Unfinished`], and whatever reading may meet.
    pub async fn recheck(&self) -> Result<(), StoreError> {
        let (found, is_unfinished) = match &self.engine {
            Engine::Sqlite { db, .. } => (self.file_version(db).await?, self.is_unfinished(&self.connection()).await?),
            Engine::Postgres(_) => {
                let found = self.found_again().await?;
                (found.version, found.unfinished)
            }
        };
        let (place, known) = (self.place.clone(), Self::schema_version());
        match found {
            0 => Err(StoreError::NoStore { place }),
            _ if found > known => Err(StoreError::Newer { place, found, known }),
            _ if is_unfinished => Err(StoreError::Unfinished { place }),
            _ => Ok(()),
        }
    }

    /// The place for errors.
    pub(crate) fn place(&self) -> Place<'_> {
        Place(&self.place)
    }

    /// Statements one by one.
    pub(crate) fn connection(&self) -> Connection {
        match &self.engine {
            Engine::Sqlite { db, .. } => Connection::Sqlite(db.clone()),
            Engine::Postgres(server) => Connection::Postgres(server.link.clone()),
        }
    }

    /// A transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        let prelude = match &self.engine {
            Engine::Sqlite { .. } => None,
            Engine::Postgres(server) => server.prelude(),
        };
        self.connection().begin(prelude).await.map_err(self.place().error("beginning a transaction"))
    }

    /// Ends a transaction that wrote.
    pub(crate) async fn commit(&self, db: Connection, operation: &OperationId) -> Result<(), StoreError> {
        match db.commit().await {
            // the log may hold the whole transaction, and whoever reads it next takes it for committed
            Err(error) if is_failed_sync(&error) => {
                Err(StoreError::OutcomeUnknown { operation: operation.clone(), source: error.into() })
            }
            done => done.map_err(self.place().error("committing")),
        }
    }

    /// One moment for many reads, however long they take; nobody who writes waits for it.
    pub(crate) async fn moment(&self) -> Result<Connection, StoreError> {
        self.connection().moment().await.map_err(self.place().error("beginning to read"))
    }

    /// Reads, again where a server was lost or busy: a read changes nothing, so it may be repeated.
    pub(crate) async fn read<T, F>(&self, look: impl Fn(Connection) -> F + Send + Sync) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let mut patience = Patience::of(self);
        loop {
            let attempt = async {
                match &self.engine {
                    // behind a pooler two statements may end up in two sessions, but not in a transaction
                    Engine::Postgres(server) if !server.link.direct => look(self.begin().await?).await,
                    _ => look(self.connection()).await,
                }
            };
            match attempt.await {
                Err(error) => patience.wait_after(error).await.map(drop)?,
                found => return found,
            }
        }
    }

    /// The store's clock as an expression of SQL, whole microseconds: a server's own, unless another one was given.
    pub(crate) fn now(&self) -> Expr {
        now_of(self.given_time())
    }

    /// The time, unless it is the server that knows it.
    pub(crate) fn given_time(&self) -> Option<DateTime<Utc>> {
        self.given_clock().map(|clock| to_micros(clock.now()))
    }

    /// The time that the store's clock shows.
    pub(crate) async fn time(&self, db: &Connection) -> Result<DateTime<Utc>, StoreError> {
        if let Some(time) = self.given_time() {
            return Ok(time);
        }
        let failed = self.place().error("asking for the time");
        let query = Query::select().expr(self.now()).to_owned();
        let row = db.query_one(&query).await.map_err(&failed)?;
        let row = row.ok_or_else(|| self.place().damaged("the server's clock", "it shows nothing"))?;
        row.try_get_by_index(0).map_err(&failed)
    }

    /// The clock that was given instead of the server's.
    pub(crate) fn given_clock(&self) -> Option<&Arc<dyn Clock>> {
        match &self.engine {
            Engine::Sqlite { clock, .. } => Some(clock),
            Engine::Postgres(server) => server.clock.as_ref(),
        }
    }
}

/// A time that is given, or the server's.
pub(crate) fn now_of(given: Option<DateTime<Utc>>) -> Expr {
    given.map_or_else(|| Expr::cust("clock_timestamp()"), Expr::value)
}

/// A count as databases take it: signed, 64 bits.
pub(crate) fn at_most(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}
