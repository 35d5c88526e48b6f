//! Exit codes and errors, as a script and a person see them.

use super::Sandbox;

#[test]
fn promise_04_each_failure_has_its_code_and_says_what_to_do() {
    let Some(sandbox) = Sandbox::started() else { return };
    for (arguments, code, word) in [
        (["task", "shw"].as_slice(), 2, "usage"),
        (&["task", "show", "../x"], 2, "usage"),
        (&["task", "create", " "], 2, "usage"),
        (&["task", "create", "x", "--meta", "session=1"], 2, "usage"),
        (&["task", "create", "x", "--after", "TSK-404"], 3, "not_found"),
        (&["task", "create", "x", "--sprint", "SPR-404"], 3, "not_found"),
        (&["task", "update", "TSK-001", "--after", "TSK-001"], 2, "usage"),
        (&["task", "show", "TSK-404"], 3, "not_found"),
        (&["phase", "complete", "TSK-001"], 4, "gate_not_met"),
        (&["phase", "complete", "TSK-001", "--phase", "plan"], 5, "conflict"),
        (&["phase", "complete", "TSK-001", "--phase", "nope"], 2, "usage"),
        (&["phase", "complete", "TSK-001", "--skip-to", "plan"], 9, "refused"),
        (&["phase", "complete", "TSK-001", "--override", "--reason", ""], 2, "usage"),
        (&["phase", "back", "TSK-001", "--to", "plan", "--reason", "x"], 2, "usage"),
        (&["session", "end", "TSK-001"], 5, "conflict"),
        (&["task", "update", "TSK-001", "--status", "completed"], 5, "conflict"),
        (&["event", "emit", "TSK-001", "execute.step_complete"], 5, "conflict"),
        (&["event", "emit", "TSK-001", "no.such"], 2, "usage"),
        (&["artifact", "get", "TSK-001", "NOPE.md"], 3, "not_found"),
        (&["artifact", "put", "TSK-001", "../../evil.md"], 2, "usage"),
        (&["op", "show", "01JHG0000000000000000000AB"], 3, "not_found"),
        (&["workflow", "show", "nope"], 3, "not_found"),
    ] {
        let before = sandbox.sql("SELECT count(*) FROM orchestration_events");
        let run = sandbox.orch(&[arguments, &["--json"]].concat());
        let error = run.fails_with(code).error();
        assert_eq!(error["code"], word, "{run}");
        assert_eq!(run.stdout, "", "nothing but the error: {run}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events"), before, "{arguments:?}");
        let told = sandbox.orch(arguments);
        assert!(!told.fails_with(code).stderr.is_empty(), "{told}");
    }
}

#[test]
fn a_held_task_is_a_conflict_until_its_lease_runs_out() {
    let Some(sandbox) = Sandbox::started() else { return };
    let run = sandbox.orch_as("bob", &["session-start", "TSK-001", "--json"]);
    assert_eq!(run.fails_with(5).error()["details"]["holder"], "tester");
    let later = |actor: &str, arguments: &[&str]| {
        let mut command = sandbox.orch_command(arguments);
        sandbox.finish(command.env("ORCH_NOW", "2025-01-13T16:00:00Z").env("ORCH_ACTOR", actor))
    };
    later("bob", &["session-start", "TSK-001"]).fails_with(5);
    later("bob", &["session-start", "TSK-001", "--take-over"]).success();
    later("tester", &["phase-complete", "TSK-001", "--override"]).fails_with(5);
    assert_eq!(
        sandbox.sql("SELECT payload->>'from', payload->>'to' FROM orchestration_events WHERE event_type = 'orchestration.session.taken_over'"),
        "tester|bob"
    );
}

#[test]
fn the_ready_tasks_come_by_priority_then_age_and_wait_for_others() {
    let Some(sandbox) = Sandbox::project() else { return };
    for arguments in [
        ["task", "create", "late", "--priority", "P2", "--after", "TSK-003"].as_slice(),
        &["task", "create", "low", "--priority", "P3"],
        &["task", "create", "first", "--priority", "P2"],
        &["task", "create", "urgent", "--priority", "P0"],
    ] {
        // the first one waits for a task that does not exist yet
        if sandbox.orch(arguments).code != Some(0) {
            assert_eq!(arguments[2], "late");
        }
    }
    let codes = || -> Vec<String> {
        let tasks = sandbox.json(&["next"])["tasks"].clone();
        tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(), ["urgent", "first", "low"]);
    sandbox.orch(&["task", "create", "late", "--after", "TSK-002"]).success();
    assert_eq!(codes(), ["urgent", "first", "low"]);
    sandbox.orch(&["task", "update", "TSK-002", "--status", "completed"]).success();
    assert_eq!(codes().len(), 3);
}

