//! Resources: what a client may read by address, each the answer of a command. Changes nothing.

use orch_core::code::Actor;
use orch_core::visible::visible;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::model::{ErrorData, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::Value;

use super::call::Page;
use super::desk::Desk;
use super::shape::{self, compact};
use super::{protocol_error, words};

/// So many active sessions are on a page of the list.
const SESSIONS: usize = 20;
/// So many events are in the tail of the log.
const EVENTS: usize = 20;

const SCHEME: &str = "orch://";
const JSON: &str = "application/json";

/// The forms of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    [
        ("orch://task/{task}", "task", "A task with all its texts", JSON),
        ("orch://session/{task}", "session", "A task's session: phase, what is missing, what to do", JSON),
        ("orch://artifact/{task}/{name}", "artifact", "An artifact as it was last saved", "text/markdown"),
        (
            "orch://workflow/{name}",
            "workflow",
            "A built-in workflow, or `project` for this project's",
            "application/yaml",
        ),
    ]
    .map(|(form, name, about, kind)| ResourceTemplate::new(form, name).with_description(about).with_mime_type(kind))
    .to_vec()
}

/// What is worth reading now: the tasks that are worked on, the project's workflow, the newest events.
pub(super) async fn list(
    desk: &Desk,
    actor: Option<Actor>,
    cursor: Option<String>,
) -> Result<ListResourcesResult, ErrorData> {
    let offset = cursor.map_or(Ok(0), |cursor| cursor.parse::<usize>());
    let offset = offset.map_err(|_| ErrorData::invalid_params("the cursor is not one of this list", None))?;
    let (limit, skip) = (format!("--limit={SESSIONS}"), format!("--offset={offset}"));
    let told = desk.read(actor, words(&["session", "list", "--active", &limit, &skip])).await;
    let answer = told.map_err(|error| protocol_error(&error))?.answer;
    let mut resources = Vec::new();
    if offset == 0 {
        resources
            .push(Resource::new("orch://events", "events").with_description("The newest events").with_mime_type(JSON));
        let workflow = Resource::new("orch://workflow/project", "workflow").with_mime_type("application/yaml");
        resources.push(workflow.with_description("The workflow that the next session starts with"));
    }
    for entry in answer["sessions"].as_array().into_iter().flatten() {
        let task = entry["task_code"].as_str().unwrap_or_default();
        let encoded = utf8_percent_encode(task, NON_ALPHANUMERIC).to_string().replace("%2D", "-");
        for kind in ["task", "session"] {
            let address = format!("{SCHEME}{kind}/{encoded}");
            resources.push(Resource::new(address, format!("{kind} {task}")).with_mime_type(JSON));
        }
    }
    let total = answer["total"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
    let mut listed = ListResourcesResult::with_all_items(resources);
    listed.next_cursor = Page { offset, limit: SESSIONS }.next(total);
    Ok(listed)
}

/// Reads what an address names.
pub(super) async fn read(desk: &Desk, actor: Option<Actor>, address: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || ErrorData::resource_not_found(format!("there is no resource {}", visible(address)), None);
    let path = address.strip_prefix(SCHEME).ok_or_else(unknown)?;
    // an artifact's name may have parts, so they may come as they are or encoded
    let mut parts = path.splitn(3, '/').map(|part| percent_decode_str(part).decode_utf8().ok());
    let (kind, first, second) = (parts.next().flatten(), parts.next(), parts.next());
    let parts = [first, second].map(|part| part.map(|part| part.unwrap_or_default().into_owned()));
    let line = match (kind.as_deref(), &parts) {
        (Some("task"), [Some(task), None]) => words(&["task", "show", "--", task]),
        (Some("session"), [Some(task), None]) => words(&["session", "status", "--", task]),
        (Some("artifact"), [Some(task), Some(name)]) => words(&["artifact", "get", "--", task, name]),
        (Some("workflow"), [Some(name), None]) if name == "project" => words(&["workflow", "show"]),
        (Some("workflow"), [Some(name), None]) if orch_core::workflow::builtin(name).is_some() => {
            words(&["workflow", "show", "--", name])
        }
        (Some("events"), [None, None]) => words(&["context", "search", &format!("--limit={EVENTS}")]),
        _ => return Err(unknown()),
    };
    let told = desk.read(actor, line).await.map_err(|error| protocol_error(&error))?;
    let contents = contents(kind.as_deref().unwrap_or_default(), &told.answer, address);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn contents(kind: &str, answer: &Value, address: &str) -> ResourceContents {
    let text = |text: &Value| visible(text.as_str().unwrap_or_default()).into_owned();
    let all = Page { offset: 0, limit: usize::MAX };
    let document = match kind {
        "artifact" => {
            let artifact = &answer["artifact"];
            if let Some(bytes) = artifact["text_b64"].as_str() {
                return ResourceContents::blob(bytes, address).with_mime_type("application/octet-stream");
            }
            let is_markdown = artifact["name"].as_str().is_some_and(|name| name.to_lowercase().ends_with(".md"));
            let mime_type = if is_markdown { "text/markdown" } else { "text/plain" };
            return ResourceContents::text(text(&artifact["text"]), address).with_mime_type(mime_type);
        }
        "workflow" => {
            return ResourceContents::text(text(&answer["yaml"]), address).with_mime_type("application/yaml");
        }
        "task" => shape::task::whole(&answer["task"], usize::MAX, ""),
        "session" => shape::session::whole(answer),
        _ => shape::event::found(answer, all),
    };
    ResourceContents::text(compact(document).to_string(), address).with_mime_type(JSON)
}
