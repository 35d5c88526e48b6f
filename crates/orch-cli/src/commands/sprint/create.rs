//! `orch sprint create`.

use clap::Args;
use orch_core::code::SprintCode;
use orch_core::service::SprintService;
use orch_core::sprint::NewSprint;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch sprint create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// One line
    title: String,
    /// The code; by default the next free one
    #[arg(long)]
    code: Option<SprintCode>,
    /// Metadata; the value is JSON if it reads as such
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
}

impl Create {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let new =
            NewSprint { code: self.code, title: self.title, metadata: super::super::metadata("--meta", &self.meta)? };
        let outcome = SprintService { store: app.store().await? }.create(&app.operation(), &new).await?;
        let sprint = &outcome.answer.sprint;
        app.printer.answer(
            || view::answer(json!({"sprint": view::sprint(sprint)}), &outcome.operation_id),
            || format!("Created {}\n", sprint.code),
        );
        Ok(())
    }
}
