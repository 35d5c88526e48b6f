//! Cases about the event log: numbers, fields, filters, paging, and that it makes the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::sessions::{completed, ended, saved, started};
use super::{all_events, assert_follows_from_log, change, code, create, log, operation, record, sprint, task, titled};
use crate::clock::Clock;
use crate::code::{CheckName, EventType, PhaseName};
use crate::event::{
    ApprovalRecorded, CheckRecorded, CommitCaptured, Custom, EntityType, Event, Fact, FilesSynced, HookFailed,
    PhaseBack, PhaseStarted, SessionTakenOver, TaskClaimed, TaskReleased,
};
use crate::store::{EventFilter, Store};
use crate::task::CapturedCommit;
use crate::testing::{StepClock, fixture};

fn custom(event_type: &str) -> Fact {
    let event_type = EventType::new(event_type).expect("a valid type");
    Fact::Custom(Custom {
        event_type, payload: json!({"n": [1, u64::MAX, 0.1, null, "🦀\u{1}"], "b": {}, "a": true})
    })
}

fn ids(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.id).collect()
}

/// Two tasks and a sprint, changed in turn by several actors.
async fn story<S: Store>(store: &S, clock: &StepClock) {
    let (one, two) = (code("TSK-001"), code("TSK-002"));
    task(store, "TSK-001", |_| {}).await;
    sprint(store, &operation("planner"), Some("TSK-001")).await.expect("a sprint with the code of a task");
    task(store, "TSK-002", |_| {}).await;
    clock.advance(1);
    started(store, "agent-1", &one).await;
    started(store, "agent-2", &two).await;
    record(store, &one, &[titled("a"), custom("todo.clarified"), titled("b")]).await;
    clock.advance(1);
    completed(store, "agent-1", &one).await;
    saved(store, &two, "NOTES.md", b"notes").await;
    completed(store, "agent-1", &one).await;
    clock.advance(1);
    ended(store, "agent-1", &one).await;
    completed(store, "agent-2", &two).await;
}

/// Ids rise through the whole log; each task and sprint counts 1, 2, 3, … without a gap.
pub async fn each_entity_counts_its_events<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    story(&**store, clock).await;
    let events = all_events(&**store).await;
    assert!(ids(&events).is_sorted_by(|one, other| one < other), "{:?}", ids(&events));
    let mut numbers = BTreeMap::<_, Vec<i64>>::new();
    for event in &events {
        numbers.entry((event.entity_type, event.entity_code.clone())).or_default().push(event.seq);
    }
    for (entity, seqs) in &numbers {
        assert!(seqs.iter().copied().eq((1..).take(seqs.len())), "{entity:?}: {seqs:?}");
    }
    assert_eq!(numbers.len(), 3);
    let lengths = numbers.values().map(Vec::len).sum::<usize>();
    assert_eq!(lengths, events.len());
}

/// Each field of an event is read as it was written, and the outcome names the events.
pub async fn all_fields_come_back<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let name = task(&**store, "TSK-001", |_| {}).await.code;
    let session = started(&**store, "agent-1", &name).await.session.expect("a session");
    clock.advance(1);
    let by = operation("Ägent 🦀");
    let facts = [custom("todo.clarified"), titled("'\"\u{202e}")];
    let outcome = change(&**store, &by, &name, |draft| {
        for fact in &facts {
            draft.record(fact.clone());
        }
        Ok(())
    })
    .await
    .expect("a change");
    assert_eq!((&outcome.operation_id, outcome.replayed), (&by.id, false));
    let before = outcome.event_ids[0] - 1;
    let events = store.events(&EventFilter { after: Some(before), ..EventFilter::default() }, 10).await.expect("a log");
    assert_eq!(ids(&events), outcome.event_ids);
    for (at, (event, fact)) in events.iter().zip(&facts).enumerate() {
        let wanted = Event {
            id: outcome.event_ids[at],
            event_type: fact.event_type(),
            entity_type: EntityType::Task,
            entity_code: name.to_string(),
            seq: outcome.answer.version - 1 + i64::try_from(at).expect("a small number"),
            session_key: Some(session.key.clone()),
            correlation_id: by.id.clone(),
            actor: by.actor.clone(),
            payload: fact.payload(),
            emitted_at: clock.now(),
        };
        assert_eq!(*event, wanted);
        assert_eq!(event.payload.to_string(), wanted.payload.to_string(), "the order of keys stays");
    }
    let first = &log(&**store, &name).await[0];
    assert_eq!((first.session_key.as_ref(), first.seq), (None, 1));
}

