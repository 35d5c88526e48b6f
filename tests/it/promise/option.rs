//! Whatever an option is given, the exit code is in the table, and one of 2 to 9 means that nothing was changed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::Sandbox;
use super::world::{COMMANDS, NASTY, plain};

const NUMBERS: [&str; 10] = [
    "-1",
    "0",
    "1",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "NaN",
];
const TIMES: [&str; 10] = [
    "0000-01-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "+262142-12-31",
    "-262143-01-01",
    "106751991167d",
    "99999999999999d",
    "9223372036854775807s",
    "-1h",
    "2016-12-31T23:59:60Z",
];
const TEXTS: [&str; 12] = [
    "",
    " ",
    "../../../x",
    "/etc/passwd",
    "' OR 1=1; DROP TABLE orchestration_events; --",
    "%_*?[a-z]{1,2}^$",
    "NEAR(\"a\" b) AND NOT x:* OR -y",
    NASTY,
    "\u{10ffff}\u{fffd}",
    "-1",
    "--",
    "=",
];

/// An option that takes a value, as the short help of its command says it.
fn options(help: &str) -> Vec<(String, &'static [&'static str])> {
    let globals = ["--actor", "--idempotency-key", "--color"];
    let mut found = Vec::new();
    for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
        let Some(at) = line.find("--") else { continue };
        let mut words = line[at..].split_whitespace();
        let (Some(option), Some(value)) = (words.next(), words.next()) else { continue };
        if !value.starts_with('<') || globals.contains(&option) {
            continue;
        }
        let values: &[&str] = match value {
            "<N>" | "<LIMIT>" | "<OFFSET>" | "<MINUTES>" | "<MS>" | "<BATCH>" | "<CURSOR>" => &NUMBERS,
            "<TIME>" => &TIMES,
            _ => &TEXTS,
        };
        found.push((option.to_owned(), values));
    }
    found
}

/// What no failing command may change.
fn state(sandbox: &Sandbox) -> String {
    sandbox.sql(
        "SELECT (SELECT count(*) FROM orchestration_events), (SELECT count(*) FROM orchestration_operations), \
         (SELECT sum(version) FROM orchestration_tasks), (SELECT sum(version) FROM orchestration_bugs), \
         (SELECT sum(version) FROM orchestration_sprints), (SELECT count(*) FROM orchestration_sessions), \
         (SELECT count(*) FROM orchestration_artifacts), (SELECT count(*) FROM orchestration_templates)",
    )
}

#[test]
fn promise_04_no_value_of_an_option_is_a_defect_or_changes_anything_when_refused() {
    let Some((sandbox, operation)) = plain() else { return };
    let mut runs = 0;
    let mut before = state(&sandbox);
    for command in COMMANDS {
        // those make and leave folders, and a commit that is refused leaves a trail on purpose
        if matches!(command.words, "demo" | "man" | "git commit" | "init") {
            continue;
        }
        let words: Vec<&str> = command.words.split(' ').collect();
        let help = sandbox.orch(&[words.as_slice(), &["-h"]].concat()).success().stdout.clone();
        let mut changed = false;
        for (nth, (option, values)) in options(&help).iter().enumerate() {
            for value in values.iter().skip(nth % 2).step_by(2) {
                // it would go on for ever
                if command.words == "event follow" && !(option == "--limit" && value.parse::<u64>().is_err()) {
                    continue;
                }
                let given = format!("{option}={value}");
                let mut line = words.clone();
                line.push(&given);
                let arguments = command.line(&operation);
                line.extend(arguments.iter().skip(words.len()).map(String::as_str));
                let mut started = sandbox.orch_command(&line);
                let run = sandbox.finish(started.env("ORCH_STORAGE_RETRY_SECONDS", "0"));
                runs += 1;
                assert!(matches!(run.code, Some(0 | 2..=9)), "{line:?}: {run}");
                assert!(
                    !run.stderr.contains("panicked") && !run.stderr.to_lowercase().contains("sql"),
                    "{line:?}: {run}"
                );
                if run.code != Some(0) {
                    assert!(!run.stderr.is_empty(), "{line:?}: {run}");
                }
                changed |= run.code == Some(0) && !command.reads;
            }
        }
        let after = state(&sandbox);
        assert!(changed || after == before, "{} changed something: {before} to {after}", command.words);
        before = after;
    }
    assert!(runs > 300, "{runs} runs");
    sandbox.orch(&["db", "check"]).success();
}

