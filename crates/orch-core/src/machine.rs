//! The session state machine: decides start, complete, back and end. Pure; it sees values and adds facts to a draft.

use crate::artifact::Found;
use crate::code::{PhaseName, SessionKey};
use crate::draft::{Draft, Template};
use crate::event::{
    ApprovalRecorded, Fact, PhaseBack, PhaseEnded, PhaseOverridden, PhasesSkipped, SessionEnded, SessionStarted,
    SessionTakenOver, StatusUpdated,
};
use crate::gate;
use crate::refusal::Refusal;
use crate::session::{Session, TemplateRef, next_key};
use crate::task::{Task, TaskStatus};
use crate::workflow::{Phase, Settings, Workflow};

use serde::{Deserialize, Serialize};

/// What a new session runs by.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    /// The template, read.
    pub workflow: &'a Workflow,
    /// The template as it is pinned.
    pub template: &'a Template,
    /// The template's settings with what the project's settings change in them.
    pub settings: Settings,
    /// How long a lease lasts after its holder's last act, in seconds.
    pub lease_seconds: u32,
}

/// How a session is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Start {
    /// End an active session and start anew.
    pub restart: bool,
    /// Take over a session whose holder's lease has run out.
    pub take_over: bool,
    /// The key to give to a new session.
    pub session_key: Option<SessionKey>,
}

/// How a phase is completed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Complete {
    /// The phase that the caller means; only this one is completed.
    pub phase: Option<PhaseName>,
    /// Complete whatever the gate says.
    pub override_gate: bool,
    /// Go on in this later phase.
    pub skip_to: Option<PhaseName>,
    /// Why the gate is overridden or phases are skipped.
    pub reason: Option<String>,
}

/// The session and phase that a caller saw before it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The session.
    pub session: SessionKey,
    /// Its phase.
    pub phase: PhaseName,
}

/// What a completion did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completed {
    /// The phase that is behind the session now.
    pub phase: Option<PhaseName>,
    /// Whether it had been before: nothing was changed.
    pub already: bool,
    /// Phases that were left out.
    pub skipped: Vec<PhaseName>,
    /// What is worth telling.
    pub warnings: Vec<String>,
}

/// Starts a session, or finds the one to resume. `true` means resumed.
///
/// # Errors
/// [`Refusal`] if the task is cancelled or somebody else holds it.
pub fn start(draft: &mut Draft, asked: &Start, ground: &Ground<'_>) -> Result<bool, Refusal> {
    if draft.task().status == TaskStatus::Cancelled {
        return Err(Refusal::WrongStatus { task: draft.task().code.clone(), status: TaskStatus::Cancelled });
    }
    if let Some(session) = draft.task().active_session().cloned() {
        if !asked.restart {
            return take_up(draft, &session, asked, ground.lease_seconds).map(|()| true);
        }
        refuse_live_lease_of_others(draft)?;
        new_key(draft, asked)?;
        draft.record(Fact::SessionEnded(SessionEnded {
            phase: session.current_phase,
            completed: false,
            forced: false,
            restarted: true,
            reason: None,
        }));
    }
    refuse_live_lease_of_others(draft)?;
    begin(draft, asked, ground).map(|()| false)
}

fn refuse_live_lease_of_others(draft: &Draft) -> Result<(), Refusal> {
    match &draft.task().lease {
        Some(lease) if lease.shuts_out(draft.actor(), draft.now()) => Err(held(draft)),
        _ => Ok(()),
    }
}

fn held(draft: &Draft) -> Refusal {
    let task = draft.task();
    match &task.lease {
        Some(lease) => Refusal::Held {
            task: task.code.clone(),
            holder: lease.holder.clone(),
            expires_at: lease.expires_at,
            expired: lease.expires_at <= draft.now(),
        },
        None => no_active_session(task),
    }
}

/// Decides to go on with the active session, for which no template is needed but the one that it pinned.
///
/// # Errors
/// [`Refusal::NoActiveSession`] if there is none, or a restart is asked for; [`Refusal::Held`] if somebody else holds the task.
pub fn resume(draft: &mut Draft, asked: &Start, lease_seconds: u32) -> Result<(), Refusal> {
    match draft.task().active_session().cloned() {
        Some(session) if !asked.restart => take_up(draft, &session, asked, lease_seconds),
        _ => Err(no_active_session(draft.task())),
    }
}

