//! Cases of the port for sprints.

use serde_json::json;

use super::bench::{Bench, assert_refused, sprint_code};
use super::fact::{object, sprint_created, sprint_updated};
use crate::code::SprintCode;
use crate::event::{EntityType, Fact};
use crate::fold::fold_sprint;
use crate::refusal::Refusal;
use crate::sprint::{SprintChanges, SprintStatus};
use crate::store::{EventFilter, SprintChange, SprintContext, SprintTarget, Store, Window};

fn created(code: &SprintCode) -> Vec<Fact> {
    vec![sprint_created(code)]
}

fn renamed(title: &str) -> Fact {
    sprint_updated(SprintChanges { title: Some(title.into()), ..SprintChanges::default() })
}

/// `SPR-001`, `SPR-002`, …, passing over those that were given by hand.
pub async fn codes_are_given_out_in_order_and_never_again<S: Store>(bench: &Bench<S>) {
    let next = async || {
        let outcome = bench.change_sprint(&bench.request("tester"), &SprintTarget::New(None), created).await;
        outcome.expect("the sprint is created").answer.code.to_string()
    };
    assert_eq!(next().await, "SPR-001");
    bench.create_sprint("SPR-002").await;
    bench.create("SPR-003").await;
    assert_eq!(next().await, "SPR-003");
    bench.create_sprint("SPR-004").await;
    bench.create_sprint("autumn").await;
    assert_eq!(next().await, "SPR-005");
}

/// A sprint comes back as it was made, with odd text and numbers of 64 bits.
pub async fn a_sprint_comes_back<S: Store>(bench: &Bench<S>) {
    assert_eq!(bench.store.sprint(&sprint_code("SPR-001")).await.expect("sprints can be read"), None);
    let sprint = bench.create_sprint("SPR-001").await;
    assert_eq!((sprint.version, sprint.status), (1, SprintStatus::Planned));
    assert_eq!(sprint.metadata["points"], u64::MAX);
    assert_eq!(sprint.metadata["none"], json!(null));
    assert_eq!(bench.sprint("SPR-001").await, sprint);
}

/// Each field that can change does, with the version and the time, and the log folds to it.
pub async fn a_change_is_kept<S: Store>(bench: &Bench<S>) {
    let first = bench.create_sprint("SPR-001").await;
    bench.clock.advance(5);
    let changes = SprintChanges {
        title: Some("Log-in ünd out".into()),
        status: Some(SprintStatus::Active),
        metadata: object(json!({"goal": null, "deep": {"a": [null, 1.5]}})),
    };
    let target = SprintTarget::Existing(sprint_code("SPR-001"));
    let facts = |_: &SprintCode| vec![sprint_updated(changes.clone()), renamed("Log-in")];
    let outcome = bench.change_sprint(&bench.request("tester"), &target, facts).await.expect("the sprint is changed");
    assert_eq!(outcome.event_ids.len(), 2);
    let sprint = bench.sprint("SPR-001").await;
    assert_eq!(sprint, outcome.answer);
    assert_eq!((sprint.title.as_str(), sprint.status, sprint.version), ("Log-in", SprintStatus::Active, 3));
    assert_eq!(sprint.metadata, object(json!({"points": u64::MAX, "none": null, "deep": {"a": [null, 1.5]}})));
    assert!(sprint.created_at == first.created_at && sprint.updated_at > first.updated_at, "{sprint:?}");
    let log = EventFilter { entity: Some((EntityType::Sprint, "SPR-001".into())), ..EventFilter::default() };
    assert_eq!(fold_sprint(&bench.events(log).await).expect("the log folds"), Some(sprint));
}

async fn look<S: Store>(bench: &Bench<S>, target: &SprintTarget) -> SprintContext {
    let seen = std::sync::Mutex::new(None);
    let decide = |context: SprintContext| {
        let refusal = Refusal::NoSprint(context.code.clone());
        *seen.lock().expect("nobody panicked") = Some(context);
        Err::<SprintChange<()>, _>(refusal)
    };
    assert_refused(bench.store.change_sprint(&bench.request("tester"), target, decide).await);
    seen.into_inner().expect("nobody panicked").expect("the decision is asked")
}

