//! Repositories made by the git program, read by orch-git, and compared with what git says. Uses no network.
#![cfg(test)]

mod corpus;
mod formats;
mod git;
mod history;
mod repository;
mod sandbox;
