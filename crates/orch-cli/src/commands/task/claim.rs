//! `orch task claim`.

use clap::Args;
use orch_core::service::TaskService;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task claim`.
#[derive(Debug, Args)]
pub(crate) struct Claim {
    /// The task
    #[arg(conflicts_with = "next")]
    task: Option<String>,
    /// Claim the best ready task; no two callers get the same one
    #[arg(long)]
    next: bool,
    /// How long the claim lasts after the holder's last act, in minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=43_200))]
    lease: Option<u32>,
    #[command(flatten)]
    condition: Condition,
}

impl Claim {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let seconds = self.lease.map_or_else(|| app.settings().lease_seconds(), |minutes| minutes * 60);
        let service = TaskService { store: app.store().await? };
        let outcome = if self.next {
            service.claim_next(&app.operation(), seconds).await?
        } else {
            service.claim(&app.operation_if(self.condition), &app.task(self.task.as_deref()).await?, seconds).await?
        };
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || {
                let until = task.lease.as_ref().map(|lease| view::time(lease.expires_at)).unwrap_or_default();
                format!("Claimed {} until {until}\nBegin with: orch session start {}\n", task.code, task.code)
            },
        );
        Ok(())
    }
}
