//! `orch db restore`: a backup takes the place of a store that is damaged, empty, missing or sound, whoever is killed in the
//! middle, and nothing of the old one is lost.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use orch_tests::strace::Fault;

use super::Sandbox;
use crate::support::{Trials, say};

/// A project with a task that is in `copy.db`, one that came after it, and archived events in both.
fn backed_up() -> Sandbox {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch_with(("ORCH_NOW", "2024-10-01T00:00:00Z"), &["task", "create", "kept"]).success();
    sandbox.orch(&["event", "archive", "--before", "2024-11-01"]).success();
    sandbox.orch(&["db", "backup", ".orch/copy.db"]).success();
    sandbox.orch(&["task", "create", "later"]).success();
    sandbox
}

/// Insists that the store is the backup.
#[track_caller]
fn is_the_backup(sandbox: &Sandbox) {
    sandbox.orch(&["db", "check"]).success();
    assert_eq!(sandbox.sql("SELECT title FROM orchestration_tasks"), "kept");
    assert_eq!(sandbox.orch(&["event", "export", "--archived"]).success().stdout.lines().count(), 1);
    sandbox.orch(&["task", "create", "new"]).success();
}

/// The folders with the files of replaced stores.
fn replaced(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.root().join(".orch")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.to_string_lossy().contains("orch.db.replaced-")).collect();
    found.sort();
    found
}

#[test]
fn promise_08_a_backup_takes_the_place_of_a_damaged_store_that_is_kept() {
    let sandbox = backed_up();
    let damages: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |_| Vec::new(),
        |_| b"garbage".to_vec(),
        |store| store[..5000].to_vec(),
        |mut store| {
            store[4096..8192].fill(7);
            store
        },
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let store = damage(fs::read(sandbox.store()).unwrap());
        fs::write(sandbox.store(), &store).unwrap();
        let log = fs::read(sandbox.root().join(".orch/orch.db-wal")).unwrap();
        let answer = sandbox.json(&["db", "restore", ".orch/copy.db"]);
        is_the_backup(&sandbox);
        let aside = &replaced(&sandbox)[at];
        assert!(answer["restored"]["replaced"].as_str().is_some_and(|told| told.contains("replaced-20250113")));
        assert_eq!(fs::read(aside.join("orch.db")).unwrap(), store);
        assert_eq!(fs::read(aside.join("orch.db-wal")).unwrap(), log);
        assert!(aside.join("orch-archive.db").exists());
        assert_eq!(sandbox.changes(), "");
    }
    // what was kept is a store, too, and can be restored like a backup
    let last = replaced(&sandbox).len();
    sandbox.orch(&["db", "restore", ".orch/copy.db"]).success();
    let kept = replaced(&sandbox)[last].join("orch.db");
    sandbox.orch(&["db", "restore", kept.to_str().unwrap()]).success();
    assert_eq!(sandbox.sql("SELECT title FROM orchestration_tasks ORDER BY id"), "kept\nnew");
}

#[test]
fn promise_08_a_backup_takes_the_place_of_a_missing_store() {
    let sandbox = backed_up();
    fs::remove_file(sandbox.store()).unwrap();
    for arguments in [["init"].as_slice(), &["task", "list"], &["task", "create", "x"], &["db", "check"]] {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(8).stderr.contains("the file is missing"), "{run}");
        assert!(run.stderr.contains("orch db restore"), "{run}");
    }
    sandbox.orch(&["db", "restore", ".orch/copy.db"]).success();
    is_the_backup(&sandbox);
}

#[test]
fn promise_08_init_makes_no_store_where_one_was() {
    // what is left of a store, one at a time
    for left in [".orch/orch.db-wal", ".orch/orch-archive.db", ".orch/tasks/TSK-001/TASK.md", ".orch/orch.backup-2.db"]
    {
        let sandbox = Sandbox::repository().unwrap();
        sandbox.write(left, "left");
        let run = sandbox.orch(&["init"]);
        assert!(run.fails_with(8).stderr.contains("the file is missing, but"), "{run}");
        assert!(!sandbox.store().exists(), "{left}");
        assert_eq!(fs::read(sandbox.root().join(left)).unwrap(), b"left");
    }
}

