//! Disks that are full or sick, media that can only be read, and a system that is short of descriptors or memory: exit code 7
//! that names the file and the reason, nothing half, and all well again afterwards.

use std::fs;
use std::path::Path;
use std::process::Command;

use orch_tests::strace::Fault;

use super::Sandbox;
use crate::support::{Mount, Run, Trials, say};

/// About how many of the writes that are alike are tried.
const MOST: usize = 4;

/// Calls that open or remove what is not needed for the effect.
const ERRORS: [&str; 3] = ["ENOSPC", "EDQUOT", "EIO"];

fn content(sandbox: &Sandbox) -> String {
    let export = sandbox.orch(&["db", "export"]);
    export.success().stdout.split_once("\"sha256\"").unwrap().0.to_owned()
}

/// Insists that a command that met an error said so as it must, and says whether it was done.
#[track_caller]
fn is_told(run: &Run, told: &str) -> bool {
    match run.code {
        // the call was one whose failure does not matter
        Some(0) => return true,
        Some(7) => {
            assert!(run.stderr.contains("[ROOT]") || run.stderr.contains("standard"), "names no file: {told}");
            assert!(run.stderr.contains("error:") && run.stderr.contains("hint:"), "{told}");
        }
        Some(10) => assert!(run.stderr.contains("unknown") || run.stderr.contains("is saved"), "{told}"),
        _ => panic!("{told}"),
    }
    false
}

/// Lets every call with which the command writes fail, once and for good, with each error.
fn fail_everywhere(sandbox: &Sandbox, arguments: &[&str], counted: &str) {
    let keyed = [arguments, &["--idempotency-key", "the-key"]].concat();
    let command = sandbox.orch_command(&keyed);
    let before = content(sandbox);
    let Some(trials) = Trials::of(sandbox, &command, MOST) else { return };
    let after = content(sandbox);
    let plan = || fs::read(sandbox.root().join(".orch/tasks/TSK-001/PLAN.md")).ok();
    let written = plan();
    let (mut failed, mut unknown, mut number) = (0, 0, 0);
    for (at, point) in trials.points.iter().enumerate() {
        // answers are printed after the commit: promise 41, in its own test
        if point.file.as_deref().is_none_or(|file| !file.contains("/project/")) {
            continue;
        }
        let error = ERRORS[at % ERRORS.len()];
        for fault in [Fault::Error(error), Fault::ErrorFromThenOn(error)] {
            let run = trials.run(&command, point, fault);
            number += 1;
            let told = format!("{arguments:?} with {fault:?} at {point:?}: {run}");
            let done = is_told(&run, &told);
            // reading goes on at once
            let list = sandbox.orch(&["task", "list"]);
            assert_eq!(list.code, Some(0), "{told}\n{list}");
            let count = sandbox.sql(counted);
            match run.code {
                Some(0) => assert_eq!(count, "1", "{told}"),
                Some(7) => {
                    failed += 1;
                    assert_eq!(count, "0", "{told}");
                    assert_eq!(content(sandbox), before, "{told}");
                }
                _ => unknown += 1,
            }
            assert!(done || run.code != Some(0), "{told}");
            let again = sandbox.orch(&keyed);
            assert_eq!(again.code, Some(0), "{told}\nrepeated: {again}");
            assert_eq!(content(sandbox), after, "{told}\nrepeated: {again}");
            assert_eq!(plan(), written, "{told}\nrepeated: {again}");
            let check = sandbox.orch(&["db", "check"]);
            assert_eq!(check.code, Some(0), "{told}\n{check}");
        }
    }
    say(&format!("{arguments:?}: {number} trials, {failed} told, {unknown} unknown"));
    assert!(failed > 0);
}

#[test]
fn promise_06_each_write_of_a_task_create_may_fail() {
    let Some(sandbox) = Sandbox::project() else { return };
    fail_everywhere(
        &sandbox,
        &["task", "create", "One"],
        "SELECT count(*) FROM orchestration_tasks WHERE title = 'One'",
    );
}

#[test]
fn promise_06_each_write_of_an_artifact_put_may_fail() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "One"]).success();
    sandbox.write("plan.md", &"A plan.\n".repeat(2_000));
    fail_everywhere(
        &sandbox,
        &["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"],
        "SELECT count(*) FROM orchestration_artifacts WHERE name = 'PLAN.md'",
    );
}

