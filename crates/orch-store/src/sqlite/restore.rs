//! Putting a backup in the place of a store: the backup is copied and looked over, the files of the old store are moved aside,
//! never deleted, and the copy takes their place.
//!
//! Whoever is killed in between leaves the old store, the new one, or no file where the store was: then every command says so,
//! and the same call again goes on. At no time does a file of the one lie beside a file of the other under the names that
//! SQLite puts together: the store's file goes first and comes last, and each step is synced before the next, as the names
//! of a folder need not reach the disk in the order in which they were changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use orch_core::clock::Clock;
use orch_core::store::StoreError;

use super::archive::archive_path;
use super::hold::Hold;
use super::remains::replaced_prefix;
use super::{SqliteOptions, check_header, log_path, private_file};
use crate::error::Place;
use crate::scratch::{Scratch, folder_of, sync_folder};
use crate::store::{Engine, SqlStore};

/// What became of a store whose place a backup took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The folder in which the files of the old store are, under their names; `None` where there were none.
    pub replaced: Option<PathBuf>,
    /// The archive that was restored with the store, if the backup has one.
    pub archive: Option<PathBuf>,
}

impl SqlStore {
    /// Puts a backup, with its archive if it has one, in the place of the store. The backup stays as it is. One of an older
    /// schema is upgraded. The store may be damaged, empty or missing; what is there of it is moved to a folder beside it,
    /// named after the time.
    ///
    /// Programs that open the file without this library are not noticed.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] if there is no backup, [`StoreError::Damaged`], [`StoreError::Newer`] and
    /// [`StoreError::Unfinished`] if it is no whole store, [`StoreError::Busy`] if another process uses the store,
    /// [`StoreError::Unavailable`] if files cannot be read or written. Then the store is as it was.
    pub async fn restore(
        options: &SqliteOptions,
        backup: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Restored, StoreError> {
        let _hold = Hold::alone(options).await?;
        let folder = folder_of(&options.path);
        let scratch = Scratch::in_folder(folder).map_err(failed(&options.path, "make a folder beside it"))?;
        let draft = SqliteOptions { path: scratch.path().join("orch.db"), ..options.clone() };
        copy_store(backup, &draft.path)?;
        make_whole(&draft, backup, Arc::clone(&clock)).await?;
        let aside = Aside::of(&options.path);
        aside.finish(clock.now()).map_err(failed(&options.path, "name the files of an earlier restore"))?;
        if let Err(error) = aside.take().and_then(|()| put(&draft.path, &options.path)) {
            aside.give_back().map_err(failed(&options.path, "move its files back"))?;
            return Err(failed(&options.path, "exchange its files")(error));
        }
        let replaced = aside.finish(clock.now()).map_err(failed(&options.path, "name the files of the old store"))?;
        let archive = Some(archive_path(&options.path)).filter(|archive| archive.symlink_metadata().is_ok());
        Ok(Restored { replaced, archive })
    }
}

/// Copies a store that nobody writes to: its file, its archive, and their logs, if they have any.
fn copy_store(from: &Path, to: &Path) -> Result<(), StoreError> {
    check_header(from, &from.display().to_string(), SqlStore::schema_version())?;
    for (from, to) in [(from.to_owned(), to.to_owned()), (archive_path(from), archive_path(to))] {
        for (from, to) in [(log_path(&from), log_path(&to)), (from, to)] {
            if from.symlink_metadata().is_ok() {
                copy_file(&from, &to).map_err(failed(&from, "copy it"))?;
            }
        }
    }
    Ok(())
}

/// Not with the permissions of the backup.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    private_file(to)?;
    io::copy(&mut fs::File::open(from)?, &mut fs::File::options().write(true).open(to)?).map(drop)
}