/// Each part of a filter leaves out what it should, alone and together with others.
pub async fn filters_choose<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    story(&**store, clock).await;
    let all = all_events(&**store).await;
    let any = EventFilter::default;
    let (middle, session) = (all[all.len() / 2].clone(), all.iter().find_map(|event| event.session_key.clone()));
    let title = EventType::new("orchestration.task.updated").expect("a type");
    let agent = fixture::actor("agent-2");
    let type_of = |event: &Event| event.event_type == title;
    #[expect(clippy::type_complexity, reason = "a table of filters, each beside what it means")]
    let chosen: [(EventFilter, &dyn Fn(&Event) -> bool); 9] = [
        (EventFilter { after: Some(middle.id), ..any() }, &|event| event.id > middle.id),
        (EventFilter { entity: Some((EntityType::Task, "TSK-001".into())), ..any() }, &|event| {
            event.entity_code == "TSK-001" && event.entity_type == EntityType::Task
        }),
        (EventFilter { entity: Some((EntityType::Sprint, "TSK-001".into())), ..any() }, &|event| {
            event.entity_type == EntityType::Sprint
        }),
        (EventFilter { event_type: Some(title.clone()), ..any() }, &type_of),
        (EventFilter { session: session.clone(), ..any() }, &|event| event.session_key == session),
        (EventFilter { actor: Some(agent.clone()), ..any() }, &|event| event.actor == agent),
        (EventFilter { operation: Some(middle.correlation_id.clone()), ..any() }, &|event| {
            event.correlation_id == middle.correlation_id
        }),
        (EventFilter { since: Some(middle.emitted_at), ..any() }, &|event| event.emitted_at >= middle.emitted_at),
        (EventFilter { until: Some(middle.emitted_at), ..any() }, &|event| event.emitted_at < middle.emitted_at),
    ];
    for (filter, wanted) in &chosen {
        let found = store.events(filter, 1000).await.expect("a log");
        let wanted: Vec<_> = all.iter().filter(|event| wanted(event)).cloned().collect();
        assert!(!wanted.is_empty() && wanted.len() < all.len(), "the story tells something for {filter:?}");
        assert_eq!(ids(&found), ids(&wanted), "{filter:?}");
    }
    let both = EventFilter { entity: Some((EntityType::Task, "TSK-002".into())), actor: Some(agent), ..any() };
    let found = store.events(&both, 1000).await.expect("a log");
    assert!(!found.is_empty() && found.iter().all(|event| event.entity_code == "TSK-002"));
    let nobody = EventFilter { actor: Some(fixture::actor("nobody")), ..any() };
    assert_eq!(store.events(&nobody, 1000).await.expect("a log"), vec![]);
    assert_eq!(store.events(&any(), 0).await.expect("a log"), vec![]);
}

/// Who passes on the last id sees each event exactly once, whatever the size of a page.
pub async fn a_reader_by_pages_sees_each_once<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    story(&**store, clock).await;
    let all = all_events(&**store).await;
    for limit in [1, 2, 7, 1000] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.events(&EventFilter { after, ..EventFilter::default() }, limit).await.expect("a page");
            let Some(last) = page.last() else { break };
            assert!(page.len() as u64 <= limit);
            after = Some(last.id);
            seen.extend(page);
        }
        assert_eq!(ids(&seen), ids(&all), "pages of {limit}");
    }
}

/// Times are cut to whole microseconds before anything is decided, so that they are read as they were told.
pub async fn times_are_whole_microseconds<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    clock.set(fixture::now() + TimeDelta::nanoseconds(123_456_789));
    let told = create(&**store, &operation("tester"), None, |_| {}).await.expect("a task").answer;
    assert_eq!(told.created_at, fixture::now() + TimeDelta::microseconds(123_456));
    let events = log(&**store, &told.code).await;
    assert_eq!(events[0].emitted_at, told.created_at);
    let since = EventFilter { since: Some(told.created_at), ..EventFilter::default() };
    assert_eq!(store.events(&since, 9).await.expect("a log"), events);
    let until = EventFilter { until: Some(told.created_at), ..EventFilter::default() };
    assert_eq!(store.events(&until, 9).await.expect("a log"), vec![]);
    assert_follows_from_log(&**store, &told.code).await;
}

/// After every kind of fact the stored task is the fold of its log.
pub async fn the_log_makes_the_state<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    story(&**store, clock).await;
    let name = code("TSK-002");
    let phase = |name: &str| PhaseName::new(name).expect("a valid phase");
    let (holder, other) = (fixture::actor("agent-2"), fixture::actor("agent-3"));
    let commit = CapturedCommit {
        hash: "0123456789abcdef".repeat(4),
        short_hash: "0123456".into(),
        captured_at: clock.now(),
        phase: Some(phase("doing")),
        message: "Tidy\n\nßoth 🦀".into(),
        author: "A <a@example.org>".into(),
    };
    for fact in [
        Fact::CheckRecorded(CheckRecorded {
            name: CheckName::new("tests").expect("a valid name"),
            passed: false,
            command: Some(vec!["make".into(), "test".into()]),
            exit_code: Some(-1),
            output_tail: Some("\u{1b}[31mred".into()),
            note: None,
        }),
        Fact::ApprovalRecorded(ApprovalRecorded { phase: phase("doing"), note: Some("fine".into()) }),
        Fact::CommitCaptured(CommitCaptured { commit }),
        Fact::FilesSynced(FilesSynced { written: vec![] }),
        Fact::HookFailed(HookFailed { hook: "git".into(), phase: phase("doing"), error: "no".into() }),
        custom("orch.unknown"),
        Fact::TaskReleased(TaskReleased { holder: holder.clone() }),
        Fact::TaskClaimed(TaskClaimed { holder: holder.clone(), lease_seconds: 60, from: None }),
        Fact::SessionTakenOver(SessionTakenOver {
            phase: phase("doing"),
            from: Some(holder),
            to: other,
            lease_seconds: 60,
        }),
        Fact::PhaseBack(PhaseBack { from: phase("doing"), to: phase("todo"), reason: "again".into() }),
        Fact::PhaseStarted(PhaseStarted { phase: phase("todo") }),
    ] {
        clock.advance(1);
        record(&**store, &name, &[fact]).await;
        assert_follows_from_log(&**store, &name).await;
    }
    assert_follows_from_log(&**store, &code("TSK-001")).await;
}
