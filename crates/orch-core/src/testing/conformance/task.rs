//! Cases of the port for tasks: codes, contexts, fields and lists. Which tasks are ready is in `ready`.

use serde_json::{Map, Value, json};

use super::bench::{ALL, Bench, assert_refused, draft_of, scope, sprint_code, task_code};
use super::fact::{
    approve, check, commit, complete, hand_over, leave_note, object, rename, save, set_status, start, template, update,
};
use crate::code::{Actor, TaskType};
use crate::draft::Draft;
use crate::event::{CommitCaptured, Fact, TaskCreated};
use crate::refusal::Refusal;
use crate::store::{
    ChangeError, Store, StoreError, TaskChange, TaskContext, TaskFilter, TaskScope, TaskTarget, Window,
};
use crate::task::{Priority, TaskChanges, TaskStatus};
use crate::testing::fixture;

/// Text that stores and their queries like to trip over.
pub(super) const ODD_TEXT: &str = "Zoë 日本 👩\u{200d}👩\u{200d}👧 e\u{301} \u{202e}rtl\u{202c} \u{1}\u{8}\u{1b}[31m\u{7f}\u{85}\u{2028} \
    \u{feff}\u{fffd}\u{ffff}\u{10ffff} '; DROP TABLE x; -- \" \\ \\u0041 \\0 % _ * ? ? $1 :a {} \r\n\t end  ";

/// A given code is the task's code; nothing else is there.
pub async fn a_given_code_is_kept<S: Store>(bench: &Bench<S>) {
    assert_eq!(bench.store.task(&task_code("LOGIN-7")).await.expect("tasks can be read"), None);
    let created = bench.create("LOGIN-7").await;
    assert_eq!(created.code.as_str(), "LOGIN-7");
    assert_eq!(bench.task("LOGIN-7").await, created);
    assert_eq!(bench.codes(&TaskFilter::default()).await, ["LOGIN-7"]);
    assert_eq!(bench.store.task(&task_code("LOGIN-8")).await.expect("tasks can be read"), None);
}

/// `TSK-001`, `TSK-002`, …, passing over those that were given by hand.
pub async fn codes_are_given_out_in_order_and_never_again<S: Store>(bench: &Bench<S>) {
    let next = async || {
        let outcome = bench.try_create(&bench.request("tester"), None).await.expect("the task is created");
        assert_eq!(bench.task(outcome.answer.code.as_str()).await, outcome.answer);
        outcome.answer.code.to_string()
    };
    assert_eq!(next().await, "TSK-001");
    bench.create("TSK-002").await;
    assert_eq!(next().await, "TSK-003");
    bench.create("TSK-004").await;
    bench.create("TSK-005").await;
    bench.create("TSK-7").await;
    bench.create("SPR-007").await;
    assert_eq!(next().await, "TSK-006");
    let refused = bench.look(&scope(TaskTarget::New(None))).await;
    assert!(refused.task.is_none(), "the code {} is free", refused.code);
    let after_refusal = next().await;
    assert!(after_refusal.as_str() > "TSK-006", "{after_refusal} comes after TSK-006");
    assert_eq!(bench.codes(&TaskFilter::default()).await.len(), 9);
}

/// Codes are compared letter by letter.
pub async fn codes_that_differ_in_case_are_different<S: Store>(bench: &Bench<S>) {
    bench.create("tsk-001").await;
    bench.create("TSK-001").await;
    bench.change("tsk-001", |draft| rename(draft, "small")).await;
    assert_eq!(bench.task("tsk-001").await.title, "small");
    assert_eq!(bench.task("TSK-001").await.version, 1);
    assert_eq!(bench.log("TSK-001").await.len(), 1);
}

/// A decision about a new task sees the one that has the code, and can refuse.
pub async fn a_taken_code_reaches_the_decision<S: Store>(bench: &Bench<S>) {
    let first = bench.create("TSK-001").await;
    let context = bench.look(&scope(TaskTarget::New(Some(task_code("TSK-001"))))).await;
    assert_eq!((context.code.as_str(), context.task), ("TSK-001", Some(first)));
    let refused = bench.try_create(&bench.request("tester"), Some("TSK-001")).await;
    assert_eq!(assert_refused(refused), Refusal::CodeTaken("TSK-001".into()));
}

