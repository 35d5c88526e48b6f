//! Differences by way of libgit2, whose line counts are git's. Git's way to find renames is another one, so wherever a
//! file may have been renamed git is asked.

use std::collections::HashSet;

use git2::{AttrCheckFlags, Delta, DiffFindOptions, DiffOptions, FileMode, Patch, Repository, Tree};
use orch_core::vcs::{ChangeKind, Diff, FileChange, RepoPath, VcsError};

use super::commit::resolve;
use super::library::{Asked, Library, failed, fresh_index, is_plain};

const DOING: &str = "compare files";

impl Library {
    /// Compares two commits by their full hashes. Instead of the first there may be nothing, instead of the second the
    /// files on disk.
    pub(super) fn compare(&self, from: Option<&str>, to: Option<&str>, asked: Asked) -> Result<Option<Diff>, VcsError> {
        if asked == Asked::First && (self.is_large() || self.has_replacements()) {
            return Ok(None);
        }
        let repository = self.lock();
        let tree = |hash: &str| resolve(&repository, hash)?.tree().map_err(failed(DOING));
        let old = from.map(tree).transpose()?;
        match to.map(tree).transpose()? {
            Some(new) => trees(&repository, old.as_ref(), &new, asked),
            None => Self::work_tree(&repository, old.as_ref(), asked),
        }
    }

    /// A tree, the index and the files on disk: what is staged and what is not. A file with both is left to git.
    fn work_tree(repository: &Repository, old: Option<&Tree<'_>>, asked: Asked) -> Result<Option<Diff>, VcsError> {
        let doing = failed(DOING);
        let index = fresh_index(repository)?;
        let plain = !index.has_conflicts() && is_plain(&index) && has_plain_drivers(repository)?;
        if asked == Asked::First && !plain {
            return Ok(None);
        }
        let mut options = options(repository)?;
        let mut staged = repository.diff_tree_to_index(old, Some(&index), Some(&mut options)).map_err(&doing)?;
        if asked == Asked::First && may_be_renamed(staged.deltas()) {
            return Ok(None);
        }
        let unstaged = repository.diff_index_to_workdir(Some(&index), Some(&mut options)).map_err(&doing)?;
        let paths = |diff: &git2::Diff<'_>| -> HashSet<Vec<u8>> {
            diff.deltas().filter_map(|delta| delta.new_file().path_bytes().map(<[u8]>::to_vec)).collect()
        };
        let (first, second) = (paths(&staged), paths(&unstaged));
        let recoded = second.iter().any(|path| is_recoded(repository, &RepoPath::from(path.as_slice())));
        let apart = first.is_disjoint(&second) && !may_be_renamed(staged.deltas().chain(unstaged.deltas()));
        if asked == Asked::First && (recoded || !apart) {
            return Ok(None);
        }
        let mut files = Vec::new();
        if apart {
            let sure = collect(&staged, &mut files)? & collect(&unstaged, &mut files)?;
            return Ok(asked.weigh(Diff::of_files(files), sure));
        }
        staged.merge(&unstaged).map_err(&doing)?;
        find_renames(&mut staged)?;
        collect(&staged, &mut files)?;
        Ok(Some(Diff::of_files(files)))
    }
}

fn trees(
    repository: &Repository,
    old: Option<&Tree<'_>>,
    new: &Tree<'_>,
    asked: Asked,
) -> Result<Option<Diff>, VcsError> {
    // Without a work tree some versions of git take attributes from HEAD, the library from nowhere.
    let plain = !repository.is_bare() && has_plain_drivers(repository)?;
    if asked == Asked::First && !plain {
        return Ok(None);
    }
    let mut options = options(repository)?;
    let mut diff = repository.diff_tree_to_tree(old, Some(new), Some(&mut options)).map_err(failed(DOING))?;
    if may_be_renamed(diff.deltas()) {
        if asked == Asked::First {
            return Ok(None);
        }
        find_renames(&mut diff)?;
    }
    let mut files = Vec::new();
    let sure = collect(&diff, &mut files)?;
    Ok(asked.weigh(Diff::of_files(files), sure))
}

