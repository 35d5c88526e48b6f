//! The state of a work tree by way of libgit2. Writes no index.

use git2::{Index, StatusOptions, StatusShow, Statuses};
use orch_core::vcs::{ChangeKind, Conflict, ConflictEntry, RepoPath, Status, StatusEntry, VcsError};

use super::commit::{branch, head_commit};
use super::diff::is_recoded;
use super::library::{Asked, Library, failed, fresh_index, is_plain};
use super::upstream;
use crate::operation;

impl Library {
    pub(super) fn status(&self, asked: Asked) -> Result<Option<Status>, VcsError> {
        if asked == Asked::First && (self.is_large() || self.has_replacements()) {
            return Ok(None);
        }
        let repository = self.lock();
        let branch = branch(&repository)?;
        let head = head_commit(&repository)?.map(|commit| commit.id().to_string());
        let upstream = match &branch {
            Some(branch) => upstream::of_branch(&repository, branch)?,
            None => None,
        };
        let (name, apart) = upstream.map_or((None, None), |upstream| (Some(upstream.name), upstream.apart));
        let mut status = Status {
            detached: branch.is_none(),
            unborn: head.is_none(),
            bare: repository.is_bare(),
            shallow: repository.is_shallow(),
            operation: operation::in_progress(&self.place.git_dir),
            upstream: name,
            ahead: apart.map(|(ahead, _)| ahead),
            behind: apart.map(|(_, behind)| behind),
            branch,
            head,
            ..Status::default()
        };
        let sure = status.bare || files(&repository, asked, &mut status)?;
        Ok(asked.weigh(status, sure))
    }
}

/// Fills the lists, and says whether git would fill them in the same way.
fn files(repository: &git2::Repository, asked: Asked, status: &mut Status) -> Result<bool, VcsError> {
    let index = fresh_index(repository)?;
    if asked == Asked::First && !is_plain(&index) {
        return Ok(false);
    }
    let entries = list(repository, StatusShow::Index)?;
    for entry in &entries {
        if let Some(kind) = staged(entry.status()) {
            let sides = entry.head_to_index();
            let old = || sides.as_ref().and_then(|sides| sides.old_file().path_bytes().map(RepoPath::from));
            let new = || sides.as_ref().and_then(|sides| sides.new_file().path_bytes().map(RepoPath::from));
            let old_path = if kind == ChangeKind::Renamed { old() } else { None };
            let path = new().unwrap_or_else(|| entry.path_bytes().into());
            status.staged.push(StatusEntry { path, old_path, status: kind });
        }
    }
    if asked == Asked::First && may_be_renamed(status) {
        return Ok(false);
    }
    let mut sure = true;
    let entries = list(repository, StatusShow::Workdir)?;
    for entry in &entries {
        let path = RepoPath::from(entry.path_bytes());
        if entry.status().is_wt_new() {
            status.untracked.push(path);
        } else if let Some(kind) = unstaged(entry.status()) {
            sure &= !is_recoded(repository, &path);
            status.unstaged.push(StatusEntry { path, old_path: None, status: kind });
        }
    }
    conflicts(&index, status)?;
    status.staged.sort_by(|a, b| a.path.cmp(&b.path));
    status.unstaged.sort_by(|a, b| a.path.cmp(&b.path));
    status.untracked.sort();
    Ok(sure)
}

fn list(repository: &git2::Repository, show: StatusShow) -> Result<Statuses<'_>, VcsError> {
    let mut options = StatusOptions::new();
    options.show(show).include_untracked(true).recurse_untracked_dirs(true).no_refresh(true);
    // Git's way to find renames is another one. If both a new and a gone file are staged, it has the last word.
    options.renames_head_to_index(true).rename_threshold(50);
    repository.statuses(Some(&mut options)).map_err(failed("read the status"))
}

fn staged(flags: git2::Status) -> Option<ChangeKind> {
    if flags.is_conflicted() {
        None
    } else if flags.is_index_renamed() {
        Some(ChangeKind::Renamed)
    } else if flags.is_index_new() {
        Some(ChangeKind::Added)
    } else if flags.is_index_deleted() {
        Some(ChangeKind::Deleted)
    } else if flags.is_index_typechange() {
        Some(ChangeKind::TypeChanged)
    } else if flags.is_index_modified() {
        Some(ChangeKind::Modified)
    } else {
        None
    }
}

fn unstaged(flags: git2::Status) -> Option<ChangeKind> {
    if flags.is_conflicted() {
        None
    } else if flags.is_wt_deleted() {
        Some(ChangeKind::Deleted)
    } else if flags.is_wt_typechange() {
        Some(ChangeKind::TypeChanged)
    } else if flags.is_wt_modified() {
        Some(ChangeKind::Modified)
    } else {
        None
    }
}

fn may_be_renamed(status: &Status) -> bool {
    let has = |kind| status.staged.iter().any(|entry| entry.status == kind);
    has(ChangeKind::Renamed) || (has(ChangeKind::Added) && has(ChangeKind::Deleted))
}

fn conflicts(index: &Index, status: &mut Status) -> Result<(), VcsError> {
    let doing = failed("read the conflicts in the index");
    for conflict in index.conflicts().map_err(&doing)? {
        let conflict = conflict.map_err(&doing)?;
        let stages = [&conflict.ancestor, &conflict.our, &conflict.their];
        let Some(entry) = stages.into_iter().flatten().next() else { continue };
        let [ancestor, us, them] = stages.map(Option::is_some);
        let path = RepoPath::from(entry.path.as_slice());
        status.conflicted.push(ConflictEntry { path, status: Conflict::of_stages(ancestor, us, them) });
    }
    status.conflicted.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(())
}