fn take_up(draft: &mut Draft, session: &Session, asked: &Start, lease_seconds: u32) -> Result<(), Refusal> {
    let lease = draft.task().lease.clone();
    match lease {
        Some(lease) if lease.holder == *draft.actor() => return Ok(()),
        Some(lease) if lease.shuts_out(draft.actor(), draft.now()) || !asked.take_over => return Err(held(draft)),
        _ => {}
    }
    draft.record(Fact::SessionTakenOver(SessionTakenOver {
        phase: session.current_phase.clone(),
        from: draft.task().lease.as_ref().map(|lease| lease.holder.clone()),
        to: draft.actor().clone(),
        lease_seconds,
    }));
    Ok(())
}

fn begin(draft: &mut Draft, asked: &Start, ground: &Ground<'_>) -> Result<(), Refusal> {
    let phases = ground.workflow.phases_for(&draft.task().task_type);
    let Some(first) = phases.first().cloned() else {
        return Err(Refusal::Invalid { what: "workflow", problem: "has no phases".into() });
    };
    let key = new_key(draft, asked)?;
    let template = TemplateRef { name: ground.template.name.clone(), sha256: ground.template.sha256.clone() };
    let started =
        SessionStarted { template, settings: ground.settings.clone(), phases, lease_seconds: ground.lease_seconds };
    draft.pin(ground.template.clone());
    draft.record_in(Some(key), Fact::SessionStarted(started));
    draft.begin_phase(first);
    set_status(draft, TaskStatus::InProgress);
    Ok(())
}

/// The key of the session to begin. One that an older session has is the store's to refuse.
fn new_key(draft: &Draft, asked: &Start) -> Result<SessionKey, Refusal> {
    let latest = draft.task().session.as_ref();
    match &asked.session_key {
        Some(key) if latest.is_some_and(|session| session.key == *key) => {
            Err(Refusal::CodeTaken(format!("session {key}")))
        }
        Some(key) => Ok(key.clone()),
        None => Ok(next_key(&draft.task().code, latest, draft.now())),
    }
}

fn set_status(draft: &mut Draft, new_status: TaskStatus) {
    let old_status = draft.task().status;
    if old_status != new_status {
        draft.record(Fact::StatusUpdated(StatusUpdated { old_status, new_status }));
    }
}

/// Completes the current phase, and with `skip_to` leaves out the ones that follow.
///
/// `seen` is what the caller read before it asked: whoever comes second finds another phase and is refused. A phase that
/// was behind the session already when the caller read it is no conflict: a client that lost the answer asks again.
///
/// # Errors
/// [`Refusal`] with all that is missing, or with the state the session is in.
pub fn complete(
    draft: &mut Draft,
    asked: &Complete,
    seen: Option<&Seen>,
    workflow: Result<&Workflow, String>,
    files: &Found,
) -> Result<Completed, Refusal> {
    refuse_empty(asked.reason.as_deref())?;
    refuse_others(draft)?;
    if let (Some(phase), Some(session)) = (&asked.phase, &draft.task().session)
        && session.has_left(phase)
    {
        if seen.is_some_and(|seen| seen.session == session.key && seen.phase == *phase) {
            return Err(not_current(phase, session));
        }
        return Ok(Completed { phase: Some(phase.clone()), already: true, ..Completed::default() });
    }
    let session = active(draft)?;
    if let Some(phase) = &asked.phase {
        known(&session, phase)?;
    }
    let meant = asked.phase.as_ref().or(seen.map(|seen| &seen.phase));
    if let Some(seen) = seen.filter(|_| asked.phase.is_none())
        && seen.session != session.key
    {
        return Err(Refusal::SessionChanged { current: session.key, moved_by: session.moved_by });
    }
    let current = session.current_phase.clone();
    if let Some(meant) = meant.filter(|meant| **meant != current) {
        return Err(not_current(meant, &session));
    }
    if session.has_left(&current) {
        return Ok(Completed { phase: Some(current), already: true, ..Completed::default() });
    }
    if asked.override_gate && !session.settings.allow_user_override {
        return Err(Refusal::Forbidden { setting: "allow_user_override" });
    }
    if asked.override_gate {
        let allowed = &session.settings.override_actors;
        if !allowed.is_empty() && !allowed.contains(draft.actor()) {
            return Err(Refusal::MayNotOverride { actor: draft.actor().clone(), allowed: allowed.clone() });
        }
    }
    let skipped = skipped_phases(&session, asked.skip_to.as_ref())?;
    let warnings = leave(draft, &session, asked.override_gate, asked.reason.as_ref(), workflow, files)?;
    let next = asked.skip_to.as_ref().or(session.phase_after(&current)).cloned();
    if let (Some(to), false) = (&next, skipped.is_empty()) {
        draft.record(Fact::PhasesSkipped(PhasesSkipped {
            from: current.clone(),
            to: to.clone(),
            skipped: skipped.clone(),
            reason: asked.reason.clone(),
        }));
    }
    if let Some(phase) = next {
        draft.begin_phase(phase);
    }
    Ok(Completed { phase: Some(current), already: false, skipped, warnings })
}

