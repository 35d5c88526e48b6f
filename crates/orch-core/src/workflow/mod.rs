//! Workflow templates: their model, how they are read, and what is wrong with them.

mod artifact;
mod builtin;
mod check;
mod hook;
mod keys;
mod model;
mod parse;
mod schema;

pub use artifact::{ArtifactPattern, ArtifactSpec, Artifacts, InvalidPattern};
pub use builtin::{BUILTIN, Builtin, artifact_template, builtin};
pub use hook::{Hook, Hooks, UnknownHook};
pub use model::{Phase, Settings, Validation, Workflow};
pub use schema::json_schema;

pub use crate::yaml::{Fault, Faults, Position};
