//! What was written stays as it was written, and orch sees it if it does not.

use super::Sandbox;

#[test]
fn promise_03_a_change_behind_orchs_back_is_found() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.sql("UPDATE orchestration_tasks SET title = 'y'");
    let run = sandbox.orch(&["db", "check"]);
    assert!(run.fails_with(8).stderr.contains("task TSK-001 is not the fold of its events"), "{run}");
    sandbox.orch(&["doctor"]).fails_with(8);
}

#[test]
fn promise_03_events_are_only_ever_inserted() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    for statement in ["DELETE FROM orchestration_events", "UPDATE orchestration_events SET actor = 'mallory'"] {
        let run = sandbox.try_sql(statement);
        assert!(run.code != Some(0) && run.stderr.contains("events are never"), "{run}");
    }
}
