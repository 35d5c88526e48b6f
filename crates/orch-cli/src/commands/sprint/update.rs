//! `orch sprint update`.

use clap::Args;
use orch_core::code::SprintCode;
use orch_core::service::SprintService;
use orch_core::sprint::{SprintChanges, SprintStatus};
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch sprint update`.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The sprint
    sprint: SprintCode,
    /// A new title
    #[arg(long)]
    title: Option<String>,
    /// planned, active, completed or cancelled
    #[arg(long)]
    status: Option<SprintStatus>,
    /// Metadata to set; `null` removes the key
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Update {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let metadata = super::super::metadata("--meta", &self.meta)?;
        let changes = SprintChanges { title: self.title, status: self.status, metadata };
        let service = SprintService { store: app.store().await? };
        let outcome = service.update(&app.operation_if(self.condition), &self.sprint, &changes).await?;
        let sprint = &outcome.answer.sprint;
        app.printer.answer(
            || view::answer(json!({"sprint": view::sprint(sprint)}), &outcome.operation_id),
            || format!("Updated {}\n", sprint.code),
        );
        Ok(())
    }
}
