//! A bug as it is recorded, and how each event of its log changes it. No decision is made here.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fact::{BugAbsorbed, BugLogged};
use super::keys::Keys;
use crate::code::{Actor, BugCode, TaskCode};
use crate::event::{Event, Fact};
use crate::fold::{self, Circumstance, FoldError};
use crate::task::word_enum;

/// Keys of `context` that orch writes; a caller cannot set them.
pub const RESERVED_CONTEXT: [&str; 11] = [
    "captured_at",
    "error_type",
    "type_rule",
    "occurrence_count",
    "last_seen",
    "last_task_code",
    "regressions",
    "place",
    "blocks",
    "notes",
    "keys",
];
/// So many notes of a bug are kept with it; the log has all.
const MAX_NOTES: usize = 20;

word_enum!(
    /// Where a bug stands.
    BugStatus, "status", "open, resolved or merged", {
        /// It may occur.
        Open = "open",
        /// Somebody says that it is no more.
        Resolved = "resolved",
        /// It is the same as another one, which counts on for both.
        Merged = "merged",
    }
);

/// What somebody knows about a bug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who.
    pub actor: Actor,
    /// When they said so.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// One distinct error with all that its events say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bug {
    /// Its code. It stays, whatever the rules make of its message later.
    pub code: BugCode,
    /// By what it is recognised.
    pub keys: Keys,
    /// The task that it was met in first.
    pub task: Option<TaskCode>,
    /// The task that it was met in last.
    pub last_task: Option<TaskCode>,
    /// What it said the first time.
    pub error_message: String,
    /// The file it is in.
    pub file_path: Option<String>,
    /// The line it was last seen at.
    pub line_number: Option<u32>,
    /// The function it is in, or what stands for it.
    pub place: Option<String>,
    /// Its stack trace when it was first met, or when it came back.
    pub stack_trace: Option<String>,
    /// Its type.
    pub error_type: String,
    /// The rule that decided the type.
    pub type_rule: String,
    /// How often it occurred.
    pub occurrence_count: i64,
    /// When it occurred first.
    pub captured_at: DateTime<Utc>,
    /// When it occurred last.
    pub last_seen: DateTime<Utc>,
    /// How often it came back after it was resolved.
    pub regressions: i64,
    /// The tasks whose phase waits until it is resolved.
    pub blocks: BTreeSet<TaskCode>,
    /// What people and agents know about it, the newest last.
    pub notes: Vec<Note>,
    /// The callers' own values; of each key the last one.
    pub context: Map<String, Value>,
    /// How it was resolved.
    pub resolution: Option<String>,
    /// When it was resolved; none while it is open.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The bug that counts on for it.
    pub merged_into: Option<BugCode>,
    /// The number of its events.
    pub version: i64,
    /// When its first event happened.
    pub created_at: DateTime<Utc>,
    /// When its last event happened.
    pub updated_at: DateTime<Utc>,
}

impl Bug {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> BugStatus {
        match (&self.merged_into, self.resolved_at) {
            (Some(_), _) => BugStatus::Merged,
            (None, Some(_)) => BugStatus::Resolved,
            (None, None) => BugStatus::Open,
        }
    }

    /// The whole `context` column: the callers' own values, then those that orch writes.
    #[must_use]
    pub fn full_context(&self) -> Map<String, Value> {
        // always with microseconds, so that text sorts as time does
        let time = |time: DateTime<Utc>| json!(time.to_rfc3339_opts(SecondsFormat::Micros, true));
        let mut full = self.context.clone();
        let own = [
            ("captured_at", time(self.captured_at)),
            ("error_type", json!(self.error_type)),
            ("type_rule", json!(self.type_rule)),
            ("occurrence_count", json!(self.occurrence_count)),
            ("last_seen", time(self.last_seen)),
            ("last_task_code", json!(self.last_task)),
            ("regressions", json!(self.regressions)),
            ("place", json!(self.place)),
            ("blocks", json!(self.blocks)),
            ("notes", json!(self.notes)),
        ];
        full.extend(own.map(|(key, value)| (key.to_owned(), value)));
        full
    }

