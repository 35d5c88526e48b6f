//! Keeping the schema current: a backup copy, then all pending migrations in one transaction. Knows no table.

use std::path::{Path, PathBuf};

use orch_core::store::StoreError;
use orch_migrations::{MigrationTrait, SchemaManager};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _,
};

use super::APPLICATION_ID;
use super::backup::{Existing, copy_into_place};
use crate::error::Place;
use crate::index::rebuild;

/// Compares the version, and upgrades an older schema. A process that is killed leaves the old schema or the new one.
pub(super) async fn upgrade(
    db: &DatabaseConnection,
    place: &str,
    path: &Path,
    migrations: &[Box<dyn MigrationTrait>],
) -> Result<(), StoreError> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found = user_version(db, place).await?;
    if found > known {
        return Err(StoreError::Newer { place: place.to_owned(), found, known });
    }
    if found < known {
        back_up(db, place, path, found).await?;
        run_migrations(db, place, found, migrations).await?;
    }
    Ok(())
}

/// Copies the store to `NAME.backup-VERSION.db`, which is there in whole or not at all. A copy of an earlier attempt at the
/// same upgrade is replaced: it may lack what was written since.
async fn back_up(db: &DatabaseConnection, place: &str, path: &Path, found: i64) -> Result<(), StoreError> {
    copy_into_place(db, place, &backup_path(path, found), Existing::Replaced, |_| async {
        // if somebody else has upgraded it, this may be a copy of the new schema; theirs is of the old one
        Ok(user_version(db, place).await? == found)
    })
    .await
}

/// Runs the migrations after `from` in one transaction; does nothing if somebody else was first.
pub(super) async fn run_migrations(
    db: &DatabaseConnection,
    place: &str,
    from: i64,
    migrations: &[Box<dyn MigrationTrait>],
) -> Result<(), StoreError> {
    let failed = Place(place).error("upgrading the store");
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(options).await.map_err(&failed)?;
    if user_version(&transaction, place).await? != from {
        return Ok(());
    }
    let manager = SchemaManager::new(&transaction);
    for migration in migrations.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        migration.up(&manager).await.map_err(&failed)?;
    }
    if rebuild::is_new(from, migrations.len()) {
        rebuild::fill(&transaction, Place(place)).await?;
    }
    let marks = format!("PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={}", migrations.len());
    transaction.execute_unprepared(&marks).await.map_err(&failed)?;
    transaction.commit().await.map_err(&failed)
}

pub(super) async fn user_version(db: &impl ConnectionTrait, place: &str) -> Result<i64, StoreError> {
    let failed = Place(place).error("reading the schema version");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA user_version")).await;
    row.map_err(&failed)?.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(&failed)
}

/// Where the backup copy of a store lies.
pub(super) fn backup_path(path: &Path, version: i64) -> PathBuf {
    path.with_extension(format!("backup-{version}.db"))
}
