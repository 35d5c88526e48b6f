//! The rules of orch: phases, gates, sessions, tasks and the ports they need. Pure: no I/O, no clock, no randomness.

pub mod code;
pub mod workflow;
pub mod yaml;