fn not_current(meant: &PhaseName, session: &Session) -> Refusal {
    Refusal::NotCurrentPhase {
        meant: meant.clone(),
        current: session.current_phase.clone(),
        moved_by: session.moved_by.clone(),
    }
}

fn skipped_phases(session: &Session, skip_to: Option<&PhaseName>) -> Result<Vec<PhaseName>, Refusal> {
    let Some(to) = skip_to else { return Ok(Vec::new()) };
    if !session.settings.allow_phase_skip {
        return Err(Refusal::Forbidden { setting: "allow_phase_skip" });
    }
    let target = known(session, to)?;
    let current = known(session, &session.current_phase)?;
    if target <= current {
        return Err(Refusal::NotLater { to: to.clone(), current: session.current_phase.clone() });
    }
    Ok(session.phases[current + 1..target].to_vec())
}

/// Takes up what lies in the folder, asks the gate, and puts the current phase behind the session.
fn leave(
    draft: &mut Draft,
    session: &Session,
    override_gate: bool,
    reason: Option<&String>,
    workflow: Result<&Workflow, String>,
    files: &Found,
) -> Result<Vec<String>, Refusal> {
    let phase = current_phase(session, workflow)?;
    let verdict = gate::judge(phase, draft.task(), session, files);
    if !verdict.passes() && !override_gate {
        return Err(Refusal::GateNotMet {
            phase: phase.name.clone(),
            missing: verdict.missing,
            warnings: verdict.warnings,
        });
    }
    for file in &files.files {
        draft.save(file);
    }
    if override_gate {
        draft.record(Fact::PhaseOverridden(PhaseOverridden {
            from: phase.name.clone(),
            to: session.phase_after(&phase.name).cloned(),
            reason: reason.cloned(),
            missing: verdict.missing,
        }));
    }
    let artifacts = gate::checked_artifacts(phase, draft.task());
    draft.record(Fact::PhaseEnded(PhaseEnded {
        phase: phase.name.clone(),
        overridden: override_gate,
        artifacts,
        warnings: verdict.warnings.clone(),
    }));
    Ok(verdict.warnings)
}

/// Approves the current phase.
///
/// # Errors
/// [`Refusal::NoActiveSession`]; [`Refusal::OwnWork`] if the actor holds the task or brought it into the phase, and the session's
/// settings do not allow that.
pub fn approve(draft: &mut Draft, note: Option<&str>) -> Result<(), Refusal> {
    let session = active(draft)?;
    let is_holder = draft.task().lease.as_ref().is_some_and(|lease| lease.holder == *draft.actor());
    // whoever gave the task back for a moment is the one who worked on it, too
    if (is_holder || session.moved_by == *draft.actor()) && !session.settings.allow_self_approval {
        return Err(Refusal::OwnWork { task: draft.task().code.clone(), actor: draft.actor().clone() });
    }
    let (phase, note) = (session.current_phase, note.map(ToOwned::to_owned));
    draft.record(Fact::ApprovalRecorded(ApprovalRecorded { phase, note }));
    Ok(())
}

