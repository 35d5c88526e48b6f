//! What a case works with: a fresh store, its clock, and the few calls that every transcript needs. Checks no promise itself.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::bug::Bug;
use crate::code::{IdempotencyKey, SprintCode, TaskCode};
use crate::draft::Draft;
use crate::event::{EntityType, Event, Fact, TaskCreated};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::sprint::Sprint;
use crate::store::{
    BugFilter, BugOrder, ChangeError, EventFilter, Outcome, SessionEntry, SessionFilter, SprintTarget, Store,
    TaskChange, TaskContext, TaskFilter, TaskScope, TaskTarget, Window,
};
use crate::task::Task;
use crate::testing::{StepClock, fixture};

use super::fact::{next_sprint, sprint_created};

/// All there is, in one part.
pub const ALL: Window = Window { limit: 10_000, offset: 0 };

/// Everything a store shows, to be compared.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    tasks: Vec<Task>,
    sprints: Vec<Sprint>,
    sessions: Vec<SessionEntry>,
    bugs: Vec<Bug>,
    events: Vec<Event>,
}

/// A store under test with its clock. Clones share both.
#[derive(Debug)]
pub struct Bench<S> {
    /// The store.
    pub store: Arc<S>,
    /// The clock it was opened with.
    pub clock: Arc<StepClock>,
    operations: Arc<AtomicU64>,
}

impl<S> Clone for Bench<S> {
    fn clone(&self) -> Self {
        let (store, clock, operations) = (&self.store, &self.clock, &self.operations);
        Self { store: Arc::clone(store), clock: Arc::clone(clock), operations: Arc::clone(operations) }
    }
}

impl<S: Store> Bench<S> {
    /// A bench of a fresh store and the clock it was opened with.
    #[must_use]
    pub fn new(store: S, clock: Arc<StepClock>) -> Self {
        Self { store: Arc::new(store), clock, operations: Arc::default() }
    }

    /// A request of a new operation, without an idempotency key.
    #[must_use]
    pub fn request(&self, actor: &str) -> Request {
        let number = self.operations.fetch_add(1, Ordering::Relaxed) + 1;
        Request::new(&fixture::operation(number.into(), actor), "test", &())
    }

    /// A request of a new operation under an idempotency key.
    #[must_use]
    pub fn keyed(&self, key: &str, name: &'static str, arguments: &impl Serialize) -> Request {
        let mut operation = self.request("tester").operation;
        operation.key = Some(IdempotencyKey::new(key).expect("a valid key"));
        Request::new(&operation, name, arguments)
    }

