//! `orch agents`: what coding agents read of the project.

mod check;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch agents`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Tell whether the section of orch in AGENTS.md and its like is current
    Check(check::Check),
}

impl Verb {
    /// Runs the verb.
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Check(args) => args.run(app),
        }
    }
}