#[test]
fn a_task_may_be_left_out() {
    let Some(sandbox) = Sandbox::started() else { return };
    sandbox.orch(&["phase", "show"]).success();
    sandbox.orch(&["check", "record", "lint", "--pass"]).success();
    sandbox.orch(&["task", "create", "y"]).success();
    sandbox.orch(&["session-start", "TSK-002"]).success();
    let run = sandbox.orch(&["phase", "show"]);
    assert!(run.fails_with(2).stderr.contains("TSK-001, TSK-002"), "{run}");
    sandbox.orch_with(("ORCH_TASK", "TSK-002"), &["phase", "show"]).success();
}

#[test]
fn a_check_is_run_recorded_and_its_code_passed_on() {
    let Some(sandbox) = Sandbox::started() else { return };
    let run = sandbox.orch(&["check", "run", "tests", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(run.code, Some(7), "{run}");
    let recorded = "SELECT payload->'passed', payload->>'exit_code', payload->>'output_tail' FROM orchestration_events WHERE event_type = 'orchestration.check.recorded'";
    assert_eq!(sandbox.sql(recorded), "false|7|out\nerr");
    sandbox.orch(&["check", "run", "tests", "--", "no-such-program"]).fails_with(2);
}

#[test]
fn an_override_can_be_forbidden_by_a_setting() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.configure("workflow:\n  allow_user_override: false\n");
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    sandbox.orch(&["phase-complete", "TSK-001", "--override"]).fails_with(9);
}

#[test]
fn promise_27_stored_text_is_kept_and_shown_without_harm() {
    let Some(sandbox) = Sandbox::project() else { return };
    let title = "evil \u{1b}[2J \u{202e}title";
    assert_eq!(sandbox.json(&["task", "create", title])["task"]["title"], title);
    let shown = sandbox.orch(&["task", "list"]).success().stdout.clone();
    assert!(shown.contains("evil \\u{1b}[2J \\u{202e}title") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn promise_26_an_artifact_that_leads_out_is_not_taken_up() {
    let Some(sandbox) = Sandbox::started() else { return };
    std::fs::create_dir_all(sandbox.root().join(".orch/tasks/TSK-001")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", sandbox.root().join(".orch/tasks/TSK-001/TASK.md")).unwrap();
    let run = sandbox.orch(&["phase-complete", "TSK-001"]);
    assert!(run.fails_with(4).stderr.contains("Artifact refused: TASK.md"), "{run}");
}

#[test]
fn promise_41_nobody_reading_is_no_panic() {
    let Some(sandbox) = Sandbox::started() else { return };
    for program in ["orch task list >&-", "orch event list | true", "orch task create y >&- 2>&-"] {
        let mut command = sandbox.command("sh");
        let path = crate::support::orch_folder();
        command.args(["-c", program]).env("PATH", path);
        let run = sandbox.finish(&mut command);
        assert!(run.code == Some(0) && !run.stderr.contains("panicked"), "{program}: {run}");
    }
}

#[test]
fn a_folder_that_was_made_by_mistake_is_told_from_a_project() {
    let Some(sandbox) = Sandbox::project() else { return };
    // whoever writes a document by a path of another folder
    sandbox.write("src/.orch/tasks/TSK-001/TASK.md", "# Task\n");
    let run = sandbox.orch(&["-C", "src", "task", "list"]);
    assert_eq!(run.code, sandbox.orch(&["-C", "src", "status"]).code);
    assert!(matches!(run.code, Some(3 | 8)), "{run}");
    if run.code == Some(3) {
        assert!(
            run.stderr.contains("hint: a project above is at [ROOT]; if [ROOT]/src/.orch is there by mistake"),
            "{run}"
        );
    }
}
