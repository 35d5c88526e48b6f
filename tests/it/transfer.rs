//! Whole projects moved from one kind of store to the other, backups, and imports that do not end well.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use super::{Engine, Sandbox};
use crate::support::{self, Run};

/// The kind of store that this one is not.
type Other = support::Sandbox<<Engine as support::Engine>::Other>;

/// Everything that leaves a trace: a sprint, tasks, a session with artifacts, checks and events, bugs.
fn work(sandbox: &Sandbox) {
    sandbox.orch(&["sprint", "create", "First \u{1f680}"]).success();
    sandbox
        .orch(&["task", "create", "One", "--sprint", "SPR-001", "--meta", "n=1e16", "--meta", "tags=[\"é\"]"])
        .success();
    sandbox.orch(&["task", "create", "Two", "--after", "TSK-001", "--idempotency-key", "k"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.write(".orch/tasks/TSK-001/TASK.md", "# Task\n\u{1}\n");
    sandbox.orch(&["phase", "complete", "TSK-001"]).success();
    sandbox.orch(&["check", "record", "TSK-001", "tests", "--pass"]).success();
    sandbox.orch(&["phase", "complete", "TSK-001", "--override", "--reason", "\"why\" \\"]).success();
    for file in ["src/a.rs", "src/b.rs", "src/b.rs"] {
        let more = ["--action", "fix-now", "--note", "é", "--context", "n=1e16"];
        sandbox.orch(&[&["bug", "log", "it \"broke\" \\", "--file", file][..], &more].concat()).success();
    }
    sandbox.orch(&["bug", "merge", "BUG-001", "BUG-002"]).success();
}

/// All of an export but where it came from.
fn content(export: &str) -> String {
    export.split_once('\n').unwrap().1.to_owned()
}

fn export<E: support::Engine>(sandbox: &support::Sandbox<E>) -> String {
    fs::remove_file(sandbox.root().join("export.jsonl")).unwrap_or_default();
    let answer = sandbox.json(&["db", "export", "export.jsonl"]);
    let text = fs::read_to_string(sandbox.root().join("export.jsonl")).unwrap();
    assert_eq!(answer["export"]["rows"], text.lines().count() - 2);
    text
}

/// Runs `orch db import` on this text by way of standard input.
fn import<E: support::Engine>(sandbox: &support::Sandbox<E>, text: &str) -> Run {
    let mut command = sandbox.orch_command(&["db", "import", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // it may be refused before it is read to its end
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    sandbox.wait(child)
}

#[test]
fn a_project_moves_to_the_other_kind_of_store_and_back() {
    let (Some(first), Some(second), Some(third)) = (Sandbox::project(), Other::project(), Sandbox::project()) else {
        return;
    };
    work(&first);
    let text = export(&first);
    // through a pipe it is the same
    let piped = first.orch(&["db", "export"]).success().stdout.clone();
    assert_eq!(content(&piped).lines().count(), content(&text).lines().count());
    let answer = import(&second, &text).success().json();
    assert_eq!(
        (answer["imported"].as_u64(), answer["skipped"].as_u64()),
        (Some(text.lines().count() as u64 - 2), Some(0))
    );
    assert_eq!(content(&export(&second)), content(&text));
    let text = export(&second);
    third.write("in.jsonl", &text);
    third.orch(&["db", "import", "in.jsonl"]).success();
    assert_eq!(content(&export(&third)), content(&text));
    // the work goes on where it was
    for answer in [go_on(&second), go_on(&third)] {
        assert_eq!(answer, go_on(&first));
    }
}

fn go_on<E: support::Engine>(sandbox: &support::Sandbox<E>) -> Value {
    sandbox.orch(&["db", "check"]).success();
    // the same key gives the first answer
    let answer = sandbox.json(&["task", "create", "Two", "--after", "TSK-001", "--idempotency-key", "k"]);
    assert_eq!(answer["task"]["task_code"], "TSK-002");
    let mut session = sandbox.json(&["session", "status", "TSK-001"]);
    session["operation_id"].take();
    session
}

#[cfg(unix)]
#[test]
fn an_export_is_the_owners_alone_and_replaces_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(sandbox) = Sandbox::project() else { return };
    let path = sandbox.root().join("export.jsonl");
    sandbox.write("export.jsonl", "old");
    sandbox.orch(&["db", "export", "export.jsonl"]).success();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"orch_export\":1,"));
    sandbox.orch(&["db", "export", "nowhere/export.jsonl"]).fails_with(3);
}

#[test]
fn what_is_no_whole_export_changes_nothing() {
    let (Some(source), Some(target)) = (Sandbox::project(), Other::project()) else { return };
    work(&source);
    let text = export(&source);
    let line = text.lines().nth(3).unwrap();
    let newer = text.replacen("\"orch_export\":1", "\"orch_export\":2", 1);
    let schema = text.replacen("\"schema\":3", "\"schema\":9", 1);
    for (bad, code, told) in [
        (text[..text.len() / 2].to_owned(), 2, "cut off after line"),
        (text.replacen(&format!("{line}\n"), "", 1), 2, "not those that were written"),
        (text.replacen(line, "{", 1), 2, "line 4: "),
        (text.replacen("\"title\"", "\"titel\"", 1), 2, "line 2: column title is missing"),
        (String::new(), 2, "not that of an export"),
        ("hello\n".to_owned(), 2, "not that of an export"),
        (newer, 8, "form 2"),
        (schema, 8, "schema 9"),
    ] {
        let run = import(&target, &bad);
        assert!(run.fails_with(code).error()["message"].as_str().unwrap().contains(told), "{told}: {run}");
        assert_eq!(target.json(&["task", "list"])["total"], 0);
    }
    target.orch(&["db", "import", "none.jsonl"]).fails_with(3);
    import(&target, &text).success();
}

#[test]
fn a_store_with_other_work_is_refused() {
    let (Some(source), Some(target)) = (Sandbox::project(), Other::project()) else { return };
    work(&source);
    let text = export(&source);
    target.orch(&["task", "create", "Mine"]).success();
    let run = import(&target, &text);
    assert!(run.fails_with(5).stderr.contains("holds other work"), "{run}");
    assert_eq!(target.json(&["task", "list"])["total"], 1);
}

#[test]
fn an_import_that_was_killed_is_finished_by_the_next() {
    let (Some(source), Some(target)) = (Sandbox::project(), Other::project()) else { return };
    source.orch(&["task", "create", "One"]).success();
    source.orch(&["session", "start", "TSK-001"]).success();
    // a log of more than one batch
    let events: String = (0..12_000)
        .map(|n| {
            format!(
                "{{\"event_type\":\"note\",\"task\":\"TSK-001\",\"payload\":{{\"n\":{n},\"text\":\"{}\"}}}}\n",
                "x".repeat(300)
            )
        })
        .collect();
    source.write("events.jsonl", &events);
    source.orch(&["event", "import", "events.jsonl"]).success();
    let text = export(&source);
    target.write("in.jsonl", &text);
    let count = "SELECT count(*) FROM orchestration_events";
    let mut child = target.spawn(&["db", "import", "in.jsonl"]);
    while target.sql(count) == "0" && child.try_wait().unwrap().is_none() {}
    child.kill().unwrap();
    child.wait().unwrap();
    let before: u64 = target.sql(count).parse().unwrap();
    assert!(before > 0 && before < 12_000, "{before} events were written before the end");
    // nobody mistakes a part for the whole
    for arguments in
        [["task", "list"].as_slice(), &["task", "create", "x"], &["db", "check"], &["init"], &["db", "export"]]
    {
        let run = target.orch(arguments);
        assert!(run.fails_with(5).stderr.contains("finish it with: orch db import"), "{run}");
    }
    let other = text.replacen("\"exported_at\":\"2025", "\"exported_at\":\"2026", 1);
    assert!(import(&target, &other).fails_with(5).stderr.contains("a part of another export"));
    let answer = target.json(&["db", "import", "in.jsonl"]);
    assert!(answer["skipped"].as_u64().unwrap() >= before, "{answer}");
    assert_eq!(content(&export(&target)), content(&text));
    target.orch(&["db", "check"]).success();
    assert_eq!(target.json(&["db", "import", "in.jsonl"])["imported"], 0);
}

#[test]
fn a_row_that_was_changed_meanwhile_is_a_conflict() {
    let (Some(source), Some(target)) = (Sandbox::project(), Other::project()) else { return };
    work(&source);
    let text = export(&source);
    import(&target, &text).success();
    target.sql("UPDATE orchestration_tasks SET title = 'another' WHERE id = 2");
    let run = import(&target, &text);
    let error = run.fails_with(5).error();
    assert_eq!(error["details"], serde_json::json!({"table": "orchestration_tasks", "key": "2", "line": 4}), "{run}");
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let (Some(sandbox), Some(restored)) = (Sandbox::project(), Sandbox::bare()) else { return };
    sandbox.orch(&["task", "create", "One"]).success();
    let backups: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    for number in 0..40 {
                        let meta = format!("w{writer}.{number}=1");
                        sandbox.orch(&["task", "update", "TSK-001", "--meta", &meta]).success();
                    }
                })
            })
            .collect();
        let mut backups = Vec::new();
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let name = format!("backup-{}", backups.len());
            sandbox.orch(&["db", "backup", &name]).success();
            backups.push(name);
        }
        backups
    });
    for (number, name) in backups.iter().enumerate() {
        let place = restored.root().join(format!("p{number}"));
        fs::create_dir(&place).unwrap();
        let orch = |arguments: &[&str]| {
            let mut command = restored.orch_command(arguments);
            command.current_dir(&place);
            restored.finish(&mut command)
        };
        orch(&["init"]).success();
        let copy = sandbox.root().join(name);
        let is_export = fs::read(&copy).unwrap().starts_with(b"{");
        if is_export {
            orch(&["db", "import", copy.to_str().unwrap()]).success();
        } else {
            fs::copy(&copy, place.join(".orch/orch.db")).unwrap();
        }
        orch(&["db", "check"]).success();
        let task = orch(&["task", "show", "TSK-001", "--json"]).success().json();
        let seen = task["task"]["metadata"].as_object().unwrap().len();
        assert_eq!(task["task"]["version"], seen + 1);
        // the copy is as good as the first one
        orch(&["task", "create", "Two"]).success();
    }
}

#[test]
fn a_backup_has_a_name_of_its_own_and_replaces_nothing() {
    let Some(sandbox) = Sandbox::project() else { return };
    let answer = sandbox.json(&["db", "backup"]);
    let file = answer["backup"]["file"].as_str().unwrap();
    assert!(file.starts_with("[ROOT]/.orch/backups/orch-20250113T143022Z."), "{file}");
    let run = sandbox.orch(&["db", "backup"]);
    assert!(run.fails_with(5).stderr.contains("--force"), "{run}");
    sandbox.orch(&["db", "backup", "--force"]).success();
    assert_eq!(sandbox.changes(), "");
    sandbox.write("mine", "mine");
    sandbox.orch(&["db", "backup", "mine"]).fails_with(5);
    assert_eq!(fs::read(sandbox.root().join("mine")).unwrap(), b"mine");
}

#[test]
fn an_export_that_nobody_reads_to_its_end_is_no_success() {
    let Some(sandbox) = Sandbox::project() else { return };
    for _ in 0..5 {
        sandbox.orch(&["task", "create", "x", "--description", &"long ".repeat(20_000)]).success();
    }
    let mut child = sandbox.spawn(&["db", "export"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("orch_export"), "{line}");
    sandbox.wait(child).fails_with(7);
}
