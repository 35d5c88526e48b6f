//! Bugs: from the text of an error to its template, place, type and fingerprint, and what is recorded under it. No I/O.

mod byte;
pub mod classify;
mod clean;
pub mod custom;
pub mod decide;
pub mod explain;
pub mod fact;
pub mod fingerprint;
mod function;
pub mod keys;
pub mod normalize;
pub mod output;
mod path;
pub mod record;
pub mod report;
mod scan;
mod site;
pub mod source;
pub mod stack;
pub mod token;
mod words;

pub use classify::{Classification, ErrorType};
pub use custom::{CustomRules, RuleError};
pub use decide::BugDraft;
pub use explain::{Difference, Explanation};
pub use fact::{BugAction, StoredReport};
pub use fingerprint::{Fingerprint, Fingerprinter, Part, PartName, VERSION};
pub use keys::Keys;
pub use record::{Bug, BugStatus, Note, fold_bug};
pub use report::Report;
pub use source::SourcePlace;

#[cfg(test)]
mod tests;
