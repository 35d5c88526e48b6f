//! Context search. So far the first step of it: text and queries are cut into the same tokens. Opens no database.

mod token;

pub use token::{Token, tokens};
