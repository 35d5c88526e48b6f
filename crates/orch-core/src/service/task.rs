//! Creating, changing and claiming tasks. Sessions are not started here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::record::TaskAnswer;
use super::{ServiceError, check_metadata, check_text, check_title, draft_of};
use crate::code::{Actor, TaskCode};
use crate::draft::Draft;
use crate::event::{
    Fact, StatusUpdated, TaskClaimed, TaskCreated, TaskHandedOver, TaskNoted, TaskReleased, TaskUpdated,
};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::store::{ChangeError, Outcome, Store, TaskChange, TaskContext, TaskScope, TaskTarget, Window};
use crate::task::{MAX_DESCRIPTION, NewTask, Task, TaskChanges, TaskStatus};

/// How many ready tasks are looked at in one go when the next one is claimed.
const CLAIM_BATCH: u64 = 20;
/// The most characters of a note.
pub const MAX_NOTE: usize = 4_096;

/// What is asked of an existing task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TaskUpdate {
    /// Columns, metadata and dependencies.
    pub changes: TaskChanges,
    /// Another status.
    pub status: Option<TaskStatus>,
}

/// Creates, changes and claims tasks.
#[derive(Debug, Clone, Copy)]
pub struct TaskService<'a, S> {
    /// Where tasks are stored.
    pub store: &'a S,
}

