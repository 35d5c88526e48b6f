//! The tools: how they are told, what their answers cost, how long ones are cut, and what a wrong call is told.

use serde_json::{Value, json};

use super::Sandbox;
use crate::support::Client;

#[test]
fn the_list_of_tools_is_small_typed_and_says_what_reads() {
    let Some(sandbox) = Sandbox::project() else { return };
    let listed = |arguments: &[&str]| {
        let mut client = Client::begin(&mut sandbox.orch_command(arguments), "lister");
        client.ask("tools/list", &json!({}))
    };
    let (all, core) = (listed(&["mcp"]), listed(&["mcp", "--tools", "core"]));
    let names = |list: &Value| -> Vec<String> {
        list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(&core).iter().all(|name| names(&all).contains(name)));
    for needed in [
        "session_start",
        "session_status",
        "session_end",
        "phase_show",
        "phase_complete",
        "phase_back",
        "task_next",
        "task_claim",
        "task_show",
        "task_update",
        "task_create",
        "artifact_get",
        "artifact_put",
        "check",
        "bug_log",
        "bug_list",
        "bug_resolve",
        "context_search",
        "git_status",
        "git_capture",
        "git_link_pr",
        "git_changes",
        "event_emit",
    ] {
        assert!(names(&all).contains(&needed.to_owned()), "{needed}");
    }
    for tool in all["tools"].as_array().unwrap() {
        let (hints, schema) = (&tool["annotations"], &tool["inputSchema"]);
        let reads = ["prime", "_show", "_list", "_status", "_get", "_next", "_search"];
        let reads = reads.iter().any(|end| tool["name"].as_str().unwrap().ends_with(end));
        assert_eq!(hints["readOnlyHint"].as_bool().unwrap_or(false), reads, "{tool}");
        assert_eq!(hints["openWorldHint"], json!(false), "{tool}");
        assert!(reads || hints["destructiveHint"].is_boolean(), "{tool}");
        assert_eq!(schema["properties"]["idempotency_key"].is_null(), reads, "{tool}");
        assert_eq!(schema["type"], "object");
        for needed in schema["required"].as_array().into_iter().flatten() {
            assert!(schema["properties"][needed.as_str().unwrap()].is_object(), "{tool}");
        }
    }
}

/// Whoever changes a tool sees what it costs with `--no-capture`.
#[test]
fn answers_cost_few_tokens() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("counter");
    let mut core = Client::begin(&mut sandbox.orch_command(&["mcp", "--tools", "core"]), "counter");
    let tokens = |text: &str| tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len();
    let mut counts = vec![
        ("tools/list", tokens(&client.ask("tools/list", &json!({})).to_string()), 4_000),
        ("tools/list, core", tokens(&core.ask("tools/list", &json!({})).to_string()), 2_500),
    ];
    for number in 1..=8 {
        let title = format!("Validate the address in the login form, step {number}");
        client.call("task_create", &json!({"title": title, "description": "The field takes anything at the moment."}));
    }
    for path in ["src/form.rs", "src/address.rs", "docs/form.md", "tests/form.rs"] {
        sandbox.write(path, "text\n");
    }
    for (tool, arguments) in [
        ("task_next", json!({})),
        ("session_start", json!({"task": "TSK-001"})),
        ("phase_show", json!({})),
        ("session_status", json!({})),
        ("prime", json!({})),
        ("phase_complete", json!({})),
        ("task_show", json!({})),
        ("context_search", json!({"query": "address login"})),
        ("git_status", json!({})),
        ("git_changes", json!({})),
        ("bug_log", json!({"message": "assertion failed: address.is_valid()", "file": "src/form.rs", "line": 17})),
        ("bug_list", json!({})),
        ("event_list", json!({"task": "TSK-001"})),
    ] {
        let id = client.send_call(tool, &arguments);
        let result = client.message(id)["result"].take();
        counts.push((tool, tokens(result["content"][0]["text"].as_str().unwrap()), 400));
    }
    for (what, count, most) in &counts {
        println!("{count:>5} tokens of {most}: {what}");
        assert!(count <= most, "{what} has {count} tokens, of {most}: {counts:?}");
    }
    // a budget that is never used up shows nothing
    assert!(counts[0].1 > 1_500, "{counts:?}");
}

