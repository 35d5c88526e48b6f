//! Several processes at once on one store: one wins, nothing is lost, nothing happens twice.

use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Sandbox;
use crate::support::{Run, at_once};

#[test]
fn promise_11_of_six_that_complete_a_phase_at_once_one_succeeds() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    for (phase, next) in [("intake", "research"), ("research", "plan"), ("plan", "execute")] {
        let lock = sandbox.hold();
        let complete = ["phase-complete", "TSK-001", "--override", "--json"];
        let racers: Vec<Child> = (0..6).map(|_| sandbox.spawn(&complete)).collect();
        // all have read the phase when they wait
        sandbox.wait_until_held(&racers);
        lock.release();
        let mut runs: Vec<Run> = racers.into_iter().map(|racer| sandbox.wait(racer)).collect();
        runs.sort_by_key(|run| run.code);
        runs[0].success();
        for late in &runs[1..] {
            let error = late.fails_with(5).error();
            let told = error["message"].as_str().unwrap();
            assert!(told.contains(&format!("phase {phase} is not the current one")), "{error}");
            let details = &error["details"];
            assert_eq!((&details["current_phase"], &details["moved_by"]), (&next.into(), &"tester".into()), "{error}");
        }
    }
    let moves = "SELECT event_type, count(*) FROM orchestration_events WHERE event_type LIKE '%.end' OR event_type LIKE '%.start' GROUP BY 1 HAVING count(*) > 1";
    assert_eq!(sandbox.sql(moves), "");
}

#[test]
fn promise_12_eight_processes_with_two_hundred_writes_each_lose_nothing() {
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
fn promise_10_eight_at_once_make_one_project() {
    let Some(sandbox) = Sandbox::repository() else { return };
    let made = at_once(8, |_| sandbox.init().success().json()["created"] == true);
    assert_eq!(made.iter().filter(|new| **new).count(), 1);
    assert_eq!(sandbox.changes(), "");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_05_one_key_used_at_once_has_one_effect_and_one_answer() {
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
fn promise_15_a_writer_waits_as_long_as_it_is_told_and_readers_do_not() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    let lock = sandbox.hold();
    sandbox.orch(&["task", "show", "TSK-001"]).success();
    let busy = sandbox.orch_with(("ORCH_STORAGE_BUSY_TIMEOUT_SECONDS", "1"), &["task", "create", "y"]);
    busy.fails_with(6);
    lock.release();
    sandbox.orch(&["task", "create", "y"]).success();
}

#[test]
fn promise_15_a_writer_waits_thirty_seconds_for_a_foreign_lock() {
    let Some(sandbox) = Sandbox::project() else { return };
    let lock = sandbox.hold();
    let began = Instant::now();
    sandbox.orch(&["task", "create", "y"]).fails_with(6);
    let waited = began.elapsed();
    println!("waited {waited:?}");
    assert!(waited >= Duration::from_secs(29), "{waited:?}");
    lock.release();
    assert_eq!(sandbox.json(&["task", "list"])["total"], 0);
    sandbox.orch(&["task", "create", "y"]).success();
}

#[test]
fn promise_12_each_kind_of_metadata_survives_the_others() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    at_once(8, |at| {
        for number in 0..6 {
            let name = format!("w{at}n{number}");
            match at % 4 {
                0 => {
                    sandbox.write(&format!("{name}.md"), &name);
                    let put = ["artifact", "put", "TSK-001", &format!("{name}.md"), "--file", &format!("{name}.md")];
                    sandbox.orch(&put).success();
                }
                1 => drop(sandbox.orch(&["task", "update", "TSK-001", "--meta", &format!("{name}=1")]).success()),
                2 => drop(sandbox.orch(&["check", "record", "TSK-001", &name, "--pass"]).success()),
                _ => {
                    let url = format!("https://github.com/o/r/pull/{at}{number}");
                    sandbox.orch(&["git", "link-pr", "TSK-001", &url]).success();
                }
            }
        }
    });
    let metadata = sandbox.json(&["task", "show", "TSK-001"])["task"]["metadata"].take();
    let written = metadata.as_object().unwrap().keys().filter(|key| key.starts_with('w')).count();
    assert_eq!(written, 12, "{metadata}");
    let session = sandbox.json(&["session", "status", "TSK-001"])["session"].take();
    assert_eq!(session["checks"].as_object().unwrap().len(), 12, "{session}");
    assert!(metadata["pull_request"]["url"].as_str().unwrap().ends_with('5'), "{metadata}");
    let artifacts = sandbox.json(&["artifact", "list", "TSK-001"])["artifacts"].take();
    let put = artifacts.as_array().unwrap().iter().filter(|row| row["name"].as_str().unwrap().starts_with('w'));
    assert_eq!(put.count(), 12, "{artifacts}");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_14_codes_are_given_once_also_at_once_and_after_a_move() {
    let Some(sandbox) = Sandbox::project() else { return };
    let create = |noun: &str, code: &str| sandbox.json(&[noun, "create", "x"])[noun][code].as_str().unwrap().to_owned();
    sandbox.orch(&["task", "create", "x", "--code", "TSK-007"]).success();
    let mut codes = at_once(16, |_| create("task", "task_code"));
    let sprints = at_once(8, |_| create("sprint", "sprint_code"));
    sandbox.orch(&["task", "create", "x", "--code", "TSK-007"]).fails_with(5);
    // the last one is gone behind orch's back, and its code stays used
    codes.sort();
    let last = codes.last().unwrap().clone();
    sandbox.sql(&format!("DELETE FROM orchestration_tasks WHERE task_code = '{last}'"));
    let next = create("task", "task_code");
    assert!(next > last, "{next} after {last}");
    codes.push(next);
    codes.extend(sprints);
    let count = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!((codes.len(), codes.contains(&"TSK-007".to_owned())), (count, false), "{codes:?}");
}

#[test]
fn promise_19_a_reader_of_the_feed_skips_nothing_and_repeats_nothing() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    let writing = AtomicUsize::new(4);
    let read = |cursor: &mut String| -> Vec<u64> {
        let page = sandbox.json(&["event", "list", "--after", cursor, "--limit", "7"]);
        *cursor = page["cursor"].as_str().unwrap().to_owned();
        page["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()).collect()
    };
    let seen = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut cursor, mut seen) = ("0".to_owned(), Vec::new());
            loop {
                // asked before the page is read: what comes after the last write is nothing
                let done = writing.load(Ordering::SeqCst) == 0;
                let page = read(&mut cursor);
                if done && page.is_empty() {
                    return seen;
                }
                seen.extend(page);
            }
        });
        for at in 0..4 {
            let (sandbox, writing) = (&sandbox, &writing);
            scope.spawn(move || {
                for number in 0..20 {
                    let payload = format!("{{\"n\":{}}}", at * 20 + number);
                    sandbox.orch(&["event", "emit", "TSK-001", "intake.clarified", "--payload", &payload]).success();
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        reader.join().unwrap()
    });
    let all = sandbox.sql("SELECT id FROM orchestration_events ORDER BY id");
    let all: Vec<u64> = all.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(seen, all);
    assert!(all.len() > 80);
}
