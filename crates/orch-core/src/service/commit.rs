//! Making a commit for a task: an intent in the log, the commit, its result in the log. Calls ports only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::hook::{captured_commit, chain};
use super::{Orders, ServiceError, SessionService, draft_of};
use crate::code::{EventType, PhaseName, SessionKey, TaskCode};
use crate::draft::Draft;
use crate::event::{CommitIntended, CommitRefused, Committed, EntityType, Event, Fact, OWN_PREFIX};
use crate::operation::{Operation, OperationId, Request};
use crate::refusal::Refusal;
use crate::store::{ChangeError, EventFilter, Outcome, Store, TaskChange, TaskContext, TaskScope};
use crate::task::CapturedCommit;
use crate::vcs::{Commit, CommitOrder, Committer, Made, Marked, MessageTemplate, MessageValues, Trailers, VcsError};

/// Who makes a commit, what it takes and what it is called.
#[derive(Clone, Copy)]
pub struct Committing<'a> {
    /// Who makes it.
    pub committer: &'a dyn Committer,
    /// What it takes.
    pub order: &'a CommitOrder,
    /// What it is called.
    pub template: &'a MessageTemplate,
}

/// A commit that was made for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitAnswer {
    /// The commit, as the task has it.
    pub commit: CapturedCommit,
}

/// An answer together with what git and the hooks of the repository said.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitDone {
    /// The answer.
    pub outcome: Outcome<CommitAnswer>,
    /// Their words; may hold anything. Nothing for a repeated call.
    pub said: String,
}

/// What is kept under an idempotency key, so that whoever repeats the call goes on where the first one was killed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Intent {
    operation: OperationId,
    session: Option<SessionKey>,
    phase: Option<PhaseName>,
    base: Option<String>,
    message: String,
}

/// An intent of the log and what became of it.
pub(super) struct Attempt {
    pub(super) intended: CommitIntended,
    pub(super) session: Option<SessionKey>,
    pub(super) end: End,
}

/// What became of an intent.
pub(super) enum End {
    /// Nothing that the log would know.
    Open,
    /// There was no commit.
    Refused,
    /// There was one.
    Made(CapturedCommit),
}

