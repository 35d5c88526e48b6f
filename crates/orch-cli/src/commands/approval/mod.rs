//! `orch approval`: approvals of a phase.

mod record;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch approval`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Approve the current phase
    Record(record::Record),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Record(args) => args.run(app).await,
        }
    }
}
