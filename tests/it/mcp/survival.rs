//! The MCP server among clients that misbehave, other processes at work, and a store that goes away and comes back.

use std::process::Command;
use std::thread;

use serde_json::json;

use super::Sandbox;
use crate::support::Client;

#[test]
fn nonsense_is_refused_or_passed_over() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("rude");
    for line in [
        &b"not json"[..],
        b"{\"jsonrpc\":\"2.0\",",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"{}",
        b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":998,\"result\":{}}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":997}}",
        b"",
    ] {
        client.say(line);
    }
    // deeper and longer than anybody needs
    client.say("[".repeat(100_000));
    client.say("x".repeat(20 * 1024 * 1024));
    assert_eq!(client.refused("no/such", &json!({}))["code"], -32601);
    assert_eq!(
        client.refused("tools/call", &json!({"arguments": {}}))["code"].as_i64().map(|code| code < 0),
        Some(true)
    );
    client.call("task_create", &json!({"title": "still there"}));
    assert!(client.end().success());
}

#[test]
fn odd_arguments_are_no_defect_of_orch() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("odd");
    client.call("task_create", &json!({"title": "x"}));
    client.call("session_start", &json!({"task": "TSK-001"}));
    let odd = [
        json!(null),
        json!(""),
        json!("--help"),
        json!("a\u{0}b\u{1b}"),
        json!("../../x"),
        json!("é".repeat(3_000)),
        json!(-1),
        json!(18_446_744_073_709_551_615_u64),
        json!(true),
        json!([1, null]),
        json!(["", "--x"]),
        json!({"": 1, "a.b": [{}]}),
    ];
    let tools = client.ask("tools/list", &json!({}));
    let mut sent = Vec::new();
    for tool in tools["tools"].as_array().unwrap() {
        let (name, schema) = (tool["name"].as_str().unwrap(), &tool["inputSchema"]);
        for argument in schema["properties"].as_object().unwrap().keys() {
            for value in &odd {
                let mut arguments = json!({});
                for needed in schema["required"].as_array().into_iter().flatten() {
                    arguments[needed.as_str().unwrap()] = json!("x");
                }
                arguments[argument] = value.clone();
                sent.push((client.send_call(name, &arguments), format!("{name} {arguments}")));
            }
        }
        for (id, call) in sent.drain(..) {
            let message = client.message(id);
            let code = &message["result"]["structuredContent"]["error"]["code"];
            assert!(message["error"].is_null() && code != "internal", "{call}: {message}");
        }
    }
    assert!(client.end().success());
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_client_that_is_gone_ends_the_server() {
    let Some(sandbox) = Sandbox::project() else { return };
    assert_eq!(Client::start(&mut sandbox.orch_command(&["mcp"])).end().code(), Some(0));
    assert_eq!(sandbox.mcp("brief").end().code(), Some(0));
    // nobody hears the answer, but the effect is whole
    let mut deaf = sandbox.mcp("deaf");
    deaf.deafen();
    deaf.send_call("task_create", &json!({"title": "unheard"}));
    assert_eq!(deaf.end().code(), Some(0));
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "1");
    // whoever does not begin as the protocol does is told so
    let mut wrong = Client::start(&mut sandbox.orch_command(&["mcp"]));
    wrong.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    assert_eq!(wrong.wait().code(), Some(2));
}

#[test]
fn an_interrupt_leaves_everything_whole() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("interrupted");
    client.call("task_create", &json!({"title": "x"}));
    for _ in 0..20 {
        client.send_call("task_create", &json!({"title": "y"}));
    }
    let interrupted = Command::new("kill").args(["-INT", &client.process().to_string()]).status().unwrap();
    assert!(interrupted.success());
    client.wait();
    sandbox.orch(&["db", "check"]).success();
    sandbox.mcp("next").call("task_show", &json!({"task": "TSK-001"}));
}

