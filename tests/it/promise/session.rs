//! What is promised of sessions: who may go on with one, by which rules, and that nothing is skipped without a trace.

use std::fs;

use super::Sandbox;

/// After the lease of whoever began at the sandbox's instant.
const LATER: &str = "2025-01-13T16:00:00Z";

fn later(sandbox: &Sandbox, actor: &str, arguments: &[&str]) -> crate::support::Run {
    let mut command = sandbox.orch_command(arguments);
    sandbox.finish(command.env("ORCH_NOW", LATER).env("ORCH_ACTOR", actor))
}

#[test]
fn promise_17_a_second_start_resumes_or_is_a_conflict() {
    let Some(sandbox) = Sandbox::started() else { return };
    let again = sandbox.json(&["session", "start", "TSK-001"]);
    assert_eq!(again["session"]["resumed"], true);
    let run = sandbox.orch_as("bob", &["session", "start", "TSK-001", "--json"]);
    assert_eq!(run.fails_with(5).error()["details"]["holder"], "tester");
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_sessions"), "1");
}

#[test]
fn promise_17_who_was_taken_over_is_refused_when_it_wakes() {
    let Some(sandbox) = Sandbox::started() else { return };
    later(&sandbox, "bob", &["session", "start", "TSK-001", "--take-over"]).success();
    let before = sandbox.events();
    for arguments in [
        ["phase", "complete", "TSK-001", "--override"].as_slice(),
        &["phase", "back", "TSK-001", "--to", "intake", "--reason", "x"],
        &["session", "end", "TSK-001"],
        &["session", "start", "TSK-001"],
    ] {
        let run = later(&sandbox, "tester", &[arguments, &["--json"]].concat());
        assert_eq!(run.fails_with(5).error()["details"]["holder"], "bob", "{run}");
    }
    assert_eq!(sandbox.events(), before);
}

#[test]
fn promise_18_another_resumes_what_a_killed_agent_left() {
    let Some(sandbox) = Sandbox::started() else { return };
    sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).success();
    // the agent is killed while it has something run, with the store open
    let ready = sandbox.root().join("ready");
    let script = format!("touch {}; exec sleep 600", ready.display());
    let mut agent = sandbox.spawn(&["check", "run", "TSK-001", "tests", "--", "sh", "-c", &script]);
    while !ready.exists() {
        std::thread::yield_now();
    }
    agent.kill().unwrap();
    // its pipes stay open in what it ran, so only the process is waited for
    agent.wait().unwrap();
    let taken = later(&sandbox, "bob", &["session", "start", "TSK-001", "--take-over", "--json"]);
    let session = taken.success().json()["session"].take();
    assert_eq!((&session["current_phase"], &session["resumed"]), (&"research".into(), &true.into()));
    later(&sandbox, "bob", &["phase", "complete", "TSK-001", "--override"]).success();
    sandbox.orch(&["db", "check"]).success();
    let _ = sandbox.finish(sandbox.command("pkill").args(["-f", ready.to_str().unwrap()]));
}

#[test]
fn promise_20_a_session_keeps_its_template_whatever_becomes_of_the_file() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["workflow", "init", "minimal"]).success();
    let file = sandbox.root().join(".orch/workflow.yaml");
    let text = fs::read_to_string(&file).unwrap();
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let pinned = sandbox.json(&["phase", "show", "TSK-001"])["instructions"].clone();
    let edited = text.replace("title", "description");
    for (content, told) in [
        (Some(edited.as_str()), "To switch: orch session start TSK-001 --restart"),
        (Some("phases: broken\n"), "The project's workflow cannot be used now"),
        (Some("a: &a [*a]\n"), "The project's workflow cannot be used now"),
        (None, "To switch: orch session start TSK-001 --restart"),
    ] {
        match content {
            Some(content) => fs::write(&file, content).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        assert_eq!(sandbox.json(&["phase", "show", "TSK-001"])["instructions"], pinned, "{content:?}");
        let before = sandbox.events();
        let resumed = sandbox.orch(&["session", "start", "TSK-001"]);
        assert!(resumed.success().stdout.contains(told), "{content:?}: {resumed}");
        assert_eq!(sandbox.events(), before, "{content:?}");
    }
    sandbox.orch(&["phase", "complete", "TSK-001", "--phase", "todo"]).success();
    fs::write(&file, "phases: broken\n").unwrap();
    // what is new goes by the file, so it has to be readable
    sandbox.orch(&["session", "start", "TSK-001", "--restart"]).fails_with(2);
    sandbox.orch(&["task", "create", "y"]).success();
    sandbox.orch(&["session", "start", "TSK-002"]).fails_with(2);
    // the switch leaves a trail
    fs::write(&file, edited).unwrap();
    sandbox.orch(&["session", "start", "TSK-001", "--restart"]).success();
    let trail = "SELECT payload->>'restarted' FROM orchestration_events WHERE event_type = 'orchestration.session.end'";
    assert!(["1", "true"].contains(&sandbox.sql(trail).as_str()));
}

