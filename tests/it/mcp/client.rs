//! The MCP server with clients of other makers: the official one for Python, and the Inspector in its command-line mode.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::Sandbox;
use super::way::{holdings, walk, way};
use crate::support::{client, orch};

/// Runs calls in the Python client. The first answer says what the server has.
fn python(sandbox: &Sandbox, python: &Path, mode: &str, calls: &[Value]) -> Vec<Value> {
    let mut command = sandbox.command(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/calls.py")).arg(mode).arg(orch()).arg("mcp");
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines: String = calls.iter().map(|call| format!("{call}\n")).collect();
    process.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let run = sandbox.wait(process);
    run.success().stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_python_client_walks_the_whole_way() {
    let Some(program) = client("python/bin/python") else { return };
    let (Some(commands), Some(tools)) = (Sandbox::project(), Sandbox::project()) else { return };
    let calls: Vec<Value> =
        way().into_iter().map(|(_, tool, arguments)| json!({"tool": tool, "arguments": arguments})).collect();
    let answers = python(&tools, &program, "auto", &calls);
    assert_eq!(answers[0]["version"], "2026-07-28", "{}", answers[0]);
    assert_eq!(answers[0]["prompts"].as_array().map(Vec::len), Some(6));
    let runs = walk(&commands);
    assert_eq!(answers.len(), runs.len() + 1);
    for ((answer, run), call) in answers[1..].iter().zip(&runs).zip(&calls) {
        assert_eq!(answer["error"], json!(run.code != Some(0)), "{call}: {answer}\n{run}");
    }
    assert_eq!(holdings(&commands), holdings(&tools));
}

#[test]
fn the_python_client_shakes_hands_and_reads() {
    let Some(program) = client("python/bin/python") else { return };
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let calls =
        [json!({"resource": "orch://task/TSK-001"}), json!({"prompt": "intake", "arguments": {"task": "TSK-001"}})];
    let answers = python(&sandbox, &program, "legacy", &calls);
    assert_eq!(answers[0]["version"], "2025-11-25");
    let resources = answers[0]["resources"].as_array().unwrap();
    assert!(resources.contains(&json!("orch://session/TSK-001")), "{resources:?}");
    assert!(answers[1]["text"].as_str().unwrap().contains("\"phase\":\"intake\""), "{}", answers[1]);
    assert!(answers[2]["text"].as_str().unwrap().contains("TASK.md"), "{}", answers[2]);
}

#[test]
fn the_inspector_calls_and_reads() {
    let Some(program) = client("inspector/node_modules/.bin/mcp-inspector-cli") else { return };
    let Some(sandbox) = Sandbox::project() else { return };
    let inspect = |arguments: &[&str]| -> Value {
        let mut command = sandbox.command(&program);
        command.arg("--cli").arg(orch()).args(["mcp", "--method"]).args(arguments);
        sandbox.finish(&mut command).success().json()
    };
    let tools = inspect(&["tools/list"]);
    assert!(tools["tools"].as_array().unwrap().len() > 20, "{tools}");
    let call = |tool: &str, arguments: &[&str]| {
        let options: Vec<&str> = arguments.iter().flat_map(|argument| ["--tool-arg", argument]).collect();
        inspect(&[&["tools/call", "--tool-name", tool][..], &options].concat())
    };
    let made = call("task_create", &["title=From the Inspector", "priority=P0"]);
    assert_eq!(made["structuredContent"]["data"]["title"], "From the Inspector", "{made}");
    let refused = call("phase_show", &["task=TSK-001"]);
    assert_eq!(
        (&refused["isError"], &refused["structuredContent"]["error"]["exit_code"]),
        (&json!(true), &json!(5)),
        "{refused}"
    );
    let read = inspect(&["resources/read", "--uri", "orch://task/TSK-001"]);
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("From the Inspector"), "{read}");
    assert_eq!(inspect(&["prompts/list"])["prompts"].as_array().unwrap().len(), 6);
    assert!(inspect(&["prompts/get", "--prompt-name", "plan"])["messages"][0].is_object());
}
