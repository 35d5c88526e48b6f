//! Commands that are killed at each call with which they write: the effect is whole or absent, the next command works, and
//! the same key makes it whole. What is in here runs on both stores.

use orch_tests::strace::Fault;

use super::{Engine, Sandbox};
use crate::support::{Engine as _, Trials, say};

/// About how many of the writes that are alike are tried; on a server each trial takes a second.
pub(super) const MOST: usize = if Engine::SKIPS_IDS { 3 } else { 6 };

/// A command, and how what it did is told.
pub(super) struct Case<'a> {
    /// The command, without its key.
    pub(super) arguments: &'a [&'a str],
    /// Whether it has an idempotency key. Else it may be repeated as it is.
    pub(super) keyed: bool,
    /// SQL that counts what it did.
    pub(super) counted: &'a str,
    /// What may be counted after a kill, nothing first, all of it last.
    pub(super) allowed: &'a [&'a str],
    /// Whether it is one transaction: then the whole store is as it was before or after, but for ids that a server skips.
    pub(super) one: bool,
}

impl Case<'_> {
    fn command(&self) -> Vec<&str> {
        let key: &[&str] = if self.keyed { &["--idempotency-key", "the-key"] } else { &[] };
        [self.arguments, key].concat()
    }
}

/// Everything that the store holds, without the sum at the end, which counts the ids of operations.
fn content(sandbox: &Sandbox) -> String {
    let export = sandbox.orch(&["db", "export"]);
    export.success().stdout.split_once("\"sha256\"").unwrap().0.to_owned()
}

/// Kills the command everywhere.
pub(super) fn kill_everywhere(sandbox: &Sandbox, case: &Case) {
    let command = sandbox.orch_command(&case.command());
    let before = (content(sandbox), sandbox.changes());
    let Some(mut trials) = Trials::of(sandbox, &command, MOST) else { return };
    // git has its own ways, and leaves its locks; here it is orch that is killed while git has nothing or all done
    let of_orch = |file: &Option<String>| file.as_ref().is_some_and(|file| file.contains("/.orch/"));
    trials.points.retain(|point| case.arguments[0] != "git" || of_orch(&point.file));
    let (nothing, whole) = (case.allowed[0], *case.allowed.last().unwrap());
    assert_eq!(sandbox.sql(case.counted), whole, "{:?} does what is counted", case.arguments);
    let after = (content(sandbox), sandbox.changes());
    let mut killed = 0;
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        killed += usize::from(run.code.is_none());
        let told = format!("{:?} killed at {point:?}: {run}", case.arguments);
        let next = sandbox.orch(&["status"]);
        assert_eq!(next.code, Some(0), "{told}\nthe next command: {next}");
        let check = sandbox.orch(&["db", "check"]);
        assert_eq!(check.code, Some(0), "{told}\n{check}");
        let counted = sandbox.sql(case.counted);
        assert!(case.allowed.contains(&counted.as_str()), "{told}\ncounted {counted}");
        let changes = sandbox.changes();
        assert!([&before.1, &after.1].contains(&&changes), "{told}\ngit sees {changes}");
        if case.one && !Engine::SKIPS_IDS {
            let expected = if counted == nothing { &before.0 } else { &after.0 };
            assert_eq!(&content(sandbox), expected, "{told}");
        }
        let again = sandbox.orch(&case.command());
        assert_eq!(again.code, Some(0), "{told}\nrepeated: {again}");
        assert_eq!(sandbox.sql(case.counted), whole, "{told}\nrepeated: {again}");
        if case.one && !Engine::SKIPS_IDS {
            assert_eq!(content(sandbox), after.0, "{told}\nrepeated: {again}");
        }
        let check = sandbox.orch(&["db", "check"]);
        assert_eq!(check.code, Some(0), "{told}\nrepeated: {again}\n{check}");
    }
    say(&format!("{:?}: {} trials, {killed} killed", case.arguments, trials.points.len()));
    assert!(killed * 10 >= trials.points.len() * 9, "{killed} of {} were killed", trials.points.len());
}

#[test]
fn promise_02_a_killed_task_create_is_whole_or_absent() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "Before"]).success();
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["task", "create", "One", "--meta", "a=1"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_tasks WHERE title = 'One'",
            allowed: &["0", "1"],
            one: true,
        },
    );
}

