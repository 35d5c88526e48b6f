//! Gates: what must hold before a phase may be completed, and what is missing, as data. Looks at values only.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::artifact::{ArtifactFile, Found};
use crate::code::{ArtifactName, FieldPath};
use crate::event::CheckedArtifact;
use crate::session::Session;
use crate::task::{ArtifactMeta, Task};
use crate::workflow::{ArtifactPattern, Phase};

/// What a gate misses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Missing {
    /// Required artifacts, as the template names them, that are absent or empty.
    pub artifacts: Vec<String>,
    /// Required fields that are absent or empty.
    pub fields: Vec<String>,
    /// Checks that have not passed since the phase began.
    pub checks: Vec<String>,
    /// Whether an approval is wanted and absent.
    pub approval: bool,
    /// Open bugs that stand in the way.
    pub bugs: Vec<String>,
}

impl Missing {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a gate says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What stands in the way.
    pub missing: Missing,
    /// What is worth telling but stands not in the way.
    pub warnings: Vec<String>,
}

impl Verdict {
    /// Whether the phase may be completed.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Whether an artifact that `pattern` asks for is there and not empty.
#[must_use]
pub fn has_artifact(artifacts: &BTreeMap<ArtifactName, ArtifactMeta>, pattern: &ArtifactPattern) -> bool {
    artifacts.iter().any(|(name, meta)| !meta.blank && pattern.matches(name))
}

/// Asks the gate of `phase` about a task in a session; `artifacts` are those of the task, with what lies in its folder.
#[must_use]
pub fn evaluate(
    phase: &Phase,
    task: &Task,
    session: &Session,
    artifacts: &BTreeMap<ArtifactName, ArtifactMeta>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let absent = phase.artifacts.required.iter().filter(|spec| !has_artifact(artifacts, &spec.pattern));
    let absent: Vec<String> = absent.map(|spec| spec.pattern.as_str().to_owned()).collect();
    if session.settings.require_artifact_validation {
        verdict.missing.artifacts = absent;
    } else {
        verdict.warnings.extend(absent.iter().map(|name| format!("Artifact missing: {name}")));
    }
    let rules = &phase.validation;
    verdict.missing.fields = absent_fields(task, &rules.required_fields);
    verdict.missing.checks = rules
        .checks
        .iter()
        .filter(|name| !session.checks.get(*name).is_some_and(|result| result.passed))
        .map(ToString::to_string)
        .collect();
    verdict.missing.bugs = task.blocking_bugs.iter().map(ToString::to_string).collect();
    verdict.missing.approval = rules.require_approval && session.approvals.is_empty();
    let unnamed = absent_fields(task, &rules.warn_if_missing);
    verdict.warnings.extend(unnamed.iter().map(|field| format!("Recommended field missing: {field}")));
    verdict
}

/// What the gate says, seen with the files that lie in the task's folder.
#[must_use]
pub fn judge(phase: &Phase, task: &Task, session: &Session, files: &Found) -> Verdict {
    let mut verdict = evaluate(phase, task, session, &artifacts_with(task, files));
    let refused = files.refused.iter().map(|(name, reason)| format!("Artifact refused: {name}: {reason}"));
    verdict.warnings.extend(refused);
    verdict
}

/// The artifacts of a task once the files in its folder are taken up.
#[must_use]
pub fn artifacts_with(task: &Task, files: &Found) -> BTreeMap<ArtifactName, ArtifactMeta> {
    let mut artifacts = task.artifacts.clone();
    for file in &files.files {
        artifacts.insert(file.name.clone(), meta_of(file, task.updated_at));
    }
    artifacts
}

fn meta_of(file: &ArtifactFile, saved_at: DateTime<Utc>) -> ArtifactMeta {
    ArtifactMeta { sha256: file.sha256.clone(), size: file.content.len() as u64, blank: file.is_blank(), saved_at }
}

/// The artifacts that a phase speaks of, as its gate sees them: what its end event records.
#[must_use]
pub fn checked_artifacts(phase: &Phase, task: &Task) -> Vec<CheckedArtifact> {
    let wanted = || phase.artifacts.required.iter().chain(&phase.artifacts.optional);
    let seen = task.artifacts.iter().filter(|(name, _)| wanted().any(|spec| spec.pattern.matches(name)));
    seen.map(|(name, meta)| CheckedArtifact { name: name.clone(), sha256: meta.sha256.clone(), size: meta.size })
        .collect()
}

fn absent_fields(task: &Task, fields: &[FieldPath]) -> Vec<String> {
    fields.iter().filter(|path| !has_field(task, path)).map(ToString::to_string).collect()
}

/// Whether the dotted `path`, a column of the task or a path into its metadata, leads to something that is not empty.
#[must_use]
pub fn has_field(task: &Task, path: &FieldPath) -> bool {
    let text = path.as_str();
    let metadata = text.strip_prefix("metadata.").unwrap_or(text);
    match text {
        "task_code" | "task_type" | "status" | "priority" => true,
        "title" => !task.title.trim().is_empty(),
        "description" => !task.description.trim().is_empty(),
        "sprint_code" => task.sprint.is_some(),
        "artifacts" => !task.artifacts.is_empty(),
        "commits" => !task.commits.is_empty(),
        "pull_request" => task.pull_request.is_some(),
        _ => {
            let mut keys = metadata.split('.');
            let first = keys.next().and_then(|key| task.metadata.get(key));
            let found = keys.fold(first, |value, key| value.and_then(|value| step(value, key)));
            found.is_some_and(is_filled)
        }
    }
}

fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(list) => key.parse::<usize>().ok().and_then(|at| list.get(at)),
        _ => None,
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fixture;

    #[test]
    fn a_field_is_a_column_or_a_path_into_the_metadata() {
        let mut task = fixture::task("TSK-001");
        task.metadata = json!({"tags": [], "owner": {"team": "core", "lead": " "}, "points": 0, "steps": [{"n": 1}]})
            .as_object()
            .cloned()
            .unwrap();
        for (path, there) in [
            ("title", true),
            ("description", false),
            ("sprint_code", false),
            ("priority", true),
            ("tags", false),
            ("owner.team", true),
            ("metadata.owner.team", true),
            ("owner.lead", false),
            ("owner.team.name", false),
            ("points", true),
            ("steps.0.n", true),
            ("steps.1.n", false),
            ("absent", false),
        ] {
            assert_eq!(has_field(&task, &FieldPath::new(path).unwrap()), there, "{path}");
        }
    }
}
