//! Finding the commits of runs that were killed before they could record them. Makes no commits.

use serde::{Deserialize, Serialize};

use super::commit::{Attempt, End, is_no_repository, recorded};
use super::hook::{HookReport, MAX_CAPTURE, chain};
use super::{Orders, ServiceError, SessionService, draft_of};
use crate::code::TaskCode;
use crate::event::{Committed, Fact};
use crate::operation::{Operation, OperationId, Request};
use crate::refusal::Refusal;
use crate::store::{Outcome, Store, TaskChange, TaskContext, TaskScope};
use crate::task::{CapturedCommit, Task};
use crate::vcs::{Commit, Trailers, VcsError};

/// What was found of commits that had been intended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconciled {
    /// The commits that were found, and are recorded now.
    pub found: Vec<CapturedCommit>,
    /// How many intents have no result still: their run was killed before the commit, is at work, or made it in another
    /// clone or on another branch.
    pub open: usize,
}

impl<S: Store> SessionService<'_, S> {
    /// Looks for the commits of intents without a result, and records those that are there.
    ///
    /// A commit is known by its operation, which is in its message. Where a hook took that away, it is the oldest since
    /// the intent's base that names the task and belongs to no other operation.
    ///
    /// # Errors
    /// A refusal if there is no such task; [`ServiceError::Vcs`] if the repository cannot be read.
    pub async fn reconcile(&self, orders: Orders<'_>) -> Result<Outcome<Reconciled>, ServiceError> {
        let task = self.store.task(orders.task).await?.ok_or_else(|| Refusal::NoTask(orders.task.clone()))?;
        let (open, found) = self.search(&task).await?;
        self.record_found(orders.operation, orders.task, open, &found).await
    }

    /// Reconciles on the way, and reports only what was found or went wrong.
    pub(super) async fn reconcile_quietly(&self, operation: &Operation, code: &TaskCode) -> Option<HookReport> {
        let outcome = match self.reconcile_if_found(operation, code).await {
            Ok(found) if found.is_empty() => return None,
            Ok(found) => {
                let hashes: Vec<&str> = found.iter().map(|commit| commit.short_hash.as_str()).collect();
                Ok(format!("found {} of a run that was killed", hashes.join(", ")))
            }
            Err(error) if is_no_repository(&error) => return None,
            Err(error) => Err(chain(&error)),
        };
        Some(HookReport { hook: "git.reconcile", outcome })
    }

    async fn reconcile_if_found(
        &self,
        operation: &Operation,
        code: &TaskCode,
    ) -> Result<Vec<CapturedCommit>, ServiceError> {
        let Some(task) = self.store.task(code).await? else { return Ok(Vec::new()) };
        let (open, found) = self.search(&task).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let unkeyed = operation.following();
        Ok(self.record_found(&unkeyed, code, open, &found).await?.answer.found)
    }

    async fn search(&self, task: &Task) -> Result<(usize, Vec<(Attempt, Commit)>), ServiceError> {
        let (mut open, mut found) = (0, Vec::<(Attempt, Commit)>::new());
        for attempt in self.attempts(&task.code).await? {
            if !matches!(attempt.end, End::Open) {
                continue;
            }
            let base = attempt.intended.base.as_deref();
            let commit = match self.find_by_mark(&attempt.intended.operation, base)? {
                Some(commit) => Some(commit),
                None => self.find_by_name(task, base, &found)?,
            };
            match commit {
                Some(commit) => found.push((attempt, commit)),
                None => open += 1,
            }
        }
        Ok((open, found))
    }

    /// The commit that this operation made, if it can be reached from HEAD.
    pub(super) fn find_by_mark(&self, operation: &OperationId, base: Option<&str>) -> Result<Option<Commit>, VcsError> {
        let is_it = |commit: &Commit| Trailers::of(&commit.message).operation.as_deref() == Some(operation.as_str());
        if let Some(base) = base {
            return Ok(self.vcs.commits_since(Some(base), MAX_CAPTURE)?.into_iter().find(is_it));
        }
        // since there was no commit the whole history is searched
        match self.vcs.commit(&format!(":/{}", Trailers::mark(operation))) {
            Ok(commit) => Ok(Some(commit).filter(is_it)),
            Err(VcsError::UnknownRevision { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn find_by_name(
        &self,
        task: &Task,
        base: Option<&str>,
        found: &[(Attempt, Commit)],
    ) -> Result<Option<Commit>, VcsError> {
        // of a base that is not in this clone it cannot be told what came after it
        if base.is_some_and(|base| self.vcs.commit(base).is_err()) {
            return Ok(None);
        }
        let is_free = |commit: &Commit| {
            Trailers::name_task(&commit.message, &task.code)
                && Trailers::of(&commit.message).operation.is_none()
                && !task.commits.iter().any(|known| known.hash == commit.hash)
                && !found.iter().any(|(_, other)| other.hash == commit.hash)
        };
        Ok(self.vcs.commits_since(base, MAX_CAPTURE)?.into_iter().find(is_free))
    }

    async fn record_found(
        &self,
        operation: &Operation,
        code: &TaskCode,
        open: usize,
        found: &[(Attempt, Commit)],
    ) -> Result<Outcome<Reconciled>, ServiceError> {
        let request = Request::new(operation, "git.reconcile", &code);
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let mut commits = Vec::with_capacity(found.len());
            for (attempt, commit) in found {
                let commit = recorded(operation, &draft, commit, attempt.intended.phase.as_ref());
                let fact = Committed { operation: attempt.intended.operation.clone(), commit: commit.clone() };
                draft.record_in(attempt.session.clone(), Fact::Committed(fact));
                commits.push(commit);
            }
            Ok(TaskChange { draft, answer: Reconciled { found: commits, open } })
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }
}