/// A decision that overlooks the task which has the code cannot overwrite it.
pub async fn creating_over_a_task_is_a_conflict<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let before = bench.snapshot().await;
    let request = bench.request("tester");
    let decide = |context: TaskContext| {
        let created = TaskCreated { title: "Another".into(), ..fixture::task_created("TSK-001") };
        let draft = Draft::creating(created, &request.operation, context.now);
        Ok(TaskChange { draft, answer: () })
    };
    let scope = scope(TaskTarget::New(Some(task_code("TSK-001"))));
    let result = bench.store.change_task(&request, &scope, decide).await;
    assert!(matches!(result, Err(ChangeError::Store(StoreError::Conflict { .. }))), "expected a conflict: {result:?}");
    assert_eq!(bench.snapshot().await, before);
}

/// A decision about a task that does not exist is asked, and says so.
pub async fn a_missing_task_reaches_the_decision<S: Store>(bench: &Bench<S>) {
    let context = bench.look(&TaskScope::of(&task_code("TSK-404"))).await;
    assert_eq!((context.code.as_str(), context.task, context.template), ("TSK-404", None, None));
    assert!(context.related.is_empty() && context.sprint_exists, "a scope that names nothing misses nothing");
    let refused = bench.try_change(&bench.request("tester"), "TSK-404", |draft| rename(draft, "x")).await;
    assert_eq!(assert_refused(refused), Refusal::NoTask(task_code("TSK-404")));
    assert_eq!(bench.codes(&TaskFilter::default()).await, [""; 0]);
}

/// What a decision drafts before it refuses is not written.
pub async fn a_refusal_writes_nothing<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let before = bench.snapshot().await;
    let request = bench.request("tester");
    let decide = |context: TaskContext| {
        let mut draft = draft_of(&context, &request)?;
        rename(&mut draft, "x");
        Err::<TaskChange<()>, _>(Refusal::EmptyReason)
    };
    let refused = bench.store.change_task(&request, &TaskScope::of(&task_code("TSK-001")), decide).await;
    assert_eq!(assert_refused(refused), Refusal::EmptyReason);
    assert_eq!(bench.snapshot().await, before);
}

/// A change without facts leaves version, times and log as they were, even where it pins a template.
pub async fn a_change_without_facts_writes_nothing<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.clock.advance(60);
    let before = bench.snapshot().await;
    let outcome = bench.change("TSK-001", |draft| draft.pin(template("unused"))).await;
    assert_eq!((outcome.answer, outcome.event_ids, outcome.replayed), (1, vec![], false));
    assert_eq!(bench.snapshot().await, before);
    let pinned = async || bench.store.pinned_template(&task_code("TSK-001")).await.expect("templates can be read");
    assert_eq!(pinned().await, None);
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("used"))).await;
    let outcome = bench.change("TSK-001", |draft| draft.pin(template("unused"))).await;
    assert_eq!((outcome.event_ids, pinned().await), (vec![], Some(template("used"))));
}

