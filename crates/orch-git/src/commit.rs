//! Commits, made by the `git` program as the user would make them, one at a time. A refused one leaves HEAD, references and
//! index as they were. Nothing is asked, no lock of git's is removed, and nobody's name is invented.

mod index;
mod lock;
mod plan;

use std::path::{Path, PathBuf};

use orch_core::vcs::{Commit, CommitOrder, Committer, Head, Made, Marked, RepoPath, Status, VcsError, VersionControl};

use crate::program::{Paths, Trouble, Wrote};
use crate::repo::Repository;
use index::{Snapshot, Trial};
use lock::{Pauses, Turn};
use plan::{Ground, Listed, Plan};

/// The most commits that are looked through for the one that was made.
const MANY: usize = 1_000;

impl Committer for Repository {
    fn check(&self, order: &CommitOrder) -> Result<Option<String>, VcsError> {
        let _turn = self.turn()?;
        let status = self.fit(order)?;
        if let Some(said) = self.told(self.program().unknown_identity())? {
            return Err(VcsError::NoIdentity { said });
        }
        lock::wait_until_free(&self.locks(&status))?;
        let plan = self.plan(order, &status)?;
        if !self.is_something(&plan, &status)? {
            return Err(VcsError::NothingToCommit { changed: 0, untracked: status.untracked.len() });
        }
        Ok(status.head)
    }

    fn make(&self, order: &CommitOrder, marked: Marked<'_>) -> Result<Made, VcsError> {
        let _turn = self.turn()?;
        // somebody with the same idempotency key may have been quicker
        if let Some(commit) = self.marked(marked.base, marked.mark)? {
            return Ok(Made { commit, said: String::new() });
        }
        let status = self.fit(order)?;
        lock::wait_until_free(&self.locks(&status))?;
        let plan = self.plan(order, &status)?;
        let before = Snapshot::take(&self.place().git_dir)?;
        let base = status.head.as_deref();
        let (refused, killed) = match self.carry_out(&plan, marked.message) {
            Ok(wrote) if wrote.well => return Ok(Made { commit: self.made(base, marked.mark)?, said: wrote.error }),
            Ok(wrote) => (self.why(&wrote), wrote.killed),
            Err(error) => (error, false),
        };
        // a commit whose git was killed or failed after it is one all the same
        if let Ok(Some(commit)) = self.marked(base, marked.mark) {
            return Ok(Made { commit, said: refused.to_string() });
        }
        before.restore(killed)?;
        Err(refused)
    }
}

impl Repository {
    /// Waits until nobody else makes a commit, if there is a work tree to make one of.
    fn turn(&self) -> Result<Turn, VcsError> {
        let place = self.place();
        match place.work_tree {
            Some(_) => Turn::wait(&place.common_dir),
            None => Err(VcsError::Bare { path: place.git_dir.clone() }),
        }
    }

    /// The state of the work tree, if a commit may be made on it.
    fn fit(&self, order: &CommitOrder) -> Result<Status, VcsError> {
        let status = self.status()?;
        let count = status.conflicted.len();
        if let Some(operation) = status.operation {
            return Err(VcsError::OperationInProgress { operation, conflicts: count });
        }
        if count > 0 {
            return Err(VcsError::Unmerged { count });
        }
        if status.detached && !order.allow_detached {
            return Err(VcsError::Detached);
        }
        Ok(status)
    }

    fn plan(&self, order: &CommitOrder, status: &Status) -> Result<Plan, VcsError> {
        let place = self.place();
        let work_tree = place.work_tree.as_deref().unwrap_or(&place.git_dir);
        Ground { work_tree, order }.plan(status, |name, path| self.look(name, path))
    }

    /// What is with a path at which nothing differs.
    fn look(&self, name: &RepoPath, path: &Path) -> Result<Listed, VcsError> {
        if self.told(self.program().knows(name))? || path.is_dir() {
            return Ok(Listed::Unchanged);
        }
        Ok(if path.symlink_metadata().is_ok() { Listed::Ignored } else { Listed::Missing })
    }

    /// The locks that git would need.
    fn locks(&self, status: &Status) -> Vec<PathBuf> {
        let place = self.place();
        let mut locks = vec![place.git_dir.join("index.lock"), place.git_dir.join("HEAD.lock")];
        locks.extend(status.branch.iter().map(|branch| place.common_dir.join(format!("refs/heads/{branch}.lock"))));
        locks
    }

