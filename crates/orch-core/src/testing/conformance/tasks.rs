//! Cases about tasks and sprints: codes, values, lists. Does not look at sessions or events.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    all_events, assert_follows_from_log, change, code, create, operation, record, sprint, status, stored, task, updated,
};
use crate::clock::Clock;
use crate::code::{SprintCode, TaskCode, TaskType};
use crate::draft::Draft;
use crate::event::{Fact, SprintUpdated, TaskClaimed};
use crate::fold::{self, Circumstance};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::sprint::{SprintChanges, SprintStatus};
use crate::store::{
    ChangeError, SprintChange, SprintContext, SprintTarget, Store, TaskChange, TaskContext, TaskFilter, TaskScope,
    TaskTarget, Window,
};
use crate::task::{Priority, Task, TaskChanges, TaskStatus};
use crate::testing::{StepClock, fixture};

fn codes(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.code.as_str()).collect()
}

fn window(limit: u64, offset: u64) -> Window {
    Window { limit, offset }
}

/// `TSK-001`, `TSK-002`, …, leaving out what somebody chose; sprints likewise.
pub async fn codes_are_given_out_once<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    for (given, wanted) in [
        (None, "TSK-001"),
        (Some("TSK-002"), "TSK-002"),
        (Some("v1.2_x-Y"), "v1.2_x-Y"),
        (None, "TSK-003"),
        (None, "TSK-004"),
    ] {
        let outcome = create(&**store, &operation("tester"), given, |_| {}).await.expect("a task");
        assert_eq!(outcome.answer.code.as_str(), wanted, "given {given:?}");
    }
    for (given, wanted) in [(None, "SPR-001"), (Some("SPR-002"), "SPR-002"), (None, "SPR-003")] {
        let outcome = sprint(&**store, &operation("tester"), given).await.expect("a sprint");
        assert_eq!(outcome.answer.code.as_str(), wanted, "given {given:?}");
    }
}

/// A decision about a new task sees the task that has the code already.
pub async fn a_taken_code_is_seen<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    task(&**store, "TSK-001", |_| {}).await;
    let again = create(&**store, &operation("tester"), Some("TSK-001"), |_| {}).await;
    assert!(matches!(again, Err(ChangeError::Refused(Refusal::CodeTaken(_)))), "{again:?}");
    sprint(&**store, &operation("tester"), Some("SPR-001")).await.expect("a sprint");
    let again = sprint(&**store, &operation("tester"), Some("SPR-001")).await;
    assert!(matches!(again, Err(ChangeError::Refused(Refusal::CodeTaken(_)))), "{again:?}");
    assert_eq!(all_events(&**store).await.len(), 2);
}

/// A change to a task or sprint that is not there sees none.
pub async fn a_change_to_a_missing_task_sees_none<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let missing = code("TSK-404");
    let outcome = change(&**store, &operation("tester"), &missing, |_| Ok(())).await;
    let Err(ChangeError::Refused(Refusal::NoTask(named))) = outcome else { panic!("{outcome:?}") };
    assert_eq!(named, missing);
    assert_eq!(store.task(&missing).await.expect("a look"), None);
    assert_eq!(store.pinned_template(&missing).await.expect("a look"), None);
    assert_eq!(store.sprint(&SprintCode::new("SPR-404").expect("a code")).await.expect("a look"), None);
    let page = store.tasks(&TaskFilter::default(), Window::default()).await.expect("a list");
    assert_eq!((page.items.len(), page.total), (0, 0));
}

fn odd_metadata() -> Map<String, Value> {
    let mut deep = json!("bottom");
    for level in 0..40 {
        deep = if level % 2 == 0 { json!([deep]) } else { json!({ "down": deep }) };
    }
    let value = json!({
        "zebra": 1, "apple": [], "Äpfel": {}, "": "empty key", "a.b": "dotted", "quote\"'\\": "\"'\\",
        "least": i64::MIN, "most": u64::MAX, "half": 0.5, "tenth": 0.1, "huge": 1e300, "null": [null], "deep": deep,
        "text": "\u{1}\u{7f}\u{85}\u{200e}\u{202e} \r\n\t 🦀 e\u{301} \u{10ffff}", "sql": "'; DROP TABLE task; --",
    });
    value.as_object().cloned().unwrap_or_default()
}

