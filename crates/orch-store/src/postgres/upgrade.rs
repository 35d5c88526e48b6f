//! Keeping the tables of a database current: all pending migrations in one transaction, by one process at a time.

use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, SchemaManager};
use sea_orm::{ConnectionTrait as _, SqlxPostgresConnector, TransactionTrait as _};

use crate::index::rebuild;
use crate::store::{Created, Engine, SqlStore};

/// The key of the lock that those who upgrade take: `orch` in ASCII.
const LOCK: i64 = 0x6f72_6368;

impl SqlStore {
    /// Runs the migrations after `from`. Does nothing if somebody else was first; whoever comes meanwhile waits.
    pub(super) async fn upgrade(
        &self,
        from: i64,
        migrations: &[Box<dyn MigrationTrait>],
    ) -> Result<Created, StoreError> {
        let Engine::Postgres(server) = &self.engine else { return Ok(Created::Existing) };
        let failed = self.place().error("upgrading the store");
        // migrations want a transaction of SeaORM's own
        let db = SqlxPostgresConnector::from_sqlx_postgres_pool(server.link.pool.whole());
        let transaction = db.begin().await.map_err(&failed)?;
        // statements that an earlier migration prepared in a session of a pooler would be in the way
        let prepare = if server.link.direct { "" } else { "DEALLOCATE ALL; " };
        let lock = format!("{prepare}SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({LOCK})");
        transaction.execute_unprepared(&lock).await.map_err(&failed)?;
        let encoding = text(&transaction, "SHOW server_encoding").await.map_err(&failed)?;
        if encoding != "UTF8" {
            let reason =
                format!("the database keeps text as {encoding}; make one with: CREATE DATABASE … ENCODING 'UTF8'");
            return Err(self.place().unavailable(reason));
        }
        let table = text(&transaction, "SELECT coalesce(to_regclass('orchestration_schema')::text, '')").await;
        let mut found = 0;
        if !table.map_err(&failed)?.is_empty() {
            let version = text(&transaction, "SELECT coalesce(max(version), 0)::text FROM orchestration_schema").await;
            found = version.map_err(&failed)?.parse().unwrap_or(0);
        }
        if found != from {
            return Ok(Created::Existing);
        }
        if from == 0 {
            let table = "CREATE TABLE orchestration_schema (version bigint PRIMARY KEY, \
                         migrated_at timestamptz NOT NULL DEFAULT clock_timestamp())";
            transaction.execute_unprepared(table).await.map_err(&failed)?;
        }
        let manager = SchemaManager::new(&transaction);
        for (migration, version) in migrations.iter().zip(1_i64..).skip_while(|(_, version)| *version <= from) {
            migration.up(&manager).await.map_err(&failed)?;
            let record = format!("INSERT INTO orchestration_schema (version) VALUES ({version})");
            transaction.execute_unprepared(&record).await.map_err(&failed)?;
        }
        if rebuild::is_new(from, migrations.len()) {
            rebuild::fill(&transaction, self.place()).await?;
        }
        if !prepare.is_empty() {
            transaction.execute_unprepared(prepare).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(Created::New)
    }
}

async fn text(db: &sea_orm::DatabaseTransaction, sql: &str) -> Result<String, sea_orm::DbErr> {
    let row = db.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql)).await?;
    row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))
}
