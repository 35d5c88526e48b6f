//! The rules of orch: phases, gates, sessions, tasks and the ports they need. Pure: no I/O, no clock, no randomness.

pub mod artifact;
pub mod bug;
pub mod changes;
pub mod clock;
pub mod code;
pub mod draft;
pub mod event;
pub mod fold;
pub mod gate;
pub mod import;
pub mod instructions;
pub mod machine;
pub mod operation;
pub mod pull_request;
pub mod redact;
pub mod refusal;
pub mod search;
pub mod service;
pub mod session;
pub mod sprint;
pub mod store;
pub mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vcs;
pub mod visible;
pub mod workflow;
pub mod yaml;
