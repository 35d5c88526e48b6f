//! Cases of the port for reading the event log.

use serde_json::json;

use super::bench::{Bench, sprint_code};
use super::fact::{end, note, object, rename, session_key, set_status, sprint_updated, start, template, update};
use super::task::ODD_TEXT;
use crate::clock::to_micros;
use crate::code::{EventType, SprintCode};
use crate::event::{EntityType, Event, Fact};
use crate::operation::OperationId;
use crate::sprint::SprintChanges;
use crate::store::{EventFilter, SprintTarget, Store};
use crate::task::{TaskChanges, TaskStatus};
use crate::testing::fixture;

fn any() -> EventFilter {
    EventFilter::default()
}

fn kind(text: &str) -> EventType {
    EventType::new(text).expect("a valid type")
}

fn entity(entity_type: EntityType, code: &str) -> (EntityType, String) {
    (entity_type, code.to_owned())
}

fn ids(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.id).collect()
}

/// Two tasks and a sprint with changes that take turns: 16 events.
async fn busy<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.create("TSK-002").await;
    bench.create_sprint("SPR-001").await;
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    for step in 0..3 {
        bench.change("TSK-002", |draft| rename(draft, &step.to_string())).await;
        let request = bench.request("someone else");
        let noted =
            bench.try_change(&request, "TSK-001", |draft| note(draft, "plan.step", json!({"step": step}))).await;
        assert_eq!(noted.expect("the event is recorded").event_ids.len(), 1);
        let title = SprintChanges { title: Some(step.to_string()), ..SprintChanges::default() };
        let facts = |_: &SprintCode| vec![sprint_updated(title.clone())];
        let target = SprintTarget::Existing(sprint_code("SPR-001"));
        bench.change_sprint(&request, &target, facts).await.expect("the sprint is changed");
    }
    bench.change("TSK-001", |draft| end(draft, false)).await;
}

/// Ids rise through the log; each task and sprint numbers its events 1, 2, 3, …, and answers name the ids in order.
pub async fn ids_rise_and_numbers_have_no_gap<S: Store>(bench: &Bench<S>) {
    busy(bench).await;
    let before = bench.events(any()).await;
    assert_eq!(before.len(), 16);
    let outcome = bench.change("TSK-002", |draft| {
        rename(draft, "x");
        set_status(draft, TaskStatus::Blocked);
    });
    let outcome = outcome.await;
    let all = bench.events(any()).await;
    assert_eq!(outcome.event_ids, ids(&all[16..]));
    assert!(all.windows(2).all(|pair| pair[0].id < pair[1].id), "ids rise: {:?}", ids(&all));
    for (entity_type, code, count) in
        [(EntityType::Task, "TSK-001", 8), (EntityType::Task, "TSK-002", 6), (EntityType::Sprint, "SPR-001", 4)]
    {
        let log = bench.events(EventFilter { entity: Some(entity(entity_type, code)), ..any() }).await;
        let numbers: Vec<i64> = log.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<i64>>(), "{entity_type} {code}");
    }
    assert_eq!((bench.task("TSK-001").await.version, bench.sprint("SPR-001").await.version), (8, 4));
}

/// Each field of an event comes back, payloads of every JSON kind too.
pub async fn every_field_comes_back<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    let payloads = [
        json!(null),
        json!(true),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.1),
        json!(ODD_TEXT),
        json!("null"),
        json!(""),
        json!([]),
        json!([1, [null]]),
        json!({}),
        json!({"text": ODD_TEXT, "null": null}),
    ];
    let request = bench.request("Zoë O'Neill \u{1f916}");
    let record = |draft: &mut crate::draft::Draft| {
        for payload in &payloads {
            note(draft, "plan.step_A-1", payload.clone());
        }
        draft.record_in(Some(session_key("sess_other")), Fact::Custom(custom()));
        draft.record_in(None, Fact::Custom(custom()));
    };
    let outcome = bench.try_change(&request, "TSK-001", record).await.expect("the events are recorded");
    let log = bench.log("TSK-001").await;
    let written = &log[log.len() - payloads.len() - 2..];
    assert_eq!(ids(written), outcome.event_ids);
    for (event, payload) in written.iter().zip(&payloads) {
        assert_eq!(event.payload, *payload);
        assert_eq!((event.event_type.as_str(), event.entity_type), ("plan.step_A-1", EntityType::Task));
        assert_eq!((event.entity_code.as_str(), event.session_key.as_ref()), ("TSK-001", Some(&session_key("sess_1"))));
        assert_eq!((&event.correlation_id, &event.actor), (&request.operation.id, &request.operation.actor));
        assert_eq!(event.emitted_at, bench.task("TSK-001").await.updated_at);
    }
    let sessions: Vec<_> = written[payloads.len()..].iter().map(|event| event.session_key.clone()).collect();
    assert_eq!(sessions, [Some(session_key("sess_other")), None]);
}

fn custom() -> crate::event::Custom {
    crate::event::Custom { event_type: kind("x"), payload: json!({}) }
}

