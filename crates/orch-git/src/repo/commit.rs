//! HEAD, commits and revisions by way of libgit2. Compares nothing.

use chrono::DateTime;
use git2::{ErrorCode, Oid, Sort};
use orch_core::vcs::{Commit, Head, VcsError};

use super::library::{Asked, Library, failed};
use crate::message::decode;

impl Library {
    pub(super) fn head(&self, asked: Asked) -> Result<Option<Head>, VcsError> {
        let repository = self.lock();
        let branch = branch(&repository)?;
        let head = match head_commit(&repository)? {
            Some(commit) => Head::At { commit: value(&commit)?, branch },
            None => Head::Unborn { branch },
        };
        Ok(asked.weigh(head, !self.has_replacements()))
    }

    pub(super) fn commits_since(
        &self,
        base: Option<&str>,
        limit: usize,
        asked: Asked,
    ) -> Result<Option<Vec<Commit>>, VcsError> {
        let repository = self.lock();
        let commits = commits_since(&repository, base, limit)?;
        Ok(asked.weigh(commits, !self.has_replacements()))
    }

    /// The full hash of the commit that a revision names. What else is stored of it does not matter.
    pub(super) fn resolve(&self, revision: &str) -> Result<Option<String>, VcsError> {
        Ok(Some(resolve(&self.lock(), revision)?.id().to_string()))
    }

    pub(super) fn family(&self, revision: &str, asked: Asked) -> Result<Option<Family>, VcsError> {
        let repository = self.lock();
        let commit = resolve(&repository, revision)?;
        let parent = commit.parent_id(0).ok().map(|id| id.to_string());
        let family = Family { commit: commit.id().to_string(), parent };
        Ok(asked.weigh(family, !self.has_replacements()))
    }

    pub(super) fn commit(&self, revision: &str, asked: Asked) -> Result<Option<Commit>, VcsError> {
        let repository = self.lock();
        let commit = value(&resolve(&repository, revision)?)?;
        Ok(asked.weigh(commit, !self.has_replacements()))
    }
}

/// A commit and its first parent, if it has one, by their full hashes.
pub(crate) struct Family {
    pub(crate) commit: String,
    pub(crate) parent: Option<String>,
}

/// The branch that HEAD is at, without `refs/heads/`. Behind a branch that is a link it is the one at its end.
pub(super) fn branch(repository: &git2::Repository) -> Result<Option<String>, VcsError> {
    let mut reference = repository.find_reference("HEAD").map_err(failed("read HEAD"))?;
    let mut branch = None;
    // Git follows no more links than that.
    for _ in 0..5 {
        let Some(target) = reference.symbolic_target_bytes() else { break };
        let name = String::from_utf8_lossy(target).into_owned();
        let next = repository.find_reference(&name);
        branch = Some(name);
        match next {
            Ok(next) => reference = next,
            Err(_) => break,
        }
    }
    Ok(branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()))
}

/// The commit of HEAD; none if it is unborn.
pub(super) fn head_commit(repository: &git2::Repository) -> Result<Option<git2::Commit<'_>>, VcsError> {
    match repository.head() {
        Ok(head) => head.peel_to_commit().map(Some).map_err(failed("read the commit of HEAD")),
        Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
        Err(error) => Err(failed("read HEAD")(error)),
    }
}

/// The commit that a revision names.
pub(super) fn resolve<'r>(repository: &'r git2::Repository, revision: &str) -> Result<git2::Commit<'r>, VcsError> {
    let unknown = |_| VcsError::UnknownRevision { revision: revision.to_owned(), shallow: repository.is_shallow() };
    repository.revparse_single(revision).and_then(|object| object.peel_to_commit()).map_err(unknown)
}

fn commits_since(repository: &git2::Repository, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, VcsError> {
    let Some(head) = head_commit(repository)? else {
        return Ok(Vec::new());
    };
    if limit == 0 {
        return Ok(Vec::new());
    }
    let Some(base) = base.and_then(|hash| known(repository, hash)) else {
        return Ok(vec![value(&head)?]);
    };
    let walk_failed = failed("walk through the history");
    let mut walk = repository.revwalk().map_err(&walk_failed)?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).map_err(&walk_failed)?;
    walk.push(head.id()).map_err(&walk_failed)?;
    walk.hide(base).map_err(&walk_failed)?;
    let mut commits = Vec::new();
    for id in walk.take(limit) {
        let commit = repository.find_commit(id.map_err(&walk_failed)?).map_err(failed("read a commit"))?;
        commits.push(value(&commit)?);
    }
    commits.reverse();
    Ok(commits)
}

/// The commit of that full hash, if the repository holds it.
fn known(repository: &git2::Repository, hash: &str) -> Option<Oid> {
    let id = Oid::from_str(hash).ok().filter(|id| id.to_string().eq_ignore_ascii_case(hash))?;
    repository.find_commit(id).ok().map(|commit| commit.id())
}

fn value(commit: &git2::Commit<'_>) -> Result<Commit, VcsError> {
    let hash = commit.id().to_string();
    // `core.abbrev` may ask for fewer than 7 digits; those would not stay unique for long.
    let digits = commit.as_object().short_id().map_err(failed("shorten a hash"))?.len().clamp(7, hash.len());
    // An encoding name that is not UTF-8 is as good as none.
    let encoding = commit.message_encoding().ok().flatten();
    let author = commit.author();
    Ok(Commit {
        short_hash: hash.chars().take(digits).collect(),
        hash,
        message: decode(commit.message_bytes(), encoding),
        author: format!("{} <{}>", decode(author.name_bytes(), encoding), decode(author.email_bytes(), encoding)),
        committed_at: DateTime::from_timestamp(commit.time().seconds(), 0).unwrap_or(DateTime::UNIX_EPOCH),
    })
}
