//! `orch completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::app::App;
use crate::args::Cli;

/// Arguments of `orch completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, app: &App) {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "orch", &mut script);
        app.printer.raw(&script);
    }
}
