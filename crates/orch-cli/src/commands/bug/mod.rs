//! `orch bug`: what the rules make of errors. These verbs need neither a store nor a project.

mod explain;
mod fingerprint;
mod record;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch bug`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Print the fingerprint and the type of each error of a stream
    Fingerprint(fingerprint::Fingerprint),
    /// Show which rule changed what in an error, and what went into its fingerprint
    Explain(explain::Explain),
}

impl Verb {
    /// Runs the verb.
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Fingerprint(args) => args.run(app),
            Self::Explain(args) => args.run(app),
        }
    }
}
