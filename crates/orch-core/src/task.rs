//! Tasks: their values and what may be asked of them. Decisions only; nothing is stored here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::code::{Actor, ArtifactName, BugCode, PhaseName, SprintCode, TaskCode, TaskType};
use crate::pull_request::PullRequest;
use crate::session::Session;

/// The most characters a title may have.
pub const MAX_TITLE: usize = 500;
/// The most bytes a description may have.
pub const MAX_DESCRIPTION: usize = 1 << 20;
/// The most bytes a task's own metadata may have as JSON.
pub const MAX_METADATA: usize = 1 << 20;
/// Keys of `metadata` that orch writes; a caller cannot set them.
pub const RESERVED_METADATA: [&str; 6] =
    ["session", "commits", "pull_request", "artifacts", "blocking_bugs", "agent_notes"];
/// How many notes a task shows; older ones are in the log.
pub const MAX_NOTES: usize = 20;

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored and printed.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::InvalidName;
            fn from_str(text: &str) -> Result<Self, $crate::code::InvalidName> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::code::InvalidName { kind: $kind, value: text.chars().take(80).collect(), expected: $expected }),
                }
            }
        }
    };
}
pub(crate) use word_enum;

word_enum!(
    /// Where a task stands.
    TaskStatus, "status", "pending, in_progress, blocked, completed or cancelled", {
        /// Not begun.
        Pending = "pending",
        /// A session was started.
        InProgress = "in_progress",
        /// Waits for something outside.
        Blocked = "blocked",
        /// Done.
        Completed = "completed",
        /// Will not be done.
        Cancelled = "cancelled",
    }
);

impl TaskStatus {
    /// Whether nobody works on such a task any more.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

word_enum!(
    /// How urgent a task is; `P0` comes first.
    Priority, "priority", "P0, P1, P2 or P3", {
        /// Drop everything.
        P0 = "P0",
        /// Next.
        P1 = "P1",
        /// Normal.
        P2 = "P2",
        /// When there is time.
        P3 = "P3",
    }
);

/// A right to work on a task that ends by itself. Whatever its holder does on the task renews it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds the task.
    pub holder: Actor,
    /// How long the lease lasts after the holder's last act, in seconds.
    pub seconds: u32,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl Lease {
    /// A lease that begins at `now`.
    #[must_use]
    pub fn new(holder: Actor, seconds: u32, now: DateTime<Utc>) -> Self {
        Self { holder, seconds, expires_at: now + TimeDelta::seconds(i64::from(seconds)) }
    }

    /// Whether somebody other than `actor` holds the task at `now`.
    #[must_use]
    pub fn shuts_out(&self, actor: &Actor, now: DateTime<Utc>) -> bool {
        self.holder != *actor && now < self.expires_at
    }
}

/// A note for whoever works on a task next, in `metadata.agent_notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who left it.
    pub from: Actor,
    /// To whom the task was handed with it; none where it is for anybody.
    pub to: Option<Actor>,
    /// When.
    pub at: DateTime<Utc>,
    /// What it says.
    pub text: String,
}

/// What orch knows of an artifact without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactMeta {
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// Length of the content in bytes.
    pub size: u64,
    /// Whether the content is nothing but white space; such an artifact meets no gate.
    pub blank: bool,
    /// When it was saved.
    pub saved_at: DateTime<Utc>,
}

/// A commit that was recorded for a task, in `metadata.commits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedCommit {
    /// Full object name, hex.
    pub hash: String,
    /// git's abbreviation of it.
    pub short_hash: String,
    /// When orch recorded it.
    pub captured_at: DateTime<Utc>,
    /// The phase it belongs to.
    pub phase: Option<PhaseName>,
    /// The whole message.
    pub message: String,
    /// `Name <address>`.
    pub author: String,
}

/// The pull request of a task, in `metadata.pull_request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedPullRequest {
    /// The pull request.
    pub pull_request: PullRequest,
    /// When it was linked.
    pub linked_at: DateTime<Utc>,
}

impl LinkedPullRequest {
    /// As `metadata.pull_request` has it.
    #[must_use]
    pub fn public(&self) -> Value {
        let mut value = json!(self.pull_request);
        value["linked_at"] = json!(self.linked_at);
        value
    }
}

