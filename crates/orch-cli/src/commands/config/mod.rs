//! `orch config`: settings and where they come from.

mod show;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Print each setting with where it came from
    Show(show::Show),
}

impl Verb {
    /// Runs the verb.
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Show(args) => args.run(app),
        }
    }
}
