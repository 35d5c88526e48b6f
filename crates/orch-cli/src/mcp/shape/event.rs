//! Events in few tokens, listed or found.

use serde_json::{Value, json};

use super::{cut, items, minute, next};
use crate::mcp::call::{Page, REACH};

/// Events that were found, each with a piece of what is in it.
pub(in crate::mcp) fn found(answer: &Value, page: Page) -> Value {
    let (shown, _) = page.of(items(&answer["results"]));
    let shown: Vec<Value> = shown
        .iter()
        .map(|hit| {
            json!({
                "id": hit["id"],
                "type": hit["event_type"],
                "of": hit["entity_code"],
                "at": minute(&hit["emitted_at"]),
                "data": {"snippet": cut(&hit["snippet"], 240, "")},
            })
        })
        .collect();
    let next = next(page, &answer["total_count"]);
    let is_end = next.as_ref().is_some_and(|next| next.parse().is_ok_and(|at: usize| at >= REACH));
    let hint = is_end.then(|| format!("only the best {REACH} can be read; narrow the query"));
    json!({
        "results": shown, "total": answer["total_count"], "next_cursor": next.filter(|_| !is_end), "hint": hint,
    })
}

/// An event that was emitted.
pub(in crate::mcp) fn emitted(answer: &Value, _: Page) -> Value {
    let event = &answer["event"];
    json!({"id": event["id"], "type": event["event_type"], "task": event["entity_code"]})
}

/// A part of the log. A short page is the last one.
pub(in crate::mcp) fn list(answer: &Value, page: Page) -> Value {
    let events = items(&answer["events"]);
    let shown: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({
                "id": event["id"],
                "type": event["event_type"],
                "of": event["entity_code"],
                "at": minute(&event["emitted_at"]),
                "data": {"actor": event["actor"], "payload": cut(&json!(event["payload"].to_string()), 200, "")},
            })
        })
        .collect();
    let next = (events.len() >= page.limit).then(|| &answer["cursor"]);
    json!({"events": shown, "next_cursor": next})
}
