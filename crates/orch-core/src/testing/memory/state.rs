//! What a store in memory holds, and the steps of a change. Takes no lock and asks no clock.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::bug::Bug;
use crate::code::{Actor, ArtifactName, IdempotencyKey, SessionKey, TaskCode};
use crate::draft::{Draft, Template};
use crate::event::{EntityType, Event, Fact, NewEvent};
use crate::fold::{self, Circumstance};
use crate::operation::{OperationId, Request};
use crate::session::Session;
use crate::sprint::Sprint;
use crate::store::{Answer, Outcome, Page, SessionEntry, StoreError, Window};
use crate::task::{Task, TaskStatus};

#[derive(Default)]
pub(super) struct State {
    pub(super) tasks: Vec<Task>,
    pub(super) sprints: Vec<Sprint>,
    pub(super) bugs: Vec<Bug>,
    pub(super) sessions: Vec<SessionEntry>,
    templates: BTreeMap<SessionKey, Template>,
    pub(super) contents: BTreeMap<(TaskCode, ArtifactName), Vec<u8>>,
    pub(super) events: Vec<Event>,
    kept: BTreeMap<IdempotencyKey, Kept>,
}

/// What is remembered of a request with an idempotency key.
pub(super) struct Kept {
    fingerprint: String,
    operation: OperationId,
    answer: Value,
    event_ids: Vec<i64>,
}

/// What the events of one change have in common.
pub(super) struct Origin<'a> {
    pub(super) entity_type: EntityType,
    pub(super) entity_code: &'a str,
    pub(super) version: i64,
    pub(super) actor: &'a Actor,
    pub(super) now: DateTime<Utc>,
    pub(super) events: &'a [NewEvent],
}

impl State {
    pub(super) fn task(&self, code: &TaskCode) -> Option<&Task> {
        self.tasks.iter().find(|task| task.code == *code)
    }

    pub(super) fn template(&self, task: Option<&Task>) -> Option<Template> {
        self.templates.get(&task?.session.as_ref()?.key).cloned()
    }

    /// Whether `waiting` comes after `target`, directly or through others.
    pub(super) fn waits(&self, waiting: &Task, target: &TaskCode) -> bool {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&TaskCode> = waiting.after.iter().collect();
        while let Some(code) = open.pop() {
            if code == target {
                return true;
            }
            if seen.insert(code) {
                open.extend(self.task(code).iter().flat_map(|task| &task.after));
            }
        }
        false
    }

    pub(super) fn is_ready(&self, task: &Task, now: DateTime<Utc>) -> bool {
        let done = |code| self.task(code).is_some_and(|task| task.status == TaskStatus::Completed);
        task.status == TaskStatus::Pending
            && task.after.iter().all(done)
            && task.lease.as_ref().is_none_or(|lease| lease.expires_at <= now)
    }

    /// The first answer, if the request's key is known.
    pub(super) fn replay<A: Answer>(&self, request: &Request) -> Result<Option<Outcome<A>>, StoreError> {
        let Some(kept) = request.operation.key.as_ref().and_then(|key| self.kept.get(key)) else { return Ok(None) };
        if kept.fingerprint != request.fingerprint {
            return Err(StoreError::KeyReused { first: kept.operation.clone() });
        }
        let answer = serde_json::from_value(kept.answer.clone())
            .map_err(|source| StoreError::Failed { doing: "reading a kept answer", source: source.into() })?;
        let (operation_id, event_ids) = (kept.operation.clone(), kept.event_ids.clone());
        Ok(Some(Outcome { answer, operation_id, event_ids, replayed: true }))
    }

