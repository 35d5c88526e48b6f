//! What happens to the file of the store when it is not as it should be.

use std::fs;

use serde_json::json;

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
fn promise_08_an_empty_file_is_damaged() {
    stays_untouched(b"", "it is empty");
}

#[test]
fn promise_08_a_file_that_is_no_database_is_damaged() {
    stays_untouched(&[b'x'; 9_000], "it is not a SQLite database");
}

#[test]
fn promise_08_a_short_file_is_damaged() {
    stays_untouched(b"SQLite format 3\0", "it is cut off");
}

#[test]
fn promise_08_a_database_of_another_program_is_not_ours() {
    let sandbox = Sandbox::bare().unwrap();
    let run = sandbox.finish(sandbox.command("sqlite3").args(["other.db", "CREATE TABLE t(a)"]));
    run.success();
    stays_untouched(&fs::read(sandbox.root().join("other.db")).unwrap(), "of another program");
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

#[test]
fn promise_08_a_lost_archive_is_noticed() {
    let sandbox = Sandbox::project().unwrap();
    sandbox.orch_with(("ORCH_NOW", "2024-10-01T00:00:00Z"), &["task", "create", "x"]).success();
    sandbox.orch(&["event", "archive", "--before", "2025-01-01"]).success();
    let archive = sandbox.root().join(".orch/orch-archive.db");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&archive).unwrap().permissions()) & 0o777, 0o600);
    let changes = sandbox.git(&["status", "--porcelain"]);
    assert!(!changes.contains("archive"), "{changes}");
    fs::rename(&archive, archive.with_extension("away")).unwrap();
    for arguments in [
        ["db", "check"].as_slice(),
        &["event", "list", "--archived"],
        &["event", "archive", "--before", "2025-01-01"],
        &["doctor"],
    ] {
        let run = sandbox.orch(arguments);
        let told = format!("{}{}", run.fails_with(8).stdout, run.stderr);
        assert!(told.contains("orch-archive.db") && told.contains("missing, and with it 1 archived event"), "{run}");
    }
    sandbox.orch(&["task", "create", "y"]).success();
    fs::rename(archive.with_extension("away"), &archive).unwrap();
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_backup_has_the_archive_beside_it() {
    let sandbox = Sandbox::project().unwrap();
    for now in ["2024-10-01T00:00:00Z", "2024-11-01T00:00:00Z"] {
        sandbox.orch_with(("ORCH_NOW", now), &["task", "create", "x"]).success();
    }
    sandbox.orch(&["event", "archive", "--before", "2024-11-01"]).success();
    let backup = sandbox.json(&["db", "backup", "copy.db"]);
    let archive = backup["backup"]["archive"].as_str().unwrap();
    assert!(archive.ends_with("copy-archive.db"), "{archive}");
    sandbox.orch(&["db", "backup", ".orch/orch-archive.db", "--force"]).fails_with(9);
    // the store goes on, and is lost with its archive
    sandbox.orch(&["event", "archive", "--before", "2024-12-01"]).success();
    fs::remove_file(sandbox.store()).unwrap();
    sandbox.orch(&["db", "restore", "copy.db"]).success();
    sandbox.orch(&["db", "check"]).success();
    assert_eq!(sandbox.orch(&["event", "export"]).success().stdout.lines().count(), 1);
    assert_eq!(sandbox.orch(&["event", "export", "--archived"]).success().stdout.lines().count(), 2);
}

#[test]
fn a_server_of_mcp_works_on_with_a_file_that_was_put_into_place() {
    let sandbox = Sandbox::project().unwrap();
    let mut client = sandbox.mcp("steady");
    client.call("task_create", &json!({"title": "before"}));
    sandbox.orch(&["db", "backup", "copy.db"]).success();
    client.call("task_create", &json!({"title": "after"}));
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(sandbox.root().join(format!(".orch/orch.db{end}"))).unwrap();
    }
    assert_eq!(client.fails("task_next", &json!({}))["code"], "not_found");
    fs::copy(sandbox.root().join("copy.db"), sandbox.store()).unwrap();
    assert_eq!(client.call("task_next", &json!({}))["total"], 1);
    client.call("task_create", &json!({"title": "since"}));
    assert!(client.end().success());
    assert_eq!(sandbox.sql("SELECT title FROM orchestration_tasks ORDER BY id"), "before\nsince");
    sandbox.orch(&["db", "check"]).success();
}
