//! Cases of idempotency keys: one effect, one answer, and no other request under the same key.

use super::bench::{Bench, assert_refused, draft_of, scope, sprint_code, task_code};
use super::fact::{rename, sprint_created};
use crate::draft::Draft;
use crate::operation::{OperationId, Request};
use crate::refusal::Refusal;
use crate::store::{
    ChangeError, Outcome, SprintTarget, Store, StoreError, TaskChange, TaskContext, TaskScope, TaskTarget,
};
use crate::testing::fixture;

fn assert_reused<A: std::fmt::Debug>(result: Result<A, ChangeError>, expected: &OperationId) {
    match result {
        Err(ChangeError::Store(StoreError::KeyReused { first })) => assert_eq!(first, *expected, "the first operation"),
        other => panic!("expected a refusal of the key, got {other:?}"),
    }
}

async fn rename_with<S: Store>(bench: &Bench<S>, request: &Request, title: &str) -> Result<Outcome<i64>, ChangeError> {
    bench.try_change(request, "TSK-001", |draft| rename(draft, title)).await
}

/// The second call changes nothing, asks no decision, and gives the answer, operation and events of the first.
pub async fn the_same_key_gives_the_same_answer<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let first_request = bench.keyed("k 1 ~", "task.update", &("TSK-001", "x"));
    let first = rename_with(bench, &first_request, "x").await.expect("the task is changed");
    assert!(!first.replayed && first.operation_id == first_request.operation.id, "{first:?}");
    let before = bench.snapshot().await;
    bench.clock.advance(60);
    let mut again = bench.keyed("k 1 ~", "task.update", &("TSK-001", "x"));
    again.operation.actor = fixture::actor("someone else");
    let second = rename_with(bench, &again, "not looked at").await.expect("the call is answered");
    assert_eq!(second, Outcome { replayed: true, ..first });
    assert_eq!(bench.snapshot().await, before);
    let refusing = |_: TaskContext| Err::<TaskChange<i64>, _>(Refusal::EmptyReason);
    let third = bench.store.change_task(&again, &TaskScope::of(&task_code("TSK-001")), refusing).await;
    assert_eq!(third.expect("no decision is asked"), second);
}

/// A key under which another request went is refused, and the refusal names the first operation.
pub async fn a_key_of_another_request_is_refused<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let first = bench.keyed("key", "task.update", &"x");
    rename_with(bench, &first, "x").await.expect("the task is changed");
    let before = bench.snapshot().await;
    for (name, arguments) in [("task.update", "y"), ("task.claim", "x"), ("", "")] {
        let other = bench.keyed("key", name, &arguments);
        assert_reused(rename_with(bench, &other, "y").await, &first.operation.id);
        let sprint = bench.change_sprint(&other, &SprintTarget::New(None), |code| vec![sprint_created(code)]).await;
        assert_reused(sprint, &first.operation.id);
    }
    assert_eq!(bench.snapshot().await, before);
    let key_in_capitals = bench.keyed("KEY", "task.update", &"y");
    assert!(
        rename_with(bench, &key_in_capitals, "y").await.is_ok_and(|outcome| !outcome.replayed),
        "keys differ in case"
    );
    let no_key = bench.request("tester");
    for _ in 0..2 {
        assert!(rename_with(bench, &no_key, "z").await.is_ok_and(|outcome| !outcome.replayed), "no key, no replay");
    }
    assert_eq!(bench.task("TSK-001").await.version, 5);
}

/// A refused request may be asked again under its key, and another may take the key.
pub async fn a_refusal_is_not_kept<S: Store>(bench: &Bench<S>) {
    let early = bench.keyed("key", "task.update", &"x");
    assert_refused(rename_with(bench, &early, "x").await);
    bench.create("TSK-001").await;
    let outcome = rename_with(bench, &early, "x").await.expect("the task is changed");
    assert!(!outcome.replayed && outcome.answer == 2, "{outcome:?}");
    assert_refused(bench.try_change(&bench.keyed("other", "a", &()), "TSK-404", |_| ()).await);
    let taken_over = bench.keyed("other", "b", &());
    assert!(!rename_with(bench, &taken_over, "y").await.expect("the key is free").replayed, "the key is free");
}

