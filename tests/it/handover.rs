//! Several agents on one project: claims, hand-overs, notes, changes under a condition, and who may approve and override.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Sandbox;
use crate::support::at_once;

/// A project with task TSK-001 in an active session of `tester`.
fn started(settings: &str) -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox.configure(settings);
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    Some(sandbox)
}

#[test]
fn a_task_is_handed_to_another_with_a_note() {
    let Some(sandbox) = started("") else { return };
    sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).success();
    sandbox.orch_as("bob", &["session", "start", "TSK-001"]).fails_with(5);
    sandbox.orch_as("bob", &["task", "handoff", "TSK-001", "--to", "bob"]).fails_with(2);
    sandbox.orch_as("eve", &["task", "handoff", "TSK-001", "--to", "bob"]).fails_with(5);
    let handed = sandbox.json(&["task", "handoff", "TSK-001", "--to", "bob", "--note", "the parser\nis left"]);
    assert_eq!(handed["task"]["lease"]["holder"], "bob");
    sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).fails_with(5);
    // whoever has it now goes on where it is, and reads what was said
    let begun = sandbox.orch_as("bob", &["session", "start", "TSK-001"]);
    assert!(begun.success().stdout.contains("resumed"), "{begun}");
    assert!(begun.stdout.contains("✎ tester to bob, 2025-01-13T14:30:22Z: the parser\\nis left"), "{begun}");
    let notes = sandbox.json(&["session", "status", "TSK-001"])["notes"].take();
    assert_eq!(
        notes,
        json!([{"from": "tester", "to": "bob", "at": "2025-01-13T14:30:22Z", "text": "the parser\nis left"}])
    );
    sandbox.orch_as("bob", &["phase", "complete", "TSK-001", "--override", "--phase", "research"]).success();
    let trail = "SELECT actor, payload->>'from', payload->>'to' FROM orchestration_events WHERE event_type = 'orchestration.task.handed_over'";
    assert_eq!(sandbox.sql(trail), "tester|tester|bob");
    sandbox.orch_as("bob", &["task", "update", "TSK-001", "--meta", "agent_notes=1"]).fails_with(2);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn notes_are_anybodys_and_the_latest_are_shown() {
    let Some(sandbox) = started("") else { return };
    sandbox.orch(&["task", "note", "TSK-001", "  "]).fails_with(2);
    sandbox.orch(&["task", "note", "TSK-404", "x"]).fails_with(3);
    for number in 1..=23 {
        sandbox.orch_as("eve", &["task", "note", "TSK-001", &format!("note {number}")]).success();
    }
    sandbox.orch_as("eve", &["task", "note", "it is \u{1b}[2J done"]).success();
    let task = sandbox.json(&["task", "show", "TSK-001"])["task"].take();
    let notes = task["metadata"]["agent_notes"].as_array().unwrap();
    assert_eq!((notes.len(), &notes[0]["text"]), (20, &json!("note 5")));
    assert_eq!(notes[19]["text"], "it is \u{1b}[2J done");
    let begun = sandbox.orch(&["session", "start", "TSK-001"]);
    assert!(begun.success().stdout.contains("15 older notes: orch task show"), "{begun}");
    assert!(begun.stdout.contains("✎ eve, 2025-01-13T14:30:22Z: it is \\u{1b}[2J done"), "{begun}");
    let logged = "SELECT count(*) FROM orchestration_events WHERE event_type = 'orchestration.task.noted'";
    assert_eq!(sandbox.sql(logged), "24");
    let found = sandbox.json(&["context", "search", "note 23"]);
    assert_eq!(found["results"][0]["event_type"], "orchestration.task.noted");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_change_under_a_condition_is_made_in_that_version_alone() {
    let Some(sandbox) = started("") else { return };
    sandbox.orch(&["sprint", "create", "s"]).success();
    sandbox.orch(&["bug", "log", "Error: no"]).success();
    sandbox.write("a.md", "# A\n");
    let version = || sandbox.json(&["task", "show", "TSK-001"])["task"]["version"].as_i64().unwrap();
    let count = || sandbox.sql("SELECT count(*) FROM orchestration_events");
    for arguments in [
        ["task", "update", "TSK-001", "--meta", "a=1"].as_slice(),
        &["task", "claim", "TSK-001"],
        &["task", "note", "TSK-001", "x"],
        &["task", "handoff", "TSK-001", "--to", "tester2"],
        &["task", "release", "TSK-001"],
        &["session", "start", "TSK-001", "--restart"],
        &["artifact", "put", "TSK-001", "A.md", "--file", "a.md"],
        &["event", "emit", "TSK-001", "intake.clarified"],
        &["git", "link-pr", "TSK-001", "https://github.com/o/r/pull/1"],
        &["phase", "complete", "TSK-001", "--override"],
        &["phase", "back", "TSK-001", "--to", "intake", "--reason", "x"],
        &["session", "end", "TSK-001", "--force"],
    ] {
        let actor = if arguments[1] == "release" { "tester2" } else { "tester" };
        let (read, before) = (version(), count());
        let stale = (read - 1).to_string();
        let run = sandbox.orch_as(actor, &[arguments, &["--if-version", &stale, "--json"]].concat());
        let error = run.fails_with(5).error();
        assert_eq!((&error["details"]["version"], count()), (&json!(read), before), "{run}");
        sandbox.orch_as(actor, &[arguments, &["--if-version", &read.to_string()]].concat()).success();
        assert!(version() > read, "{arguments:?}");
    }
    for arguments in
        [["sprint", "update", "SPR-001", "--title", "t"], ["bug", "resolve", "BUG-001", "--resolution", "r"]]
    {
        sandbox.orch(&[arguments.as_slice(), &["--if-version", "7"]].concat()).fails_with(5);
        sandbox.orch(&[arguments.as_slice(), &["--if-version", "1"]].concat()).success();
    }
    sandbox.orch(&["task", "update", "TSK-001", "--meta", "a=1", "--if-version", "-1"]).fails_with(2);
    // the same call again gives the first answer, though the version is another one by now
    let keyed = ["task", "update", "TSK-001", "--meta", "b=1", "--idempotency-key", "k", "--json"];
    let read = version().to_string();
    let first = sandbox.orch(&[keyed.as_slice(), &["--if-version", &read]].concat()).success().stdout.clone();
    assert_eq!(sandbox.orch(&[keyed.as_slice(), &["--if-version", &read]].concat()).success().stdout, first);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn nobody_approves_their_own_work_unless_that_is_allowed() {
    let Some(sandbox) = started("") else { return };
    let run = sandbox.orch(&["approval", "record", "TSK-001", "--json"]);
    assert_eq!(run.fails_with(9).error()["details"]["holder"], "tester");
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events WHERE event_type LIKE '%approval%'"), "0");
    sandbox.orch_as("ann", &["approval", "record", "TSK-001"]).success();
    let Some(sandbox) = started("workflow:\n  allow_self_approval: true\n") else { return };
    sandbox.orch(&["approval", "record", "TSK-001"]).success();
}

#[test]
fn gates_are_overridden_by_those_who_may() {
    let Some(sandbox) = started("workflow:\n  override_actors: ann, bob\n") else { return };
    let run = sandbox.orch(&["phase", "complete", "TSK-001", "--override", "--json"]);
    assert_eq!(run.fails_with(9).error()["details"]["override_actors"], json!(["ann", "bob"]));
    sandbox.orch(&["task", "handoff", "TSK-001", "--to", "bob"]).success();
    sandbox.orch_as("bob", &["phase", "complete", "TSK-001", "--override"]).success();
    sandbox.orch_with(("ORCH_WORKFLOW_OVERRIDE_ACTORS", "a,,b"), &["status"]).fails_with(2);
}

#[test]
fn fifty_agents_take_five_hundred_tasks_each_once() {
    let Some(sandbox) = Sandbox::project() else { return };
    let lines: String = (0..500)
        .map(|number| json!({"event_type": "note", "task": format!("T-{number:03}"), "payload": {}}).to_string() + "\n")
        .collect();
    sandbox.write("tasks.jsonl", &lines);
    sandbox.orch(&["event", "import", "tasks.jsonl", "--create-missing"]).success();
    let claimed: Vec<Vec<String>> = at_once(50, |at| {
        let actor = format!("agent-{at:02}");
        let mut mine = Vec::new();
        loop {
            let run = sandbox.orch_as(&actor, &["task", "claim", "--next", "--json"]);
            if run.code == Some(3) {
                return mine;
            }
            let task: Value = run.success().json()["task"].take();
            assert_eq!(task["lease"]["holder"], actor.as_str());
            mine.push(task["task_code"].as_str().unwrap().to_owned());
        }
    });
    let all: Vec<&String> = claimed.iter().flatten().collect();
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (500, 500));
    println!("{} of 50 agents got a task", claimed.iter().filter(|mine| !mine.is_empty()).count());
    let held = "SELECT count(*), count(DISTINCT entity_id) FROM orchestration_events WHERE event_type = 'orchestration.task.claimed'";
    assert_eq!(sandbox.sql(held), "500|500");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_key_answers_whoever_used_it_where_the_answer_is_about_them() {
    let Some(sandbox) = started("") else { return };
    sandbox.orch(&["task", "create", "y"]).success();
    for (number, arguments) in [
        ["task", "claim", "TSK-002"].as_slice(),
        &["task", "release", "TSK-002"],
        &["task", "claim", "--next"],
        &["session", "start", "TSK-002"],
        &["approval", "record", "TSK-001"],
        &["task", "handoff", "TSK-002", "--to", "bob"],
    ]
    .iter()
    .enumerate()
    {
        let key = format!("key-{number}");
        let arguments = [arguments, ["--idempotency-key", &key].as_slice()].concat();
        sandbox.orch_as("ann", &arguments).success();
        let other = sandbox.orch_as("eve", &arguments);
        assert!(other.fails_with(2).stderr.contains("key"), "{other}");
        sandbox.orch_as("ann", &arguments).success();
    }
    let approved =
        "SELECT DISTINCT actor FROM orchestration_events WHERE event_type = 'orchestration.approval.recorded'";
    assert_eq!(sandbox.sql(approved), "ann");
}
