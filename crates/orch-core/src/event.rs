//! Events: what is stored when something happened, and the facts that orch itself writes. The stored form is a contract.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::bug::fact::{
    BugAbsorbed, BugLogged, BugMerged, BugRegressed, BugRekeyed, BugResolved, TaskBlocked, TaskUnblocked,
};
use crate::code::{Actor, ArtifactName, CheckName, EventType, PhaseName, SessionKey, SprintCode, TaskCode, TaskType};
use crate::gate::Missing;
use crate::import::External;
use crate::operation::OperationId;
use crate::session::TemplateRef;
use crate::sprint::{SprintChanges, SprintStatus};
use crate::task::{Priority, TaskChanges, TaskStatus, word_enum};
pub use crate::vcs::fact::{CommitCaptured, CommitIntended, CommitRefused, Committed, PrLinked};
use crate::workflow::Settings;

/// The beginning of every event type that orch itself writes.
pub const OWN_PREFIX: &str = "orchestration.";
/// The most bytes the payload of a custom event may have as JSON.
pub const MAX_PAYLOAD: usize = 1 << 20;

word_enum!(
    /// What an event is about.
    EntityType, "entity type", "task, sprint, bug or project", {
        /// A task, its sessions and all that belongs to them.
        Task = "task",
        /// A sprint.
        Sprint = "sprint",
        /// A bug.
        Bug = "bug",
        /// A project that events were imported from.
        Project = "project",
    }
);

/// An event as the log has it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// Its place in the log; greater is later.
    pub id: i64,
    /// Its type.
    pub event_type: EventType,
    /// What it is about.
    pub entity_type: EntityType,
    /// The code of the task, sprint or bug.
    pub entity_code: String,
    /// Its number among the events of that task, sprint or bug: 1, 2, 3, …
    pub seq: i64,
    /// The session it happened in.
    pub session_key: Option<SessionKey>,
    /// The operation that wrote it.
    pub correlation_id: OperationId,
    /// Who acted.
    pub actor: Actor,
    /// What happened, in its stored form.
    pub payload: Value,
    /// When.
    pub emitted_at: DateTime<Utc>,
    /// What it was elsewhere, if it was imported.
    pub external: Option<External>,
}

/// A stored event whose payload does not have the form of its type.
#[derive(Debug, thiserror::Error)]
#[error("the payload of event type {event_type} is not of its form")]
pub struct MalformedEvent {
    /// The type.
    pub event_type: EventType,
    /// What is wrong with the payload.
    #[source]
    pub source: serde_json::Error,
}

macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }
    };
}
pub(crate) use payload;

mod holder;
pub use holder::{TaskClaimed, TaskHandedOver, TaskNoted, TaskReleased};

