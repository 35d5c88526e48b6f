//! Tasks in few tokens.

use serde_json::{Map, Value, json};

use super::{TEXT, agent_notes, cut, items, minute, next};
use crate::mcp::call::Page;

fn line(task: &Value) -> Value {
    json!({
        "task": task["task_code"],
        "type": task["task_type"],
        "status": task["status"],
        "priority": task["priority"],
        "sprint": task["sprint_code"],
        "phase": current_phase(task),
        "after": task["after"],
        "held_until": minute(&task["lease"]["expires_at"]),
        "version": task["version"],
        "data": {"title": task["title"], "holder": task["lease"]["holder"]},
    })
}

fn current_phase(task: &Value) -> &Value {
    let session = &task["metadata"]["session"];
    if session["active"] == json!(true) { &session["current_phase"] } else { &Value::Null }
}

/// A task on one line.
pub(in crate::mcp) fn short(answer: &Value, _: Page) -> Value {
    line(&answer["task"])
}

/// A list of tasks.
pub(in crate::mcp) fn list(answer: &Value, page: Page) -> Value {
    let tasks: Vec<Value> = items(&answer["tasks"]).iter().map(line).collect();
    json!({"tasks": tasks, "total": answer["total"], "next_cursor": next(page, &answer["total"])})
}

/// A task with its texts.
pub(in crate::mcp) fn shown(answer: &Value, _: Page) -> Value {
    let code = answer["task"]["task_code"].as_str().unwrap_or_default();
    whole(&answer["task"], TEXT, &format!("; read orch://task/{code}"))
}

/// A task with its texts up to a length.
pub(in crate::mcp) fn whole(task: &Value, most: usize, whole: &str) -> Value {
    let mut document = line(task);
    let mut metadata = task["metadata"].as_object().cloned().unwrap_or_default();
    let mut own = |key: &str| metadata.remove(key).unwrap_or_default();
    own("session");
    document["commits"] = items(&own("commits")).iter().map(|commit| commit["short_hash"].clone()).collect();
    document["pull_request"] = own("pull_request")["url"].take();
    document["waits_for_bugs"] = own("blocking_bugs");
    let (artifacts, notes) = (own("artifacts"), own("agent_notes"));
    let data = &mut document["data"];
    data["artifacts"] = items(&artifacts).iter().map(|named| named["name"].clone()).collect();
    data["agent_notes"] = agent_notes(&notes);
    data["description"] = cut(&task["description"], most, whole);
    data["metadata"] = short_metadata(metadata, most, whole);
    document
}

/// Metadata as it is, or cut as one text.
fn short_metadata(metadata: Map<String, Value>, most: usize, whole: &str) -> Value {
    let metadata = Value::Object(metadata);
    let text = metadata.to_string();
    if text.len() > most { cut(&json!(text), most, whole) } else { metadata }
}
