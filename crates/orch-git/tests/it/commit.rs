//! Commits made by orch-git, in each situation that git knows: what is in them, and that a refusal leaves all as it was.

mod hook;
mod refusal;
mod taken;

use std::fs;
use std::path::PathBuf;

use orch_core::vcs::{CommitOrder, Committer, KeptOut, Made, Marked, Take, VcsError};

use crate::sandbox::Sandbox;

/// A line that only one commit has.
const MARK: &str = "Orch-Operation: 01M85K3F0CB8837KXZN9FN3S9V";

fn order(take: Take) -> CommitOrder {
    CommitOrder { take, allow_detached: false, kept_out: Vec::new() }
}

fn listed(s: &Sandbox, paths: &[&str]) -> CommitOrder {
    order(Take::Paths(paths.iter().map(|path| s.path(path)).collect::<Vec<PathBuf>>()))
}

/// An order in which the folder `.orch` of `folder` is kept out.
fn keeping(s: &Sandbox, folder: &str, take: Take) -> CommitOrder {
    let kept = KeptOut { folder: s.path(folder).join(".orch"), but: vec!["config.yaml".to_owned()] };
    CommitOrder { kept_out: vec![kept], ..order(take) }
}

/// Makes a commit, as a service does: looks first, then does it.
fn make(s: &Sandbox, folder: &str, order: &CommitOrder, subject: &str) -> Result<Made, VcsError> {
    let repository = s.open(folder);
    let base = repository.check(order)?;
    let message = format!("{subject}\n\n{MARK}\n");
    repository.make(order, Marked { message: &message, mark: MARK, base: base.as_deref() })
}

/// A repository with one commit of the file `a`, and somebody who commits.
fn start(s: &Sandbox, folder: &str) {
    s.init(folder);
    identify(s, folder);
    s.write(&format!("{folder}/a"), "one\n");
    s.commit_all(folder, "start");
}

fn identify(s: &Sandbox, folder: &str) {
    s.git(folder, &["config", "user.name", "Ida"]);
    s.git(folder, &["config", "user.email", "ida@example.org"]);
}

/// Whatever a refusal must leave as it was: HEAD, references, the index to the byte, and files.
#[derive(Debug, PartialEq)]
struct State {
    head: String,
    index: Option<Vec<u8>>,
    files: Vec<(String, Vec<u8>)>,
}

fn state(s: &Sandbox, folder: &str) -> State {
    let git_dir = PathBuf::from(s.git(folder, &["rev-parse", "--absolute-git-dir"]));
    let head = s.command(folder, 0).args(["rev-parse", "--symbolic-full-name", "HEAD"]).output().expect("git runs");
    let head = String::from_utf8_lossy(&head.stdout).into_owned() + &s.git(folder, &["for-each-ref"]);
    let index = fs::read(git_dir.join("index")).ok();
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(s.path(folder))
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file")))
        .collect();
    files.sort();
    State { head, index, files }
}

/// The names in the newest commit, beside its first parent.
fn names(s: &Sandbox, folder: &str) -> Vec<String> {
    let shown = s.git(
        folder,
        &["-c", "core.quotePath=true", "show", "--format=", "--name-status", "--no-renames", "-m", "HEAD"],
    );
    shown.lines().map(|line| line.replace('\t', " ")).collect()
}

#[cfg(unix)]
fn script(s: &Sandbox, path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    let _ = s;
}

#[cfg(unix)]
fn hook(s: &Sandbox, folder: &str, name: &str, text: &str) {
    let hooks = s.git(folder, &["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
    script(s, &PathBuf::from(hooks).join(name), text);
}
