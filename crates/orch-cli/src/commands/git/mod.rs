//! `orch git`: the repository, and the commits and pull requests that belong to a task.

mod capture;
mod changes;
mod commit;
mod diff;
mod link_pr;
mod parse_pr;
mod reconcile;
mod show;
mod status;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch git`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show the branch, what is staged, changed, in conflict or new
    Status(status::Status),
    /// Show a commit and what it changed
    Show(show::Show),
    /// Show what differs between two commits, or between one and the files on disk
    Diff(diff::Diff),
    /// Tell what a task changed, as CHANGES.md has it
    Changes(changes::Changes),
    /// Commit the work of a task, with the message that the settings say
    Commit(commit::Commit),
    /// Find commits that a killed run made, but did not record
    Reconcile(reconcile::Reconcile),
    /// Record the newest commits for a task
    Capture(capture::Capture),
    /// Link a pull request with a task; nothing is fetched
    LinkPr(link_pr::LinkPr),
    /// Show which pull request an address names
    ParsePr(parse_pr::ParsePr),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Status(args) => args.run(app),
            Self::Show(args) => args.run(app),
            Self::Diff(args) => args.run(app),
            Self::Changes(args) => args.run(app).await,
            Self::Commit(args) => args.run(app).await,
            Self::Reconcile(args) => args.run(app).await,
            Self::Capture(args) => args.run(app).await,
            Self::LinkPr(args) => args.run(app).await,
            Self::ParsePr(args) => args.run(app),
        }
    }
}
