//! Cases of many callers at once. They run as tasks of the runtime, on several threads where the test has them.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::bench::{ALL, Bench, draft_of, task_code};
use super::fact::{claim, note, object, rename, save, set_status, start, template, update};
use crate::fold::fold_task;
use crate::refusal::Refusal;
use crate::store::{ChangeError, EventFilter, Outcome, Store, StoreError, TaskChange, TaskContext, TaskScope};
use crate::task::{TaskChanges, TaskStatus};

/// Runs one caller per number at once; their results in order.
async fn at_once<S, T, F>(bench: &Bench<S>, callers: u64, call: impl Fn(Bench<S>, u64) -> F) -> Vec<T>
where
    S: Store + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let calls: Vec<_> = (0..callers).map(|number| tokio::spawn(call(bench.clone(), number))).collect();
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await.expect("no caller panics"));
    }
    results
}

/// 16 callers change one task 20 times each: every change is there, numbered without a gap.
pub async fn no_change_is_lost<S: Store + 'static>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let versions = at_once(bench, 16, |bench, caller| async move {
        let mut versions = Vec::new();
        for round in 0..20 {
            let metadata = object(json!({format!("{caller}-{round}"): round}));
            let changes = TaskChanges { metadata, ..TaskChanges::default() };
            versions.push(bench.change("TSK-001", |draft| update(draft, changes.clone())).await.answer);
        }
        versions
    });
    let mut versions = versions.await.concat();
    versions.sort_unstable();
    assert_eq!(versions, (2..=321).collect::<Vec<i64>>(), "each answer has a version of its own");
    let (task, log) = (bench.task("TSK-001").await, bench.log("TSK-001").await);
    assert_eq!((task.metadata.len(), task.version, log.len()), (320, 321, 321));
    assert!(log.iter().map(|event| event.seq).eq(1..=321), "events are numbered without a gap");
    assert_eq!(fold_task(&log).expect("the log folds"), Some(task));
}

/// 16 callers create tasks without a code: 32 codes, no two alike.
pub async fn no_code_is_given_out_twice<S: Store + 'static>(bench: &Bench<S>) {
    let codes = at_once(bench, 16, |bench, _| async move {
        let mut codes = Vec::new();
        for _ in 0..2 {
            let outcome = bench.try_create(&bench.request("tester"), None).await.expect("the task is created");
            codes.push(outcome.answer.code.to_string());
        }
        codes
    });
    let mut codes = codes.await.concat();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 32);
    let mut stored = bench.codes(&crate::store::TaskFilter::default()).await;
    stored.sort_unstable();
    assert_eq!(stored, codes);
}

/// 8 callers use one key for one request: one makes the change, the others hear its answer.
pub async fn one_key_has_one_effect<S: Store + 'static>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let outcomes = at_once(bench, 8, |bench, caller| async move {
        let request = bench.keyed("key", "test", &());
        let change = move |draft: &mut crate::draft::Draft| note(draft, "plan.step", json!({"caller": caller}));
        bench.try_change(&request, "TSK-001", change).await.expect("the call is answered")
    });
    let outcomes = outcomes.await;
    let first: Vec<_> = outcomes.iter().filter(|outcome| !outcome.replayed).collect();
    assert_eq!(first.len(), 1, "one caller makes the change: {outcomes:?}");
    for outcome in &outcomes {
        assert_eq!(*outcome, Outcome { replayed: outcome.replayed, ..first[0].clone() });
    }
    assert_eq!(bench.log("TSK-001").await.len(), 2);
    assert_eq!(bench.task("TSK-001").await.version, 2);
}