/// A task with something in every field is the same in the decision, by its code and in the list.
pub async fn every_field_comes_back<S: Store>(bench: &Bench<S>) {
    bench.create_sprint("SPR-001").await;
    bench.create("TSK-002").await;
    let created = TaskCreated {
        description: "Two\nlines".into(),
        task_type: TaskType::new("bug_fix").expect("a valid type"),
        priority: Priority::P0,
        sprint_code: Some(sprint_code("SPR-001")),
        after: vec![task_code("TSK-002")],
        metadata: object(json!({"tags": ["auth"], "estimate": {"hours": 3.5}})),
        ..fixture::task_created("TSK-001")
    };
    bench.create_as(created).await;
    bench.clock.advance(1);
    bench.change("TSK-001", |draft| start(draft, "sess_1", &template("name: suite"))).await;
    bench.clock.advance(1);
    let change = |draft: &mut Draft| {
        complete(draft, Some("plan"));
        check(draft, "ci:unit/fast", true);
        check(draft, "lint", false);
        approve(draft, Some(ODD_TEXT));
        approve(draft, None);
        save(draft, "PLAN.md", b"a plan");
        save(draft, "notes/\u{65e5}\u{672c}.md", b" \n");
        draft.record(Fact::CommitCaptured(CommitCaptured { commit: commit(draft) }));
        leave_note(draft, ODD_TEXT);
        hand_over(draft, "grace", "go on");
    };
    let outcome = bench.change("TSK-001", change).await;
    let task = bench.task("TSK-001").await;
    assert_eq!(task.version, outcome.answer);
    let session = task.session.as_ref().expect("a session");
    assert_eq!((session.checks.len(), session.approvals.len(), session.phase_history.len()), (2, 2, 1));
    assert!(session.settings.allow_phase_skip && session.phase_history[0].overridden, "{session:?}");
    assert_eq!((task.artifacts.len(), task.commits.len(), task.after.len()), (2, 1, 1));
    let notes: Vec<&str> = task.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        (notes, task.notes[1].to.as_ref().map(crate::code::Actor::as_str)),
        (vec![ODD_TEXT, "go on"], Some("grace"))
    );
    assert!(task.artifacts.values().any(|meta| meta.blank) && task.lease.is_some(), "{task:?}");
    assert_eq!(bench.look(&TaskScope::of(&task.code)).await.task.as_ref(), Some(&task));
    let listed = bench.store.tasks(&TaskFilter::default(), ALL).await.expect("tasks can be read").items;
    assert_eq!(listed.last(), Some(&task));
    let folded = crate::fold::fold_task(&bench.log("TSK-001").await).expect("the log folds");
    assert_eq!(folded, Some(task));
}

/// Any text but NUL is kept to the character: no trimming, no normalisation, no meaning as SQL or JSON.
pub async fn any_text_comes_back<S: Store>(bench: &Bench<S>) {
    let long = "ä".repeat(300_000);
    for (code, title, description) in [("TSK-001", ODD_TEXT, ""), ("TSK-002", " ", &*long), ("TSK-003", "", ODD_TEXT)] {
        let created =
            TaskCreated { title: title.into(), description: description.into(), ..fixture::task_created(code) };
        bench.create_as(created).await;
        let task = bench.task(code).await;
        assert_eq!(task.title, title);
        assert!(task.description == description, "the description of {code}");
    }
}

/// JSON comes back as it was: numbers of 64 bits, nulls, odd keys, great depth.
pub async fn any_json_comes_back<S: Store>(bench: &Bench<S>) {
    let deep =
        (0..60).fold(json!("bottom"), |value, level| if level % 2 == 0 { json!([value]) } else { json!({"": value}) });
    let metadata = object(json!({
        "numbers": [i64::MIN, i64::MAX, u64::MAX, 0, -1, 0.1, -2.5, 1e-7, 1e300, 9_007_199_254_740_993_u64],
        "nulls": [null, {"null": null}, []],
        "null": null,
        "booleans": [true, false],
        "text": ODD_TEXT,
        "a.b": {"$ref": "'", "\"": "\\", "日本": {}, "": ""},
        ODD_TEXT: 1,
        "deep": deep,
        "looks_like": ["1", "null", "true", "2025-01-13T14:30:22Z", "{}"],
    }));
    bench.create_as(TaskCreated { metadata: metadata.clone(), ..fixture::task_created("TSK-001") }).await;
    assert_eq!(bench.task("TSK-001").await.metadata, metadata);
    let event = bench.log("TSK-001").await.remove(0);
    assert_eq!(event.payload["metadata"], Value::Object(metadata.clone()));
    bench.create("TSK-002").await;
    bench.change("TSK-002", |draft| merge(draft, metadata.clone())).await;
    let mut expected = metadata;
    expected.remove("null");
    assert_eq!(bench.task("TSK-002").await.metadata, expected);
}

fn merge(draft: &mut Draft, metadata: Map<String, Value>) {
    update(draft, TaskChanges { metadata, ..TaskChanges::default() });
}