/// An answer is kept under its key even where nothing changed.
pub async fn a_change_without_facts_is_kept<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let request = bench.keyed("key", "task.update", &"same");
    let first = bench.try_change(&request, "TSK-001", |_| ()).await.expect("the call is answered");
    assert_eq!((first.answer, first.replayed, first.event_ids.len()), (1, false, 0));
    bench.change("TSK-001", |draft| rename(draft, "x")).await;
    let again = bench.keyed("key", "task.update", &"same");
    let second = rename_with(bench, &again, "y").await.expect("the call is answered");
    assert_eq!(second, Outcome { replayed: true, ..first });
    assert_eq!(bench.task("TSK-001").await.title, "x");
    let other = bench.keyed("key", "task.update", &"another");
    assert_reused(rename_with(bench, &other, "y").await, &request.operation.id);
}

/// A creation that is asked twice makes one task, and gives out one code.
pub async fn a_creation_is_not_repeated<S: Store>(bench: &Bench<S>) {
    let first = bench.try_create(&bench.keyed("key", "task.create", &()), None).await.expect("the task is created");
    let second = bench.try_create(&bench.keyed("key", "task.create", &()), None).await.expect("the call is answered");
    assert_eq!(second, Outcome { replayed: true, ..first.clone() });
    assert_eq!(bench.task("TSK-001").await, first.answer);
    let next = bench.try_create(&bench.request("tester"), None).await.expect("the task is created");
    assert_eq!(next.answer.code.as_str(), "TSK-002");
    let given = bench.keyed("given", "task.create", &"A");
    bench.try_create(&given, Some("A")).await.expect("the task is created");
    assert!(bench.try_create(&given, Some("A")).await.is_ok_and(|outcome| outcome.replayed), "not a taken code");
}

/// The same of sprints; tasks and sprints share the keys.
pub async fn a_sprint_is_not_repeated<S: Store>(bench: &Bench<S>) {
    let create = async |request: Request, target: SprintTarget| {
        bench.change_sprint(&request, &target, |code| vec![sprint_created(code)]).await
    };
    let request = bench.keyed("key", "sprint.create", &());
    let first = create(request.clone(), SprintTarget::New(None)).await.expect("the sprint is created");
    let second = create(bench.keyed("key", "sprint.create", &()), SprintTarget::New(None)).await;
    assert_eq!(second.expect("the call is answered"), Outcome { replayed: true, ..first.clone() });
    assert_eq!(bench.sprint("SPR-001").await, first.answer);
    let task = bench.try_create(&bench.keyed("key", "task.create", &()), None).await;
    assert_reused(task, &request.operation.id);
    let early = bench.keyed("early", "sprint.update", &());
    let target = SprintTarget::Existing(sprint_code("SPR-001"));
    assert_refused(create(early.clone(), target.clone()).await);
    let empty = bench.change_sprint(&early, &target, |_| Vec::new()).await.expect("a refusal is not kept");
    assert!(!empty.replayed, "a refusal is not kept");
    let again = bench.change_sprint(&early, &target, |_| Vec::new()).await.expect("the call is answered");
    assert!(again.replayed, "an answer without facts is kept");
}

/// An old key still gives its old answer after the task has changed, and in any scope.
pub async fn a_key_outlives_later_changes<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let request = bench.keyed("key", "test", &());
    let answer =
        |draft: Draft| TaskChange { answer: (draft.task().clone(), "ünï \u{1}".to_owned(), u64::MAX), draft };
    let decide = |context: TaskContext| {
        let mut draft = draft_of(&context, &request)?;
        rename(&mut draft, "x");
        Ok(answer(draft))
    };
    let of_task = TaskScope::of(&task_code("TSK-001"));
    let first = bench.store.change_task(&request, &of_task, decide).await.expect("the task is changed");
    for title in ["y", "z"] {
        bench.change("TSK-001", |draft| rename(draft, title)).await;
    }
    let elsewhere = scope(TaskTarget::Existing(task_code("TSK-404")));
    for scope in [of_task, elsewhere] {
        let again = bench.store.change_task(&request, &scope, decide).await.expect("the call is answered");
        assert_eq!(again, Outcome { replayed: true, ..first.clone() });
    }
    assert_eq!(bench.task("TSK-001").await.title, "z");
}

/// What the same operation did afterwards without the key, as hooks do, is no part of the kept answer.
pub async fn later_changes_of_the_operation_do_not_count<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let request = bench.keyed("key", "test", &());
    let first = rename_with(bench, &request, "x").await.expect("the task is changed");
    let mut hook = bench.request("tester");
    hook.operation.id = request.operation.id.clone();
    assert!(!rename_with(bench, &hook, "y").await.expect("the task is changed").replayed, "a hook has no key");
    let again = rename_with(bench, &bench.keyed("key", "test", &()), "z").await.expect("the call is answered");
    assert_eq!(again, Outcome { replayed: true, ..first });
}
