//! Cases for a store that lives by the clock it was opened with: a test can put that clock forward and back.

use chrono::{DateTime, TimeDelta, Utc};

use super::bench::{ALL, Bench};
use super::fact::{claim, rename, start, template};
use crate::clock::Clock;
use crate::store::{EventFilter, SessionFilter, Store, TaskFilter, TaskScope};
use crate::testing::fixture;

/// The time of a change is the one that the clock shows.
pub async fn the_clock_of_the_store_counts<S: Store>(bench: &Bench<S>) {
    assert_eq!(bench.create("TSK-001").await.created_at, fixture::now());
    bench.clock.advance(90);
    assert_eq!(bench.look(&TaskScope::of(&super::bench::task_code("TSK-001"))).await.now, bench.clock.now());
    bench.change("TSK-001", |draft| rename(draft, "x")).await;
    let task = bench.task("TSK-001").await;
    assert_eq!((task.updated_at - task.created_at, task.created_at), (TimeDelta::seconds(90), fixture::now()));
    assert_eq!(bench.log("TSK-001").await[1].emitted_at, task.updated_at);
}

/// Microseconds are kept, what is finer is cut, also long ago and far ahead.
pub async fn a_time_is_cut_to_microseconds<S: Store>(bench: &Bench<S>) {
    for (code, shown, kept) in [
        ("A", "2025-01-13T14:30:22.123456789Z", "2025-01-13T14:30:22.123456Z"),
        ("B", "2025-01-13T14:30:22.999999999Z", "2025-01-13T14:30:22.999999Z"),
        ("C", "2025-01-13T14:30:22.000001Z", "2025-01-13T14:30:22.000001Z"),
        ("D", "2025-01-13T14:30:22.100Z", "2025-01-13T14:30:22.1Z"),
        ("E", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("F", "2099-12-31T23:59:59.5Z", "2099-12-31T23:59:59.5Z"),
    ] {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        bench.clock.set(time(shown));
        assert_eq!(bench.create(code).await.created_at, time(kept), "{shown}");
        assert_eq!(bench.task(code).await.created_at, time(kept), "{shown}");
        assert_eq!(bench.log(code).await[0].emitted_at, time(kept), "{shown}");
    }
}

/// A lease hides a task until the very microsecond at which it ends; what its holder does renews it.
pub async fn a_lease_ends_by_the_clock<S: Store>(bench: &Bench<S>) {
    bench.create("A").await;
    bench.change("A", |draft| claim(draft, 60)).await;
    bench.clock.advance(59);
    assert_eq!(bench.ready().await, [""; 0], "after 59 of 60 seconds");
    bench.change("A", |draft| rename(draft, "renewed")).await;
    bench.clock.advance(59);
    assert_eq!(bench.ready().await, [""; 0], "59 seconds after it was renewed");
    bench.clock.set(fixture::now() + TimeDelta::seconds(119) - TimeDelta::microseconds(1));
    assert_eq!(bench.ready().await, [""; 0], "a microsecond before it ends");
    bench.clock.set(fixture::now() + TimeDelta::seconds(119));
    assert_eq!(bench.ready().await, ["A"], "when it ends");
    bench.clock.advance(-1);
    assert_eq!(bench.ready().await, [""; 0], "the clock went back");
}

/// However far the clock goes back, a change is never before the one it follows; a new task takes the clock's time.
pub async fn a_clock_that_goes_back_does_not_turn_back_a_task<S: Store>(bench: &Bench<S>) {
    bench.create("A").await;
    let sprint = bench.create_sprint("SPR-001").await;
    bench.clock.advance(-3600);
    assert_eq!(bench.look(&TaskScope::of(&super::bench::task_code("A"))).await.now, fixture::now());
    bench.change("A", |draft| rename(draft, "x")).await;
    let task = bench.task("A").await;
    assert_eq!((task.created_at, task.updated_at), (fixture::now(), fixture::now()));
    assert!(bench.log("A").await.iter().all(|event| event.emitted_at == fixture::now()), "events do not go back");
    let title = crate::sprint::SprintChanges { title: Some("x".into()), ..crate::sprint::SprintChanges::default() };
    let target = crate::store::SprintTarget::Existing(sprint.code.clone());
    let facts = |_: &crate::code::SprintCode| vec![super::fact::sprint_updated(title.clone())];
    let changed = bench.change_sprint(&bench.request("tester"), &target, facts).await.expect("the sprint is changed");
    assert_eq!(changed.answer.updated_at, sprint.updated_at);
    assert_eq!(bench.create("B").await.created_at, fixture::now() - TimeDelta::hours(1));
}

/// Lists keep the order in which things were written, whatever the clock said then.
pub async fn order_is_that_of_creation_not_of_the_clock<S: Store>(bench: &Bench<S>) {
    for (code, key) in [("C", "sess_3"), ("B", "sess_2"), ("A", "sess_1")] {
        bench.create(code).await;
        bench.create(&format!("{code}-session")).await;
        bench.create_sprint(code).await;
        bench.change(&format!("{code}-session"), |draft| start(draft, key, &template("x"))).await;
        bench.clock.advance(-86_400);
    }
    assert_eq!(bench.ready().await, ["C", "B", "A"]);
    let codes = bench.codes(&TaskFilter::default()).await;
    assert_eq!(codes, ["C", "C-session", "B", "B-session", "A", "A-session"]);
    let sprints = bench.store.sprints(ALL).await.expect("sprints can be read").items;
    assert!(sprints.iter().map(|sprint| sprint.code.as_str()).eq(["C", "B", "A"]), "{sprints:?}");
    let sessions = bench.store.sessions(&SessionFilter::default(), ALL).await.expect("sessions can be read").items;
    assert!(sessions.iter().map(|entry| entry.session.key.as_str()).eq(["sess_3", "sess_2", "sess_1"]), "{sessions:?}");
    let ids: Vec<i64> = bench.events(EventFilter::default()).await.iter().map(|event| event.id).collect();
    assert!(ids.is_sorted(), "events come by their ids: {ids:?}");
}

/// `since` lets its own time in, `until` keeps its own time out, to the microsecond.
pub async fn events_are_filtered_by_time<S: Store>(bench: &Bench<S>) {
    let at = |micros| fixture::now() + TimeDelta::microseconds(micros);
    for (code, micros) in [("A", 0), ("B", 1), ("C", 1_000_000), ("D", 1_500_000)] {
        bench.clock.set(at(micros));
        bench.create(code).await;
    }
    for (since, until, codes) in [
        (None, None, &["A", "B", "C", "D"][..]),
        (Some(at(0)), None, &["A", "B", "C", "D"]),
        (Some(at(1)), None, &["B", "C", "D"]),
        (Some(at(2)), None, &["C", "D"]),
        (None, Some(at(1)), &["A"]),
        (None, Some(at(1_000_000)), &["A", "B"]),
        (None, Some(at(1_000_001)), &["A", "B", "C"]),
        (Some(at(1)), Some(at(1_500_000)), &["B", "C"]),
        (Some(at(1)), Some(at(1)), &[]),
        (Some(at(2_000_000)), Some(at(0)), &[]),
    ] {
        let events = bench.events(EventFilter { since, until, ..EventFilter::default() }).await;
        let found: Vec<_> = events.iter().map(|event| event.entity_code.as_str()).collect();
        assert_eq!(found, codes, "since {since:?} until {until:?}");
    }
}
