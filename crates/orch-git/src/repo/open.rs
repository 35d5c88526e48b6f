//! Finds repositories by way of libgit2 and says where their parts lie. Reads none of their content.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, RepositoryOpenFlags};

use super::Place;
use super::library::failed;
use crate::GitError;

/// Opens the repository that contains a folder.
pub(super) fn find(start: &Path) -> Result<Option<git2::Repository>, GitError> {
    match git2::Repository::open_ext(start, RepositoryOpenFlags::empty(), std::iter::empty::<&OsStr>()) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Repository => Ok(None),
        Err(error) if error.code() == ErrorCode::Owner => {
            let folder = start.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(start);
            Err(GitError::Owner { path: folder.to_owned() })
        }
        Err(error) => Err(match unsupported(&error) {
            Some(reason) => GitError::Unsupported { path: start.to_owned(), reason },
            None => failed("open the repository")(error),
        }),
    }
}

/// libgit2 has no code for a format it does not know, only these words.
fn unsupported(error: &git2::Error) -> Option<String> {
    let message = error.message();
    if message.starts_with("unknown object format") {
        Some(format!("{message}; libgit2 understands SHA-1 only"))
    } else if message.contains("extensions.refstorage") {
        Some("its references are not stored as files (extensions.refStorage)".to_owned())
    } else if message.starts_with("unsupported extension") || message.starts_with("unsupported repository version") {
        Some(message.to_owned())
    } else {
        None
    }
}

/// Where the parts of an open repository lie.
pub(super) fn place(found: &git2::Repository) -> Result<Place, GitError> {
    let work_tree = found.workdir().map(plain);
    let main_work_tree = if found.is_worktree() { main_work_tree(found)? } else { work_tree.clone() };
    Ok(Place { work_tree, main_work_tree, git_dir: plain(found.path()), common_dir: plain(found.commondir()) })
}

fn main_work_tree(linked: &git2::Repository) -> Result<Option<PathBuf>, GitError> {
    let main = git2::Repository::open(linked.commondir()).map_err(failed("open the main repository"))?;
    // A git folder that lies apart from its work tree has no way back to it. libgit2 then guesses the folder above,
    // and that guess counts only if a repository is there and it is this one.
    let Some(guess) = main.workdir() else { return Ok(None) };
    let points_back = git2::Repository::open(guess).is_ok_and(|there| there.path() == main.path());
    Ok(points_back.then(|| plain(guess)))
}

/// The path without the slash that libgit2 puts at the end of folders.
fn plain(folder: &Path) -> PathBuf {
    folder.components().collect()
}
