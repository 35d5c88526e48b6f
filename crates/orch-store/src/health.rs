//! What a database is set to and how it fares, as far as it matters to a store on it. Looks only; `inspect` looks at what
//! is stored.

use chrono::{DateTime, Utc};
use orch_core::store::StoreError;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use crate::connection::Connection;
use crate::store::{Engine, SqlStore};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What it is about, in a word.
    pub about: &'static str,
    /// What was found.
    pub found: String,
    /// What to change, and where, if it is not as it should be.
    pub advice: Option<String>,
}

impl Health {
    fn good(about: &'static str, found: impl Into<String>) -> Self {
        Self { about, found: found.into(), advice: None }
    }

    fn new(about: &'static str, found: impl Into<String>, advice: Option<&str>) -> Self {
        Self { about, found: found.into(), advice: advice.map(ToOwned::to_owned) }
    }
}

/// A clock that is further off than this makes leases and ages look wrong.
const SKEW_SECONDS: i64 = 5;
/// The oldest version of PostgreSQL that has what the tables need.
const OLDEST_SERVER: i32 = 13;

impl SqlStore {
    /// How the database fares: one entry for each thing that was looked at. `now` is the time by the caller's clock.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn health(&self, now: DateTime<Utc>) -> Result<Vec<Health>, StoreError> {
        let look = |db: Connection| async move {
            match &self.engine {
                Engine::Sqlite { .. } => self.file_health(&db).await,
                Engine::Postgres(server) => self.server_health(&db, server.link.direct, now).await,
            }
        };
        self.read(look).await
    }

    async fn file_health(&self, db: &Connection) -> Result<Vec<Health>, StoreError> {
        let failed = self.place().error("looking at the settings");
        let ask = async |sql: &str| -> Result<Option<QueryResult>, StoreError> {
            db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.map_err(&failed)
        };
        let text =
            |row: Option<QueryResult>| row.and_then(|row| row.try_get_by_index::<String>(0).ok()).unwrap_or_default();
        let number =
            |row: Option<QueryResult>| row.and_then(|row| row.try_get_by_index::<i64>(0).ok()).unwrap_or_default();
        let journal = text(ask("PRAGMA journal_mode").await?);
        let synchronous = number(ask("PRAGMA synchronous").await?);
        let size = number(ask("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").await?);
        let library = text(ask("SELECT sqlite_version()").await?);
        Ok(vec![
            Health::good("database", format!("SQLite {library}, {} KiB in {}", size / 1024, self.place)),
            Health::new(
                "durability",
                format!("journal_mode is {journal}, synchronous is {synchronous}"),
                // read-only media cannot have the log's index, and are read without it
                (journal != "wal").then_some("PRAGMA journal_mode=WAL; without it readers wait for writers"),
            ),
        ])
    }

    async fn server_health(
        &self,
        db: &Connection,
        direct: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<Health>, StoreError> {
        let failed = self.place().error("looking at the server's settings");
        let sql = "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major, \
                   current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages, \
                   current_setting('synchronous_commit') AS synchronous, \
                   pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only, \
                   (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used, \
                   current_setting('max_connections')::bigint AS most, clock_timestamp() AS now, \
                   (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::bigint \
                    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()) AS oldest, \
                   pg_size_pretty(pg_database_size(current_database())) AS size, \
                   (SELECT count(*) FROM pg_inherits WHERE inhparent = 'orchestration_events'::regclass) AS months";
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.map_err(&failed)?;
        let row = row.ok_or_else(|| self.place().unavailable("the server gave no answer"))?;
        // a store that was given a clock does not go by the server's
        let now = if self.given_clock().is_some() { None } else { Some(now) };
        server_findings(&row, direct, now).map_err(failed)
    }
}

fn server_findings(row: &QueryResult, direct: bool, now: Option<DateTime<Utc>>) -> Result<Vec<Health>, sea_orm::DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    let number = |name: &str| row.try_get::<i64>("", name);
    let (version, major): (String, i32) = (text("version")?, row.try_get("", "major")?);
    let (fsync, pages, synchronous) = (text("fsync")?, text("pages")?, text("synchronous")?);
    let (used, most, oldest) = (number("used")?, number("most")?, number("oldest")?);
    let server_now: DateTime<Utc> = row.try_get("", "now")?;
    let skew = now.map_or(0, |now| (server_now - now).num_seconds());
    let read_only: bool = row.try_get("", "read_only")?;
    let too_old = format!("upgrade the server to PostgreSQL {OLDEST_SERVER} or newer");
    Ok(vec![
        Health::new(
            "database",
            format!("PostgreSQL {version}, {}, events of {} months", text("size")?, number("months")?),
            (major < OLDEST_SERVER).then_some(&*too_old),
        ),
        Health::new(
            "writing",
            if read_only { "only reading" } else { "reading and writing" },
            read_only.then_some(
                "name the primary server in storage.database_url, or set default_transaction_read_only to off",
            ),
        ),
        Health::new(
            "durability",
            format!("fsync is {fsync}, full_page_writes is {pages}, synchronous_commit is {synchronous}"),
            match (fsync.as_str(), pages.as_str(), synchronous.as_str()) {
                ("off", ..) => Some("set fsync = on in postgresql.conf: without it a power cut loses the database"),
                (_, "off", _) => Some("set full_page_writes = on in postgresql.conf: without it a crash damages pages"),
                (.., "off") => Some("set synchronous_commit = on: without it a crash loses what was acknowledged last"),
                _ => None,
            },
        ),
        Health::new(
            "pool",
            format!("{used} of {most} connections{}", if direct { "" } else { ", by way of a pooler" }),
            (used * 10 >= most * 9).then_some(
                "raise max_connections in postgresql.conf, or put a pooler such as PgBouncer in front (transaction mode)",
            ),
        ),
        Health::new(
            "server clock",
            format!("the server's clock is {} s {} ours", skew.abs(), if skew < 0 { "behind" } else { "ahead of" }),
            (skew.abs() > SKEW_SECONDS)
                .then_some("set both clocks by NTP; leases go by the server's, --since and the like by this machine's"),
        ),
        Health::new(
            "transactions",
            format!("the oldest one is {oldest} s old"),
            (oldest > 300).then_some(
                "end it (pg_terminate_backend), and set idle_in_transaction_session_timeout: it keeps locks and old rows",
            ),
        ),
    ])
}