payload!(
    /// A task was created.
    TaskCreated {
        /// Its code.
        task_code: TaskCode,
        /// Its title.
        title: String,
        /// Its description.
        description: String,
        /// Its type.
        task_type: TaskType,
        /// Its priority.
        priority: Priority,
        /// Its sprint.
        sprint_code: Option<SprintCode>,
        /// The tasks that come first.
        after: Vec<TaskCode>,
        /// The caller's own metadata.
        metadata: Map<String, Value>,
    }
);
payload!(
    /// Columns or metadata of a task changed.
    TaskUpdated {
        /// The new values.
        changes: TaskChanges,
        /// The values before, of the columns that changed.
        previous: TaskChanges,
    }
);
payload!(
    /// The status of a task changed.
    StatusUpdated {
        /// Before.
        old_status: TaskStatus,
        /// After.
        new_status: TaskStatus,
    }
);
payload!(
    /// A session began.
    SessionStarted {
        /// The template, pinned for the session.
        template: TemplateRef,
        /// Its settings at the start.
        settings: Settings,
        /// The phases to walk through.
        phases: Vec<PhaseName>,
        /// How long the holder's lease lasts after the last act, in seconds.
        lease_seconds: u32,
    }
);
payload!(
    /// Another actor took over a session whose holder's lease had run out.
    SessionTakenOver {
        /// The phase it is in.
        phase: PhaseName,
        /// Who held it.
        from: Option<Actor>,
        /// Who holds it now.
        to: Actor,
        /// How long the lease lasts after the holder's last act, in seconds.
        lease_seconds: u32,
    }
);
payload!(
    /// A session ended.
    SessionEnded {
        /// The phase it was in.
        phase: PhaseName,
        /// Whether the task's work is done.
        completed: bool,
        /// Whether it was ended by force.
        forced: bool,
        /// Whether it made way for a new one.
        restarted: bool,
        /// Why, where a reason was given.
        reason: Option<String>,
    }
);
payload!(
    /// A phase began.
    PhaseStarted {
        /// The phase.
        phase: PhaseName,
        /// The full hash of the commit that HEAD was at; none where there is none, or no repository.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<String>,
    }
);
payload!(
    /// An artifact as the gate saw it.
    CheckedArtifact {
        /// Its name.
        name: ArtifactName,
        /// SHA-256 of its content, hex.
        sha256: String,
        /// Length of its content in bytes.
        size: u64,
    }
);
payload!(
    /// A phase was completed.
    PhaseEnded {
        /// The phase.
        phase: PhaseName,
        /// Whether the gate was overridden.
        overridden: bool,
        /// The artifacts that the gate saw.
        artifacts: Vec<CheckedArtifact>,
        /// What the gate only warned of.
        warnings: Vec<String>,
    }
);
payload!(
    /// A phase was completed without regard to its gate.
    PhaseOverridden {
        /// The phase that was left.
        from: PhaseName,
        /// The phase that follows; none after the last.
        to: Option<PhaseName>,
        /// Why, where a reason was given.
        reason: Option<String>,
        /// What the gate missed.
        missing: Missing,
    }
);
payload!(
    /// Phases were left out.
    PhasesSkipped {
        /// The phase that was left.
        from: PhaseName,
        /// The phase that follows.
        to: PhaseName,
        /// The phases between them.
        skipped: Vec<PhaseName>,
        /// Why, where a reason was given.
        reason: Option<String>,
    }
);
payload!(
    /// The session went back to an earlier phase.
    PhaseBack {
        /// The phase that was left.
        from: PhaseName,
        /// The phase that begins again.
        to: PhaseName,
        /// Why.
        reason: String,
    }
);
payload!(
    /// The content of an artifact was saved.
    ArtifactSaved {
        /// Its name.
        name: ArtifactName,
        /// SHA-256 of its content, hex.
        sha256: String,
        /// Length of its content in bytes.
        size: u64,
        /// Whether it is nothing but white space.
        blank: bool,
    }
);
payload!(
    /// The result of a check.
    CheckRecorded {
        /// The check.
        name: CheckName,
        /// Whether it passed.
        passed: bool,
        /// The command that was run, where one was.
        command: Option<Vec<String>>,
        /// The exit code of that command; none where a signal ended it.
        exit_code: Option<i32>,
        /// The end of its output.
        output_tail: Option<String>,
        /// What the recorder said.
        note: Option<String>,
    }
);
payload!(
    /// Somebody approved a phase.
    ApprovalRecorded {
        /// The phase.
        phase: PhaseName,
        /// What they said.
        note: Option<String>,
    }
);
payload!(
    /// Artifacts were written back to the task's folder.
    FilesSynced {
        /// The files that were written.
        written: Vec<ArtifactName>,
    }
);
payload!(
    /// A hook failed; the transition it belongs to stands.
    HookFailed {
        /// The hook's name.
        hook: String,
        /// The phase it belongs to.
        phase: PhaseName,
        /// Why.
        error: String,
    }
);
payload!(
    /// An event of the workflow's own.
    Custom {
        /// Its type.
        event_type: EventType,
        /// Its payload.
        payload: Value,
    }
);
payload!(
    /// A sprint was created.
    SprintCreated {
        /// Its code.
        sprint_code: SprintCode,
        /// Its title.
        title: String,
        /// The caller's own metadata.
        metadata: Map<String, Value>,
    }
);
payload!(
    /// A sprint changed.
    SprintUpdated {
        /// The new values.
        changes: SprintChanges,
        /// The status before.
        old_status: SprintStatus,
    }
);

macro_rules! facts {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident($payload:ty) = $word:literal),* $(,)? } phases { $($phase_variant:ident($phase_payload:ty) = $verb:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its payload")]
        pub enum $enum { $($variant($payload),)* $($phase_variant($phase_payload),)* Custom(Custom) }

        impl $enum {
            /// The event type that this fact is stored under.
            #[must_use]
            pub fn event_type(&self) -> EventType {
                let text = match self {
                    $(Self::$variant(_) => format!("{OWN_PREFIX}{}", $word),)*
                    $(Self::$phase_variant(fact) => format!("{OWN_PREFIX}phase.{}.{}", fact.phase, $verb),)*
                    Self::Custom(custom) => return custom.event_type.clone(),
                };
                EventType::new(text).unwrap_or_else(|_| unreachable!("own event types are valid"))
            }

            /// The stored form of what happened.
            #[must_use]
            pub fn payload(&self) -> Value {
                let value = match self {
                    $(Self::$variant(fact) => serde_json::to_value(fact),)*
                    $(Self::$phase_variant(fact) => serde_json::to_value(fact),)*
                    Self::Custom(custom) => return custom.payload.clone(),
                };
                value.unwrap_or(Value::Null)
            }

            /// Reads a stored event.
            ///
            /// # Errors
            /// [`MalformedEvent`] if the payload does not have the form of the type.
            pub fn decode(event_type: &EventType, payload: Value) -> Result<Self, MalformedEvent> {
                let malformed = |source| MalformedEvent { event_type: event_type.clone(), source };
                match event_type.as_str().strip_prefix(OWN_PREFIX) {
                    $(Some($word) => serde_json::from_value(payload).map(Self::$variant).map_err(malformed),)*
                    $(Some(own) if own.starts_with("phase.") && own.ends_with(concat!(".", $verb)) => {
                        serde_json::from_value(payload).map(Self::$phase_variant).map_err(malformed)
                    })*
                    _ => Ok(Self::Custom(Custom { event_type: event_type.clone(), payload })),
                }
            }
        }
    };
}

