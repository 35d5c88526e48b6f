//! Cases of the port for sessions, which are changed through their task, and of the templates that they pin.

use super::bench::{ALL, Bench, task_code};
use super::fact::{approve, back, check, complete, end, rename, save, session_key, start, template};
use crate::code::SessionKey;
use crate::draft::Template;
use crate::session::Session;
use crate::store::{ChangeError, SessionEntry, SessionFilter, Store, StoreError, TaskScope, TaskTarget, Window};

async fn find<S: Store>(bench: &Bench<S>, key: &str) -> Option<SessionEntry> {
    bench.store.session(&session_key(key)).await.expect("sessions can be read")
}

async fn of_task<S: Store>(bench: &Bench<S>, code: &str) -> Session {
    bench.task(code).await.session.expect("the task has a session")
}

async fn keys<S: Store>(bench: &Bench<S>, task: Option<&str>, active: Option<bool>) -> Vec<String> {
    let filter = SessionFilter { task: task.map(task_code), active };
    let page = bench.store.sessions(&filter, ALL).await.expect("sessions can be read");
    assert_eq!(page.total, page.items.len() as u64, "the total of {filter:?}");
    page.items.iter().map(|entry| entry.session.key.to_string()).collect()
}

async fn pinned<S: Store>(bench: &Bench<S>, code: &str) -> Option<Template> {
    bench.store.pinned_template(&task_code(code)).await.expect("templates can be read")
}

/// A started session is found by its key, with its task.
pub async fn a_session_is_found_by_its_key<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    assert_eq!(find(bench, "sess_1").await, None);
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    let session = of_task(bench, "TSK-001").await;
    assert!(session.active && session.key.as_str() == "sess_1", "{session:?}");
    assert_eq!(find(bench, "sess_1").await, Some(SessionEntry { task: task_code("TSK-001"), session }));
    assert_eq!(find(bench, "SESS_1").await, None);
    assert_eq!(find(bench, "sess_").await, None);
}

/// Whatever a task's change does to its session shows in the list too.
pub async fn a_session_follows_its_task<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    for step in 0..6 {
        bench.clock.advance(10);
        bench
            .change("TSK-001", |draft| match step {
                0 => check(draft, "tests", true),
                1 => approve(draft, Some("well done")),
                2 => complete(draft, Some("plan")),
                3 => back(draft, "intake"),
                4 => complete(draft, None),
                _ => end(draft, false),
            })
            .await;
        let session = of_task(bench, "TSK-001").await;
        assert_eq!(find(bench, "sess_1").await.map(|entry| entry.session), Some(session), "after step {step}");
    }
    let session = of_task(bench, "TSK-001").await;
    assert!(!session.active && session.ended_at.is_some(), "{session:?}");
}

/// A restart ends one session and starts another in one change; both are there afterwards, each as it was left.
pub async fn a_restart_leaves_both_sessions<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    bench.clock.advance(10);
    let restart = |draft: &mut crate::draft::Draft| {
        check(draft, "tests", true);
        end(draft, true);
        start(draft, "sess_2", &template("y"));
        complete(draft, Some("plan"));
    };
    bench.change("TSK-001", restart).await;
    let first = find(bench, "sess_1").await.expect("the first session is there").session;
    assert!(!first.active && first.forced && first.ended_at.is_some(), "the first session has ended: {first:?}");
    assert_eq!((first.checks.len(), first.current_phase.as_str()), (1, "intake"));
    let second = find(bench, "sess_2").await.expect("the second session is there").session;
    assert!(second.active && second.current_phase.as_str() == "plan", "the second session runs: {second:?}");
    assert_eq!(of_task(bench, "TSK-001").await, second);
    assert_eq!(keys(bench, Some("TSK-001"), None).await, ["sess_1", "sess_2"]);
    bench.change("TSK-001", |draft| end(draft, false)).await;
    let kept = find(bench, "sess_1").await.expect("the first session is there").session;
    assert_eq!(kept, first);
}

/// The template of the latest session is kept, letter by letter, also after its end.
pub async fn the_template_is_pinned<S: Store>(bench: &Bench<S>) {
    for code in ["TSK-001", "TSK-002"] {
        bench.create(code).await;
    }
    assert_eq!(pinned(bench, "TSK-001").await, None);
    assert_eq!(pinned(bench, "TSK-404").await, None);
    let first = template("phases:\r\n  - intäke # \u{1f680}\n\t\n");
    bench.change("TSK-001", |draft| start(draft, "sess_1", &first)).await;
    bench.change("TSK-002", |draft| start(draft, "sess_2", &first)).await;
    assert_eq!(pinned(bench, "TSK-001").await.as_ref(), Some(&first));
    bench.change("TSK-001", |draft| end(draft, false)).await;
    assert_eq!(pinned(bench, "TSK-001").await.as_ref(), Some(&first));
    let second = template("");
    bench.change("TSK-001", |draft| start(draft, "sess_3", &second)).await;
    assert_eq!(pinned(bench, "TSK-001").await, Some(second));
    assert_eq!(pinned(bench, "TSK-002").await, Some(first));
}

