//! Keeping the schema current: a backup copy, then all pending migrations in one transaction. Knows no table.

use std::fs::File;
use std::path::{Path, PathBuf};

use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, SchemaManager};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::connect::{APPLICATION_ID, SqlStore, private_file};

impl SqlStore {
    /// Compares the version, and upgrades an older schema. A process that is killed leaves the old schema or the new one.
    pub(crate) async fn upgrade(&self, path: &Path, migrations: &[Box<dyn MigrationTrait>]) -> Result<(), StoreError> {
        let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        let found = self.user_version(&self.db).await?;
        if found > known {
            return Err(StoreError::Newer { place: self.path.clone(), found, known });
        }
        if found < known {
            self.back_up(path, found).await?;
            self.run_migrations(found, migrations).await?;
        }
        Ok(())
    }

    /// Copies the store to `NAME.backup-VERSION.db`, which is there in whole or not at all. A copy of an earlier attempt
    /// at the same upgrade is replaced: it may lack what was written since.
    async fn back_up(&self, path: &Path, found: i64) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| StoreError::Unavailable {
            place: self.path.clone(),
            reason: format!("could not make a backup copy: {error}"),
            source: Some(error.into()),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let scratch = tempfile::Builder::new().prefix(".orch-new-").tempdir_in(folder).map_err(failed)?;
        let copy = scratch.path().join("copy.db");
        private_file(&copy).map_err(failed)?;
        self.copy_to(&copy).await?;
        if self.user_version(&self.db).await? != found {
            // somebody else has upgraded it, so this may be a copy of the new schema; theirs is of the old one
            return Ok(());
        }
        File::open(&copy).and_then(|copy| copy.sync_all()).map_err(failed)?;
        std::fs::rename(&copy, backup_path(path, found)).map_err(failed)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let Some(text) = target.to_str() else {
            let reason = "a backup copy can only be made at a path that is UTF-8".to_owned();
            return Err(StoreError::Unavailable { place: self.path.clone(), reason, source: None });
        };
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [text.into()]);
        self.db.execute_raw(statement).await.map(drop).map_err(self.place().error("backing the store up"))
    }

    async fn user_version(&self, db: &impl ConnectionTrait) -> Result<i64, StoreError> {
        let failed = self.place().error("reading the schema version");
        let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA user_version")).await;
        row.map_err(&failed)?.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(&failed)
    }

    /// Runs the migrations after `from` in one transaction; does nothing if somebody else was first.
    pub(crate) async fn run_migrations(
        &self,
        from: i64,
        migrations: &[Box<dyn MigrationTrait>],
    ) -> Result<(), StoreError> {
        let failed = self.place().error("upgrading the store");
        let transaction = self.begin().await?;
        if self.user_version(&transaction).await? != from {
            return Ok(());
        }
        let manager = SchemaManager::new(&transaction);
        for migration in migrations.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            migration.up(&manager).await.map_err(&failed)?;
        }
        let marks = format!("PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={}", migrations.len());
        transaction.execute_unprepared(&marks).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }
}

/// Where the backup copy of a store lies.
pub(crate) fn backup_path(path: &Path, version: i64) -> PathBuf {
    path.with_extension(format!("backup-{version}.db"))
}
