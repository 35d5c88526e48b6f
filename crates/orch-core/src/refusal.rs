//! Why the rules say no, as data. Words and exit codes are made of it by the command line, not here.

use chrono::{DateTime, Utc};

use crate::code::{Actor, ArtifactName, BugCode, EventType, PhaseName, SessionKey, SprintCode, TaskCode};
use crate::gate::Missing;
use crate::task::TaskStatus;

/// A command that the rules refuse. Nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such task.
    #[error("there is no task {0}")]
    NoTask(TaskCode),
    /// There is no such sprint.
    #[error("there is no sprint {0}")]
    NoSprint(SprintCode),
    /// There is no such artifact of the task.
    #[error("task {task} has no artifact {name}")]
    NoArtifact {
        /// The task.
        task: TaskCode,
        /// The name that was asked for.
        name: String,
    },
    /// There is no such bug.
    #[error("there is no bug {0}")]
    NoBug(String),
    /// Several bugs have a hash that begins so.
    #[error("several bugs have a hash that begins with {name}")]
    ManyBugs {
        /// The beginning of the hash.
        name: String,
        /// Some of them.
        codes: Vec<BugCode>,
    },
    /// The code is taken.
    #[error("{0} exists already")]
    CodeTaken(String),
    /// The task's folder has a file for this artifact.
    #[error("artifact {name} of task {task} exists already")]
    ArtifactExists {
        /// The task.
        task: TaskCode,
        /// The artifact.
        name: ArtifactName,
    },
    /// It was changed since the caller read it.
    #[error("{what} is in version {found}, not {expected}")]
    VersionChanged {
        /// The code of the task, sprint or bug.
        what: String,
        /// The version that the caller read.
        expected: i64,
        /// The version it has.
        found: i64,
    },
    /// Whoever works on the task does not approve of their own work.
    #[error("{actor} works on task {task}, so somebody else has to approve")]
    OwnWork {
        /// The task.
        task: TaskCode,
        /// Who holds it.
        actor: Actor,
    },
    /// Only some may override a gate.
    #[error("{actor} may not override a gate here")]
    MayNotOverride {
        /// Who tried.
        actor: Actor,
        /// Who may.
        allowed: Vec<Actor>,
    },
    /// The gate of the phase is not met.
    #[error("the gate of phase {phase} is not met")]
    GateNotMet {
        /// The phase.
        phase: PhaseName,
        /// All that is missing.
        missing: Missing,
        /// What else is worth telling.
        warnings: Vec<String>,
    },
    /// No session of the task is running.
    #[error("task {task} has no active session")]
    NoActiveSession {
        /// The task.
        task: TaskCode,
        /// The latest session and when it ended, if there was one.
        ended: Option<(SessionKey, Option<DateTime<Utc>>)>,
    },
    /// Somebody else holds the task.
    #[error("task {task} is held by {holder}")]
    Held {
        /// The task.
        task: TaskCode,
        /// Who holds it.
        holder: Actor,
        /// When the lease ends, or ended.
        expires_at: DateTime<Utc>,
        /// Whether the lease has run out, so that it can be taken over.
        expired: bool,
    },
    /// The session is in another phase than the caller believed.
    #[error("phase {meant} is not the current one: the session is in {current}, moved there by {moved_by}")]
    NotCurrentPhase {
        /// The phase that was meant.
        meant: PhaseName,
        /// The phase it is in.
        current: PhaseName,
        /// Who made the last move.
        moved_by: Actor,
    },
    /// The session of the caller's belief has ended or made way for another.
    #[error("the session changed in the meantime: now {current}, moved by {moved_by}")]
    SessionChanged {
        /// The session there is now.
        current: SessionKey,
        /// Who made the last move.
        moved_by: Actor,
    },
    /// The session's workflow has no such phase.
    #[error("the session has no phase {phase}")]
    UnknownPhase {
        /// The phase that was asked for.
        phase: PhaseName,
        /// The phases it has.
        known: Vec<PhaseName>,
    },
    /// `back` leads to an earlier phase only.
    #[error("phase {to} is not before {current}")]
    NotEarlier {
        /// The phase that was asked for.
        to: PhaseName,
        /// The current phase.
        current: PhaseName,
    },
    /// A skip leads to a later phase only.
    #[error("phase {to} is not after {current}")]
    NotLater {
        /// The phase that was asked for.
        to: PhaseName,
        /// The current phase.
        current: PhaseName,
    },
    /// A session ends in its last phase.
    #[error("the session is in {current}; it ends in {last}")]
    NotLastPhase {
        /// The current phase.
        current: PhaseName,
        /// The last phase.
        last: PhaseName,
    },
    /// The settings forbid it.
    #[error("the setting {setting} forbids it")]
    Forbidden {
        /// The setting, for example `allow_phase_skip`.
        setting: &'static str,
    },
    /// A given reason is empty.
    #[error("the reason is empty")]
    EmptyReason,
    /// A value cannot be taken.
    #[error("{what} {problem}")]
    Invalid {
        /// What was given, for example `title`.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of what was given is refused.
    #[error("line {line}: {refusal}")]
    AtLine {
        /// Its number, from 1.
        line: u64,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// The status does not allow it.
    #[error("task {task} is {status}")]
    WrongStatus {
        /// The task.
        task: TaskCode,
        /// Its status.
        status: TaskStatus,
    },
    /// The status belongs to the session while one is active.
    #[error("task {task} has the active session {session}; its status cannot become {status}")]
    SessionActive {
        /// The task.
        task: TaskCode,
        /// The session.
        session: SessionKey,
        /// The status that was asked for.
        status: TaskStatus,
    },
    /// A task would wait for itself.
    #[error("{task} after {after} would make a circle")]
    Circle {
        /// The task.
        task: TaskCode,
        /// The dependency that closes the circle.
        after: TaskCode,
    },
    /// The workflow does not declare the event, or not in this phase.
    #[error("phase {current} does not emit {event_type}")]
    NotEmitted {
        /// The type.
        event_type: EventType,
        /// The current phase.
        current: PhaseName,
        /// The types that it emits.
        allowed: Vec<EventType>,
        /// The phase that does emit it, if one does.
        emitted_by: Option<PhaseName>,
    },
    /// The template that the session keeps cannot be read, or lacks the current phase.
    #[error("the template of session {session} cannot be used: {problem}")]
    PinnedTemplate {
        /// The session.
        session: SessionKey,
        /// What is wrong.
        problem: String,
    },
    /// Version control makes no commit now. Services put its own reason in the place of this.
    #[error("no commit can be made now")]
    CannotCommit,
    /// No task is free to be claimed.
    #[error("no task is ready to be claimed")]
    NothingReady,
}
