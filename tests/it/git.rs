//! Pull requests from the command line.

use serde_json::json;

use super::Sandbox;

const URL: &str = "https://github.com/acme/shop/pull/12";

#[test]
fn a_pull_request_is_linked_once_and_replaced_by_another() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    let linked = sandbox.json(&["git-link-pr", "TSK-001", &format!("{URL}/files?w=1#diff")]);
    let mut known = linked["pull_request"].clone();
    assert!(known["linked_at"].is_string());
    known.as_object_mut().unwrap().remove("linked_at");
    assert_eq!(
        known,
        json!({"url": URL, "provider": "github", "host": "github.com", "repository": "acme/shop", "number": 12})
    );
    let again = sandbox.json(&["git", "link-pr", "TSK-001", URL]);
    assert_eq!(again["pull_request"], linked["pull_request"]);
    let stored =
        "SELECT metadata->'pull_request'->>'number', metadata->'pull_request'->>'repository' FROM orchestration_tasks";
    assert_eq!(sandbox.sql(stored), "12|acme/shop");
    // the only task with a session need not be named
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.orch(&["git", "link-pr", "https://git.acme.dev/team/apps/shop/-/merge_requests/7"]).success();
    let events = "SELECT payload->'pull_request'->>'number', payload->>'previous' FROM orchestration_events WHERE event_type = 'orchestration.git.pr_linked' ORDER BY id";
    assert_eq!(sandbox.sql(events), format!("12|\n7|{URL}"));
    assert_eq!(sandbox.json(&["task", "show", "TSK-001"])["task"]["metadata"]["pull_request"]["provider"], "gitlab");
    sandbox.orch(&["git", "link-pr", "TSK-404", URL]).fails_with(3);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn an_address_that_may_deceive_is_refused_and_not_repeated() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    for address in [
        "javascript:alert(1)",
        "http://github.com/acme/shop/pull/12",
        "https://github.com.evil.org/acme/shop/pull/12",
        "https://github.com/acme/shop/pull/012",
        "https://github.com/acme/shop/pull/12\u{1b}[2J",
        "https://10.0.0.1/acme/shop/pull/12",
        "",
    ] {
        sandbox.orch(&["git", "link-pr", "TSK-001", address]).fails_with(9);
        sandbox.orch(&["git", "parse-pr", address]).fails_with(9);
    }
    let secret = sandbox.orch(&["git", "parse-pr", "https://ann:hunter2@github.com/acme/shop/pull/12"]);
    assert!(!secret.fails_with(9).stderr.contains("hunter2"), "{secret}");
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events WHERE event_type LIKE '%pr_linked'"), "0");
    assert!(sandbox.orch(&["git", "parse-pr", URL]).success().stdout.contains("github acme/shop #12"));
}
