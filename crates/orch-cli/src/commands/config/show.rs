//! `orch config show`.

use clap::Args;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch config show`.
#[derive(Debug, Args)]
pub(crate) struct Show {}

impl Show {
    #[expect(clippy::unnecessary_wraps, reason = "every verb has the same form")]
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let rows = app.settings().rows();
        app.printer.answer(
            || view::answer(json!({"settings": rows}), app.id()),
            || {
                let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
                let rows = rows
                    .iter()
                    .map(|row| [word(row, "key"), word(row, "value"), word(row, "origin"), word(row, "help")]);
                text::table(["SETTING", "VALUE", "FROM", "MEANING"], rows)
            },
        );
        Ok(())
    }
}
