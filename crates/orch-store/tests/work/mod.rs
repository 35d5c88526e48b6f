//! The work that tests do on a store of either kind: tasks that are created, and counters in them. Opens no store.

use std::sync::atomic::{AtomicU64, Ordering};

use orch_core::code::TaskCode;
use orch_core::draft::{Draft, Template};
use orch_core::event::{Fact, SessionStarted, TaskUpdated};
use orch_core::operation::{Operation, Request};
use orch_core::refusal::Refusal;
use orch_core::store::{ChangeError, Outcome, TaskChange, TaskContext, TaskScope, TaskStore, TaskTarget};
use orch_core::task::TaskChanges;
use orch_core::testing::fixture;
use orch_store::SqlStore;

/// An operation whose id no other process has.
pub(crate) fn operation() -> Operation {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    fixture::operation(u128::from(std::process::id()) << 64 | u128::from(number), "tester")
}

pub(crate) fn code(text: &str) -> TaskCode {
    TaskCode::new(text).unwrap()
}

pub(crate) async fn create(store: &SqlStore, wanted: Option<&str>) -> Result<Outcome<TaskCode>, ChangeError> {
    let operation = operation();
    let request = Request::new(&operation, "task.create", &wanted);
    let target = TaskTarget::New(wanted.map(code));
    let scope = TaskScope { target, ..TaskScope::of(&code("unused")) };
    let decide = |context: TaskContext| {
        if context.task.is_some() {
            return Err(Refusal::CodeTaken(context.code.to_string()));
        }
        let created = fixture::task_created(context.code.as_str());
        let draft = Draft::creating(created, &operation, context.now);
        Ok(TaskChange { draft, answer: context.code })
    };
    store.change_task(&request, &scope, decide).await
}

pub(crate) async fn change(
    store: &SqlStore,
    operation: &Operation,
    name: &str,
    act: impl Fn(&mut Draft) + Send + Sync,
) -> Result<Outcome<i64>, ChangeError> {
    let request = Request::new(operation, "task.change", &name);
    let decide = |context: TaskContext| {
        let task = context.task.ok_or(Refusal::NoTask(context.code))?;
        let mut draft = Draft::on(task, operation, context.now);
        act(&mut draft);
        let answer = draft.task().version;
        Ok(TaskChange { draft, answer })
    };
    store.change_task(&request, &TaskScope::of(&code(name)), decide).await
}

/// Adds one to `metadata.count`.
pub(crate) fn count_up(draft: &mut Draft) {
    let count = draft.task().metadata.get("count").and_then(serde_json::Value::as_i64).unwrap_or(0);
    let mut changes = TaskChanges::default();
    changes.metadata.insert("count".into(), (count + 1).into());
    draft.record(Fact::TaskUpdated(TaskUpdated { changes, previous: TaskChanges::default() }));
}

pub(crate) async fn count(store: &SqlStore, name: &str) -> i64 {
    let task = store.task(&code(name)).await.unwrap().unwrap();
    task.metadata.get("count").map_or(0, |count| count.as_i64().unwrap())
}

/// Starts a session.
pub(crate) fn start(draft: &mut Draft) {
    let session = fixture::session();
    let template = Template { name: "default".into(), sha256: "0".repeat(64), content: "phases: []".into() };
    draft.pin(template);
    let started = SessionStarted {
        template: session.template.clone(),
        settings: session.settings,
        phases: session.phases.clone(),
        lease_seconds: 3600,
    };
    draft.record_in(Some(session.key), Fact::SessionStarted(started));
}
