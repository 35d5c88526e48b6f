//! `orch task create`.

use clap::Args;
use orch_core::code::{SprintCode, TaskCode, TaskType};
use orch_core::service::TaskService;
use orch_core::task::{NewTask, Priority};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::view;

/// Arguments of `orch task create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// One line that says what is to be done; with --title, the code of the task instead
    #[arg(value_name = "TITLE", required_unless_present = "title")]
    words: Option<String>,
    /// The title, as an option
    #[arg(long)]
    title: Option<String>,
    /// The code; by default the next free one
    #[arg(long)]
    code: Option<TaskCode>,
    /// As much text as needed
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// feature, bug_fix, …: selects the variant of the workflow
    #[arg(long = "type", value_name = "TYPE", default_value = "feature")]
    task_type: TaskType,
    /// P0, P1, P2 or P3
    #[arg(long, default_value = "P2")]
    priority: Priority,
    /// The sprint it belongs to
    #[arg(long)]
    sprint: Option<SprintCode>,
    /// A task that must be completed first; may be repeated
    #[arg(long, value_name = "TASK", value_delimiter = ',')]
    after: Vec<TaskCode>,
    /// Metadata; the value is JSON if it reads as such
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
}

impl Create {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (title, code) = match (self.title, self.words, self.code) {
            (None, words, code) => (words.unwrap_or_default(), code),
            (Some(title), None, code) => (title, code),
            (Some(title), Some(word), None) => (title, Some(TaskCode::new(word)?)),
            (Some(_), Some(word), Some(code)) => {
                return Err(CliError::usage(format!("two codes were given: {word} and {code}")));
            }
        };
        let new = NewTask {
            code,
            title,
            description: self.description,
            task_type: self.task_type,
            priority: self.priority,
            sprint: self.sprint,
            metadata: super::super::metadata("--meta", &self.meta)?,
            after: self.after.into_iter().collect(),
        };
        let outcome = TaskService { store: app.store().await? }.create(&app.operation(), &new).await?;
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || {
                format!(
                    "Created {}: {}\nBegin with: orch session start {}\n",
                    task.code,
                    visible_line(&task.title),
                    task.code
                )
            },
        );
        Ok(())
    }
}
