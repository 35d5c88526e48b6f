//! Facts as the services would record them, in short form. No rule is asked: a store keeps whatever was decided.

use serde_json::{Map, Value};

use crate::artifact::{ArtifactFile, sha256_hex};
use crate::code::{ArtifactName, CheckName, EventType, PhaseName, SessionKey, SprintCode};
use crate::draft::{Draft, Template};
use crate::event::{
    ApprovalRecorded, CheckRecorded, CommitCaptured, CommitIntended, CommitRefused, Committed, Custom, Fact,
    FilesSynced, HookFailed, PhaseBack, PhaseEnded, PhaseOverridden, PhasesSkipped, SessionEnded, SessionStarted,
    SessionTakenOver, SprintCreated, SprintUpdated, StatusUpdated, TaskClaimed, TaskHandedOver, TaskNoted,
    TaskReleased, TaskUpdated,
};
use crate::fold::{Circumstance, sprint_after};
use crate::gate::Missing;
use crate::operation::{OperationId, Request};
use crate::refusal::Refusal;
use crate::session::TemplateRef;
use crate::sprint::{Sprint, SprintChanges, SprintStatus};
use crate::store::{SprintChange, SprintContext};
use crate::task::{CapturedCommit, TaskChanges, TaskStatus};
use crate::testing::fixture;

/// The object that `value` is.
#[must_use]
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// Changes columns or metadata.
pub fn update(draft: &mut Draft, changes: TaskChanges) {
    draft.record(Fact::TaskUpdated(TaskUpdated { changes, previous: TaskChanges::default() }));
}

/// Changes the title.
pub fn rename(draft: &mut Draft, title: &str) {
    update(draft, TaskChanges { title: Some(title.into()), ..TaskChanges::default() });
}

/// Changes the status.
pub fn set_status(draft: &mut Draft, new_status: TaskStatus) {
    let old_status = draft.task().status;
    draft.record(Fact::StatusUpdated(StatusUpdated { old_status, new_status }));
}

/// Claims the task for the actor of the draft.
pub fn claim(draft: &mut Draft, lease_seconds: u32) {
    let holder = draft.actor().clone();
    draft.record(Fact::TaskClaimed(TaskClaimed { holder, lease_seconds, from: None }));
}

/// Hands the task to somebody, with a note.
pub fn hand_over(draft: &mut Draft, to: &str, text: &str) {
    let from = draft.task().lease.as_ref().map(|lease| lease.holder.clone());
    let to = crate::code::Actor::new(to).expect("a valid name");
    let note = Some(text.to_owned());
    draft.record(Fact::TaskHandedOver(TaskHandedOver { from, to, lease_seconds: 60, note }));
}

/// Leaves a note.
pub fn leave_note(draft: &mut Draft, text: &str) {
    draft.record(Fact::TaskNoted(TaskNoted { note: text.to_owned() }));
}

/// Gives the task back.
pub fn release(draft: &mut Draft) {
    let holder = draft.actor().clone();
    draft.record(Fact::TaskReleased(TaskReleased { holder }));
}

/// Saves an artifact.
pub fn save(draft: &mut Draft, name: &str, content: &[u8]) {
    draft.save(&ArtifactFile::new(artifact_name(name), content.to_vec()));
}

/// Records an event of the workflow's own.
pub fn note(draft: &mut Draft, event_type: &str, payload: Value) {
    let event_type = EventType::new(event_type).expect("a valid type");
    draft.record(Fact::Custom(Custom { event_type, payload }));
}

/// A template with this text.
#[must_use]
pub fn template(content: &str) -> Template {
    Template { name: "suite".into(), sha256: sha256_hex(content.as_bytes()), content: content.into() }
}

/// Starts a session of the phases intake, plan and close, and pins its template.
pub fn start(draft: &mut Draft, key: &str, template: &Template) {
    let mut settings = fixture::session().settings;
    settings.allow_phase_skip = true;
    let started = SessionStarted {
        template: TemplateRef { name: template.name.clone(), sha256: template.sha256.clone() },
        settings,
        phases: ["intake", "plan", "close"].map(phase).to_vec(),
        lease_seconds: 3600,
    };
    draft.pin(template.clone());
    *draft = draft.clone().at_head(Some("fedcba98".repeat(5)));
    draft.record_in(Some(session_key(key)), Fact::SessionStarted(started));
    draft.begin_phase(phase("intake"));
    if draft.task().status != TaskStatus::InProgress {
        set_status(draft, TaskStatus::InProgress);
    }
}

/// Completes the current phase and begins `next`, where there is one.
pub fn complete(draft: &mut Draft, next: Option<&str>) {
    let phase_now = current_phase(draft);
    let warnings = vec!["Recommended field missing: tags".into()];
    draft.record(Fact::PhaseEnded(PhaseEnded { phase: phase_now, overridden: true, artifacts: Vec::new(), warnings }));
    if let Some(next) = next {
        draft.begin_phase(phase(next));
    }
}

/// Leaves the current phase against its gate and passes over all up to `to`.
pub fn skip(draft: &mut Draft, to: &str) {
    let (from, to) = (current_phase(draft), phase(to));
    let missing = Missing { fields: vec!["title".into()], approval: true, ..Missing::default() };
    let (next, reason) = (Some(to.clone()), Some("in a hurry".to_owned()));
    draft.record(Fact::PhaseOverridden(PhaseOverridden { from: from.clone(), to: next, reason, missing }));
    let skipped = vec![phase("plan")];
    draft.record(Fact::PhasesSkipped(PhasesSkipped { from, to: to.clone(), skipped, reason: None }));
    draft.begin_phase(to);
}

