//! With --json standard output is one document, and each failure tells its class, what happened and the next step.

use std::process::Stdio;

use serde_json::Value;

use super::Sandbox;
use super::world::{COMMANDS, plain};
use crate::support::Run;

/// Commands whose answer is a document a line, and those whose answer is for a shell or a pager.
const STREAMS: [&str; 4] = ["bug fingerprint", "event follow", "event export", "db export"];
const TEXTS: [&str; 1] = ["completions"];

#[track_caller]
fn is_one_error(run: &Run) -> Value {
    assert_eq!(run.stdout, "", "{run}");
    // notes may come before it
    let begin = run.stderr.find("{\n").unwrap_or_else(|| panic!("no document: {run}"));
    let mut document: Value =
        serde_json::from_str(&run.stderr[begin..]).unwrap_or_else(|error| panic!("{error}: {run}"));
    let error = document["error"].take();
    let word = match run.code.unwrap() {
        2 => "usage",
        3 => "not_found",
        4 => "gate_not_met",
        5 => "conflict",
        6 => "busy",
        7 => "unavailable",
        8 => "damaged",
        9 => "refused",
        code => panic!("exit {code} is not in the table or is a defect: {run}"),
    };
    assert_eq!(error["code"], word, "{run}");
    assert!(!error["message"].as_str().unwrap().is_empty(), "{run}");
    assert!(error["details"].is_object(), "{run}");
    error
}

#[test]
fn promise_42_each_answer_is_one_document() {
    let Some((sandbox, operation)) = plain() else { return };
    for command in COMMANDS {
        let line = command.line(&operation);
        let mut line: Vec<&str> = line.iter().map(String::as_str).collect();
        line.insert(0, "--json");
        let run = sandbox.orch(&line);
        // what a server lacks, its doctor tells
        assert!(run.code == Some(0) || command.words == "doctor", "{}: {run}", command.words);
        if TEXTS.contains(&command.words) {
            continue;
        }
        if STREAMS.contains(&command.words) {
            assert!(run.stdout.is_empty() || run.stdout.ends_with('\n'), "{run}");
            for line in run.stdout.lines() {
                serde_json::from_str::<Value>(line)
                    .unwrap_or_else(|error| panic!("{}: {error}: {line}", command.words));
            }
        } else {
            let mut documents = serde_json::Deserializer::from_str(&run.stdout).into_iter::<Value>();
            assert!(documents.next().is_some_and(|first| first.is_ok_and(|first| first.is_object())), "{run}");
            assert!(documents.next().is_none(), "{}: {run}", command.words);
        }
    }
}

#[test]
fn promise_42_each_failure_is_one_document_with_the_next_step() {
    let Some((sandbox, _)) = plain() else { return };
    for command in COMMANDS {
        let words: Vec<&str> = command.words.split(' ').collect();
        // what the parser refuses, for each command
        let run = sandbox.orch(&[words.as_slice(), &["--json", "--no-such-option"]].concat());
        assert_eq!(run.code, Some(2), "{run}");
        assert!(is_one_error(&run)["hint"].is_string(), "{run}");
        // and what only the folder can tell
        let run = sandbox.orch(&[["-C", "no/such/folder", "--json"].as_slice(), &words, command.arguments].concat());
        is_one_error(&run);
    }
    for line in [
        "--json",
        "--json task",
        "--json no-such",
        "--json help no-such",
        "--json task show TSK-404",
        "--json db import no-such",
        "--json db import input",
        "--json phase back TSK-001 --to two --reason x",
        "--json session end TSK-001",
        "--json artifact put TSK-001 x.md --file no-such",
    ] {
        let run = sandbox.orch(&line.split(' ').collect::<Vec<_>>());
        let error = is_one_error(&run);
        assert!(!error["message"].as_str().unwrap().contains("wrong usage"), "it says what: {run}");
    }
}

#[test]
fn promise_42_no_project_and_broken_settings_are_told_by_each_command() {
    let Some((sandbox, operation)) = plain() else { return };
    let needs_none = [
        "completions",
        "man",
        "demo",
        "init",
        "bug fingerprint",
        "bug explain",
        "git status",
        "git show",
        "git diff",
        "git parse-pr",
        "workflow list",
        "workflow schema",
        "workflow show",
        "workflow check",
        "workflow init",
        "config show",
        "doctor",
    ];
    let bare = Sandbox::bare().unwrap();
    let walk = |place: &Sandbox, what: &str, may_work: &[&str]| {
        for command in COMMANDS.iter().filter(|command| command.words != "init") {
            let line = command.line(&operation);
            let mut line: Vec<&str> = line.iter().map(String::as_str).collect();
            line.insert(0, "--json");
            let mut started = place.orch_command(&line);
            started.env("ORCH_STORAGE_RETRY_SECONDS", "0").stdin(Stdio::null());
            let run = place.finish(&mut started);
            assert!(run.code != Some(0) || may_work.contains(&command.words), "{what}: {}: {run}", command.words);
            if run.code != Some(0) && command.words != "doctor" {
                assert!(is_one_error(&run)["hint"].is_string(), "{what}: {}: {run}", command.words);
            }
        }
    };
    walk(&bare, "no project", &needs_none);
    sandbox.configure("storage: [\n");
    walk(&sandbox, "broken settings", &[]);
}
