//! The port for tasks and everything that belongs to one task. One write method is one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use chrono::{DateTime, Utc};

use super::{Answer, ChangeError, Outcome, Page, StoreError, Window};
use crate::code::{Actor, SprintCode, TaskCode, TaskType};
use crate::draft::{Draft, Template};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::task::{Priority, Task, TaskStatus};

/// The task that a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskTarget {
    /// One that exists.
    Existing(TaskCode),
    /// A new one, with the given code or the next free one (`TSK-001`, `TSK-002`, …; never one that was given out).
    New(Option<TaskCode>),
}

/// What a decision about a task needs to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskScope {
    /// The task.
    pub target: TaskTarget,
    /// Other tasks that the decision speaks of.
    pub related: BTreeSet<TaskCode>,
    /// A sprint that the decision speaks of.
    pub sprint: Option<SprintCode>,
    /// Whether the decision reads the template that the latest session pinned.
    pub template: bool,
}

impl TaskScope {
    /// A scope of one existing task and nothing else.
    #[must_use]
    pub fn of(code: &TaskCode) -> Self {
        Self { target: TaskTarget::Existing(code.clone()), related: BTreeSet::new(), sprint: None, template: false }
    }
}

/// Another task, as far as a decision needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Related {
    /// Where it stands.
    pub status: TaskStatus,
    /// Whether it waits for the target, directly or through others.
    pub waits_for_target: bool,
}

/// The state that a decision is made on, read in the transaction that will write.
#[derive(Debug, Clone)]
pub struct TaskContext {
    /// The code of the target; for a new task the one it will have.
    pub code: TaskCode,
    /// The target; `None` if there is no such task.
    pub task: Option<Task>,
    /// The template that its latest session pinned, if the scope asked for it.
    pub template: Option<Template>,
    /// The related tasks that exist.
    pub related: BTreeMap<TaskCode, Related>,
    /// Whether the sprint of the scope exists; `true` if the scope names none.
    pub sprint_exists: bool,
    /// The store's clock, whole microseconds; never before the target's last event, even if the clock went back.
    pub now: DateTime<Utc>,
}

/// A decision: the task with its new facts, and the answer.
#[derive(Debug, Clone)]
pub struct TaskChange<A> {
    /// What is written. Without facts, nothing is but the answer under its idempotency key.
    pub draft: Draft,
    /// What the caller is told.
    pub answer: A,
}

/// Which tasks to list; an empty list of words means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// One of these statuses.
    pub status: Vec<TaskStatus>,
    /// One of these types.
    pub task_type: Vec<TaskType>,
    /// One of these priorities.
    pub priority: Vec<Priority>,
    /// In this sprint.
    pub sprint: Option<SprintCode>,
    /// Held by this actor, whether their lease lives or has run out.
    pub holder: Option<Actor>,
}

/// Stores tasks with their sessions, artifacts and events.
pub trait TaskStore: Send + Sync {
    /// Makes one change to one task in one transaction.
    ///
    /// Loads the context, calls `decide`, and writes the draft's task, events, contents and template together. `decide` may
    /// be called again with a fresher context if somebody else was first. A request whose idempotency key is known changes
    /// nothing, asks no decision and gives the first answer; neither a refusal nor an error is kept under the key. Tasks and
    /// sprints share the keys.
    ///
    /// A draft may end one session and start another; both are kept, each as the facts left it.
    ///
    /// # Errors
    /// [`ChangeError::Refused`] with what `decide` said; [`StoreError::KeyReused`] if the key belongs to another request;
    /// [`StoreError::Conflict`] if a session starts with a key that any session of the store ever had, or if the draft does
    /// not follow the state in the context (a new task drafted over one that exists). Nothing is written in any of these
    /// cases.
    fn change_task<A: Answer>(
        &self,
        request: &Request,
        scope: &TaskScope,
        decide: impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync,
    ) -> impl Future<Output = Result<Outcome<A>, ChangeError>> + Send;

    /// The task with this code.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn task(&self, code: &TaskCode) -> impl Future<Output = Result<Option<Task>, StoreError>> + Send;

    /// The template that the latest session of a task pinned, also after the session's end.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn pinned_template(&self, code: &TaskCode) -> impl Future<Output = Result<Option<Template>, StoreError>> + Send;

    /// Tasks in the order of their creation, which is the order in the log, whatever the clock said.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn tasks(&self, filter: &TaskFilter, window: Window)
    -> impl Future<Output = Result<Page<Task>, StoreError>> + Send;

    /// Tasks that can be begun: pending, all dependencies completed, and not under a lease that lives. Best first: by
    /// priority, then the one that was created first. A lease lives until the store's clock shows its end.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn ready_tasks(&self, window: Window) -> impl Future<Output = Result<Page<Task>, StoreError>> + Send;
}
