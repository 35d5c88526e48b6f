//! Streams that are closed, full, missing or never read, and signals: no panic, and the effect is whole or absent.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use super::Sandbox;
use super::world::{COMMANDS, plain};

/// Runs a line of shell in which `"$@"` is orch with these words.
fn in_shell(sandbox: &Sandbox, script: &str, words: &[String]) -> Output {
    let mut command = sandbox.command("sh");
    command.args(["-c", script, "sh", "orch"]).args(words).env("PATH", crate::support::orch_folder());
    command.output().unwrap()
}

#[test]
fn promise_41_no_state_of_the_streams_is_a_panic() {
    // what is not a stream's business; each walk has a store of its own, as most commands change it
    for (nth, (what, script)) in [
        ("standard output closed", "\"$@\" 2>err.txt >&-; code=$?; cat err.txt >&2; exit $code"),
        ("standard output full", "\"$@\" 2>err.txt >/dev/full; code=$?; cat err.txt >&2; exit $code"),
        ("both full", "\"$@\" >/dev/full 2>&1"),
        ("all closed", "\"$@\" <&- >&- 2>&-"),
        (
            "a reader that is gone",
            "(\"$@\" 2>err.txt; echo $? >code.txt) | true; cat err.txt >&2; exit $(cat code.txt)",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let Some((sandbox, operation)) = plain() else { return };
        for (at, command) in COMMANDS.iter().enumerate() {
            // what only reads goes through each of these in turn
            if command.words == "demo" || (command.reads && at % 5 != nth) {
                continue;
            }
            let output = in_shell(&sandbox, script, &command.line(&operation));
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(!told.contains("panicked"), "{what}: {}: {told}", command.words);
            assert!(matches!(output.status.code(), Some(0 | 2..=9)), "{what}: {}: {output:?}", command.words);
        }
        // whatever could not be told was done all the same
        assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks WHERE task_code = 'TSK-900'"), "1", "{what}");
        sandbox.orch(&["db", "check"]).success();
    }
}

#[test]
fn promise_41_a_child_that_prints_much_is_no_deadlock() {
    let Some((sandbox, _)) = plain() else { return };
    // ten megabytes to each stream, with standard input as a pipe that nobody writes to
    let script = "yes out | head -c 10000000; yes err | head -c 10000000 >&2; cat; exit 3";
    let mut command = sandbox.orch_command(&["check", "run", "TSK-001", "much", "--", "sh", "-c", script]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let run = sandbox.wait(child);
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.len() >= 20_000_000, "all of it was passed on: {} bytes", run.stderr.len());
    let tail = "SELECT length(payload->>'output_tail') FROM orchestration_events \
                WHERE event_type = 'orchestration.check.recorded' AND payload->>'name' = 'much'";
    let tail: usize = sandbox.sql(tail).trim().parse().unwrap();
    assert!((1..=4096).contains(&tail), "{tail}");
}

fn signal(child: &Child, name: &str) {
    // it may have ended by itself
    let _ = Command::new("kill").args(["-s", name, &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn promise_41_a_signal_while_a_check_runs_ends_its_child_and_records_nothing() {
    let Some((sandbox, _)) = plain() else { return };
    let before = sandbox.sql("SELECT count(*) FROM orchestration_events");
    for name in ["INT", "TERM", "HUP"] {
        let script = "echo $$ >&2; exec sleep 600";
        let mut command = sandbox.orch_command(&["check", "run", "TSK-001", "slow", "--", "sh", "-c", script]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut error = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        error.read_line(&mut line).unwrap();
        let inner = format!("/proc/{}", line.trim());
        signal(&child, name);
        let status = child.wait().unwrap();
        assert!(status.signal().is_some() || status.code().is_some_and(|code| code != 0), "{name}: {status}");
        // the pipe ends when nobody holds it any more, the child neither
        error.read_to_end(&mut Vec::new()).unwrap();
        let cmdline = std::fs::read_to_string(format!("{inner}/cmdline")).unwrap_or_default();
        assert!(!cmdline.contains("sleep"), "{name}: the child goes on");
    }
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events"), before);
    sandbox.orch(&["check", "run", "TSK-001", "slow", "--", "true"]).success();
}

#[test]
fn promise_41_a_signal_ends_whoever_follows_and_its_lines_are_whole() {
    let Some((sandbox, _)) = plain() else { return };
    for name in ["INT", "TERM", "HUP"] {
        let mut child = sandbox.spawn(&["event", "follow", "--after", "0", "--json"]);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        out.read_line(&mut text).unwrap();
        signal(&child, name);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "a signal is what ends it: {status}");
        out.read_to_string(&mut text).unwrap();
        for line in text.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
    }
}

#[test]
fn promise_02_a_signal_at_any_moment_leaves_whole_batches_of_an_import() {
    let Some((sandbox, _)) = plain() else { return };
    let line = |n: usize| format!("{{\"event_type\":\"note\",\"task\":\"TSK-001\",\"payload\":{{\"n\":{n}}}}}\n");
    let text: String = (0..400).map(line).collect();
    sandbox.write("in.jsonl", &text);
    for (round, name) in ["INT", "TERM", "HUP", "KILL"].iter().cycle().take(8).enumerate() {
        let mut command = sandbox.orch_command(&["event", "import", "-", "--batch", "50"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // so many lines before the signal, so that it comes in another batch each time
        let fed: String = (0..40 * (round + 1)).map(line).collect();
        let _ = stdin.write_all(fed.as_bytes());
        signal(&child, name);
        drop(stdin);
        child.wait().unwrap();
        let count: usize =
            sandbox.sql("SELECT count(*) FROM orchestration_events WHERE event_type = 'note'").parse().unwrap();
        let all_once =
            sandbox.sql("SELECT count(DISTINCT payload->>'n') FROM orchestration_events WHERE event_type = 'note'");
        assert_eq!(count.to_string(), all_once, "none twice");
        // the last batch of an input that ended may be smaller
        assert!(count.is_multiple_of(50) || count.is_multiple_of(40), "{count} lines are no whole batches");
        sandbox.orch(&["db", "check"]).success();
    }
    sandbox.orch(&["event", "import", "in.jsonl", "--batch", "50"]).success();
}

#[test]
fn promise_02_a_signal_at_any_moment_of_a_write_leaves_all_or_nothing() {
    let Some((sandbox, _)) = plain() else { return };
    for (nth, name) in ["INT", "TERM", "HUP", "KILL"].iter().cycle().take(16).enumerate() {
        let code = format!("T-{nth}");
        let mut child = sandbox.spawn(&["task", "create", "x", "--code", &code]);
        // a program takes some 30 ms; each round waits as long as so many reads of a file take
        for _ in 0..nth * 40 {
            let _ = File::open(sandbox.root().join("input")).map(|mut file| file.read_to_end(&mut Vec::new()));
        }
        signal(&child, name);
        let status = child.wait().unwrap();
        let rows = sandbox.sql(&format!("SELECT count(*) FROM orchestration_tasks WHERE task_code = '{code}'"));
        let events = sandbox.sql(&format!("SELECT count(*) FROM orchestration_events WHERE entity_id = '{code}'"));
        assert_eq!(rows, events, "{name}: state and event are one");
        assert!(status.code() != Some(0) || rows == "1", "{name}: what was acknowledged is there");
        sandbox.orch(&["task", "show", &code]).fails_with(if rows == "1" { 0 } else { 3 });
    }
    sandbox.orch(&["db", "check"]).success();
}