/// Every field of a task is read as it was written.
pub async fn a_task_comes_back_whole<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    sprint(&**store, &operation("tester"), Some("SPR-001")).await.expect("a sprint");
    task(&**store, "TSK-001", |_| {}).await;
    task(&**store, "TSK-002", |_| {}).await;
    clock.advance(1);
    let made = task(&**store, "TSK-003", |created| {
        created.title = "Ünïcödé 🦀 'quoted' \"twice\" %_\\ \u{202e}back\u{1b}[31m".into();
        created.description = format!("line 1\r\nline 2\n\ttab \u{1}\u{7f}{}", "日本語".repeat(20_000));
        created.task_type = TaskType::new("bug_fix").expect("a type");
        created.priority = Priority::P0;
        created.sprint_code = SprintCode::new("SPR-001").ok();
        created.after = vec![code("TSK-002"), code("TSK-001")];
        created.metadata = odd_metadata();
    })
    .await;
    let read = stored(&**store, &made.code).await;
    assert_eq!(read, made);
    assert_eq!(json!(read).to_string(), json!(made).to_string(), "the order of keys stays");
    clock.advance(1);
    let removed = json!({"zebra": null, "half": {"now": [1, {"two": null}]}, "new": "🦀"});
    let changed = record(
        &**store,
        &made.code,
        &[updated(TaskChanges {
            description: Some(String::new()),
            metadata: removed.as_object().cloned().unwrap_or_default(),
            not_after: [code("TSK-001")].into(),
            ..TaskChanges::default()
        })],
    )
    .await;
    let read = stored(&**store, &made.code).await;
    assert_eq!(json!(read).to_string(), json!(changed).to_string());
    assert_eq!((read.version, read.metadata.contains_key("zebra")), (2, false));
    assert_eq!(read.after, [code("TSK-002")].into());
    assert_follows_from_log(&**store, &made.code).await;
}

/// Tasks are listed in the order of their creation, filtered by every column, with the total of all parts.
pub async fn lists_are_filtered_and_cut<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    sprint(&**store, &operation("tester"), Some("SPR-001")).await.expect("a sprint");
    for (name, priority, kind, in_sprint) in [
        ("zz-1", Priority::P3, "feature", true),
        ("TSK-002", Priority::P0, "bug_fix", true),
        ("aa-3", Priority::P1, "feature", false),
        ("TSK-004", Priority::P0, "feature", false),
    ] {
        clock.advance(1);
        task(&**store, name, |created| {
            created.priority = priority;
            created.task_type = TaskType::new(kind).expect("a type");
            created.sprint_code = SprintCode::new("SPR-001").ok().filter(|_| in_sprint);
        })
        .await;
    }
    record(&**store, &code("aa-3"), &[status(TaskStatus::Pending, TaskStatus::Blocked)]).await;
    let kind = |name| TaskType::new(name).expect("a type");
    let any = TaskFilter::default;
    for (filter, wanted) in [
        (any(), vec!["zz-1", "TSK-002", "aa-3", "TSK-004"]),
        (TaskFilter { status: vec![TaskStatus::Blocked], ..any() }, vec!["aa-3"]),
        (
            TaskFilter {
                status: vec![TaskStatus::Blocked, TaskStatus::Pending],
                priority: vec![Priority::P1],
                ..any()
            },
            vec!["aa-3"],
        ),
        (TaskFilter { priority: vec![Priority::P0, Priority::P3], ..any() }, vec!["zz-1", "TSK-002", "TSK-004"]),
        (TaskFilter { task_type: vec![kind("bug_fix"), kind("docs")], ..any() }, vec!["TSK-002"]),
        (TaskFilter { sprint: SprintCode::new("SPR-001").ok(), ..any() }, vec!["zz-1", "TSK-002"]),
        (TaskFilter { sprint: SprintCode::new("SPR-404").ok(), ..any() }, vec![]),
        (TaskFilter { status: vec![TaskStatus::Cancelled], ..any() }, vec![]),
    ] {
        let page = store.tasks(&filter, Window::default()).await.expect("a list");
        assert_eq!(codes(&page.items), wanted, "{filter:?}");
        assert_eq!(page.total, wanted.len() as u64, "{filter:?}");
    }
    for (part, wanted) in [
        (window(2, 1), vec!["TSK-002", "aa-3"]),
        (window(0, 0), vec![]),
        (window(10, 3), vec!["TSK-004"]),
        (window(10, 9), vec![]),
    ] {
        let page = store.tasks(&any(), part).await.expect("a list");
        assert_eq!((codes(&page.items), page.total), (wanted, 4), "{part:?}");
    }
}

async fn assert_ready<S: Store>(store: &S, wanted: &[&str], why: &str) {
    let page = store.ready_tasks(Window::default()).await.expect("a list");
    assert_eq!((codes(&page.items), page.total), (wanted.to_vec(), wanted.len() as u64), "{why}");
}

