//! Workflow templates: their model, how they are read, and what is wrong with them.
use crate::code::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub allow_phase_skip: bool,
    pub allow_user_override: bool,
    pub require_artifact_validation: bool,
    pub sync_files_on_phase_complete: bool,
    pub sync_files_on_close: bool,
}
impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_phase_skip: false,
            allow_user_override: true,
            require_artifact_validation: true,
            sync_files_on_phase_complete: false,
            sync_files_on_close: true,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    pub name: String,
    pub phases: Vec<Phase>,
    pub variants: BTreeMap<TaskType, Vec<PhaseName>>,
    pub settings: Settings,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub name: PhaseName,
    pub order: i64,
    pub goal: String,
    pub description: String,
    pub artifacts: Artifacts,
    pub validation: Validation,
    pub hooks: Hooks,
    pub events: Vec<EventType>,
    pub next_step: String,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Artifacts {
    pub required: Vec<ArtifactSpec>,
    pub optional: Vec<ArtifactSpec>,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactSpec {
    pub pattern: ArtifactPattern,
    pub description: Option<String>,
    pub template: Option<String>,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Validation {
    pub required_fields: Vec<FieldPath>,
    pub warn_if_missing: Vec<FieldPath>,
    pub checks: Vec<CheckName>,
    pub require_approval: bool,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Hooks {
    pub on_start: Vec<Hook>,
    pub on_end: Vec<Hook>,
    pub on_bug_found: Vec<Hook>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hook {
    CaptureCommitHash,
    CaptureFinalCommit,
    SyncFiles,
}
impl Hook {
    pub fn name(self) -> &'static str {
        "x"
    }
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactPattern(String);
impl ArtifactPattern {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn is_glob(&self) -> bool {
        false
    }
    pub fn matches(&self, n: &ArtifactName) -> bool {
        n.as_str() == self.0
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct Faults(pub Vec<String>);
impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
impl Workflow {
    pub fn phase(&self, name: &PhaseName) -> Option<&Phase> {
        self.phases.iter().find(|p| p.name == *name)
    }
    pub fn phases_for(&self, _t: &TaskType) -> Vec<PhaseName> {
        self.phases.iter().map(|p| p.name.clone()).collect()
    }
    pub fn parse(_: &[u8], _: &str) -> Result<Self, Faults> {
        Err(Faults(vec![]))
    }
}
impl Phase {
    pub fn emits(&self, e: &EventType) -> bool {
        self.events.contains(e)
    }
}
