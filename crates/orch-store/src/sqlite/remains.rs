//! What tells that there was a store where its file is missing: then none is made in silence in its place. Only looks.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use orch_core::store::StoreError;

use super::archive::archive_path;
use super::log_path;
use crate::scratch::folder_of;

/// The error of a store whose file is missing while something of it is still there.
pub(super) fn of_lost_store(path: &Path) -> Option<StoreError> {
    let left = [log_path(path), archive_path(path)].into_iter().find(|file| file.symlink_metadata().is_ok());
    let left = left.or_else(|| beside(path, &replaced_prefix(path))).or_else(|| beside(path, &backup_prefix(path)))?;
    // somebody may have made the store meanwhile, and used it
    let is_missing = path.symlink_metadata().is_err();
    is_missing.then(|| StoreError::Damaged {
        place: path.display().to_string(),
        reason: format!("the file is missing, but {} is there", left.display()),
    })
}

/// How the names of folders begin in which the files of a replaced store are kept.
pub(super) fn replaced_prefix(path: &Path) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".replaced-");
    name
}

/// How the names of copies begin that were made before an upgrade.
fn backup_prefix(path: &Path) -> OsString {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".backup-");
    name
}

/// An entry beside a file whose name begins so.
fn beside(path: &Path, prefix: &OsStr) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten();
    let begins = |name: OsString| name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes());
    entries.filter(|entry| begins(entry.file_name())).map(|entry| entry.path()).max()
}
