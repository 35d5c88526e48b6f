//! Stored text comes back from JSON unchanged, and is harmless wherever a person reads it: terminal, Markdown, errors.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use serde_json::{Value, json};

use super::Sandbox;
use super::world::{COMMANDS, NASTY, NASTY_NAME, world};
use crate::support::Run;

/// Whether a character moves or hides something on a terminal or in a rendered text.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn is_harmless(what: &str, text: &str) {
    if let Some(line) = text.lines().find(|line| line.contains(is_harmful)) {
        panic!("{what} prints {line:?}");
    }
}

#[test]
fn promise_27_no_stored_text_moves_or_hides_anything_on_a_terminal() {
    let Some((sandbox, operation)) = world(NASTY, NASTY_NAME) else { return };
    let mut shown = String::new();
    for command in COMMANDS {
        let line = command.line(&operation);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let run = sandbox.orch(&line);
        is_harmless(command.words, &run.stderr);
        // these are the bytes that somebody keeps in a file
        if !matches!(command.words, "artifact get" | "db export") {
            is_harmless(command.words, &run.stdout);
        }
        shown += &run.stdout;
    }
    let times = shown.matches("\\u{1b}[2J").count();
    assert!(times > 20, "what was stored is shown in a visible form {times} times");
    for (more, what) in [
        (["context", "search", "N", "--summary"].as_slice(), "a summary"),
        (&["context", "search", "title", "--explain"], "an explanation"),
        (&["phase", "complete", "TSK-001", "--phase", "two"], "a refusal"),
        (&["task", "list", "--sprint", "SPR-001"], "a list"),
        (&["session", "list", "TSK-001"], "sessions"),
        (&["event", "list", "TSK-001", "--limit", "500"], "events"),
    ] {
        let run = sandbox.orch(more);
        is_harmless(what, &(run.stdout + &run.stderr));
    }
}

#[test]
fn promise_27_no_argument_moves_or_hides_anything_in_an_error() {
    let Some((sandbox, _)) = super::world::plain() else { return };
    let told = |arguments: &[&str]| {
        let run = sandbox.orch(arguments);
        assert_ne!(run.code, Some(0), "{arguments:?}: {run}");
        is_harmless(&format!("{arguments:?}"), &(run.stdout + &run.stderr));
    };
    for command in [NASTY, "task", "task show", "task list --status", "task list --type", "event list --after"] {
        let words: Vec<&str> = command.split(' ').chain([NASTY]).collect();
        told(&words);
    }
    for arguments in [
        ["-C", NASTY, "status"].as_slice(),
        &["--color", NASTY, "status"],
        &["--actor", NASTY, "status"],
        &["--idempotency-key", NASTY, "status"],
        &["task", "create", "x", "--meta", NASTY],
        &["task", "create", "x", "--priority", NASTY],
        &["sprint", "update", "SPR-001", "--status", NASTY],
        &["artifact", "get", "TSK-001", NASTY],
        &["artifact", "get", "TSK-001", NASTY_NAME],
        &["artifact", "put", "TSK-001", "x.md", "--file", NASTY],
        &["check", "run", "TSK-001", "x", "--", NASTY],
        &["check", "record", "TSK-001", NASTY, "--pass"],
        &["bug", "show", NASTY],
        &["bug", "log", "x", "--stack-file", NASTY],
        &["context", "search", "x", "--scope", "task", "--id", NASTY],
        &["context", "search", "--queries", NASTY],
        &["event", "emit", "TSK-001", "one.done", "--payload", NASTY],
        &["event", "emit", "TSK-001", NASTY],
        &["event", "import", NASTY],
        &["event", "list", "--since", NASTY],
        &["git", "show", NASTY],
        &["git", "diff", NASTY, NASTY],
        &["git", "parse-pr", NASTY],
        &["git", "commit", "TSK-001", "-m", NASTY, "--", NASTY],
        &["workflow", "show", NASTY],
        &["workflow", "init", NASTY],
        &["workflow", "check", NASTY],
        &["db", "import", NASTY],
        &["db", "export", &format!("no/such/{NASTY}")],
        &["db", "backup", &format!("no/such/{NASTY}")],
        &["op", "show", NASTY],
        &["completions", NASTY],
        &["phase", "complete", "TSK-001", "--phase", NASTY],
    ] {
        told(arguments);
    }
    // files whose faults repeat what they say
    sandbox.write("bad.yaml", &format!("{NASTY_NAME}: 1\nphases: {{{NASTY_NAME}: [*{NASTY_NAME}]}}\n"));
    told(&["workflow", "check", "bad.yaml"]);
    sandbox.write("bad.yaml", &format!("name: \"{NASTY}\"\n"));
    told(&["workflow", "check", "bad.yaml"]);
    sandbox.write("bad.jsonl", &format!("{{\"event_type\":{:?}}}\n", json!(NASTY).to_string()));
    told(&["event", "import", "bad.jsonl"]);
    told(&["db", "import", "bad.jsonl"]);
    sandbox.configure(&format!("{NASTY_NAME}: {{}}\n"));
    told(&["status"]);
}

/// Text that every store has to keep: whatever JSON can say but NUL, beside things that look like escapes.
fn all_text() -> String {
    let ends =
        ["\u{10ffff}\u{fdd0}\u{fffe}\u{e000}", "e\u{301} 👩\u{200d}🚀", "\\u0000 \\x00 %00 \\0", "'; -- \" ` $1 ?"];
    (1..=0xff_u8).map(char::from).chain(NASTY.chars()).collect::<String>() + &ends.concat()
}

