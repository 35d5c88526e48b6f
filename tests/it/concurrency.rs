//! Several processes at once on one store: one wins, nothing is lost, nothing happens twice.

use std::process::Child;
use std::thread;

use super::Sandbox;
use crate::support::Run;

/// Runs the same thing in `count` threads at once.
fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|at| {
                scope.spawn({
                    let work = &work;
                    move || work(at)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn of_two_that_complete_a_phase_at_once_one_succeeds() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    for phase in ["intake", "research", "plan"] {
        let lock = sandbox.hold();
        let racers: Vec<Child> = (0..2).map(|_| sandbox.spawn(&["phase-complete", "TSK-001", "--override"])).collect();
        // both have read the phase when they wait
        sandbox.wait_until_held(&racers);
        lock.release();
        let mut runs: Vec<Run> = racers.into_iter().map(|racer| sandbox.wait(racer)).collect();
        runs.sort_by_key(|run| run.code);
        runs[0].success();
        let told = &runs[1].fails_with(5).stderr;
        assert!(
            told.contains(&format!("phase {phase} is not the current one")) && told.contains("moved there by tester"),
            "{told}"
        );
    }
    let moves = "SELECT event_type, count(*) FROM orchestration_events WHERE event_type LIKE '%.end' OR event_type LIKE '%.start' GROUP BY 1 HAVING count(*) > 1";
    assert_eq!(sandbox.sql(moves), "");
}

#[test]
fn eight_processes_with_two_hundred_writes_each_lose_nothing() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    at_once(8, |at| {
        for number in 0..200 {
            let name = format!("w{at}.n{number}");
            match number % 2 {
                0 => sandbox.orch(&["task", "update", "TSK-001", "--meta", &format!("{name}=1")]),
                _ => sandbox.orch(&["check", "record", "TSK-001", &name, "--pass"]),
            }
            .success();
        }
    });
    let metadata = sandbox.json(&["task", "show", "TSK-001"])["task"]["metadata"].take();
    assert_eq!(metadata.as_object().unwrap().keys().filter(|key| key.starts_with('w')).count(), 800);
    let seen = "SELECT count(*), max(seq), count(DISTINCT payload->>'name') FROM orchestration_events WHERE event_type = 'orchestration.check.recorded' OR event_type = 'orchestration.task.updated'";
    assert_eq!(sandbox.sql(seen), "1600|1604|800");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn eight_at_once_make_one_project() {
    let Some(sandbox) = Sandbox::repository() else { return };
    let made = at_once(8, |_| sandbox.init().success().json()["created"] == true);
    assert_eq!(made.iter().filter(|new| **new).count(), 1);
    assert_eq!(sandbox.changes(), "");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn one_key_used_at_once_has_one_effect_and_one_answer() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut answers = at_once(8, |_| {
        sandbox.orch(&["task", "create", "x", "--idempotency-key", "k1", "--json"]).success().stdout.clone()
    });
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "1");
    let other = sandbox.orch(&["task", "create", "y", "--idempotency-key", "k1"]);
    assert!(other.fails_with(2).stderr.contains("used for another request"), "{other}");
}

#[test]
fn each_ready_task_is_claimed_once() {
    let Some(sandbox) = Sandbox::project() else { return };
    for _ in 0..12 {
        sandbox.orch(&["task", "create", "x"]).success();
    }
    let mut claimed: Vec<String> = at_once(6, |at| {
        let actor = format!("agent-{at}");
        let claim = |_| sandbox.orch_as(&actor, &["task", "claim", "--next", "--json"]).success().json();
        (0..2).map(claim).map(|answer| answer["task"]["task_code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    })
    .concat();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 12);
    sandbox.orch(&["task", "claim", "--next"]).fails_with(3);
}

#[test]
fn a_writer_waits_as_long_as_it_is_told_and_readers_do_not() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    let lock = sandbox.hold();
    sandbox.orch(&["task", "show", "TSK-001"]).success();
    let busy = sandbox.orch_with(("ORCH_STORAGE_BUSY_TIMEOUT_SECONDS", "1"), &["task", "create", "y"]);
    busy.fails_with(6);
    lock.release();
    sandbox.orch(&["task", "create", "y"]).success();
}
