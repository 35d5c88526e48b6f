//! What happens to a bug, in its stored form. Decides nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::keys::Keys;
use super::report::Report;
use crate::code::{BugCode, TaskCode};
use crate::event::payload;
use crate::task::word_enum;

/// The type of the event that each occurrence is.
pub const LOGGED: &str = "orchestration.bug.logged";
/// The type of the event that gives a bug other keys.
pub const REKEYED: &str = "orchestration.bug.rekeyed";

word_enum!(
    /// What whoever met an error wants to do about it.
    BugAction, "action", "continue, fix-now or context", {
        /// Log it and go on.
        Continue = "continue",
        /// Fix it before the phase of the task may be completed.
        FixNow = "fix-now",
        /// Add what is known about it.
        Context = "context",
    }
);

/// A report as it was handed in, so that a later version of the rules can look at it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredReport {
    /// What the error says.
    pub message: String,
    /// The file that the caller named.
    pub file: Option<String>,
    /// The line in that file, counted from 1.
    pub line: Option<u32>,
    /// The stack trace; left out where an earlier event of the bug has one.
    pub stack: Option<String>,
    /// The folder of the project on the machine of the report.
    pub project_root: Option<String>,
    /// The function around the line, as the source has it.
    pub function: Option<String>,
    /// The text of the line, as the source has it.
    pub source_line: Option<String>,
}

impl StoredReport {
    /// The report as the rules read it.
    #[must_use]
    pub fn as_report(&self) -> Report<'_> {
        Report {
            message: &self.message,
            file: self.file.as_deref(),
            line: self.line,
            stack: self.stack.as_deref(),
            project_root: self.project_root.as_deref(),
            function: self.function.as_deref(),
            source_line: self.source_line.as_deref(),
        }
    }
}

payload!(
    /// An error occurred.
    BugLogged {
        /// The bug that it is an occurrence of.
        bug_code: BugCode,
        /// By what it is recognised.
        keys: Keys,
        /// Its type.
        error_type: String,
        /// The rule that decided the type.
        type_rule: String,
        /// Where it is: the file, relative to the project.
        file_path: Option<String>,
        /// Where it is: the function, or what stands for it.
        place: Option<String>,
        /// What was reported.
        report: StoredReport,
        /// The task that it was met in.
        task_code: Option<TaskCode>,
        /// What whoever met it wants to do about it.
        action: BugAction,
        /// What they know about it.
        note: Option<String>,
        /// The caller's own values.
        context: Map<String, Value>,
    }
);
payload!(
    /// A bug that was resolved occurred again.
    BugRegressed {
        /// How it had been resolved.
        resolution: Option<String>,
        /// When it had been resolved.
        resolved_at: Option<DateTime<Utc>>,
    }
);
payload!(
    /// Somebody says that a bug is no more.
    BugResolved {
        /// How.
        resolution: String,
    }
);
payload!(
    /// The bug is the same as another one, which counts on for both.
    BugMerged {
        /// The other one.
        into: BugCode,
    }
);
payload!(
    /// The bug takes over what another one has counted.
    BugAbsorbed {
        /// The other one.
        bug: BugCode,
        /// How often it had occurred.
        occurrence_count: i64,
        /// When it had occurred first.
        captured_at: DateTime<Utc>,
        /// When it had occurred last.
        last_seen: DateTime<Utc>,
        /// The tasks that it stood in the way of.
        blocks: Vec<TaskCode>,
    }
);
payload!(
    /// Other rules, or a report that knows more of the place, give the bug other keys.
    BugRekeyed {
        /// The keys from now on.
        keys: Keys,
        /// Its hash before.
        old_hash: String,
        /// The report that they were made of, where it is not the first one.
        report: Option<StoredReport>,
    }
);
payload!(
    /// A bug of the task is to be fixed before its phase may be completed.
    TaskBlocked {
        /// The bug.
        bug: BugCode,
    }
);
payload!(
    /// A bug no longer stands in the way of the task.
    TaskUnblocked {
        /// The bug.
        bug: BugCode,
    }
);
