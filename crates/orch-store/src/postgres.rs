//! A store on a PostgreSQL server: how it is reached, what is checked first, and how its tables are made. Knows nothing of
//! tasks.
//!
//! Durability is the server's own: nothing here touches `synchronous_commit` or any other setting that a commit depends on.
//! What is set are bounds on waiting, for this program's own statements.

use std::sync::Arc;
use std::time::Duration;

use orch_core::clock::Clock;
use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, migrations};
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::connection::{Connection, Link};
use crate::pool::Pool;
use crate::retry::Patience;
use crate::store::{Created, Engine, SqlStore};
use crate::transfer::{MARK, SEQUENCES};

mod archive;
mod partition;
mod upgrade;

/// How long a statement may run that waits for nobody, in addition to the wait for locks.
const STATEMENT_TIME: Duration = Duration::from_secs(10);
/// How much longer than the server's own bound an answer may take before the server is given up.
const SILENCE: Duration = Duration::from_secs(5);

/// Where the server is, and how long to wait for it and for others.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The address, `postgres://USER@HOST:PORT/DATABASE`. What it does not say is taken from `PGHOST` and the like, a
    /// password also from `PGPASSFILE`.
    pub url: String,
    /// How long a writer waits for another one.
    pub busy_timeout: Duration,
    /// How long to go on trying where the server cannot be reached.
    pub retry_for: Duration,
    /// The most connections at once. A program that does one thing needs one.
    pub max_connections: u32,
    /// A clock instead of the server's: for tests and reproducible transcripts.
    pub clock: Option<Arc<dyn Clock>>,
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the address may hold a password
        f.debug_struct("PostgresOptions").field("busy_timeout", &self.busy_timeout).finish_non_exhaustive()
    }
}

/// A server as a store uses it.
pub(crate) struct Server {
    pub(crate) link: Link,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) busy_timeout: Duration,
    pub(crate) retry_for: Duration,
    prelude: String,
}

impl Server {
    /// What a transaction begins with: behind a pooler a session keeps no settings of ours.
    pub(crate) fn prelude(&self) -> Option<&str> {
        (!self.link.direct).then_some(&*self.prelude)
    }
}

impl SqlStore {
    /// Opens the store of a database, and upgrades one of an older schema.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the server cannot be reached or refuses the login, [`StoreError::NoStore`] if the
    /// database has no tables of orch, [`StoreError::Newer`] if a newer version made them, [`StoreError::Unfinished`] if an
    /// import into them was not finished.
    pub async fn connect(options: &PostgresOptions) -> Result<Self, StoreError> {
        match Self::connect_with(options, &migrations()).await? {
            (store, Found { unfinished: true, .. }) => Err(StoreError::Unfinished { place: store.place }),
            (store, _) => Ok(store),
        }
    }

