//! The `git` program, called with fixed flags and a cleaned environment, never through a shell. Whatever reads runs nothing
//! that the repository's configuration names; `write` alone writes, and runs what the user's own git would run.

mod commit;
mod diff;
mod filter;
mod place;
mod status;
mod write;

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use orch_core::vcs::VcsError;

use crate::repo::Place;
pub(crate) use write::{Paths, Wrote};

/// What would let something else than the folder decide: `git rev-parse --local-env-vars`, and what changes answers.
const REMOVED: [&str; 31] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_ATTR_SOURCE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_NAMESPACE",
    "GIT_REF_PARANOIA",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_TRACE",
    "GIT_TRACE_SETUP",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
];

/// What makes answers independent of the user's settings, and keeps git from running others' programs.
const SETTINGS: [&str; 11] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "diff.algorithm=myers",
    // It would write the index, whatever `GIT_OPTIONAL_LOCKS` says.
    "diff.autoRefreshIndex=false",
    "diff.relative=false",
    "diff.renameLimit=1000",
    "diff.renames=true",
    "log.showSignature=false",
    "status.renameLimit=1000",
    "status.renames=true",
];

/// Why the program gave no answer.
pub(crate) enum Trouble {
    /// There is no such program.
    Absent,
    /// It refused, or failed.
    Vcs(VcsError),
}

impl From<VcsError> for Trouble {
    fn from(error: VcsError) -> Self {
        Self::Vcs(error)
    }
}

/// The program in one repository.
pub(crate) struct Program {
    folder: PathBuf,
    /// Only where the work tree has no way to it.
    git_dir: Option<PathBuf>,
    place: Place,
}

/// What the program printed and how it ended.
struct Said {
    code: Option<i32>,
    out: Vec<u8>,
    error: String,
}

impl Program {
    /// The program in the repository that lies there.
    pub(crate) fn at(place: &Place) -> Self {
        let folder = place.work_tree.clone().unwrap_or_else(|| place.git_dir.clone());
        let led_to = place.work_tree.is_none() || folder.join(".git").exists();
        Self { folder, git_dir: (!led_to).then(|| place.git_dir.clone()), place: place.clone() }
    }

    fn bare(&self) -> bool {
        self.place.work_tree.is_none()
    }

    /// Runs it and gives what it printed, if it says that all went well.
    fn read<S: AsRef<OsStr>>(&self, doing: &'static str, arguments: &[S]) -> Result<Vec<u8>, Trouble> {
        let said = self.ask(doing, arguments, &[])?;
        if said.code == Some(0) { Ok(said.out) } else { Err(refusal(doing, &self.folder, said.error)) }
    }

    /// Runs it with further settings and gives what it printed, however it ended.
    fn ask<S: AsRef<OsStr>>(
        &self,
        doing: &'static str,
        arguments: &[S],
        settings: &[(OsString, OsString)],
    ) -> Result<Said, Trouble> {
        let mut command = command(&self.folder, self.bare());
        if let Some(git_dir) = &self.git_dir {
            command.arg("--git-dir").arg(git_dir);
        }
        for (number, (key, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        if !settings.is_empty() {
            command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        }
        command.args(arguments);
        run(doing, command)
    }
}

/// Git in a folder, ready for its arguments.
fn command(folder: &Path, bare: bool) -> Command {
    let mut command = Command::new("git");
    for name in REMOVED {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("LANGUAGE", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .stdin(Stdio::null())
        .arg("--no-pager");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(["-c", if bare { "safe.bareRepository=all" } else { "safe.bareRepository=explicit" }]);
    command
}

fn run(doing: &'static str, mut command: Command) -> Result<Said, Trouble> {
    match command.output() {
        Ok(output) => Ok(Said {
            code: output.status.code(),
            out: output.stdout,
            error: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
        }),
        // A folder that is gone is not found either.
        Err(error) if error.kind() == ErrorKind::NotFound && command.get_current_dir().is_some_and(Path::is_dir) => {
            Err(Trouble::Absent)
        }
        Err(source) => Err(VcsError::Failed { doing, source: Box::new(source) }.into()),
    }
}

/// What git's refusal means.
fn refusal(doing: &'static str, folder: &Path, error: String) -> Trouble {
    if error.contains("dubious ownership") {
        let path = folder.ancestors().find(|above| above.join(".git").exists()).unwrap_or(folder).to_owned();
        return VcsError::Owner { path }.into();
    }
    VcsError::Failed { doing, source: error.into() }.into()
}

/// An answer that is not as git documents it.
fn unexpected(doing: &'static str) -> Trouble {
    VcsError::Failed { doing, source: "git's answer was not understood".into() }.into()
}

/// One line without its end, as text.
fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(bytes)).into_owned()
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_calls_local_is_removed() {
        let output = Command::new("git").args(["rev-parse", "--local-env-vars"]).output().unwrap();
        for name in String::from_utf8(output.stdout).unwrap().lines() {
            assert!(REMOVED.contains(&name), "{name}");
        }
    }
}
