//! Many events at once: whole batches or none, each event once, and the state their fold.

use std::io::Write as _;
use std::process::Stdio;
use std::thread;

use serde_json::json;

use super::Sandbox;
use crate::support::Run;

/// Events of some tasks in turn, a second apart.
fn events(first: usize, count: usize) -> String {
    let line = |n: usize| {
        json!({"id": n, "event_type": "note_added", "entity_type": "task", "entity_id": format!("T-{}", n % 7),
               "task": format!("T-{}", n % 7), "sprint": "S-1", "project": "P-1", "session_key": format!("sess-{}", n % 3),
               "created_at": format!("2025-02-{:02}T{:02}:{:02}:{:02}.125Z", 1 + n / 86_400, n / 3_600 % 24, n / 60 % 60, n % 60),
               "payload": {"n": n, "text": "some words that were said about it, of about the usual length"}})
    };
    (first..first + count).map(|n| format!("{}\n", line(n))).collect()
}

const COUNT: &str =
    "SELECT count(*), count(DISTINCT payload->>'n') FROM orchestration_events WHERE event_type = 'note_added'";

/// Runs `orch event import -` on this text.
fn import(sandbox: &Sandbox, text: &str, more: &[&str]) -> Run {
    let mut command = sandbox.orch_command(&["event", "import", "-", "--json"]);
    command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // it may be refused before it is read to its end
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    sandbox.wait(child)
}