#[test]
fn promise_21_what_passes_a_gate_leaves_who_why_from_and_to() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.configure("workflow:\n  allow_phase_skip: true\n");
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let before = sandbox.events();
    for arguments in [
        ["phase", "complete", "TSK-001", "--override", "--reason", ""].as_slice(),
        &["phase", "complete", "TSK-001", "--override", "--reason", " \t"],
        &["phase", "complete", "TSK-001", "--override", "--skip-to", "plan", "--reason", ""],
        &["phase", "back", "TSK-001", "--to", "intake", "--reason", ""],
        &["session", "end", "TSK-001", "--force", "--reason", ""],
    ] {
        sandbox.orch(arguments).fails_with(2);
        assert_eq!(sandbox.events(), before, "{arguments:?}");
    }
    sandbox.orch(&["phase", "complete", "TSK-001", "--override", "--reason", "known"]).success();
    sandbox
        .orch(&["phase", "complete", "TSK-001", "--override", "--skip-to", "execute", "--reason", "small"])
        .success();
    sandbox.orch(&["session", "end", "TSK-001", "--force", "--reason", "given up"]).success();
    let told = |kind: &str| {
        let kind = format!("orchestration.{kind}");
        let events = sandbox.json(&["event", "list", "TSK-001", "--type", &kind])["events"].clone();
        let event = events.as_array().unwrap().last().cloned().unwrap_or_default();
        assert_eq!(event["actor"], "tester", "{kind}");
        event["payload"].clone()
    };
    let overridden = told("phase.override");
    assert_eq!(overridden["reason"], "small", "{overridden}");
    assert_eq!((&overridden["from"], &overridden["to"]), (&"research".into(), &"plan".into()), "{overridden}");
    let skipped = told("phase.skip");
    assert_eq!(skipped["reason"], "small", "{skipped}");
    assert_eq!((&skipped["from"], &skipped["to"]), (&"research".into(), &"execute".into()), "{skipped}");
    let ended = told("session.end");
    assert_eq!((&ended["reason"], &ended["forced"]), (&"given up".into(), &true.into()), "{ended}");
    assert_eq!(ended["phase"], "execute", "{ended}");
}

#[test]
fn promise_22_what_the_gate_judged_is_what_is_recorded() {
    let Some(sandbox) = Sandbox::started() else { return };
    let name = ".orch/tasks/TSK-001/TASK.md";
    sandbox.write(name, "# Judged\n");
    let completed = sandbox.orch(&["phase", "complete", "TSK-001", "--json"]);
    completed.success();
    let ends =
        sandbox.json(&["event", "list", "TSK-001", "--type", "orchestration.phase.intake.end"])["events"].clone();
    let recorded = ends[0]["payload"]["artifacts"][0].clone();
    // sha256sum knows it, too
    let sum = sandbox.finish(sandbox.command("sha256sum").arg(name)).success().stdout.clone();
    assert_eq!(recorded["sha256"].as_str().unwrap(), sum.split(' ').next().unwrap(), "{ends}");
    assert_eq!((&recorded["name"], &recorded["size"]), (&"TASK.md".into(), &9.into()), "{ends}");
    // what is changed or gone afterwards stays as it was judged
    fs::remove_file(sandbox.root().join(name)).unwrap();
    assert_eq!(sandbox.orch(&["artifact", "get", "TSK-001", "TASK.md"]).success().stdout, "# Judged\n");
}

#[test]
fn promise_22_an_artifact_that_comes_and_goes_passes_no_gate_unseen() {
    let Some(sandbox) = Sandbox::project() else { return };
    let (mut passed, mut refused) = (0, 0);
    for number in 1..=24 {
        let code = format!("TSK-{number:03}");
        sandbox.orch(&["task", "create", "x"]).success();
        sandbox.orch(&["session", "start", &code]).success();
        let name = format!(".orch/tasks/{code}/TASK.md");
        sandbox.write(&name, "# Here\n");
        let racer = sandbox.spawn(&["phase", "complete", &code, "--phase", "intake"]);
        for _ in 0..(number * number * 8) {
            std::thread::yield_now();
        }
        let _ = fs::remove_file(sandbox.root().join(&name));
        match sandbox.wait(racer).code {
            Some(0) => {
                passed += 1;
                // it passed because of a content, which is there
                assert_eq!(sandbox.orch(&["artifact", "get", &code, "TASK.md"]).success().stdout, "# Here\n");
            }
            code => {
                refused += 1;
                assert_eq!(code, Some(4));
            }
        }
    }
    println!("{passed} passed, {refused} refused");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_23_a_session_is_ended_by_force_from_any_state() {
    let Some(sandbox) = Sandbox::project() else { return };
    for (broken, by) in [
        ("SELECT 1", "bob"),
        ("UPDATE orchestration_tasks SET status = 'cancelled' WHERE task_code = 'TSK-001'", "tester"),
        ("UPDATE orchestration_sessions SET template_sha256 = NULL", "tester"),
        ("DELETE FROM orchestration_templates", "bob"),
    ] {
        let code = sandbox.json(&["task", "create", "x"])["task"]["task_code"].as_str().unwrap().to_owned();
        sandbox.orch(&["session", "start", &code]).success();
        let _ = sandbox.try_sql(broken);
        let ended = sandbox.orch_as(by, &["session", "end", &code, "--force", "--reason", "stuck", "--json"]);
        assert_eq!(ended.success().json()["session"]["active"], false, "{broken}: {ended}");
    }
}
