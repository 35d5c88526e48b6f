//! `orch git status`.

use clap::Args;
use orch_core::vcs::{Status as State, VersionControl as _};

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::{repository, view};

/// Arguments of `orch git status`.
#[derive(Debug, Args)]
pub(crate) struct Status {}

impl Status {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let status = app.git().status()?;
        app.printer.answer(|| view::answer(repository::status(&status), app.id()), || text(&status));
        Ok(())
    }
}

fn text(status: &State) -> String {
    let place = match (&status.branch, &status.head) {
        (Some(branch), Some(_)) => format!("on branch {}", visible_line(branch)),
        (Some(branch), None) => format!("on branch {}, without a commit", visible_line(branch)),
        (None, Some(head)) => format!("at commit {head}, on no branch"),
        (None, None) => "no commit".to_owned(),
    };
    let mut text = format!("{place}\n");
    if let Some(upstream) = &status.upstream {
        let apart = match (status.ahead, status.behind) {
            (Some(ahead), Some(behind)) => format!("{ahead} ahead, {behind} behind"),
            _ => "it has no commit here".to_owned(),
        };
        text += &format!("upstream {}: {apart}\n", visible_line(upstream));
    }
    if let Some(operation) = status.operation {
        text += &format!("in the middle of a {}\n", operation.as_str());
    }
    for entry in &status.conflicted {
        text += &format!("conflict   {:<15} {}\n", entry.status.as_str(), repository::path(&entry.path));
    }
    for (list, entries) in [("staged", &status.staged), ("unstaged", &status.unstaged)] {
        for entry in entries {
            let from = entry.old_path.as_ref().map(|path| format!("{} -> ", repository::path(path)));
            let (kind, to) = (entry.status.as_str(), repository::path(&entry.path));
            text += &format!("{list:<10} {kind:<15} {}{to}\n", from.unwrap_or_default());
        }
    }
    for path in &status.untracked {
        text += &format!("untracked  {:<15} {}\n", "", repository::path(path));
    }
    text + if status.is_clean() { "nothing to commit\n" } else { "" }
}
