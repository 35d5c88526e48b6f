//! What a commit takes, decided on the state of the work tree. Runs nothing but a question about paths that are listed.

use std::path::{Path, PathBuf};

use orch_core::vcs::{CommitOrder, KeptOut, RepoPath, Status, StatusEntry, Take, VcsError};

/// What git is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Commit the index.
    AsIs,
    /// Commit the index and the changes at these paths, of files that git knows.
    Include(Vec<RepoPath>),
    /// Stage these paths, then commit the index.
    Stage(Vec<RepoPath>),
    /// Commit these paths and nothing else; `new` are those that git does not know.
    Only { paths: Vec<RepoPath>, new: Vec<RepoPath> },
}

/// Where the work tree is, and what of it is kept out.
pub(super) struct Ground<'a> {
    pub(super) work_tree: &'a Path,
    pub(super) order: &'a CommitOrder,
}

/// A path that was listed, and what of it can be committed.
pub(super) enum Listed {
    /// Git knows it, nothing differs.
    Unchanged,
    /// Git is told to ignore it.
    Ignored,
    /// There is no such file.
    Missing,
}

impl Ground<'_> {
    /// Decides. `look` says what is with a listed path at which nothing differs.
    pub(super) fn plan(
        &self,
        status: &Status,
        look: impl Fn(&RepoPath, &Path) -> Result<Listed, VcsError>,
    ) -> Result<Plan, VcsError> {
        let nothing = |taken: usize| VcsError::NothingToCommit {
            changed: (status.unstaged.len() + status.staged.len()).saturating_sub(taken),
            untracked: status.untracked.len(),
        };
        match &self.order.take {
            Take::Known => {
                self.refuse_kept(status.staged.iter().map(|entry| &entry.path))?;
                if !status.staged.is_empty() {
                    return Ok(Plan::AsIs);
                }
                let paths = self.free(paths_of(&status.unstaged));
                if paths.is_empty() { Err(nothing(0)) } else { Ok(Plan::Include(paths)) }
            }
            Take::All => {
                self.refuse_kept(status.staged.iter().map(|entry| &entry.path))?;
                let new = status.untracked.iter().filter(|path| !is_repository(path));
                let paths = self.free(paths_of(&status.unstaged).chain(new));
                match (paths.is_empty(), status.staged.is_empty()) {
                    (true, true) => Err(nothing(0)),
                    (true, false) => Ok(Plan::AsIs),
                    (false, _) => Ok(Plan::Stage(paths)),
                }
            }
            Take::Paths(listed) => {
                let (mut paths, mut new) = (Vec::new(), Vec::new());
                for path in listed {
                    let name = self.name(path)?;
                    self.refuse_kept(std::iter::once(&name))?;
                    let known = paths_of(&status.staged).chain(paths_of(&status.unstaged));
                    let known = self.free(known.filter(|path| is_below(path, &name)));
                    let untracked =
                        status.untracked.iter().filter(|path| is_below(path, &name) && !is_repository(path));
                    let untracked = self.free(untracked);
                    if known.is_empty() && untracked.is_empty() {
                        match look(&name, path)? {
                            Listed::Unchanged => {}
                            Listed::Ignored => return Err(VcsError::Ignored { path: name }),
                            Listed::Missing => return Err(VcsError::NoSuchPath { path: path.clone() }),
                        }
                    }
                    paths.extend(known);
                    paths.extend(untracked.iter().cloned());
                    new.extend(untracked);
                }
                for list in [&mut paths, &mut new] {
                    list.sort();
                    list.dedup();
                }
                if paths.is_empty() { Err(nothing(0)) } else { Ok(Plan::Only { paths, new }) }
            }
        }
    }

    fn refuse_kept<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> Result<(), VcsError> {
        let kept: Vec<&RepoPath> = paths.filter(|path| self.is_kept(path)).collect();
        match kept.first() {
            Some(first) => Err(VcsError::KeptOut { first: (*first).clone(), count: kept.len() }),
            None => Ok(()),
        }
    }

    fn free<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> Vec<RepoPath> {
        paths.filter(|path| !self.is_kept(path)).cloned().collect()
    }

    fn is_kept(&self, path: &RepoPath) -> bool {
        self.order.kept_out.iter().any(|kept| self.is_kept_by(kept, path))
    }

    fn is_kept_by(&self, kept: &KeptOut, path: &RepoPath) -> bool {
        let Ok(folder) = kept.folder.strip_prefix(self.work_tree) else { return false };
        match path.as_bytes().strip_prefix(bytes(folder).as_slice()) {
            Some(b"") => true,
            Some([b'/', rest @ ..]) => kept.keeps(&String::from_utf8_lossy(rest)),
            _ => false,
        }
    }

    /// The name in the repository of a path on disk. Links in the way to it are resolved, but not itself.
    fn name(&self, path: &Path) -> Result<RepoPath, VcsError> {
        let outside = || VcsError::Outside { path: path.to_owned(), work_tree: self.work_tree.to_owned() };
        let mut rest = PathBuf::new();
        for above in path.ancestors() {
            // what is gone has no links any more; a link at the end of the path is itself what is committed
            let resolved = match std::fs::canonicalize(above) {
                Ok(found) if above != path || !path.is_symlink() => found,
                _ => match above.file_name() {
                    Some(name) => {
                        rest = if rest.as_os_str().is_empty() { name.into() } else { Path::new(name).join(&rest) };
                        continue;
                    }
                    None => return Err(outside()),
                },
            };
            let whole = if rest.as_os_str().is_empty() { resolved } else { resolved.join(&rest) };
            let name = whole.strip_prefix(self.work_tree).map_err(|_| outside())?;
            return Ok(RepoPath::new(bytes(name)));
        }
        Err(outside())
    }
}

