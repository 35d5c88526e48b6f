//! Folders in which files are made before they are put into place. Nobody but their maker looks into them.

use std::fs::{DirEntry, read_dir};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

/// How their names begin.
const PREFIX: &str = ".orch-new-";
/// How old a left-over of a killed process must be before it is removed.
const STALE: Duration = Duration::from_hours(1);

/// A folder for drafts. It goes with the value.
#[derive(Debug)]
pub struct Scratch {
    // held for its destructor, which removes it
    _folder: TempDir,
    path: PathBuf,
}

impl Scratch {
    /// Makes one in another folder, of the same file system, so that what is made in it can be renamed or linked into place.
    /// Where its maker is killed, git does not see it, and a later call removes it.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        remove_stale(folder);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let scratch = builder.tempdir_in(folder)?;
        // the only name that git never looks into, from the first moment on
        let path = scratch.path().join(".git");
        std::fs::create_dir(&path)?;
        Ok(Self { _folder: scratch, path })
    }

    /// Where drafts are made.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs a folder, so that the names in it outlive a power cut.
///
/// # Errors
/// If it cannot be synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // folders cannot be opened for syncing elsewhere; the file system keeps its own order there
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn remove_stale(folder: &Path) {
    let entries = |folder: &Path| read_dir(folder).into_iter().flatten().flatten();
    for entry in entries(folder).filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        // whoever is at work for an hour still writes to a file in it
        if is_stale(&entry) && entries(&entry.path().join(".git")).all(|inside| is_stale(&inside)) {
            // a left-over that cannot be removed harms nobody
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_stale(entry: &DirEntry) -> bool {
    let written = entry.metadata().and_then(|meta| meta.modified()).ok();
    written.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > STALE)
}