/// Takes the task over from whoever holds it.
pub fn take_over(draft: &mut Draft, lease_seconds: u32) {
    let from = draft.task().lease.as_ref().map(|lease| lease.holder.clone());
    let taken = SessionTakenOver { phase: phase("plan"), from, to: draft.actor().clone(), lease_seconds };
    draft.record(Fact::SessionTakenOver(taken));
}

/// Records what hooks did.
pub fn hooks(draft: &mut Draft) {
    draft.record(Fact::FilesSynced(FilesSynced { written: vec![artifact_name("PLAN.md")] }));
    let failed = HookFailed { hook: "capture_commit_hash".into(), phase: phase("plan"), error: "no commit".into() };
    draft.record(Fact::HookFailed(failed));
}

/// Goes back to an earlier phase.
pub fn back(draft: &mut Draft, to: &str) {
    let from = current_phase(draft);
    draft.record(Fact::PhaseBack(PhaseBack { from, to: phase(to), reason: "the plan was wrong".into() }));
    draft.begin_phase(phase(to));
}

/// Records a check.
pub fn check(draft: &mut Draft, name: &str, passed: bool) {
    let name = CheckName::new(name).expect("a valid name");
    let command = Some(vec!["cargo".to_owned(), "test \u{fffd}".to_owned()]);
    let output_tail = Some("ok\r\n\u{1b}[0m".to_owned());
    let recorded = CheckRecorded { name, passed, command, exit_code: Some(-1), output_tail, note: None };
    draft.record(Fact::CheckRecorded(recorded));
}

/// Approves the current phase.
pub fn approve(draft: &mut Draft, note: Option<&str>) {
    let phase = current_phase(draft);
    draft.record(Fact::ApprovalRecorded(ApprovalRecorded { phase, note: note.map(ToOwned::to_owned) }));
}

/// A commit that was made just now.
#[must_use]
pub fn commit(draft: &Draft) -> CapturedCommit {
    CapturedCommit {
        hash: "0123456789abcdef".repeat(4),
        short_hash: "0123456".into(),
        captured_at: draft.now(),
        phase: draft.task().active_session().map(|session| session.current_phase.clone()),
        message: "auth: add a form\n\nZoë's \u{1f916}\t\u{1}\r\n".into(),
        author: "Zoë <zoe@example.org>".into(),
    }
}

/// Records a commit in each way there is; the same one, as a hook and the command may see it both.
///
/// # Panics
/// Never.
pub fn commits(draft: &mut Draft, step: u32) {
    let (commit, operation) = (commit(draft), OperationId::from(ulid::Ulid::from_parts(0, step.into())));
    let intended = CommitIntended {
        operation: operation.clone(),
        base: (!step.is_multiple_of(2)).then(|| commit.hash.clone()),
        phase: commit.phase.clone(),
        message: commit.message.clone(),
    };
    match step % 3 {
        0 => draft.record(Fact::CommitCaptured(CommitCaptured { commit })),
        1 => {
            draft.record(Fact::CommitIntended(intended));
            draft.record(Fact::Committed(Committed { operation, commit }));
        }
        _ => {
            draft.record(Fact::CommitIntended(intended));
            draft.record(Fact::CommitRefused(CommitRefused { operation, error: "lint: \u{1b}[31mno".into() }));
        }
    }
}

/// Ends the session.
pub fn end(draft: &mut Draft, restarted: bool) {
    let phase = current_phase(draft);
    draft.record(Fact::SessionEnded(SessionEnded { phase, completed: false, forced: false, restarted, reason: None }));
}

/// A sprint after some facts that are made of its code, as the answer too.
///
/// # Errors
/// [`Refusal::NoSprint`] where the facts do not fit: no sprint to change, or one that is there already.
pub fn next_sprint(
    request: &Request,
    context: SprintContext,
    facts: impl Fn(&SprintCode) -> Vec<Fact>,
) -> Result<SprintChange<Sprint>, Refusal> {
    let circumstance = Circumstance { actor: &request.operation.actor, at: context.now, session_key: None };
    let facts = facts(&context.code);
    let step = |sprint, fact| sprint_after(sprint, fact, circumstance).map(Some);
    let sprint = facts.iter().try_fold(context.sprint, step).ok().flatten();
    let sprint = sprint.ok_or(Refusal::NoSprint(context.code))?;
    Ok(SprintChange { answer: sprint.clone(), sprint, facts })
}

/// What creates a sprint.
#[must_use]
pub fn sprint_created(code: &SprintCode) -> Fact {
    let metadata = object(serde_json::json!({"goal": "Léon 🚀", "points": u64::MAX, "none": null}));
    Fact::SprintCreated(SprintCreated { sprint_code: code.clone(), title: "Login \u{2028}\u{7f}".into(), metadata })
}

/// What changes a sprint.
#[must_use]
pub fn sprint_updated(changes: SprintChanges) -> Fact {
    Fact::SprintUpdated(SprintUpdated { changes, old_status: SprintStatus::Planned })
}

/// The phase with this name.
#[must_use]
pub fn phase(name: &str) -> PhaseName {
    PhaseName::new(name).expect("a valid name")
}

/// The session key with this text.
#[must_use]
pub fn session_key(text: &str) -> SessionKey {
    SessionKey::new(text).expect("a valid key")
}

/// The artifact name with this text.
#[must_use]
pub fn artifact_name(text: &str) -> ArtifactName {
    ArtifactName::new(text).expect("a valid name")
}

fn current_phase(draft: &Draft) -> PhaseName {
    draft.task().session.as_ref().expect("a session").current_phase.clone()
}
