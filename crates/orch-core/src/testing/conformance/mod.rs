//! The suite that every store passes, one public function a case. Knows no adapter: whoever has one brings it.
#![expect(clippy::missing_panics_doc, reason = "each case panics where the store breaks its promise")]

pub mod changes;
pub mod events;
pub mod idempotency;
pub mod sessions;
pub mod tasks;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::code::{IdempotencyKey, SprintCode, TaskCode};
use crate::draft::Draft;
use crate::event::{EntityType, Event, Fact, SprintCreated, StatusUpdated, TaskCreated, TaskUpdated};
use crate::fold::{self, Circumstance};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::sprint::Sprint;
use crate::store::{
    ChangeError, EventFilter, Outcome, SprintChange, SprintTarget, Store, TaskChange, TaskScope, TaskTarget,
};
use crate::task::{Task, TaskChanges, TaskStatus};
use crate::testing::fixture;

/// Makes one `#[tokio::test]` of each case. `$open` is an `async fn(Arc<StepClock>) -> impl Store` that opens an empty
/// store which lives by the clock. The crate that calls it needs `tokio` with the feature `macros`.
#[macro_export]
macro_rules! store_conformance {
    ($open:path) => {
        $crate::store_conformance! { @cases $open;
            tasks {
                codes_are_given_out_once,
                a_taken_code_is_seen,
                a_change_to_a_missing_task_sees_none,
                a_task_comes_back_whole,
                lists_are_filtered_and_cut,
                ready_tasks_come_best_first,
                related_tasks_tell_whether_they_wait,
                sprints_come_back_whole,
            }
            changes {
                a_refusal_writes_nothing,
                an_empty_draft_writes_nothing,
                no_concurrent_change_is_lost,
                concurrent_creations_get_a_code_each,
                the_clock_may_go_back,
            }
            sessions {
                a_session_is_seen_from_start_to_end,
                a_restart_leaves_the_old_session_ended,
                sessions_are_filtered_and_cut,
                a_taken_session_key_is_a_conflict,
                the_latest_template_is_pinned,
                artifacts_come_back_byte_for_byte,
            }
            events {
                each_entity_counts_its_events,
                all_fields_come_back,
                filters_choose,
                a_reader_by_pages_sees_each_once,
                times_are_whole_microseconds,
                the_log_makes_the_state,
            }
            idempotency {
                a_repeated_key_changes_nothing,
                a_key_belongs_to_one_request,
                a_refusal_is_not_kept,
                an_empty_draft_is_kept,
                a_sprint_is_made_once,
                a_key_used_at_once_has_one_effect,
            }
        }
    };
    (@cases $open:path; $($port:ident { $($case:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let clock = ::std::sync::Arc::new($crate::testing::StepClock::new($crate::testing::fixture::now()));
                let store = ::std::sync::Arc::new($open(::std::sync::Arc::clone(&clock)).await);
                $crate::testing::conformance::$port::$case(&store, &clock).await;
            }
        )*)*
    };
}

static OPERATIONS: AtomicU64 = AtomicU64::new(1);

/// An operation with an id of its own.
fn operation(actor: &str) -> Operation {
    fixture::operation(u128::from(OPERATIONS.fetch_add(1, Ordering::Relaxed)), actor)
}

/// An operation that may be repeated.
fn keyed(actor: &str, key: &str) -> Operation {
    Operation { key: Some(IdempotencyKey::new(key).expect("a valid key")), ..operation(actor) }
}

fn code(text: &str) -> TaskCode {
    TaskCode::new(text).expect("a valid code")
}

fn scope_of_new(code: Option<&str>) -> TaskScope {
    TaskScope { target: TaskTarget::New(code.map(self::code)), related: BTreeSet::new(), sprint: None, template: false }
}

/// Creates a task with this code, or the next free one, as `edit` would have it.
async fn create<S: Store>(
    store: &S,
    operation: &Operation,
    code: Option<&str>,
    edit: impl Fn(&mut TaskCreated) + Send + Sync,
) -> Result<Outcome<Task>, ChangeError> {
    let request = Request::new(operation, "task.create", &code);
    let decide = |context: crate::store::TaskContext| {
        if context.task.is_some() {
            return Err(Refusal::CodeTaken(context.code.to_string()));
        }
        let mut created = fixture::task_created(context.code.as_str());
        edit(&mut created);
        let draft = Draft::creating(created, operation.actor.clone(), context.now);
        let answer = draft.task().clone();
        Ok(TaskChange { draft, answer })
    };
    store.change_task(&request, &scope_of_new(code), decide).await
}