impl<S: Store> SessionService<'_, S> {
    /// Makes a commit for a task, and records it in the task: for the phase it is in, if a session is active.
    ///
    /// What can be told beforehand is looked at before anything is written. What only git's own hooks or the signature
    /// refuse leaves two events, the intent and the refusal, and nothing else.
    ///
    /// # Errors
    /// A refusal if there is no such task or the message would be empty; [`ServiceError::Vcs`] with the reason if there
    /// is no commit; [`ServiceError::Unrecorded`] if there is one, but the store did not take it up.
    pub async fn commit(&self, orders: Orders<'_>, committing: Committing<'_>) -> Result<CommitDone, ServiceError> {
        self.commit_in(orders.operation, orders.task, None, committing).await
    }

    /// Makes a commit for the phase of a session that may have ended, or else for the current one.
    pub(super) async fn commit_in(
        &self,
        operation: &Operation,
        code: &TaskCode,
        ended: Option<(&SessionKey, &PhaseName)>,
        committing: Committing<'_>,
    ) -> Result<CommitDone, ServiceError> {
        let Committing { committer, order, template } = committing;
        let checked = committer.check(order);
        let arguments = (code, template, &order.take, order.allow_detached);
        let request = Request::new(operation, "git.commit", &arguments);
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let Ok(base) = &checked else { return Err(Refusal::CannotCommit) };
            let session = draft.task().active_session().cloned();
            let (session, phase) = match (ended, session) {
                (Some((session, phase)), _) => (Some(session.clone()), Some(phase.clone())),
                (None, Some(session)) => (Some(session.key), Some(session.current_phase)),
                (None, None) => (None, None),
            };
            let message = template.render(MessageValues { task: draft.task(), phase: phase.as_ref() });
            // it is kept for whoever repeats the call, and must be the one that git has
            let message = operation.redactor.owned(message);
            if message.is_empty() {
                return Err(Refusal::Invalid { what: "commit message", problem: "is empty".into() });
            }
            let message = Trailers::add(&message, code, &operation.id);
            let intent = Intent { operation: operation.id.clone(), session, phase, base: base.clone(), message };
            draft.record_in(intent.session.clone(), intent.fact());
            Ok(TaskChange { draft, answer: intent })
        };
        let intended = match self.store.change_task(&request, &TaskScope::of(code), decide).await {
            Err(ChangeError::Refused(Refusal::CannotCommit)) => {
                return Err(checked.map_or_else(Into::into, |_| ServiceError::Refused(Refusal::CannotCommit)));
            }
            intended => intended?,
        };
        let mut intent = intended.answer;
        if intended.replayed {
            match self.end_of(code, &intent.operation).await? {
                End::Made(commit) => return Ok(replayed(intent, commit)),
                End::Open => {
                    // the first run was killed, or is still at it
                    if let Some(commit) = self.find_by_mark(&intent.operation, intent.base.as_deref())? {
                        return self.record_made(operation, code, &intent, commit, String::new()).await;
                    }
                    checked?;
                }
                End::Refused => {
                    intent.base = checked?;
                    self.note_commit(operation, code, &intent, intent.fact()).await?;
                }
            }
        }
        let mark = Trailers::mark(&intent.operation);
        let marked = Marked { message: &intent.message, mark: &mark, base: intent.base.as_deref() };
        match committer.make(order, marked) {
            Ok(Made { commit, said }) => self.record_made(operation, code, &intent, commit, said).await,
            Err(error) => {
                let refused = CommitRefused { operation: intent.operation.clone(), error: without_nul(&chain(&error)) };
                // an intent that stays open is looked into when the session is resumed; git's reason is what matters now
                let _ = self.note_commit(operation, code, &intent, Fact::CommitRefused(refused)).await;
                Err(error.into())
            }
        }
    }

    async fn record_made(
        &self,
        operation: &Operation,
        code: &TaskCode,
        intent: &Intent,
        commit: Commit,
        said: String,
    ) -> Result<CommitDone, ServiceError> {
        let unkeyed = Operation { id: intent.operation.clone(), ..operation.following() };
        let request = Request::new(&unkeyed, "git.committed", &());
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let commit = recorded(operation, &draft, &commit, intent.phase.as_ref());
            let fact = Committed { operation: intent.operation.clone(), commit: commit.clone() };
            draft.record_in(intent.session.clone(), Fact::Committed(fact));
            Ok(TaskChange { draft, answer: CommitAnswer { commit } })
        };
        match self.store.change_task(&request, &TaskScope::of(code), decide).await {
            Ok(outcome) => Ok(CommitDone { outcome, said }),
            Err(error) => {
                Err(ServiceError::Unrecorded { hash: commit.hash, task: code.clone(), source: Box::new(error.into()) })
            }
        }
    }

    async fn note_commit(
        &self,
        operation: &Operation,
        code: &TaskCode,
        intent: &Intent,
        fact: Fact,
    ) -> Result<(), ServiceError> {
        let unkeyed = operation.following();
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            draft.record_in(intent.session.clone(), fact.clone());
            Ok(TaskChange { draft, answer: () })
        };
        let request = Request::new(&unkeyed, "git.commit_note", &());
        self.store.change_task(&request, &TaskScope::of(code), decide).await?;
        Ok(())
    }

    async fn end_of(&self, code: &TaskCode, operation: &OperationId) -> Result<End, ServiceError> {
        let found = self.attempts(code).await?.into_iter().find(|attempt| attempt.intended.operation == *operation);
        Ok(found.map_or(End::Open, |attempt| attempt.end))
    }

    /// What the log knows of the commits that were intended for a task, the oldest first.
    pub(super) async fn attempts(&self, code: &TaskCode) -> Result<Vec<Attempt>, ServiceError> {
        let mut events = self.commit_events(code, "git.commit_intended").await?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        for word in ["git.committed", "git.commit_refused"] {
            events.extend(self.commit_events(code, word).await?);
        }
        events.sort_by_key(|event| event.seq);
        let mut order: Vec<Attempt> = Vec::new();
        let mut known: BTreeMap<OperationId, usize> = BTreeMap::new();
        for event in events {
            match Fact::decode(&event.event_type, event.payload) {
                Ok(Fact::CommitIntended(intended)) => {
                    let at = known.get(&intended.operation).copied();
                    let operation = intended.operation.clone();
                    let attempt = Attempt { intended, session: event.session_key, end: End::Open };
                    if let Some(at) = at {
                        order[at] = attempt;
                    } else {
                        known.insert(operation, order.len());
                        order.push(attempt);
                    }
                }
                Ok(Fact::Committed(made)) => {
                    if let Some(at) = known.get(&made.operation) {
                        order[*at].end = End::Made(made.commit);
                    }
                }
                Ok(Fact::CommitRefused(refused)) => {
                    if let Some(at) = known.get(&refused.operation) {
                        order[*at].end = End::Refused;
                    }
                }
                // what cannot be read is for `db check` to tell
                _ => {}
            }
        }
        Ok(order)
    }

    async fn commit_events(&self, code: &TaskCode, word: &str) -> Result<Vec<Event>, ServiceError> {
        let event_type = EventType::new(format!("{OWN_PREFIX}{word}")).ok();
        let entity = Some((EntityType::Task, code.to_string()));
        let filter = EventFilter { entity, event_type, archived: true, ..EventFilter::default() };
        Ok(self.store.events(&filter, u64::MAX).await?)
    }
}

impl Intent {
    fn fact(&self) -> Fact {
        Fact::CommitIntended(CommitIntended {
            operation: self.operation.clone(),
            base: self.base.clone(),
            phase: self.phase.clone(),
            message: self.message.clone(),
        })
    }
}

fn replayed(intent: Intent, commit: CapturedCommit) -> CommitDone {
    let answer = CommitAnswer { commit };
    let outcome = Outcome { answer, operation_id: intent.operation, event_ids: Vec::new(), replayed: true };
    CommitDone { outcome, said: String::new() }
}

/// A commit as the task has it: the same as before where it was recorded already, so that each who asks is told the same.
pub(super) fn recorded(
    operation: &Operation,
    draft: &Draft,
    commit: &Commit,
    phase: Option<&PhaseName>,
) -> CapturedCommit {
    let known = draft.task().commits.iter().find(|known| known.hash == commit.hash && known.phase.as_ref() == phase);
    known.cloned().unwrap_or_else(|| operation.redactor.commit(captured_commit(commit, phase, draft.now())))
}

pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Whether a repository is missing, which is a state like any other.
pub(super) fn is_no_repository(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Vcs(VcsError::NotARepository { .. }))
}
