//! Hooks: what happens outside the store after a transition. A failing hook undoes nothing; its outcome is an event.

use serde::{Deserialize, Serialize};

use super::commit::{is_no_repository, without_nul};
use super::{Orders, ServiceError, SessionService, draft_of};
use crate::artifact::Written;
use crate::code::{ArtifactName, PhaseName, SessionKey, TaskCode};
use crate::event::{CommitCaptured, Fact, FilesSynced, HookFailed};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::store::{Outcome, Store, TaskChange, TaskContext, TaskScope};
use crate::task::CapturedCommit;
use crate::vcs::{Commit, Head, Trailers, VcsError};
use crate::workflow::Hook;

/// The most commits that one capture records.
pub(super) const MAX_CAPTURE: usize = 1_000;

/// A hook that is due after a transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookCall {
    /// The phase it belongs to.
    pub phase: PhaseName,
    /// The hook.
    pub hook: Hook,
}

/// The commits of a task after a capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Captured {
    /// How many the capture added, at the end.
    pub new: usize,
    /// All that are recorded, oldest first.
    pub commits: Vec<CapturedCommit>,
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
        let operation = operation.following();
        let mut reports = Vec::with_capacity(calls.len());
        for call in calls {
            let outcome = match call.hook {
                Hook::CaptureCommitHash | Hook::CaptureFinalCommit => self
                    .capture(&operation, code, Some(session), Some(&call.phase))
                    .await
                    .map(|done| told(&done.answer)),
                // boxed, as an embedder's compiler looks only so deep into futures
                Hook::AutoCommit => Box::pin(self.auto_commit(&operation, code, session, &call.phase)).await,
                Hook::SyncFiles => self.sync_files(&operation, code, session).await,
            };
            let outcome = match outcome {
                Ok(done) => Ok(done),
                Err(error) if is_no_repository(&error) => Ok("there is no repository".to_owned()),
                Err(error) => {
                    let failed = HookFailed {
                        hook: call.hook.name().into(),
                        phase: call.phase.clone(),
                        error: without_nul(&chain(&error)),
                    };
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

    async fn auto_commit(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
        phase: &PhaseName,
    ) -> Result<String, ServiceError> {
        let Some(committing) = self.auto_commit else {
            return Ok("off; the setting git.auto_commit turns it on".to_owned());
        };
        match self.commit_in(operation, code, Some((session, phase)), committing).await {
            Ok(done) => {
                let commit = &done.outcome.answer.commit;
                let subject = commit.message.lines().next().unwrap_or_default();
                let said = if done.said.is_empty() { String::new() } else { format!("\n{}", done.said) };
                Ok(format!("committed {} {subject}{said}", commit.short_hash))
            }
            Err(ServiceError::Vcs(nothing @ VcsError::NothingToCommit { .. })) => Ok(nothing.to_string()),
            Err(error) => Err(error),
        }
    }

    /// Records the commits since the phase began, or else since the last one recorded, each once per phase. The one at HEAD
    /// is among them though it is an older one, but none that says that it belongs to another task.
    ///
    /// # Errors
    /// A refusal if there is no such task; [`ServiceError::Vcs`] if there is no repository or it cannot be read.
    pub async fn capture_commits(&self, orders: Orders<'_>) -> Result<Outcome<Captured>, ServiceError> {
        let task = self.store.task(orders.task).await?.ok_or_else(|| Refusal::NoTask(orders.task.clone()))?;
        let session = task.session.as_ref();
        let phase = task.active_session().map(|session| session.current_phase.clone());
        let key = session.map(|session| session.key.clone());
        self.capture(orders.operation, orders.task, key.as_ref(), phase.as_ref()).await
    }

    async fn capture(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: Option<&SessionKey>,
        phase: Option<&PhaseName>,
    ) -> Result<Outcome<Captured>, ServiceError> {
        let task = self.store.task(code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
        let Head::At { commit: head, .. } = self.vcs.head()? else { return Err(ServiceError::NoCommit) };
        let began = task.session.as_ref().zip(phase).and_then(|(session, phase)| session.heads.get(phase));
        let base = began.or_else(|| task.commits.last().map(|commit| &commit.hash));
        let mut commits = match base {
            Some(base) if *base == head.hash => Vec::new(),
            base => self.vcs.commits_since(base.map(String::as_str), MAX_CAPTURE)?,
        };
        // those that belong to earlier phases were recorded there
        commits
            .retain(|commit| commit.hash != head.hash && !task.commits.iter().any(|known| known.hash == commit.hash));
        commits.push(head);
        commits.retain(|commit| Trailers::of(&commit.message).task.is_none_or(|named| named == code.as_str()));
        let request = Request::new(operation, "git.capture", &code);
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let mut new = 0;
            for commit in &commits {
                if draft.task().has_commit(&commit.hash, phase) {
                    continue;
                }
                let commit = captured_commit(commit, phase, context.now);
                draft.record_in(session.cloned(), Fact::CommitCaptured(CommitCaptured { commit }));
                new += 1;
            }
            let answer = Captured { new, commits: draft.task().commits.clone() };
            Ok(TaskChange { draft, answer })
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Writes the artifacts of a task back to its folder where they differ.
    async fn sync_files(
        &self,
        operation: &Operation,
        code: &TaskCode,
        session: &SessionKey,
    ) -> Result<String, ServiceError> {
        let task = self.store.task(code).await?;
        let names: Vec<ArtifactName> = task.map(|task| task.artifacts.into_keys().collect()).unwrap_or_default();
        let mut written = Vec::new();
        for name in names {
            let content = self.store.artifact(code, &name).await?;
            if let Some(content) = content
                && self.folder.write(code, &name, &content)? == Written::Changed
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
            let mut draft = draft_of(&context, operation)?;
            for fact in &facts {
                draft.record_in(Some(session.clone()), fact.clone());
            }
            Ok(TaskChange { draft, answer: () })
        };
        self.store.change_task(&request, &TaskScope::of(code), decide).await?;
        Ok(())
    }
}

pub(super) fn captured_commit(
    commit: &Commit,
    phase: Option<&PhaseName>,
    captured_at: chrono::DateTime<chrono::Utc>,
) -> CapturedCommit {
    CapturedCommit {
        hash: commit.hash.clone(),
        short_hash: commit.short_hash.clone(),
        captured_at,
        phase: phase.cloned(),
        message: without_nul(&commit.message),
        author: without_nul(&commit.author),
    }
}

fn told(captured: &Captured) -> String {
    let from = captured.commits.len().saturating_sub(captured.new);
    match &captured.commits[from..] {
        [] => "no new commit".to_owned(),
        new => {
            let hashes: Vec<&str> = new.iter().map(|commit| commit.short_hash.as_str()).collect();
            format!("captured {}", hashes.join(", "))
        }
    }
}

/// An error with its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
