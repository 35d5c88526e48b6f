//! The rules of orch: phases, gates, sessions, tasks and the ports they need. Pure: no I/O, no clock, no randomness.

pub mod artifact;
pub mod code;
pub mod vcs;
pub mod workflow;
