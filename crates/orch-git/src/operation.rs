//! What git left behind of work that is not finished, by the files in its folder. Knows no library and no program.

use std::path::Path;

use orch_core::vcs::Operation;

/// The operation that the files of this work tree's git folder tell of, looked for in git's own order.
pub(crate) fn in_progress(git_dir: &Path) -> Option<Operation> {
    let there = |name: &str| git_dir.join(name).exists();
    if there("rebase-apply/applying") {
        return Some(Operation::Am);
    }
    if there("rebase-apply") || there("rebase-merge") {
        return Some(Operation::Rebase);
    }
    if there("MERGE_HEAD") {
        return Some(Operation::Merge);
    }
    if there("CHERRY_PICK_HEAD") {
        return Some(Operation::CherryPick);
    }
    if there("REVERT_HEAD") {
        return Some(Operation::Revert);
    }
    // Between two commits of a series only the list of what is left tells what it is.
    if let Some(operation) = sequence(git_dir) {
        return Some(operation);
    }
    there("BISECT_LOG").then_some(Operation::Bisect)
}

fn sequence(git_dir: &Path) -> Option<Operation> {
    let todo = std::fs::read(git_dir.join("sequencer/todo")).ok()?;
    let word = todo.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())?;
    match word {
        b"pick" | b"p" => Some(Operation::CherryPick),
        b"revert" => Some(Operation::Revert),
        _ => None,
    }
}
