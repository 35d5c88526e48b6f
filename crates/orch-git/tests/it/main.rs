//! Repositories made by the git program, read by orch-git, and compared with what git says. Uses no network.
#![cfg(test)]

mod commit;
mod corpus;
mod formats;
mod git;
mod history;
mod programs;
mod random;
mod repository;
mod revision;
mod sandbox;
