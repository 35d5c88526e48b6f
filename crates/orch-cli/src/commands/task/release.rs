//! `orch task release`.

use clap::Args;
use orch_core::service::TaskService;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task release`.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The task
    task: Option<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Release {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let outcome =
            TaskService { store: app.store().await? }.release(&app.operation_if(self.condition), &code).await?;
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || format!("Released {}\n", task.code),
        );
        Ok(())
    }
}
