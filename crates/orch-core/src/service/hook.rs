//! Hooks: what happens outside the store after a transition. A failing hook undoes nothing; its outcome is an event.

use serde::{Deserialize, Serialize};

use super::{ServiceError, SessionService, draft_of};
use crate::artifact::Written;
use crate::code::{ArtifactName, PhaseName, SessionKey, TaskCode};
use crate::event::{CommitCaptured, Fact, FilesSynced, HookFailed};
use crate::operation::{Operation, Request};
use crate::store::{Store, TaskChange, TaskContext, TaskScope};
use crate::task::CapturedCommit;
use crate::vcs::{Commit, Head, VcsError};
use crate::workflow::Hook;

/// The most commits that one capture records.
const MAX_CAPTURE: usize = 1_000;

/// A hook that is due after a transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookCall {
    /// The phase it belongs to.
    pub phase: PhaseName,
    /// The hook.
    pub hook: Hook,
}

/// How a hook went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookReport {
    /// The hook's name.
    pub hook: &'static str,
    /// What it did, or why it failed.
    pub outcome: Result<String, String>,
}

impl<S: Store> SessionService<'_, S> {
    /// Runs hooks one after the other, each with its own event.
    pub(super) async fn run_hooks(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
        calls: &[HookCall],
    ) -> Vec<HookReport> {
        let operation = Operation { key: None, ..operation.clone() };
        let mut reports = Vec::with_capacity(calls.len());
        for call in calls {
            let outcome = match call.hook {
                Hook::CaptureCommitHash | Hook::CaptureFinalCommit => {
                    self.capture(&operation, code, session, Some(&call.phase)).await.map(|hashes| match hashes.len() {
                        0 => "no new commit".to_owned(),
                        _ => format!("captured {}", hashes.join(", ")),
                    })
                }
                Hook::SyncFiles => self.sync_files(&operation, code, session).await,
            };
            let outcome = match outcome {
                Ok(done) => Ok(done),
                Err(error) => {
                    let failed =
                        HookFailed { hook: call.hook.name().into(), phase: call.phase.clone(), error: chain(&error) };
                    let text = failed.error.clone();
                    let noted = self.note(&operation, code, session, vec![Fact::HookFailed(failed)]).await;
                    Err(noted
                        .err()
                        .map_or(text.clone(), |unnoted| format!("{text}; not recorded: {}", chain(&unnoted))))
                }
            };
            reports.push(HookReport { hook: call.hook.name(), outcome });
        }
        reports
    }

    /// Records the commits since the last one recorded, each once per phase, and returns their short hashes.
    async fn capture(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
        phase: Option<&PhaseName>,
    ) -> Result<Vec<String>, HookError> {
        let task = self.store.task(code).await.map_err(ServiceError::from)?;
        let base = task.and_then(|task| task.commits.last().map(|commit| commit.hash.clone()));
        let commits = match self.vcs.head()? {
            Head::Unborn { .. } => return Err(HookError::NoCommit),
            Head::At { commit, .. } if base.as_deref() == Some(&commit.hash) => vec![commit],
            Head::At { commit, .. } => {
                let since = self.vcs.commits_since(base.as_deref(), MAX_CAPTURE)?;
                if since.is_empty() { vec![commit] } else { since }
            }
        };
        let request = Request::new(operation, "git.capture", &());
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, &operation.actor)?;
            let mut captured = Vec::new();
            for commit in &commits {
                let known = &draft.task().commits;
                if known.iter().any(|known| known.hash == commit.hash && known.phase.as_ref() == phase) {
                    continue;
                }
                let commit = captured_commit(commit, phase, context.now);
                captured.push(commit.short_hash.clone());
                draft.record_in(Some(session.clone()), Fact::CommitCaptured(CommitCaptured { commit }));
            }
            Ok(TaskChange { draft, answer: captured })
        };
        let outcome =
            self.store.change_task(&request, &TaskScope::of(code), decide).await.map_err(ServiceError::from)?;
        Ok(outcome.answer)
    }

    /// Writes the artifacts of a task back to its folder where they differ.
    async fn sync_files(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
    ) -> Result<String, HookError> {
        let task = self.store.task(code).await.map_err(ServiceError::from)?;
        let names: Vec<ArtifactName> = task.map(|task| task.artifacts.into_keys().collect()).unwrap_or_default();
        let mut written = Vec::new();
        for name in names {
            let content = self.store.artifact(code, &name).await.map_err(ServiceError::from)?;
            if let Some(content) = content
                && self.folder.write(code, &name, &content).map_err(ServiceError::from)? == Written::Changed
            {
                written.push(name);
            }
        }
        let count = written.len();
        if count > 0 {
            self.note(operation, code, session, vec![Fact::FilesSynced(FilesSynced { written })]).await?;
        }
        Ok(format!("wrote {count} files"))
    }

    async fn note(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
        facts: Vec<Fact>,
    ) -> Result<(), ServiceError> {
        let request = Request::new(operation, "hook.note", &());
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, &operation.actor)?;
            for fact in &facts {
                draft.record_in(Some(session.clone()), fact.clone());
            }
            Ok(TaskChange { draft, answer: () })
        };
        self.store.change_task(&request, &TaskScope::of(code), decide).await?;
        Ok(())
    }
}

fn captured_commit(
    commit: &Commit,
    phase: Option<&PhaseName>,
    captured_at: chrono::DateTime<chrono::Utc>,
) -> CapturedCommit {
    CapturedCommit {
        hash: commit.hash.clone(),
        short_hash: commit.short_hash.clone(),
        captured_at,
        phase: phase.cloned(),
        message: commit.message.replace('\0', "\u{fffd}"),
        author: commit.author.replace('\0', "\u{fffd}"),
    }
}

/// Why a hook failed.
#[derive(Debug, thiserror::Error)]
enum HookError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Vcs(#[from] VcsError),
    #[error("the repository has no commit yet")]
    NoCommit,
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
