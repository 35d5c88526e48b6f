//! `orch git show`.

use clap::Args;
use orch_core::vcs::VersionControl as _;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible, visible_line};
use crate::output::{repository, view};

/// Arguments of `orch git show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The commit: HEAD~2, a branch, a tag, a hash
    #[arg(default_value = "HEAD")]
    commit: String,
}

impl Show {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let git = app.git();
        let commit = git.commit(&self.commit)?;
        let diff = git.commit_diff(&commit.hash)?;
        app.printer.answer(
            || {
                let mut document = repository::diff(&diff);
                document["commit"] = json!({
                    "hash": commit.hash,
                    "short_hash": commit.short_hash,
                    "message": commit.message,
                    "author": commit.author,
                    "committed_at": view::time(commit.committed_at),
                });
                view::answer(document, app.id())
            },
            || {
                let (hash, author) = (bold(&commit.hash), visible_line(&commit.author));
                let message = visible(commit.message.trim_end()).replace('\n', "\n    ");
                let head = format!("{hash}\n{author}, {}\n\n    {message}\n\n", view::time(commit.committed_at));
                head + &repository::files(&diff) + &diff.summary() + "\n"
            },
        );
        Ok(())
    }
}