/// Each filter by itself.
pub async fn events_are_filtered<S: Store>(bench: &Bench<S>) {
    busy(bench).await;
    let all = bench.events(any()).await;
    let operation = all[7].correlation_id.clone();
    let unknown = OperationId::from(ulid::Ulid(u128::MAX));
    for (filter, count) in [
        (EventFilter { after: Some(all[4].id), ..any() }, 11),
        (EventFilter { entity: Some(entity(EntityType::Task, "TSK-001")), ..any() }, 8),
        (EventFilter { entity: Some(entity(EntityType::Sprint, "TSK-001")), ..any() }, 0),
        (EventFilter { entity: Some(entity(EntityType::Task, "tsk-001")), ..any() }, 0),
        (EventFilter { event_type: Some(kind("plan.step")), ..any() }, 3),
        (EventFilter { event_type: Some(kind("plan")), ..any() }, 0),
        (EventFilter { event_type: Some(kind("orchestration.phase.intake.start")), ..any() }, 1),
        (EventFilter { session: Some(session_key("sess_1")), ..any() }, 7),
        (EventFilter { session: Some(session_key("sess_2")), ..any() }, 0),
        (EventFilter { actor: Some(fixture::actor("someone else")), ..any() }, 6),
        (EventFilter { actor: Some(fixture::actor("someone")), ..any() }, 0),
        (EventFilter { operation: Some(operation.clone()), ..any() }, 2),
        (EventFilter { operation: Some(unknown), ..any() }, 0),
        // nothing is archived
        (EventFilter { archived: true, after: Some(all[4].id), ..any() }, 11),
    ] {
        let found = bench.events(filter.clone()).await;
        assert_eq!(found.len(), count, "{filter:?}");
        let all: Vec<&Event> = all.iter().filter(|event| found.iter().any(|found| found.id == event.id)).collect();
        assert!(all.into_iter().eq(&found), "events under a filter are those of the log, in its order: {filter:?}");
    }
    assert!(
        bench
            .events(EventFilter { operation: Some(operation.clone()), ..any() })
            .await
            .iter()
            .all(|event| event.correlation_id == operation)
    );
}

/// Filters together let through what each lets through.
pub async fn filters_are_added_up<S: Store>(bench: &Bench<S>) {
    busy(bench).await;
    let all = bench.events(any()).await;
    let steps = bench.events(EventFilter { event_type: Some(kind("plan.step")), ..any() }).await;
    let filter = EventFilter {
        after: Some(steps[0].id),
        entity: Some(entity(EntityType::Task, "TSK-001")),
        event_type: Some(kind("plan.step")),
        session: Some(session_key("sess_1")),
        actor: Some(fixture::actor("someone else")),
        operation: Some(steps[1].correlation_id.clone()),
        since: Some(all[0].emitted_at),
        until: Some(all[15].emitted_at + chrono::TimeDelta::seconds(1)),
        archived: false,
    };
    assert_eq!(bench.events(filter.clone()).await, steps[1..2]);
    let other = EventFilter { actor: Some(fixture::actor("tester")), ..filter };
    assert_eq!(bench.events(other).await, []);
}

/// Reading on from the last id gives each event exactly once, also where new ones come in meanwhile.
pub async fn a_cursor_sees_each_event_once<S: Store>(bench: &Bench<S>) {
    busy(bench).await;
    for limit in [1, 3, 16, 100] {
        let (mut seen, mut after, mut rounds) = (Vec::new(), None, 0);
        loop {
            let part = bench.store.events(&EventFilter { after, ..any() }, limit).await.expect("events can be read");
            assert!(part.len() as u64 <= limit, "{} events where {limit} were asked for", part.len());
            let Some(last) = part.last() else { break };
            after = Some(last.id);
            seen.extend(part);
            rounds += 1;
            if rounds == 2 {
                bench.change("TSK-002", |draft| rename(draft, &format!("limit {limit}"))).await;
            }
        }
        assert_eq!(seen, bench.events(any()).await, "limit {limit}");
    }
}

/// Any limit and any cursor is taken: none, all, before the first, behind the last.
pub async fn limits_are_taken_as_they_are<S: Store>(bench: &Bench<S>) {
    busy(bench).await;
    let last = bench.events(any()).await[15].id;
    for (after, limit, count) in [
        (None, 0, 0),
        (None, u64::MAX, 16),
        (Some(i64::MIN), u64::MAX, 16),
        (Some(-1), 5, 5),
        (Some(last), u64::MAX, 0),
        (Some(i64::MAX), 5, 0),
    ] {
        let part = bench.store.events(&EventFilter { after, ..any() }, limit).await.expect("events can be read");
        assert_eq!(part.len(), count, "after {after:?}, limit {limit}");
    }
}

/// All events of an operation carry its id, over tasks, sprints and several changes.
pub async fn an_operation_marks_all_its_events<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.create_sprint("SPR-001").await;
    let request = bench.request("tester");
    let two_facts = |draft: &mut crate::draft::Draft| {
        let metadata = object(json!({"a": 1}));
        update(draft, TaskChanges { metadata, ..TaskChanges::default() });
        set_status(draft, TaskStatus::Blocked);
    };
    let first = bench.try_change(&request, "TSK-001", two_facts).await.expect("the task is changed");
    let second = bench.try_change(&request, "TSK-001", |draft| rename(draft, "x")).await.expect("the task is changed");
    let title = SprintChanges { title: Some("x".into()), ..SprintChanges::default() };
    let target = SprintTarget::Existing(sprint_code("SPR-001"));
    let third = bench.change_sprint(&request, &target, |_| vec![sprint_updated(title.clone())]).await;
    let third = third.expect("the sprint is changed");
    assert_eq!(first.operation_id, request.operation.id);
    let marked = bench.events(EventFilter { operation: Some(request.operation.id), ..any() }).await;
    assert_eq!(ids(&marked), [first.event_ids, second.event_ids, third.event_ids].concat());
}

/// The time of an event is that of its change, in whole microseconds, for the task and the log alike.
pub async fn times_are_whole_microseconds<S: Store>(bench: &Bench<S>) {
    let created = bench.create("TSK-001").await;
    assert_eq!(created.created_at, to_micros(created.created_at));
    let stored = bench.task("TSK-001").await;
    let event = bench.log("TSK-001").await.remove(0);
    assert_eq!((stored.created_at, stored.updated_at), (created.created_at, created.updated_at));
    assert_eq!(event.emitted_at, created.created_at);
}
