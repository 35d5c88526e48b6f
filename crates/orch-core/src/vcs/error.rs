//! Why version control gave no answer, or made no commit: facts. Words for people are made of them by a front-end.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use super::{Operation, RepoPath};

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
    /// There is no commit of that name.
    #[error("no commit {revision}{}", if *shallow { "; the clone is shallow, older commits are not in it" } else { "" })]
    UnknownRevision {
        /// The name, as it was given.
        revision: String,
        /// Whether the repository was cloned without older commits, so that it may be one of those.
        shallow: bool,
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
    /// Something that was begun has to be finished or given up first, even if nothing of it is left to be resolved.
    #[error("a {} is in progress; finish it or give it up first", operation.as_str())]
    OperationInProgress {
        /// What was begun.
        operation: Operation,
        /// How many files are in conflict.
        conflicts: usize,
    },
    /// Files are in conflict, though nothing is in progress.
    #[error("{count} file{} in conflict", if *count == 1 { " is" } else { "s are" })]
    Unmerged {
        /// How many.
        count: usize,
    },
    /// HEAD is at no branch, so a commit would belong to none.
    #[error("HEAD is at no branch, so the commit would belong to none")]
    Detached,
    /// The repository has no work tree.
    #[error("the repository {} is bare, there is nothing in it to commit", path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// Git does not know who commits.
    #[error("git does not know who commits: {said}")]
    NoIdentity {
        /// Git's own words.
        said: String,
    },
    /// Nothing differs, or nothing that this commit would take.
    #[error("nothing to commit{}", left_hint(*changed, *untracked))]
    NothingToCommit {
        /// How many changed files it does not take.
        changed: usize,
        /// How many new files it does not take.
        untracked: usize,
    },
    /// Somebody holds a lock, or left it behind. It is never removed.
    #[error("{} is there{}: another process holds it, or left it behind", path.display(), aged(*age))]
    Locked {
        /// The lock.
        path: PathBuf,
        /// How old it is.
        age: Option<Duration>,
    },
    /// Another run of orch makes a commit in this repository, for longer than was waited.
    #[error("another run of orch is making a commit in this repository{}", age.map(|age| format!(" since {} s", age.as_secs())).unwrap_or_default())]
    CommitUnderWay {
        /// For how long.
        age: Option<Duration>,
    },
    /// A path that was listed is neither a file nor known to git.
    #[error("there is no file {}", path.display())]
    NoSuchPath {
        /// The path.
        path: PathBuf,
    },
    /// A path that was listed lies outside of the work tree.
    #[error("{} is not in the work tree {}", path.display(), work_tree.display())]
    Outside {
        /// The path.
        path: PathBuf,
        /// The work tree.
        work_tree: PathBuf,
    },
    /// A path that was listed is one that git is told to ignore.
    #[error("git ignores {}", path.text())]
    Ignored {
        /// The path.
        path: RepoPath,
    },
    /// Files that must not be committed are staged or were listed.
    #[error("{}{} must not be committed", first.text(), if *count > 1 { format!(" and {} more", count - 1) } else { String::new() })]
    KeptOut {
        /// One of them.
        first: RepoPath,
        /// How many they are.
        count: usize,
    },
    /// The commit could not be signed, so there is none.
    #[error("the commit could not be signed: {said}")]
    SigningFailed {
        /// The words of git and the signing program; may hold anything.
        said: String,
    },
    /// Git made no commit; most often a hook refused it.
    #[error("git made no commit{}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    CommitRefused {
        /// The words of git and the hook; may hold anything.
        said: String,
    },
}

fn left_hint(changed: usize, untracked: usize) -> String {
    let files = |count: usize, kind: &str| format!("{count} {kind} file{}", if count == 1 { "" } else { "s" });
    match (changed, untracked) {
        (0, 0) => String::new(),
        (changed, 0) => format!("; {} left out", files(changed, "changed")),
        (0, untracked) => format!("; {} left out", files(untracked, "new")),
        (changed, untracked) => format!("; {} and {} left out", files(changed, "changed"), files(untracked, "new")),
    }
}

fn aged(age: Option<Duration>) -> String {
    age.map(|age| format!(", {} s old", age.as_secs())).unwrap_or_default()
}
