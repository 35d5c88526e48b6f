//! The tests that see orch from outside, as one binary. It holds no test itself.

#![expect(clippy::unwrap_used, reason = "a test ends where something that it needs is missing")]

mod cli;
mod concurrency;
mod lifecycle;
mod servers;
mod store;
mod support;
mod tidy;
