//! The store of orch: adapters of the storage ports, over SeaORM for databases and over plain files for artifacts.
//! Makes no decision about tasks or sessions; those are the core's.

mod artifact;
mod code;
mod connect;
mod entity;
mod error;
mod event;
pub mod folder;
mod inspect;
mod load;
mod session;
mod sprint;
mod task;
mod upgrade;
mod write;

pub use connect::{Created, SqlStore, SqliteOptions};
