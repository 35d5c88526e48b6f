//! Bugs in few tokens.

use serde_json::{Value, json};

use super::{TEXT, cut, flag, items, minute, next};
use crate::mcp::call::Page;

fn line(bug: &Value) -> Value {
    json!({
        "bug": bug["bug_code"],
        "status": bug["status"],
        "type": bug["error_type"],
        "count": bug["occurrence_count"],
        "last_seen": minute(&bug["last_seen"]),
        "task": bug["task_code"],
        "blocks": bug["blocks"],
        "data": {
            "message": cut(&bug["error_message"], 200, ""),
            "file": bug["file_path"],
            "line": bug["line_number"],
            "resolution": cut(&bug["resolution"], 300, ""),
        },
    })
}

/// A bug with all that is known of it.
pub(in crate::mcp) fn shown(answer: &Value, _: Page) -> Value {
    let bug = &answer["bug"];
    let mut document = line(bug);
    document["similar"] = items(&answer["similar"]).iter().take(3).map(similar).collect();
    let data = &mut document["data"];
    data["message"] = cut(&bug["error_message"], TEXT, "");
    data["stack_trace"] = cut(&bug["stack_trace"], TEXT, "; orch bug show has all");
    data["notes"] = items(&bug["notes"]).iter().map(|note| cut(&note["text"], 300, "")).collect();
    document
}

/// A bug that was resolved.
pub(in crate::mcp) fn resolved(answer: &Value, _: Page) -> Value {
    line(&answer["bug"])
}

/// A list of bugs.
pub(in crate::mcp) fn list(answer: &Value, page: Page) -> Value {
    let bugs: Vec<Value> = items(&answer["bugs"]).iter().map(line).collect();
    json!({"bugs": bugs, "total": answer["total"], "next_cursor": next(page, &answer["total"])})
}

/// The bugs that were logged, and what is like them.
pub(in crate::mcp) fn logged(answer: &Value, _: Page) -> Value {
    let one = |logged: &Value| {
        let mut document = line(&logged["bug"]);
        document["new"] = flag(&logged["new"]);
        document["regression"] = flag(&logged["regression"]);
        document["data"]["earlier_resolution"] = cut(&logged["earlier_resolution"], 300, "");
        document["similar"] = items(&logged["similar"]).iter().take(3).map(similar).collect();
        document
    };
    let others = items(&answer["others"]);
    let mut document = one(answer);
    document["others"] = others.iter().take(9).map(one).collect();
    document["others_not_shown"] =
        others.len().checked_sub(9).filter(|more| *more > 0).map_or(Value::Null, Value::from);
    document
}

fn similar(bug: &Value) -> Value {
    json!({
        "bug": bug["bug_code"],
        "status": bug["status"],
        "data": {"message": cut(&bug["error_message"], 80, ""), "resolution": cut(&bug["resolution"], 160, "")},
    })
}
