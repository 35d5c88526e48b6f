//! Sessions: one run of a task through its workflow, as a value. The rules are in `machine`.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::code::{Actor, CheckName, PhaseName, SessionKey, TaskCode};
use crate::workflow::Settings;

/// Which template a session runs by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// The template's name.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// A phase that is behind the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// The phase.
    pub phase: PhaseName,
    /// When it was completed or skipped.
    pub completed_at: DateTime<Utc>,
    /// Whether it was completed although its gate refused, or without asking it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridden: bool,
    /// Whether it was left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
}

/// The latest result of a check since the current phase began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Whether it passed.
    pub passed: bool,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    pub actor: Actor,
}

/// An approval of the current phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who approved.
    pub actor: Actor,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// What they said.
    pub note: Option<String>,
}

/// One run of a task through its workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its key.
    pub key: SessionKey,
    /// The template it keeps from start to end.
    pub template: TemplateRef,
    /// The template's settings as they were at the start, with what the project's settings changed in them.
    pub settings: Settings,
    /// The phases to walk through, in order: the variant of the task's type.
    pub phases: Vec<PhaseName>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The phase it is in, or was in when it ended.
    pub current_phase: PhaseName,
    /// When the current phase began.
    pub phase_started_at: DateTime<Utc>,
    /// Who made the last move, for whoever comes second.
    pub moved_by: Actor,
    /// Whether it is running.
    pub active: bool,
    /// The phases behind it, in the order in which they were left.
    pub phase_history: Vec<PhaseRecord>,
    /// Checks since the current phase began.
    pub checks: BTreeMap<CheckName, CheckResult>,
    /// Approvals since the current phase began.
    pub approvals: Vec<Approval>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether it was ended by force or by a restart, before its work was done.
    pub forced: bool,
    /// The commit that HEAD was at when a phase began for the first time, by its full hash.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub heads: BTreeMap<PhaseName, String>,
}

impl Session {
    /// The session as `metadata.session` shows it to whoever queries the store with SQL.
    #[must_use]
    pub fn public(&self) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        json!({
            "session_key": self.key,
            "started_at": time(self.started_at),
            "current_phase": self.current_phase,
            "active": self.active,
            "phase_history": self.phase_history,
            "ended_at": self.ended_at.map(time),
        })
    }

    /// Whether `phase` is behind the session, completed or skipped.
    #[must_use]
    pub fn has_left(&self, phase: &PhaseName) -> bool {
        self.phase_history.iter().any(|record| record.phase == *phase)
    }

    /// The phase after `phase`, if there is one.
    #[must_use]
    pub fn phase_after(&self, phase: &PhaseName) -> Option<&PhaseName> {
        let at = self.phases.iter().position(|name| name == phase)?;
        self.phases.get(at + 1)
    }

    /// Whether the current phase is the last one.
    #[must_use]
    pub fn in_last_phase(&self) -> bool {
        self.phases.last() == Some(&self.current_phase)
    }
}

/// The key of a session that starts at `now`; `latest` is the task's latest session, which may be of the same second.
#[must_use]
pub fn next_key(task: &TaskCode, latest: Option<&Session>, now: DateTime<Utc>) -> SessionKey {
    let base = format!("sess_{task}_{}", now.format("%Y%m%d_%H%M%S"));
    let taken = latest
        .and_then(|session| session.key.as_str().strip_prefix(&base))
        .map(|rest| rest.strip_prefix('_').and_then(|number| number.parse::<u64>().ok()).unwrap_or(1));
    let text = match taken {
        Some(number) => format!("{base}_{}", number.saturating_add(1)),
        None => base,
    };
    // a code has at most 64 characters, all of which a key may have, so the text always follows the rule
    SessionKey::new(text).unwrap_or_else(|_| unreachable!("a session key made of a task code is valid"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn every_code_of_a_task_makes_a_key() {
        let code = TaskCode::new(format!("a-_.'%+@#=~{}", "x".repeat(53))).unwrap();
        let key = next_key(&code, None, "2025-01-13T14:30:22Z".parse().unwrap());
        assert_eq!(key.as_str(), format!("sess_{code}_20250113_143022"));
    }

    #[test]
    fn a_second_session_within_a_second_is_numbered() {
        let code = TaskCode::new("TSK-ABC123").unwrap();
        let now = "2025-01-13T14:30:22.9Z".parse().unwrap();
        let first = next_key(&code, None, now);
        assert_eq!(first.as_str(), "sess_TSK-ABC123_20250113_143022");
        let mut session = fixture::session();
        session.key = first;
        let second = next_key(&code, Some(&session), now);
        assert_eq!(second.as_str(), "sess_TSK-ABC123_20250113_143022_2");
        session.key = second;
        assert_eq!(next_key(&code, Some(&session), now).as_str(), "sess_TSK-ABC123_20250113_143022_3");
    }
}
