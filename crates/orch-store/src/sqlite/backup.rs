//! A copy of a SQLite store in one file, made by SQLite while others write, and put into place when it is whole.

use std::fs::File;
use std::path::Path;

use orch_core::store::StoreError;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use super::private_file;
use crate::error::Place;

/// Copies the store to `target`, which is there in whole or not at all, in place of what was there. `keep` is asked when
/// the copy is made, and may say no.
pub(super) async fn copy_into_place<F>(
    db: &DatabaseConnection,
    place: &str,
    target: &Path,
    keep: impl FnOnce(&Path) -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let failed = |error: std::io::Error| StoreError::Unavailable {
        place: place.to_owned(),
        reason: format!("could not make a backup copy: {error}"),
        source: Some(error.into()),
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let scratch = tempfile::Builder::new().prefix(".orch-new-").tempdir_in(folder).map_err(failed)?;
    let copy = scratch.path().join("copy.db");
    private_file(&copy).map_err(failed)?;
    let Some(text) = copy.to_str() else {
        return Err(Place(place).unavailable("a backup copy can only be made at a path that is UTF-8"));
    };
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [text.into()]);
    db.execute_raw(statement).await.map_err(Place(place).error("backing the store up"))?;
    if !keep(&copy).await? {
        return Ok(());
    }
    File::open(&copy).and_then(|copy| copy.sync_all()).map_err(failed)?;
    std::fs::rename(&copy, target).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
