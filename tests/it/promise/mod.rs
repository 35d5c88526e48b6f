//! Promises that need a room of their own. `docs/promises.md` lists all of them with their tests, here and elsewhere. No test is
//! in here.

use super::{Engine, Sandbox};

mod clock;
mod session;
mod soak;