fn paths_of(entries: &[StatusEntry]) -> impl Iterator<Item = &RepoPath> {
    entries.iter().flat_map(|entry| std::iter::once(&entry.path).chain(&entry.old_path))
}

/// A repository inside is listed as a folder. Adding it would make a submodule of it that nobody asked for.
fn is_repository(path: &RepoPath) -> bool {
    path.as_bytes().ends_with(b"/")
}

fn is_below(path: &RepoPath, folder: &RepoPath) -> bool {
    match path.as_bytes().strip_prefix(folder.as_bytes()) {
        Some(rest) => rest.is_empty() || rest.starts_with(b"/") || folder.as_bytes().is_empty(),
        None => false,
    }
}

/// The parts of a path with `/` between them.
fn bytes(path: &Path) -> Vec<u8> {
    let parts: Vec<&[u8]> = path.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use orch_core::vcs::ChangeKind;

    use super::*;

    fn entry(path: &str) -> StatusEntry {
        StatusEntry { path: path.into(), old_path: None, status: ChangeKind::Modified }
    }

    fn planned(take: Take, status: &Status) -> Result<Plan, VcsError> {
        let folder = Path::new("/nowhere/w");
        let kept = KeptOut { folder: folder.join(".orch"), but: vec!["config.yaml".into()] };
        let order = CommitOrder { take, allow_detached: false, kept_out: vec![kept] };
        Ground { work_tree: folder, order: &order }.plan(status, |_, _| Ok(Listed::Unchanged))
    }

    #[test]
    fn what_is_staged_goes_first_and_nothing_kept_out_goes_at_all() {
        let staged = Status { staged: vec![entry("a")], unstaged: vec![entry("b")], ..Status::default() };
        assert_eq!(planned(Take::Known, &staged).unwrap(), Plan::AsIs);
        assert_eq!(planned(Take::All, &staged).unwrap(), Plan::Stage(vec!["b".into()]));
        let changed = Status {
            unstaged: vec![entry("b"), entry(".orch/orch.db")],
            untracked: vec![".orch/config.yaml".into(), ".orch/x".into(), "c".into(), "lib/".into()],
            ..Status::default()
        };
        assert_eq!(planned(Take::Known, &changed).unwrap(), Plan::Include(vec!["b".into()]));
        let all = vec!["b".into(), ".orch/config.yaml".into(), "c".into()];
        assert_eq!(planned(Take::All, &changed).unwrap(), Plan::Stage(all));
        let kept = Status { staged: vec![entry(".orch/orch.db"), entry("a")], ..Status::default() };
        for take in [Take::Known, Take::All] {
            let error = planned(take, &kept).unwrap_err();
            assert!(matches!(error, VcsError::KeptOut { count: 1, .. }), "{error:?}");
        }
        let new = Status { untracked: vec!["c".into()], ..Status::default() };
        let error = planned(Take::Known, &new).unwrap_err();
        assert!(matches!(error, VcsError::NothingToCommit { changed: 0, untracked: 1 }), "{error:?}");
        let error = planned(Take::All, &Status::default()).unwrap_err();
        assert!(matches!(error, VcsError::NothingToCommit { changed: 0, untracked: 0 }), "{error:?}");
    }

    #[test]
    fn below_is_by_parts_of_a_path() {
        for (path, folder, below) in
            [("a/b", "a", true), ("a", "a", true), ("ab", "a", false), ("a/b", "", true), ("a", "a/b", false)]
        {
            assert_eq!(is_below(&path.into(), &folder.into()), below, "{path} {folder}");
        }
    }
}
