//! The JSON documents that programs rely on, made of the domain's values. Field names are those of the data model.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use orch_core::bug::Bug;
use orch_core::event::Event;
use orch_core::operation::OperationId;
use orch_core::service::{SessionAnswer, SessionView};
use orch_core::session::Session;
use orch_core::sprint::Sprint;
use orch_core::store::SessionEntry;
use orch_core::task::{Lease, Task};
use orch_store::Archived;
use serde_json::{Value, json};

/// A time as RFC 3339, UTC, with as many digits as it needs.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A document with the operation that answers.
pub(crate) fn answer(mut document: Value, operation: &OperationId) -> Value {
    document["operation_id"] = json!(operation.as_str());
    document
}

/// A task.
pub(crate) fn task(task: &Task) -> Value {
    json!({
        "task_code": task.code,
        "title": task.title,
        "description": task.description,
        "task_type": task.task_type,
        "status": task.status,
        "priority": task.priority,
        "sprint_code": task.sprint,
        "after": task.after,
        "lease": task.lease.as_ref().map(lease),
        "version": task.version,
        "metadata": task.full_metadata(),
        "created_at": time(task.created_at),
        "updated_at": time(task.updated_at),
    })
}

fn lease(lease: &Lease) -> Value {
    json!({"holder": lease.holder, "expires_at": time(lease.expires_at)})
}

/// A sprint.
pub(crate) fn sprint(sprint: &Sprint) -> Value {
    json!({
        "sprint_code": sprint.code,
        "title": sprint.title,
        "status": sprint.status,
        "version": sprint.version,
        "metadata": sprint.metadata,
        "created_at": time(sprint.created_at),
        "updated_at": time(sprint.updated_at),
    })
}

/// A session, without its task.
pub(crate) fn session(session: &Session) -> Value {
    let mut document = session.public();
    document["template"] = json!(session.template);
    document["phases"] = json!(session.phases);
    document["checks"] = json!(session.checks);
    document["approvals"] = json!(session.approvals);
    document["forced"] = json!(session.forced);
    document
}

/// A session in a list.
pub(crate) fn session_entry(entry: &SessionEntry) -> Value {
    let mut document = session(&entry.session);
    document["task_code"] = json!(entry.task);
    document
}

/// The answer of a command that moved a session.
pub(crate) fn session_answer(answer: &SessionAnswer) -> Value {
    let mut shown = session(&answer.session);
    shown["task_code"] = json!(answer.task);
    shown["title"] = json!(answer.title);
    shown["status"] = json!(answer.status);
    shown["resumed"] = json!(answer.resumed);
    shown["lease"] = json!(answer.lease.as_ref().map(lease));
    let mut document = json!({
        "session": shown, "warnings": answer.warnings, "notes": answer.notes, "instructions": answer.instructions,
    });
    if let Some(completion) = &answer.completion {
        document["completed"] = json!(completion.phase);
        document["already_completed"] = json!(completion.already);
        document["overridden"] = json!(completion.overridden);
        document["skipped"] = json!(completion.skipped);
    }
    document
}

/// A running session with what its gate says now.
pub(crate) fn session_view(view: &SessionView) -> Value {
    let shown = view.task.session.as_ref().map(|current| {
        let mut shown = session(current);
        shown["task_code"] = json!(view.task.code);
        shown["title"] = json!(view.task.title);
        shown["status"] = json!(view.task.status);
        shown["lease"] = json!(view.task.lease.as_ref().map(lease));
        shown
    });
    json!({
        "session": shown, "missing": view.missing, "warnings": view.warnings, "notes": view.task.notes,
        "instructions": view.instructions,
    })
}

/// A bug.
pub(crate) fn bug(bug: &Bug) -> Value {
    let mut document = bug_in_list(bug);
    document["stack_trace"] = json!(bug.stack_trace);
    document["notes"] = json!(bug.notes);
    document
}

/// A bug in a list: without its stack trace.
pub(crate) fn bug_in_list(bug: &Bug) -> Value {
    json!({
        "bug_code": bug.code,
        "bug_hash": bug.keys.hash,
        "status": bug.status(),
        "error_type": bug.error_type,
        "type_rule": bug.type_rule,
        "error_message": bug.error_message,
        "file_path": bug.file_path,
        "line_number": bug.line_number,
        "place": bug.place,
        "occurrence_count": bug.occurrence_count,
        "captured_at": time(bug.captured_at),
        "last_seen": time(bug.last_seen),
        "regressions": bug.regressions,
        "task_code": bug.task,
        "last_task_code": bug.last_task,
        "blocks": bug.blocks,
        "context": bug.full_context(),
        "resolution": bug.resolution,
        "resolved_at": bug.resolved_at.map(time),
        "merged_into": bug.merged_into,
        "version": bug.version,
        "created_at": time(bug.created_at),
        "updated_at": time(bug.updated_at),
    })
}

/// An event.
pub(crate) fn event(event: &Event) -> Value {
    let mut document = json!({
        "id": event.id,
        "event_type": event.event_type,
        "entity_type": event.entity_type,
        "entity_code": event.entity_code,
        "seq": event.seq,
        "session_key": event.session_key,
        "correlation_id": event.correlation_id,
        "actor": event.actor,
        "payload": event.payload,
        "emitted_at": time(event.emitted_at),
    });
    if let Some(external) = &event.external {
        document["external_id"] = json!(external.id);
        document["project"] = json!(external.project);
    }
    document
}

/// Events that are archived.
pub(crate) fn archived(archived: &Archived) -> Value {
    let months: Vec<String> = archived.months.iter().map(ToString::to_string).collect();
    json!({"events": archived.events, "months": months})
}

/// Puts a path into an object, with a twin where it is not UTF-8.
pub(crate) fn put_path(object: &mut Value, key: &str, path: &Path) {
    object[key] = json!(path.to_string_lossy());
    if path.to_str().is_none() {
        object[format!("{key}_b64")] = json!(base64(path.as_os_str().as_encoded_bytes()));
    }
}

/// Bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