/// Looks a copy over, upgrades it, and closes it, so that each of its files is whole without its log, and synced.
async fn make_whole(draft: &SqliteOptions, backup: &Path, clock: Arc<dyn Clock>) -> Result<(), StoreError> {
    // what is wrong with the copy is wrong with the backup
    let place = Place(&backup.display().to_string());
    let named = |error: StoreError| match error {
        StoreError::Damaged { reason, .. } => StoreError::Damaged { place: place.0.to_owned(), reason },
        StoreError::Newer { found, known, .. } => StoreError::Newer { place: place.0.to_owned(), found, known },
        StoreError::Unfinished { .. } => StoreError::Unfinished { place: place.0.to_owned() },
        other => other,
    };
    let store = SqlStore::open(draft, clock).await.map_err(named)?;
    let findings = store.check().await.map_err(named)?;
    if let Engine::Sqlite { db, archive, .. } = store.engine {
        for db in archive.into_attached().into_iter().chain([db]) {
            db.close().await.map_err(place.error("closing the copy"))?;
        }
    }
    if let Some(first) = findings.first() {
        let more = if findings.len() > 1 { format!(", and {} more", findings.len() - 1) } else { String::new() };
        return Err(named(StoreError::Damaged { place: String::new(), reason: format!("{first}{more}") }));
    }
    for file in [&draft.path, &archive_path(&draft.path)] {
        if log_path(file).metadata().is_ok_and(|log| log.len() > 0) {
            return Err(place.unavailable("the log of the copy could not be brought into it"));
        }
        if file.symlink_metadata().is_ok() {
            fs::File::open(file).and_then(|file| file.sync_all()).map_err(failed(file, "sync the copy"))?;
        }
    }
    Ok(())
}

/// The folder for the files of the old store. It has a name without a time until the new store is in place, so that a call
/// after one that was killed finds it.
struct Aside<'a> {
    store: &'a Path,
    folder: PathBuf,
}

impl<'a> Aside<'a> {
    fn of(store: &'a Path) -> Self {
        let mut name = replaced_prefix(store);
        name.push("unfinished");
        Self { store, folder: store.with_file_name(name) }
    }

    /// Every file that may belong to the store, its own first.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let endings = ["", "-wal", "-shm", "-journal"];
        [self.store.to_owned(), archive_path(self.store)].into_iter().flat_map(move |file| {
            endings.map(|ending| {
                let mut name = file.clone().into_os_string();
                name.push(ending);
                PathBuf::from(name)
            })
        })
    }

    fn place_of(&self, file: &Path) -> PathBuf {
        self.folder.join(file.file_name().unwrap_or_default())
    }

    fn sync(&self) -> io::Result<()> {
        sync_folder(&self.folder)?;
        sync_folder(folder_of(self.store))
    }

    /// Moves whatever is there of a store into the folder, the file first, so that no command takes what is left for a store.
    fn take(&self) -> io::Result<()> {
        for file in self.files().filter(|file| is_there(file)) {
            make_folder(&self.folder)?;
            let place = self.place_of(&file);
            // what a killed call moved there is of the old store; what lies in its place since then is a copy of a backup
            if is_there(&place) {
                fs::remove_file(&file)?;
            } else {
                fs::rename(&file, place)?;
            }
            self.sync()?;
        }
        Ok(())
    }

    /// Moves the files back, the store's own last.
    fn give_back(&self) -> io::Result<()> {
        let mut files: Vec<_> = self.files().collect();
        files.reverse();
        for file in files {
            let place = self.place_of(&file);
            if is_there(&place) {
                fs::rename(place, file)?;
            }
        }
        match fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_folder(folder_of(self.store)),
        }
    }

    /// Gives the folder a name with the time, where a store is in place again, and says which.
    fn finish(&self, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
        if !is_there(&self.folder) || !is_there(self.store) {
            return Ok(None);
        }
        let mut name = replaced_prefix(self.store);
        name.push(now.format("%Y%m%dT%H%M%SZ").to_string());
        let numbered = (2..).map(|number| {
            let mut name = name.clone();
            name.push(format!("-{number}"));
            name
        });
        let mut names = [name.clone()].into_iter().chain(numbered).map(|name| self.store.with_file_name(name));
        let Some(free) = names.find(|folder| !is_there(folder)) else { return Ok(None) };
        fs::rename(&self.folder, &free)?;
        sync_folder(folder_of(self.store))?;
        Ok(Some(free))
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Puts a store and its archive, if it has one, into their place, the archive first. Takes them back where that fails.
fn put(draft: &Path, place: &Path) -> io::Result<()> {
    let pairs = [(archive_path(draft), archive_path(place)), (draft.to_owned(), place.to_owned())];
    let mut put = Vec::new();
    for (draft, place) in pairs.iter().filter(|(draft, _)| is_there(draft)) {
        let done = fs::rename(draft, place).and_then(|()| {
            put.push((draft, place));
            sync_folder(folder_of(place))
        });
        if let Err(error) = done {
            for (draft, place) in put {
                fs::rename(place, draft)?;
            }
            return Err(error);
        }
    }
    Ok(())
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn failed(place: &Path, doing: &'static str) -> impl Fn(io::Error) -> StoreError {
    let place = place.display().to_string();
    move |error| StoreError::Unavailable {
        place: place.clone(),
        reason: format!("could not {doing}: {error}"),
        source: None,
    }
}
