//! State as the fold of its events. No decision is made here: a fact that is in the log happened.

use chrono::{DateTime, Utc};

use crate::code::{Actor, SessionKey};
use crate::event::{Event, Fact, MalformedEvent, SprintCreated, TaskCreated};
use crate::session::{Approval, CheckResult, PhaseRecord, Session};
use crate::sprint::{Sprint, SprintStatus};
use crate::task::{ArtifactMeta, Lease, LinkedPullRequest, MAX_NOTES, Note, Task, TaskChanges, TaskStatus};

/// A log that does not fit its entity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// The first event does not create the entity, or a later one does.
    #[error("event {seq} ({event_type}) is out of place")]
    OutOfPlace {
        /// The event's number among the events of its entity.
        seq: i64,
        /// Its type.
        event_type: String,
    },
    /// An event has not the form of its type.
    #[error("event {seq} cannot be read")]
    Malformed {
        /// The event's number among the events of its entity.
        seq: i64,
        /// What is wrong with it.
        #[source]
        source: MalformedEvent,
    },
}

/// What a fact needs to know of its event.
#[derive(Debug, Clone, Copy)]
pub struct Circumstance<'a> {
    /// Who acted.
    pub actor: &'a Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// The session it happened in.
    pub session_key: Option<&'a SessionKey>,
}

/// Brings a task up to one more fact. Facts of other entities only count as seen.
pub fn advance(task: &mut Task, fact: &Fact, circumstance: Circumstance<'_>) {
    apply_to_task(task, fact, circumstance);
    if let Some(session) = &mut task.session {
        apply_to_session(session, fact, circumstance);
    }
    if let Some(lease) = &mut task.lease
        && lease.holder == *circumstance.actor
    {
        *lease = Lease::new(lease.holder.clone(), lease.seconds, circumstance.at);
    }
    task.version += 1;
    task.updated_at = circumstance.at;
}

fn task_after(task: Option<Task>, fact: &Fact, circumstance: Circumstance<'_>) -> Result<Task, FoldError> {
    let seq = task.as_ref().map_or(0, |task| task.version) + 1;
    match (task, fact) {
        (None, Fact::TaskCreated(fact)) => Ok(created(fact, circumstance)),
        (None, _) | (Some(_), Fact::TaskCreated(_) | Fact::SprintCreated(_) | Fact::SprintUpdated(_)) => {
            Err(FoldError::OutOfPlace { seq, event_type: fact.event_type().to_string() })
        }
        (Some(mut task), _) => {
            advance(&mut task, fact, circumstance);
            Ok(task)
        }
    }
}

/// The task that a creation makes.
#[must_use]
pub fn created(created: &TaskCreated, circumstance: Circumstance<'_>) -> Task {
    Task {
        code: created.task_code.clone(),
        sprint: created.sprint_code.clone(),
        title: created.title.clone(),
        description: created.description.clone(),
        task_type: created.task_type.clone(),
        status: TaskStatus::Pending,
        priority: created.priority,
        metadata: created.metadata.clone(),
        after: created.after.iter().cloned().collect(),
        artifacts: std::collections::BTreeMap::new(),
        commits: Vec::new(),
        pull_request: None,
        blocking_bugs: std::collections::BTreeSet::new(),
        notes: Vec::new(),
        session: None,
        lease: None,
        version: 1,
        created_at: circumstance.at,
        updated_at: circumstance.at,
    }
}

