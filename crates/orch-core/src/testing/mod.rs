//! For whoever tests against orch: values, a store in memory and the suite that every store passes. Not for production.

pub mod clock;
pub mod conformance;
pub mod fixture;
pub mod memory;

pub use clock::StepClock;
pub use memory::MemoryStore;
