//! More commands that are killed at each call with which they write, on the store that is a file.

use orch_tests::strace::Fault;

use super::Sandbox;
use super::kill::{Case, MOST, kill_everywhere, kills_leave_a_whole_file, with_session, with_task};
use crate::support::{Trials, say};

#[test]
fn promise_02_a_killed_session_start_is_whole_or_absent() {
    let Some(sandbox) = with_task() else { return };
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["session", "start", "TSK-001"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_sessions",
            allowed: &["0", "1"],
            one: true,
        },
    );
}

#[test]
fn promise_02_a_killed_session_end_is_whole_or_absent() {
    let Some(sandbox) = with_session() else { return };
    for _ in 0..6 {
        sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).success();
    }
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["session", "end", "TSK-001"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_tasks WHERE status = 'completed'",
            allowed: &["0", "1"],
            one: false,
        },
    );
}

#[test]
fn promise_02_a_killed_git_changes_leaves_the_old_file_or_the_new() {
    let Some(sandbox) = with_session() else { return };
    sandbox.write("README.md", "Changed.\n");
    sandbox.git(&["commit", "--quiet", "--all", "-m", "Work"]);
    sandbox.write(".orch/tasks/TSK-001/CHANGES.md", "old\n");
    let command = sandbox.orch_command(&["git", "changes", "TSK-001", "--write"]);
    let Some(trials) = Trials::of(&sandbox, &command, MOST) else { return };
    let file = sandbox.root().join(".orch/tasks/TSK-001/CHANGES.md");
    let read = || std::fs::read_to_string(&file).unwrap();
    let after = read();
    assert_ne!(after, "old\n");
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        assert!(["old\n", &after].contains(&read().as_str()), "{point:?}: {run}");
        assert_eq!(sandbox.changes(), "", "{point:?}");
        sandbox.orch(&["git", "changes", "TSK-001", "--write"]).success();
        assert_eq!(read(), after, "{point:?}");
    }
    say(&format!("git changes --write: {} trials", trials.points.len()));
}

#[test]
fn promise_02_a_killed_bug_log_is_whole_or_absent() {
    let Some(sandbox) = with_session() else { return };
    sandbox.orch(&["bug", "log", "it broke", "--file", "a.rs"]).success();
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["bug", "log", "it broke", "--file", "a.rs", "--action", "fix-now"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_events WHERE event_type = 'orchestration.bug.logged'",
            allowed: &["1", "2"],
            one: false,
        },
    );
}

#[test]
fn promise_02_a_killed_event_import_leaves_whole_batches() {
    let Some(sandbox) = with_task() else { return };
    let lines: String = (0..12)
        .map(|n| format!("{{\"event_type\":\"note\",\"task\":\"T-{}\",\"payload\":{{\"n\":{n}}}}}\n", n % 3))
        .collect();
    sandbox.write("in.jsonl", &lines);
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["event", "import", "in.jsonl", "--create-missing", "--batch", "5"],
            keyed: false,
            counted: "SELECT count(*) FROM orchestration_events WHERE event_type = 'note'",
            allowed: &["0", "5", "10", "12"],
            one: false,
        },
    );
}

#[test]
fn promise_02_a_killed_git_commit_is_made_once() {
    let Some(sandbox) = with_session() else { return };
    sandbox.write("README.md", "Changed.\n");
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["git", "commit", "TSK-001"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_events WHERE event_type = 'orchestration.git.committed'",
            allowed: &["0", "1"],
            one: false,
        },
    );
}

#[test]
fn promise_02_a_killed_event_archive_loses_and_doubles_nothing() {
    let Some(sandbox) = Sandbox::project() else { return };
    for now in ["2024-09-01T00:00:00Z", "2024-10-01T00:00:00Z"] {
        sandbox.orch_with(("ORCH_NOW", now), &["task", "create", "x"]).success();
    }
    let command = sandbox.orch_command(&["event", "archive", "--before", "2024-11-01"]);
    let Some(trials) = Trials::of(&sandbox, &command, MOST) else { return };
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        for again in [false, true] {
            if again {
                sandbox.orch(&["event", "archive", "--before", "2024-11-01"]).success();
            }
            let check = sandbox.orch(&["db", "check"]);
            assert_eq!(check.code, Some(0), "{point:?}: {run}\n{check}");
            let all = sandbox.orch(&["event", "export", "--archived"]);
            assert_eq!(all.success().stdout.lines().count(), 2, "{point:?}: {run}\n{all}");
        }
        assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events"), "0", "{point:?}: {run}");
        assert_eq!(sandbox.changes(), "", "{point:?}");
    }
    say(&format!("event archive: {} trials", trials.points.len()));
}

#[test]
fn promise_02_a_killed_db_backup_leaves_a_whole_file_or_none() {
    kills_leave_a_whole_file(&["db", "backup", "copy.db"], "copy.db", |sandbox| {
        let copy = sandbox.root().join("copy.db");
        let look = "PRAGMA integrity_check; SELECT count(*) FROM orchestration_sessions";
        // only read, without a log beside it
        let address = format!("file:{}?immutable=1", copy.display());
        let run = sandbox.finish(sandbox.command("sqlite3").args([&address, look]));
        run.success().stdout == "ok\n1\n"
    });
}
