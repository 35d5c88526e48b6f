//! orch-store

pub mod folder;