impl<S: Store> TaskService<'_, S> {
    /// Creates a task.
    ///
    /// # Errors
    /// A refusal if the text is not acceptable, the code is taken, or the sprint or a dependency does not exist.
    pub async fn create(&self, operation: &Operation, new: &NewTask) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let new = &operation.redactor.task(new);
        check_title(&new.title)?;
        check_text("description", &new.description, MAX_DESCRIPTION)?;
        check_metadata(&new.metadata)?;
        let scope = TaskScope {
            target: TaskTarget::New(new.code.clone()),
            related: new.after.clone(),
            sprint: new.sprint.clone(),
            template: false,
        };
        let request = Request::new(operation, "task.create", new);
        let decide = |context: TaskContext| {
            if context.task.is_some() {
                return Err(Refusal::CodeTaken(format!("task {}", context.code)));
            }
            check_related(&context, &new.after, new.sprint.as_ref())?;
            let created = TaskCreated {
                task_code: context.code.clone(),
                title: new.title.clone(),
                description: new.description.clone(),
                task_type: new.task_type.clone(),
                priority: new.priority,
                sprint_code: new.sprint.clone(),
                after: new.after.iter().cloned().collect(),
                metadata: new.metadata.clone(),
            };
            Ok(answer(Draft::creating(created, operation, context.now)))
        };
        Ok(self.store.change_task(&request, &scope, decide).await?)
    }

    /// Changes a task. What it shows already is no change.
    ///
    /// # Errors
    /// A refusal if there is no such task, the text is not acceptable, a dependency would make a circle, or the status
    /// belongs to the active session.
    pub async fn update(
        &self,
        operation: &Operation,
        code: &TaskCode,
        update: &TaskUpdate,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        // what differs from the task in a secret alone is no change
        let update = &TaskUpdate { changes: operation.redactor.task_changes(&update.changes), status: update.status };
        let changes = &update.changes;
        changes.title.as_deref().map_or(Ok(()), check_title)?;
        check_text("description", changes.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION)?;
        check_metadata(&changes.metadata)?;
        let scope = TaskScope { related: changes.after.clone(), sprint: changes.sprint.clone(), ..TaskScope::of(code) };
        let request = Request::new(operation, "task.update", &(code, update));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            check_related(&context, &changes.after, changes.sprint.as_ref())?;
            let effective = changes.clone().effective(draft.task());
            if !effective.is_empty() {
                let previous = previous(draft.task(), &effective);
                draft.record(Fact::TaskUpdated(TaskUpdated { changes: effective, previous }));
            }
            if let Some(status) = update.status {
                set_status(&mut draft, status)?;
            }
            Ok(answer(draft))
        };
        Ok(self.store.change_task(&request, &scope, decide).await?)
    }

    /// Takes the right to work on a task, or renews it.
    ///
    /// # Errors
    /// A refusal if there is no such task, it is closed, or somebody else holds it.
    pub async fn claim(
        &self,
        operation: &Operation,
        code: &TaskCode,
        lease_seconds: u32,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let request = Request::new(operation, "task.claim", &(code, lease_seconds, &operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            claim(&mut draft, lease_seconds)?;
            Ok(answer(draft))
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Claims the best ready task. Two callers never get the same one.
    ///
    /// # Errors
    /// [`Refusal::NothingReady`] if no task is ready.
    pub async fn claim_next(
        &self,
        operation: &Operation,
        lease_seconds: u32,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let request = Request::new(operation, "task.claim_next", &(lease_seconds, &operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            if draft.task().status != TaskStatus::Pending || draft.task().lease.as_ref().is_some_and(lives(&context)) {
                return Err(Refusal::NothingReady);
            }
            claim(&mut draft, lease_seconds)?;
            Ok(answer(draft))
        };
        loop {
            let ready = self.store.ready_tasks(Window { limit: CLAIM_BATCH, offset: 0 }).await?;
            if ready.items.is_empty() {
                // the key may have an answer from when there was one; a change of no task asks for it
                let (target, related) = (TaskTarget::New(None), BTreeSet::new());
                let none = TaskScope { target, related, sprint: None, template: false };
                return Ok(self.store.change_task(&request, &none, |_| Err(Refusal::NothingReady)).await?);
            }
            for task in ready.items {
                match self.store.change_task(&request, &TaskScope::of(&task.code), decide).await {
                    Err(ChangeError::Refused(Refusal::NothingReady)) => {}
                    other => return Ok(other?),
                }
            }
        }
    }

    /// Hands the right to work on a task to somebody, who goes on with its session without taking it over. Whoever has the right
    /// gives it, or anybody where nobody has.
    ///
    /// # Errors
    /// A refusal if there is no such task, it is closed, somebody else holds it, or it would be handed to oneself.
    pub async fn hand_over(
        &self,
        operation: &Operation,
        code: &TaskCode,
        to: &Actor,
        note: Option<&str>,
        lease_seconds: u32,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        check_text("note", note.unwrap_or_default(), MAX_NOTE)?;
        let request = Request::new(operation, "task.hand_over", &(code, to, note, lease_seconds, &operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            if to == draft.actor() {
                return Err(Refusal::Invalid { what: "receiver", problem: format!("is {to}, who acts") });
            }
            refuse_closed(&draft)?;
            refuse_held(&draft)?;
            let (from, note) =
                (draft.task().lease.as_ref().map(|lease| lease.holder.clone()), note.map(ToOwned::to_owned));
            draft.record(Fact::TaskHandedOver(TaskHandedOver { from, to: to.clone(), lease_seconds, note }));
            Ok(answer(draft))
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Leaves a note for whoever works on a task next. Anybody may.
    ///
    /// # Errors
    /// A refusal if there is no such task, or the note is empty or too long.
    pub async fn note(
        &self,
        operation: &Operation,
        code: &TaskCode,
        note: &str,
    ) -> Result<Outcome<TaskAnswer>, ServiceError> {
        check_text("note", note, MAX_NOTE)?;
        if note.trim().is_empty() {
            return Err(Refusal::Invalid { what: "note", problem: "is empty".into() }.into());
        }
        let request = Request::new(operation, "task.note", &(code, note));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            draft.record(Fact::TaskNoted(TaskNoted { note: note.to_owned() }));
            Ok(answer(draft))
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }

    /// Gives the right to work on a task back; nothing happens where nobody holds it.
    ///
    /// # Errors
    /// A refusal if there is no such task, or somebody else holds it.
    pub async fn release(&self, operation: &Operation, code: &TaskCode) -> Result<Outcome<TaskAnswer>, ServiceError> {
        let request = Request::new(operation, "task.release", &(code, &operation.actor));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, operation)?;
            if let Some(lease) = draft.task().lease.clone() {
                refuse_held(&draft)?;
                draft.record(Fact::TaskReleased(TaskReleased { holder: lease.holder }));
            }
            Ok(answer(draft))
        };
        Ok(self.store.change_task(&request, &TaskScope::of(code), decide).await?)
    }
}

fn answer(draft: Draft) -> TaskChange<TaskAnswer> {
    let answer = TaskAnswer { task: draft.task().clone() };
    TaskChange { draft, answer }
}

fn lives(context: &TaskContext) -> impl Fn(&crate::task::Lease) -> bool {
    let now = context.now;
    move |lease| now < lease.expires_at
}

fn refuse_closed(draft: &Draft) -> Result<(), Refusal> {
    let task = draft.task();
    if task.status.is_closed() {
        return Err(Refusal::WrongStatus { task: task.code.clone(), status: task.status });
    }
    Ok(())
}

fn claim(draft: &mut Draft, lease_seconds: u32) -> Result<(), Refusal> {
    refuse_closed(draft)?;
    refuse_held(draft)?;
    let holder = draft.actor().clone();
    let from = draft.task().lease.as_ref().map(|lease| lease.holder.clone()).filter(|other| *other != holder);
    draft.record(Fact::TaskClaimed(TaskClaimed { holder, lease_seconds, from }));
    Ok(())
}

fn refuse_held(draft: &Draft) -> Result<(), Refusal> {
    let (task, actor): (&Task, &Actor) = (draft.task(), draft.actor());
    match &task.lease {
        Some(lease) if lease.shuts_out(actor, draft.now()) => Err(Refusal::Held {
            task: task.code.clone(),
            holder: lease.holder.clone(),
            expires_at: lease.expires_at,
            expired: false,
        }),
        _ => Ok(()),
    }
}

fn set_status(draft: &mut Draft, new_status: TaskStatus) -> Result<(), Refusal> {
    let task = draft.task();
    let old_status = task.status;
    if old_status == new_status {
        return Ok(());
    }
    if let Some(session) = task.active_session()
        && !matches!(new_status, TaskStatus::InProgress | TaskStatus::Blocked)
    {
        return Err(Refusal::SessionActive {
            task: task.code.clone(),
            session: session.key.clone(),
            status: new_status,
        });
    }
    draft.record(Fact::StatusUpdated(StatusUpdated { old_status, new_status }));
    Ok(())
}

fn check_related(
    context: &TaskContext,
    after: &BTreeSet<TaskCode>,
    sprint: Option<&crate::code::SprintCode>,
) -> Result<(), Refusal> {
    if let Some(sprint) = sprint.filter(|_| !context.sprint_exists) {
        return Err(Refusal::NoSprint(sprint.clone()));
    }
    for code in after {
        let circle = || Refusal::Circle { task: context.code.clone(), after: code.clone() };
        match context.related.get(code) {
            _ if *code == context.code => return Err(circle()),
            None => return Err(Refusal::NoTask(code.clone())),
            Some(related) if related.waits_for_target => return Err(circle()),
            Some(_) => {}
        }
    }
    Ok(())
}

fn previous(task: &Task, changes: &TaskChanges) -> TaskChanges {
    let null = serde_json::Value::Null;
    TaskChanges {
        title: changes.title.as_ref().map(|_| task.title.clone()),
        description: changes.description.as_ref().map(|_| task.description.clone()),
        task_type: changes.task_type.as_ref().map(|_| task.task_type.clone()),
        priority: changes.priority.map(|_| task.priority),
        sprint: changes.sprint.as_ref().and(task.sprint.clone()),
        metadata: changes
            .metadata
            .keys()
            .map(|key| (key.clone(), task.metadata.get(key).unwrap_or(&null).clone()))
            .collect(),
        after: BTreeSet::new(),
        not_after: BTreeSet::new(),
    }
}