    /// Creates a task with this code or the next free one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn try_create(&self, request: &Request, code: Option<&str>) -> Result<Outcome<Task>, ChangeError> {
        let target = TaskTarget::New(code.map(task_code));
        let created = fixture::task_created("any");
        self.store.change_task(request, &scope(target), |context| create(&context, &created, request)).await
    }

    /// Creates the task with this code.
    pub async fn create(&self, code: &str) -> Task {
        self.create_as(fixture::task_created(code)).await
    }

    /// Creates this task.
    pub async fn create_as(&self, created: TaskCreated) -> Task {
        let request = self.request("tester");
        let scope = scope(TaskTarget::New(Some(created.task_code.clone())));
        let outcome = self.store.change_task(&request, &scope, |context| create(&context, &created, &request)).await;
        outcome.expect("the task is created").answer
    }

    /// Creates the sprint with this code.
    pub async fn create_sprint(&self, code: &str) -> Sprint {
        let request = self.request("tester");
        let target = SprintTarget::New(Some(sprint_code(code)));
        let outcome = self.change_sprint(&request, &target, |code| vec![sprint_created(code)]).await;
        outcome.expect("the sprint is created").answer
    }

    /// Changes a sprint; the answer is the sprint.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn change_sprint(
        &self,
        request: &Request,
        target: &SprintTarget,
        facts: impl Fn(&SprintCode) -> Vec<Fact> + Send + Sync,
    ) -> Result<Outcome<Sprint>, ChangeError> {
        self.store.change_sprint(request, target, |context| next_sprint(request, context, &facts)).await
    }

    /// The sprint with this code, which is there.
    pub async fn sprint(&self, code: &str) -> Sprint {
        let sprint = self.store.sprint(&sprint_code(code)).await.expect("sprints can be read");
        sprint.unwrap_or_else(|| panic!("sprint {code} is not there"))
    }

    /// Changes a task; the answer is its version.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn try_change(
        &self,
        request: &Request,
        code: &str,
        edit: impl Fn(&mut Draft) + Send + Sync,
    ) -> Result<Outcome<i64>, ChangeError> {
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, request)?;
            edit(&mut draft);
            Ok(TaskChange { answer: draft.task().version, draft })
        };
        self.store.change_task(request, &TaskScope::of(&task_code(code)), decide).await
    }

    /// Changes a task as `tester`.
    pub async fn change(&self, code: &str, edit: impl Fn(&mut Draft) + Send + Sync) -> Outcome<i64> {
        self.try_change(&self.request("tester"), code, edit).await.expect("the task is changed")
    }

    /// The context that a decision in this scope sees. Changes nothing.
    pub async fn look(&self, scope: &TaskScope) -> TaskContext {
        let seen = std::sync::Mutex::new(None);
        let decide = |context: TaskContext| {
            let refusal = Refusal::NoTask(context.code.clone());
            *seen.lock().expect("nobody panicked") = Some(context);
            Err::<TaskChange<()>, _>(refusal)
        };
        let refused = self.store.change_task(&self.request("tester"), scope, decide).await;
        assert!(matches!(refused, Err(ChangeError::Refused(_))), "the refusal comes back: {refused:?}");
        seen.into_inner().expect("nobody panicked").expect("the decision is asked")
    }

    /// The task with this code, which is there.
    pub async fn task(&self, code: &str) -> Task {
        let task = self.store.task(&task_code(code)).await.expect("tasks can be read");
        task.unwrap_or_else(|| panic!("task {code} is not there"))
    }

    /// The codes of tasks under a filter.
    pub async fn codes(&self, filter: &TaskFilter) -> Vec<String> {
        let page = self.store.tasks(filter, ALL).await.expect("tasks can be read");
        assert_eq!(page.total, page.items.len() as u64, "the total of {filter:?}");
        page.items.iter().map(|task| task.code.to_string()).collect()
    }

    /// The codes of the ready tasks, best first.
    pub async fn ready(&self) -> Vec<String> {
        let page = self.store.ready_tasks(ALL).await.expect("ready tasks can be read");
        assert_eq!(page.total, page.items.len() as u64, "the total of ready tasks");
        page.items.iter().map(|task| task.code.to_string()).collect()
    }

    /// The events under a filter.
    pub async fn events(&self, filter: EventFilter) -> Vec<Event> {
        self.store.events(&filter, ALL.limit).await.expect("events can be read")
    }

    /// The whole log of one task.
    pub async fn log(&self, code: &str) -> Vec<Event> {
        self.events(EventFilter { entity: Some((EntityType::Task, code.into())), ..EventFilter::default() }).await
    }

    /// Everything that the store shows now.
    pub async fn snapshot(&self) -> Snapshot {
        let sessions = self.store.sessions(&SessionFilter::default(), ALL).await.expect("sessions can be read");
        let bugs = self.store.bugs(&BugFilter::default(), BugOrder::Code, ALL).await.expect("bugs can be read");
        Snapshot {
            tasks: self.store.tasks(&TaskFilter::default(), ALL).await.expect("tasks can be read").items,
            sprints: self.store.sprints(ALL).await.expect("sprints can be read").items,
            sessions: sessions.items,
            bugs: bugs.items,
            events: self.events(EventFilter::default()).await,
        }
    }
}

/// A draft on the task of a context.
///
/// # Errors
/// [`Refusal::NoTask`] where there is none.
pub fn draft_of(context: &TaskContext, request: &Request) -> Result<Draft, Refusal> {
    let task = context.task.clone().ok_or_else(|| Refusal::NoTask(context.code.clone()))?;
    Ok(Draft::on(task, &request.operation, context.now))
}

fn create(context: &TaskContext, created: &TaskCreated, request: &Request) -> Result<TaskChange<Task>, Refusal> {
    if context.task.is_some() {
        return Err(Refusal::CodeTaken(context.code.to_string()));
    }
    let created = TaskCreated { task_code: context.code.clone(), ..created.clone() };
    let draft = Draft::creating(created, &request.operation, context.now);
    Ok(TaskChange { answer: draft.task().clone(), draft })
}

/// A scope that shows nothing but the target.
#[must_use]
pub fn scope(target: TaskTarget) -> TaskScope {
    TaskScope { target, ..TaskScope::of(&task_code("any")) }
}

/// The task code with this text.
#[must_use]
pub fn task_code(text: &str) -> TaskCode {
    TaskCode::new(text).expect("a valid code")
}

/// The sprint code with this text.
#[must_use]
pub fn sprint_code(text: &str) -> SprintCode {
    SprintCode::new(text).expect("a valid code")
}

/// Sees to it that a change was refused by the rules.
pub fn assert_refused<A: Debug>(result: Result<A, ChangeError>) -> Refusal {
    match result {
        Err(ChangeError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