/// The scope says whether a decision sees the pinned template.
pub async fn a_decision_sees_the_template_if_it_asks<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let asked = TaskScope { template: true, ..TaskScope::of(&task_code("TSK-001")) };
    assert_eq!(bench.look(&asked).await.template, None);
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    assert_eq!(bench.look(&asked).await.template, Some(template("x")));
    assert_eq!(bench.look(&TaskScope::of(&task_code("TSK-001"))).await.template, None);
    let new = TaskScope { target: TaskTarget::New(None), ..asked };
    assert_eq!(bench.look(&new).await.template, None);
}

/// A session key is used once, by one task, and never again; nothing of the refused change is written.
pub async fn a_taken_key_is_a_conflict<S: Store>(bench: &Bench<S>) {
    for code in ["TSK-001", "TSK-002"] {
        bench.create(code).await;
    }
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("x"))).await;
    bench.change("TSK-001", |draft| end(draft, false)).await;
    let before = bench.snapshot().await;
    for code in ["TSK-001", "TSK-002"] {
        let change = |draft: &mut crate::draft::Draft| {
            rename(draft, "x");
            save(draft, "PLAN.md", b"x");
            start(draft, "sess_1", &template("y"));
        };
        let request = bench.keyed(code, "test", &code);
        let result = bench.try_change(&request, code, change).await;
        assert!(
            matches!(result, Err(ChangeError::Store(StoreError::Conflict { .. }))),
            "{code} starts a session with a taken key: expected a conflict, got {result:?}"
        );
        assert_eq!(bench.snapshot().await, before, "{code}");
        let content = bench.store.artifact(&task_code(code), &super::fact::artifact_name("PLAN.md")).await;
        assert_eq!(content.expect("artifacts can be read"), None, "{code}");
    }
    let request = bench.keyed("TSK-002", "test", &"TSK-002");
    let retried = bench.try_change(&request, "TSK-002", |draft| start(draft, "sess_2", &template("y"))).await;
    assert!(!retried.expect("a free key is taken").replayed, "a conflict is not kept under its idempotency key");
}

/// Lists follow the task and whether a session runs, in the order in which sessions were started.
pub async fn sessions_are_filtered<S: Store>(bench: &Bench<S>) {
    for code in ["TSK-001", "TSK-002", "TSK-003"] {
        bench.create(code).await;
    }
    for (code, key) in [("TSK-002", "sess_z"), ("TSK-001", "sess_y"), ("TSK-003", "sess_x")] {
        bench.change(code, |draft| start(draft, key, &template("x"))).await;
    }
    bench.change("TSK-002", |draft| end(draft, false)).await;
    bench.change("TSK-002", |draft| start(draft, "sess_a", &template("x"))).await;
    bench.change("TSK-001", |draft| end(draft, false)).await;
    assert_eq!(keys(bench, None, None).await, ["sess_z", "sess_y", "sess_x", "sess_a"]);
    assert_eq!(keys(bench, None, Some(true)).await, ["sess_x", "sess_a"]);
    assert_eq!(keys(bench, None, Some(false)).await, ["sess_z", "sess_y"]);
    assert_eq!(keys(bench, Some("TSK-002"), None).await, ["sess_z", "sess_a"]);
    assert_eq!(keys(bench, Some("TSK-002"), Some(true)).await, ["sess_a"]);
    assert_eq!(keys(bench, Some("TSK-001"), Some(true)).await, [""; 0]);
    assert_eq!(keys(bench, Some("TSK-404"), None).await, [""; 0]);
}

/// Windows cut the list; the total is that of the whole list.
pub async fn sessions_come_in_windows<S: Store>(bench: &Bench<S>) {
    for (code, key) in [("A", "sess_3"), ("B", "sess_2"), ("C", "sess_1")] {
        bench.create(code).await;
        bench.change(code, |draft| start(draft, key, &template("x"))).await;
    }
    for (limit, offset, expected) in [
        (2, 0, &["sess_3", "sess_2"][..]),
        (2, 2, &["sess_1"]),
        (2, 3, &[]),
        (0, 0, &[]),
        (u64::MAX, 1, &["sess_2", "sess_1"]),
        (1, u64::MAX, &[]),
    ] {
        let filter = SessionFilter { active: Some(true), task: None };
        let page = bench.store.sessions(&filter, Window { limit, offset }).await.expect("sessions can be read");
        let found: Vec<&str> = page.items.iter().map(|entry| SessionKey::as_str(&entry.session.key)).collect();
        assert_eq!((found.as_slice(), page.total), (expected, 3), "limit {limit}, offset {offset}");
    }
}
