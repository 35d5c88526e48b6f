//! What an agent is told to do in a phase, as data made of the template and the state. Looks at values only.

use serde::{Deserialize, Serialize};

use crate::artifact::{ArtifactFolder, Found};
use crate::code::{EventType, PhaseName};
use crate::gate;
use crate::session::Session;
use crate::task::Task;
use crate::workflow::{ArtifactSpec, Phase, Validation};

/// An artifact that a phase speaks of, and whether it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactState {
    /// The name or pattern in the template.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether a matching artifact is there and not empty.
    pub present: bool,
    /// Where it lies or would lie; for a pattern, the pattern in the task's folder.
    pub path: String,
}

/// The artifacts that a phase speaks of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ArtifactStates {
    /// Those that the gate asks for.
    pub required: Vec<ArtifactState>,
    /// Those that may be written.
    pub optional: Vec<ArtifactState>,
}

/// What to do in the current phase, and how to leave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instructions {
    /// The phase.
    pub phase: PhaseName,
    /// What it is to achieve.
    pub goal: String,
    /// How.
    pub description: String,
    /// What to write.
    pub artifacts: ArtifactStates,
    /// What the gate asks for besides.
    pub validation: Validation,
    /// The event types that may be emitted in it.
    pub events: Vec<EventType>,
    /// What follows.
    pub next_step: String,
    /// The command that completes it; for a last phase that is done, the one that ends the session.
    pub complete_with: String,
    /// The phase that follows, if one does.
    pub next_phase: Option<PhaseName>,
}

/// The instructions of the phase that `session` is in.
#[must_use]
pub fn instruct(
    phase: &Phase,
    task: &Task,
    session: &Session,
    files: &Found,
    folder: &dyn ArtifactFolder,
) -> Instructions {
    let artifacts = gate::artifacts_with(task, files);
    let state = |spec: &ArtifactSpec| ArtifactState {
        name: spec.pattern.as_str().to_owned(),
        description: spec.description.clone(),
        present: gate::has_artifact(&artifacts, &spec.pattern),
        path: folder.folder(&task.code).join(spec.pattern.as_str()).display().to_string(),
    };
    Instructions {
        phase: phase.name.clone(),
        goal: phase.goal.clone(),
        description: phase.description.clone(),
        artifacts: ArtifactStates {
            required: phase.artifacts.required.iter().map(state).collect(),
            optional: phase.artifacts.optional.iter().map(state).collect(),
        },
        validation: phase.validation.clone(),
        events: phase.events.clone(),
        next_step: phase.next_step.clone(),
        complete_with: if session.in_last_phase() {
            format!("orch session end {}", task.code)
        } else {
            format!("orch phase complete {} --phase {}", task.code, phase.name)
        },
        next_phase: session.phase_after(&phase.name).cloned(),
    }
}