/// 8 tasks want one session key: one gets it, the others find a conflict and are unchanged.
pub async fn one_session_key_starts_one_session<S: Store + 'static>(bench: &Bench<S>) {
    for caller in 0..8 {
        bench.create(&format!("T{caller}")).await;
    }
    let results = at_once(bench, 8, |bench, caller| async move {
        let request = bench.request("tester");
        bench.try_change(&request, &format!("T{caller}"), |draft| start(draft, "sess_1", &template("x"))).await
    });
    let results = results.await;
    for (caller, result) in results.iter().enumerate() {
        let task = bench.task(&format!("T{caller}")).await;
        match result {
            Ok(_) => assert!(task.active_session().is_some(), "{task:?}"),
            Err(ChangeError::Store(StoreError::Conflict { .. })) => assert_eq!(task.version, 1),
            Err(other) => panic!("expected a conflict, got {other:?}"),
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}

/// 8 callers claim one task: one holds it, the others are refused on the state that it left.
pub async fn a_task_is_claimed_once<S: Store + 'static>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let results = at_once(bench, 8, |bench, caller| async move {
        let request = bench.request(&format!("agent {caller}"));
        let decide = |context: TaskContext| {
            let mut draft = draft_of(&context, &request)?;
            if draft.task().lease.is_some() {
                return Err(Refusal::NothingReady);
            }
            claim(&mut draft, 3600);
            Ok(TaskChange { draft, answer: () })
        };
        let result = bench.store.change_task(&request, &TaskScope::of(&task_code("TSK-001")), decide).await;
        match result {
            Ok(_) => Some(request.operation.actor),
            Err(ChangeError::Refused(Refusal::NothingReady)) => None,
            Err(other) => panic!("expected a refusal, got {other:?}"),
        }
    });
    let holders: Vec<_> = results.await.into_iter().flatten().collect();
    let lease = bench.task("TSK-001").await.lease.expect("somebody holds it");
    assert_eq!(holders, [lease.holder]);
}

/// Two tasks that ask at once to wait for each other: at most one may.
pub async fn no_circle_is_closed<S: Store + 'static>(bench: &Bench<S>) {
    for round in 0..5 {
        let codes = [format!("A{round}"), format!("B{round}")];
        for code in &codes {
            bench.create(code).await;
        }
        let results = at_once(bench, 2, |bench, caller| {
            let [target, other] = if caller == 0 { codes.clone() } else { [codes[1].clone(), codes[0].clone()] };
            let other = task_code(&other);
            async move {
                let request = bench.request("tester");
                let scope = TaskScope { related: [other.clone()].into(), ..TaskScope::of(&task_code(&target)) };
                let decide = |context: TaskContext| {
                    let mut draft = draft_of(&context, &request)?;
                    if context.related[&other].waits_for_target {
                        return Err(Refusal::Circle { task: context.code, after: other.clone() });
                    }
                    update(&mut draft, TaskChanges { after: [other.clone()].into(), ..TaskChanges::default() });
                    Ok(TaskChange { draft, answer: () })
                };
                bench.store.change_task(&request, &scope, decide).await
            }
        });
        let results = results.await;
        let accepted = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(accepted, 1, "one of two links that would close a circle: {results:?}");
    }
}

/// Who reads while others write sees a task only as some change left it, with all its events.
pub async fn a_reader_sees_whole_changes<S: Store + 'static>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let done = std::sync::Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (bench, done) = (bench.clone(), std::sync::Arc::clone(&done));
        async move {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let task = bench.task("TSK-001").await;
                assert!(task.version >= last, "version {} after {last}", task.version);
                assert_eq!(task.version % 3, 1, "a change has three events: {task:?}");
                last = task.version;
                let events = bench.store.events(&EventFilter::default(), ALL.limit).await.expect("events can be read");
                assert_eq!(events.len() % 3, 1, "a change has three events");
                assert!(events.len() as u64 >= last.unsigned_abs(), "{} events at version {last}", events.len());
                tokio::task::yield_now().await;
            }
        }
    });
    at_once(bench, 4, |bench, caller| async move {
        for round in 0..10 {
            let change = |draft: &mut crate::draft::Draft| {
                rename(draft, &format!("{caller} {round}"));
                set_status(draft, TaskStatus::Blocked);
                save(draft, "PLAN.md", format!("{caller} {round}").as_bytes());
            };
            bench.change("TSK-001", change).await;
        }
    })
    .await;
    done.store(true, Ordering::Release);
    reader.await.expect("the reader sees whole changes");
    assert_eq!(bench.task("TSK-001").await.version, 121);
}
