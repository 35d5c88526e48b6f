//! `orch task update`.

use clap::Args;
use orch_core::code::{SprintCode, TaskCode, TaskType};
use orch_core::service::{TaskService, TaskUpdate};
use orch_core::task::{Priority, TaskChanges, TaskStatus};
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task update`.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The task
    task: Option<String>,
    /// A new title
    #[arg(long)]
    title: Option<String>,
    /// A new description
    #[arg(long)]
    description: Option<String>,
    /// Another type; it counts from the next session on
    #[arg(long = "type", value_name = "TYPE")]
    task_type: Option<TaskType>,
    /// pending, in_progress, blocked, completed or cancelled
    #[arg(long)]
    status: Option<TaskStatus>,
    /// P0, P1, P2 or P3
    #[arg(long)]
    priority: Option<Priority>,
    /// Another sprint
    #[arg(long)]
    sprint: Option<SprintCode>,
    /// A task that must be completed first; may be repeated
    #[arg(long, value_name = "TASK", value_delimiter = ',')]
    after: Vec<TaskCode>,
    /// A task that need not be completed first any more; may be repeated
    #[arg(long, value_name = "TASK", value_delimiter = ',')]
    not_after: Vec<TaskCode>,
    /// Metadata to set, JSON if it reads as such; `null` removes the key
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Update {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let changes = TaskChanges {
            title: self.title,
            description: self.description,
            task_type: self.task_type,
            priority: self.priority,
            sprint: self.sprint,
            metadata: super::super::metadata("--meta", &self.meta)?,
            after: self.after.into_iter().collect(),
            not_after: self.not_after.into_iter().collect(),
        };
        let update = TaskUpdate { changes, status: self.status };
        let outcome =
            TaskService { store: app.store().await? }.update(&app.operation_if(self.condition), &code, &update).await?;
        let task = &outcome.answer.task;
        let what = if outcome.event_ids.is_empty() { "already so" } else { "updated" };
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || format!("{} {what}\n", task.code),
        );
        Ok(())
    }
}