    fn of(logged: &BugLogged, circumstance: Circumstance<'_>) -> Self {
        let at = circumstance.at;
        Self {
            code: logged.bug_code.clone(),
            keys: logged.keys.clone(),
            task: logged.task_code.clone(),
            last_task: None,
            error_message: logged.report.message.clone(),
            file_path: None,
            line_number: None,
            place: None,
            stack_trace: None,
            error_type: String::new(),
            type_rule: String::new(),
            occurrence_count: 0,
            captured_at: at,
            last_seen: at,
            regressions: 0,
            blocks: BTreeSet::new(),
            notes: Vec::new(),
            context: Map::new(),
            resolution: None,
            resolved_at: None,
            merged_into: None,
            version: 0,
            created_at: at,
            updated_at: at,
        }
    }

    fn occurred(&mut self, logged: &BugLogged, circumstance: Circumstance<'_>) {
        self.occurrence_count += 1;
        self.last_seen = circumstance.at;
        self.last_task = logged.task_code.clone().or(self.last_task.take());
        self.error_type.clone_from(&logged.error_type);
        self.type_rule.clone_from(&logged.type_rule);
        self.line_number = logged.report.line.or(self.line_number);
        self.stack_trace = logged.report.stack.clone().or(self.stack_trace.take());
        self.file_path = self.file_path.take().or_else(|| logged.file_path.clone());
        self.place = self.place.take().or_else(|| logged.place.clone());
        if let Some(text) = &logged.note {
            self.notes.push(Note { actor: circumstance.actor.clone(), at: circumstance.at, text: text.clone() });
            let gone = self.notes.len().saturating_sub(MAX_NOTES);
            self.notes.drain(..gone);
        }
        if logged.action == super::fact::BugAction::FixNow {
            self.blocks.extend(logged.task_code.clone());
        }
        self.context.extend(logged.context.clone());
    }

    fn absorb(&mut self, absorbed: &BugAbsorbed) {
        self.occurrence_count += absorbed.occurrence_count;
        self.captured_at = self.captured_at.min(absorbed.captured_at);
        self.last_seen = self.last_seen.max(absorbed.last_seen);
        self.blocks.extend(absorbed.blocks.iter().cloned());
    }
}

/// The bug after one more fact.
///
/// # Errors
/// [`FoldError::OutOfPlace`] if the fact cannot follow.
pub fn bug_after(bug: Option<Bug>, fact: &Fact, circumstance: Circumstance<'_>) -> Result<Bug, FoldError> {
    let seq = bug.as_ref().map_or(0, |bug| bug.version) + 1;
    let mut bug = match (bug, fact) {
        (Some(bug), _) => bug,
        (None, Fact::BugLogged(logged)) => Bug::of(logged, circumstance),
        (None, _) => return Err(FoldError::OutOfPlace { seq, event_type: fact.event_type().to_string() }),
    };
    match fact {
        Fact::BugLogged(logged) => bug.occurred(logged, circumstance),
        Fact::BugRegressed(_) => {
            bug.regressions += 1;
            (bug.resolution, bug.resolved_at) = (None, None);
        }
        Fact::BugResolved(resolved) => {
            bug.resolution = Some(resolved.resolution.clone());
            bug.resolved_at = Some(circumstance.at);
            bug.blocks.clear();
        }
        Fact::BugMerged(merged) => {
            bug.merged_into = Some(merged.into.clone());
            bug.blocks.clear();
        }
        Fact::BugAbsorbed(absorbed) => bug.absorb(absorbed),
        Fact::BugRekeyed(rekeyed) => bug.keys = rekeyed.keys.clone(),
        _ => return Err(FoldError::OutOfPlace { seq, event_type: fact.event_type().to_string() }),
    }
    bug.version += 1;
    bug.updated_at = circumstance.at;
    Ok(bug)
}

/// Folds the whole log of one bug; `None` where the log is empty.
///
/// # Errors
/// [`FoldError`] naming the first event that does not fit.
pub fn fold_bug(events: &[Event]) -> Result<Option<Bug>, FoldError> {
    fold::fold(events, bug_after)
}