#[test]
fn long_answers_come_in_pages() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("reader");
    for number in 0..12 {
        client.call("task_create", &json!({"title": format!("Page {number}")}));
    }
    let mut walk = |tool: &str, mut arguments: Value, take: &dyn Fn(&Value) -> Vec<String>| {
        let mut found = Vec::new();
        loop {
            let answer = client.call(tool, &arguments);
            found.extend(take(&answer));
            if answer["next_cursor"].is_null() {
                return found;
            }
            arguments["cursor"] = answer["next_cursor"].clone();
        }
    };
    let column = |list: &'static str, key: &'static str| {
        move |answer: &Value| -> Vec<String> {
            answer[list].as_array().into_iter().flatten().map(|item| item[key].to_string()).collect()
        }
    };
    let distinct = |mut found: Vec<String>| {
        found.sort();
        found.dedup();
        found.len()
    };
    assert_eq!(distinct(walk("task_next", json!({"limit": 5}), &column("tasks", "task"))), 12);
    assert_eq!(distinct(walk("task_list", json!({"limit": 1}), &column("tasks", "task"))), 12);
    assert_eq!(distinct(walk("context_search", json!({"query": "Page"}), &column("results", "id"))), 12);
    assert_eq!(distinct(walk("event_list", json!({"limit": 5}), &column("events", "id"))), 12);

    let text: String = (0..3_000).map(|at| char::from_u32(0x4e00 + at).unwrap()).collect();
    let arguments = json!({"task": "TSK-001", "name": "LONG.md"});
    client.call("artifact_put", &json!({"task": "TSK-001", "name": "LONG.md", "content": text}));
    let mut read = String::new();
    let mut next = arguments.clone();
    next["limit"] = json!(700);
    loop {
        let answer = client.call("artifact_get", &next);
        let part = answer["data"]["text"].as_str().unwrap();
        assert!(part.chars().count() <= 700);
        read += part;
        if answer["next_cursor"].is_null() {
            break;
        }
        next["cursor"] = answer["next_cursor"].clone();
    }
    assert_eq!(read, text);

    client.call("task_create", &json!({"title": "x", "code": "T", "description": "é".repeat(5_000)}));
    let shown = client.call("task_show", &json!({"task": "T"}))["data"]["description"].as_str().unwrap().to_owned();
    assert!(shown.ends_with("… [3500 characters more; read orch://task/T]"), "{shown}");
    let whole = client.ask("resources/read", &json!({"uri": "orch://task/T"}))["contents"][0]["text"].to_string();
    assert!(whole.contains(&"é".repeat(5_000)));
}

#[test]
fn calls_are_repeated_safely_and_wrong_ones_are_explained() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut client = sandbox.mcp("caller");
    let create = json!({"title": "x", "idempotency_key": "k1"});
    assert_eq!(client.call("task_create", &create), client.call("task_create", &create));
    let other = client.fails("task_create", &json!({"title": "y", "idempotency_key": "k1"}));
    assert_eq!(other["code"], "usage");
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_tasks"), "1");
    for (tool, arguments, message) in [
        ("task_create", json!({}), "task_create needs title"),
        ("task_create", json!({"title": 1}), "title must be a text"),
        ("task_create", json!({"title": "x", "tags": []}), "task_create has no argument tags"),
        ("task_create", json!({"title": ""}), "title is empty"),
        ("task_update", json!({"task": "TSK-001", "status": "done"}), "invalid value 'done' for '--status <STATUS>'"),
        ("phase_complete", json!({"task": "--help"}), "not a valid task code"),
        ("artifact_put", json!({"task": "TSK-001", "name": "../x", "content": ""}), "not a valid artifact name"),
        ("bug_log", json!({"message": "-"}), ""),
    ] {
        if message.is_empty() {
            // no call reads the stream of the protocol
            assert_eq!(client.call(tool, &arguments)["bug"], Value::Null);
            continue;
        }
        let error = client.fails(tool, &arguments);
        assert_eq!((error["code"].as_str(), error["exit_code"].as_i64()), (Some("usage"), Some(2)), "{error}");
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
    }
    assert_eq!(client.refused("tools/call", &json!({"name": "init", "arguments": {}}))["code"], -32602);
    let mut core = Client::begin(&mut sandbox.orch_command(&["mcp", "--tools", "core"]), "core");
    assert_eq!(core.refused("tools/call", &json!({"name": "task_list", "arguments": {}}))["code"], -32602);
}

#[test]
fn a_task_is_handed_on_with_a_note_and_changed_as_it_was_read() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut ann = Client::begin(sandbox.orch_command(&["mcp"]).env("ORCH_ACTOR", "ann"), "a");
    let mut bob = Client::begin(sandbox.orch_command(&["mcp"]).env("ORCH_ACTOR", "bob"), "b");
    ann.call("task_create", &json!({"title": "x"}));
    ann.call("session_start", &json!({"task": "TSK-001"}));
    bob.call("task_note", &json!({"task": "TSK-001", "note": "-- mind the \u{1b}[2J parser"}));
    let read = bob.call("task_show", &json!({"task": "TSK-001"}));
    let stale = json!({"task": "TSK-001", "title": "y", "if_version": read["version"].as_i64().unwrap() - 1});
    assert_eq!(bob.fails("task_update", &stale)["code"], "conflict");
    let fresh = json!({"task": "TSK-001", "title": "y", "if_version": read["version"]});
    assert_eq!(bob.call("task_update", &fresh)["data"]["title"], "y");
    ann.call("task_handoff", &json!({"task": "TSK-001", "to": "bob", "note": "half done"}));
    let begun = bob.call("session_start", &json!({"task": "TSK-001"}));
    let notes = json!([{"from": "bob", "text": "-- mind the \\u{1b}[2J parser"}, {"from": "ann", "text": "half done"}]);
    assert_eq!((&begun["resumed"], &begun["data"]["agent_notes"]), (&json!(true), &notes), "{begun}");
}
