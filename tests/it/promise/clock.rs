//! What is promised of time: a clock may say what it likes, and the order of events, durations and leases stay right.

use serde_json::Value;

use super::Sandbox;

/// Clocks one after another: forwards, backwards, at both ends of what 32 bits can hold, and beyond them.
const CLOCKS: [&str; 8] = [
    "2026-11-25T10:00:00Z",
    "2025-11-25T09:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "2038-01-19T03:14:08Z",
    "2106-02-07T06:28:16Z",
    "1969-12-31T23:59:59Z",
    "2026-11-25T23:30:00-11:00",
    "2024-02-29T00:00:00+14:00",
];

/// Insists that no duration in a document is negative.
fn no_time_runs_backwards(document: &Value, path: &str) {
    match document {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| no_time_runs_backwards(value, name)),
        Value::Array(items) => items.iter().for_each(|item| no_time_runs_backwards(item, path)),
        Value::Number(number) if ["seconds", "hours", "ms", "duration"].iter().any(|unit| path.contains(unit)) => {
            assert!(number.as_f64().unwrap() >= 0.0, "{path}: {number}");
        }
        _ => {}
    }
}

#[test]
fn promise_24_the_order_of_events_is_that_of_writing_whatever_the_clock_says() {
    let Some(sandbox) = Sandbox::project() else { return };
    let at = |now: &str, arguments: &[&str]| {
        let mut command = sandbox.orch_command(&[arguments, &["--json"]].concat());
        sandbox.finish(command.env("ORCH_NOW", now))
    };
    at(CLOCKS[0], &["task", "create", "x"]).success();
    at(CLOCKS[1], &["session", "start", "TSK-001"]).success();
    let mut written = Vec::new();
    for (number, now) in CLOCKS.iter().cycle().take(24).enumerate() {
        let payload = format!("{{\"n\":{number}}}");
        at(now, &["event", "emit", "TSK-001", "intake.clarified", "--payload", &payload]).success();
        written.push(number.to_string());
    }
    let asked = "SELECT payload->>'n' FROM orchestration_events WHERE event_type = 'intake.clarified' ORDER BY id";
    assert_eq!(sandbox.sql(asked).lines().collect::<Vec<_>>(), written);
    assert_eq!(sandbox.sql(&asked.replace("BY id", "BY seq")).lines().collect::<Vec<_>>(), written);
    let listed = sandbox.json(&["event", "list", "TSK-001", "--type", "intake.clarified", "--limit", "100"]);
    let numbers: Vec<String> =
        listed["events"].as_array().unwrap().iter().map(|event| event["payload"]["n"].to_string()).collect();
    assert_eq!(numbers, written);
    for (now, phase) in [(CLOCKS[2], "intake"), (CLOCKS[4], "research"), (CLOCKS[5], "plan")] {
        at(now, &["phase", "complete", "TSK-001", "--override", "--phase", phase]).success();
    }
    for arguments in [
        ["session", "status", "TSK-001"].as_slice(),
        &["task", "show", "TSK-001"],
        &["status"],
        &["context", "search", "clarified"],
        &["context", "search", "--summary"],
        &["event", "list", "--limit", "100"],
    ] {
        for now in [CLOCKS[2], CLOCKS[4]] {
            no_time_runs_backwards(&at(now, arguments).success().json(), "");
        }
    }
    at(CLOCKS[2], &["session", "end", "TSK-001", "--force"]).success();
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_24_a_clock_that_went_back_shuts_nobody_out_for_longer_than_the_lease() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    // whoever began was in the year 2106; the lease is an hour of theirs
    sandbox.orch_with(("ORCH_NOW", CLOCKS[4]), &["session", "start", "TSK-001"]).success();
    let bob = sandbox.orch_as("bob", &["session", "start", "TSK-001", "--take-over"]);
    assert!([0, 5].contains(&bob.code.unwrap()), "{bob}");
    // by force it is ended all the same
    sandbox.orch_as("bob", &["session", "end", "TSK-001", "--force"]).success();
    sandbox.orch_as("bob", &["session", "start", "TSK-001"]).success();
}

#[test]
fn promise_24_zones_change_nothing_that_is_stored_or_given_to_programs() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    for zone in ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Nowhere/Else", ":/etc/passwd"] {
        sandbox.orch_with(("TZ", zone), &["task", "update", "TSK-001", "--meta", &format!("zone={zone}")]).success();
        let listed = sandbox.orch_with(("TZ", zone), &["event", "list", "--json"]).success().json();
        for event in listed["events"].as_array().unwrap() {
            assert_eq!(event["emitted_at"], crate::support::NOW, "{zone}");
        }
    }
    let times = "SELECT count(*), count(DISTINCT emitted_at) FROM orchestration_events";
    assert_eq!(sandbox.sql(times), "6|1");
}
