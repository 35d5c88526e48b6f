//! The `git` program, called to stage and to commit: with the user's settings, hooks, filters, identity and signature. It
//! asks nobody anything. What its answers mean for an order is not decided here.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use orch_core::vcs::{RepoPath, VcsError};

use super::{Program, REMOVED, Trouble, line, os_string};

/// How long git waits for a reference that somebody else is writing, in milliseconds.
const REFERENCE_LOCK: &str = "core.filesRefLockTimeout=2000";

/// The most bytes of what git and hooks said that are kept.
const SAID: u64 = 16_384;

/// Paths for git's standard input.
#[derive(Clone, Copy)]
pub(crate) struct Paths<'a>(pub(crate) &'a [RepoPath]);

/// How a call ended.
pub(crate) struct Wrote {
    /// Whether git says that all went well.
    pub(crate) well: bool,
    /// Whether a signal ended it, so that it may have left its locks behind.
    pub(crate) killed: bool,
    /// What it printed, at most its end.
    pub(crate) out: String,
    /// What it and the hooks had to say, at most its end.
    pub(crate) error: String,
}

impl Program {
    /// Why git would not know who commits, in its own words; `None` where it does. It invents nobody.
    pub(crate) fn unknown_identity(&self) -> Result<Option<String>, Trouble> {
        for name in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            let wrote = self.write("ask git who commits", &["var", name], None, None)?;
            if !wrote.well {
                let fatal = wrote.error.lines().find_map(|line| line.strip_prefix("fatal: "));
                return Ok(Some(fatal.unwrap_or(wrote.error.as_str()).to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether git knows a file of that name, or one below it.
    pub(crate) fn knows(&self, name: &RepoPath) -> Result<bool, Trouble> {
        let name = os_string(name.as_bytes());
        let arguments = [OsStr::new("ls-files"), OsStr::new("-z"), OsStr::new("--"), &name];
        Ok(!self.read("look for a file in the index", &arguments)?.is_empty())
    }

    /// Fills an index of its own with HEAD's files.
    pub(crate) fn read_head(&self, index: &Path, unborn: bool) -> Result<Wrote, Trouble> {
        let tree = if unborn { "--empty" } else { "HEAD" };
        self.write("read HEAD into an index", &["-c", "core.hooksPath=/dev/null", "read-tree", tree], Some(index), None)
    }

    /// Stages these paths in an index of its own. No hook is run.
    pub(crate) fn try_staging(&self, index: &Path, paths: Paths<'_>) -> Result<Wrote, Trouble> {
        let arguments = ["-c", "core.hooksPath=/dev/null", "add", "--all", FROM_FILE, NUL];
        self.write("try what would be committed", &arguments, Some(index), Some(paths))
    }

    /// Whether an index has anything that HEAD has not.
    pub(crate) fn differs_from_head(&self, index: &Path) -> Result<bool, Trouble> {
        let arguments = ["diff", "--cached", "--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none"];
        Ok(!self.write("compare an index with HEAD", &arguments, Some(index), None)?.well)
    }

    /// Stages changes, removals and new files at these paths.
    pub(crate) fn stage(&self, paths: Paths<'_>) -> Result<Wrote, Trouble> {
        self.write("stage files", &["add", "--all", FROM_FILE, NUL], None, Some(paths))
    }

    /// Makes new files known without their content.
    pub(crate) fn announce(&self, paths: Paths<'_>) -> Result<Wrote, Trouble> {
        self.write("stage files", &["add", "--intent-to-add", FROM_FILE, NUL], None, Some(paths))
    }

    /// Commits. `which` says how `paths` are meant.
    pub(crate) fn make_commit(&self, message: &str, which: Option<(&str, Paths<'_>)>) -> Result<Wrote, Trouble> {
        let mut arguments = vec!["commit", "--cleanup=whitespace", "-m", message];
        if let Some((which, _)) = which {
            arguments.extend([which, FROM_FILE, NUL]);
        }
        self.write("commit", &arguments, None, which.map(|(_, paths)| paths))
    }

    fn write(
        &self,
        doing: &'static str,
        arguments: &[&str],
        index: Option<&Path>,
        paths: Option<Paths<'_>>,
    ) -> Result<Wrote, Trouble> {
        let failed = |source: std::io::Error| Trouble::Vcs(VcsError::Failed { doing, source: Box::new(source) });
        // Files, not pipes: what a hook leaves running may keep them open for ever.
        let (mut out, mut error) = (file().map_err(failed)?, file().map_err(failed)?);
        let mut command = Command::new("git");
        for name in REMOVED {
            command.env_remove(name);
        }
        command
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .env("LANGUAGE", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .stdin(paths.map_or_else(|| Ok(Stdio::null()), Paths::input).map_err(failed)?)
            .stdout(out.try_clone().map_err(failed)?)
            .stderr(error.try_clone().map_err(failed)?)
            .arg("--no-pager");
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        if let Some(git_dir) = &self.git_dir {
            command.arg("--git-dir").arg(git_dir);
        }
        // an index of orch's own is soon gone
        let durable = if index.is_some() { "core.fsync=none".to_owned() } else { self.durable()? };
        let settings = [
            durable.as_str(),
            "core.fsyncMethod=fsync",
            REFERENCE_LOCK,
            "i18n.commitEncoding=UTF-8",
            "user.useConfigOnly=true",
            "core.quotePath=true",
        ];
        for setting in settings {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        let status = match command.status() {
            Ok(status) => status,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.folder.is_dir() => {
                return Err(Trouble::Absent);
            }
            Err(error) => return Err(failed(error)),
        };
        let (out, error) = (end_of(&mut out).map_err(failed)?, end_of(&mut error).map_err(failed)?);
        Ok(Wrote { well: status.success(), killed: status.code().is_none(), out, error })
    }

    /// What the user has written durably, and what a commit needs, too.
    fn durable(&self) -> Result<String, Trouble> {
        let said = self.ask("read a setting", &["config", "--get", "core.fsync"], &[])?;
        let own = if said.code == Some(0) { line(&said.out) + "," } else { String::new() };
        Ok(format!("core.fsync={own}committed,reference"))
    }
}

const FROM_FILE: &str = "--pathspec-from-file=-";
const NUL: &str = "--pathspec-file-nul";

impl Paths<'_> {
    /// Each path as it is, seen from the top; none is a pattern. They are literal one by one, as the option that makes all
    /// of them so would reach the hooks.
    fn input(self) -> std::io::Result<Stdio> {
        let mut input = file()?;
        for path in self.0 {
            input.write_all(b":(top,literal)")?;
            input.write_all(path.as_bytes())?;
            input.write_all(b"\0")?;
        }
        input.seek(SeekFrom::Start(0))?;
        Ok(input.into())
    }
}

fn file() -> std::io::Result<File> {
    tempfile::tempfile()
}

fn end_of(file: &mut File) -> std::io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(SAID)))?;
    let mut bytes = Vec::new();
    file.take(SAID).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
