//! `orch agents check`.

use clap::Args;
use serde_json::{Value, json};

use crate::agents::{AgentFile, State, look};
use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::view;

/// Arguments of `orch agents check`.
#[derive(Debug, Args)]
pub(crate) struct Check {}

impl Check {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let files = look(&app.work_tree()?)?;
        let told = |file: &AgentFile| {
            let mut told = json!({"state": file.state.word()});
            view::put_path(&mut told, "path", &file.path);
            told
        };
        let documents: Vec<Value> = files.iter().map(told).collect();
        let lines: Vec<String> =
            files.iter().map(|file| format!("{}: {}", file.path.display(), file.state.word())).collect();
        // a newer section is one of a newer orch: whoever has an older one does nothing about it
        let is_old = |file: &AgentFile| matches!(file.state, State::Stale | State::Missing);
        if files.iter().any(is_old) {
            let error = CliError::new(Exit::Gate, format!("the section of orch is not current: {}", lines.join(", ")));
            return Err(error.hint("run: orch init --agents").details(json!({"files": documents})));
        }
        app.printer.answer(|| view::answer(json!({"files": documents}), app.id()), || lines.join("\n") + "\n");
        Ok(())
    }
}
