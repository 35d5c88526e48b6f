//! The tables as SeaORM sees them, one a file. No logic.

#![expect(unreachable_pub, reason = "SeaORM's derive wants these public")]

pub(crate) mod artifact;
pub(crate) mod bug;
pub(crate) mod dependency;
pub(crate) mod event;
pub(crate) mod operation;
pub(crate) mod sequence;
pub(crate) mod session;
pub(crate) mod sprint;
pub(crate) mod task;
pub(crate) mod template;
