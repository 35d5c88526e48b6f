//! One way of a task, as commands and as calls of tools, and that both leave the same.

use std::fs::{self, File};

use serde_json::{Value, json};

use super::Sandbox;
use crate::support::Run;

/// A step of a task's way: the command, and the tool with its arguments.
pub(super) type Step = (&'static [&'static str], &'static str, Value);

/// The text of an artifact as both ways give it.
const TEXT: &str = "# Text\n\nwith \"quotes\" and ünïcödé\n";

/// A whole way of a task, with refusals on it, as commands and as calls.
pub(super) fn way() -> Vec<Step> {
    [beginning(), end()].concat()
}

fn text(name: &str) -> Value {
    json!({"name": name, "content": TEXT})
}

fn beginning() -> Vec<Step> {
    vec![
        (
            &[
                "task",
                "create",
                "Add a login form",
                "--description",
                "Two fields",
                "--meta",
                "tags=[\"web\"]",
                "--priority",
                "P1",
            ],
            "task_create",
            json!({"title": "Add a login form", "description": "Two fields", "metadata": {"tags": ["web"]}, "priority": "P1"}),
        ),
        (
            &["task", "create", "Then this", "--after", "TSK-001", "--type", "bug_fix", "--idempotency-key", "k"],
            "task_create",
            json!({"title": "Then this", "after": ["TSK-001"], "type": "bug_fix", "idempotency_key": "k"}),
        ),
        (&["next"], "task_next", json!({})),
        (&["task", "claim", "--next"], "task_claim", json!({"next": true})),
        (&["session", "start", "TSK-001"], "session_start", json!({"task": "TSK-001"})),
        (&["phase", "complete", "TSK-001"], "phase_complete", json!({"task": "TSK-001"})),
        (
            &["task", "update", "--meta", "acceptance_criteria=[\"it works\"]", "--title", "Add a form"],
            "task_update",
            json!({"metadata": {"acceptance_criteria": ["it works"]}, "title": "Add a form"}),
        ),
        (&["artifact", "put", "TASK.md"], "artifact_put", text("TASK.md")),
        (
            &["event", "emit", "intake.clarified", "--payload", "{\"answer\":42}"],
            "event_emit",
            json!({"type": "intake.clarified", "payload": {"answer": 42}}),
        ),
        (&["phase", "complete", "--phase", "intake"], "phase_complete", json!({"phase": "intake"})),
        (&["phase", "complete", "--phase", "intake"], "phase_complete", json!({"phase": "intake"})),
        (&["artifact", "put", "RESEARCH.md"], "artifact_put", text("RESEARCH.md")),
        (&["phase", "complete"], "phase_complete", json!({})),
    ]
}

fn end() -> Vec<Step> {
    vec![
        (
            &["phase", "back", "--to", "research", "--reason", "not enough"],
            "phase_back",
            json!({"to": "research", "reason": "not enough"}),
        ),
        (&["phase", "complete"], "phase_complete", json!({})),
        (
            &["phase", "complete", "--override", "--reason", "a small one"],
            "phase_complete",
            json!({"override": true, "reason": "a small one"}),
        ),
        (
            &[
                "bug",
                "log",
                "index out of bounds",
                "--file",
                "src/a.rs",
                "--line",
                "3",
                "--action",
                "fix-now",
                "--context",
                "n=[1]",
            ],
            "bug_log",
            json!({"message": "index out of bounds", "file": "src/a.rs", "line": 3, "action": "fix-now", "context": {"n": [1]}}),
        ),
        (&["phase", "complete"], "phase_complete", json!({})),
        (
            &["bug", "resolve", "BUG-001", "--resolution", "checked"],
            "bug_resolve",
            json!({"bug": "BUG-001", "resolution": "checked"}),
        ),
        (
            &["check", "record", "tests", "--fail", "--note", "two"],
            "check",
            json!({"name": "tests", "passed": false, "note": "two"}),
        ),
        (&["check", "record", "tests", "--pass"], "check", json!({"name": "tests", "passed": true})),
        (&["git", "capture"], "git_capture", json!({})),
        (&["phase", "complete"], "phase_complete", json!({})),
        (
            &["git", "link-pr", "https://github.com/a/b/pull/3"],
            "git_link_pr",
            json!({"url": "https://github.com/a/b/pull/3"}),
        ),
        (&["git", "changes", "--write"], "git_changes", json!({"write": true})),
        (&["phase", "complete"], "phase_complete", json!({})),
        (&["session", "end"], "session_end", json!({})),
        (&["session", "start", "TSK-002"], "session_start", json!({"task": "TSK-002"})),
        (
            &["session", "end", "--force", "--reason", "enough"],
            "session_end",
            json!({"force": true, "reason": "enough"}),
        ),
        (&["task", "claim", "TSK-002"], "task_claim", json!({"task": "TSK-002"})),
        (&["task", "release", "TSK-002"], "task_release", json!({"task": "TSK-002"})),
        (&["task", "show", "TSK-404"], "task_show", json!({"task": "TSK-404"})),
        (
            &["git", "link-pr", "TSK-001", "http://github.com/a/b/pull/3"],
            "git_link_pr",
            json!({"task": "TSK-001", "url": "http://github.com/a/b/pull/3"}),
        ),
    ]
}

/// All that the store holds, but for what differs from run to run.
pub(super) fn holdings(sandbox: &Sandbox) -> Vec<String> {
    let lines: Vec<String> = sandbox.orch(&["db", "export"]).success().stdout.lines().map(ToOwned::to_owned).collect();
    lines[1..lines.len() - 1].to_vec()
}

/// Goes the way by commands.
pub(super) fn walk(sandbox: &Sandbox) -> Vec<Run> {
    let text = sandbox.home().join("text");
    fs::write(&text, TEXT).unwrap();
    let run = |(command, tool, _): Step| {
        let mut command = sandbox.orch_command(&[command, &["--json"]].concat());
        if tool == "artifact_put" {
            command.stdin(File::open(&text).unwrap());
        }
        sandbox.finish(&mut command)
    };
    way().into_iter().map(run).collect()
}

/// Takes out what says nothing, as answers to agents do.
fn compact(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(compact).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), compact(value)));
            let says = |value: &Value| !matches!(value.to_string().as_str(), "null" | "{}" | "[]" | "\"\"");
            Value::Object(fields.filter(|(_, value)| says(value)).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn a_way_through_the_tools_alone_leaves_what_the_commands_leave() {
    let (Some(commands), Some(tools)) = (Sandbox::project(), Sandbox::project()) else { return };
    let mut client = tools.mcp("someone");
    for ((_, tool, arguments), run) in way().into_iter().zip(walk(&commands)) {
        let id = client.send_call(tool, &arguments);
        let result = client.message(id)["result"].take();
        assert_eq!(result["isError"], json!(run.code != Some(0)), "{tool} {arguments}: {result}");
        if run.code != Some(0) {
            let mut told = run.error();
            if let Some(missing) = told["details"].get_mut("missing") {
                missing["approval"].take();
            }
            assert_eq!(result["structuredContent"]["error"], compact(&told), "{tool} {arguments}");
        }
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, result["structuredContent"], "clients show one or the other");
    }
    assert!(client.end().success());
    let (one, other) = (holdings(&commands), holdings(&tools));
    assert!(one.len() > 40, "{one:#?}");
    assert_eq!(one, other);
    tools.orch(&["db", "check"]).success();
}
