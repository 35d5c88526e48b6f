//! `orch workflow init`.

use clap::Args;
use orch_core::workflow::{BUILTIN, builtin};
use orch_store::Existing;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::input;
use crate::output::file::NewFile;
use crate::output::printer::visible_line;
use crate::output::view;

/// Arguments of `orch workflow init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The built-in template to begin with
    #[arg(default_value = super::DEFAULT)]
    name: String,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Some(template) = builtin(&self.name) else {
            let names: Vec<&str> = BUILTIN.iter().map(|known| known.name).collect();
            return Err(CliError::not_found(format!("there is no built-in template {}", self.name))
                .hint(format!("there are: {}", names.join(", "))));
        };
        let folder = app.project()?.orch_dir();
        let path = folder.join("workflow.yaml");
        // whoever repeats it finds what they wrote
        let there = input::plain(&path, template.yaml.len() as u64).ok().flatten();
        let is_written = there.as_deref() == Some(template.yaml.as_bytes());
        if path.symlink_metadata().is_ok() && !is_written && !self.force {
            return Err(CliError::new(Exit::Conflict, format!("{} exists already", app.shown(&path)))
                .hint("edit it, or replace it with --force"));
        }
        if !is_written {
            // written whole or not at all, and never through a link
            let mut file = NewFile::begin(&path)?;
            file.writer().write_all(template.yaml.as_bytes()).map_err(|error| CliError::io("write", &path, &error))?;
            file.finish(if self.force { Existing::Replaced } else { Existing::Stays })?;
        }
        app.printer.answer(
            || view::answer(json!({"workflow": {"name": template.name, "path": app.shown(&path)}}), app.id()),
            || format!("Wrote {}\nEdit it, then run: orch workflow check\n", visible_line(&app.shown(&path))),
        );
        Ok(())
    }
}
