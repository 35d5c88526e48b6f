//! A workflow template as a value that was checked. Reads nothing and decides nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Artifacts, Hooks};
use crate::code::{Actor, CheckName, EventType, FieldPath, PhaseName, TaskType};

/// A workflow: its phases, and which of them a type of task goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// The name of the template.
    pub name: String,
    /// The phases by their order; at least one.
    pub phases: Vec<Phase>,
    /// The phases of some types of task, in the order of `phases`.
    pub variants: BTreeMap<TaskType, Vec<PhaseName>>,
    /// What is allowed, and what happens by itself.
    pub settings: Settings,
}

/// What a workflow allows, and what happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the switches of the file, one by one")]
pub struct Settings {
    /// Phases may be skipped.
    pub allow_phase_skip: bool,
    /// A phase may be completed although its gate refuses.
    pub allow_user_override: bool,
    /// Who may do so; everybody where nobody is named.
    #[serde(default)]
    pub override_actors: Vec<Actor>,
    /// Whoever holds a task may approve its phase. Sessions that began before this was kept allow it.
    #[serde(default = "yes")]
    pub allow_self_approval: bool,
    /// Required artifacts must be there; without this they are only recommended.
    pub require_artifact_validation: bool,
    /// Artifacts are written to the task's folder when a phase is completed.
    pub sync_files_on_phase_complete: bool,
    /// Artifacts are written to the task's folder when the session ends.
    pub sync_files_on_close: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_phase_skip: false,
            allow_user_override: true,
            override_actors: Vec::new(),
            allow_self_approval: false,
            require_artifact_validation: true,
            sync_files_on_phase_complete: false,
            sync_files_on_close: true,
        }
    }
}

fn yes() -> bool {
    true
}

/// A step of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name.
    pub name: PhaseName,
    /// Where it stands among the phases; smaller is earlier.
    pub order: i64,
    /// What it is for, in a sentence.
    pub goal: String,
    /// What is to be done, for the one who does it.
    pub description: String,
    /// Which artifacts it asks for.
    pub artifacts: Artifacts,
    /// What else must hold before it may be completed.
    pub validation: Validation,
    /// What happens by itself at its beginning, at its end, and when a bug was logged.
    pub hooks: Hooks,
    /// The custom events that may be emitted in it.
    pub events: Vec<EventType>,
    /// What is shown when it has been completed.
    pub next_step: String,
}

/// What must hold before a phase may be completed, but for artifacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Fields of the task that must have a value.
    pub required_fields: Vec<FieldPath>,
    /// Fields of the task that should have a value.
    pub warn_if_missing: Vec<FieldPath>,
    /// Checks that must have passed since the phase began.
    pub checks: Vec<CheckName>,
    /// Someone must have approved.
    pub require_approval: bool,
}

impl Workflow {
    /// The phase of a name.
    #[must_use]
    pub fn phase(&self, name: &PhaseName) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.name == *name)
    }

    /// The phases of a type of task, in their order: those of its variant, else all.
    #[must_use]
    pub fn phases_for(&self, task_type: &TaskType) -> Vec<PhaseName> {
        match self.variants.get(task_type) {
            Some(phases) => phases.clone(),
            None => self.phases.iter().map(|phase| phase.name.clone()).collect(),
        }
    }
}

impl Phase {
    /// True if a custom event may be emitted in this phase.
    #[must_use]
    pub fn emits(&self, event: &EventType) -> bool {
        self.events.contains(event)
    }
}
