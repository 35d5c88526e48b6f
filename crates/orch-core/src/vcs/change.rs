//! What differs between two states of the files, and git's own sentence about it. Values only; does no I/O.

use crate::vcs::RepoPath;

/// The differences between two states. The sums are those of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// How many files differ. As git counts, what is only in conflict is none.
    pub files_changed: u64,
    /// Lines that were added.
    pub insertions: u64,
    /// Lines that were removed.
    pub deletions: u64,
    /// The files, sorted by the bytes of `path`.
    pub files: Vec<FileChange>,
}

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path in the later state.
    pub path: RepoPath,
    /// Its path in the earlier state, if it was renamed or copied.
    pub old_path: Option<RepoPath>,
    /// What became of it.
    pub kind: ChangeKind,
    /// Lines that were added; 0 for a binary file.
    pub insertions: u64,
    /// Lines that were removed; 0 for a binary file.
    pub deletions: u64,
    /// Git does not look at its lines.
    pub binary: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has the content of another one.
    Copied,
    /// It is gone.
    Deleted,
    /// Its content or its mode changed.
    Modified,
    /// It has another path, and perhaps other content.
    Renamed,
    /// It is a file of another type: a link instead of a text, a submodule instead of a folder.
    TypeChanged,
    /// It is in conflict.
    Unmerged,
}

impl ChangeKind {
    /// The kind that git writes as this letter.
    #[must_use]
    pub fn of_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'A' => Self::Added,
            b'C' => Self::Copied,
            b'D' => Self::Deleted,
            b'M' => Self::Modified,
            b'R' => Self::Renamed,
            b'T' => Self::TypeChanged,
            b'U' => Self::Unmerged,
            _ => return None,
        })
    }

    /// The letter that git writes for it.
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
        }
    }

    /// The name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Copied => "copied",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::Renamed => "renamed",
            Self::TypeChanged => "type_changed",
            Self::Unmerged => "unmerged",
        }
    }
}

impl Diff {
    /// Sorts the files and adds them up.
    #[must_use]
    pub fn of_files(mut files: Vec<FileChange>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| b.kind.cmp(&a.kind)));
        Self {
            files_changed: files.iter().filter(|file| file.kind != ChangeKind::Unmerged).count() as u64,
            insertions: files.iter().map(|file| file.insertions).sum(),
            deletions: files.iter().map(|file| file.deletions).sum(),
            files,
        }
    }

    /// Says it as `git diff --shortstat` does, without the blank in front. Of no files git says nothing; this says
    /// `0 files changed`, as git does where it says anything.
    #[must_use]
    pub fn summary(&self) -> String {
        let (files, insertions, deletions) = (self.files_changed, self.insertions, self.deletions);
        let mut said = format!("{files} file{} changed", plural(files));
        if files == 0 {
            return said;
        }
        // Git names what is not zero, and both where both are.
        if insertions > 0 || deletions == 0 {
            said.push_str(&format!(", {insertions} insertion{}(+)", plural(insertions)));
        }
        if deletions > 0 || insertions == 0 {
            said.push_str(&format!(", {deletions} deletion{}(-)", plural(deletions)));
        }
        said
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_gits_words() {
        for (files, insertions, deletions, words) in [
            (0, 0, 0, "0 files changed"),
            (1, 0, 0, "1 file changed, 0 insertions(+), 0 deletions(-)"),
            (1, 1, 0, "1 file changed, 1 insertion(+)"),
            (1, 0, 1, "1 file changed, 1 deletion(-)"),
            (2, 1, 1, "2 files changed, 1 insertion(+), 1 deletion(-)"),
            (12, 345, 6, "12 files changed, 345 insertions(+), 6 deletions(-)"),
        ] {
            let diff = Diff { files_changed: files, insertions, deletions, files: Vec::new() };
            assert_eq!(diff.summary(), words);
        }
    }

    #[test]
    fn files_are_sorted_by_bytes_and_added_up() {
        let file = |path: &str, kind, insertions| FileChange {
            path: path.into(),
            old_path: None,
            kind,
            insertions,
            deletions: 1,
            binary: false,
        };
        let diff = Diff::of_files(vec![
            file("b", ChangeKind::Modified, 2),
            file("a/b", ChangeKind::Added, 3),
            file("a", ChangeKind::Deleted, 0),
        ]);
        assert_eq!((diff.files_changed, diff.insertions, diff.deletions), (3, 5, 3));
        let paths: Vec<_> = diff.files.iter().map(|file| file.path.text()).collect();
        assert_eq!(paths, ["a", "a/b", "b"]);
    }
}