/// Ready tasks: by priority, then age; neither those that wait for others nor those that somebody holds.
pub async fn ready_tasks_come_best_first<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    for (name, priority, after) in [
        ("TSK-009", Priority::P2, None),
        ("TSK-002", Priority::P1, None),
        ("TSK-001", Priority::P2, None),
        ("TSK-004", Priority::P0, Some("TSK-009")),
    ] {
        clock.advance(1);
        task(&**store, name, |created| {
            created.priority = priority;
            created.after.extend(after.map(code));
        })
        .await;
    }
    assert_ready(&**store, &["TSK-002", "TSK-009", "TSK-001"], "TSK-004 waits").await;
    record(&**store, &code("TSK-009"), &[status(TaskStatus::Pending, TaskStatus::Cancelled)]).await;
    assert_ready(&**store, &["TSK-002", "TSK-001"], "a cancelled task frees nobody").await;
    record(&**store, &code("TSK-009"), &[status(TaskStatus::Cancelled, TaskStatus::Completed)]).await;
    assert_ready(&**store, &["TSK-004", "TSK-002", "TSK-001"], "TSK-004 is free").await;
    let holder = fixture::actor("agent-1");
    record(&**store, &code("TSK-004"), &[Fact::TaskClaimed(TaskClaimed { holder, lease_seconds: 60, from: None })])
        .await;
    assert_ready(&**store, &["TSK-002", "TSK-001"], "TSK-004 is held").await;
    clock.advance(59);
    assert_ready(&**store, &["TSK-002", "TSK-001"], "the lease lives for another second").await;
    clock.advance(1);
    assert_ready(&**store, &["TSK-004", "TSK-002", "TSK-001"], "the lease is over").await;
    let page = store.ready_tasks(window(1, 1)).await.expect("a list");
    assert_eq!((codes(&page.items), page.total), (vec!["TSK-002"], 3));
}

/// A decision learns which related tasks wait for its target, through any number of others.
pub async fn related_tasks_tell_whether_they_wait<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    for (name, after) in [("A", None), ("B", Some("A")), ("C", Some("B")), ("D", Some("C")), ("E", None)] {
        task(&**store, name, |created| created.after.extend(after.map(code))).await;
    }
    record(&**store, &code("C"), &[status(TaskStatus::Pending, TaskStatus::Blocked)]).await;
    let related: BTreeSet<TaskCode> = ["B", "D", "C", "E", "nobody"].map(code).into();
    for (target, sprint_code, wanted) in [
        ("A", None, [("B", true), ("C", true), ("D", true), ("E", false)]),
        ("C", Some("SPR-404"), [("B", false), ("C", false), ("D", true), ("E", false)]),
    ] {
        let scope = TaskScope {
            target: TaskTarget::Existing(code(target)),
            related: related.clone(),
            sprint: sprint_code.and_then(|code| SprintCode::new(code).ok()),
            template: true,
        };
        let by = operation("tester");
        let decide = |context: TaskContext| {
            assert_eq!(context.template, None);
            let task = context.task.ok_or(Refusal::NoTask(context.code))?;
            let related = context.related.iter();
            let waits: Vec<_> = related.map(|(code, other)| (code.to_string(), other.waits_for_target)).collect();
            let blocked = context.related.get("C").is_some_and(|other| other.status == TaskStatus::Blocked);
            let draft = Draft::on(task, by.actor.clone(), context.now);
            Ok(TaskChange { draft, answer: (waits, blocked, context.sprint_exists) })
        };
        let request = Request::new(&by, "task.look", &target);
        let (waits, blocked, sprint_exists) = store.change_task(&request, &scope, decide).await.expect("a look").answer;
        let wanted: Vec<_> = wanted.iter().map(|(code, waits)| ((*code).to_owned(), *waits)).collect();
        assert_eq!(waits, wanted, "seen from {target}");
        assert!(blocked, "the status of C is told");
        assert_eq!(sprint_exists, sprint_code.is_none());
    }
}

/// A sprint is read as it was written, and changed as its facts say.
pub async fn sprints_come_back_whole<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    for name in ["SPR-002", "SPR-001"] {
        clock.advance(1);
        sprint(&**store, &operation("tester"), Some(name)).await.expect("a sprint");
    }
    let name = SprintCode::new("SPR-002").expect("a code");
    let by = operation("planner");
    let decide = |context: SprintContext| {
        let sprint = context.sprint.ok_or(Refusal::NoSprint(context.code))?;
        let (status, title) = (Some(SprintStatus::Active), Some("Ärger 🦀".into()));
        let changes = SprintChanges { title, status, metadata: odd_metadata() };
        let fact = Fact::SprintUpdated(SprintUpdated { changes, old_status: sprint.status });
        let circumstance = Circumstance { actor: &by.actor, at: context.now, session_key: None };
        let sprint = fold::sprint_after(Some(sprint), &fact, circumstance).expect("an update follows");
        Ok(SprintChange { answer: sprint.clone(), sprint, facts: vec![fact] })
    };
    let request = Request::new(&by, "sprint.update", &name);
    let changed = store.change_sprint(&request, &SprintTarget::Existing(name.clone()), decide).await.expect("a change");
    let read = store.sprint(&name).await.expect("a look").expect("a sprint");
    assert_eq!(json!(read).to_string(), json!(changed.answer).to_string());
    assert_eq!((read.version, read.updated_at), (2, clock.now()));
    let page = store.sprints(window(1, 0)).await.expect("a list");
    assert_eq!((page.items, page.total), (vec![read.clone()], 2));
    let mut events = all_events(&**store).await;
    events.retain(|event| event.entity_code == name.as_str());
    assert_eq!(fold::fold_sprint(&events).expect("the log fits"), Some(read));
}
