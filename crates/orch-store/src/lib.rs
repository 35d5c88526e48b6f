//! The store of orch: adapters of the storage ports, over SeaORM for databases and over plain files for artifacts.
//! Makes no decision about tasks or sessions; those are the core's.

mod archive;
mod artifact;
mod batch;
mod bug;
mod change;
mod code;
mod connection;
mod entity;
mod error;
mod event;
pub mod folder;
mod health;
mod index;
mod inspect;
mod load;
mod log;
mod month;
mod plan;
mod pool;
mod postgres;
mod retry;
mod scratch;
mod search;
mod session;
mod sprint;
mod sqlite;
mod store;
mod task;
pub mod transfer;
mod write;

pub use archive::{ArchiveError, Archived};
pub use health::Health;
pub use month::Month;
pub use postgres::PostgresOptions;
pub use scratch::{Scratch, sync_folder};
pub use sqlite::{Existing, Restored, SqliteOptions};
pub use store::{Created, SqlStore};