facts!(
    /// Something that happened, in a form that the rules can read.
    Fact {
        TaskCreated(TaskCreated) = "task.created",
        TaskUpdated(TaskUpdated) = "task.updated",
        StatusUpdated(StatusUpdated) = "task.status_updated",
        TaskBlocked(TaskBlocked) = "task.blocked",
        TaskUnblocked(TaskUnblocked) = "task.unblocked",
        TaskClaimed(TaskClaimed) = "task.claimed",
        TaskReleased(TaskReleased) = "task.released",
        TaskHandedOver(TaskHandedOver) = "task.handed_over",
        TaskNoted(TaskNoted) = "task.noted",
        SessionStarted(SessionStarted) = "session.start",
        SessionTakenOver(SessionTakenOver) = "session.taken_over",
        SessionEnded(SessionEnded) = "session.end",
        PhaseOverridden(PhaseOverridden) = "phase.override",
        PhasesSkipped(PhasesSkipped) = "phase.skip",
        PhaseBack(PhaseBack) = "phase.back",
        ArtifactSaved(ArtifactSaved) = "artifact.saved",
        CheckRecorded(CheckRecorded) = "check.recorded",
        ApprovalRecorded(ApprovalRecorded) = "approval.recorded",
        CommitCaptured(CommitCaptured) = "git.commit_captured",
        CommitIntended(CommitIntended) = "git.commit_intended",
        Committed(Committed) = "git.committed",
        CommitRefused(CommitRefused) = "git.commit_refused",
        PrLinked(PrLinked) = "git.pr_linked",
        FilesSynced(FilesSynced) = "files.synced",
        HookFailed(HookFailed) = "hook.failed",
        SprintCreated(SprintCreated) = "sprint.created",
        SprintUpdated(SprintUpdated) = "sprint.updated",
        BugLogged(BugLogged) = "bug.logged",
        BugRegressed(BugRegressed) = "bug.regressed",
        BugResolved(BugResolved) = "bug.resolved",
        BugMerged(BugMerged) = "bug.merged",
        BugAbsorbed(BugAbsorbed) = "bug.absorbed",
        BugRekeyed(BugRekeyed) = "bug.rekeyed",
    }
    phases {
        PhaseStarted(PhaseStarted) = "start",
        PhaseEnded(PhaseEnded) = "end",
    }
);

