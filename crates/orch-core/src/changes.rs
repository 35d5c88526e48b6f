//! The text of CHANGES.md: what a task changed, from plain values. Asks no version control and reads no clock.
//!
//! Whatever comes from outside stays where it is put: titles, messages and names are escaped and on one line, paths and
//! hashes are code, the description is a quotation. Hidden characters are made visible everywhere.

mod markdown;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::pull_request::PullRequest;

/// All that the document tells.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The task's code.
    pub task_code: &'a str,
    /// The task's title.
    pub title: &'a str,
    /// The day on which the document is written, in UTC.
    pub date: NaiveDate,
    /// What the task is about: its description, which may be Markdown, or nothing.
    pub overview: &'a str,
    /// The pull request that the task is linked with.
    pub pull_request: Option<&'a PullRequest>,
    /// What the task's commits changed.
    pub committed: Diff<'a>,
    /// The task's commits, in the order in which they are listed.
    pub commits: &'a [RelatedCommit<'a>],
    /// What the work tree has beyond that; without files it is left out.
    pub uncommitted: Diff<'a>,
}

/// The difference between two states of a repository.
#[derive(Debug, Clone, Copy, Default)]
pub struct Diff<'a> {
    /// The abbreviated hashes of the two commits that were compared, if the document shall name them.
    pub between: Option<(&'a str, &'a str)>,
    /// The files in the order in which they are listed.
    pub files: &'a [ChangedFile<'a>],
    /// The figures of all files together, as version control counts them.
    pub totals: Totals,
}

/// The figures of a diff.
///
/// They are not counted here: files that are unmerged or untracked are listed, and git does not count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Changed files.
    pub files: u64,
    /// Lines that are new.
    pub insertions: u64,
    /// Lines that are gone.
    pub deletions: u64,
}

/// One file of a diff.
#[derive(Debug, Clone, Copy)]
pub struct ChangedFile<'a> {
    /// What happened to it.
    pub status: ChangeStatus,
    /// Its path in the repository, in whatever bytes it has.
    pub path: &'a [u8],
    /// The path that it was renamed or copied from.
    pub old_path: Option<&'a [u8]>,
    /// Lines that are new.
    pub insertions: u64,
    /// Lines that are gone.
    pub deletions: u64,
    /// Whether it has no lines to count.
    pub binary: bool,
}

/// What happened to a file, with git's letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// `A`: it is new.
    Added,
    /// `C`: it is a copy of another one.
    Copied,
    /// `D`: it is gone.
    Deleted,
    /// `M`: its content or mode is another.
    Modified,
    /// `R`: it has another path.
    Renamed,
    /// `T`: it became a link, a file or a submodule.
    TypeChanged,
    /// `U`: a merge left it in conflict.
    Unmerged,
    /// `?`: git does not know it yet.
    Untracked,
}

impl ChangeStatus {
    /// git's letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Copied => 'C',
            Self::Deleted => 'D',
            Self::Modified => 'M',
            Self::Renamed => 'R',
            Self::TypeChanged => 'T',
            Self::Unmerged => 'U',
            Self::Untracked => '?',
        }
    }
}

/// One commit of the task.
#[derive(Debug, Clone, Copy)]
pub struct RelatedCommit<'a> {
    /// The abbreviated hash.
    pub short_hash: &'a str,
    /// The whole message; its first line that is not blank is shown.
    pub message: &'a str,
    /// The phase in which it was recorded.
    pub phase: Option<&'a str>,
    /// The author as `Name <address>`; the name is shown.
    pub author: &'a str,
}

/// The summary of a diff as `git diff --shortstat` words it, without the space in front; nothing where no file changed.
///
/// A part that is zero is left out, unless both are: `builtin_diffstat` and `print_stat_summary` of git's `diff.c`.
#[must_use]
pub fn summary(totals: Totals) -> String {
    let Totals { files, insertions, deletions } = totals;
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    if files == 0 {
        return String::new();
    }
    let mut text = format!("{files} file{} changed", plural(files));
    if insertions > 0 || deletions == 0 {
        text += &format!(", {insertions} insertion{}(+)", plural(insertions));
    }
    if deletions > 0 || insertions == 0 {
        text += &format!(", {deletions} deletion{}(-)", plural(deletions));
    }
    text
}

/// Writes the document.
#[must_use]
pub fn render(changes: &Changes<'_>) -> String {
    let code = markdown::inline(changes.task_code);
    let mut text = format!("# Changes of {code}: {}\n\n", markdown::inline(changes.title));
    text += &format!("- Task: {code}\n- Date: {}\n", changes.date);
    if let Some(pull_request) = changes.pull_request {
        text += &format!("- Pull request: {}\n", markdown::link(&pull_request.url));
    }

    text += "\n## Overview\n\n";
    let overview = changes.overview.trim();
    text += &if overview.is_empty() { "The task has no description.\n".to_owned() } else { markdown::quote(overview) };

    text += "\n## Modified files\n\n";
    text += &if changes.committed.files.is_empty() { "None.\n".to_owned() } else { files(&changes.committed) };

    text += "\n## Diff summary\n\n";
    text += &figures(&changes.committed).unwrap_or_else(|| "Nothing changed.\n".to_owned());

    text += "\n## Related commits\n\n";
    if changes.commits.is_empty() {
        text += "None.\n";
    }
    changes.commits.iter().for_each(|of| text += &commit(of));

    if !changes.uncommitted.files.is_empty() {
        text += "\n## Uncommitted work\n\n";
        text += &files(&changes.uncommitted);
        if let Some(figures) = figures(&changes.uncommitted) {
            text += &format!("\n{figures}");
        }
    }
    text
}

fn files(diff: &Diff<'_>) -> String {
    diff.files.iter().map(file).collect()
}

fn file(file: &ChangedFile<'_>) -> String {
    let from = file.old_path.map(|path| format!("{} → ", markdown::code(path))).unwrap_or_default();
    let lines = match (file.insertions, file.deletions) {
        _ if file.binary => " (binary)".to_owned(),
        (0, 0) => String::new(),
        (insertions, deletions) => format!(" (+{insertions} -{deletions})"),
    };
    format!("- `{}` {from}{}{lines}\n", file.status.letter(), markdown::code(file.path))
}

/// The summary and what was compared; nothing where there are no figures, as with files that git does not know yet.
fn figures(diff: &Diff<'_>) -> Option<String> {
    let summary = Some(summary(diff.totals)).filter(|summary| !summary.is_empty())?;
    Some(match diff.between {
        Some((from, to)) => {
            let (from, to) = (markdown::code(from.as_bytes()), markdown::code(to.as_bytes()));
            format!("{summary}\n\nFrom {from} to {to}.\n")
        }
        None => summary + "\n",
    })
}

fn commit(commit: &RelatedCommit<'_>) -> String {
    let subject = commit.message.lines().find(|line| !line.trim().is_empty()).unwrap_or("(no message)");
    let name = commit.author.rsplit_once('<').map_or(commit.author, |(name, _)| name);
    let about = [commit.phase.unwrap_or_default(), name].map(markdown::inline);
    let about = about.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ");
    let about = if about.is_empty() { about } else { format!(" ({about})") };
    format!("- {} {}{about}\n", markdown::code(commit.short_hash.as_bytes()), markdown::inline(subject))
}
