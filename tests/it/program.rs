//! What the program does whatever its store is: settings, help, the demo. Tests of the stores are elsewhere.

use serde_json::json;

use crate::sqlite::Sandbox;

#[test]
fn without_a_project_the_next_step_is_init() {
    let sandbox = Sandbox::bare().unwrap();
    let run = sandbox.orch(&["status"]);
    assert!(run.fails_with(3).stderr.contains("orch init"), "{run}");
}

#[test]
fn settings_come_from_flag_variable_file_and_default() {
    let sandbox = Sandbox::project().unwrap();
    let origin = |key: &str| {
        let shown = sandbox.orch_with(("ORCH_STORAGE_BUSY_TIMEOUT_SECONDS", "7"), &["config", "show", "--json"]);
        let settings = shown.success().json()["settings"].clone();
        let found = settings.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
        (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
    };
    sandbox.write(".orch/config.yaml", "workflow:\n  lease_minutes: 5\nstorage:\n  busy_timeout_seconds: 9\n");
    assert_eq!(origin("workflow.lease_minutes"), (json!("5"), "[ROOT]/.orch/config.yaml".to_owned()));
    assert_eq!(origin("storage.busy_timeout_seconds"), (json!("7"), "ORCH_STORAGE_BUSY_TIMEOUT_SECONDS".to_owned()));
    assert_eq!(origin("storage.path"), (json!("orch.db"), "default".to_owned()));
    sandbox.write(".orch/config.yaml", "workflow:\n  lease_minute: 5\n");
    let run = sandbox.orch(&["status"]);
    assert!(run.fails_with(2).stderr.contains("config.yaml:2:3: "), "{run}");
    assert!(run.stderr.contains("did you mean \"lease_minutes\"?"), "{run}");
}

#[test]
fn a_linked_project_folder_is_refused() {
    let sandbox = Sandbox::repository().unwrap();
    std::os::unix::fs::symlink(sandbox.home(), sandbox.root().join(".orch")).unwrap();
    sandbox.orch(&["init"]).fails_with(9);
}

#[test]
fn every_command_has_help_a_man_page_and_completions() {
    let sandbox = Sandbox::bare().unwrap();
    sandbox.orch(&["man", "--folder", "man"]).success();
    let pages = std::fs::read_dir(sandbox.root().join("man")).unwrap().count();
    assert!(pages > 50, "{pages}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(sandbox.orch(&["completions", shell]).success().stdout.contains("phase"));
    }
    assert!(sandbox.orch(&["phase", "complete", "--help"]).success().stdout.contains("--override"));
    let schema = sandbox.orch(&["workflow", "schema"]).success().json();
    assert_eq!(schema["type"], "object");
}

#[test]
fn the_demo_runs() {
    let sandbox = Sandbox::bare().unwrap();
    let run = sandbox.orch(&["demo", "--folder", "demo"]);
    assert!(run.success().stdout.contains("All six phases are done."), "{run}");
    let check = sandbox.orch(&["-C", "demo", "db", "check"]);
    check.success();
}

#[test]
fn a_project_of_another_user_is_refused() {
    let Some(sandbox) = Sandbox::project() else { return };
    let folder = sandbox.root().join(".orch");
    // only root can give files away, so elsewhere there is nothing to try
    if std::os::unix::fs::chown(&folder, Some(4242), None).is_err() {
        eprintln!("left out: nobody but root can give a folder to another user");
        return;
    }
    for arguments in [["task", "list"].as_slice(), &["init"], &["doctor"], &["task", "create", "x"]] {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(9).stderr.contains("belongs to another user (number 4242)"), "{run}");
        assert!(run.stderr.contains("ORCH_TRUSTED_OWNER=4242"), "{run}");
    }
    for trusted in [("ORCH_TRUSTED_OWNER", "4242"), ("SUDO_UID", "4242")] {
        sandbox.orch_with(trusted, &["task", "create", "x"]).success();
    }
    sandbox.orch_with(("ORCH_TRUSTED_OWNER", "1"), &["task", "list"]).fails_with(9);
}
