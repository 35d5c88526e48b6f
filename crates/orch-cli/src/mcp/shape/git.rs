//! The repository in few tokens, and what of it belongs to a task.

use serde_json::{Value, json};

use super::{flag, items, short_hash};
use crate::mcp::call::Page;

/// A repository's state: its branch, and its files one a line.
pub(in crate::mcp) fn status(answer: &Value, page: Page) -> Value {
    let mut files = Vec::new();
    for place in ["conflicted", "staged", "unstaged", "untracked"] {
        for entry in items(&answer[place]) {
            let (how, path) =
                (entry["status"].as_str().unwrap_or_default(), entry["path"].as_str().unwrap_or_default());
            files.push(if place == how { format!("{place} {path}") } else { format!("{place} {how} {path}") });
        }
    }
    let (shown, next) = page.of(&files);
    json!({
        "head": short_hash(&answer["head"]),
        "operation": answer["operation"],
        "ahead": answer["ahead"],
        "behind": answer["behind"],
        "changed_files": files.len(),
        "data": {"branch": answer["branch"], "upstream": answer["upstream"], "files": shown},
        "next_cursor": next,
    })
}

/// Commits that were recorded.
pub(in crate::mcp) fn captured(answer: &Value, _: Page) -> Value {
    let commits: Vec<Value> = items(&answer["commits"])
        .iter()
        .rev()
        .take(10)
        .map(|commit| {
            let subject = commit["message"].as_str().and_then(|message| message.lines().next());
            json!({"hash": commit["short_hash"], "data": {"subject": subject}})
        })
        .collect();
    json!({"captured": answer["captured"], "newest": commits})
}

/// A pull request that was linked.
pub(in crate::mcp) fn linked(answer: &Value, _: Page) -> Value {
    let linked = &answer["pull_request"];
    json!({
        "url": linked["url"], "provider": linked["provider"], "repository": linked["repository"],
        "number": linked["number"],
    })
}

/// What a task changed, as a document.
pub(in crate::mcp) fn changes(answer: &Value, page: Page) -> Value {
    let (text, next) = page.of_text(answer["document"].as_str().unwrap_or_default());
    json!({
        "task": answer["task_code"],
        "committed": answer["committed"]["summary"],
        "uncommitted": answer["uncommitted"]["summary"],
        "written": flag(&answer["written"]),
        "data": {"document": text},
        "next_cursor": next,
    })
}