    /// Whether anything would be in the commit. What status lists may be nothing once it is staged, as line ends are.
    fn is_something(&self, plan: &Plan, status: &Status) -> Result<bool, VcsError> {
        let (program, git_dir) = (self.program(), &self.place().git_dir);
        let (trial, paths) = match plan {
            Plan::AsIs => return Ok(true),
            Plan::Include(paths) | Plan::Stage(paths) => (Trial::copied(git_dir)?, paths),
            Plan::Only { paths, .. } => {
                let trial = Trial::empty(git_dir);
                self.well(program.read_head(trial.path(), status.unborn))?;
                (trial, paths)
            }
        };
        self.well(program.try_staging(trial.path(), Paths(paths)))?;
        self.told(program.differs_from_head(trial.path()))
    }

    fn carry_out(&self, plan: &Plan, message: &str) -> Result<Wrote, VcsError> {
        let program = self.program();
        let which = match plan {
            Plan::AsIs => None,
            Plan::Include(paths) => Some(("--include", Paths(paths))),
            Plan::Stage(paths) => {
                self.well(self.patiently(|| program.stage(Paths(paths))))?;
                None
            }
            Plan::Only { paths, new } => {
                if !new.is_empty() {
                    self.well(self.patiently(|| program.announce(Paths(new))))?;
                }
                Some(("--only", Paths(paths)))
            }
        };
        self.told(self.patiently(|| program.make_commit(message, which)))
    }

    /// Tries again where somebody was quicker to lock the index: git locks it before it runs any hook.
    fn patiently(&self, call: impl Fn() -> Result<Wrote, Trouble>) -> Result<Wrote, Trouble> {
        let mut pauses = Pauses::new();
        loop {
            let wrote = call()?;
            let in_the_way = (!wrote.well).then(|| lock_in_the_way(&wrote.error)).flatten();
            let index = self.place().git_dir.join("index.lock");
            if in_the_way.as_deref() != Some(&index) || !pauses.pause_within(lock::PATIENCE) {
                return Ok(wrote);
            }
        }
    }

    /// The commit that was just made on this base. Whoever commits without orch may have been quick, and hooks may have
    /// made another one or changed the message.
    fn made(&self, base: Option<&str>, mark: &str) -> Result<Commit, VcsError> {
        if let Some(commit) = self.marked(base, mark)? {
            return Ok(commit);
        }
        match self.head()? {
            Head::At { commit, .. } => Ok(commit),
            Head::Unborn { .. } => {
                Err(VcsError::Failed { doing: "find the new commit", source: "HEAD is at no commit".into() })
            }
        }
    }

    /// The commit since this base whose message has the mark.
    fn marked(&self, base: Option<&str>, mark: &str) -> Result<Option<Commit>, VcsError> {
        let since = self.commits_since(base, MANY)?;
        Ok(since.into_iter().find(|commit| commit.message.lines().any(|line| line == mark)))
    }

    fn well(&self, wrote: Result<Wrote, Trouble>) -> Result<(), VcsError> {
        let wrote = self.told(wrote)?;
        if wrote.well { Ok(()) } else { Err(self.why(&wrote)) }
    }

    /// What git's refusal means.
    fn why(&self, wrote: &Wrote) -> VcsError {
        let said = || if wrote.error.is_empty() { wrote.out.clone() } else { wrote.error.clone() };
        let says = |words: &[&str]| words.iter().any(|word| wrote.error.contains(word));
        if let Some(lock) = lock_in_the_way(&wrote.error) {
            return lock::locked(lock);
        }
        if says(&["Please tell me who you are", "auto-detection is disabled", "empty ident name"]) {
            return VcsError::NoIdentity { said: said() };
        }
        // what hooks print is never among this
        if ["nothing to commit", "nothing added to commit", "no changes added to commit"]
            .iter()
            .any(|words| wrote.out.contains(words))
        {
            return VcsError::NothingToCommit { changed: 0, untracked: 0 };
        }
        // git has other words for each program that signs
        if says(&["failed to write commit object"]) && says(&["sign", "gpg", "ssh", "key"]) {
            return VcsError::SigningFailed { said: said() };
        }
        if says(&["dubious ownership"]) {
            let place = self.place();
            return VcsError::Owner { path: place.work_tree.as_ref().unwrap_or(&place.git_dir).clone() };
        }
        VcsError::CommitRefused { said: said() }
    }

    fn told<T>(&self, answer: Result<T, Trouble>) -> Result<T, VcsError> {
        answer.map_err(|trouble| match trouble {
            Trouble::Vcs(error) => error,
            Trouble::Absent => VcsError::Unsupported {
                path: self.place().git_dir.clone(),
                reason: "commits are made by the `git` program, and there is none".to_owned(),
            },
        })
    }
}

/// The lock that somebody else has, by git's words about it.
fn lock_in_the_way(error: &str) -> Option<PathBuf> {
    let (_, rest) = error.split_once("Unable to create '")?;
    let (path, rest) = rest.split_once('\'')?;
    rest.starts_with(": File exists").then(|| PathBuf::from(path))
}
