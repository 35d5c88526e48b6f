//! `orch phase show`.

use clap::Args;
use orch_core::machine::no_active_session;

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch phase show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The task
    task: Option<String>,
}

impl Show {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let shown = App::sessions(store, &folder, &git).look(&code).await?;
        if shown.task.active_session().is_none() {
            return Err(no_active_session(&shown.task).into());
        }
        app.printer.answer(
            || view::answer(view::session_view(&shown), app.id()),
            || {
                let instructions = shown.instructions.as_ref().map(text::instructions).unwrap_or_default();
                text::missing(&shown.missing, &shown.warnings) + &instructions
            },
        );
        Ok(())
    }
}
