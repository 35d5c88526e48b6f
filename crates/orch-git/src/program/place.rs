//! Where a repository lies, as the `git` program says.

use std::path::{Path, PathBuf};

use super::{Program, Trouble, command, os_string, refusal, run};
use crate::repo::Place;

const DOING: &str = "find the repository";

impl Program {
    /// Finds the repository that contains this folder.
    pub(crate) fn find(folder: &Path) -> Result<Self, Trouble> {
        let ask = |argument| path(folder, &["rev-parse", "--path-format=absolute", argument]);
        let git_dir = ask("--git-dir")?;
        let common_dir = ask("--git-common-dir")?;
        let bare = ask("--is-bare-repository")? == Path::new("true");
        let work_tree = if bare { None } else { ask("--show-toplevel").ok().or_else(|| around(&git_dir)) };
        let main_work_tree = if git_dir == common_dir {
            work_tree.clone()
        } else {
            let list = path(folder, &["worktree", "list", "--porcelain", "-z"]).ok();
            list.and_then(|list| main(&list)).filter(|main| leads_to(main, &common_dir))
        };
        Ok(Self::at(&Place { work_tree, main_work_tree, git_dir, common_dir }))
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

/// What git prints in a folder, a bare repository's too, as a path.
fn path(folder: &Path, arguments: &[&str]) -> Result<PathBuf, Trouble> {
    let mut command = command(folder, true);
    command.args(arguments);
    let said = run(DOING, command)?;
    if said.code != Some(0) {
        return Err(refusal(DOING, folder, said.error));
    }
    Ok(PathBuf::from(os_string(said.out.strip_suffix(b"\n").unwrap_or(&said.out))))
}

/// The work tree of whoever stands in the git folder.
fn around(git_dir: &Path) -> Option<PathBuf> {
    git_dir.parent().filter(|_| git_dir.file_name().is_some_and(|name| name == ".git")).map(Path::to_owned)
}

/// The first entry of the list, unless it is a bare repository.
fn main(list: &Path) -> Option<PathBuf> {
    let list = list.as_os_str().as_encoded_bytes();
    let mut lines = list.split(|&byte| byte == 0).take_while(|line| !line.is_empty());
    let first = lines.next()?.strip_prefix(b"worktree ")?;
    (!lines.any(|line| line == b"bare")).then(|| PathBuf::from(os_string(first)))
}

fn leads_to(work_tree: &Path, git_dir: &Path) -> bool {
    let ask = |argument| path(work_tree, &["rev-parse", "--path-format=absolute", argument]).ok();
    ask("--git-dir").as_deref() == Some(git_dir) && ask("--show-toplevel").as_deref() == Some(work_tree)
}
