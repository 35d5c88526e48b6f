//! Promises that need a room of their own. No test is in here.

use super::Sandbox;

mod failure;
mod hostile;
mod option;
mod shown;
mod stream;
mod world;
