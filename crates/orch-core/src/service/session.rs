//! Walking a task through its workflow: start, complete, back, end, and what to do now.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::commit::Committing;
use super::hook::{self, HookCall, HookReport};
use super::{ServiceError, check_text, draft_of, pinned};
use crate::artifact::{ArtifactFolder, Found};
use crate::code::{PhaseName, SessionKey, TaskCode};
use crate::draft::Draft;
use crate::gate::{self, Missing, Verdict};
use crate::instructions::{Instructions, instruct};
use crate::machine::{self, Complete, Ground, Seen, Start};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::store::{Outcome, Store, TaskChange, TaskContext, TaskScope};
use crate::task::{Lease, Note, Task, TaskStatus};
use crate::vcs::{Head, VersionControl};
use crate::workflow::{Hook, Phase, Workflow};

/// The most characters of a reason.
const MAX_REASON: usize = 16_384;

/// A phase that was put behind the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The phase.
    pub phase: PhaseName,
    /// Whether it had been before, so that nothing was changed.
    pub already: bool,
    /// Whether its gate was overridden.
    pub overridden: bool,
    /// The phases that were left out after it.
    pub skipped: Vec<PhaseName>,
}

/// A session as it is after the command, and what to do now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionAnswer {
    /// The task.
    pub task: TaskCode,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// The session.
    pub session: Session,
    /// Who holds the task.
    pub lease: Option<Lease>,
    /// Whether the session had been running before.
    pub resumed: bool,
    /// The phase that was completed.
    pub completion: Option<Completion>,
    /// What is worth telling.
    pub warnings: Vec<String>,
    /// What others left for whoever works on the task, oldest first.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// What to do now; none where the session has ended or its template cannot be read.
    pub instructions: Option<Instructions>,
    /// What is to be done outside the store after this.
    pub hooks: Vec<HookCall>,
}

/// An answer together with how the hooks went.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The answer.
    pub outcome: Outcome<SessionAnswer>,
    /// The hooks that ran; none for a repeated call.
    pub hooks: Vec<HookReport>,
}

/// A running session, what its gate says now and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// The task.
    pub task: Task,
    /// What the gate misses at this moment.
    pub missing: Missing,
    /// What else is worth telling.
    pub warnings: Vec<String>,
    /// What to do.
    pub instructions: Option<Instructions>,
}

/// What a front-end orders beside the request itself.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The task.
    pub task: &'a TaskCode,
}

/// Walks tasks through their workflow.
#[derive(Clone, Copy)]
pub struct SessionService<'a, S> {
    /// Where tasks are stored.
    pub store: &'a S,
    /// Where their artifacts lie.
    pub folder: &'a dyn ArtifactFolder,
    /// Where commits are read for the hooks.
    pub vcs: &'a dyn VersionControl,
    /// How the work is committed when a session ends; `None` where it is not.
    pub auto_commit: Option<Committing<'a>>,
}

