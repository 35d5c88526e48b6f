//! Artifacts and checks in few tokens.

use serde_json::{Value, json};

use super::{TEXT, cut, flag, items, short_hash};
use crate::mcp::call::Page;

/// A part of an artifact.
pub(in crate::mcp) fn text(answer: &Value, page: Page) -> Value {
    let artifact = &answer["artifact"];
    let (text, next) = page.of_text(artifact["text"].as_str().unwrap_or_default());
    json!({
        "size": artifact["size"],
        "sha256": short_hash(&artifact["sha256"]),
        "not_text": flag(&json!(artifact.get("text_b64").is_some())),
        "data": {"text": text},
        "next_cursor": next,
    })
}

/// An artifact that was saved.
pub(in crate::mcp) fn saved(answer: &Value, _: Page) -> Value {
    let artifact = &answer["artifact"];
    json!({
        "task": answer["task"]["task_code"], "name": artifact["name"], "size": artifact["size"],
        "sha256": short_hash(&artifact["sha256"]),
    })
}

/// An artifact's file that was begun.
pub(in crate::mcp) fn begun(answer: &Value, _: Page) -> Value {
    let artifact = &answer["artifact"];
    json!({
        "name": artifact["name"],
        "path": artifact["path"],
        "size": artifact["size"],
        "data": {"text": cut(&artifact["text"], TEXT, "; the file has all")},
    })
}

/// A task's artifacts.
pub(in crate::mcp) fn list(answer: &Value, page: Page) -> Value {
    let (shown, next) = page.of(items(&answer["artifacts"]));
    let shown: Vec<Value> =
        shown.iter().map(|one| json!({"name": one["name"], "state": one["state"], "size": one["size"]})).collect();
    json!({"data": {"artifacts": shown}, "next_cursor": next})
}

/// A check that was recorded.
pub(in crate::mcp) fn check(answer: &Value, _: Page) -> Value {
    let check = &answer["check"];
    json!({"task": check["task_code"], "name": check["name"], "passed": check["passed"]})
}
