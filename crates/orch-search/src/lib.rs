//! Context search. So far its first step and its last: text and queries are cut into the same tokens, and answers are kept.
//! Opens no database.

pub mod cache;
mod token;

pub use token::{Token, tokens};
