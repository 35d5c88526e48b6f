//! Cases about single changes: what is refused, what happens at once, and when. Does not look at lists.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, json};
use tokio::sync::Barrier;

use super::{
    all_events, assert_follows_from_log, change, code, create, log, operation, scope_of_new, stored, task, titled,
    updated,
};
use crate::clock::Clock;
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::store::{ChangeError, Store, TaskChange, TaskContext, TaskFilter, Window};
use crate::task::TaskChanges;
use crate::testing::StepClock;

/// A refused change leaves no trace, whatever the draft held.
pub async fn a_refusal_writes_nothing<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let before = task(&**store, "TSK-001", |_| {}).await;
    let outcome = change(&**store, &operation("tester"), &before.code, |draft| {
        draft.record(titled("never"));
        Err(Refusal::NothingReady)
    })
    .await;
    assert!(matches!(outcome, Err(ChangeError::Refused(Refusal::NothingReady))), "{outcome:?}");
    let by = operation("tester");
    let request = Request::new(&by, "task.create", &0);
    let refuse = |_: TaskContext| -> Result<TaskChange<u8>, Refusal> { Err(Refusal::NothingReady) };
    let outcome = store.change_task(&request, &scope_of_new(None), refuse).await;
    assert!(matches!(outcome, Err(ChangeError::Refused(Refusal::NothingReady))), "{outcome:?}");
    assert_eq!(stored(&**store, &before.code).await, before);
    assert_eq!(all_events(&**store).await.len(), 1);
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.expect("a list").total, 1);
}

/// A draft without facts changes nothing and answers.
pub async fn an_empty_draft_writes_nothing<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let before = task(&**store, "TSK-001", |_| {}).await;
    clock.advance(10);
    let by = operation("tester");
    let outcome = change(&**store, &by, &before.code, |_| Ok(())).await.expect("an answer");
    assert_eq!((&outcome.answer, outcome.replayed), (&before, false));
    assert_eq!((outcome.operation_id, outcome.event_ids), (by.id, vec![]));
    assert_eq!(stored(&**store, &before.code).await, before);
    assert_eq!(all_events(&**store).await.len(), 1);
}

/// Sixteen writers, twenty changes each: every one is there.
pub async fn no_concurrent_change_is_lost<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let name = task(&**store, "TSK-001", |_| {}).await.code;
    let start = Arc::new(Barrier::new(16));
    let writers = (0..16).map(|writer| {
        let (store, start, name) = (Arc::clone(store), Arc::clone(&start), name.clone());
        tokio::spawn(async move {
            start.wait().await;
            for number in 0..20 {
                let operation = operation("writer");
                let outcome = change(&*store, &operation, &name, |draft| {
                    let key = format!("{writer}.{number}");
                    let count = draft.task().metadata.get("count").and_then(serde_json::Value::as_u64).unwrap_or(0);
                    let metadata = Map::from_iter([(key, json!(true)), ("count".to_owned(), json!(count + 1))]);
                    draft.record(updated(TaskChanges { metadata, ..TaskChanges::default() }));
                    Ok(())
                });
                outcome.await.expect("a change among others");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ends");
    }
    let end = stored(&**store, &name).await;
    assert_eq!((end.version, end.metadata.len()), (321, 321));
    assert_eq!(end.metadata.get("count"), Some(&json!(320)), "each decision saw the change before it");
    assert_eq!(log(&**store, &name).await.len(), 321);
    assert_follows_from_log(&**store, &name).await;
}

/// Sixteen creations at once: sixteen codes.
pub async fn concurrent_creations_get_a_code_each<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let start = Arc::new(Barrier::new(16));
    let makers = (0..16).map(|_| {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            create(&*store, &operation("maker"), None, |_| {}).await.expect("a task among others").answer.code
        })
    });
    let mut codes = BTreeSet::new();
    for maker in makers.collect::<Vec<_>>() {
        codes.insert(maker.await.expect("a maker ends"));
    }
    assert_eq!(codes.len(), 16, "{codes:?}");
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.expect("a list").total, 16);
}

/// A clock that was put back does not make a task older than it was.
pub async fn the_clock_may_go_back<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let before = task(&**store, "TSK-001", |_| {}).await;
    clock.advance(-3600);
    for number in 0..2 {
        change(&**store, &operation("tester"), &before.code, |draft| {
            draft.record(titled(&format!("title {number}")));
            Ok(())
        })
        .await
        .expect("a change");
    }
    let after = stored(&**store, &before.code).await;
    assert_eq!((after.version, after.updated_at), (3, before.updated_at));
    let times: Vec<_> = log(&**store, &before.code).await.iter().map(|event| event.emitted_at).collect();
    assert_eq!(times, [before.updated_at; 3]);
    clock.advance(7200);
    let operation = operation("tester");
    let later = change(&**store, &operation, &before.code, |draft| {
        draft.record(titled("later"));
        Ok(())
    });
    assert_eq!(later.await.expect("a change").answer.updated_at, clock.now());
    let other = task(&**store, code("TSK-002").as_str(), |_| {}).await;
    assert_eq!(other.created_at, clock.now());
}
