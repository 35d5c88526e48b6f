//! The port for making commits: what is taken, what must never be, and how a commit is known again. Does no I/O.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Commit, VcsError};

/// What a commit takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Take {
    /// What is staged; where nothing is, the changes of the files that git knows.
    #[default]
    Known,
    /// Everything: changes, removals and new files that are not ignored. A repository inside is left where it is.
    All,
    /// These files and what is below these folders, and nothing else that is staged. The paths are absolute.
    Paths(Vec<PathBuf>),
}

/// A folder whose files are never committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOut {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// What in it may be committed all the same: names of files, and of folders with `/` at their end.
    pub but: Vec<String>,
}

impl KeptOut {
    /// Whether a file of the folder, named as it is seen from there with `/` between its parts, is kept out.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        !self.but.iter().any(|but| if but.ends_with('/') { name.starts_with(but) } else { name == but })
    }
}

/// How a commit is to be made, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitOrder {
    /// What it takes.
    pub take: Take,
    /// Whether it may be made where HEAD is at no branch.
    pub allow_detached: bool,
    /// What it must not take.
    pub kept_out: Vec<KeptOut>,
}

/// The message of a commit and what it is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked<'a> {
    /// The whole message, with `mark` in a line of its own.
    pub message: &'a str,
    /// The line that no other commit has. A hook may take it away.
    pub mark: &'a str,
    /// The commit that HEAD was at before; none where it was unborn.
    pub base: Option<&'a str>,
}

/// A commit that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The commit, read back after the hooks.
    pub commit: Commit,
    /// What git and the hooks said beside it; may hold anything.
    pub said: String,
}

/// Who makes commits. The calls block; they are made after a transaction, never inside one.
pub trait Committer: Send + Sync {
    /// Looks whether the order could be carried out now, and says which commit HEAD is at; none where it is unborn.
    /// Nothing that git shows is changed.
    ///
    /// # Errors
    /// The [`VcsError`] that [`Committer::make`] would give, as far as it can be told without the hooks of the
    /// repository and without signing.
    fn check(&self, order: &CommitOrder) -> Result<Option<String>, VcsError>;

    /// Makes the commit as the user's own git would: with its hooks, its identity, its signature. One is made at a time
    /// in a repository. One with this mark that is there already is the answer. Nobody is asked anything; there is no limit to the time that hooks take.
    ///
    /// # Errors
    /// [`VcsError`]; then HEAD, references and index are as they were. What hooks did to files is theirs.
    fn make(&self, order: &CommitOrder, marked: Marked<'_>) -> Result<Made, VcsError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_kept_out_but_for_what_is_named() {
        let kept = KeptOut { folder: "/p/.orch".into(), but: vec!["config.yaml".into(), "templates/".into()] };
        for (name, keeps) in [
            ("orch.db", true),
            ("config.yaml", false),
            ("config.yaml.bak", true),
            ("templates/a/b.md", false),
            ("templates", true),
            ("tasks/config.yaml", true),
            ("", true),
        ] {
            assert_eq!(kept.keeps(name), keeps, "{name}");
        }
    }
}
