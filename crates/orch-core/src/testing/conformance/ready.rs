//! Cases of the list of ready tasks: what is on it, in which order. Leases that run out are in `clock`.

use super::bench::{Bench, task_code};
use super::fact::{claim, release, set_status, start, template, update};
use crate::event::TaskCreated;
use crate::store::{Store, Window};
use crate::task::{Priority, TaskChanges, TaskStatus};
use crate::testing::fixture;

async fn create<S: Store>(bench: &Bench<S>, code: &str, priority: Priority, after: &[&str]) {
    let after = after.iter().map(|code| task_code(code)).collect();
    bench.create_as(TaskCreated { priority, after, ..fixture::task_created(code) }).await;
}

/// Urgent tasks come first; among equals the one that was created first.
pub async fn the_best_comes_first<S: Store>(bench: &Bench<S>) {
    for (code, priority) in
        [("F", Priority::P3), ("E", Priority::P0), ("D", Priority::P2), ("C", Priority::P1), ("B", Priority::P0)]
    {
        create(bench, code, priority, &[]).await;
    }
    assert_eq!(bench.ready().await, ["E", "B", "C", "D", "F"]);
    let urgent = TaskChanges { priority: Some(Priority::P0), ..TaskChanges::default() };
    bench.change("F", |draft| update(draft, urgent.clone())).await;
    assert_eq!(bench.ready().await, ["F", "E", "B", "C", "D"]);
}

/// A task in any other status is not ready; one that is pending again is.
pub async fn only_pending_tasks_are_ready<S: Store>(bench: &Bench<S>) {
    create(bench, "A", Priority::P2, &[]).await;
    for status in [TaskStatus::InProgress, TaskStatus::Blocked, TaskStatus::Completed, TaskStatus::Cancelled] {
        bench.change("A", |draft| set_status(draft, status)).await;
        assert_eq!(bench.ready().await, [""; 0], "{status}");
    }
    bench.change("A", |draft| set_status(draft, TaskStatus::Pending)).await;
    assert_eq!(bench.ready().await, ["A"]);
    bench.change("A", |draft| start(draft, "sess_1", &template("x"))).await;
    assert_eq!(bench.ready().await, [""; 0], "a task with a session");
}

/// Only the completion of each task before it makes a task ready, or that the link is cut.
pub async fn a_task_waits_until_all_before_it_are_completed<S: Store>(bench: &Bench<S>) {
    create(bench, "A", Priority::P3, &[]).await;
    create(bench, "B", Priority::P3, &[]).await;
    create(bench, "C", Priority::P0, &["A", "B"]).await;
    create(bench, "D", Priority::P0, &["C"]).await;
    assert_eq!(bench.ready().await, ["A", "B"]);
    bench.change("A", |draft| set_status(draft, TaskStatus::Completed)).await;
    for status in [TaskStatus::InProgress, TaskStatus::Blocked, TaskStatus::Cancelled] {
        bench.change("B", |draft| set_status(draft, status)).await;
        assert_eq!(bench.ready().await, [""; 0], "C waits for B, which is {status}");
    }
    bench.change("B", |draft| set_status(draft, TaskStatus::Completed)).await;
    assert_eq!(bench.ready().await, ["C"]);
    let cut = TaskChanges { not_after: [task_code("C")].into(), ..TaskChanges::default() };
    bench.change("D", |draft| update(draft, cut.clone())).await;
    assert_eq!(bench.ready().await, ["C", "D"]);
    let again = TaskChanges { after: [task_code("B")].into(), ..TaskChanges::default() };
    bench.change("B", |draft| set_status(draft, TaskStatus::Pending)).await;
    bench.change("D", |draft| update(draft, again.clone())).await;
    assert_eq!(bench.ready().await, ["B"]);
}

/// A task that somebody holds is not offered to anybody until it is given back.
pub async fn a_live_lease_hides_a_task<S: Store>(bench: &Bench<S>) {
    create(bench, "A", Priority::P2, &[]).await;
    create(bench, "B", Priority::P2, &[]).await;
    bench.change("A", |draft| claim(draft, 3600)).await;
    assert_eq!(bench.ready().await, ["B"]);
    bench.change("A", release).await;
    assert_eq!(bench.ready().await, ["A", "B"]);
}

/// Windows cut the list of ready tasks; the total is that of the whole list.
pub async fn ready_tasks_come_in_windows<S: Store>(bench: &Bench<S>) {
    for code in ["A", "B", "C"] {
        create(bench, code, Priority::P2, &[]).await;
    }
    create(bench, "D", Priority::P2, &["A"]).await;
    for (limit, offset, codes) in [
        (2, 0, &["A", "B"][..]),
        (2, 2, &["C"]),
        (2, 3, &[]),
        (0, 0, &[]),
        (u64::MAX, 1, &["B", "C"]),
        (1, u64::MAX, &[]),
    ] {
        let page = bench.store.ready_tasks(Window { limit, offset }).await.expect("ready tasks can be read");
        let found: Vec<_> = page.items.iter().map(|task| task.code.as_str()).collect();
        assert_eq!((found.as_slice(), page.total), (codes, 3), "limit {limit}, offset {offset}");
    }
}
