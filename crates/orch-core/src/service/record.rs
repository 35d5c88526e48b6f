//! Recording what belongs to a task but moves no phase: checks, approvals, artifacts and events of the workflow's own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ServiceError, check_json, check_text, draft_of, pinned};
use crate::artifact::{ArtifactFile, ArtifactFolder};
use crate::code::{CheckName, EventType, TaskCode};
use crate::event::{CheckRecorded, Custom, Fact, MAX_PAYLOAD, PrLinked};
use crate::machine;
use crate::operation::{Operation, Request};
use crate::pull_request::PullRequest;
use crate::refusal::Refusal;
use crate::store::{Outcome, Store, TaskChange, TaskContext, TaskScope};
use crate::task::Task;

/// The most characters of a note, a reason or the end of a command's output that are kept.
const MAX_NOTE: usize = 16_384;

/// A task as it is after the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAnswer {
    /// The task.
    pub task: Task,
}

/// An artifact that was begun: its file is there to be edited, and nothing of it in the store yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactBegun {
    /// Length of what was written, in bytes.
    pub size: u64,
}

/// An event that was emitted; its id is in [`Outcome::event_ids`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventAnswer {
    /// The task as it is now.
    pub task: Task,
    /// The event's type.
    pub event_type: EventType,
    /// Its payload.
    pub payload: Value,
}

/// The result of a check, as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The check.
    pub name: CheckName,
    /// Whether it passed.
    pub passed: bool,
    /// The command that was run, where one was.
    pub command: Option<Vec<String>>,
    /// The exit code of that command; none where a signal ended it.
    pub exit_code: Option<i32>,
    /// The end of its output.
    pub output_tail: Option<String>,
    /// What the reporter says.
    pub note: Option<String>,
}

/// Records what belongs to a task.
#[derive(Clone, Copy)]
pub struct RecordService<'a, S> {
    /// Where tasks are stored.
    pub store: &'a S,
    /// Where their artifacts lie.
    pub folder: &'a dyn ArtifactFolder,
}

