//! The keys of a workflow file, map by map. Both the checker and the JSON schema are held to these lists.

/// Keys at the top.
pub(super) const TOP: &[&str] = &["name", "phases", "variants", "settings"];

/// Keys of a phase.
pub(super) const PHASE: &[&str] =
    &["order", "goal", "description", "artifacts", "validation", "hooks", "events", "next_step"];

/// Keys of `artifacts`.
pub(super) const ARTIFACTS: &[&str] = &["required", "optional"];

/// Keys of an artifact that is written as a map.
pub(super) const ARTIFACT: &[&str] = &["name", "description", "template"];

/// Keys of `validation`.
pub(super) const VALIDATION: &[&str] = &["required_fields", "warn_if_missing", "checks", "require_approval"];

/// Keys of `hooks`.
pub(super) const HOOKS: &[&str] = &["on_start", "on_end", "on_bug_found"];

/// Keys of `settings`.
pub(super) const SETTINGS: &[&str] = &[
    "allow_phase_skip",
    "allow_user_override",
    "override_actors",
    "allow_self_approval",
    "require_artifact_validation",
    "sync_files_on_phase_complete",
    "sync_files_on_close",
];