impl<S: Store> SessionService<'_, S> {
    /// Starts a session, or shows the running one again.
    ///
    /// # Errors
    /// A refusal if there is no such task, it is cancelled, or somebody else holds it.
    pub async fn start(&self, orders: Orders<'_>, asked: &Start, ground: &Ground<'_>) -> Result<Done, ServiceError> {
        let files = self.folder.read(orders.task)?;
        let head = self.head();
        let request = Request::new(orders.operation, "session.start", &(orders.task, asked, &orders.operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?.at_head(head.clone());
            let resumed = machine::start(&mut draft, asked, ground)?;
            let kept = if resumed { pinned(context.template.as_ref()) } else { Ok(Arc::new(ground.workflow.clone())) };
            let mut answer = self.answer(&draft, kept.as_deref(), &files);
            answer.resumed = resumed;
            if resumed && answer.session.template.sha256 != ground.template.sha256 {
                answer.warnings.push(format!(
                    "The workflow changed since this session began; it keeps template {} as it was. To switch: orch session start {} --restart",
                    answer.session.template.name, orders.task
                ));
            }
            if !resumed {
                answer.hooks = due(kept.as_deref().ok(), &answer.session.current_phase, |phase| &phase.hooks.on_start);
            }
            Ok(TaskChange { draft, answer })
        };
        self.started(orders, &request, decide).await
    }

    /// Shows the running session again where the project's workflow cannot be read: a session needs only what it pinned.
    ///
    /// # Errors
    /// [`Refusal::NoActiveSession`] if there is nothing to go on with, or a restart is asked for; a refusal as for
    /// [`SessionService::start`].
    pub async fn resume(&self, orders: Orders<'_>, asked: &Start, lease_seconds: u32) -> Result<Done, ServiceError> {
        let files = self.folder.read(orders.task)?;
        let request = Request::new(orders.operation, "session.start", &(orders.task, asked, &orders.operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?;
            machine::resume(&mut draft, asked, lease_seconds)?;
            let mut answer = self.answer(&draft, pinned(context.template.as_ref()).as_deref(), &files);
            answer.resumed = true;
            Ok(TaskChange { draft, answer })
        };
        self.started(orders, &request, decide).await
    }

    /// Completes the current phase.
    ///
    /// # Errors
    /// A refusal with all that is missing, or with the state the session is in.
    pub async fn complete(&self, orders: Orders<'_>, asked: &Complete) -> Result<Done, ServiceError> {
        check_text("reason", asked.reason.as_deref().unwrap_or_default(), MAX_REASON)?;
        let task = self.store.task(orders.task).await?.ok_or_else(|| Refusal::NoTask(orders.task.clone()))?;
        let seen = task
            .active_session()
            .map(|session| Seen { session: session.key.clone(), phase: session.current_phase.clone() });
        let files = self.folder.read(orders.task)?;
        let head = self.head();
        let request = Request::new(orders.operation, "phase.complete", &(orders.task, asked));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?.at_head(head.clone());
            let workflow = pinned(context.template.as_ref());
            let readable = workflow.as_deref().map_err(Clone::clone);
            let done = machine::complete(&mut draft, asked, seen.as_ref(), readable, &files)?;
            let mut answer = self.answer(&draft, workflow.as_deref(), &files);
            answer.warnings.extend(done.warnings);
            let redactor = &orders.operation.redactor;
            answer.warnings.extend(draft.contents().iter().filter_map(|file| redactor.warning(file)));
            if let (Ok(workflow), Some(phase), false) = (&workflow, &done.phase, done.already) {
                answer.hooks = after_phase(workflow, &answer.session, phase);
            }
            answer.completion = done.phase.map(|phase| Completion {
                phase,
                already: done.already,
                overridden: asked.override_gate && !done.already,
                skipped: done.skipped,
            });
            Ok(TaskChange { draft, answer })
        };
        self.change(orders, &request, decide).await
    }

    /// Returns to an earlier phase.
    ///
    /// # Errors
    /// A refusal if the phase is not an earlier one, or the reason is empty.
    pub async fn back(&self, orders: Orders<'_>, to: &PhaseName, reason: &str) -> Result<Done, ServiceError> {
        check_text("reason", reason, MAX_REASON)?;
        let files = self.folder.read(orders.task)?;
        let head = self.head();
        let request = Request::new(orders.operation, "phase.back", &(orders.task, to, reason));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?.at_head(head.clone());
            machine::back(&mut draft, to, reason)?;
            let workflow = pinned(context.template.as_ref());
            let mut answer = self.answer(&draft, workflow.as_deref(), &files);
            answer.hooks = due(workflow.as_deref().ok(), to, |phase| &phase.hooks.on_start);
            Ok(TaskChange { draft, answer })
        };
        self.change(orders, &request, decide).await
    }

    /// Ends the session whose work is done.
    ///
    /// # Errors
    /// A refusal if it is not in its last phase, or its gate is not met.
    pub async fn end(&self, orders: Orders<'_>) -> Result<Done, ServiceError> {
        let files = self.folder.read(orders.task)?;
        let request = Request::new(orders.operation, "session.end", orders.task);
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?;
            let workflow = pinned(context.template.as_ref());
            let mut warnings = machine::end(&mut draft, workflow.as_deref().map_err(Clone::clone), &files)?;
            let redactor = &orders.operation.redactor;
            warnings.extend(draft.contents().iter().filter_map(|file| redactor.warning(file)));
            let mut change = self.ended(draft, workflow.as_deref(), warnings);
            let named = change.answer.hooks.iter().any(|call| call.hook == Hook::AutoCommit);
            if self.auto_commit.is_some() && !named {
                // first, so that what captures commits sees it
                let phase = change.answer.session.current_phase.clone();
                change.answer.hooks.insert(0, HookCall { phase, hook: Hook::AutoCommit });
            }
            Ok(change)
        };
        self.change(orders, &request, decide).await
    }

    /// Ends the session from any state; the task's status stays.
    ///
    /// # Errors
    /// A refusal if no session is active, or a given reason is empty.
    pub async fn force_end(&self, orders: Orders<'_>, reason: Option<&str>) -> Result<Done, ServiceError> {
        check_text("reason", reason.unwrap_or_default(), MAX_REASON)?;
        let request = Request::new(orders.operation, "session.force_end", &(orders.task, reason));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, orders.operation)?;
            machine::force_end(&mut draft, reason)?;
            let mut change = self.ended(draft, pinned(context.template.as_ref()).as_deref(), Vec::new());
            // whoever gives up work does not say that it is fit to be committed
            change.answer.hooks.retain(|call| call.hook != Hook::AutoCommit);
            Ok(change)
        };
        self.change(orders, &request, decide).await
    }

    /// The session of a task as it is now, without changing anything.
    ///
    /// # Errors
    /// [`Refusal::NoTask`] if there is no such task.
    pub async fn look(&self, code: &TaskCode) -> Result<SessionView, ServiceError> {
        let task = self.store.task(code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
        let Some(session) = task.active_session() else {
            return Ok(SessionView { task, missing: Missing::default(), warnings: Vec::new(), instructions: None });
        };
        let files = self.folder.read(code)?;
        let template = self.store.pinned_template(code).await?;
        let workflow = pinned(template.as_ref());
        let (verdict, instructions) = match machine::current_phase(session, workflow.as_deref().map_err(Clone::clone)) {
            Ok(phase) if !session.has_left(&phase.name) => {
                (gate::judge(phase, &task, session, &files), Some(instruct(phase, &task, session, &files, self.folder)))
            }
            Ok(phase) => (Verdict::default(), Some(instruct(phase, &task, session, &files, self.folder))),
            Err(refusal) => (Verdict { warnings: vec![refusal.to_string()], ..Verdict::default() }, None),
        };
        Ok(SessionView { task, missing: verdict.missing, warnings: verdict.warnings, instructions })
    }

    /// Runs what the current phase of a task has done when a bug was logged in it; nothing without an active session. The
    /// bug is logged, so what fails here is only reported.
    pub(super) async fn bug_found(&self, operation: &Operation, code: &TaskCode) -> Vec<HookReport> {
        match self.on_bug_found(code).await {
            Ok(Some((session, calls))) => self.run_hooks(operation, code, &session, &calls).await,
            Ok(None) => Vec::new(),
            Err(error) => vec![HookReport { hook: "on_bug_found", outcome: Err(hook::chain(&error)) }],
        }
    }

    async fn on_bug_found(&self, code: &TaskCode) -> Result<Option<(SessionKey, Vec<HookCall>)>, ServiceError> {
        let task = self.store.task(code).await?;
        let Some(session) = task.as_ref().and_then(Task::active_session) else { return Ok(None) };
        let template = self.store.pinned_template(code).await?;
        let workflow = pinned(template.as_ref());
        let calls = due(workflow.as_deref().ok(), &session.current_phase, |phase| &phase.hooks.on_bug_found);
        Ok(Some((session.key.clone(), calls)))
    }

    /// The commit that HEAD is at. What a phase remembers of it is a help for later, so that none is no error.
    fn head(&self) -> Option<String> {
        match self.vcs.head() {
            Ok(Head::At { commit, .. }) => Some(commit.hash),
            _ => None,
        }
    }

    async fn started(
        &self,
        orders: Orders<'_>,
        request: &Request,
        decide: impl Fn(TaskContext) -> Result<TaskChange<SessionAnswer>, Refusal> + Send + Sync,
    ) -> Result<Done, ServiceError> {
        let mut done = self.change(orders, request, decide).await?;
        if !done.outcome.replayed {
            // boxed, as an embedder's compiler looks only so deep into futures
            done.hooks.extend(Box::pin(self.reconcile_quietly(orders.operation, orders.task)).await);
        }
        Ok(done)
    }

    async fn change(
        &self,
        orders: Orders<'_>,
        request: &Request,
        decide: impl Fn(TaskContext) -> Result<TaskChange<SessionAnswer>, Refusal> + Send + Sync,
    ) -> Result<Done, ServiceError> {
        let scope = TaskScope { template: true, ..TaskScope::of(orders.task) };
        let outcome = self.store.change_task(request, &scope, decide).await?;
        let hooks = if outcome.replayed {
            Vec::new()
        } else {
            let answer = &outcome.answer;
            self.run_hooks(orders.operation, orders.task, &answer.session.key, &answer.hooks).await
        };
        Ok(Done { outcome, hooks })
    }

    fn answer(&self, draft: &Draft, workflow: Result<&Workflow, &String>, files: &Found) -> SessionAnswer {
        let task = draft.task();
        // a session command always leaves a session behind, so the fall-back of an empty one is never seen
        let session = task.session.clone().unwrap_or_else(|| unreachable!("a session command has a session"));
        let phase = workflow.ok().and_then(|workflow| workflow.phase(&session.current_phase));
        let instructions =
            phase.filter(|_| session.active).map(|phase| instruct(phase, task, &session, files, self.folder));
        SessionAnswer {
            task: task.code.clone(),
            title: task.title.clone(),
            status: task.status,
            session,
            lease: task.lease.clone(),
            resumed: false,
            completion: None,
            warnings: Vec::new(),
            notes: task.notes.clone(),
            instructions,
            hooks: Vec::new(),
        }
    }

    fn ended(
        &self,
        draft: Draft,
        workflow: Result<&Workflow, &String>,
        warnings: Vec<String>,
    ) -> TaskChange<SessionAnswer> {
        let mut answer = self.answer(&draft, workflow, &Found::default());
        answer.warnings = warnings;
        answer.hooks = due(workflow.ok(), &answer.session.current_phase, |phase| &phase.hooks.on_end);
        if answer.session.settings.sync_files_on_close {
            answer.hooks.push(HookCall { phase: answer.session.current_phase.clone(), hook: Hook::SyncFiles });
        }
        TaskChange { draft, answer }
    }
}

fn due(workflow: Option<&Workflow>, name: &PhaseName, of: impl Fn(&Phase) -> &Vec<Hook>) -> Vec<HookCall> {
    let hooks = workflow.and_then(|workflow| workflow.phase(name)).map(of);
    hooks.into_iter().flatten().map(|hook| HookCall { phase: name.clone(), hook: *hook }).collect()
}

fn after_phase(workflow: &Workflow, session: &Session, left: &PhaseName) -> Vec<HookCall> {
    let mut calls = Vec::new();
    // the hooks of the last phase run when the session ends
    if session.current_phase != *left {
        calls = due(Some(workflow), left, |phase| &phase.hooks.on_end);
    }
    if session.settings.sync_files_on_phase_complete {
        calls.push(HookCall { phase: left.clone(), hook: Hook::SyncFiles });
    }
    if session.current_phase != *left {
        calls.extend(due(Some(workflow), &session.current_phase, |phase| &phase.hooks.on_start));
    }
    calls
}
