//! Stores of other versions: a newer one stays as it is, an older one is upgraded after a backup copy, and whoever is killed in
//! between leaves the old one or the new one.

use std::fs;

use orch_tests::strace::Fault;

use super::Sandbox;
use crate::support::{Trials, say};

/// Makes a store of the newest schema one of the first. The tables of the search are taken out by hand, as an older sqlite3
/// does not know them.
const FIRST_SCHEMA: &str = "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON; \
     DELETE FROM sqlite_schema WHERE tbl_name LIKE 'orchestration_search%'; PRAGMA writable_schema = RESET; VACUUM; \
     DROP INDEX orchestration_bugs_code; DROP INDEX orchestration_bugs_loose; DROP INDEX orchestration_bugs_message; \
     DROP INDEX orchestration_bugs_likeness; DROP INDEX orchestration_bugs_merged; \
     ALTER TABLE orchestration_bugs DROP COLUMN bug_code; ALTER TABLE orchestration_bugs DROP COLUMN version; \
     ALTER TABLE orchestration_bugs DROP COLUMN loose_hash; ALTER TABLE orchestration_bugs DROP COLUMN message_hash; \
     ALTER TABLE orchestration_bugs DROP COLUMN likeness; ALTER TABLE orchestration_bugs DROP COLUMN merged_into; \
     DROP TRIGGER orchestration_events_no_update; ALTER TABLE orchestration_events DROP COLUMN external; \
     CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id ON orchestration_events BEGIN SELECT 1; END; \
     PRAGMA user_version = 1; PRAGMA journal_mode = WAL;";

#[test]
fn promise_09_a_newer_schema_is_refused_with_both_versions() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.sql("PRAGMA journal_mode=DELETE; PRAGMA user_version=99");
    let before = fs::read(sandbox.store()).unwrap();
    for arguments in
        [["task", "create", "x"].as_slice(), &["task", "list"], &["init"], &["db", "check"], &["db", "migrate"]]
    {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(8).stderr.contains("has schema 99; this program knows up to 3"), "{run}");
        assert_eq!(fs::read(sandbox.store()).unwrap(), before);
    }
    // a backup of a newer version is no better
    fs::copy(sandbox.store(), sandbox.root().join("newer.db")).unwrap();
    let run = sandbox.orch(&["db", "restore", "newer.db"]);
    assert!(run.fails_with(8).stderr.contains("has schema 99; this program knows up to 3"), "{run}");
}

#[test]
fn promise_09_a_killed_upgrade_leaves_the_old_schema_or_the_new() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    sandbox.sql(FIRST_SCHEMA);
    let command = sandbox.orch_command(&["task", "list"]);
    let Some(trials) = Trials::of(&sandbox, &command, 8) else { return };
    let version = || sandbox.sql("PRAGMA user_version");
    let copy = sandbox.root().join(".orch/orch.backup-1.db");
    let (mut old, mut new) = (0, 0);
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        match version().as_str() {
            "1" => old += 1,
            "3" => {
                new += 1;
                assert!(copy.exists(), "{point:?}: {run}");
            }
            other => panic!("{point:?}: schema {other}: {run}"),
        }
        let next = sandbox.orch(&["task", "show", "TSK-001"]);
        assert_eq!(next.code, Some(0), "{point:?}: {run}\n{next}");
        assert_eq!(version(), "3", "{point:?}: {run}");
        let check = sandbox.orch(&["db", "check"]);
        assert_eq!(check.code, Some(0), "{point:?}: {run}\n{check}");
        let of_copy =
            sandbox.finish(sandbox.command("sqlite3").arg(&copy).args(["PRAGMA user_version; PRAGMA integrity_check"]));
        assert_eq!(of_copy.success().stdout, "1\nok\n", "{point:?}: {run}");
        assert_eq!(sandbox.changes(), "", "{point:?}: {run}");
    }
    say(&format!("upgrade: {} trials: {old} old, {new} new", trials.points.len()));
    assert!(old > 0);
}

#[test]
fn promise_09_an_older_backup_is_upgraded_when_it_is_restored() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch(&["task", "create", "One"]).success();
    sandbox.orch(&["db", "backup", "copy.db"]).success();
    sandbox.finish(sandbox.command("sqlite3").args(["copy.db", FIRST_SCHEMA])).success();
    let before = fs::read(sandbox.root().join("copy.db")).unwrap();
    sandbox.orch(&["db", "restore", "copy.db"]).success();
    sandbox.orch(&["db", "check"]).success();
    assert_eq!(sandbox.sql("PRAGMA user_version"), "3");
    assert_eq!(fs::read(sandbox.root().join("copy.db")).unwrap(), before, "the backup stays as it is");
}