#[test]
fn promise_08_a_file_that_is_no_backup_is_not_restored() {
    let sandbox = backed_up();
    let before = fs::read(sandbox.store()).unwrap();
    let copy = sandbox.root().join(".orch/copy.db");
    let bytes = fs::read(&copy).unwrap();
    let mut damaged = bytes.clone();
    damaged[8192..20_000].fill(7);
    sandbox.write("text", "text");
    fs::write(sandbox.root().join("empty"), "").unwrap();
    fs::write(sandbox.root().join("damaged.db"), &damaged).unwrap();
    fs::write(sandbox.root().join("alone.db"), &bytes).unwrap();
    // a state that is not the fold of its events
    fs::write(sandbox.root().join("changed.db"), &bytes).unwrap();
    fs::copy(sandbox.root().join(".orch/copy-archive.db"), sandbox.root().join("changed-archive.db")).unwrap();
    let change = "UPDATE orchestration_tasks SET title = 'y'; PRAGMA wal_checkpoint(TRUNCATE)";
    sandbox.finish(sandbox.command("sqlite3").args(["changed.db", change])).success();
    for (file, code) in [
        ("missing", 3),
        ("text", 8),
        ("empty", 8),
        ("damaged.db", 8),
        ("alone.db", 8),
        ("changed.db", 8),
        (".orch/orch.db", 9),
    ] {
        let run = sandbox.orch(&["db", "restore", file]);
        run.fails_with(code);
        assert_eq!(fs::read(sandbox.store()).unwrap(), before, "{file}: {run}");
        assert!(replaced(&sandbox).is_empty(), "{file}: {run}");
    }
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_08_a_store_in_use_is_not_replaced() {
    let sandbox = backed_up();
    let mut follow = sandbox.orch_command(&["event", "follow", "--after", "0"]);
    let mut follow = follow.stdout(Stdio::piped()).spawn().unwrap();
    // it has printed something, so it has the store open
    let mut printed = BufReader::new(follow.stdout.take().unwrap());
    printed.read_line(&mut String::new()).unwrap();
    sandbox.configure("storage:\n  busy_timeout_seconds: 1\n");
    let run = sandbox.orch(&["db", "restore", ".orch/copy.db"]);
    assert!(run.fails_with(6).stderr.contains("another process uses it"), "{run}");
    follow.kill().unwrap();
    follow.wait().unwrap();
    sandbox.orch(&["db", "restore", ".orch/copy.db"]).success();
    is_the_backup(&sandbox);
}

#[test]
fn promise_02_a_killed_restore_leaves_the_old_store_or_the_new_or_says_so() {
    let sandbox = backed_up();
    fs::write(sandbox.store(), "garbage").unwrap();
    let command = sandbox.orch_command(&["db", "restore", ".orch/copy.db"]);
    let Some(trials) = Trials::of(&sandbox, &command, 6) else { return };
    let mut seen = [0; 3];
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        let check = sandbox.orch(&["db", "check"]);
        let init = sandbox.orch(&["init"]);
        assert_eq!(init.code, check.code, "{point:?}: {run}\n{check}\n{init}");
        let state = match (check.code, sandbox.store().exists()) {
            (Some(8), true) => 0,
            (Some(8), false) => 1,
            (Some(0), true) => 2,
            other => panic!("{point:?}: {run}\n{other:?} {check}"),
        };
        seen[state] += 1;
        sandbox.orch(&["db", "restore", ".orch/copy.db"]).success();
        // the evidence is together, in one folder
        let evidence: Vec<_> = replaced(&sandbox)
            .into_iter()
            .filter(|folder| fs::read(folder.join("orch.db")).is_ok_and(|bytes| bytes == b"garbage"))
            .collect();
        assert_eq!(evidence.len(), 1, "{point:?}: {run}");
        for name in ["orch.db-wal", "orch-archive.db"] {
            assert!(evidence[0].join(name).exists(), "{point:?}: {run}");
        }
        assert!(!evidence[0].ends_with("orch.db.replaced-unfinished"), "{point:?}");
        is_the_backup(&sandbox);
        assert_eq!(sandbox.changes(), "", "{point:?}");
    }
    say(&format!("db restore: {} trials: {} old, {} without, {} new", trials.points.len(), seen[0], seen[1], seen[2]));
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
}
