//! `orch context`: what happened before, found again.

mod queries;
mod search;
mod within;

use clap::Subcommand;

pub(crate) use self::search::MOST;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch context`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Find events by what is in them
    Search(search::Search),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Search(args) => args.run(app).await,
        }
    }
}
