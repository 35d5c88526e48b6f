//! `orch workflow check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::view;

/// Arguments of `orch workflow check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The file; by default what the next session will start with
    file: Option<PathBuf>,
}

impl Check {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let source = match self.file {
            Some(file) => super::Source::File(std::path::absolute(&file).unwrap_or(file)),
            None => super::source(app)?,
        };
        let (workflow, template) = super::read(app, &source)?;
        app.printer.answer(
            || {
                let document = json!({
                    "valid": true, "name": workflow.name, "sha256": template.sha256, "phases": workflow.phases.len(),
                });
                view::answer(document, app.id())
            },
            || {
                let (name, phases, variants) =
                    (visible_line(&workflow.name), workflow.phases.len(), workflow.variants.len());
                format!("✓ {name}: {phases} phases, {variants} variants\n")
            },
        );
        Ok(())
    }
}
