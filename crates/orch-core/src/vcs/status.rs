//! What a work tree and its index look like beside the commit they stand on. Values only; does no I/O.

use crate::vcs::ChangeKind;
use crate::vcs::RepoPath;

/// The state of a repository and its work tree. Lists are sorted by the bytes of `path`.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the answer lists them")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The branch without `refs/heads/`; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// The full hash of HEAD's commit; `None` when it is unborn.
    pub head: Option<String>,
    /// HEAD is at a commit and at no branch.
    pub detached: bool,
    /// HEAD's branch has no commit yet.
    pub unborn: bool,
    /// There is no work tree, so all lists are empty.
    pub bare: bool,
    /// Older commits are missing, as the repository was cloned without them.
    pub shallow: bool,
    /// What was begun and is neither done nor given up.
    pub operation: Option<Operation>,
    /// The branch that the branch follows, as git shortens it, such as `origin/main`. `None` without a branch.
    pub upstream: Option<String>,
    /// Commits that the upstream does not have; `None` where one of both has no commit here.
    pub ahead: Option<u64>,
    /// Commits that only the upstream has; `None` where `ahead` is.
    pub behind: Option<u64>,
    /// Changes between HEAD and the index.
    pub staged: Vec<StatusEntry>,
    /// Changes between the index and the work tree.
    pub unstaged: Vec<StatusEntry>,
    /// Files that are neither in the index nor ignored. A repository inside ends with `/`.
    pub untracked: Vec<RepoPath>,
    /// Files that a merge left to be resolved. They are in no other list.
    pub conflicted: Vec<ConflictEntry>,
}

impl Status {
    /// Whether nothing differs from HEAD: nothing staged, changed, in conflict or untracked.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.staged.is_empty() && self.unstaged.is_empty() && self.untracked.is_empty() && self.conflicted.is_empty()
    }
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEntry {
    /// Its path now.
    pub path: RepoPath,
    /// Its path before, if it was renamed or copied.
    pub old_path: Option<RepoPath>,
    /// What became of it.
    pub status: ChangeKind,
}

/// One file in conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictEntry {
    /// Its path.
    pub path: RepoPath,
    /// What both sides did.
    pub status: Conflict,
}

/// What both sides of a merge did to a file. "Us" is the side that HEAD is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// Both deleted it.
    BothDeleted,
    /// We added it.
    AddedByUs,
    /// They deleted it, we changed it.
    DeletedByThem,
    /// They added it.
    AddedByThem,
    /// We deleted it, they changed it.
    DeletedByUs,
    /// Both added it, differently.
    BothAdded,
    /// Both changed it, differently.
    BothModified,
}

impl Conflict {
    /// The conflict by which stages the index has: the common ancestor, our side, their side.
    #[must_use]
    pub fn of_stages(ancestor: bool, us: bool, them: bool) -> Self {
        match (ancestor, us, them) {
            (_, false, false) => Self::BothDeleted,
            (false, true, false) => Self::AddedByUs,
            (true, true, false) => Self::DeletedByThem,
            (false, false, true) => Self::AddedByThem,
            (true, false, true) => Self::DeletedByUs,
            (false, true, true) => Self::BothAdded,
            (true, true, true) => Self::BothModified,
        }
    }

    /// The name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BothDeleted => "both_deleted",
            Self::AddedByUs => "added_by_us",
            Self::DeletedByThem => "deleted_by_them",
            Self::AddedByThem => "added_by_them",
            Self::DeletedByUs => "deleted_by_us",
            Self::BothAdded => "both_added",
            Self::BothModified => "both_modified",
        }
    }
}

/// Work that git is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `git merge`.
    Merge,
    /// `git rebase`, with either backend, also while it merges.
    Rebase,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git am`.
    Am,
    /// `git bisect`, if nothing else is in progress.
    Bisect,
}

impl Operation {
    /// Git's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Am => "am",
            Self::Bisect => "bisect",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_is_when_all_lists_are_empty() {
        let clean = Status { branch: Some("main".to_owned()), unborn: true, ..Status::default() };
        assert!(clean.is_clean());
        assert!(!Status { untracked: vec!["a".into()], ..clean.clone() }.is_clean());
        let both = ConflictEntry { path: "a".into(), status: Conflict::of_stages(true, true, true) };
        assert!(!Status { conflicted: vec![both], ..clean }.is_clean());
    }
}
