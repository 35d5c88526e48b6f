//! The hook registry: which hooks a phase may name. Runs none of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The hooks of a phase. They run after the transition; a failing one never undoes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// What runs after the phase has begun.
    pub on_start: Vec<Hook>,
    /// What runs after the phase has ended.
    pub on_end: Vec<Hook>,
    /// What runs after a bug was logged in the phase.
    pub on_bug_found: Vec<Hook>,
}

/// What a phase may have done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Hook {
    /// Notes the commit at HEAD in the task.
    #[serde(rename = "git.capture_commit_hash")]
    CaptureCommitHash,
    /// Notes the commit at HEAD in the task as the last one of its work.
    #[serde(rename = "git.capture_final_commit")]
    CaptureFinalCommit,
    /// Commits the work of the task, where `git.auto_commit` is on.
    #[serde(rename = "git.auto_commit")]
    AutoCommit,
    /// Writes the artifacts of the task to its folder.
    #[serde(rename = "files.sync")]
    SyncFiles,
}

/// A text that names no hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no hook has the name {name:?}")]
#[non_exhaustive]
pub struct UnknownHook {
    /// The text as given, cut after 80 characters.
    pub name: String,
}

impl Hook {
    /// All hooks.
    pub const ALL: &'static [Self] =
        &[Self::CaptureCommitHash, Self::CaptureFinalCommit, Self::AutoCommit, Self::SyncFiles];

    /// The name by which a template calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CaptureCommitHash => "git.capture_commit_hash",
            Self::CaptureFinalCommit => "git.capture_final_commit",
            Self::AutoCommit => "git.auto_commit",
            Self::SyncFiles => "files.sync",
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::CaptureCommitHash => "Notes the commit at HEAD in the task.",
            Self::CaptureFinalCommit => "Notes the commit at HEAD in the task as the last one of its work.",
            Self::AutoCommit => "Commits the work of the task, where the setting git.auto_commit is on.",
            Self::SyncFiles => "Writes the artifacts of the task to its folder.",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Hook {
    type Err = UnknownHook;
    fn from_str(text: &str) -> Result<Self, UnknownHook> {
        let found = Self::ALL.iter().find(|hook| hook.name() == text);
        found.copied().ok_or_else(|| UnknownHook { name: text.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_has_one_name_everywhere() {
        for hook in Hook::ALL {
            assert_eq!(hook.name().parse(), Ok(*hook));
            assert_eq!(serde_json::to_value(hook).unwrap(), hook.name());
        }
        assert_eq!("git.push".parse::<Hook>().unwrap_err().to_string(), "no hook has the name \"git.push\"");
    }
}