#[test]
fn promise_27_text_comes_back_from_json_unchanged() {
    let text = all_text();
    let Some((sandbox, _)) = world(&text.replace(['/', '\n'], ""), NASTY_NAME) else { return };
    let created = sandbox.json(&["task", "create", &text, "--description", &text, "--meta", &format!("k={text}")]);
    let code = created["task"]["task_code"].as_str().unwrap().to_owned();
    for document in [created.clone(), sandbox.json(&["task", "show", &code])] {
        let task = &document["task"];
        assert_eq!(task["title"], text);
        assert_eq!(task["description"], text);
        assert_eq!(task["metadata"]["k"], text);
    }
    let payload = json!({ "text": text, text.as_str(): [text] });
    let emitted = sandbox.json(&["event", "emit", "TSK-001", "one.done", "--payload", &payload.to_string()]);
    assert_eq!(emitted["event"]["payload"], payload);
    let listed = sandbox.json(&["event", "list", "TSK-001", "--type", "one.done"])["events"].take();
    assert!(listed.as_array().unwrap().iter().any(|event| event["payload"] == payload), "{listed}");
    let exported = sandbox.orch(&["event", "export", "--type", "one.done"]).success().stdout.clone();
    let exported: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(exported.iter().any(|event| event["payload"] == payload));
    let bug = sandbox.json(&["bug", "show", "BUG-001"]);
    let stored = text.replace(['/', '\n'], "");
    assert_eq!(bug["bug"]["notes"][0]["text"], stored, "{bug:#}");
    sandbox.write("exact", &text);
    sandbox.orch(&["artifact", "put", "TSK-001", "exact.md", "--file", "exact"]).success();
    assert_eq!(sandbox.json(&["artifact", "get", "TSK-001", "exact.md"])["artifact"]["text"], text);
}

#[test]
fn promise_27_what_is_not_utf_8_has_a_twin() {
    let Some((sandbox, _)) = super::world::plain() else { return };
    let bytes = b"bytes \xff\xfe\x00\x9b".as_slice();
    std::fs::write(sandbox.root().join("raw"), bytes).unwrap();
    sandbox.orch(&["artifact", "put", "TSK-001", "raw.bin", "--file", "raw"]).success();
    let artifact = sandbox.json(&["artifact", "get", "TSK-001", "raw.bin"])["artifact"].take();
    let twin = artifact["text_b64"].as_str();
    assert_eq!(twin, Some("Ynl0ZXMg//4Amw=="), "{artifact:#}");
    let name = OsString::from_vec(b"odd \xff\x1b".to_vec());
    std::fs::write(sandbox.root().join(name), "x").unwrap();
    let status = sandbox.json(&["git", "status"]);
    let twins: Vec<&str> =
        status["untracked"].as_array().unwrap().iter().filter_map(|entry| entry["path_b64"].as_str()).collect();
    assert!(twins.contains(&"b2RkIP8b"), "{status:#}");
}

/// Runs orch with an argument or a variable that is not UTF-8.
fn with_bytes(sandbox: &Sandbox, arguments: &[&[u8]], variable: Option<&str>) -> Run {
    let mut command = sandbox.orch_command(&[]);
    command.args(arguments.iter().map(|bytes| OsString::from_vec(bytes.to_vec())));
    if let Some(name) = variable {
        command.env(name, OsString::from_vec(b"TSK-001\xff".to_vec()));
    }
    sandbox.finish(&mut command)
}

#[test]
fn promise_27_bytes_that_are_no_text_are_refused_where_text_is_meant() {
    let Some((sandbox, _)) = super::world::plain() else { return };
    let events = || sandbox.sql("SELECT count(*) FROM orchestration_events");
    let before = events();
    for arguments in [
        [b"task".as_slice(), b"create", b"\xff"].as_slice(),
        &[b"task", b"show", b"TSK-001\xff"],
        &[b"event", b"emit", b"TSK-001", b"one.done", b"--payload", b"\"\xff\""],
        &[b"--actor", b"\xff", b"task", b"create", b"x"],
    ] {
        let run = with_bytes(&sandbox, arguments, None);
        assert!(run.fails_with(2).stderr.contains("UTF-8"), "{run}");
    }
    // a variable that is passed over would let a command act on another task, or as another actor
    for name in ["ORCH_TASK", "ORCH_ACTOR", "ORCH_WORKFLOW_TEMPLATE", "ORCH_STORAGE_PATH", "ORCH_NOW"] {
        let run = with_bytes(&sandbox, &[b"check", b"record", b"lint", b"--pass"], Some(name));
        assert!(run.fails_with(2).stderr.contains(name), "{name}: {run}");
    }
    // lone surrogates, which no text has
    for payload in [r#""\ud800""#, r#""\udc00x""#, r#"{"\ud800":1}"#] {
        sandbox.orch(&["event", "emit", "TSK-001", "one.done", "--payload", payload]).fails_with(2);
        sandbox.write("in", &format!("{{\"event_type\":\"note\",\"task\":\"TSK-001\",\"payload\":{payload}}}\n"));
        sandbox.orch(&["event", "import", "in"]).fails_with(2);
    }
    for payload in [r#""\u0000""#, r#"{"a\u0000":1}"#] {
        sandbox.orch(&["event", "emit", "TSK-001", "one.done", "--payload", payload]).fails_with(2);
    }
    assert_eq!(events(), before);
}
