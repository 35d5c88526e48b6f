//! `orch bug merge`.

use clap::Args;
use serde_json::json;

use super::{BugName, print};
use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch bug merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The bug that stays
    bug: BugName,
    /// The bug that is merged into it
    other: BugName,
}

impl Merge {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let fingerprinter = app.settings().fingerprinter();
        let service = App::bugs(store, &folder, &git, &fingerprinter);
        let outcome = service.merge(&app.operation(), &self.bug.0, &self.other.0).await?;
        let bug = &outcome.answer.bug;
        app.printer.answer(
            || view::answer(json!({"bug": view::bug(bug)}), &outcome.operation_id),
            || print::line(bug, &format!("counts for {}, too", self.other.0)),
        );
        Ok(())
    }
}