#[test]
fn promise_06_each_write_of_an_init_may_fail() {
    let Some(sandbox) = Sandbox::repository() else { return };
    let command = sandbox.init_command();
    let Some(trials) = Trials::of(&sandbox, &command, MOST) else { return };
    let mut number = 0;
    for (at, point) in trials.points.iter().enumerate() {
        if point.file.as_deref().is_some_and(|file| !file.contains("/project/")) || point.name == "write" {
            continue;
        }
        let fault = Fault::Error(ERRORS[at % ERRORS.len()]);
        let run = trials.run(&command, point, fault);
        number += 1;
        let told = format!("init with {fault:?} at {point:?}: {run}");
        let error = run.stderr.contains("[ROOT]");
        assert!(run.code == Some(0) || (run.code == Some(7) && error), "{told}");
        assert_eq!(sandbox.changes(), "", "{told}");
        let again = sandbox.init();
        assert_eq!(again.code, Some(0), "{told}\n{again}");
        sandbox.orch(&["db", "check"]).success();
    }
    say(&format!("init: {number} trials"));
}

#[test]
fn promise_06_a_full_disk_is_told_and_all_works_when_there_is_room() {
    let sandbox = Sandbox::repository().unwrap();
    let orch = sandbox.root().join(".orch");
    fs::create_dir(&orch).unwrap();
    let Some(_mount) = Mount::new(&orch, &["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"]) else { return };
    sandbox.init().success();
    sandbox.orch(&["task", "create", "One"]).success();
    let ballast = orch.join("ballast");
    // fuller and fuller, to the last page
    let mut refused = 0;
    for free in [300_u64, 200, 120, 80, 40, 20, 8, 0] {
        let _ = fs::remove_file(&ballast);
        let room = free_bytes(&orch).saturating_sub(free * 1024);
        fs::write(&ballast, vec![0; usize::try_from(room).unwrap()]).unwrap();
        let before = content(&sandbox);
        for arguments in
            [["task", "create", "Two"].as_slice(), &["bug", "log", "it broke"], &["db", "backup", "--force"]]
        {
            let run = sandbox.orch(arguments);
            if run.code == Some(0) {
                continue;
            }
            refused += 1;
            assert!(run.fails_with(7).stderr.contains("[ROOT]/.orch"), "{run}");
            assert!(run.stderr.contains("full") || run.stderr.contains("No space"), "{run}");
            sandbox.orch(&["task", "show", "TSK-001"]).success();
        }
        if free == 0 {
            assert_eq!(content(&sandbox), before);
        }
    }
    assert!(refused >= 3, "{refused}");
    fs::remove_file(&ballast).unwrap();
    sandbox.orch(&["db", "check"]).success();
    sandbox.orch(&["task", "create", "Three"]).success();
    sandbox.orch(&["bug", "log", "it broke"]).success();
}

fn free_bytes(folder: &Path) -> u64 {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap().trim().parse().unwrap()
}

/// Runs orch in a shell that sets a limit first.
fn limited(sandbox: &Sandbox, limit: &str, arguments: &[&str]) -> Run {
    let orch = sandbox.orch_command(&[]);
    let mut shell = sandbox.command("/bin/sh");
    shell.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(orch.get_program()).args(arguments);
    sandbox.finish(&mut shell)
}

