//! Sprints: named sets of tasks. Values only.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::SprintCode;
use crate::task::word_enum;

word_enum!(
    /// Where a sprint stands.
    SprintStatus, "sprint status", "planned, active, completed or cancelled", {
        /// Not begun.
        Planned = "planned",
        /// Under way.
        Active = "active",
        /// Done.
        Completed = "completed",
        /// Given up.
        Cancelled = "cancelled",
    }
);

/// A sprint with all that its events say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sprint {
    /// Its code.
    pub code: SprintCode,
    /// One line.
    pub title: String,
    /// Where it stands.
    pub status: SprintStatus,
    /// The caller's own metadata.
    pub metadata: Map<String, Value>,
    /// The number of its events so far.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its last event happened.
    pub updated_at: DateTime<Utc>,
}

/// What is asked for a new sprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSprint {
    /// The wanted code; the next free one if absent.
    pub code: Option<SprintCode>,
    /// One line.
    pub title: String,
    /// The caller's own metadata.
    pub metadata: Map<String, Value>,
}

/// Changes to a sprint; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SprintChanges {
    /// A new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Another status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SprintStatus>,
    /// Metadata keys to set; a `null` removes the key.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}
