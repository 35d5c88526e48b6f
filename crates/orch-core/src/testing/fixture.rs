//! Small values for tests.

use chrono::{DateTime, Utc};

use crate::code::{Actor, PhaseName, SessionKey, TaskCode, TaskType};
use crate::event::TaskCreated;
use crate::fold::{self, Circumstance};
use crate::operation::{Operation, OperationId};
use crate::redact::Redactor;
use crate::session::{Session, TemplateRef};
use crate::task::{Priority, Task};
use crate::workflow::Settings;

/// The time at which tests happen: 2025-01-13 14:30:22 UTC.
///
/// # Panics
/// Never.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_736_778_622, 0).expect("a time within range")
}

/// The actor called `name`.
///
/// # Panics
/// If `name` is not a valid one.
#[must_use]
pub fn actor(name: &str) -> Actor {
    Actor::new(name).expect("a valid actor")
}

/// The operation with this number, by `actor`.
#[must_use]
pub fn operation(number: u128, name: &str) -> Operation {
    Operation {
        if_version: None,
        id: OperationId::from(ulid::Ulid(number)),
        actor: actor(name),
        key: None,
        redactor: Redactor::default(),
    }
}

/// What creates a task of type `feature`.
///
/// # Panics
/// If `code` is not a valid one.
#[must_use]
pub fn task_created(code: &str) -> TaskCreated {
    TaskCreated {
        task_code: TaskCode::new(code).expect("a valid code"),
        title: "Add a login form".into(),
        description: String::new(),
        task_type: TaskType::new("feature").expect("a valid type"),
        priority: Priority::P2,
        sprint_code: None,
        after: Vec::new(),
        metadata: serde_json::Map::new(),
    }
}

/// A pending task of type `feature`.
#[must_use]
pub fn task(code: &str) -> Task {
    let actor = actor("tester");
    fold::created(&task_created(code), Circumstance { actor: &actor, at: now(), session_key: None })
}

/// An active session in the first of the six standard phases.
///
/// # Panics
/// Never.
#[must_use]
pub fn session() -> Session {
    let phases = ["intake", "research", "plan", "execute", "review", "close"];
    let phases: Vec<PhaseName> = phases.into_iter().map(|name| PhaseName::new(name).expect("a valid name")).collect();
    Session {
        key: SessionKey::new("sess_TSK-001_20250113_143022").expect("a valid key"),
        template: TemplateRef { name: "default".into(), sha256: "0".repeat(64) },
        settings: Settings::default(),
        current_phase: phases[0].clone(),
        phases,
        started_at: now(),
        phase_started_at: now(),
        moved_by: actor("tester"),
        active: true,
        phase_history: Vec::new(),
        checks: std::collections::BTreeMap::new(),
        approvals: Vec::new(),
        ended_at: None,
        forced: false,
        heads: std::collections::BTreeMap::new(),
    }
}
