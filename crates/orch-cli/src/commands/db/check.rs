//! `orch db check`.

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::view;

/// Arguments of `orch db check`.
#[derive(Debug, Args)]
pub(crate) struct Check {}

impl Check {
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        let Self {} = self;
        let findings = app.store().await?.check().await?;
        if !findings.is_empty() {
            let mut error = CliError::new(Exit::Damaged, format!("the store has {} faults", findings.len()))
                .hint("put a backup in its place with: orch db restore FILE; the damaged files are kept")
                .details(json!({"findings": findings}));
            error.lines = findings;
            return Err(error);
        }
        app.printer.answer(
            || view::answer(json!({"ok": true, "findings": []}), app.id()),
            || "✓ the store is sound, and every state is the fold of its events\n".to_owned(),
        );
        Ok(Exit::Done)
    }
}
