//! What is promised of the network: nobody is talked to but the server that the settings name.

use orch_tests::strace::Strace;

use super::Sandbox;
use super::world::{COMMANDS, plain};

/// How strace writes the port of the store's server; nothing where the store is a file.
fn server(sandbox: &Sandbox) -> Option<String> {
    let settings = sandbox.json(&["config", "show"])["settings"].take();
    let url = settings.as_array().unwrap().iter().find(|row| row["key"] == "storage.database_url").unwrap();
    let place = url["value"].as_str()?.rsplit_once('@')?.1.split(['/', '?']).next()?.to_owned();
    Some(format!("sin_port=htons({})", place.rsplit_once(':')?.1))
}

#[test]
fn promise_31_no_command_reaches_for_another_machine() {
    let (Some(strace), Some((sandbox, operation))) = (Strace::find(), plain()) else { return };
    let server = server(&sandbox);
    for command in COMMANDS {
        let line = command.line(&operation);
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let reached = strace.connections(&sandbox.orch_command(&words));
        let is_known = |call: &String| server.as_ref().is_some_and(|server| call.contains(server));
        assert!(reached.iter().all(is_known), "{words:?}: {reached:?}");
    }
}

#[test]
fn promise_31_a_connection_is_seen() {
    let (Some(strace), Some(sandbox)) = (Strace::find(), Sandbox::project()) else { return };
    let mut command = sandbox.orch_command(&["context", "search", "x"]);
    command.env("ORCH_SEARCH_REDIS_URL", "redis://127.0.0.1:9");
    let reached = strace.connections(&command);
    assert!(reached.iter().any(|call| call.contains("htons(9)")), "{reached:?}");
}