/// A fact on its way into the log.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The fact.
    pub fact: Fact,
    /// The session it happens in.
    pub session_key: Option<SessionKey>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::CapturedCommit;

    #[test]
    fn a_fact_survives_its_stored_form() {
        let phase = PhaseName::new("override").unwrap();
        for (fact, word) in [
            (
                Fact::PhaseStarted(PhaseStarted { phase: phase.clone(), head: None }),
                "orchestration.phase.override.start",
            ),
            (
                Fact::PhaseBack(PhaseBack { from: phase.clone(), to: phase, reason: "why".into() }),
                "orchestration.phase.back",
            ),
            (
                Fact::Custom(Custom {
                    event_type: EventType::new("execute.step_complete").unwrap(),
                    payload: serde_json::json!({"step": 1}),
                }),
                "execute.step_complete",
            ),
        ] {
            assert_eq!(fact.event_type().as_str(), word);
            assert_eq!(Fact::decode(&fact.event_type(), fact.payload()).unwrap(), fact);
        }
    }

    #[test]
    fn a_payload_of_another_form_is_refused() {
        let event_type = EventType::new("orchestration.phase.plan.end").unwrap();
        let error = Fact::decode(&event_type, serde_json::json!({"phase": "plan"})).unwrap_err();
        assert_eq!(error.event_type, event_type);
    }

    #[test]
    fn the_stored_forms_of_commits_are_fixed() {
        let phase = PhaseName::new("execute").unwrap();
        let operation = OperationId::new("01M85K3F0CB8837KXZN9FN3S9V").unwrap();
        let commit = CapturedCommit {
            hash: "ab".repeat(20),
            short_hash: "abababa".into(),
            captured_at: DateTime::UNIX_EPOCH,
            phase: Some(phase.clone()),
            message: "x\n".into(),
            author: "Ada <ada@example.org>".into(),
        };
        let facts = [
            Fact::CommitIntended(CommitIntended {
                operation: operation.clone(),
                base: None,
                phase: Some(phase),
                message: "x".into(),
            }),
            Fact::Committed(Committed { operation: operation.clone(), commit }),
            Fact::CommitRefused(CommitRefused { operation, error: "no".into() }),
        ];
        let stored: Vec<String> =
            facts.iter().map(|fact| format!("{} {}", fact.event_type(), fact.payload())).collect();
        insta::assert_snapshot!(stored.join("\n"), @r#"
        orchestration.git.commit_intended {"base":null,"message":"x","operation":"01M85K3F0CB8837KXZN9FN3S9V","phase":"execute"}
        orchestration.git.committed {"commit":{"author":"Ada <ada@example.org>","captured_at":"1970-01-01T00:00:00Z","hash":"abababababababababababababababababababab","message":"x\n","phase":"execute","short_hash":"abababa"},"operation":"01M85K3F0CB8837KXZN9FN3S9V"}
        orchestration.git.commit_refused {"error":"no","operation":"01M85K3F0CB8837KXZN9FN3S9V"}
        "#);
        for fact in facts {
            assert_eq!(Fact::decode(&fact.event_type(), fact.payload()).unwrap(), fact);
        }
    }

    #[test]
    fn a_phase_that_began_before_heads_were_kept_can_be_read() {
        let event_type = EventType::new("orchestration.phase.plan.start").unwrap();
        let fact = Fact::decode(&event_type, serde_json::json!({"phase": "plan"})).unwrap();
        assert_eq!(fact, Fact::PhaseStarted(PhaseStarted { phase: PhaseName::new("plan").unwrap(), head: None }));
        assert_eq!(fact.payload(), serde_json::json!({"phase": "plan"}));
    }

    #[test]
    fn the_stored_forms_of_notes_are_fixed() {
        let (from, to) = (Some(Actor::new("ann").unwrap()), Actor::new("bob").unwrap());
        let facts = [
            Fact::TaskHandedOver(TaskHandedOver { from, to, lease_seconds: 60, note: Some("go on".into()) }),
            Fact::TaskNoted(TaskNoted { note: "x".into() }),
        ];
        let stored: Vec<String> =
            facts.iter().map(|fact| format!("{} {}", fact.event_type(), fact.payload())).collect();
        insta::assert_snapshot!(stored.join("\n"), @r#"
        orchestration.task.handed_over {"from":"ann","lease_seconds":60,"note":"go on","to":"bob"}
        orchestration.task.noted {"note":"x"}
        "#);
        for fact in facts {
            assert_eq!(Fact::decode(&fact.event_type(), fact.payload()).unwrap(), fact);
        }
    }

    #[test]
    fn a_session_that_began_before_actors_were_limited_keeps_its_rules() {
        let event_type = EventType::new("orchestration.session.start").unwrap();
        let stored = serde_json::json!({"lease_seconds": 3600, "phases": ["intake"], "settings": {
            "allow_phase_skip": false, "allow_user_override": true, "require_artifact_validation": true,
            "sync_files_on_close": true, "sync_files_on_phase_complete": false,
        }, "template": {"name": "default", "sha256": "00"}});
        let Fact::SessionStarted(started) = Fact::decode(&event_type, stored).unwrap() else { panic!("a start") };
        assert!(started.settings.allow_self_approval && started.settings.override_actors.is_empty());
    }

    #[test]
    fn the_stored_form_of_a_session_start_is_fixed() {
        let fact = Fact::SessionStarted(SessionStarted {
            template: TemplateRef { name: "default".into(), sha256: "00".into() },
            settings: Settings::default(),
            phases: vec![PhaseName::new("intake").unwrap()],
            lease_seconds: 3600,
        });
        insta::assert_snapshot!(fact.payload(), @r#"{"lease_seconds":3600,"phases":["intake"],"settings":{"allow_phase_skip":false,"allow_self_approval":false,"allow_user_override":true,"override_actors":[],"require_artifact_validation":true,"sync_files_on_close":true,"sync_files_on_phase_complete":false},"template":{"name":"default","sha256":"00"}}"#);
    }
}