fn options(repository: &Repository) -> Result<DiffOptions, VcsError> {
    let mut options = DiffOptions::new();
    // Lines around a change are not counted.
    options.include_typechange(true).context_lines(0).interhunk_lines(0);
    let config = repository.config().map_err(failed("read git's settings"))?;
    if let Ok(size) = config.get_i64("core.bigFileThreshold") {
        options.max_size(size);
    }
    Ok(options)
}

/// Whether no driver has an algorithm of its own, which only git knows.
fn has_plain_drivers(repository: &Repository) -> Result<bool, VcsError> {
    let doing = failed("read git's settings");
    let config = repository.config().map_err(&doing)?;
    let mut entries = config.entries(Some(r"^diff\..*\.algorithm$")).map_err(&doing)?;
    Ok(entries.next().is_none())
}

/// Whether the file's text is stored in another encoding than it has on disk, which only git undoes.
pub(super) fn is_recoded(repository: &Repository, path: &RepoPath) -> bool {
    let Ok(path) = std::str::from_utf8(path.as_bytes()) else { return true };
    let value = repository.get_attr_bytes(std::path::Path::new(path), "working-tree-encoding", AttrCheckFlags::empty());
    !matches!(value, Ok(None))
}

fn may_be_renamed<'a>(deltas: impl Iterator<Item = git2::DiffDelta<'a>>) -> bool {
    let (mut added, mut deleted) = (false, false);
    for delta in deltas {
        added |= delta.status() == Delta::Added;
        deleted |= delta.status() == Delta::Deleted;
    }
    added && deleted
}

/// The library's own guess, for where there is no program.
fn find_renames(diff: &mut git2::Diff<'_>) -> Result<(), VcsError> {
    let mut options = DiffFindOptions::new();
    options.renames(true).rename_threshold(50).rename_limit(1000);
    diff.find_similar(Some(&mut options)).map_err(failed("look for renamed files"))
}

/// Counts the lines of each file, and says whether git counts them in the same way.
fn collect(diff: &git2::Diff<'_>, files: &mut Vec<FileChange>) -> Result<bool, VcsError> {
    let doing = failed("count changed lines");
    let mut sure = true;
    for number in 0..diff.deltas().len() {
        let Some(delta) = diff.get_delta(number) else { continue };
        let (old, new) = (delta.old_file(), delta.new_file());
        let kind = match delta.status() {
            Delta::Added => ChangeKind::Added,
            Delta::Deleted => ChangeKind::Deleted,
            Delta::Modified => ChangeKind::Modified,
            Delta::Renamed => ChangeKind::Renamed,
            Delta::Copied => ChangeKind::Copied,
            Delta::Typechange => ChangeKind::TypeChanged,
            Delta::Conflicted => ChangeKind::Unmerged,
            _ => continue,
        };
        let gone = kind == ChangeKind::Deleted;
        let Some(path) = (if gone { old.path_bytes() } else { new.path_bytes() }) else { continue };
        let moved = matches!(kind, ChangeKind::Renamed | ChangeKind::Copied);
        let old_path = old.path_bytes().filter(|_| moved).map(RepoPath::from);
        // Submodules have settings of their own. What stayed the same under another mode is not looked into.
        let submodule = [old.mode(), new.mode()].contains(&FileMode::Commit);
        sure &= !submodule && kind != ChangeKind::TypeChanged && old.id() != new.id();
        let lines = Patch::from_diff(diff, number).map_err(&doing)?;
        let (mut insertions, mut deletions, mut binary) = (0, 0, false);
        if let Some(lines) = lines {
            let (_, added, removed) = lines.line_stats().map_err(&doing)?;
            (insertions, deletions) = (added as u64, removed as u64);
            binary = lines.delta().flags().is_binary();
        }
        // A file on disk that only its line ends or its time set apart from what is stored.
        let as_stored = kind == ChangeKind::Modified && old.mode() == new.mode() && !binary;
        if as_stored && insertions == 0 && deletions == 0 {
            continue;
        }
        files.push(FileChange { path: path.into(), old_path, kind, insertions, deletions, binary });
    }
    Ok(sure)
}
