//! Prompts: one for each phase of the project's workflow, with the words of `orch phase show`. Changes nothing.

use orch_core::code::Actor;
use orch_core::instructions::Instructions;
use rmcp::model::{ErrorData, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Value, json};

use super::desk::Desk;
use super::{protocol_error, words};
use crate::output::text;

/// A prompt for each phase.
pub(super) async fn list(desk: &Desk, actor: Option<Actor>) -> Result<Vec<Prompt>, ErrorData> {
    let task = || PromptArgument::new("task").with_description("The task's code").with_required(false);
    let prompt = |phase: &Value| {
        let name = phase["name"].as_str().unwrap_or_default();
        Prompt::new(name, phase["goal"].as_str(), Some(vec![task()]))
    };
    Ok(phases(desk, actor).await?.iter().map(prompt).collect())
}

/// What to do in a phase: of a task that is in it, else as the workflow has it.
pub(super) async fn get(
    desk: &Desk,
    actor: Option<Actor>,
    name: &str,
    task: Option<&str>,
) -> Result<GetPromptResult, ErrorData> {
    let mut begin = format!("Do the phase {name} with the tools of orch");
    let mut told = Value::Null;
    if let Some(task) = task {
        let line = words(&["session", "status", "--", task]);
        let answer = desk.read(actor.clone(), line).await.map_err(|error| protocol_error(&error))?.answer;
        let current = answer["instructions"]["phase"].as_str();
        if current == Some(name) {
            told = answer["instructions"].clone();
            begin += &format!(", for the task {task}");
        } else if let Some(current) = current {
            begin += &format!("; the task {task} is in the phase {current} now");
        } else {
            begin += &format!("; the task {task} has no session yet, which session_start begins");
        }
    }
    if told.is_null() {
        let phases = phases(desk, actor).await?;
        let phase = phases.iter().find(|phase| phase["name"] == json!(name));
        told = of_workflow(phase.ok_or_else(|| ErrorData::invalid_params(format!("there is no prompt {name}"), None))?);
    }
    let told: Instructions = serde_json::from_value(told)
        .map_err(|error| ErrorData::internal_error(format!("the phase cannot be told: {error}"), None))?;
    let told = text::instructions(&told);
    let text = format!("{begin}.\n\n{}", anstream::adapter::strip_str(&told));
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
}

async fn phases(desk: &Desk, actor: Option<Actor>) -> Result<Vec<Value>, ErrorData> {
    let told = desk.read(actor, words(&["workflow", "show"])).await;
    let mut answer = told.map_err(|error| protocol_error(&error))?.answer;
    let phases = answer["workflow"]["phases"].take();
    Ok(phases.as_array().cloned().unwrap_or_default())
}

/// The instructions of a phase that no task is in.
fn of_workflow(phase: &Value) -> Value {
    let artifacts = |kind: &str| -> Vec<Value> {
        let specs = phase["artifacts"][kind].as_array().into_iter().flatten();
        specs
            .map(|spec| {
                let name = &spec["pattern"];
                json!({"name": name, "description": spec["description"], "present": false, "path": name})
            })
            .collect()
    };
    let name = phase["name"].as_str().unwrap_or_default();
    json!({
        "phase": name,
        "goal": phase["goal"],
        "description": phase["description"],
        "artifacts": {"required": artifacts("required"), "optional": artifacts("optional")},
        "validation": phase["validation"],
        "events": phase["events"],
        "next_step": phase["next_step"],
        "complete_with": format!("orch phase complete --phase {name}"),
        "next_phase": null,
    })
}
