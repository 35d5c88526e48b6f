//! `orch workflow list`.

use clap::Args;
use orch_core::workflow::BUILTIN;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::{text, view};

/// Arguments of `orch workflow list`.
#[derive(Debug, Args)]
pub(crate) struct List {}

impl List {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let current = super::project_template(app)?.1.name;
        app.printer.answer(
            || {
                let workflows: Vec<_> =
                    BUILTIN.iter().map(|known| json!({"name": known.name, "summary": known.summary})).collect();
                view::answer(json!({"workflows": workflows, "current": current}), app.id())
            },
            || {
                let rows = BUILTIN.iter().map(|known| [known.name.to_owned(), known.summary.to_owned()]);
                text::table(["WORKFLOW", "WHAT FOR"], rows)
                    + &format!("The next session starts with: {}\n", visible_line(&current))
            },
        );
        Ok(())
    }
}