/// A decision about a new sprint sees the one that has the code, and can refuse.
pub async fn a_taken_code_reaches_the_decision<S: Store>(bench: &Bench<S>) {
    let first = bench.create_sprint("SPR-001").await;
    let target = SprintTarget::New(Some(sprint_code("SPR-001")));
    let context = look(bench, &target).await;
    assert_eq!((context.code.as_str(), context.sprint), ("SPR-001", Some(first)));
    assert_refused(bench.change_sprint(&bench.request("tester"), &target, created).await);
    let free = look(bench, &SprintTarget::New(None)).await;
    assert!(free.sprint.is_none() && free.code.as_str() != "SPR-001", "{free:?}");
}

/// A decision about a sprint that does not exist is asked, and says so.
pub async fn a_missing_sprint_reaches_the_decision<S: Store>(bench: &Bench<S>) {
    let context = look(bench, &SprintTarget::Existing(sprint_code("SPR-404"))).await;
    assert_eq!((context.code.as_str(), context.sprint), ("SPR-404", None));
}

/// What a decision worked out before it refuses is not written.
pub async fn a_refusal_writes_nothing<S: Store>(bench: &Bench<S>) {
    bench.create_sprint("SPR-001").await;
    let before = bench.snapshot().await;
    look(bench, &SprintTarget::Existing(sprint_code("SPR-001"))).await;
    look(bench, &SprintTarget::New(Some(sprint_code("SPR-002")))).await;
    look(bench, &SprintTarget::New(None)).await;
    assert_eq!(bench.snapshot().await, before);
}

/// A change without facts leaves version, times and log as they were.
pub async fn a_change_without_facts_writes_nothing<S: Store>(bench: &Bench<S>) {
    bench.create_sprint("SPR-001").await;
    bench.clock.advance(60);
    let before = bench.snapshot().await;
    let target = SprintTarget::Existing(sprint_code("SPR-001"));
    let outcome = bench.change_sprint(&bench.request("tester"), &target, |_| Vec::new()).await;
    let outcome = outcome.expect("the change is answered");
    assert_eq!((outcome.answer.version, outcome.event_ids, outcome.replayed), (1, vec![], false));
    assert_eq!(bench.snapshot().await, before);
}

/// Windows cut a list that keeps the order of creation; the total is that of the whole list.
pub async fn sprints_come_in_windows<S: Store>(bench: &Bench<S>) {
    for code in ["C", "B", "A"] {
        bench.create_sprint(code).await;
    }
    for (limit, offset, codes) in [
        (2, 0, &["C", "B"][..]),
        (2, 2, &["A"]),
        (2, 3, &[]),
        (0, 0, &[]),
        (u64::MAX, 1, &["B", "A"]),
        (1, u64::MAX, &[]),
    ] {
        let page = bench.store.sprints(Window { limit, offset }).await.expect("sprints can be read");
        let found: Vec<_> = page.items.iter().map(|sprint| sprint.code.as_str()).collect();
        assert_eq!((found.as_slice(), page.total), (codes, 3), "limit {limit}, offset {offset}");
    }
}

/// A task and a sprint with one code are two things with two logs.
pub async fn a_task_and_a_sprint_may_share_a_code<S: Store>(bench: &Bench<S>) {
    bench.create("X-1").await;
    bench.create_sprint("X-1").await;
    bench.change("X-1", |draft| super::fact::rename(draft, "the task")).await;
    let target = SprintTarget::Existing(sprint_code("X-1"));
    let outcome = bench.change_sprint(&bench.request("tester"), &target, |_| vec![renamed("the sprint")]).await;
    assert_eq!(outcome.expect("the sprint is changed").answer.version, 2);
    assert_eq!(
        (bench.task("X-1").await.title.as_str(), bench.sprint("X-1").await.title.as_str()),
        ("the task", "the sprint")
    );
    for entity_type in [EntityType::Task, EntityType::Sprint] {
        let entity = Some((entity_type, "X-1".to_owned()));
        let log = bench.events(EventFilter { entity, ..EventFilter::default() }).await;
        let found: Vec<_> = log.iter().map(|event| (event.entity_type, event.seq)).collect();
        assert_eq!(found, [(entity_type, 1), (entity_type, 2)]);
    }
}
