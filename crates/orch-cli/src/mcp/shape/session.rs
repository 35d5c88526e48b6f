//! Sessions and phases in few tokens: where a task is, what is missing, what to do.

use serde_json::{Map, Value, json};

use super::{agent_notes, flag, items, minute, missing};
use crate::mcp::call::Page;

fn instructions(told: &Value) -> Value {
    let artifacts = |kind: &str| -> Vec<Value> {
        let state =
            |one: &Value| json!({"name": one["name"], "about": one["description"], "present": flag(&one["present"])});
        items(&told["artifacts"][kind]).iter().map(state).collect()
    };
    json!({
        "goal": told["goal"],
        "steps": told["description"],
        "artifacts": artifacts("required"),
        "optional_artifacts": artifacts("optional"),
        "fields": told["validation"]["required_fields"],
        "recommended_fields": told["validation"]["warn_if_missing"],
        "checks": told["validation"]["checks"],
        "approval": flag(&told["validation"]["require_approval"]),
        "events": told["events"],
    })
}

fn session(session: &Value) -> Value {
    let ended = &session["ended_at"];
    json!({
        "task": session["task_code"],
        "session": session["session_key"],
        "phase": if ended.is_null() { &session["current_phase"] } else { &Value::Null },
        "ended": flag(&json!(!ended.is_null())),
        "status": session["status"],
    })
}

/// What a call did to a session, and what to do next.
pub(in crate::mcp) fn moved(answer: &Value, _: Page) -> Value {
    let mut document = session(&answer["session"]);
    document["resumed"] = flag(&answer["session"]["resumed"]);
    document["completed"] = answer["completed"].clone();
    document["already_completed"] = flag(&answer["already_completed"]);
    document["overridden"] = flag(&answer["overridden"]);
    document["skipped"] = answer["skipped"].clone();
    document["warnings"] = answer["warnings"].clone();
    let told = &answer["instructions"];
    if document["completed"] == told["phase"] && !told.is_null() {
        // the last phase is done, and there is nothing more to do in it
        document["next"] = json!("session_end");
    } else {
        document["next_phase"] = told["next_phase"].clone();
        document["instructions"] = instructions(told);
    }
    document["data"] = json!({"title": answer["session"]["title"]});
    if document["completed"].is_null() {
        document["data"]["agent_notes"] = agent_notes(&answer["notes"]);
    }
    document
}

/// What is missing in the current phase, and what to do in it.
pub(in crate::mcp) fn phase(answer: &Value, _: Page) -> Value {
    let mut document = looked(answer);
    document["next_phase"] = answer["instructions"]["next_phase"].clone();
    document["instructions"] = instructions(&answer["instructions"]);
    document
}

/// A session with its way and with what to do in its phase.
pub(in crate::mcp) fn whole(answer: &Value) -> Value {
    let mut document = status(answer, Page::default());
    document["instructions"] = instructions(&answer["instructions"]);
    document
}

fn looked(answer: &Value) -> Value {
    let mut document = session(&answer["session"]);
    document["missing"] = missing(&answer["missing"]);
    document["warnings"] = answer["warnings"].clone();
    document
}

/// What an agent needs at the start of its work.
pub(in crate::mcp) fn prime(answer: &Value, _: Page) -> Value {
    let told = &answer["prime"];
    let task = &told["task"];
    json!({
        "you": told["you"],
        "task": task["task_code"],
        "status": task["status"],
        "lease_ran_out": task["lease_ran_out"],
        "phase": task["phase"]["name"],
        "goal": task["phase"]["goal"],
        "missing": told["missing"],
        "warnings": told["warnings"],
        "next": told["next"],
        "data": {
            "title": task["title"],
            "holder": task["held_by"],
            "agent_notes": told["notes"],
            "decisions": told["decisions"],
            "yours": told["yours"],
            "others": told["others"],
            "ready": told["ready"],
        },
    })
}

/// A session's way through its phases.
pub(in crate::mcp) fn status(answer: &Value, _: Page) -> Value {
    let shown = &answer["session"];
    if shown.is_null() {
        return json!({"session": "none yet; see session_start"});
    }
    let mut document = looked(answer);
    let done: Vec<Value> = items(&shown["phase_history"])
        .iter()
        .map(|record| {
            let how = ["overridden", "skipped"].iter().find(|how| record[**how] == json!(true));
            let phase = record["phase"].as_str().unwrap_or_default();
            json!(how.map_or_else(|| phase.to_owned(), |how| format!("{phase} ({how})")))
        })
        .collect();
    document["done"] = json!(done);
    document["phases"] = shown["phases"].clone();
    document["started_at"] = minute(&shown["started_at"]);
    document["held_until"] = minute(&shown["lease"]["expires_at"]);
    let checks = shown["checks"].as_object().into_iter().flatten();
    document["checks"] =
        checks.map(|(name, result)| (name.clone(), result["passed"].clone())).collect::<Map<_, _>>().into();
    document["data"] = json!({
        "title": shown["title"], "holder": shown["lease"]["holder"], "agent_notes": agent_notes(&answer["notes"]),
    });
    document
}