impl<S: Store> RecordService<'_, S> {
    /// Records the result of a check for the current phase.
    ///
    /// # Errors
    /// A refusal if there is no such task or no active session.
    pub async fn check(
        &self,
        operation: &Operation,
        code: &TaskCode,
        report: &CheckReport,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        check_text("note", report.note.as_deref().unwrap_or_default(), MAX_NOTE)?;
        let recorded = Fact::CheckRecorded(CheckRecorded {
            name: report.name.clone(),
            passed: report.passed,
            command: report.command.clone(),
            exit_code: report.exit_code,
            output_tail: report.output_tail.as_ref().map(|text| text.replace('\0', "\u{fffd}")),
            note: report.note.clone(),
        });
        let request = Request::new(operation, "check.record", &(code, report));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            machine::active(&draft)?;
            draft.record(recorded.clone());
            let answer = TaskAnswer { task: draft.task().clone() };
            Ok(TaskChange { draft, answer })
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Records an approval of the current phase.
    ///
    /// # Errors
    /// A refusal if there is no such task, no active session, or the actor holds the task and may not approve their own work.
    pub async fn approve(
        &self,
        operation: &Operation,
        code: &TaskCode,
        note: Option<&str>,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        check_text("note", note.unwrap_or_default(), MAX_NOTE)?;
        let request = Request::new(operation, "approval.record", &(code, note, &operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            machine::approve(&mut draft, note)?;
            let answer = TaskAnswer { task: draft.task().clone() };
            Ok(TaskChange { draft, answer })
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Links a pull request with a task, in place of the one before. The same one again changes nothing.
    ///
    /// # Errors
    /// A refusal if there is no such task.
    pub async fn link_pull_request(
        &self,
        operation: &Operation,
        code: &TaskCode,
        pull_request: &PullRequest,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let request = Request::new(operation, "git.link_pr", &(code, pull_request));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let linked = draft.task().pull_request.as_ref().map(|linked| &linked.pull_request);
            if linked != Some(pull_request) {
                let previous = linked.map(|linked| linked.url.clone());
                draft.record(Fact::PrLinked(PrLinked { pull_request: pull_request.clone(), previous }));
            }
            let answer = TaskAnswer { task: draft.task().clone() };
            Ok(TaskChange { draft, answer })
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Emits an event that the current phase declares.
    ///
    /// # Errors
    /// A refusal if there is no such task, no active session, or the phase does not declare the type.
    pub async fn emit(
        &self,
        operation: &Operation,
        code: &TaskCode,
        event_type: &EventType,
        payload: &Value,
    ) -> Result<Outcome<EventAnswer>, ServiceError> {
        let payload = &operation.redactor.json(payload.clone());
        check_json("payload", payload, MAX_PAYLOAD)?;
        let request = Request::new(operation, "event.emit", &(code, event_type, payload));
        let scope = TaskScope { template: true, ..TaskScope::of(code) };
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            let session = machine::active(&draft)?;
            let workflow = pinned(context.template.as_ref());
            let phase = machine::current_phase(&session, workflow.as_deref().map_err(Clone::clone))?;
            if !phase.emits(event_type) {
                let mut phases = workflow.iter().flat_map(|workflow| &workflow.phases);
                return Err(Refusal::NotEmitted {
                    event_type: event_type.clone(),
                    current: phase.name.clone(),
                    allowed: phase.events.clone(),
                    emitted_by: phases.find(|other| other.emits(event_type)).map(|other| other.name.clone()),
                });
            }
            draft.record(Fact::Custom(Custom { event_type: event_type.clone(), payload: payload.clone() }));
            let answer =
                EventAnswer { task: draft.task().clone(), event_type: event_type.clone(), payload: payload.clone() };
            Ok(TaskChange { draft, answer })
        };
        Ok(self.store.change_task(&request, &scope, decide).await?)
    }

    /// Saves an artifact, then writes it to the task's folder, so that the folder does not hold an older one.
    ///
    /// # Errors
    /// A refusal if there is no such task; [`ServiceError::NotInFolder`] if the folder does not take the file: then the
    /// content is in the store, and the same call again writes it to the folder.
    pub async fn put_artifact(
        &self,
        operation: &Operation,
        code: &TaskCode,
        file: &ArtifactFile,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let request = Request::new(operation, "artifact.put", &(code, &file.name, &file.sha256));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            draft.save(file);
            let answer = TaskAnswer { task: draft.task().clone() };
            Ok(TaskChange { draft, answer })
        };
        let outcome = self.store.change_task(&request, &TaskScope::of(code), decide).await?;
        // whoever did it first may have been killed before the file was written; what was saved since then is newer
        if !outcome.replayed || self.store.artifact(code, &file.name).await?.as_ref() == Some(&file.content) {
            self.folder.write(code, &file.name, &file.content).map_err(|source| ServiceError::NotInFolder {
                name: file.name.clone(),
                task: code.clone(),
                source: Box::new(source),
            })?;
        }
        Ok(outcome)
    }

    /// Writes the file of an artifact that is to be edited, over one that is there only if it is to be replaced. The store takes
    /// it up with the next completed phase.
    ///
    /// # Errors
    /// [`Refusal::ArtifactExists`] if there is one. A folder that fails leaves the file as it was.
    pub async fn begin_artifact(
        &self,
        operation: &Operation,
        code: &TaskCode,
        file: &ArtifactFile,
        replaces: bool,
    ) -> Result<Outcome<ArtifactBegun>, ServiceError> {
        let found = self.folder.read(code)?;
        let is_there = found.files.iter().any(|there| there.name == file.name)
            || found.refused.iter().any(|(name, _)| name == file.name.as_str());
        let request = Request::new(operation, "artifact.new", &(code, &file.name, replaces));
        let decide = |context: TaskContext| {
            let draft = draft_of(&context, operation)?;
            if is_there && !replaces {
                return Err(Refusal::ArtifactExists { task: code.clone(), name: file.name.clone() });
            }
            Ok(TaskChange { draft, answer: ArtifactBegun { size: file.content.len() as u64 } })
        };
        let outcome = self.store.change_task(&request, &TaskScope::of(code), decide).await?;
        // whoever did it first may have been killed before the file was written; one that is there may have been edited since
        if replaces && !outcome.replayed {
            self.folder.write(code, &file.name, &file.content)?;
        } else if !self.folder.create(code, &file.name, &file.content)? && !outcome.replayed {
            // somebody else was first in this moment
            return Err(Refusal::ArtifactExists { task: code.clone(), name: file.name.clone() }.into());
        }
        Ok(outcome)
    }
}
