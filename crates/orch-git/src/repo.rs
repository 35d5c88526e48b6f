//! A repository and the port to it. Asks libgit2 first and the `git` program where that one's answer may not be git's.
//! Below this file, in `repo/`, is all that names git2; reads only, and leaves git's owner protection on.

mod commit;
mod diff;
mod library;
mod open;
mod status;
mod upstream;

use std::path::{Path, PathBuf};

use orch_core::vcs::{After, Before, Commit, Diff, Head, Status, VcsError, VersionControl};

use crate::GitError;
use crate::program::{Program, Trouble};
pub(crate) use commit::Family;
use library::{Asked, Library};

/// Where a repository and its parts lie. All paths are absolute, links in the way to the start are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The work tree; `None` for a bare repository.
    pub work_tree: Option<PathBuf>,
    /// For a linked work tree the one that it was linked from, `None` if that repository is bare or its work tree
    /// does not point back at it. Else the same as `work_tree`.
    pub main_work_tree: Option<PathBuf>,
    /// The git folder of this work tree.
    pub git_dir: PathBuf,
    /// The git folder that all linked work trees share; the same as `git_dir` where there are none.
    pub common_dir: PathBuf,
}

/// Finds the repository that contains `start`, a folder or a file. A submodule is its own repository.
///
/// Only the folder decides: `GIT_DIR` and its like in the environment count for nothing. `Ok(None)` means that there is
/// no repository at `start` nor above it, up to the border of the file system, as git has it.
///
/// # Errors
/// [`GitError::Owner`] for another user's repository, [`GitError::Unsupported`] for a bare repository inside another
/// one's work tree, and for a format that libgit2 cannot open (SHA-256, reftable) where there is no `git` program,
/// [`GitError::Failed`] if `start` does not exist or the repository is broken.
pub fn discover(start: &Path) -> Result<Option<Place>, GitError> {
    Ok(find(start)?.map(|found| found.place))
}

/// An open repository. Threads take turns in it.
pub struct Repository {
    /// Nothing for a format that it cannot open.
    library: Option<Library>,
    program: Program,
    place: Place,
}

impl Repository {
    /// Opens the repository that contains `start`, found as [`discover`] finds it.
    ///
    /// # Errors
    /// Those of [`discover`], and [`GitError::NotARepository`].
    pub fn open(start: &Path) -> Result<Self, GitError> {
        find(start)?.ok_or_else(|| GitError::NotARepository { path: start.to_owned() })
    }

    /// Where the repository lies.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The program in this repository.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Asks the library, and the program where the library has no answer that is surely git's. Without a program what
    /// the library says has to do.
    fn ask<T>(
        &self,
        library: impl Fn(&Library, Asked) -> Result<Option<T>, VcsError>,
        program: impl FnOnce(&Program) -> Result<T, Trouble>,
    ) -> Result<T, VcsError> {
        let first = self.library.as_ref().map(|opened| library(opened, Asked::First));
        if let Some(Ok(Some(answer))) = first {
            return Ok(answer);
        }
        match program(&self.program) {
            Ok(answer) => return Ok(answer),
            Err(Trouble::Vcs(error)) => return Err(error),
            Err(Trouble::Absent) => {}
        }
        match (first, &self.library) {
            (Some(Err(error)), _) => return Err(error),
            (_, Some(opened)) => {
                if let Some(answer) = library(opened, Asked::Alone)? {
                    return Ok(answer);
                }
            }
            (_, None) => {}
        }
        let path = self.place.work_tree.as_ref().unwrap_or(&self.place.git_dir).clone();
        Err(GitError::Unsupported { path, reason: without_program("libgit2 does not know its format") })
    }
}

impl Repository {
    fn resolve(&self, revision: &str) -> Result<String, VcsError> {
        self.ask(|library, _| library.resolve(revision), |program| program.resolve(revision))
    }

    fn compare(&self, from: Option<&str>, to: Option<&str>) -> Result<Diff, VcsError> {
        self.ask(|library, asked| library.compare(from, to, asked), |program| program.compare(from, to))
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("place", &self.place).finish_non_exhaustive()
    }
}

impl VersionControl for Repository {
    fn head(&self) -> Result<Head, VcsError> {
        self.ask(Library::head, Program::head)
    }

    fn commits_since(&self, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, VcsError> {
        self.ask(
            |library, asked| library.commits_since(base, limit, asked),
            |program| program.commits_since(base, limit),
        )
    }

    fn status(&self) -> Result<Status, VcsError> {
        self.ask(Library::status, Program::status)
    }

    fn diff(&self, from: Before<'_>, to: After<'_>) -> Result<Diff, VcsError> {
        let from = match from {
            Before::Nothing => None,
            Before::Commit(revision) => Some(self.resolve(revision)?),
        };
        let to = match to {
            After::WorkTree if self.place.work_tree.is_none() => {
                let reason = "it is bare, it has no files to compare".to_owned();
                return Err(VcsError::Unsupported { path: self.place.git_dir.clone(), reason });
            }
            After::WorkTree => None,
            After::Commit(revision) => Some(self.resolve(revision)?),
        };
        self.compare(from.as_deref(), to.as_deref())
    }

    fn commit(&self, revision: &str) -> Result<Commit, VcsError> {
        self.ask(|library, asked| library.commit(revision, asked), |program| program.commit(revision))
    }

    fn commit_diff(&self, revision: &str) -> Result<Diff, VcsError> {
        let Family { commit, parent } =
            self.ask(|library, asked| library.family(revision, asked), |program| program.family(revision))?;
        self.compare(parent.as_deref(), Some(&commit))
    }
}

fn without_program(reason: &str) -> String {
    format!("{reason}; only the `git` program can read it, and there is none")
}

fn find(start: &Path) -> Result<Option<Repository>, GitError> {
    // Links are resolved before the way up, as a shell's child would see its own folder.
    let start = std::fs::canonicalize(start)
        .map_err(|source| GitError::Failed { doing: "find the folder to start from", source: Box::new(source) })?;
    let start = if start.is_dir() { start.as_path() } else { start.parent().unwrap_or(&start) };
    let (library, program) = match open::find(start) {
        Ok(None) => return Ok(None),
        Ok(Some(found)) => {
            let place = open::place(&found)?;
            (Some(Library::new(found, place.clone())), Program::at(&place))
        }
        Err(GitError::Unsupported { path, reason }) => match Program::find(start) {
            Ok(program) => (None, program),
            Err(Trouble::Absent) => return Err(GitError::Unsupported { path, reason: without_program(&reason) }),
            Err(Trouble::Vcs(error @ GitError::Owner { .. })) => return Err(error),
            // Git does not know the format either.
            Err(Trouble::Vcs(_)) => return Err(GitError::Unsupported { path, reason }),
        },
        Err(error) => return Err(error),
    };
    let place = program.place().clone();
    if place.work_tree.is_none() && inside_another(&place.git_dir)? {
        let reason = "it is a bare repository inside the work tree of another one".to_owned();
        return Err(GitError::Unsupported { path: place.git_dir, reason });
    }
    Ok(Some(Repository { library, program, place }))
}

/// Whether a bare repository lies in somebody's work tree, where anyone may have put it.
fn inside_another(git_dir: &Path) -> Result<bool, GitError> {
    let Some(above) = git_dir.parent() else { return Ok(false) };
    match open::find(above) {
        Ok(found) => Ok(found.is_some_and(|found| found.workdir().is_some())),
        Err(GitError::Unsupported { .. } | GitError::Owner { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
