//! Git for orch: finds repositories and reads them, in process where libgit2 answers as git does, else through the `git`
//! program. Reading writes nothing, and runs no program that a repository names. Commits are made by the `git` program
//! alone, as the user would make them.

mod commit;
mod message;
mod operation;
mod program;
mod repo;

pub use orch_core::vcs::VcsError as GitError;
pub use repo::{Place, Repository, discover};
