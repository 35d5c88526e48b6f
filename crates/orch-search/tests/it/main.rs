//! Tests of context search over the store in memory: transcripts, and what is so whatever is typed.

mod property;
mod search;
mod support;
