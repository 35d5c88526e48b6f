//! Each situation that a repository can be in, made by git, and everything that orch-git says of it compared with git:
//! once as it is, and once where no `git` program can be found.

mod content;
mod history;
mod index;
mod names;
mod operations;
mod places;

use orch_core::vcs::{After, Before, VersionControl};
use orch_git::Repository;

use crate::git::differences;
use crate::sandbox::{Sandbox, isolated};

/// What is said where there is no program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// The same.
    Equal,
    /// Something else, or an error. The library does not do what git does.
    NeedsGit,
}

/// Runs one situation. `name` is the test's full path; `folders` are compared, each with the operation it is in.
fn hold(name: &str, program: bool, alone: Alone, folders: &[(&str, Option<&str>)], build: fn(&Sandbox)) {
    let name = name.split_once("::").expect("a crate").1;
    isolated(name, program, |sandbox| {
        build(sandbox);
        let mut found = Vec::new();
        for (folder, operation) in folders {
            assert_writes_nothing(sandbox, folder);
            found.extend(differences(sandbox, folder, *operation));
        }
        if program || alone == Alone::Equal {
            assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
        } else {
            assert!(!found.is_empty(), "the library says the same as git, so the table is out of date");
        }
    });
}

/// Git's own commands refresh the index; reading must not.
fn assert_writes_nothing(sandbox: &Sandbox, folder: &str) {
    let index = sandbox.path(folder).join(".git/index");
    let before = std::fs::read(&index).ok();
    let Ok(repository) = Repository::open(&sandbox.path(folder)) else { return };
    let _ = (repository.status(), repository.diff(Before::Commit("HEAD"), After::WorkTree));
    assert!(before == std::fs::read(&index).ok(), "the index was written");
}

/// A situation, as two tests: `with_git` and `alone`.
macro_rules! situation {
    ($name:ident, $alone:ident, [$($folder:expr),*], $build:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "not every situation needs them")]
            use super::*;
            const FOLDERS: &[(&str, Option<&str>)] = &[$($folder),*];
            #[test]
            fn with_git() {
                let name = concat!(module_path!(), "::with_git");
                crate::corpus::hold(name, true, crate::corpus::Alone::$alone, FOLDERS, $build);
            }
            #[test]
            fn alone() {
                let name = concat!(module_path!(), "::alone");
                crate::corpus::hold(name, false, crate::corpus::Alone::$alone, FOLDERS, $build);
            }
        }
    };
}
use situation;

/// Lines that differ from each other.
fn lines(name: &str, count: usize) -> String {
    (0..count).map(|number| format!("{name} line {number} of {count}\n")).collect()
}

/// A repository with a few files and one commit.
fn start(sandbox: &Sandbox, folder: &str) {
    sandbox.init(folder);
    for name in ["a", "b", "c", "dir/d", "dir/e", "dir/deep/f"] {
        sandbox.write(&format!("{folder}/{name}"), lines(name, 20));
    }
    sandbox.commit_all(folder, "start");
}