/// Returns to an earlier phase; completions from it on no longer count.
///
/// # Errors
/// [`Refusal`] if the phase is not an earlier one, or the reason is empty.
pub fn back(draft: &mut Draft, to: &PhaseName, reason: &str) -> Result<(), Refusal> {
    refuse_empty(Some(reason))?;
    let session = active(draft)?;
    let target = known(&session, to)?;
    refuse_others(draft)?;
    let current = session.phases.iter().position(|phase| *phase == session.current_phase);
    if current.is_some_and(|current| target >= current) {
        return Err(Refusal::NotEarlier { to: to.clone(), current: session.current_phase });
    }
    draft.record(Fact::PhaseBack(PhaseBack { from: session.current_phase, to: to.clone(), reason: reason.to_owned() }));
    draft.begin_phase(to.clone());
    Ok(())
}

/// Ends the session whose work is done: in its last phase, with its gate passed.
///
/// # Errors
/// [`Refusal`] if it is not in its last phase, or its gate is not met.
pub fn end(draft: &mut Draft, workflow: Result<&Workflow, String>, files: &Found) -> Result<Vec<String>, Refusal> {
    let session = active(draft)?;
    refuse_others(draft)?;
    if let Some(last) = session.phases.last().filter(|_| !session.in_last_phase()) {
        return Err(Refusal::NotLastPhase { current: session.current_phase, last: last.clone() });
    }
    let warnings = if session.has_left(&session.current_phase) {
        Vec::new()
    } else {
        leave(draft, &session, false, None, workflow, files)?
    };
    set_status(draft, TaskStatus::Completed);
    draft.record(Fact::SessionEnded(SessionEnded {
        phase: session.current_phase,
        completed: true,
        forced: false,
        restarted: false,
        reason: None,
    }));
    Ok(warnings)
}

/// Ends the session from any state, whoever holds it; the task's status stays.
///
/// # Errors
/// [`Refusal`] if no session is active, or a given reason is empty.
pub fn force_end(draft: &mut Draft, reason: Option<&str>) -> Result<(), Refusal> {
    refuse_empty(reason)?;
    let session = active(draft)?;
    draft.record(Fact::SessionEnded(SessionEnded {
        phase: session.current_phase,
        completed: false,
        forced: true,
        restarted: false,
        reason: reason.map(ToOwned::to_owned),
    }));
    Ok(())
}

/// The current phase as the pinned template describes it.
///
/// # Errors
/// [`Refusal::PinnedTemplate`] if the template cannot be read or lacks the phase.
pub fn current_phase<'a>(session: &Session, workflow: Result<&'a Workflow, String>) -> Result<&'a Phase, Refusal> {
    let broken = |problem| Refusal::PinnedTemplate { session: session.key.clone(), problem };
    let workflow = workflow.map_err(broken)?;
    workflow.phase(&session.current_phase).ok_or_else(|| broken(format!("it has no phase {}", session.current_phase)))
}

/// The active session of a draft's task.
///
/// # Errors
/// [`Refusal::NoActiveSession`] with the latest one.
pub fn active(draft: &Draft) -> Result<Session, Refusal> {
    draft.task().active_session().cloned().ok_or_else(|| no_active_session(draft.task()))
}

/// The refusal for a task without an active session.
#[must_use]
pub fn no_active_session(task: &Task) -> Refusal {
    let ended = task.session.as_ref().map(|session| (session.key.clone(), session.ended_at));
    Refusal::NoActiveSession { task: task.code.clone(), ended }
}

fn refuse_others(draft: &Draft) -> Result<(), Refusal> {
    match &draft.task().lease {
        Some(lease) if lease.holder != *draft.actor() => Err(held(draft)),
        _ => Ok(()),
    }
}

fn refuse_empty(reason: Option<&str>) -> Result<(), Refusal> {
    match reason {
        Some(reason) if reason.trim().is_empty() => Err(Refusal::EmptyReason),
        _ => Ok(()),
    }
}

fn known(session: &Session, phase: &PhaseName) -> Result<usize, Refusal> {
    session
        .phases
        .iter()
        .position(|name| name == phase)
        .ok_or_else(|| Refusal::UnknownPhase { phase: phase.clone(), known: session.phases.clone() })
}

#[cfg(test)]
mod tests;
