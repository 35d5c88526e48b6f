//! What version control says, as JSON documents and as lines for people. Paths that are not UTF-8 get a twin in base64.

use orch_core::vcs::{Diff, RepoPath, Status};
use serde_json::{Value, json};

use super::printer::visible_line;
use super::view::base64;

/// A path for people.
pub(crate) fn path(path: &RepoPath) -> String {
    visible_line(&path.text())
}

/// An entry of an untracked file.
pub(crate) fn untracked(path: &RepoPath) -> Value {
    entry(path, "untracked", None)
}

fn entry(path: &RepoPath, status: &str, old_path: Option<&RepoPath>) -> Value {
    let mut document = json!({"path": path.text(), "status": status});
    if !path.is_utf8() {
        document["path_b64"] = json!(base64(path.as_bytes()));
    }
    if let Some(old) = old_path {
        document["old_path"] = json!(old.text());
        if !old.is_utf8() {
            document["old_path_b64"] = json!(base64(old.as_bytes()));
        }
    }
    document
}

/// The state of a repository.
pub(crate) fn status(status: &Status) -> Value {
    let entries = |entries: &[orch_core::vcs::StatusEntry]| -> Vec<Value> {
        entries.iter().map(|of| entry(&of.path, of.status.as_str(), of.old_path.as_ref())).collect()
    };
    json!({
        "branch": status.branch,
        "head": status.head,
        "detached": status.detached,
        "unborn": status.unborn,
        "bare": status.bare,
        "shallow": status.shallow,
        "operation": status.operation.map(orch_core::vcs::Operation::as_str),
        "upstream": status.upstream,
        "ahead": status.ahead,
        "behind": status.behind,
        "staged": entries(&status.staged),
        "unstaged": entries(&status.unstaged),
        "untracked": status.untracked.iter().map(untracked).collect::<Vec<_>>(),
        "conflicted": status.conflicted.iter().map(|of| entry(&of.path, of.status.as_str(), None)).collect::<Vec<_>>(),
    })
}

/// A comparison.
pub(crate) fn diff(diff: &Diff) -> Value {
    let files: Vec<Value> = diff
        .files
        .iter()
        .map(|file| {
            let mut document = entry(&file.path, file.kind.as_str(), file.old_path.as_ref());
            document["insertions"] = json!(file.insertions);
            document["deletions"] = json!(file.deletions);
            document["binary"] = json!(file.binary);
            document
        })
        .collect();
    json!({
        "files_changed": diff.files_changed,
        "insertions": diff.insertions,
        "deletions": diff.deletions,
        "summary": diff.summary(),
        "files": files,
    })
}

/// The files of a comparison, one a line, with git's letters.
pub(crate) fn files(diff: &Diff) -> String {
    diff.files.iter().fold(String::new(), |text, file| {
        let from = file.old_path.as_ref().map(|old| format!("{} -> ", path(old))).unwrap_or_default();
        text + &format!("{} {from}{}\n", file.kind.letter(), path(&file.path))
    })
}
