//! Context search: finds and ranks events over the index that a store keeps. Opens no database.

pub mod cache;
mod document;
mod engine;
mod expansion;
mod group;
mod matcher;
mod plan;
mod query;
mod ranking;
mod score;
mod snippet;
mod stop;

pub use engine::ContextSearch;
pub use ranking::Ranking;
