//! What a task changed: the difference since its first commit, the work beyond that, and the document that tells it.

use chrono::NaiveDate;

use super::{ServiceError, SessionService};
use crate::changes::{self, Changes};
use crate::code::TaskCode;
use crate::refusal::Refusal;
use crate::store::Store;
use crate::task::Task;
use crate::vcs::{After, Before, Commit, Diff, Head, RepoPath};

/// What a task changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskChanged {
    /// The commit that the work began at: the one that was named, else the one that the session began at or the first that
    /// was recorded for the task, whichever is older.
    pub base: Option<Commit>,
    /// The commit at HEAD; none where there is none yet.
    pub head: Option<Commit>,
    /// What differs between both.
    pub committed: Diff,
    /// What the work tree has beyond HEAD.
    pub uncommitted: Diff,
    /// The files that git does not know yet.
    pub untracked: Vec<RepoPath>,
    /// CHANGES.md.
    pub document: String,
}

impl<S: Store> SessionService<'_, S> {
    /// Looks up what a task changed. `today` is the day that the document names.
    ///
    /// # Errors
    /// A refusal if there is no such task; [`ServiceError::Vcs`] if there is no repository, a commit is not in it, or it
    /// cannot be read.
    pub async fn changes(
        &self,
        code: &TaskCode,
        since: Option<&str>,
        today: NaiveDate,
    ) -> Result<TaskChanged, ServiceError> {
        let task = self.store.task(code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
        let head = match self.vcs.head()? {
            Head::At { commit, .. } => Some(commit),
            Head::Unborn { .. } => None,
        };
        let base = match since.or_else(|| began(&task)) {
            Some(revision) => Some(self.vcs.commit(revision)?),
            None => None,
        };
        let committed = match (&base, &head) {
            (Some(base), Some(head)) => self.vcs.diff(Before::Commit(&base.hash), After::Commit(&head.hash))?,
            _ => Diff::default(),
        };
        let status = self.vcs.status()?;
        let beyond = head.as_ref().map_or(Before::Nothing, |head| Before::Commit(&head.hash));
        let uncommitted = if status.bare { Diff::default() } else { self.vcs.diff(beyond, After::WorkTree)? };
        let names = base.as_ref().zip(head.as_ref());
        let document = changes::render(&Changes {
            task: &task,
            date: today,
            between: names.map(|(base, head)| (base.short_hash.as_str(), head.short_hash.as_str())),
            committed: &committed,
            uncommitted: &uncommitted,
            untracked: &status.untracked,
        });
        Ok(TaskChanged { base, head, committed, uncommitted, untracked: status.untracked, document })
    }
}

/// Where the work of a task began. A session that came after the first recorded commit went on with older work.
fn began(task: &Task) -> Option<&str> {
    let first = task.commits.first();
    let session =
        task.session.as_ref().filter(|session| first.is_none_or(|first| session.started_at <= first.captured_at));
    let head = session.and_then(|session| session.heads.get(session.phases.first()?));
    head.or_else(|| first.map(|commit| &commit.hash)).map(String::as_str)
}
