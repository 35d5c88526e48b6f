//! `orch git diff`.

use clap::Args;
use orch_core::vcs::{After, Before, VersionControl as _};

use crate::app::App;
use crate::error::CliError;
use crate::output::{repository, view};

/// Arguments of `orch git diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The earlier commit: HEAD~2, a branch, a tag, a hash
    from: String,
    /// The later commit; without one the files on disk
    to: Option<String>,
}

impl Diff {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let to = self.to.as_deref().map_or(After::WorkTree, After::Commit);
        let diff = app.git().diff(Before::Commit(&self.from), to)?;
        app.printer.answer(
            || view::answer(repository::diff(&diff), app.id()),
            || repository::files(&diff) + &diff.summary() + "\n",
        );
        Ok(())
    }
}
