//! Cases about requests that are repeated under an idempotency key. Requests without a key are tested elsewhere.

use std::sync::Arc;

use tokio::sync::Barrier;

use super::{all_events, change, code, create, keyed, operation, sprint, stored, task, titled};
use crate::draft::Draft;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::store::{ChangeError, Outcome, Store, StoreError, TaskFilter, Window};
use crate::task::Task;
use crate::testing::StepClock;

async fn retitle<S: Store>(store: &S, operation: &Operation, title: &str) -> Result<Outcome<Task>, ChangeError> {
    let act = |draft: &mut Draft| {
        draft.record(titled(title));
        Ok(())
    };
    change(store, operation, &code("TSK-001"), act).await
}

/// The same request again: the first answer, the first operation, the first events, no second effect.
pub async fn a_repeated_key_changes_nothing<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let first = keyed("agent-1", "make it");
    let made = create(&**store, &first, None, |_| {}).await.expect("a task");
    assert_eq!((made.operation_id.clone(), made.replayed, made.event_ids.len()), (first.id.clone(), false, 1));
    retitle(&**store, &operation("tester"), "newer").await.expect("a change in between");
    clock.advance(86_400);
    for actor in ["agent-1", "agent-2"] {
        let again = create(&**store, &keyed(actor, "make it"), None, |_| {}).await.expect("the answer again");
        assert_eq!(again, Outcome { replayed: true, ..made.clone() }, "asked by {actor}");
    }
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.expect("a list").total, 1);
    let changed = retitle(&**store, &keyed("agent-1", "change it"), "newest").await.expect("a change");
    let again = retitle(&**store, &keyed("agent-1", "change it"), "newest").await.expect("the answer again");
    assert_eq!(again, Outcome { replayed: true, ..changed });
    assert_eq!(all_events(&**store).await.len(), 3);
    for key in ["x", "X", "x ", " x"] {
        retitle(&**store, &keyed("agent-1", key), key).await.expect("keys differ by each character");
    }
    assert_eq!(all_events(&**store).await.len(), 7);
}

/// A key of another request is refused and names the operation that used it first.
pub async fn a_key_belongs_to_one_request<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let first = keyed("agent-1", "mine");
    create(&**store, &first, Some("TSK-001"), |_| {}).await.expect("a task");
    let others = [
        create(&**store, &keyed("agent-1", "mine"), Some("TSK-002"), |_| {}).await.map(|_| ()),
        retitle(&**store, &keyed("agent-1", "mine"), "other").await.map(|_| ()),
        sprint(&**store, &keyed("agent-1", "mine"), Some("TSK-001")).await.map(|_| ()),
    ];
    for refused in others {
        let Err(ChangeError::Store(StoreError::KeyReused { first: named })) = refused else { panic!("{refused:?}") };
        assert_eq!(named, first.id);
    }
    assert_eq!(all_events(&**store).await.len(), 1);
}

/// What was refused may be asked again under its key, and then goes through.
pub async fn a_refusal_is_not_kept<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    task(&**store, "TSK-001", |_| {}).await;
    let refuse = |_: &mut Draft| Err(Refusal::NothingReady);
    let refused = change(&**store, &keyed("agent-1", "try"), &code("TSK-001"), refuse).await;
    assert!(matches!(refused, Err(ChangeError::Refused(Refusal::NothingReady))), "{refused:?}");
    let second = keyed("agent-1", "try");
    let done = retitle(&**store, &second, "done").await.expect("a change");
    assert_eq!((done.operation_id, done.replayed), (second.id, false));
    assert_eq!(stored(&**store, &code("TSK-001")).await.title, "done");
}

/// An answer without any change is kept too: the repeated request changes nothing, even if it would now.
pub async fn an_empty_draft_is_kept<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    task(&**store, "TSK-001", |_| {}).await;
    let first = keyed("agent-1", "nothing");
    let looked = change(&**store, &first, &code("TSK-001"), |_| Ok(())).await.expect("an answer");
    assert_eq!((looked.replayed, looked.event_ids.as_slice()), (false, &[][..]));
    let again = retitle(&**store, &keyed("agent-1", "nothing"), "never").await.expect("the answer again");
    assert_eq!(again, Outcome { replayed: true, ..looked });
    assert_eq!(all_events(&**store).await.len(), 1);
}

/// A sprint is created once under its key.
pub async fn a_sprint_is_made_once<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let made = sprint(&**store, &keyed("planner", "plan"), None).await.expect("a sprint");
    clock.advance(1);
    let again = sprint(&**store, &keyed("planner", "plan"), None).await.expect("the answer again");
    assert_eq!(again, Outcome { replayed: true, ..made });
    assert_eq!(store.sprints(Window::default()).await.expect("a list").total, 1);
}

/// Eight requests with one key at once: one effect, one answer.
pub async fn a_key_used_at_once_has_one_effect<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let start = Arc::new(Barrier::new(8));
    let callers = (0..8).map(|_| {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            create(&*store, &keyed("agent-1", "once"), None, |_| {}).await.expect("an answer")
        })
    });
    let mut answers = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        answers.push(caller.await.expect("a caller ends"));
    }
    assert_eq!(answers.iter().filter(|outcome| !outcome.replayed).count(), 1, "{answers:?}");
    for outcome in &answers {
        assert_eq!(*outcome, Outcome { replayed: outcome.replayed, ..answers[0].clone() });
    }
    assert_eq!(all_events(&**store).await.len(), 1);
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.expect("a list").total, 1);
}
