//! Secrets: given in all the ways there are, they are nowhere in the store, and nowhere in what orch says.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::Sandbox;
use crate::support::Run;

const WORKFLOW: &str =
    "phases:\n  build: {order: 1, goal: built, events: [built]}\n  ship: {order: 2, goal: shipped}\n";

/// A token with this letter repeated. It is put together here, so that no scanner takes this file for a leak.
fn token(letter: char) -> String {
    format!("{}{}", "gh", format_args!("p_{}", format!("{letter}1B2").repeat(9)))
}

/// A project with a session of one task.
fn shop() -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox.write(".orch/workflow.yaml", WORKFLOW);
    sandbox.orch(&["task", "create", "Shop"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    Some(sandbox)
}

/// Everything that the store holds, as text.
fn dump(sandbox: &Sandbox) -> String {
    sandbox.orch(&["db", "export", "dump.jsonl"]).success();
    let path = sandbox.root().join("dump.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    text
}

fn import(sandbox: &Sandbox, text: &str) -> Run {
    let mut command = sandbox.orch_command(&["event", "import", "-", "--create-missing", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    sandbox.wait(child)
}

#[test]
fn promise_28_a_secret_is_nowhere_whichever_way_it_came() {
    let Some(sandbox) = shop() else { return };
    let secrets: Vec<String> = ('a'..='t').map(token).collect();
    let [title, text, value, new_title, sprint, payload, message, stack, context, note] = &secrets[..10] else {
        return;
    };
    let [command, output, check_note, reason, commit, imported, resolution, approval, own_commit, hook] =
        &secrets[10..]
    else {
        return;
    };
    let mut said = String::new();
    let mut orch = |arguments: &[&str], code: i32| {
        let run = sandbox.orch(arguments);
        run.fails_with(code);
        said += &format!("{}\n{}\n", run.stdout, run.stderr);
    };
    let description = format!("Run it with API_TOKEN={text} and see");
    orch(&["task", "create", title, "--description", &description, "--meta", &format!("deploy={value}"), "--json"], 0);
    orch(&["task", "update", "TSK-002", "--title", &format!("rotate {new_title}"), "--json"], 0);
    orch(&["sprint", "create", &format!("sprint of {sprint}"), "--json"], 0);
    let emitted =
        json!({"url": format!("https://ada:{payload}@example.org/x"), "deep": [{"password": "correct-horse"}]});
    orch(&["event", "emit", "TSK-001", "built", "--payload", &emitted.to_string(), "--json"], 0);
    let trace = format!("Error: no access for {message}\n    at load (src/load.js:4:2)\n    token={stack}");
    let error = format!("Error: no access for {message}");
    let (context, note) = (format!("key={context}"), format!("tried {note}"));
    let logged =
        ["bug", "log", &error, "--stack-trace", &trace, "--context", &context, "--action", "context", "--note", &note];
    orch(&[&logged[..], &["--json"]].concat(), 0);
    orch(&["bug", "resolve", "BUG-001", "--resolution", &format!("revoked {resolution}"), "--json"], 0);
    let script = format!("echo \"PASSWORD=hunter2-$0 {output}\"; exit 3");
    let run = sandbox.orch(&["check", "run", "TSK-001", "smoke", "--", "sh", "-c", &script, "--token", command]);
    run.fails_with(3);
    orch(&["check", "record", "TSK-001", "lint", "--pass", "--note", check_note, "--json"], 0);
    orch(&["approval", "record", "TSK-001", "--note", approval, "--actor", "ann", "--json"], 0);
    orch(&["task", "note", "TSK-001", &format!("the key is {approval}"), "--json"], 0);
    sandbox.write("a.txt", "a\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "--quiet", "-m", &format!("use {commit}")]);
    orch(&["git", "capture", "TSK-001", "--json"], 0);
    sandbox.write("a.txt", "b\n");
    orch(&["git", "commit", "TSK-001", "-m", &format!("rotate {own_commit}"), "--json"], 0);
    sandbox.write("a.txt", "c\n");
    let hooks = sandbox.root().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    fs::write(hooks.join("pre-commit"), format!("#!/bin/sh\necho 'refused for {hook}' >&2\nexit 1\n")).unwrap();
    fs::set_permissions(hooks.join("pre-commit"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    orch(&["git", "commit", "TSK-001", "--json"], 9);
    orch(&["phase", "complete", "TSK-001", "--override", "--reason", reason, "--json"], 0);
    let line =
        json!({"event_type": "note", "task": "T-9", "id": imported, "payload": {"text": format!("it is {imported}")}});
    let run = import(&sandbox, &format!("{line}\n"));
    run.success();
    for arguments in [
        ["task", "list", "--json"].as_slice(),
        &["event", "list", "--json", "--limit", "1000"],
        &["event", "export"],
        &["context", "search", "access", "--json"],
        &["bug", "show", "BUG-001", "--json"],
        &["task", "show", "TSK-001", "--json"],
    ] {
        orch(arguments, 0);
    }
    let stored = dump(&sandbox);
    for (at, secret) in secrets.iter().enumerate() {
        assert!(!stored.contains(secret), "{at} is stored: {}", around(&stored, secret));
        assert!(!said.contains(secret), "{at} is told: {}", around(&said, secret));
    }
    assert!(!stored.contains("hunter2") && !stored.contains("correct-horse"), "{stored}");
    assert!(stored.matches("[REDACTED:github_token]").count() >= 18, "{stored}");
    sandbox.orch(&["db", "check"]).success();
}

fn around<'t>(text: &'t str, secret: &str) -> &'t str {
    let at = text.find(secret).unwrap_or_default();
    text.get(at.saturating_sub(120)..(at + 60).min(text.len())).unwrap_or("text that is not ASCII")
}

fn log(sandbox: &Sandbox, secret: &str) -> Value {
    sandbox.json(&["bug", "log", &format!("Error: login refused for key {secret} (code 7)"), "--file", "src/login.js"])
}

#[test]
fn errors_that_differ_in_a_secret_are_one_bug() {
    let Some(sandbox) = shop() else { return };
    let first = log(&sandbox, &token('a'));
    let second = log(&sandbox, &token('z'));
    assert_eq!((&first["new"], &second["new"], &second["occurrence_count"]), (&json!(true), &json!(false), &json!(2)));
    let told = first["bug"]["error_message"].as_str().unwrap();
    assert_eq!(told, "Error: login refused for key [REDACTED:github_token] (code 7)");
    // the same title with another secret is no change
    sandbox.orch(&["task", "update", "TSK-001", "--title", &format!("key {}", token('a'))]).success();
    let before = sandbox.json(&["task", "show", "TSK-001"])["task"]["version"].clone();
    let after = sandbox.json(&["task", "update", "TSK-001", "--title", &format!("key {}", token('b'))]);
    assert_eq!(after["task"]["version"], before);
}

#[test]
fn it_can_be_switched_off() {
    let Some(sandbox) = shop() else { return };
    let secret = token('a');
    sandbox.configure("redaction:\n  enabled: false\n");
    sandbox.orch(&["task", "create", &secret]).success();
    assert!(dump(&sandbox).contains(&secret));
    let run = sandbox.orch_with(("ORCH_REDACTION_ENABLED", "true"), &["task", "create", &secret, "--json"]);
    assert_eq!(run.success().json()["task"]["title"], "[REDACTED:github_token]");
}

#[test]
fn a_project_has_secrets_of_its_own() {
    let Some(sandbox) = shop() else { return };
    sandbox.configure(
        "redaction:\n  patterns:\n    - ACME-\\d{4}\n    - {pattern: 'staff (?<secret>\\w+)', name: staff}\n",
    );
    let task = sandbox.json(&["task", "create", "ACME-1234 of staff ada"]);
    assert_eq!(task["task"]["title"], "[REDACTED:custom] of staff [REDACTED:staff]");
    let run = sandbox.orch(&["task", "show", "ACME-1234/"]);
    assert!(!run.fails_with(2).stderr.contains("ACME-1234"), "{run}");
    let settings = sandbox.json(&["config", "show"]);
    let keys: Vec<&Value> = settings["settings"].as_array().unwrap().iter().map(|row| &row["key"]).collect();
    for key in ["redaction.enabled", "redaction.patterns", "redaction.entropy"] {
        assert!(keys.contains(&&json!(key)), "{key}");
    }
    sandbox
        .write(".orch/config.yaml", "redaction:\n  patterns:\n    - 'ok+'\n    - '('\n    - {pattern: a, name: No}\n");
    let run = sandbox.orch(&["task", "list"]);
    assert!(run.fails_with(2).stderr.contains("config.yaml:4:7: redaction.patterns"), "{run}");
    assert!(run.stderr.contains("config.yaml:5:7: redaction.patterns"), "{run}");
}

#[test]
fn artifacts_stay_as_they_are_and_are_told_of() {
    let Some(sandbox) = shop() else { return };
    let text = format!("# Plan\n\nUse {}\n", token('a'));
    sandbox.write("plan.md", &text);
    let run = sandbox.orch(&["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"]);
    assert!(run.success().stderr.contains("PLAN.md holds what looks like a secret (github_token in line 3)"), "{run}");
    assert_eq!(sandbox.orch(&["artifact", "get", "TSK-001", "PLAN.md"]).success().stdout, text);
}