#[test]
fn what_others_do_is_seen_at_once_and_the_other_way_round() {
    let Some(sandbox) = Sandbox::project() else { return };
    let (mut one, mut other) = (sandbox.mcp("one"), sandbox.mcp("other"));
    for number in 1..=5 {
        sandbox.orch(&["task", "create", &format!("word{number}")]).success();
        let code = format!("TSK-00{number}");
        for client in [&mut one, &mut other] {
            assert_eq!(client.call("task_show", &json!({"task": code}))["task"], code.as_str());
            let query = json!({"query": format!("word{number}")});
            assert_eq!(client.call("context_search", &query)["total"], 1);
        }
        one.call("task_update", &json!({"task": code, "status": "blocked"}));
        assert_eq!(other.call("task_show", &json!({"task": code}))["status"], "blocked");
        assert_eq!(sandbox.json(&["task", "show", &code])["task"]["status"], "blocked");
    }
    // settings and workflow are read anew, too
    sandbox.configure("workflow:\n  template: minimal\n");
    let started = one.call("session_start", &json!({"task": "TSK-001"}));
    assert_eq!(started["phase"], "todo", "{started}");
}

#[test]
fn calls_at_once_are_all_answered_and_counted_once() {
    let Some(sandbox) = Sandbox::project() else { return };
    let work = || {
        let mut client = sandbox.mcp("busy");
        let report = json!({"message": "it broke", "file": "a.rs", "line": 1});
        let calls: Vec<u64> = (0..15).map(|_| client.send_call("bug_log", &report)).collect();
        for id in calls {
            client.answer(id);
        }
        assert!(client.end().success());
    };
    thread::scope(|scope| {
        let servers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for server in servers {
            server.join().unwrap();
        }
    });
    assert_eq!(sandbox.json(&["bug", "show", "BUG-001"])["bug"]["occurrence_count"], 30);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_call_that_waits_holds_up_only_itself() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("patient");
    client.call("task_create", &json!({"title": "x"}));
    let lock = sandbox.hold();
    let waiting: Vec<u64> = (0..6).map(|_| client.send_call("task_create", &json!({"title": "y"}))).collect();
    client.ask("tools/list", &json!({}));
    client.call("git_status", &json!({}));
    for _ in 0..3 {
        assert_eq!(client.call("task_show", &json!({"task": "TSK-001"}))["data"]["title"], "x");
        client.ask("resources/read", &json!({"uri": "orch://events"}));
    }
    lock.release();
    for id in waiting {
        client.answer(id);
    }
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "7");
}

#[test]
fn calls_that_change_something_keep_their_order() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("hasty");
    let mut sent = Vec::new();
    for number in 0..6 {
        let task = format!("T-{number}");
        for (tool, arguments) in [
            ("task_create", json!({"title": "x", "code": task})),
            ("session_start", json!({"task": task})),
            ("artifact_put", json!({"task": task, "name": "TASK.md", "content": "# Task\n"})),
            ("phase_complete", json!({"task": task, "phase": "intake"})),
        ] {
            sent.push((tool, client.send_call(tool, &arguments)));
        }
    }
    for (tool, id) in sent {
        let answer = client.answer(id);
        assert!(tool != "phase_complete" || answer["completed"] == "intake", "{answer}");
    }
}

#[test]
fn a_newer_store_is_refused_and_an_older_program_does_no_harm() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("old");
    client.call("task_create", &json!({"title": "x"}));
    let is_file = sandbox.root().join(".orch/orch.db").exists();
    let (newer, back) = if is_file {
        ("PRAGMA user_version = 999".to_owned(), "PRAGMA user_version = 3".to_owned())
    } else {
        let newer = "INSERT INTO orchestration_schema (version) VALUES (999)".to_owned();
        (newer, "DELETE FROM orchestration_schema WHERE version = 999".to_owned())
    };
    sandbox.sql(&newer);
    assert_eq!(client.fails("task_create", &json!({"title": "y"}))["code"], "damaged");
    sandbox.sql(&back);
    client.call("task_create", &json!({"title": "z"}));
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "2");
}

#[test]
fn a_store_that_is_gone_is_missed_and_found_again() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("waiting");
    client.call("task_create", &json!({"title": "x"}));
    let folder = sandbox.root().join(".orch");
    let aside = sandbox.home().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    let gone = client.fails("task_show", &json!({"task": "TSK-001"}));
    assert_eq!(gone["code"], "not_found", "{gone}");
    std::fs::rename(&aside, &folder).unwrap();
    client.call("task_create", &json!({"title": "y"}));
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "2");
}