/// Bytes that no text is, and texts that are no name, path, revision or document.
const ARGUMENTS: [&[u8]; 5] = [b"\xff\xfe", b"../../x\xe2\x80\xae", b"--=\x1b[2J", b"' OR 1=1 --", b"\x7f"];

#[test]
fn promise_04_no_argument_is_a_defect_or_changes_anything_when_refused() {
    let Some((sandbox, operation)) = plain() else { return };
    let mut before = state(&sandbox);
    for command in
        COMMANDS.iter().filter(|command| !matches!(command.words, "demo" | "man" | "git commit" | "event follow"))
    {
        let line = command.line(&operation);
        let words = command.words.split(' ').count();
        let mut changed = false;
        for (nth, argument) in ARGUMENTS.iter().enumerate() {
            // in the place of one of its arguments, or behind the words where it takes none
            let mut line: Vec<OsString> = line.iter().map(OsString::from).collect();
            let at = words + nth % (line.len() - words).max(1);
            line.truncate(line.len().max(at));
            line.splice(at..line.len().min(at + 1), [OsString::from_vec(argument.to_vec())]);
            let mut started = sandbox.orch_command(&[]);
            let run = sandbox.finish(started.arg("--json").args(&line).env("ORCH_STORAGE_RETRY_SECONDS", "0"));
            assert!(matches!(run.code, Some(0 | 2..=9)), "{line:?}: {run}");
            assert!(run.code == Some(0) || !run.stderr.is_empty(), "{line:?}: {run}");
            changed |= run.code == Some(0) && !command.reads;
        }
        let after = state(&sandbox);
        assert!(changed || after == before, "{} changed something: {before} to {after}", command.words);
        before = after;
    }
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_04_no_value_of_a_setting_is_a_defect() {
    let Some((sandbox, _)) = plain() else { return };
    let before = state(&sandbox);
    let shown = sandbox.json(&["config", "show"]);
    for (nth, row) in shown["settings"].as_array().unwrap().iter().enumerate() {
        let variable = row["variable"].as_str().unwrap();
        for value in NUMBERS.iter().chain(&TEXTS).skip(nth % 3).step_by(3).filter(|value| !value.is_empty()) {
            let mut started = sandbox.orch_command(&["--json", "task", "list"]);
            let run = sandbox.finish(started.env("ORCH_STORAGE_RETRY_SECONDS", "0").env(variable, value));
            assert!(matches!(run.code, Some(0 | 2..=9)), "{variable}={value:?}: {run}");
        }
    }
    assert_eq!(state(&sandbox), before);
}

/// Commands that may be repeated as they are, and tell what they found: they change nothing in the store, or only where what it
/// keeps lies, or know by themselves what they did, as an import does. The last makes a project of its own.
const KEYLESS: [&str; 8] =
    ["init", "db migrate", "db backup", "event import", "event reindex", "event archive", "workflow init", "demo"];

#[test]
fn promise_05_each_command_may_be_repeated_under_its_key() {
    let Some((sandbox, operation)) = plain() else { return };
    let mut runs = 0;
    for command in COMMANDS.iter().filter(|command| !command.reads) {
        let line = command.line(&operation);
        let key = format!("key of {}", command.words);
        let mut line: Vec<&str> = line.iter().map(String::as_str).collect();
        line.splice(0..0, ["--json", "--idempotency-key", &key]);
        let run = || {
            let output = sandbox.orch_command(&line).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let first = run();
        assert_eq!(first.0, Some(0), "{line:?}");
        if KEYLESS.contains(&command.words) {
            continue;
        }
        let before = state(&sandbox);
        assert_eq!(run(), first, "{}: the first answer, the id of its operation with it", command.words);
        assert_eq!(state(&sandbox), before, "{}", command.words);
        runs += 1;
    }
    assert!(runs >= 25, "{runs} commands");
}
