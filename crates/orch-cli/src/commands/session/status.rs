//! `orch session status`.

use clap::Args;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::{text, view};

/// Arguments of `orch session status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The task
    task: Option<String>,
}

impl Status {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let shown = App::sessions(store, &folder, &git).look(&code).await?;
        app.printer.answer(
            || view::answer(view::session_view(&shown), app.id()),
            || {
                let mut lines = format!("{} {}\n", shown.task.code, visible_line(&shown.task.title));
                match &shown.task.session {
                    Some(session) => lines += &format!("{}\n", text::path(session)),
                    None => lines += &format!("no session yet; begin with: orch session start {code}\n"),
                }
                lines += &text::missing(&shown.missing, &shown.warnings);
                lines += &text::notes(&shown.task.notes);
                lines + &shown.instructions.as_ref().map(text::instructions).unwrap_or_default()
            },
        );
        Ok(())
    }
}