#[test]
fn promise_06_a_limit_on_the_size_of_files_is_told() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    let before = content(&sandbox);
    sandbox.write("plan.md", &"A plan.\n".repeat(100_000));
    // in blocks of 512 bytes; the signal is ignored, so that the write itself fails
    for blocks in [0, 1, 8, 64, 330] {
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}");
        let run = limited(&sandbox, &limit, &["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"]);
        assert!(run.fails_with(7).stderr.contains("[ROOT]/.orch"), "{run}");
        assert_eq!(content(&sandbox), before, "{run}");
        // without the index of the log, which is a file, too, nobody can read
        if blocks >= 64 {
            limited(&sandbox, &limit, &["task", "list"]).success();
        }
    }
    sandbox.orch(&["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"]).success();
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_41_few_descriptors_are_told() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    let mut done = 0;
    for number in 3..=24 {
        for arguments in
            [["task", "create", "Two"].as_slice(), &["session", "start", "TSK-001"], &["git", "status"], &["status"]]
        {
            let before = content(&sandbox);
            let run = limited(&sandbox, &format!("ulimit -n {number}"), arguments);
            assert!(matches!(run.code, Some(0 | 7 | 127)), "{number} descriptors, {arguments:?}: {run}");
            assert!(run.code == Some(0) || !run.stderr.is_empty(), "{number} descriptors, {arguments:?}: {run}");
            done += usize::from(run.code == Some(0));
            if run.code != Some(0) {
                assert_eq!(content(&sandbox), before, "{number} descriptors, {arguments:?}: {run}");
            }
        }
    }
    say(&format!("88 trials with few descriptors, {done} done"));
    assert!(done > 0);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_41_little_memory_leaves_the_effect_whole_or_absent() {
    let sandbox = Sandbox::project().unwrap();
    let mut done = 0;
    for megabytes in (8..=120).step_by(4) {
        let title = format!("With {megabytes}");
        let run = limited(&sandbox, &format!("ulimit -v {}", megabytes * 1024), &["task", "create", &title]);
        let counted = sandbox.sql(&format!("SELECT count(*) FROM orchestration_tasks WHERE title = '{title}'"));
        done += usize::from(run.code == Some(0));
        assert_ne!(run.code, Some(101), "{megabytes} MiB: {run}");
        match run.code {
            Some(0) => assert_eq!(counted, "1", "{megabytes} MiB: {run}"),
            Some(2..=9) => assert_eq!(counted, "0", "{megabytes} MiB: {run}"),
            // ended by the system, as a kill is
            _ => assert!(["0", "1"].contains(&counted.as_str()), "{megabytes} MiB: {run}"),
        }
    }
    say(&format!("29 trials with little memory, {done} done"));
    assert!(done > 0);
    sandbox.orch(&["db", "check"]).success();
}

/// What is said of a store that can only be read: all reads work, and all writes say why not.
fn only_reads(sandbox: &Sandbox, run: impl Fn(&[&str]) -> Run) {
    for arguments in [["task", "list"].as_slice(), &["task", "show", "TSK-001"], &["event", "list"], &["status"]] {
        assert!(run(arguments).success().stdout.contains("TSK-001"), "{arguments:?}");
    }
    for arguments in [["context", "search", "One"].as_slice(), &["db", "check"], &["db", "export"]] {
        run(arguments).success();
    }
    for arguments in [
        ["task", "create", "Two"].as_slice(),
        &["session", "start", "TSK-001"],
        &["bug", "log", "it broke"],
        &["event", "archive", "--before", "2024-11-01"],
        &["artifact", "new", "TSK-001", "TASK.md"],
        &["db", "backup"],
        &["db", "restore", "README.md"],
    ] {
        let told = run(arguments);
        let is_restore = arguments[1] == "restore";
        assert!(told.code == Some(7) || is_restore, "{arguments:?}: {told}");
        assert!(
            told.stderr.contains("read") || told.stderr.contains("Read-only") || is_restore,
            "{arguments:?}: {told}"
        );
        assert!(told.stderr.contains("[ROOT]"), "{arguments:?}: {told}");
    }
    assert!(sandbox.store().exists());
}

#[test]
fn promise_07_read_only_media_are_read() {
    for has_log in [true, false] {
        let sandbox = Sandbox::project().unwrap();
        sandbox.orch_with(("ORCH_NOW", "2024-10-01T00:00:00Z"), &["task", "create", "One"]).success();
        if !has_log {
            sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        let names = || {
            let entries = fs::read_dir(sandbox.root().join(".orch")).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
        };
        let before = (names(), fs::read(sandbox.store()).unwrap());
        let root = sandbox.root();
        let Some(_bind) = Mount::new(&root, &["--bind", root.to_str().unwrap()]) else { return };
        let done = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&root).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        only_reads(&sandbox, |arguments| sandbox.orch(arguments));
        assert_eq!((names(), fs::read(sandbox.store()).unwrap()), before);
    }
}
