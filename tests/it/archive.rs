//! Months of the log that are moved out of the way, through the real program.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Sandbox;

/// Runs `orch … --json` at some moment, and hands back the document.
fn at(sandbox: &Sandbox, now: &str, arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    sandbox.orch_with(("ORCH_NOW", now), &arguments).success().json()
}

fn ids(sandbox: &Sandbox, options: &[&str]) -> Vec<i64> {
    let mut arguments = vec!["event", "export"];
    arguments.extend(options);
    let export = sandbox.orch(&arguments).success().stdout.clone();
    export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap()).collect()
}

/// Tasks of four months; the sandbox lives in January 2025.
fn history(sandbox: &Sandbox) {
    let times = ["2024-10-31T23:59:59Z", "2024-11-01T00:00:00Z", "2024-12-31T12:00:00Z", "2025-01-13T14:30:22Z"];
    for now in times {
        at(sandbox, now, &["task", "create", "x"]);
    }
}

#[test]
fn whole_months_go_and_can_still_be_seen() {
    let Some(sandbox) = Sandbox::project() else { return };
    history(&sandbox);
    let archive = |options: &[&str]| {
        let mut arguments = vec!["event", "archive"];
        arguments.extend(options);
        sandbox.json(&arguments)
    };
    let all = ids(&sandbox, &[]);
    let plan = archive(&["--before", "2024-12-15", "--dry-run"]);
    assert_eq!(plan["archived"], json!({"events": 2, "months": ["2024-10", "2024-11"]}));
    assert_eq!((&plan["dry_run"], &plan["before"]), (&json!(true), &json!("2024-12-15T00:00:00Z")));
    assert_eq!(ids(&sandbox, &[]), all);
    let done = archive(&["--before", "2024-12-15"]);
    assert_eq!(done["archived"], plan["archived"]);
    assert_eq!(archive(&["--before", "2024-12-15"])["archived"], json!({"events": 0, "months": []}));
    assert_eq!(ids(&sandbox, &[]), all[2..]);
    assert_eq!(ids(&sandbox, &["--archived"]), all);
    // an age, seen from the middle of January, ends in December
    assert_eq!(archive(&["--before", "2w"])["archived"], json!({"events": 0, "months": []}));
    assert_eq!(archive(&["--before", "12d"])["archived"], json!({"events": 1, "months": ["2024-12"]}));

    let list = |options: &[&str]| {
        let mut arguments = vec!["event", "list", "--after", "0", "--limit", "2"];
        arguments.extend(options);
        sandbox.json(&arguments)
    };
    assert_eq!(list(&[])["events"].as_array().unwrap().len(), 1);
    let part = list(&["--archived"]);
    assert_eq!(part["events"].as_array().unwrap().len(), 2);
    let rest = sandbox.json(&["event", "list", "--archived", "--after", part["cursor"].as_str().unwrap()]);
    assert_eq!(rest["events"].as_array().unwrap().len(), 2);
    let follow = sandbox.orch(&["event", "follow", "--archived", "--after", "0", "--limit", "4"]);
    assert_eq!(follow.success().stdout.lines().count(), 4);

    // what is archived still counts
    sandbox.orch(&["task", "update", "TSK-001", "--title", "y"]).success();
    sandbox.orch(&["db", "check"]).success();
    assert_eq!(ids(&sandbox, &["TSK-001", "--archived"]).len(), 2);
}

#[test]
fn an_operation_is_found_in_the_archive() {
    let Some(sandbox) = Sandbox::project() else { return };
    at(&sandbox, "2024-10-31T00:00:00Z", &["task", "create", "x", "--idempotency-key", "k"]);
    // not by way of the sandbox, which makes all operation ids look the same
    let mut client = sandbox.client().spawn().unwrap();
    client.stdin.take().unwrap().write_all(b"SELECT correlation_id FROM orchestration_events").unwrap();
    let output = client.wait_with_output().unwrap();
    let operation = String::from_utf8(output.stdout).unwrap();
    sandbox.orch(&["event", "archive", "--before", "2024-11-01"]).success();
    assert_eq!(ids(&sandbox, &[]), Vec::<i64>::new());
    assert_eq!(sandbox.json(&["op", "show", operation.trim()])["committed"], true);
    sandbox.orch(&["task", "create", "x", "--idempotency-key", "k"]).success();
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "1");
}

#[test]
fn a_late_event_follows_its_month() {
    let Some(sandbox) = Sandbox::project() else { return };
    history(&sandbox);
    let archive = || sandbox.json(&["event", "archive", "--before", "2025-01-01"])["archived"].take();
    assert_eq!(archive(), json!({"events": 3, "months": ["2024-10", "2024-11", "2024-12"]}));
    at(&sandbox, "2024-11-11T00:00:00Z", &["task", "create", "late"]);
    assert_eq!(ids(&sandbox, &[]).len(), 2);
    assert_eq!(archive(), json!({"events": 1, "months": ["2024-11"]}));
    assert_eq!(ids(&sandbox, &[]).len(), 1);
    assert_eq!(ids(&sandbox, &["--archived"]).len(), 5);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_run_may_be_killed_while_others_write() {
    let Some(sandbox) = Sandbox::project() else { return };
    for month in ["2024-09", "2024-10", "2024-11", "2024-12"] {
        for day in 1..3 {
            at(&sandbox, &format!("{month}-{day:02}T00:00:00Z"), &["task", "create", "x"]);
        }
    }
    let all = ids(&sandbox, &["--archived"]);
    for round in 0..8 {
        let mut command = sandbox.orch_command(&["event", "archive", "--before", "2025-01-01"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sandbox.orch(&["task", "create", "meanwhile"]).success();
        thread::sleep(Duration::from_millis(5 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(ids(&sandbox, &["--archived"])[..all.len()], all, "round {round}");
        sandbox.orch(&["db", "check"]).success();
    }
    sandbox.orch(&["event", "archive", "--before", "2025-01-01"]).success();
    assert_eq!(ids(&sandbox, &[]).len(), 8);
    assert_eq!(ids(&sandbox, &["--archived"]).len(), all.len() + 8);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn an_export_has_archived_events_too() {
    let Some(sandbox) = Sandbox::project() else { return };
    history(&sandbox);
    let whole = |name: &str| {
        sandbox.orch(&["db", "export", name]).success();
        let lines = fs::read_to_string(sandbox.root().join(name)).unwrap();
        // the head tells the time and the operation, the foot has the hash, and the archived ones their time
        let count = lines.lines().filter(|line| line.contains("\"table\":\"orchestration_events\"")).count();
        (count, lines.lines().count())
    };
    let before = whole("before.jsonl");
    sandbox.orch(&["event", "archive", "--before", "2025-01-01"]).success();
    assert_eq!(whole("after.jsonl"), before);

    let Some(other) = Sandbox::project() else { return };
    other.orch(&["db", "import", sandbox.root().join("after.jsonl").to_str().unwrap()]).success();
    other.orch(&["db", "check"]).success();
    assert_eq!(ids(&other, &["--archived"]), ids(&sandbox, &["--archived"]));
    assert_eq!(ids(&other, &[]), ids(&sandbox, &[]), "what was archived is not at hand");
    // and is moved where it belongs
    let done = other.json(&["event", "archive", "--before", "2025-01-01"]);
    assert_eq!(done["archived"]["events"], 3);
    assert_eq!(ids(&other, &["--archived"]), ids(&sandbox, &["--archived"]));
    other.orch(&["db", "check"]).success();
}