/// A project with a task.
pub(super) fn with_task() -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox.orch(&["task", "create", "One"]).success();
    Some(sandbox)
}

/// A project with a task that has an active session, and the document that its first phase needs.
pub(super) fn with_session() -> Option<Sandbox> {
    let sandbox = with_task()?;
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.write(".orch/tasks/TSK-001/TASK.md", "# Task\n");
    Some(sandbox)
}

#[test]
fn promise_02_a_killed_phase_complete_is_whole_or_absent() {
    let Some(sandbox) = with_session() else { return };
    // the hook of `execute` records commits
    for phase in ["intake", "research", "plan"] {
        sandbox.orch(&["phase", "complete", "TSK-001", "--phase", phase, "--override"]).success();
    }
    sandbox.write("README.md", "Changed.\n");
    sandbox.git(&["commit", "--quiet", "--all", "-m", "Work"]);
    sandbox.write(".orch/tasks/TSK-001/NOTES.md", "# Notes\n");
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["phase", "complete", "TSK-001", "--override", "--reason", "r"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_events WHERE event_type = 'orchestration.phase.execute.end'",
            allowed: &["0", "1"],
            one: false,
        },
    );
}

#[test]
fn promise_02_a_killed_artifact_put_is_whole_or_absent() {
    let Some(sandbox) = with_session() else { return };
    sandbox.write("plan.md", &"A plan.\n".repeat(5_000));
    sandbox.git(&["add", "plan.md"]);
    kill_everywhere(
        &sandbox,
        &Case {
            arguments: &["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"],
            keyed: true,
            counted: "SELECT count(*) FROM orchestration_artifacts WHERE name = 'PLAN.md'",
            allowed: &["0", "1"],
            one: true,
        },
    );
}

/// Kills a command that writes a file where git sees it: the file is there in whole or not at all, and nothing else.
pub(super) fn kills_leave_a_whole_file(arguments: &[&str], file: &str, is_whole: impl Fn(&Sandbox) -> bool) {
    let Some(sandbox) = with_session() else { return };
    let command = sandbox.orch_command(arguments);
    let Some(trials) = Trials::of(&sandbox, &command, MOST) else { return };
    assert!(is_whole(&sandbox));
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        let there = sandbox.root().join(file).exists();
        assert!(!there || is_whole(&sandbox), "{point:?}: {run}");
        assert_eq!(sandbox.changes(), if there { format!("?? {file}\n") } else { String::new() }, "{point:?}");
        let again = sandbox.orch(arguments);
        assert!(again.code == Some(0) || there, "{point:?}: {run}\n{again}");
        assert!(is_whole(&sandbox), "{point:?}: {run}\n{again}");
    }
    say(&format!("{arguments:?}: {} trials", trials.points.len()));
}

#[test]
fn promise_02_a_killed_db_export_leaves_a_whole_file_or_none() {
    kills_leave_a_whole_file(&["db", "export", "all.jsonl"], "all.jsonl", |sandbox| {
        let text = std::fs::read_to_string(sandbox.root().join("all.jsonl")).unwrap();
        text.lines().last().unwrap().starts_with("{\"footer\"")
    });
}

#[test]
fn promise_10_a_killed_init_is_finished_by_the_next_one() {
    let Some(sandbox) = Sandbox::repository() else { return };
    sandbox.write(".gitattributes", "* text\n");
    let before = sandbox.changes();
    let command = sandbox.init_command();
    let Some(trials) = Trials::of(&sandbox, &command, MOST) else { return };
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        let next = sandbox.orch(&["task", "list"]);
        assert!(matches!(next.code, Some(0 | 3)), "{point:?}: {run}\n{next}");
        assert_eq!(sandbox.changes(), before, "{point:?}: {run}");
        let again = sandbox.init();
        assert_eq!(again.code, Some(0), "{point:?}: {run}\n{again}");
        assert_eq!(sandbox.changes(), before, "{point:?}: {run}");
        sandbox.orch(&["task", "create", "One"]).success();
        sandbox.orch(&["db", "check"]).success();
        let twice = sandbox.init();
        assert_eq!(twice.success().json()["created"], false, "{point:?}");
        assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "1");
    }
    say(&format!("init: {} trials", trials.points.len()));
}
