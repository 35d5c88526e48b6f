//! What is printed: the printer, the JSON documents and the texts for people.

pub(crate) mod brief;
pub(crate) mod file;
pub(crate) mod log;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod repository;
pub(crate) mod text;
pub(crate) mod token;
pub(crate) mod view;
