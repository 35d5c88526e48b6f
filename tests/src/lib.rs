//! Real servers for the tests of every package, started by the tests themselves, and what makes programs fail. Never a part of
//! the program.
//!
//! Other packages name this one as a dev-dependency:
//!
//! ```no_run
//! let Some(database) = orch_tests::postgres::database() else { return };
//! assert_eq!(database.sql("SELECT 1"), "1");
//! ```
//!
//! Where a server is not installed, the answer is `None` and standard error says what was left out. With
//! `ORCH_TESTS_SERVERS=required` in the environment, as in `scripts/test`, that is a failure instead.

#![expect(clippy::missing_panics_doc, reason = "a test ends where something that it needs does not work")]

mod machine;
pub mod pgbouncer;
pub mod postgres;
pub mod power;
pub mod proxy;
pub mod redis;
pub mod strace;
pub mod stranger;
