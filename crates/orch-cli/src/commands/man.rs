//! `orch man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use serde_json::json;

use crate::app::App;
use crate::args::Cli;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write a page for every command into this folder; by default the main page is printed
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| CliError::io("render", "the man page".as_ref(), &error))?;
            app.printer.raw(&page);
            return Ok(());
        };
        std::fs::create_dir_all(&folder)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), &folder))
            .map_err(|error| CliError::io("write", &folder, &error))?;
        app.printer.answer(
            || {
                let mut man = json!({});
                view::put_path(&mut man, "folder", &folder);
                view::answer(json!({ "man": man }), app.id())
            },
            String::new,
        );
        Ok(())
    }
}
