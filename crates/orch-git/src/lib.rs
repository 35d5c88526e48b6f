//! Git for orch: finds repositories and reads them in process. Writes nothing and runs no program.

mod message;
mod repo;

pub use orch_core::vcs::VcsError as GitError;
pub use repo::{Place, Repository, discover};
