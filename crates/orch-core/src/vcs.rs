//! The port to version control: a commit, the head, and what can go wrong. Knows no program and no library; does no I/O.

use std::error::Error;
use std::path::PathBuf;

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

/// Why version control could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VcsError {
    /// There is no repository at the path nor above it.
    #[error("no repository at {} or above", path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// The repository belongs to another user, so git refuses it, and so does orch.
    #[error(
        "the repository {} belongs to another user; to trust it: git config --global --add safe.directory {}",
        path.display(), path.display()
    )]
    Owner {
        /// The folder that git wants to be named in `safe.directory`.
        path: PathBuf,
    },
    /// The repository has a format that cannot be read.
    #[error("the repository {} cannot be read: {reason}", path.display())]
    Unsupported {
        /// Where the search began.
        path: PathBuf,
        /// What is not supported.
        reason: String,
    },
    /// Reading failed.
    #[error("could not {doing}")]
    Failed {
        /// What was tried, as it follows "could not".
        doing: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
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
}