    /// As [`SqlStore::connect`], for an import: also where an earlier one was not finished.
    ///
    /// # Errors
    /// As [`SqlStore::connect`].
    pub async fn connect_unfinished(options: &PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self::connect_with(options, &migrations()).await?.0)
    }

    pub(crate) async fn connect_with(
        options: &PostgresOptions,
        migrations: &[Box<dyn MigrationTrait>],
    ) -> Result<(Self, Found), StoreError> {
        let (store, found) = Self::reach(options).await?;
        let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        match found.version {
            0 => Err(StoreError::NoStore { place: store.place }),
            version if version > known => Err(StoreError::Newer { place: store.place, found: version, known }),
            version if version < known => {
                store.upgrade(version, migrations).await?;
                Ok((store, found))
            }
            _ => Ok((store, found)),
        }
    }

    /// Makes the tables where there are none. Of several at once one does.
    ///
    /// # Errors
    /// As [`SqlStore::connect`], and [`StoreError::Unavailable`] if the role may not make tables or the database does not
    /// keep text as UTF-8.
    pub async fn create_on(options: &PostgresOptions) -> Result<Created, StoreError> {
        let (store, found) = Self::reach(options).await?;
        if found.version > 0 {
            // one that is newer or damaged is not called ready
            Self::connect(options).await?;
            return Ok(Created::Existing);
        }
        let created = store.upgrade(0, &migrations()).await?;
        let now = store.time(&store.connection()).await?;
        store.make_partition(now).await?;
        Ok(created)
    }

    /// A store with what its database holds.
    async fn reach(options: &PostgresOptions) -> Result<(Self, Found), StoreError> {
        let connect = connect_options(options)?;
        let place = place(&connect);
        let mut direct = true;
        let mut store = Self::at(options, &connect, place.clone(), direct);
        let mut patience = Patience::of(&store);
        loop {
            match store.look().await {
                // a pooler took the settings and did not pass them on
                Ok((false, _)) if direct => direct = false,
                Ok((_, found)) => return Ok((store, found)),
                // poolers refuse settings that they do not know
                Err(error) if direct && refuses_settings(&error) => direct = false,
                Err(error) => {
                    let trouble = patience.wait_after(error).await?;
                    tracing::debug!(?trouble, "reaching the server again");
                    continue;
                }
            }
            store = Self::at(options, &connect, place.clone(), direct);
        }
    }

    fn at(options: &PostgresOptions, connect: &PgConnectOptions, place: String, direct: bool) -> Self {
        let bounds = bounds(options);
        let connect = if direct {
            connect.clone().options(bounds.iter().map(|(name, value)| (*name, value))).options([(DIRECT, "1")])
        } else {
            connect.clone().extra_float_digits(None).statement_cache_capacity(0)
        };
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections.max(1))
            .min_connections(0)
            .test_before_acquire(false)
            .acquire_timeout(options.busy_timeout.min(options.retry_for).max(Duration::from_secs(1)))
            .connect_lazy_with(connect.disable_statement_logging());
        let patience = options.busy_timeout + STATEMENT_TIME + SILENCE;
        let prelude = bounds.iter().map(|(name, value)| format!("SET LOCAL {name} = '{value}';")).collect();
        let server = Server {
            link: Link { pool: Pool::new(pool), direct, patience },
            clock: options.clock.clone(),
            busy_timeout: options.busy_timeout,
            retry_for: options.retry_for,
            prelude,
        };
        Self { engine: Engine::Postgres(server), place }
    }

    /// Whether settings reached the server, and what the database holds.
    async fn look(&self) -> Result<(bool, Found), StoreError> {
        let failed = self.place().error("reading the schema version");
        let sql = format!(
            "SELECT coalesce(current_setting('{DIRECT}', true), '') = '1', to_regclass('orchestration_schema') IS NOT NULL"
        );
        // without values it needs no prepared statement, so it goes through every pooler
        let row = self.connection().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
        let row = row.map_err(&failed)?.ok_or_else(|| self.place().unavailable("the server gave no answer"))?;
        let direct = row.try_get_by_index(0).map_err(&failed)?;
        let is_there: bool = row.try_get_by_index(1).map_err(&failed)?;
        let found = if is_there { self.found(&self.connection()).await? } else { Found::default() };
        Ok((direct, found))
    }

    /// What the database holds now; a server that restarts is waited for.
    pub(crate) async fn found_again(&self) -> Result<Found, StoreError> {
        let mut patience = Patience::of(self);
        loop {
            match self.look().await {
                Ok((_, found)) => return Ok(found),
                Err(error) => patience.wait_after(error).await?,
            };
        }
    }

    /// What a database with tables of orch holds.
    pub(crate) async fn found(&self, db: &Connection) -> Result<Found, StoreError> {
        let failed = self.place().error("reading the schema version");
        let sql = format!(
            "SELECT coalesce(max(version), 0), EXISTS (SELECT FROM {SEQUENCES} WHERE name = '{MARK}') \
             FROM orchestration_schema"
        );
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(&failed)?;
        let Some(row) = row else { return Ok(Found::default()) };
        let version = row.try_get_by_index(0).map_err(&failed)?;
        Ok(Found { version, unfinished: row.try_get_by_index(1).map_err(&failed)? })
    }
}

/// What a database holds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    /// The version of its schema; 0 where it has no tables of orch.
    pub(crate) version: i64,
    /// Whether an import into it was not finished.
    pub(crate) unfinished: bool,
}

/// A setting that means nothing to the server. Where it arrives, nobody stands between.
const DIRECT: &str = "orch.direct";

fn bounds(options: &PostgresOptions) -> [(&'static str, String); 5] {
    let milliseconds = |time: Duration| format!("{}ms", time.as_millis().max(1));
    [
        ("lock_timeout", milliseconds(options.busy_timeout)),
        ("statement_timeout", milliseconds(options.busy_timeout + STATEMENT_TIME)),
        ("idle_in_transaction_session_timeout", "30s".into()),
        // a client that is gone lets its locks go soon
        ("tcp_keepalives_idle", "5s".into()),
        ("tcp_user_timeout", "15s".into()),
    ]
}

fn connect_options(options: &PostgresOptions) -> Result<PgConnectOptions, StoreError> {
    let wrong = |reason: String| StoreError::Unavailable { place: "the address".into(), reason, source: None };
    // the text itself stays out of the error: it may hold a password
    if !["postgres://", "postgresql://"].iter().any(|scheme| options.url.starts_with(scheme)) {
        return Err(wrong("it does not begin with postgres://".into()));
    }
    let connect: PgConnectOptions =
        options.url.parse().map_err(|error| wrong(format!("it is no address of a PostgreSQL database: {error}")))?;
    Ok(connect.application_name("orch"))
}

/// The server and its database, without any password.
fn place(connect: &PgConnectOptions) -> String {
    let host = connect.get_socket().map_or_else(|| connect.get_host().to_owned(), |path| path.display().to_string());
    let database = connect.get_database().unwrap_or_else(|| connect.get_username());
    format!("postgres://{}@{host}:{}/{database}", connect.get_username(), connect.get_port())
}

/// Whether a connection was refused for what it asked to be set: a violation of the protocol, or a feature that is not there.
fn refuses_settings(error: &StoreError) -> bool {
    let (StoreError::Unavailable { source: Some(source), .. } | StoreError::Failed { source, .. }) = error else {
        return false;
    };
    let error = source.downcast_ref().and_then(crate::error::postgres_error);
    error.is_some_and(|error| matches!(error.code(), "08P01" | "0A000"))
}
