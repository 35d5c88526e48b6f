//! `orch bug resolve`.

use clap::Args;
use serde_json::json;

use super::{BugName, print};
use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch bug resolve`.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The bug: its code, or the beginning of its hash
    bug: BugName,
    /// How it was resolved
    #[arg(long, value_name = "TEXT")]
    resolution: String,
    #[command(flatten)]
    condition: Condition,
}

impl Resolve {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let fingerprinter = app.settings().fingerprinter();
        let service = App::bugs(store, &folder, &git, &fingerprinter);
        let outcome = service.resolve(&app.operation_if(self.condition), &self.bug.0, &self.resolution).await?;
        let bug = &outcome.answer.bug;
        app.printer.answer(
            || view::answer(json!({"bug": view::bug(bug)}), &outcome.operation_id),
            || print::line(bug, "resolved"),
        );
        Ok(())
    }
}
