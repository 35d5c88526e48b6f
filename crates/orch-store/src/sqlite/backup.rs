//! A copy of a SQLite store in one file, made by SQLite while others write, and put into place when it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use orch_core::store::StoreError;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use super::archive::{ArchiveFile, archive_path};
use super::{Access, SqliteOptions, connect, private_file};
use crate::error::Place;
use crate::scratch::{Scratch, folder_of, sync_folder};
use crate::store::{Engine, SqlStore};

/// How long to wait for a copy that nobody else has.
const NOBODY: std::time::Duration = std::time::Duration::from_secs(1);

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the copy is not made.
    Stays,
    /// The copy takes its place.
    Replaced,
}

impl SqlStore {
    /// Copies a store in a file to another file, as of one moment, while others write, and its archive, if it has one, to
    /// the file that is the archive of the copy, whose path is handed back. The copy is a store like the first one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is a file already and it stays; [`StoreError::Unavailable`] if the copy cannot be
    /// made, and if the store is on a server.
    pub async fn copy_to(&self, target: &Path, existing: Existing) -> Result<Option<PathBuf>, StoreError> {
        let Engine::Sqlite { db, archive, .. } = &self.engine else {
            return Err(self.place().unavailable("a store on a server is backed up by an export"));
        };
        let mut copied = None;
        let beside = &mut copied;
        let keep = move |_: &Path| async move {
            // after the store: what has left it since is in both then, and what had left it is not missing
            *beside = archive.copy_beside(target, existing).await?;
            Ok(true)
        };
        copy_into_place(db, &self.place, target, existing, keep).await?;
        Ok(copied)
    }
}

impl ArchiveFile {
    /// Copies the archive to where that of another store lies, and says where.
    async fn copy_beside(&self, target: &Path, existing: Existing) -> Result<Option<PathBuf>, StoreError> {
        if !self.is_there() {
            return Ok(None);
        }
        let beside = archive_path(target);
        let db = self.open().await?;
        let place = self.path().display().to_string();
        let copied = copy_into_place(&db, &place, &beside, existing, |_| async { Ok(true) }).await;
        db.close().await.map_err(Place(&place).error("closing the archive"))?;
        copied.map(|()| Some(beside))
    }
}

/// Copies the store to `target`, which is there in whole or not at all. `keep` is asked when the copy is made, and may say
/// no.
pub(super) async fn copy_into_place<F>(
    db: &DatabaseConnection,
    place: &str,
    target: &Path,
    existing: Existing,
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
    let folder = folder_of(target);
    let scratch = Scratch::in_folder(folder).map_err(failed)?;
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
    // SQLite leaves it with a rollback journal; a store has a log
    let options = SqliteOptions { path: copy.clone(), busy_timeout: NOBODY };
    let made = connect(&options, Access::Write).await.map_err(Place(place).error("backing the store up"))?;
    let wal = made.execute_unprepared("PRAGMA journal_mode=WAL").await;
    wal.map_err(Place(place).error("backing the store up"))?;
    made.close().await.map_err(Place(place).error("backing the store up"))?;
    File::open(&copy).and_then(|copy| copy.sync_all()).map_err(failed)?;
    let placed = match existing {
        Existing::Replaced => std::fs::rename(&copy, target),
        // a link is never made over a file
        Existing::Stays => std::fs::hard_link(&copy, target),
    };
    match placed {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Conflict { what: target.display().to_string() });
        }
        placed => placed.map_err(failed)?,
    }
    sync_folder(folder).map_err(failed)
}
