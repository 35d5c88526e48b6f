//! Which project a command is about: the nearest `.orch`, or the one of the git work tree. Creates nothing.

use std::path::{Path, PathBuf};

#[cfg(unix)]
use crate::config::environment;
use crate::error::CliError;

/// The name of the folder that makes a folder a project.
pub(crate) const FOLDER: &str = ".orch";

/// A project: the folder whose `.orch` holds the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    /// The folder that `.orch` is in.
    pub(crate) root: PathBuf,
}

impl Project {
    /// The folder `.orch`.
    pub(crate) fn orch_dir(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// The project of `start`: the nearest folder upwards with `.orch`, where a linked work tree shares the store of its
    /// main one; else the work tree of git that has one.
    pub(crate) fn find(start: &Path) -> Result<Option<Self>, CliError> {
        let nearest = start.ancestors().find(|folder| folder.join(FOLDER).symlink_metadata().is_ok());
        if let Some(root) = nearest {
            check_folder(&root.join(FOLDER))?;
            // a linked work tree has its own copy of the tracked files in .orch, but not the store
            if root.join(".git").is_file()
                && let Some(main) = main_work_tree(root)?
                && main != root
                && main.join(FOLDER).is_dir()
            {
                return Self::at(main).map(Some);
            }
            return Ok(Some(Self { root: root.to_owned() }));
        }
        match main_work_tree(start)? {
            Some(main) if main.join(FOLDER).symlink_metadata().is_ok() => Self::at(main).map(Some),
            _ => Ok(None),
        }
    }

    /// Where `orch init` makes the project of `start`: an existing one, else git's work tree, else the folder itself.
    pub(crate) fn place(start: &Path) -> Result<Self, CliError> {
        match Self::find(start)? {
            Some(project) => Ok(project),
            None => Ok(Self { root: main_work_tree(start)?.unwrap_or_else(|| start.to_owned()) }),
        }
    }

    /// The folder with the sources that somebody at `start` works on. A linked work tree of git shares the store of its main
    /// one, but has sources and a HEAD of its own, also where it lies inside of the main one.
    pub(crate) fn sources(&self, start: &Path) -> PathBuf {
        let below = start.ancestors().take_while(|folder| *folder != self.root);
        // whatever cannot be read tells its reason to whoever reads it
        let is_linked = |folder: &&Path| {
            folder.join(".git").is_file() && main_work_tree(folder).is_ok_and(|main| main.as_ref() == Some(&self.root))
        };
        let fallback = if start.starts_with(&self.root) { &self.root } else { start };
        below.into_iter().find(is_linked).unwrap_or(fallback).to_owned()
    }

    /// A project that this one lies in.
    pub(crate) fn above(&self) -> Option<&Path> {
        self.root.ancestors().skip(1).find(|folder| folder.join(FOLDER).is_dir())
    }

    fn at(root: PathBuf) -> Result<Self, CliError> {
        check_folder(&root.join(FOLDER))?;
        Ok(Self { root })
    }
}

fn main_work_tree(start: &Path) -> Result<Option<PathBuf>, CliError> {
    match orch_git::discover(start) {
        Ok(place) => Ok(place.and_then(|place| place.main_work_tree.or(place.work_tree))),
        // what libgit2 cannot read is no reason to refuse a project: its folder decides
        Err(orch_git::GitError::Unsupported { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn check_folder(path: &Path) -> Result<(), CliError> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => check_owner(path, &meta),
        Ok(_) => Err(CliError::refused(format!("{} is not a folder (links are not followed)", path.display()))
            .hint("remove it, then run: orch init")),
        Err(error) => Err(CliError::io("read", path, &error)),
    }
}

/// Whoever owns the folder decides which server is asked and what is kept of secrets, so it must be whoever runs the program:
/// anybody may put an `.orch` into a folder above that all can write to, such as `/tmp`.
#[cfg(unix)]
fn check_owner(path: &Path, meta: &std::fs::Metadata) -> Result<(), CliError> {
    let owner = std::os::unix::fs::MetadataExt::uid(meta);
    let runs = rustix::process::geteuid();
    let named = |variable: &str| -> Result<bool, CliError> {
        Ok(environment(variable)?.and_then(|value| value.parse().ok()) == Some(owner))
    };
    // as git does: whoever became root with sudo goes on with their own projects
    if owner == runs.as_raw() || named("ORCH_TRUSTED_OWNER")? || (runs.is_root() && named("SUDO_UID")?) {
        return Ok(());
    }
    Err(CliError::refused(format!("{} belongs to another user (number {owner})", path.display()))
        .hint(format!("if you trust that user with your work, run it with ORCH_TRUSTED_OWNER={owner}")))
}

#[cfg(not(unix))]
fn check_owner(_path: &Path, _meta: &std::fs::Metadata) -> Result<(), CliError> {
    Ok(())
}
