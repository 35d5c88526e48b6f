//! What happens to the file of the store when it is not as it should be.

use std::fs;

use super::Sandbox;

/// Runs commands on a store that is not one, and insists that no byte of it changes.
fn stays_untouched(content: &[u8], told: &str) {
    let sandbox = Sandbox::project().unwrap();
    fs::write(sandbox.store(), content).unwrap();
    for name in ["orch.db-wal", "orch.db-shm"] {
        let _ = fs::remove_file(sandbox.root().join(".orch").join(name));
    }
    for arguments in [["task", "list"].as_slice(), &["task", "create", "x"], &["init"], &["db", "check"]] {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(8).stderr.contains(told), "{run}");
        assert_eq!(fs::read(sandbox.store()).unwrap(), content);
    }
}

#[test]
fn an_empty_file_is_damaged() {
    stays_untouched(b"", "it is empty");
}

#[test]
fn a_file_that_is_no_database_is_damaged() {
    stays_untouched(&[b'x'; 9_000], "it is not a SQLite database");
}

#[test]
fn a_short_file_is_damaged() {
    stays_untouched(b"SQLite format 3\0", "it is cut off");
}

#[test]
fn a_database_of_another_program_is_not_ours() {
    let sandbox = Sandbox::bare().unwrap();
    let run = sandbox.finish(sandbox.command("sqlite3").args(["other.db", "CREATE TABLE t(a)"]));
    run.success();
    stays_untouched(&fs::read(sandbox.root().join("other.db")).unwrap(), "of another program");
}

#[test]
fn a_newer_schema_is_refused_with_both_versions() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.sql("PRAGMA journal_mode=DELETE; PRAGMA user_version=99");
    let before = fs::read(sandbox.store()).unwrap();
    let run = sandbox.orch(&["task", "create", "x"]);
    assert!(run.fails_with(8).stderr.contains("has schema 99; this program knows up to 1"), "{run}");
    assert_eq!(fs::read(sandbox.store()).unwrap(), before);
}

#[test]
fn files_of_the_store_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::project().unwrap();
    for (path, mode) in [(".orch", 0o700), (".orch/orch.db", 0o600)] {
        assert_eq!(fs::metadata(sandbox.root().join(path)).unwrap().permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn nothing_is_written_over_the_store() {
    let sandbox = Sandbox::project().unwrap();
    let before = fs::read(sandbox.store()).unwrap();
    for name in [".orch/orch.db", ".orch/orch.db-wal", ".orch/orch.db-shm", ".orch/../.orch/orch.db"] {
        let run = sandbox.orch(&["db", "backup", name, "--force"]);
        assert!(run.fails_with(9).stderr.contains("belongs to the store itself"), "{run}");
        sandbox.orch(&["db", "export", name]).fails_with(9);
    }
    assert_eq!(fs::read(sandbox.store()).unwrap(), before);
}
