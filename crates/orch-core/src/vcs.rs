//! The port to version control: a commit, the head, and what can go wrong. Knows no program and no library; does no I/O.

mod change;
mod commit;
mod error;
pub mod fact;
mod message;
mod path;
mod status;

pub use change::{ChangeKind, Diff, FileChange};
pub use commit::{CommitOrder, Committer, KeptOut, Made, Marked, Take};
pub use error::VcsError;
pub use message::{MessageError, MessageTemplate, MessageValues, PLACEHOLDERS, Trailers};
pub use path::RepoPath;
pub use status::{Conflict, ConflictEntry, Operation, Status, StatusEntry};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One commit, as orch keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The full object name: 40 hexadecimal digits, 64 in a SHA-256 repository.
    pub hash: String,
    /// The shortest abbreviation that is unique in the repository and has at least 7 digits.
    pub short_hash: String,
    /// The whole message in UTF-8. It is re-coded where the commit names another encoding; broken bytes became U+FFFD.
    pub message: String,
    /// The author as `Name <mail>`, re-coded like the message.
    pub author: String,
    /// The committer's time. A time that cannot be expressed is 1970-01-01, as git prints it.
    pub committed_at: DateTime<Utc>,
}

/// Where HEAD stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// The branch has no commit yet.
    Unborn {
        /// The branch that the first commit will create.
        branch: Option<String>,
    },
    /// HEAD is at a commit.
    At {
        /// That commit.
        commit: Commit,
        /// The branch without `refs/heads/`; `None` when HEAD is detached.
        branch: Option<String>,
    },
}

/// What orch asks of version control. The calls block; they are made after a transaction, never inside one.
pub trait VersionControl: Send + Sync {
    /// Reads where HEAD stands now.
    ///
    /// # Errors
    /// [`VcsError::Failed`] if HEAD or its commit cannot be read.
    fn head(&self) -> Result<Head, VcsError>;

    /// Lists the commits that can be reached from HEAD and not from `base`, the oldest first, a parent always before
    /// its children.
    ///
    /// Of more than `limit` commits the newest `limit` are returned. Without a `base`, or with one that the repository
    /// does not hold (or that is not a full hash), the answer is HEAD's commit alone. An unborn HEAD has no commits.
    ///
    /// # Errors
    /// [`VcsError::Failed`] if HEAD or a commit on the way cannot be read.
    fn commits_since(&self, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, VcsError>;

    /// Reads the state of the work tree, its index and HEAD, as `git status --untracked-files=all` does.
    ///
    /// # Errors
    /// [`VcsError::Failed`] if one of them cannot be read.
    fn status(&self) -> Result<Status, VcsError>;

    /// Compares two states of the files, as `git diff -M` does.
    ///
    /// # Errors
    /// [`VcsError::UnknownRevision`] for a commit that is not there, which a shallow clone may explain,
    /// [`VcsError::Unsupported`] for the files of a repository that has no work tree, [`VcsError::Failed`] if something
    /// cannot be read.
    fn diff(&self, from: Before<'_>, to: After<'_>) -> Result<Diff, VcsError>;

    /// Finds the commit that a revision names: `HEAD~2`, a branch, a tag, a hash or the beginning of one.
    ///
    /// # Errors
    /// [`VcsError::UnknownRevision`] if there is none or more than one, [`VcsError::Failed`] if it cannot be read.
    fn commit(&self, revision: &str) -> Result<Commit, VcsError>;

    /// Compares a commit with its first parent; the first commit, with nothing.
    ///
    /// # Errors
    /// Those of [`VersionControl::commit`] and [`VersionControl::diff`].
    fn commit_diff(&self, revision: &str) -> Result<Diff, VcsError>;
}

/// The earlier state of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before<'a> {
    /// No files at all, so that everything is new.
    Nothing,
    /// The files of the commit that this revision names.
    Commit(&'a str),
}

/// The later state of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After<'a> {
    /// The files of the commit that this revision names.
    Commit(&'a str),
    /// The files on disk that the index knows, staged or not; untracked files do not count.
    WorkTree,
}

/// Version control for whoever has none: there is a branch without commits, and nothing is ever found on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCommits;

impl VersionControl for NoCommits {
    fn head(&self) -> Result<Head, VcsError> {
        Ok(Head::Unborn { branch: None })
    }

    fn commits_since(&self, _base: Option<&str>, _limit: usize) -> Result<Vec<Commit>, VcsError> {
        Ok(Vec::new())
    }

    fn status(&self) -> Result<Status, VcsError> {
        Ok(Status { unborn: true, ..Status::default() })
    }

    fn diff(&self, from: Before<'_>, to: After<'_>) -> Result<Diff, VcsError> {
        match (from, to) {
            (Before::Commit(revision), _) | (_, After::Commit(revision)) => Err(unknown(revision)),
            (Before::Nothing, After::WorkTree) => Ok(Diff::default()),
        }
    }

    fn commit(&self, revision: &str) -> Result<Commit, VcsError> {
        Err(unknown(revision))
    }

    fn commit_diff(&self, revision: &str) -> Result<Diff, VcsError> {
        Err(unknown(revision))
    }
}

fn unknown(revision: &str) -> VcsError {
    VcsError::UnknownRevision { revision: revision.to_owned(), shallow: false }
}
