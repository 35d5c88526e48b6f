//! `orch task show`.

use clap::Args;
use orch_core::refusal::Refusal;
use orch_core::store::TaskStore;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch task show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The task
    task: Option<String>,
}

impl Show {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let task = app.store().await?.task(&code).await?.ok_or(Refusal::NoTask(code))?;
        app.printer.answer(|| view::answer(json!({"task": view::task(&task)}), app.id()), || text::task(&task));
        Ok(())
    }
}