fn apply_to_task(task: &mut Task, fact: &Fact, circumstance: Circumstance<'_>) {
    match fact {
        Fact::TaskUpdated(updated) => apply_changes(task, &updated.changes),
        Fact::StatusUpdated(updated) => task.status = updated.new_status,
        Fact::TaskClaimed(claimed) => {
            task.lease = Some(Lease::new(claimed.holder.clone(), claimed.lease_seconds, circumstance.at));
        }
        Fact::TaskReleased(_) | Fact::SessionEnded(_) => task.lease = None,
        Fact::TaskHandedOver(handed) => {
            task.lease = Some(Lease::new(handed.to.clone(), handed.lease_seconds, circumstance.at));
            if let Some(note) = &handed.note {
                add_note(task, note, Some(&handed.to), circumstance);
            }
        }
        Fact::TaskNoted(noted) => add_note(task, &noted.note, None, circumstance),
        Fact::SessionStarted(started) => {
            task.lease = Some(Lease::new(circumstance.actor.clone(), started.lease_seconds, circumstance.at));
            task.session = circumstance.session_key.zip(started.phases.first()).map(|(key, first)| Session {
                key: key.clone(),
                template: started.template.clone(),
                settings: started.settings.clone(),
                phases: started.phases.clone(),
                started_at: circumstance.at,
                current_phase: first.clone(),
                phase_started_at: circumstance.at,
                moved_by: circumstance.actor.clone(),
                active: true,
                phase_history: Vec::new(),
                checks: std::collections::BTreeMap::new(),
                approvals: Vec::new(),
                ended_at: None,
                forced: false,
                heads: std::collections::BTreeMap::new(),
            });
        }
        Fact::SessionTakenOver(taken) => {
            task.lease = Some(Lease::new(taken.to.clone(), taken.lease_seconds, circumstance.at));
        }
        Fact::ArtifactSaved(saved) => {
            let meta = ArtifactMeta {
                sha256: saved.sha256.clone(),
                size: saved.size,
                blank: saved.blank,
                saved_at: circumstance.at,
            };
            task.artifacts.insert(saved.name.clone(), meta);
        }
        Fact::TaskBlocked(blocked) => {
            task.blocking_bugs.insert(blocked.bug.clone());
        }
        Fact::TaskUnblocked(unblocked) => {
            task.blocking_bugs.remove(&unblocked.bug);
        }
        Fact::PrLinked(linked) => {
            let (pull_request, linked_at) = (linked.pull_request.clone(), circumstance.at);
            task.pull_request = Some(LinkedPullRequest { pull_request, linked_at });
        }
        Fact::CommitCaptured(captured) => task.commits.push(captured.commit.clone()),
        // a capture may have been quicker
        Fact::Committed(made) if !task.has_commit(&made.commit.hash, made.commit.phase.as_ref()) => {
            task.commits.push(made.commit.clone());
        }
        _ => {}
    }
}

fn add_note(task: &mut Task, text: &str, to: Option<&Actor>, circumstance: Circumstance<'_>) {
    let (from, at) = (circumstance.actor.clone(), circumstance.at);
    task.notes.push(Note { from, to: to.cloned(), at, text: text.to_owned() });
    if task.notes.len() > MAX_NOTES {
        task.notes.remove(0);
    }
}

fn apply_changes(task: &mut Task, changes: &TaskChanges) {
    let changes = changes.clone();
    if let Some(title) = changes.title {
        task.title = title;
    }
    if let Some(description) = changes.description {
        task.description = description;
    }
    if let Some(task_type) = changes.task_type {
        task.task_type = task_type;
    }
    if let Some(priority) = changes.priority {
        task.priority = priority;
    }
    if let Some(sprint) = changes.sprint {
        task.sprint = Some(sprint);
    }
    merge(&mut task.metadata, changes.metadata);
    task.after.extend(changes.after);
    task.after.retain(|code| !changes.not_after.contains(code));
}