/// A new task, changed by `edit` before it is created.
async fn task<S: Store>(store: &S, code: &str, edit: impl Fn(&mut TaskCreated) + Send + Sync) -> Task {
    create(store, &operation("tester"), Some(code), edit).await.expect("a task is created").answer
}

/// Changes a task.
async fn change<S: Store>(
    store: &S,
    operation: &Operation,
    code: &TaskCode,
    act: impl Fn(&mut Draft) -> Result<(), Refusal> + Send + Sync,
) -> Result<Outcome<Task>, ChangeError> {
    let request = Request::new(operation, "task.change", code);
    let decide = |context: crate::store::TaskContext| {
        let task = context.task.ok_or(Refusal::NoTask(context.code))?;
        let mut draft = Draft::on(task, operation.actor.clone(), context.now);
        act(&mut draft)?;
        let answer = draft.task().clone();
        Ok(TaskChange { draft, answer })
    };
    store.change_task(&request, &TaskScope::of(code), decide).await
}

/// Adds facts to a task.
async fn record<S: Store>(store: &S, code: &TaskCode, facts: &[Fact]) -> Task {
    let act = |draft: &mut Draft| {
        for fact in facts {
            draft.record(fact.clone());
        }
        Ok(())
    };
    change(store, &operation("tester"), code, act).await.expect("facts are recorded").answer
}

fn updated(changes: TaskChanges) -> Fact {
    Fact::TaskUpdated(TaskUpdated { changes, previous: TaskChanges::default() })
}

fn titled(title: &str) -> Fact {
    updated(TaskChanges { title: Some(title.to_owned()), ..TaskChanges::default() })
}

fn status(old_status: TaskStatus, new_status: TaskStatus) -> Fact {
    Fact::StatusUpdated(StatusUpdated { old_status, new_status })
}

/// Creates a sprint with this code, or the next free one.
async fn sprint<S: Store>(
    store: &S,
    operation: &Operation,
    code: Option<&str>,
) -> Result<Outcome<Sprint>, ChangeError> {
    let given = code.map(|code| SprintCode::new(code).expect("a valid code"));
    let request = Request::new(operation, "sprint.create", &code);
    let decide = |context: crate::store::SprintContext| {
        if context.sprint.is_some() {
            return Err(Refusal::CodeTaken(context.code.to_string()));
        }
        let title = "Autumn".to_owned();
        let created = SprintCreated { sprint_code: context.code, title, metadata: serde_json::Map::new() };
        let fact = Fact::SprintCreated(created);
        let circumstance = Circumstance { actor: &operation.actor, at: context.now, session_key: None };
        let sprint = fold::sprint_after(None, &fact, circumstance).expect("a creation comes first");
        Ok(SprintChange { answer: sprint.clone(), sprint, facts: vec![fact] })
    };
    store.change_sprint(&request, &SprintTarget::New(given), decide).await
}

/// The whole log.
async fn all_events<S: Store>(store: &S) -> Vec<Event> {
    store.events(&EventFilter::default(), 100_000).await.expect("the log is read")
}

/// The log of one task.
async fn log<S: Store>(store: &S, code: &TaskCode) -> Vec<Event> {
    let entity = Some((EntityType::Task, code.to_string()));
    store.events(&EventFilter { entity, ..EventFilter::default() }, 100_000).await.expect("the log is read")
}

/// The task as the store has it.
async fn stored<S: Store>(store: &S, code: &TaskCode) -> Task {
    store.task(code).await.expect("the task is read").expect("the task is there")
}

/// Checks that a task is what its events say.
async fn assert_follows_from_log<S: Store>(store: &S, code: &TaskCode) {
    let folded = fold::fold_task(&log(store, code).await).expect("the log fits");
    assert_eq!(folded, Some(stored(store, code).await), "the fold of the log is the stored task {code}");
}

#[cfg(test)]
mod in_memory {
    use std::sync::Arc;

    use crate::testing::{MemoryStore, StepClock};

    async fn open(clock: Arc<StepClock>) -> MemoryStore {
        MemoryStore::new(clock)
    }

    crate::store_conformance!(open);
}
