//! The services: what a front-end calls. Each loads through the ports, lets the rules decide, and runs hooks afterwards.
//! They print nothing and know no database.

mod bug;
mod changes;
mod commit;
mod decision;
mod hook;
mod import;
mod pinned;
mod reconcile;
mod record;
mod session;
mod sprint;
mod task;

use pinned::pinned;

pub use bug::{BugAnswer, BugService, BugsAnswer, LoggedBug, Logging, MAX_REPORTS, Rekeyed};
pub use changes::TaskChanged;
pub use commit::{CommitAnswer, CommitDone, Committing};
pub use hook::{Captured, HookCall, HookReport};
pub use import::{BatchAnswer, EventBatch, ImportService};
pub use reconcile::Reconciled;
pub use record::{ArtifactBegun, CheckReport, EventAnswer, RecordService, TaskAnswer};
pub use session::{Completion, Done, Orders, SessionAnswer, SessionService, SessionView};
pub use sprint::{SprintAnswer, SprintService};
pub use task::{MAX_NOTE, TaskService, TaskUpdate};

use crate::artifact::FolderError;
use crate::code::{ArtifactName, TaskCode};
use crate::draft::Draft;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::store::{ChangeError, StoreError, TaskContext};
use crate::vcs::VcsError;

/// A command that was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder with the task's artifacts failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// An artifact is in the store, but its file could not be written.
    #[error("artifact {name} of task {task} is saved, but not written to its folder")]
    NotInFolder {
        /// The artifact.
        name: ArtifactName,
        /// The task.
        task: TaskCode,
        /// What the folder said.
        source: Box<FolderError>,
    },
    /// Version control failed.
    #[error(transparent)]
    Vcs(#[from] VcsError),
    /// The repository has no commit yet.
    #[error("the repository has no commit yet")]
    NoCommit,
    /// A commit was made, but the store did not take it up.
    #[error("commit {hash} was made, but is not recorded in task {task}")]
    Unrecorded {
        /// The commit.
        hash: String,
        /// The task.
        task: TaskCode,
        /// What the store said.
        source: Box<ServiceError>,
    },
}

impl From<ChangeError> for ServiceError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => Self::Refused(refusal),
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

/// A draft on the task that a context is about.
fn draft_of(context: &TaskContext, operation: &Operation) -> Result<Draft, Refusal> {
    match &context.task {
        Some(task) => {
            operation.expects(task.code.as_str(), task.version)?;
            Ok(Draft::on(task.clone(), operation, context.now))
        }
        None => Err(Refusal::NoTask(context.code.clone())),
    }
}

/// Refuses text that no store can keep on every database, or that is too long.
fn check_text(what: &'static str, text: &str, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if text.contains('\0') {
        return Err(Refusal::Invalid { what, problem: "holds a NUL character".into() });
    }
    if length > most {
        return Err(Refusal::Invalid { what, problem: format!("has {length} characters; at most {most} are kept") });
    }
    Ok(())
}

fn check_title(title: &str) -> Result<(), Refusal> {
    if title.trim().is_empty() {
        return Err(Refusal::Invalid { what: "title", problem: "is empty".into() });
    }
    check_text("title", title, crate::task::MAX_TITLE)
}

/// Refuses JSON that no store can keep on every database, or that is too long.
pub(crate) fn check_json(what: &'static str, value: &impl serde::Serialize, most: usize) -> Result<(), Refusal> {
    let text = serde_json::to_string(value).unwrap_or_default();
    if holds_nul(&text) {
        return Err(Refusal::Invalid { what, problem: "holds a NUL character".into() });
    }
    if text.len() > most {
        return Err(Refusal::Invalid { what, problem: format!("has {} bytes; at most {most} are kept", text.len()) });
    }
    Ok(())
}

/// Whether a JSON text has the escape of a NUL in it, and not an escaped back-slash before `u0000`.
fn holds_nul(json: &str) -> bool {
    let slashes = |at: usize| json.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    json.match_indices("\\u0000").any(|(at, _)| slashes(at) % 2 == 0)
}

fn check_metadata(metadata: &serde_json::Map<String, serde_json::Value>) -> Result<(), Refusal> {
    if let Some(key) = crate::task::RESERVED_METADATA.iter().find(|key| metadata.contains_key(**key)) {
        return Err(Refusal::Invalid { what: "metadata", problem: format!("key {key} is written by orch alone") });
    }
    check_json("metadata", metadata, crate::task::MAX_METADATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_told_from_a_text_that_looks_like_one() {
        for (text, wanted) in [("a\0", true), ("\\\0", true), ("\\u0000", false), ("\\\\u0000", false), ("", false)] {
            assert_eq!(holds_nul(&serde_json::json!([text]).to_string()), wanted, "{text:?}");
        }
    }
}
