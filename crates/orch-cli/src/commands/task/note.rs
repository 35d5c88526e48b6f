//! `orch task note`.

use clap::Args;
use orch_core::service::TaskService;
use serde_json::json;

use crate::app::App;
use crate::args::{Condition, task_and};
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task note`.
#[derive(Debug, Args)]
pub(crate) struct Note {
    /// The task, which may be left out, and what whoever works on it next should know
    #[arg(value_names = ["TASK", "NOTE"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Note {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let note = rest.first().map_or("", String::as_str);
        let service = TaskService { store: app.store().await? };
        let outcome = service.note(&app.operation_if(self.condition), &code, note).await?;
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || format!("Noted at {code}; whoever starts its session sees it\n"),
        );
        Ok(())
    }
}
