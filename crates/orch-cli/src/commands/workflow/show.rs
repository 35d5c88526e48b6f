//! `orch workflow show`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible};
use crate::output::view;

/// Arguments of `orch workflow show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A built-in name or a file; by default what the next session will start with
    name: Option<String>,
    /// Print the YAML text itself
    #[arg(long)]
    yaml: bool,
}

impl Show {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let source = match &self.name {
            Some(name) => super::named(app, name)?,
            None => super::source(app)?,
        };
        let (workflow, template) = super::read(app, &source)?;
        app.printer.answer(
            || {
                let document = json!({"workflow": workflow, "sha256": template.sha256, "yaml": template.content});
                view::answer(document, app.id())
            },
            || {
                if self.yaml {
                    return visible(&template.content).into_owned();
                }
                let mut text = format!("{} (sha256 {})\n", bold(&visible(&workflow.name)), &template.sha256[..12]);
                for phase in &workflow.phases {
                    let names: Vec<&str> = phase.artifacts.required.iter().map(|spec| spec.pattern.as_str()).collect();
                    let needs = if names.is_empty() { String::new() } else { format!(" (needs {})", names.join(", ")) };
                    let _ = writeln!(text, "  {:<12} {}{}", phase.name, visible(&phase.goal), visible(&needs));
                }
                for (task_type, phases) in &workflow.variants {
                    let names: Vec<&str> = phases.iter().map(orch_core::code::PhaseName::as_str).collect();
                    let _ = writeln!(text, "{task_type}: {}", names.join(" > "));
                }
                text
            },
        );
        Ok(())
    }
}