/// A task with all that its events say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its code.
    pub code: TaskCode,
    /// The sprint it belongs to.
    pub sprint: Option<SprintCode>,
    /// One line.
    pub title: String,
    /// As long as needed; empty if there is none.
    pub description: String,
    /// Selects the variant of the workflow.
    pub task_type: TaskType,
    /// Where it stands.
    pub status: TaskStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// The caller's own metadata, without the keys in [`RESERVED_METADATA`].
    pub metadata: Map<String, Value>,
    /// The tasks that must be completed before this one is ready.
    pub after: BTreeSet<TaskCode>,
    /// Its artifacts by name.
    pub artifacts: BTreeMap<ArtifactName, ArtifactMeta>,
    /// The commits that were recorded for it, oldest first.
    pub commits: Vec<CapturedCommit>,
    /// The pull request that it was linked with last.
    #[serde(default)]
    pub pull_request: Option<LinkedPullRequest>,
    /// The open bugs that are to be fixed before its phase may be completed.
    #[serde(default)]
    pub blocking_bugs: BTreeSet<BugCode>,
    /// The latest notes for whoever works on it next, at most [`MAX_NOTES`], oldest first.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Its latest session, active or ended.
    pub session: Option<Session>,
    /// Who works on it.
    pub lease: Option<Lease>,
    /// The number of its events so far: each change makes it greater, so it serves as the optimistic lock.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its last event happened.
    pub updated_at: DateTime<Utc>,
}

impl Task {
    /// The whole `metadata` column: the caller's own keys, then those in [`RESERVED_METADATA`] that have something to say.
    #[must_use]
    pub fn full_metadata(&self) -> Map<String, Value> {
        let mut full = self.metadata.clone();
        if let Some(session) = &self.session {
            full.insert("session".into(), session.public());
        }
        if !self.commits.is_empty() {
            full.insert("commits".into(), json!(self.commits));
        }
        if let Some(linked) = &self.pull_request {
            full.insert("pull_request".into(), linked.public());
        }
        if !self.blocking_bugs.is_empty() {
            full.insert("blocking_bugs".into(), json!(self.blocking_bugs));
        }
        if !self.notes.is_empty() {
            full.insert("agent_notes".into(), json!(self.notes));
        }
        if !self.artifacts.is_empty() {
            let named = self.artifacts.iter().map(|(name, meta)| {
                json!({"name": name, "sha256": meta.sha256, "size": meta.size, "blank": meta.blank, "saved_at": meta.saved_at})
            });
            full.insert("artifacts".into(), named.collect());
        }
        full
    }

    /// Whether this commit is recorded for this phase.
    #[must_use]
    pub fn has_commit(&self, hash: &str, phase: Option<&PhaseName>) -> bool {
        self.commits.iter().any(|known| known.hash == hash && known.phase.as_ref() == phase)
    }

    /// The session that is running, if one is.
    #[must_use]
    pub fn active_session(&self) -> Option<&Session> {
        self.session.as_ref().filter(|session| session.active)
    }
}

/// What is asked for a new task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTask {
    /// The wanted code; the next free one if absent.
    pub code: Option<TaskCode>,
    /// One line.
    pub title: String,
    /// As long as needed.
    pub description: String,
    /// Selects the variant of the workflow.
    pub task_type: TaskType,
    /// How urgent it is.
    pub priority: Priority,
    /// The sprint it belongs to.
    pub sprint: Option<SprintCode>,
    /// The caller's own metadata.
    pub metadata: Map<String, Value>,
    /// The tasks that come first.
    pub after: BTreeSet<TaskCode>,
}

/// Changes to a task; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskChanges {
    /// A new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Another type; it counts from the next session on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_type: Option<TaskType>,
    /// Another priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Another sprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sprint: Option<SprintCode>,
    /// Metadata keys to set; a `null` removes the key.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Tasks that come first, in addition.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<TaskCode>,
    /// Tasks that no longer come first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub not_after: BTreeSet<TaskCode>,
}

impl TaskChanges {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These changes without those that `task` shows already.
    #[must_use]
    pub fn effective(mut self, task: &Task) -> Self {
        self.title = self.title.filter(|title| *title != task.title);
        self.description = self.description.filter(|text| *text != task.description);
        self.task_type = self.task_type.filter(|kind| *kind != task.task_type);
        self.priority = self.priority.filter(|priority| *priority != task.priority);
        self.sprint = self.sprint.filter(|sprint| Some(sprint) != task.sprint.as_ref());
        self.metadata.retain(|key, value| match task.metadata.get(key) {
            Some(old) => old != value,
            None => !value.is_null(),
        });
        self.after.retain(|code| !task.after.contains(code));
        self.not_after.retain(|code| task.after.contains(code));
        self
    }
}
