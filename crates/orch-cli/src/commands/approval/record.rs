//! `orch approval record`.

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch approval record`.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// The task
    task: Option<String>,
    /// What to say about it
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Record {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder) = (app.store().await?, app.folders()?);
        let service = App::records(store, &folder);
        let outcome = service.approve(&app.operation_if(self.condition), &code, self.note.as_deref()).await?;
        let phase = outcome.answer.task.session.as_ref().map(|session| session.current_phase.clone());
        let actor = app.operation().actor;
        // as it is recorded
        let note = self.note.as_deref().map(|note| app.redactor.text(note));
        app.printer.answer(
            || {
                let document = json!({"approval": {"task_code": code, "phase": phase, "actor": actor, "note": note}});
                view::answer(document, &outcome.operation_id)
            },
            || format!("✓ {actor} approved {} of {code}\n", phase.as_ref().map_or("the phase", |phase| phase.as_str())),
        );
        Ok(())
    }
}
