//! `orch task handoff`.

use clap::Args;
use orch_core::code::Actor;
use orch_core::service::TaskService;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task handoff`.
#[derive(Debug, Args)]
pub(crate) struct Handoff {
    /// The task
    task: Option<String>,
    /// Who goes on with it: the name under which they act
    #[arg(long, value_name = "NAME")]
    to: Actor,
    /// What they should know; they see it when they start
    #[arg(long)]
    note: Option<String>,
    /// How long they hold it after their last act, in minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=43_200))]
    lease: Option<u32>,
    #[command(flatten)]
    condition: Condition,
}

impl Handoff {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let seconds = self.lease.map_or_else(|| app.settings().lease_seconds(), |minutes| minutes * 60);
        let service = TaskService { store: app.store().await? };
        let operation = app.operation_if(self.condition);
        let outcome = service.hand_over(&operation, &code, &self.to, self.note.as_deref(), seconds).await?;
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || format!("{code} is with {}\nThey go on with: orch session start {code}\n", self.to),
        );
        Ok(())
    }
}
