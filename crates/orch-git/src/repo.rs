//! Repositories by way of libgit2; the only file that names git2. Reads only, and leaves git's owner protection on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::DateTime;
use git2::{ErrorClass, ErrorCode, Oid, RepositoryOpenFlags, Sort};
use orch_core::vcs::{Commit, Head, VcsError, VersionControl};

use crate::GitError;
use crate::message::decode;

/// Where a repository and its parts lie. All paths are absolute, links in the way to the start are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The work tree; `None` for a bare repository.
    pub work_tree: Option<PathBuf>,
    /// For a linked work tree the one that it was linked from, `None` if that repository is bare or its work tree
    /// does not point back at it. Else the same as `work_tree`.
    pub main_work_tree: Option<PathBuf>,
    /// The git folder of this work tree.
    pub git_dir: PathBuf,
    /// The git folder that all linked work trees share; the same as `git_dir` where there are none.
    pub common_dir: PathBuf,
}

/// Finds the repository that contains `start`, a folder or a file. A submodule is its own repository.
///
/// Only the folder decides: `GIT_DIR` and its like in the environment count for nothing. `Ok(None)` means that there is
/// no repository at `start` nor above it, up to the border of the file system, as git has it.
///
/// # Errors
/// [`GitError::Owner`] for another user's repository, [`GitError::Unsupported`] for a format that libgit2 cannot open
/// (SHA-256, reftable), [`GitError::Failed`] if `start` does not exist or the repository is broken.
pub fn discover(start: &Path) -> Result<Option<Place>, GitError> {
    find(start)?.map(|found| place(&found)).transpose()
}

/// An open repository. Threads take turns in it.
pub struct Repository {
    inner: Mutex<git2::Repository>,
    place: Place,
}

impl Repository {
    /// Opens the repository that contains `start`, found as [`discover`] finds it.
    ///
    /// # Errors
    /// Those of [`discover`], and [`GitError::NotARepository`].
    pub fn open(start: &Path) -> Result<Self, GitError> {
        let found = find(start)?.ok_or_else(|| GitError::NotARepository { path: start.to_owned() })?;
        Ok(Self { place: place(&found)?, inner: Mutex::new(found) })
    }

    /// Where the repository lies.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn lock(&self) -> MutexGuard<'_, git2::Repository> {
        // Reading leaves nothing half done, so a panic in another thread spoils nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("place", &self.place).finish_non_exhaustive()
    }
}

impl VersionControl for Repository {
    fn head(&self) -> Result<Head, VcsError> {
        let repository = self.lock();
        // One level only, as git does: a branch that is itself a link is still the branch.
        let reference = repository.find_reference("HEAD").map_err(failed("read HEAD"))?;
        let branch = reference.symbolic_target_bytes().map(|name| {
            let name = String::from_utf8_lossy(name);
            name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()
        });
        Ok(match head_commit(&repository)? {
            Some(commit) => Head::At { commit: value(&commit)?, branch },
            None => Head::Unborn { branch },
        })
    }

    fn commits_since(&self, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, VcsError> {
        let repository = self.lock();
        let Some(head) = head_commit(&repository)? else {
            return Ok(Vec::new());
        };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let Some(base) = base.and_then(|hash| known(&repository, hash)) else {
            return Ok(vec![value(&head)?]);
        };
        let walk_failed = failed("walk through the history");
        let mut walk = repository.revwalk().map_err(&walk_failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).map_err(&walk_failed)?;
        walk.push(head.id()).map_err(&walk_failed)?;
        walk.hide(base).map_err(&walk_failed)?;
        let mut commits = Vec::new();
        for id in walk.take(limit) {
            let commit = repository.find_commit(id.map_err(&walk_failed)?).map_err(failed("read a commit"))?;
            commits.push(value(&commit)?);
        }
        commits.reverse();
        Ok(commits)
    }
}

fn failed(doing: &'static str) -> impl Fn(git2::Error) -> VcsError {
    move |source| VcsError::Failed { doing, source: Box::new(source) }
}

fn find(start: &Path) -> Result<Option<git2::Repository>, GitError> {
    // Links are resolved before the way up, as a shell's child would see its own folder.
    let start = std::fs::canonicalize(start)
        .map_err(|source| GitError::Failed { doing: "find the folder to start from", source: Box::new(source) })?;
    let start = if start.is_dir() { start.as_path() } else { start.parent().unwrap_or(&start) };
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
        Some(format!("{message}; only SHA-1 is understood so far"))
    } else if message.contains("extensions.refstorage") {
        Some("its references are not stored as files (extensions.refStorage)".to_owned())
    } else if message.starts_with("unsupported extension") || message.starts_with("unsupported repository version") {
        Some(message.to_owned())
    } else {
        None
    }
}

fn place(found: &git2::Repository) -> Result<Place, GitError> {
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

fn head_commit(repository: &git2::Repository) -> Result<Option<git2::Commit<'_>>, VcsError> {
    match repository.head() {
        Ok(head) => head.peel_to_commit().map(Some).map_err(failed("read the commit of HEAD")),
        Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
        Err(error) => Err(failed("read HEAD")(error)),
    }
}

/// The commit of that full hash, if the repository holds it.
fn known(repository: &git2::Repository, hash: &str) -> Option<Oid> {
    let id = Oid::from_str(hash).ok().filter(|id| id.to_string().eq_ignore_ascii_case(hash))?;
    repository.find_commit(id).ok().map(|commit| commit.id())
}

fn value(commit: &git2::Commit<'_>) -> Result<Commit, VcsError> {
    let hash = commit.id().to_string();
    // `core.abbrev` may ask for fewer than 7 digits; those would not stay unique for long.
    let digits = commit.as_object().short_id().map_err(failed("shorten a hash"))?.len().clamp(7, hash.len());
    // An encoding name that is not UTF-8 is as good as none.
    let encoding = commit.message_encoding().ok().flatten();
    let author = commit.author();
    Ok(Commit {
        short_hash: hash.chars().take(digits).collect(),
        hash,
        message: decode(commit.message_bytes(), encoding),
        author: format!("{} <{}>", decode(author.name_bytes(), encoding), decode(author.email_bytes(), encoding)),
        committed_at: DateTime::from_timestamp(commit.time().seconds(), 0).unwrap_or(DateTime::UNIX_EPOCH),
    })
}