/// A `null` in a change takes a key away; a `null` further in is a value.
pub async fn a_null_in_a_change_removes_the_key<S: Store>(bench: &Bench<S>) {
    let metadata = object(json!({"keep": 1, "drop": {"x": 1}}));
    bench.create_as(TaskCreated { metadata, ..fixture::task_created("TSK-001") }).await;
    let change = object(json!({"drop": null, "absent": null, "new": {"inner": null}}));
    bench.change("TSK-001", |draft| merge(draft, change.clone())).await;
    assert_eq!(bench.task("TSK-001").await.metadata, object(json!({"keep": 1, "new": {"inner": null}})));
    bench.change("TSK-001", |draft| merge(draft, object(json!({"drop": 2})))).await;
    assert_eq!(bench.task("TSK-001").await.metadata["drop"], 2);
}

/// A scope shows the other tasks that exist, with their statuses, and whether its sprint exists.
pub async fn related_tasks_are_seen<S: Store>(bench: &Bench<S>) {
    for code in ["TSK-001", "TSK-002", "TSK-003"] {
        bench.create(code).await;
    }
    bench.create_sprint("SPR-001").await;
    bench.change("TSK-002", |draft| set_status(draft, TaskStatus::Cancelled)).await;
    let related = ["TSK-001", "TSK-002", "TSK-404"].map(task_code).into_iter().collect();
    let sprint = Some(sprint_code("SPR-001"));
    let scope = TaskScope { related, sprint, ..TaskScope::of(&task_code("TSK-003")) };
    let context = bench.look(&scope).await;
    let seen: Vec<_> = context.related.iter().map(|(code, related)| (code.as_str(), related.status)).collect();
    assert_eq!(seen, [("TSK-001", TaskStatus::Pending), ("TSK-002", TaskStatus::Cancelled)]);
    assert!(context.sprint_exists, "SPR-001 exists");
    let missing = TaskScope { sprint: Some(sprint_code("SPR-404")), ..scope };
    assert!(!bench.look(&missing).await.sprint_exists, "SPR-404 does not exist");
}

/// A related task waits for the target directly or through others, whatever their statuses, until the link is cut.
pub async fn whoever_waits_for_the_target_is_seen<S: Store>(bench: &Bench<S>) {
    let after = |code: &str, after: &[&str]| TaskCreated {
        after: after.iter().map(|code| task_code(code)).collect(),
        ..fixture::task_created(code)
    };
    for (code, before) in [("A", &[][..]), ("X", &[]), ("B", &["A"]), ("C", &["X", "B"]), ("D", &["B", "C"])] {
        bench.create_as(after(code, before)).await;
    }
    let waiting = async |target: TaskTarget| {
        let related = ["A", "B", "C", "D", "X"]
            .map(task_code)
            .into_iter()
            .filter(|code| !matches!(&target, TaskTarget::Existing(target) if target == code));
        let scope = TaskScope { related: related.collect(), ..scope(target) };
        let context = bench.look(&scope).await;
        let waiting = context.related.iter().filter(|(_, related)| related.waits_for_target);
        waiting.map(|(code, _)| code.to_string()).collect::<Vec<_>>()
    };
    let existing = |code| TaskTarget::Existing(task_code(code));
    assert_eq!(waiting(existing("A")).await, ["B", "C", "D"]);
    assert_eq!(waiting(existing("X")).await, ["C", "D"]);
    assert_eq!(waiting(existing("D")).await, [""; 0]);
    assert_eq!(waiting(TaskTarget::New(None)).await, [""; 0]);
    bench.change("B", |draft| set_status(draft, TaskStatus::Completed)).await;
    assert_eq!(waiting(existing("A")).await, ["B", "C", "D"]);
    let cut = TaskChanges { not_after: [task_code("B")].into(), ..TaskChanges::default() };
    bench.change("C", |draft| update(draft, cut.clone())).await;
    assert_eq!(waiting(existing("A")).await, ["B", "D"]);
}

