//! Power cuts: what exit code 0 said is on the disk though all that was not synced is lost, and at every sync in the middle
//! of a command its effect is whole or absent, whichever part of the rest reached the disk.

use std::path::Path;

use orch_tests::power::Disk;
use orch_tests::strace::Strace;

use super::Sandbox;
use crate::support::say;

/// How many random parts of what was not synced are tried at each point.
const PARTS: u64 = 4;

/// Which of the changes that were not synced reached the disk.
#[derive(Debug, Clone, Copy)]
enum Reached {
    /// The first ones.
    First(usize),
    /// Any of them, by this number.
    Any(u64),
}

impl Reached {
    fn holds(self, at: usize) -> bool {
        match self {
            Self::First(number) => at < number,
            // a coin for each change: https://prng.di.unimi.it/splitmix64.c
            Self::Any(seed) => {
                let mut word = (seed << 32 | at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 63 == 1
            }
        }
    }

    /// Nothing, all, a few beginnings, and random parts.
    fn of(pending: usize, seed: u64) -> Vec<Self> {
        let beginnings = [0, pending / 3, pending * 2 / 3, pending.saturating_sub(1), pending];
        let mut all: Vec<Self> = beginnings.map(Self::First).into();
        all.dedup_by_key(|reached| format!("{reached:?}"));
        if pending > 1 {
            all.extend((0..PARTS).map(|part| Self::Any(seed * PARTS + part)));
        }
        all
    }
}

/// Cuts the power at every sync of a command and after its end, and gives the number of its syncs. `done` says whether its
/// effect is there, whole, and ends the test where it is a part.
fn cut_everywhere(sandbox: &Sandbox, arguments: &[&str], done: impl Fn(&Sandbox) -> bool) -> u64 {
    let Some(strace) = Strace::find() else { return u64::MAX };
    let root = sandbox.root();
    let mut disk = Disk::of(&root).unwrap();
    let calls = strace.record(&sandbox.orch_command(arguments), true);
    assert!(done(sandbox), "{arguments:?}");
    let (mut cuts, mut syncs, mut whole) = (0, 0, 0);
    let mut cut = |disk: &Disk, must: bool| {
        for reached in Reached::of(disk.pending(), cuts) {
            disk.write(|at| reached.holds(at)).unwrap();
            private(&root);
            let is_done = done(sandbox);
            assert!(is_done || !must, "{arguments:?} ended with 0 and is lost: {reached:?} of {}", disk.pending());
            whole += u64::from(is_done);
            cuts += 1;
        }
    };
    for call in &calls {
        if disk.is_sync(call) {
            syncs += 1;
            cut(&disk, false);
        }
        disk.apply(call);
    }
    cut(&disk, true);
    say(&format!("{arguments:?}: {syncs} syncs, {cuts} power cuts, {whole} with the effect"));
    assert!(syncs > 0);
    syncs
}

/// The folder as orch makes it; a disk that was rebuilt knows no permissions.
fn private(root: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if root.join(".orch").is_dir() {
        std::fs::set_permissions(root.join(".orch"), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// Whether SQL counts one, in a store that is sound.
fn counts_one(sandbox: &Sandbox, sql: &str) -> bool {
    let check = sandbox.orch(&["db", "check"]);
    assert_eq!(check.code, Some(0), "{check}");
    sandbox.sql(sql) == "1"
}

#[test]
fn promise_01_a_power_cut_loses_no_task_that_was_created() {
    let sandbox = Sandbox::project().unwrap();
    // the first command makes the log, the second one finds it
    for title in ["One", "Two"] {
        let sql = format!("SELECT count(*) FROM orchestration_tasks WHERE title = '{title}'");
        cut_everywhere(&sandbox, &["task", "create", title], |sandbox| counts_one(sandbox, &sql));
    }
}

#[test]
fn promise_01_a_power_cut_loses_nothing_while_the_log_is_copied() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    // more than the log may hold: whoever leaves copies it into the file
    sandbox.write("plan.md", &"A plan.\n".repeat(150_000));
    let syncs = cut_everywhere(&sandbox, &["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"], |sandbox| {
        let run = sandbox.orch(&["task", "show", "TSK-001"]);
        assert_eq!(run.code, Some(0), "{run}");
        counts_one(sandbox, "SELECT count(*) FROM orchestration_artifacts")
    });
    // in the end there is the file alone
    assert!(syncs > 6, "the log was not copied: {syncs} syncs");
}

#[test]
fn promise_01_a_power_cut_loses_no_artifact() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    sandbox.write("plan.md", &"A plan.\n".repeat(3_000));
    cut_everywhere(&sandbox, &["artifact", "put", "TSK-001", "PLAN.md", "--file", "plan.md"], |sandbox| {
        let stored = counts_one(sandbox, "SELECT count(*) FROM orchestration_artifacts");
        let file = std::fs::read_to_string(sandbox.root().join(".orch/tasks/TSK-001/PLAN.md"));
        assert!(file.as_ref().is_ok_and(|text| text.len() == 24_000) || file.is_err(), "a part of the file");
        // the file follows the store
        assert!(stored || file.is_err());
        stored && file.is_ok()
    });
}

#[test]
fn promise_01_a_power_cut_loses_no_project() {
    let sandbox = Sandbox::repository().unwrap();
    cut_everywhere(&sandbox, &["init"], |sandbox| {
        assert_eq!(sandbox.changes(), "", "git sees something");
        let check = sandbox.orch(&["db", "check"]);
        assert!(matches!(check.code, Some(0 | 3)), "{check}");
        let ignores = std::fs::read_to_string(sandbox.root().join(".orch/.gitignore"));
        check.code == Some(0) && ignores.is_ok_and(|text| text.starts_with("*\n"))
    });
}

#[test]
fn promise_01_a_power_cut_loses_no_export_and_no_backup() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    cut_everywhere(&sandbox, &["db", "export", "all.jsonl"], |sandbox| {
        let Ok(text) = std::fs::read_to_string(sandbox.root().join("all.jsonl")) else { return false };
        assert!(text.lines().last().is_some_and(|line| line.starts_with("{\"footer\"")), "a part of the file");
        true
    });
    cut_everywhere(&sandbox, &["db", "backup", "copy.db"], |sandbox| {
        if !sandbox.root().join("copy.db").exists() {
            return false;
        }
        let check = sandbox.finish(sandbox.command("sqlite3").args(["copy.db", "PRAGMA integrity_check"]));
        assert_eq!(check.success().stdout, "ok\n");
        true
    });
}

#[test]
fn promise_01_a_power_cut_leaves_the_old_store_or_the_restored_one_or_none() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "kept"]).success();
    sandbox.orch(&["db", "backup", ".orch/copy.db"]).success();
    sandbox.orch(&["task", "create", "later"]).success();
    cut_everywhere(&sandbox, &["db", "restore", ".orch/copy.db"], |sandbox| {
        let check = sandbox.orch(&["db", "check"]);
        if check.code == Some(8) {
            assert!(check.stderr.contains("the file is missing"), "{check}");
            return false;
        }
        check.success();
        match sandbox.sql("SELECT title FROM orchestration_tasks ORDER BY id").as_str() {
            "kept" => true,
            "kept\nlater" => false,
            other => panic!("{other}"),
        }
    });
}
