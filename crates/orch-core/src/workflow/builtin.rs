//! The workflows and artifact templates that come with orch. Their text is in `builtin/`; nothing here reads it.

/// A workflow that comes with orch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// The name by which it is chosen.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// The file.
    pub yaml: &'static str,
}

/// All workflows that come with orch; the first one is the default.
pub const BUILTIN: &[Builtin] = &[
    Builtin {
        name: "default",
        summary: "Six phases for any work on code: intake, research, plan, execute, review, close.",
        yaml: include_str!("builtin/default.yaml"),
    },
    Builtin {
        name: "strict",
        summary: "The same six phases; review passes only with a passed check `tests` and an approval.",
        yaml: include_str!("builtin/strict.yaml"),
    },
    Builtin {
        name: "minimal",
        summary: "Three phases without required documents: todo, doing, done.",
        yaml: include_str!("builtin/minimal.yaml"),
    },
];

const ARTIFACT_TEMPLATES: &[(&str, &str)] = &[
    ("TASK.md", include_str!("builtin/artifacts/TASK.md")),
    ("RESEARCH.md", include_str!("builtin/artifacts/RESEARCH.md")),
    ("PLAN.md", include_str!("builtin/artifacts/PLAN.md")),
    ("ADR.md", include_str!("builtin/artifacts/ADR.md")),
    ("CHANGES.md", include_str!("builtin/artifacts/CHANGES.md")),
    ("REVIEW.md", include_str!("builtin/artifacts/REVIEW.md")),
    ("SUMMARY.md", include_str!("builtin/artifacts/SUMMARY.md")),
];

/// The workflow of a name.
#[must_use]
pub fn builtin(name: &str) -> Option<Builtin> {
    BUILTIN.iter().find(|builtin| builtin.name == name).copied()
}

/// The text with which an artifact is begun, by the name of the template, for example `PLAN.md`.
///
/// It holds the placeholders `{task_code}`, `{task_title}`, `{task_type}`, `{phase}` and `{date}`.
#[must_use]
pub fn artifact_template(name: &str) -> Option<&'static str> {
    ARTIFACT_TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{PhaseName, TaskType};
    use crate::workflow::{ArtifactSpec, Settings, Workflow};

    fn parsed(name: &str) -> Workflow {
        Workflow::parse(builtin(name).unwrap().yaml.as_bytes(), "unnamed").unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn names(phases: &[PhaseName]) -> Vec<&str> {
        phases.iter().map(PhaseName::as_str).collect()
    }

    #[test]
    fn each_is_valid_and_complete() {
        for builtin in BUILTIN {
            let workflow = parsed(builtin.name);
            assert_eq!(workflow.name, builtin.name);
            for phase in &workflow.phases {
                let place = format!("{} {}", builtin.name, phase.name);
                assert!(!phase.goal.contains('\n') && phase.goal.ends_with('.'), "{place}");
                assert!(!phase.next_step.is_empty(), "{place}");
                assert!(phase.description.contains("1. "), "{place}");
                let all = phase.artifacts.required.iter().chain(&phase.artifacts.optional);
                for ArtifactSpec { pattern, template, .. } in all {
                    if let Some(template) = template {
                        assert!(artifact_template(template).is_some(), "{place} {pattern}");
                    }
                }
            }
        }
        assert_eq!(builtin("nothing"), None);
    }

    #[test]
    fn the_default_lets_a_first_run_pass() {
        let workflow = parsed("default");
        assert_eq!(workflow.settings, Settings::default());
        for phase in &workflow.phases {
            assert!(phase.validation.checks.is_empty() && !phase.validation.require_approval, "{}", phase.name);
        }
        let all = ["intake", "research", "plan", "execute", "review", "close"];
        for (task_type, wanted) in [
            ("feature", all.as_slice()),
            ("anything", &all),
            ("bug_fix", &["intake", "research", "execute", "review", "close"]),
            ("docs", &["intake", "execute", "review", "close"]),
            ("refactor", &all),
            ("chore", &["intake", "execute", "close"]),
            ("spike", &["intake", "research", "close"]),
            ("research", &["intake", "research", "close"]),
        ] {
            assert_eq!(names(&workflow.phases_for(&TaskType::new(task_type).unwrap())), wanted, "{task_type}");
        }
    }

    #[test]
    fn templates_hold_only_known_placeholders() {
        for (name, text) in ARTIFACT_TEMPLATES {
            assert!(text.contains("{task_code}"), "{name}");
            for part in text.split('{').skip(1) {
                let placeholder = part.split('}').next().unwrap();
                let known = ["task_code", "task_title", "task_type", "phase", "date"];
                assert!(known.contains(&placeholder), "{name}: {placeholder}");
            }
        }
    }
}