#[test]
fn events_become_a_part_of_their_tasks() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "One"]).success();
    sandbox.orch(&["task", "claim", "TSK-001"]).success();
    sandbox.orch(&["sprint", "create", "First"]).success();
    sandbox.write(
        "in.jsonl",
        concat!(
            r#"{"event_type":"tool_called","task":"TSK-001","created_at":"2025-01-10T01:02:03.456789+01:00","actor":"Ünï","session_key":"s-1","payload":{"b":[1.5,null],"a":"\u0001\ud83d\ude80"}}"#,
            "\n\n",
            r#"{"event_type":"sprint_note","entity_type":"sprint","entity_id":"SPR-001","created_at":"2025-03-01T00:00:00Z"}"#,
            "\n",
            r#"{"event_type":"note","entity_type":"task","entity_id":"NEW-1","sprint":"NEW-S","payload":"text"}"#,
        ),
    );
    let mut answer = sandbox.json(&["event", "import", "in.jsonl", "--create-missing"]);
    answer["operation_id"].take();
    assert_eq!(
        answer,
        json!({"imported": 3, "skipped": 0, "created_tasks": 1, "created_sprints": 1, "left_out": 0, "batches": 1,
               "operation_id": null})
    );
    let told = sandbox.json(&["event", "list", "TSK-001", "--type", "tool_called"])["events"][0].take();
    assert_eq!(told["payload"], json!({"a": "\u{1}\u{1f680}", "b": [1.5, null]}));
    assert_eq!((&told["actor"], &told["session_key"], &told["seq"]), (&json!("Ünï"), &json!("s-1"), &json!(3)));
    // never before the last event of its task
    assert_eq!(told["emitted_at"], "2025-01-13T14:30:22Z");
    assert_eq!(sandbox.json(&["sprint", "show", "SPR-001"])["sprint"]["updated_at"], "2025-03-01T00:00:00Z");
    let new = sandbox.json(&["task", "show", "NEW-1"])["task"].take();
    assert_eq!((&new["sprint_code"], &new["version"]), (&json!("NEW-S"), &json!(2)));
    sandbox.orch(&["db", "check"]).success();
    // life goes on
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.orch(&["sprint", "update", "SPR-001", "--status", "active"]).success();
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_file_with_a_bad_line_changes_nothing() {
    let Some(sandbox) = Sandbox::project() else { return };
    for (bad, code, told) in [
        ("{\"event_type\":\"note_added\"", 2, "line 1501: event cannot be read"),
        (
            r#"{"event_type":"orchestration.task.created","task":"T-1"}"#,
            2,
            "line 1501: event type orchestration.task.created",
        ),
        (r#"{"event_type":"note_added","task":"a/b"}"#, 2, "line 1501: task code"),
        (r#"{"event_type":"note_added","entity_type":"team","entity_id":"P-1"}"#, 2, "line 1501: event is about"),
        (r#"{"event_type":"note_added","task":"T-1","id":[1]}"#, 2, "line 1501: id"),
    ] {
        sandbox.write("in.jsonl", &format!("{}{bad}\n{}", events(0, 1_500), events(1_500, 10)));
        let run = sandbox.orch(&["event", "import", "in.jsonl", "--create-missing", "--json"]);
        let error = run.fails_with(code).error();
        assert!(error["message"].as_str().unwrap().contains(told), "{run}");
        assert_eq!(error["details"]["line"], 1501);
        assert_eq!(sandbox.sql(COUNT), "0|0");
    }
    sandbox.write("in.jsonl", &events(0, 1_500));
    let run = sandbox.orch(&["event", "import", "in.jsonl"]);
    assert!(run.fails_with(3).stderr.contains("line 1: there is no task T-0"), "{run}");
    assert_eq!(sandbox.sql(COUNT), "0|0");
    sandbox.orch(&["event", "import", "none.jsonl"]).fails_with(3);
    sandbox.orch(&["event", "import", "in.jsonl", "--batch", "0"]).fails_with(2);
}

#[test]
fn events_keep_their_id_and_project_of_elsewhere() {
    let Some(sandbox) = Sandbox::project() else { return };
    let lines = concat!(
        r#"{"id":17,"event_type":"note","task":"T-1","project":"P-1","payload":{"text":"a\u0000b"}}"#,
        "\n",
        r#"{"id":"a18","event_type":"project_note","entity_type":"project","entity_id":"P-1","payload":{"n":1}}"#,
        "\n",
        r#"{"event_type":"project_note","entity_type":"project","entity_id":"P-1"}"#,
        "\n",
    );
    assert_eq!(import(&sandbox, lines, &["--create-missing"]).success().json()["imported"], json!(3));
    let more = r#"{"event_type":"project_note","entity_type":"project","entity_id":"P-1"}"#;
    assert_eq!(import(&sandbox, more, &[]).success().json()["imported"], json!(1));
    let events = sandbox.json(&["event", "list"])["events"].take();
    let told = |event: &serde_json::Value| {
        let field = |name: &str| event[name].clone();
        [field("event_type"), field("entity_code"), field("seq"), field("external_id"), field("project")]
    };
    let events: Vec<_> = events.as_array().unwrap().iter().map(told).collect();
    let of_project =
        |seq: i64, id: serde_json::Value| [json!("project_note"), json!("P-1"), json!(seq), id, json!("P-1")];
    assert_eq!(events[1], [json!("note"), json!("T-1"), json!(2), json!(17), json!("P-1")]);
    assert_eq!(events[2..], [of_project(1, json!("a18")), of_project(2, json!(null)), of_project(3, json!(null))]);
    let note = sandbox.json(&["event", "list", "T-1", "--type", "note"])["events"][0].take();
    assert_eq!(note["payload"], json!({"text": "a\u{fffd}b"}));
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_compressed_file_is_the_same_file() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("in.jsonl", &events(0, 100));
    sandbox.finish(sandbox.command("gzip").args(["-k", "in.jsonl"])).success();
    let answer = sandbox.json(&["event", "import", "in.jsonl.gz", "--create-missing", "--batch", "30"]);
    assert_eq!(answer["imported"], json!(100));
    assert_eq!(sandbox.json(&["event", "import", "in.jsonl"])["skipped"], json!(100));
    let broken = std::fs::read(sandbox.root().join("in.jsonl.gz")).unwrap();
    std::fs::write(sandbox.root().join("cut.jsonl.gz"), &broken[..broken.len() / 2]).unwrap();
    let run = sandbox.orch(&["event", "import", "cut.jsonl.gz", "--create-missing"]);
    assert_ne!(run.code, Some(0), "{run}");
    assert_eq!(sandbox.sql(COUNT), "100|100");
}

#[test]
fn what_is_left_out_is_counted() {
    let Some(sandbox) = Sandbox::project() else { return };
    let other = r#"{"event_type":"team_note","entity_type":"team","entity_id":"P-1","task":null}"#;
    let text = format!("{}{other}\n{}{other}\n", events(0, 5), events(5, 5));
    let answer = import(&sandbox, &text, &["--create-missing", "--leave-out-others", "--batch", "3"]).success().json();
    assert_eq!((answer["imported"].as_u64(), answer["left_out"].as_u64()), (Some(10), Some(2)));
}

#[test]
fn a_batch_of_a_stream_is_whole_or_absent() {
    let Some(sandbox) = Sandbox::project() else { return };
    let bad = format!("{}{{\n{}", events(0, 150), events(150, 50));
    let run = import(&sandbox, &bad, &["--create-missing", "--batch", "100"]);
    assert!(run.fails_with(2).stderr.contains("line 151"), "{run}");
    assert_eq!(sandbox.sql(COUNT), "100|100");
    // mended, the stream goes on after its last whole batch
    let answer = import(&sandbox, &events(0, 200), &["--create-missing", "--batch", "100"]).success().json();
    assert_eq!((answer["imported"].as_u64(), answer["skipped"].as_u64()), (Some(100), Some(100)));
    assert_eq!(sandbox.sql(COUNT), "200|200");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn nothing_is_imported_twice_however_it_is_cut() {
    let Some(sandbox) = Sandbox::project() else { return };
    let run = |count: usize, batch: &str| {
        sandbox.write("in.jsonl", &events(0, count));
        let answer = sandbox.json(&["event", "import", "in.jsonl", "--create-missing", "--batch", batch]);
        ["imported", "skipped", "batches"].map(|name| answer[name].as_u64().unwrap())
    };
    assert_eq!(run(1_050, "500"), [1_050, 0, 3]);
    assert_eq!(run(1_050, "500"), [0, 1_050, 0]);
    assert_eq!(run(1_050, "400"), [0, 1_050, 0]);
    // the file grew
    assert_eq!(run(2_300, "500"), [1_250, 1_050, 3]);
    assert_eq!(sandbox.sql(COUNT), "2300|2300");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("in.jsonl", &events(0, 10_000));
    let arguments = ["event", "import", "in.jsonl", "--create-missing", "--batch", "200"];
    let mut before = 0;
    for round in 1..=3 {
        let mut child = sandbox.spawn(&arguments);
        let written = || sandbox.sql(COUNT).split_once('|').unwrap().0.parse::<u64>().unwrap();
        while written() < round * 600 && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        child.wait().unwrap();
        before = written();
        assert_eq!(before % 200, 0);
        sandbox.orch(&["db", "check"]).success();
    }
    assert!(before < 10_000);
    let answer = sandbox.json(&arguments);
    // a commit may have followed the look
    assert_eq!(answer["imported"].as_u64().unwrap() + answer["skipped"].as_u64().unwrap(), 10_000);
    assert_eq!(sandbox.sql(COUNT), "10000|10000");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn several_import_into_the_same_tasks_at_once() {
    let Some(sandbox) = Sandbox::project() else { return };
    import(&sandbox, &events(0, 7), &["--create-missing"]).success();
    thread::scope(|scope| {
        for writer in 0..4 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let text = events(1_000 * (writer + 1), 600);
                import(sandbox, &text, &["--create-missing", "--batch", "50"]).success();
            });
        }
        for _ in 0..20 {
            sandbox.orch(&["task", "update", "T-1", "--meta", "n=1"]).success();
        }
    });
    assert_eq!(sandbox.sql(COUNT), "2407|2407");
    sandbox.orch(&["db", "check"]).success();
}
