//! `orch db`: the store itself.

mod check;
mod migrate;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;

/// The verbs of `orch db`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Look for damage: the file, its references, and each state against its events
    Check(check::Check),
    /// Bring the store to this program's schema; every command does so by itself
    Migrate(migrate::Migrate),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        match self {
            Self::Check(args) => args.run(app).await,
            Self::Migrate(args) => args.run(app).await,
        }
    }
}