/// Lists follow status, type, priority and sprint: any of the words of one kind, all kinds together.
pub async fn tasks_are_filtered<S: Store>(bench: &Bench<S>) {
    for code in ["SPR-001", "SPR-002"] {
        bench.create_sprint(code).await;
    }
    let kind = |name: &str| TaskType::new(name).expect("a valid type");
    for (code, sprint, task_type, priority, status) in [
        ("A", None, "feature", Priority::P2, TaskStatus::Pending),
        ("B", Some("SPR-001"), "bug_fix", Priority::P0, TaskStatus::InProgress),
        ("C", Some("SPR-001"), "feature", Priority::P0, TaskStatus::Completed),
        ("D", Some("SPR-002"), "Feature", Priority::P3, TaskStatus::Blocked),
    ] {
        let sprint_code = sprint.map(sprint_code);
        let created = TaskCreated { sprint_code, task_type: kind(task_type), priority, ..fixture::task_created(code) };
        bench.create_as(created).await;
        bench.change(code, |draft| set_status(draft, status)).await;
    }
    let all = TaskFilter::default;
    for (filter, codes) in [
        (all(), &["A", "B", "C", "D"][..]),
        (TaskFilter { status: vec![TaskStatus::Pending], ..all() }, &["A"]),
        (TaskFilter { status: vec![TaskStatus::Blocked, TaskStatus::Completed], ..all() }, &["C", "D"]),
        (TaskFilter { status: vec![TaskStatus::Cancelled], ..all() }, &[]),
        (TaskFilter { task_type: vec![kind("feature")], ..all() }, &["A", "C"]),
        (TaskFilter { task_type: vec![kind("Feature"), kind("bug_fix")], ..all() }, &["B", "D"]),
        (TaskFilter { priority: vec![Priority::P0], ..all() }, &["B", "C"]),
        (TaskFilter { sprint: Some(sprint_code("SPR-001")), ..all() }, &["B", "C"]),
        (TaskFilter { sprint: Some(sprint_code("SPR-404")), ..all() }, &[]),
        (
            TaskFilter {
                sprint: Some(sprint_code("SPR-001")),
                priority: vec![Priority::P0, Priority::P1],
                task_type: vec![kind("feature")],
                status: vec![TaskStatus::Pending, TaskStatus::Completed],
                holder: None,
            },
            &["C"],
        ),
    ] {
        assert_eq!(bench.codes(&filter).await, codes, "{filter:?}");
    }
    bench.change("A", |draft| hand_over(draft, "ann", "x")).await;
    bench.change("B", |draft| hand_over(draft, "Ann", "x")).await;
    bench.clock.advance(3_600);
    let held = |name: &str| TaskFilter { holder: Some(Actor::new(name).expect("a valid name")), ..all() };
    assert_eq!(bench.codes(&held("ann")).await, ["A"], "also where the lease has run out");
    assert_eq!(bench.codes(&held("eve")).await, [""; 0]);
    let moved = TaskChanges { sprint: Some(sprint_code("SPR-002")), ..TaskChanges::default() };
    bench.change("B", |draft| update(draft, moved.clone())).await;
    assert_eq!(bench.codes(&TaskFilter { sprint: Some(sprint_code("SPR-002")), ..all() }).await, ["B", "D"]);
}

/// Windows cut a list that keeps the order of creation; the total is that of the whole list.
pub async fn tasks_come_in_windows<S: Store>(bench: &Bench<S>) {
    for code in ["E", "D", "C", "B", "A"] {
        bench.create(code).await;
    }
    bench.change("D", |draft| rename(draft, "changed last")).await;
    let filter = TaskFilter { status: vec![TaskStatus::Pending], ..TaskFilter::default() };
    for (limit, offset, codes) in [
        (2, 0, &["E", "D"][..]),
        (2, 2, &["C", "B"]),
        (2, 4, &["A"]),
        (2, 6, &[]),
        (0, 0, &[]),
        (u64::MAX, 3, &["B", "A"]),
        (1, u64::MAX, &[]),
    ] {
        let page = bench.store.tasks(&filter, Window { limit, offset }).await.expect("tasks can be read");
        let found: Vec<_> = page.items.iter().map(|task| task.code.as_str()).collect();
        assert_eq!((found.as_slice(), page.total), (codes, 5), "limit {limit}, offset {offset}");
    }
}
