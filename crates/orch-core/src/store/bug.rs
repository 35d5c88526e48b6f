//! The port for bugs. One write method is one transaction, over as many bugs and tasks as the decision speaks of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, ChangeError, Outcome, Page, StoreError, Window};
use crate::bug::{Bug, BugDraft, BugStatus, Keys};
use crate::code::{BugCode, InvalidName, TaskCode};
use crate::draft::Draft;
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::task::{Task, word_enum};

/// How somebody calls a bug.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BugName {
    /// By its code.
    Code(BugCode),
    /// By its hash or the beginning of it, with the version of the rules in front: `b1:0123abcd`.
    Hash(String),
}

impl BugName {
    /// The fewest digits of a hash that name a bug.
    const FEWEST: usize = 6;

    /// Reads a code, or at least six digits of a hash.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is neither.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if let Some((version, digits)) = text.split_once(':') {
            let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let fits = (Self::FEWEST..=64).contains(&digits.len()) && digits.bytes().all(is_hex);
            if fits && !version.is_empty() && version.len() <= 8 && version.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Ok(Self::Hash(text.to_owned()));
            }
        }
        BugCode::new(text).map(Self::Code).map_err(|error| InvalidName {
            kind: "bug",
            expected: "a code such as BUG-001, or a hash such as b1:0123abcd, whole or its first 6 digits or more",
            ..error
        })
    }
}

impl fmt::Display for BugName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => f.pad(code.as_str()),
            Self::Hash(hash) => f.pad(hash),
        }
    }
}

/// What a decision about bugs needs to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BugScope {
    /// Reports, by their keys: each finds the bugs it may belong to, or a code for a new one.
    pub reports: Vec<Keys>,
    /// Bugs that are called by name.
    pub names: Vec<BugName>,
    /// Tasks that the decision speaks of.
    pub tasks: BTreeSet<TaskCode>,
}

/// The state that a decision is made on, read in the transaction that will write.
#[derive(Debug, Clone)]
pub struct BugContext {
    /// The bugs of the scope: each that has the hash of a report, each open one that has its loose key, each that is named;
    /// and those that they are merged into.
    pub bugs: Vec<Bug>,
    /// A code for each report that belongs to none of them ([`crate::bug::decide::new_bugs`]), in order.
    pub codes: Vec<BugCode>,
    /// The tasks of the scope that exist, and those that the bugs stand in the way of.
    pub tasks: BTreeMap<TaskCode, Task>,
    /// The store's clock, whole microseconds; never before the last event of any bug or task here.
    pub now: DateTime<Utc>,
}

/// A decision: bugs and tasks with their new facts, and the answer. Without facts, only the answer is kept.
#[derive(Debug, Clone)]
pub struct BugChange<A> {
    /// The bugs.
    pub bugs: Vec<BugDraft>,
    /// The tasks.
    pub tasks: Vec<Draft>,
    /// What the caller is told.
    pub answer: A,
}

word_enum!(
    /// In which order bugs are listed.
    BugOrder, "order", "recent, frequent or code", {
        /// The one that was seen last comes first.
        Recent = "recent",
        /// The one that occurred most often comes first.
        Frequent = "frequent",
        /// In the order in which they were met first.
        Code = "code",
    }
);

/// Which bugs to list; what is empty or `None` does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BugFilter {
    /// Only those that were met in this task first or last, or stand in its way.
    pub task: Option<TaskCode>,
    /// One of these types.
    pub error_type: Vec<String>,
    /// One of these statuses.
    pub status: Vec<BugStatus>,
    /// Only those that occurred so often or more.
    pub min_count: Option<i64>,
    /// Only those that were seen at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those whose keys were made by another version of the rules than this one.
    pub not_of_rules: Option<&'static str>,
}

/// Stores bugs.
pub trait BugStore: Send + Sync {
    /// Makes one change to bugs, and to the tasks that they stand in the way of, in one transaction. As
    /// [`super::TaskStore::change_task`], but for several bugs and tasks. The event ids of the outcome are those of bugs and
    /// tasks together.
    ///
    /// # Errors
    /// As [`super::TaskStore::change_task`]; [`StoreError::Conflict`] also if a new bug has a hash or a code that is taken.
    fn change_bugs<A: Answer>(
        &self,
        request: &Request,
        scope: &BugScope,
        decide: impl Fn(BugContext) -> Result<BugChange<A>, Refusal> + Send + Sync,
    ) -> impl Future<Output = Result<Outcome<A>, ChangeError>> + Send;

    /// The bugs with this name: at most one by its code, and up to `limit` by the beginning of a hash, by rising hash. One
    /// that is merged is given as it is.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn bugs_named(&self, name: &BugName, limit: u64) -> impl Future<Output = Result<Vec<Bug>, StoreError>> + Send;

    /// Bugs in an order; those that are equal in it by the order in which they were met first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn bugs(
        &self,
        filter: &BugFilter,
        order: BugOrder,
        window: Window,
    ) -> impl Future<Output = Result<Page<Bug>, StoreError>> + Send;

    /// Bugs that may be the same as the one with these keys, best first: those with the same message, then those whose
    /// message is like it ([`crate::bug::keys::MAX_DISTANCE`]). The one with the same hash is left out, and so are merged ones.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn like_bugs(&self, keys: &Keys, limit: u64) -> impl Future<Output = Result<Vec<Bug>, StoreError>> + Send;

    /// How often a bug, or one that is merged into it, occurred on which day of UTC, without what is archived. Days without
    /// an occurrence are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn bug_days(&self, code: &BugCode) -> impl Future<Output = Result<Vec<(NaiveDate, u64)>, StoreError>> + Send;
}