fn merge(
    metadata: &mut serde_json::Map<String, serde_json::Value>,
    changes: serde_json::Map<String, serde_json::Value>,
) {
    for (key, value) in changes {
        if value.is_null() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
}

fn apply_to_session(session: &mut Session, fact: &Fact, circumstance: Circumstance<'_>) {
    let record = |phase: &crate::code::PhaseName, overridden, skipped| PhaseRecord {
        phase: phase.clone(),
        completed_at: circumstance.at,
        overridden,
        skipped,
    };
    match fact {
        Fact::PhaseStarted(started) => {
            session.current_phase = started.phase.clone();
            session.phase_started_at = circumstance.at;
            session.moved_by = circumstance.actor.clone();
            session.checks.clear();
            session.approvals.clear();
            if let Some(head) = &started.head {
                session.heads.entry(started.phase.clone()).or_insert_with(|| head.clone());
            }
        }
        Fact::PhaseEnded(ended) => {
            session.phase_history.push(record(&ended.phase, ended.overridden, false));
            session.moved_by = circumstance.actor.clone();
        }
        Fact::PhasesSkipped(skipped) => {
            session.phase_history.extend(skipped.skipped.iter().map(|phase| record(phase, false, true)));
        }
        Fact::PhaseBack(back) => {
            let target = session.phases.iter().position(|phase| *phase == back.to).unwrap_or(0);
            let phases = &session.phases;
            session
                .phase_history
                .retain(|record| phases.iter().position(|phase| *phase == record.phase).is_some_and(|at| at < target));
        }
        Fact::CheckRecorded(check) => {
            let result =
                CheckResult { passed: check.passed, recorded_at: circumstance.at, actor: circumstance.actor.clone() };
            session.checks.insert(check.name.clone(), result);
        }
        Fact::ApprovalRecorded(approval) => session.approvals.push(Approval {
            actor: circumstance.actor.clone(),
            recorded_at: circumstance.at,
            note: approval.note.clone(),
        }),
        Fact::SessionEnded(ended) => {
            session.active = false;
            session.ended_at = Some(circumstance.at);
            session.forced = ended.forced || ended.restarted;
            session.moved_by = circumstance.actor.clone();
        }
        _ => {}
    }
}

/// The sprint that a creation makes.
#[must_use]
pub fn sprint_created(created: &SprintCreated, at: DateTime<Utc>) -> Sprint {
    Sprint {
        code: created.sprint_code.clone(),
        title: created.title.clone(),
        status: SprintStatus::Planned,
        metadata: created.metadata.clone(),
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// Counts one more event of a sprint.
pub fn advance_sprint(sprint: &mut Sprint, at: DateTime<Utc>) {
    sprint.version += 1;
    sprint.updated_at = at;
}

/// The sprint after one more fact.
///
/// # Errors
/// [`FoldError::OutOfPlace`] if the fact cannot follow.
pub fn sprint_after(sprint: Option<Sprint>, fact: &Fact, circumstance: Circumstance<'_>) -> Result<Sprint, FoldError> {
    let seq = sprint.as_ref().map_or(0, |sprint| sprint.version) + 1;
    match (sprint, fact) {
        (None, Fact::SprintCreated(created)) => Ok(sprint_created(created, circumstance.at)),
        (Some(mut sprint), Fact::SprintUpdated(updated)) => {
            let changes = updated.changes.clone();
            sprint.title = changes.title.unwrap_or(sprint.title);
            sprint.status = changes.status.unwrap_or(sprint.status);
            merge(&mut sprint.metadata, changes.metadata);
            advance_sprint(&mut sprint, circumstance.at);
            Ok(sprint)
        }
        (Some(mut sprint), Fact::Custom(_)) => {
            advance_sprint(&mut sprint, circumstance.at);
            Ok(sprint)
        }
        _ => Err(FoldError::OutOfPlace { seq, event_type: fact.event_type().to_string() }),
    }
}

/// Folds the whole log of one task; `None` where the log is empty.
///
/// # Errors
/// [`FoldError`] naming the first event that does not fit.
pub fn fold_task(events: &[Event]) -> Result<Option<Task>, FoldError> {
    fold(events, task_after)
}

/// Folds the whole log of one sprint; `None` where the log is empty.
///
/// # Errors
/// [`FoldError`] naming the first event that does not fit.
pub fn fold_sprint(events: &[Event]) -> Result<Option<Sprint>, FoldError> {
    fold(events, sprint_after)
}

/// Folds a log with the function that takes one fact more.
pub(crate) fn fold<T>(
    events: &[Event],
    after: impl Fn(Option<T>, &Fact, Circumstance<'_>) -> Result<T, FoldError>,
) -> Result<Option<T>, FoldError> {
    events.iter().try_fold(None, |state, event| {
        let fact = Fact::decode(&event.event_type, event.payload.clone())
            .map_err(|source| FoldError::Malformed { seq: event.seq, source })?;
        let circumstance =
            Circumstance { actor: &event.actor, at: event.emitted_at, session_key: event.session_key.as_ref() };
        after(state, &fact, circumstance).map(Some)
    })
}
