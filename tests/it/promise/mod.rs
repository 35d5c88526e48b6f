//! Promises that need a room of their own. `docs/promises.md` lists all of them with their tests, here and elsewhere. No test is
//! in here.

use super::{Engine, Sandbox};

mod clock;
mod failure;
mod hostile;
mod network;
mod option;
mod session;
mod shown;
mod soak;
mod stream;
mod world;