    /// The last step of a change: appends its events, keeps its answer.
    pub(super) fn finish<A: Answer>(
        &mut self,
        request: &Request,
        origins: &[Origin<'_>],
        kept: Value,
        answer: A,
    ) -> Outcome<A> {
        let mut event_ids = Vec::new();
        let numbered = origins.iter().flat_map(|origin| {
            origin.events.iter().zip(origin.version + 1..).map(move |(event, seq)| (origin, event, seq))
        });
        for (origin, event, seq) in numbered {
            event_ids.push(i64::try_from(self.events.len()).unwrap_or(i64::MAX - 1) + 1);
            self.events.push(Event {
                id: event_ids[event_ids.len() - 1],
                event_type: event.fact.event_type(),
                entity_type: origin.entity_type,
                entity_code: origin.entity_code.to_owned(),
                seq,
                session_key: event.session_key.clone(),
                correlation_id: request.operation.id.clone(),
                actor: origin.actor.clone(),
                payload: event.fact.payload(),
                emitted_at: origin.now,
                external: None,
            });
        }
        let (operation, fingerprint) = (request.operation.id.clone(), request.fingerprint.clone());
        if let Some(key) = request.operation.key.clone() {
            let event_ids = event_ids.clone();
            self.kept.insert(key, Kept { fingerprint, operation: operation.clone(), answer: kept, event_ids });
        }
        Outcome { answer, operation_id: operation, event_ids, replayed: false }
    }

    pub(super) fn write(&mut self, before: Option<Task>, draft: &Draft) {
        for session in sessions_of(before, draft) {
            let entry = SessionEntry { task: draft.task().code.clone(), session };
            put(&mut self.sessions, entry, |one, other| one.session.key == other.session.key);
        }
        if let (Some(template), Some(session)) = (draft.template(), &draft.task().session) {
            self.templates.insert(session.key.clone(), template.clone());
        }
        for file in draft.contents() {
            self.contents.insert((draft.task().code.clone(), file.name.clone()), file.content.clone());
        }
        put(&mut self.tasks, draft.task().clone(), |one, other| one.code == other.code);
    }

    /// Refuses a draft whose unique keys are taken.
    pub(super) fn check(&self, before: Option<&Task>, draft: &Draft) -> Result<(), StoreError> {
        let starts = draft.events().iter().filter(|event| matches!(event.fact, Fact::SessionStarted(_)));
        let taken = |key: &&SessionKey| self.sessions.iter().any(|entry| entry.session.key == **key);
        if let Some(key) = starts.filter_map(|event| event.session_key.as_ref()).find(taken) {
            return Err(StoreError::Conflict { what: format!("session {key}") });
        }
        let version = before.map_or(0, |task| task.version);
        follows(version, draft.events().len(), draft.task().version, || format!("task {}", draft.task().code))
    }
}

/// Each session that a draft touches, as it leaves it: a restart ends one and starts another.
fn sessions_of(before: Option<Task>, draft: &Draft) -> Vec<Session> {
    let (mut task, mut sessions) = (before, Vec::new());
    for NewEvent { fact, session_key } in draft.events() {
        let circumstance = Circumstance { actor: draft.actor(), at: draft.now(), session_key: session_key.as_ref() };
        match (&mut task, fact) {
            (Some(task), _) => fold::advance(task, fact, circumstance),
            (None, Fact::TaskCreated(created)) => task = Some(fold::created(created, circumstance)),
            (None, _) => {}
        }
        let left = task.as_ref().and_then(|task| task.session.clone());
        if let Some(session) = left {
            put(&mut sessions, session, |one, other| one.key == other.key);
        }
    }
    sessions
}

/// Whether a state with `version` is `before` with so many more events; anything else was decided on another state.
pub(super) fn follows(before: i64, events: usize, version: i64, what: impl Fn() -> String) -> Result<(), StoreError> {
    match i64::try_from(events) {
        Ok(events) if before + events == version => Ok(()),
        _ => Err(StoreError::Conflict { what: what() }),
    }
}

pub(super) fn put<T>(items: &mut Vec<T>, item: T, same: impl Fn(&T, &T) -> bool) {
    match items.iter_mut().find(|other| same(other, &item)) {
        Some(other) => *other = item,
        None => items.push(item),
    }
}

pub(super) fn next_code<C: TryFrom<String>>(prefix: &str, taken: impl Fn(&C) -> bool) -> Result<C, StoreError> {
    let mut codes = (1_u64..).filter_map(|number| C::try_from(format!("{prefix}-{number:03}")).ok());
    codes.find(|code| !taken(code)).ok_or_else(|| StoreError::Conflict { what: format!("every {prefix} code") })
}

pub(super) fn kept(answer: &impl Answer) -> Result<Value, StoreError> {
    serde_json::to_value(answer)
        .map_err(|source| StoreError::Failed { doing: "keeping an answer", source: source.into() })
}

pub(super) fn page<'a, T: Clone + 'a>(items: impl Iterator<Item = &'a T>, window: Window) -> Page<T> {
    let items: Vec<&T> = items.collect();
    let most = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let part = items.iter().skip(most(window.offset)).take(most(window.limit));
    Page { items: part.map(|item| (*item).clone()).collect(), total: items.len() as u64 }
}
