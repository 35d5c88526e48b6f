//! The text of CHANGES.md: what a task changed, from plain values. Asks no version control and reads no clock.
//!
//! Whatever comes from outside stays where it is put: titles, messages and names are escaped and on one line, paths and
//! hashes are code, the description is a quotation. Hidden characters are made visible everywhere.

mod markdown;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::task::{CapturedCommit, Task};
use crate::vcs::{Diff, FileChange, RepoPath};

/// All that the document tells.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The task: its title, its description, which may be Markdown, its commits and its pull request.
    pub task: &'a Task,
    /// The day on which the document is written, in UTC.
    pub date: NaiveDate,
    /// The abbreviated hashes of the two commits that were compared, if the document shall name them.
    pub between: Option<(&'a str, &'a str)>,
    /// What differs between them.
    pub committed: &'a Diff,
    /// What the work tree has beyond that.
    pub uncommitted: &'a Diff,
    /// The files that git does not know yet.
    pub untracked: &'a [RepoPath],
}

/// Writes the document.
#[must_use]
pub fn render(changes: &Changes<'_>) -> String {
    let task = changes.task;
    let code = markdown::inline(task.code.as_str());
    let mut text = format!("# Changes of {code}: {}\n\n", markdown::inline(&task.title));
    text += &format!("- Task: {code}\n- Date: {}\n", changes.date);
    if let Some(linked) = &task.pull_request {
        text += &format!("- Pull request: {}\n", markdown::link(&linked.pull_request.url));
    }

    text += "\n## Overview\n\n";
    let overview = task.description.trim();
    text += &if overview.is_empty() { "The task has no description.\n".to_owned() } else { markdown::quote(overview) };

    text += "\n## Modified files\n\n";
    text += &if changes.committed.files.is_empty() { "None.\n".to_owned() } else { files(changes.committed) };

    text += "\n## Diff summary\n\n";
    text += &figures(changes.committed).unwrap_or_else(|| "Nothing changed.\n".to_owned());
    if let Some((from, to)) = changes.between {
        let (from, to) = (markdown::code(from.as_bytes()), markdown::code(to.as_bytes()));
        text += &format!("\nFrom {from} to {to}.\n");
    }

    text += "\n## Related commits\n\n";
    if task.commits.is_empty() {
        text += "None.\n";
    }
    task.commits.iter().for_each(|of| text += &commit(of));

    if !changes.uncommitted.files.is_empty() || !changes.untracked.is_empty() {
        text += "\n## Uncommitted work\n\n";
        text += &files(changes.uncommitted);
        changes.untracked.iter().for_each(|path| text += &format!("- `?` {}\n", markdown::code(path.as_bytes())));
        if let Some(figures) = figures(changes.uncommitted) {
            text += &format!("\n{figures}");
        }
    }
    text
}

fn files(diff: &Diff) -> String {
    diff.files.iter().map(file).collect()
}

fn file(file: &FileChange) -> String {
    let from = file.old_path.as_ref().map(|path| format!("{} → ", markdown::code(path.as_bytes())));
    let from = from.unwrap_or_default();
    let lines = match (file.insertions, file.deletions) {
        _ if file.binary => " (binary)".to_owned(),
        (0, 0) => String::new(),
        (insertions, deletions) => format!(" (+{insertions} -{deletions})"),
    };
    format!("- `{}` {from}{}{lines}\n", file.kind.letter(), markdown::code(file.path.as_bytes()))
}

/// The summary; nothing where there are no figures.
fn figures(diff: &Diff) -> Option<String> {
    (diff.files_changed > 0).then(|| diff.summary() + "\n")
}

fn commit(commit: &CapturedCommit) -> String {
    let subject = commit.message.lines().find(|line| !line.trim().is_empty()).unwrap_or("(no message)");
    let name = commit.author.rsplit_once('<').map_or(commit.author.as_str(), |(name, _)| name);
    let about = [commit.phase.as_ref().map_or("", |phase| phase.as_str()), name].map(markdown::inline);
    let about = about.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ");
    let about = if about.is_empty() { about } else { format!(" ({about})") };
    format!("- {} {}{about}\n", markdown::code(commit.short_hash.as_bytes()), markdown::inline(subject))
}
