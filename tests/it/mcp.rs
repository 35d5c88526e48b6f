//! The MCP server as its clients see it. Here: how a conversation begins, and who acts in it.

mod client;
mod survival;
mod text;
mod tool;
mod way;

use serde_json::json;

use super::Sandbox;
use crate::support::Client;

#[test]
fn who_acts_is_who_was_named_else_the_client() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut by_name = sandbox.orch_command(&["mcp"]);
    let mut by_option = sandbox.orch_command(&["mcp", "--actor", "alice"]);
    let mut by_environment = sandbox.orch_command(&["mcp"]);
    by_environment.env("ORCH_ACTOR", "bob");
    for command in [by_name.env_remove("ORCH_ACTOR"), by_option.env("ORCH_ACTOR", "bob"), &mut by_environment] {
        Client::begin(command, "robot 7").call("task_create", &json!({"title": "x"}));
    }
    assert_eq!(sandbox.sql("SELECT actor FROM orchestration_events ORDER BY id"), "robot 7\nalice\nbob");
}

#[test]
fn the_newest_protocol_needs_no_handshake() {
    let Some(sandbox) = Sandbox::project() else { return };
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "modern", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut command = sandbox.orch_command(&["mcp"]);
    let mut client = Client::start(command.env_remove("ORCH_ACTOR"));
    let found = client.ask("server/discover", &json!({"_meta": meta}));
    assert!(found["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{found}");
    let made = client.ask("tools/call", &json!({"name": "task_create", "arguments": {"title": "x"}, "_meta": meta}));
    assert_eq!(made["structuredContent"]["task"], "TSK-001", "{made}");
    assert_eq!(sandbox.sql("SELECT actor FROM orchestration_events"), "modern");
}
