//! Bugs as the rules see them: from the text of an error to its template, place, type and fingerprint. No I/O, no store.

mod byte;
pub mod classify;
mod clean;
pub mod custom;
pub mod explain;
pub mod fingerprint;
mod function;
pub mod normalize;
mod path;
pub mod report;
mod scan;
mod site;
pub mod source;
pub mod stack;
pub mod token;
mod words;

pub use classify::{Classification, ErrorType};
pub use custom::{CustomRules, RuleError};
pub use explain::{Difference, Explanation};
pub use fingerprint::{Fingerprint, Fingerprinter, Part, PartName, VERSION};
pub use report::Report;
pub use source::SourcePlace;

#[cfg(test)]
mod tests;
