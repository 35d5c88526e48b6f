//! Every setting that orch knows, with its form, default and meaning. Reads none.

use super::rules::List;

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Bool,
    /// A whole number within these bounds.
    Number(i64, i64),
    /// A template of commit messages.
    Message,
    /// Names of actors, with commas between them.
    Actors,
    /// A project's own rules for bugs and secrets.
    Rules(List),
}

/// A setting that orch knows.
pub(super) struct Known {
    pub(super) key: &'static str,
    pub(super) form: Form,
    pub(super) default: Option<&'static str>,
    pub(super) help: &'static str,
}

const fn known(key: &'static str, form: Form, default: Option<&'static str>, help: &'static str) -> Known {
    Known { key, form, default, help }
}

/// The setting that names a database instead of the file.
pub(super) const DATABASE_URL: &str = "storage.database_url";

/// The setting that names a server that shares answers.
pub(super) const REDIS_URL: &str = "search.redis_url";

/// Every setting. The variable of `workflow.lease_minutes` is `ORCH_WORKFLOW_LEASE_MINUTES`.
pub(super) const KNOWN: &[Known] = &[
    known("storage.path", Form::Text, Some("orch.db"), "The SQLite file, seen from the folder .orch"),
    known(DATABASE_URL, Form::Text, None, "A PostgreSQL database instead of the file: postgres://USER@HOST/DATABASE"),
    known(
        "storage.retry_seconds",
        Form::Number(0, 3_600),
        Some("20"),
        "How long to go on trying where the server cannot be reached",
    ),
    known(
        "storage.busy_timeout_seconds",
        Form::Number(0, 3_600),
        Some("30"),
        "How long a writer waits for another one",
    ),
    known("workflow.template", Form::Text, None, "A template: a file seen from the project's root, or a built-in name"),
    known(
        "workflow.lease_minutes",
        Form::Number(1, 43_200),
        Some("60"),
        "How long a task is held after its holder's last act",
    ),
    known("workflow.allow_phase_skip", Form::Bool, None, "Overrules the template's setting of this name"),
    known("workflow.allow_user_override", Form::Bool, None, "Overrules the template's setting of this name"),
    known(
        "workflow.override_actors",
        Form::Actors,
        None,
        "Overrules the template's setting of this name: actors with commas between them, who alone may override a gate",
    ),
    known("workflow.allow_self_approval", Form::Bool, None, "Overrules the template's setting of this name"),
    known("workflow.require_artifact_validation", Form::Bool, None, "Overrules the template's setting of this name"),
    known("workflow.sync_files_on_phase_complete", Form::Bool, None, "Overrules the template's setting of this name"),
    known("workflow.sync_files_on_close", Form::Bool, None, "Overrules the template's setting of this name"),
    known(
        "search.half_life_days",
        Form::Number(1, 36_500),
        Some("14"),
        "After how many days half of what a new event has over an old one is left",
    ),
    known(
        "search.cache_ttl",
        Form::Number(0, 31_536_000),
        Some("3600"),
        "How long an answer may be given again, in seconds; it never is after a write",
    ),
    known(
        "search.cache_bytes",
        Form::Number(0, 1 << 40),
        Some("33554432"),
        "How many bytes the answers that a process keeps may have",
    ),
    known(
        REDIS_URL,
        Form::Text,
        None,
        "A Redis server that shares answers between processes: redis://HOST:PORT/NUMBER",
    ),
    known(
        "search.redis_ttl",
        Form::Number(1, 31_536_000),
        Some("3600"),
        "How long an answer is kept on the Redis server, in seconds",
    ),
    known(
        "files.max_artifact_bytes",
        Form::Number(1, 1 << 30),
        Some("10485760"),
        "The largest artifact that is taken up",
    ),
    known("git.auto_commit", Form::Bool, Some("false"), "Commit the work of a task when its session ends"),
    known("git.commit_all", Form::Bool, Some("false"), "Stage all changes and new files for a commit, as --all does"),
    known(
        "git.commit_message_template",
        Form::Message,
        Some("[{task_code}] {task_title}"),
        "The message of a commit: {sprint_code}, {task_code}, {task_title}, {phase} and {task_type} are put in",
    ),
    known(
        "bugs.blank",
        Form::Rules(List::Patterns),
        None,
        "Regular expressions of what differs from run to run in your errors",
    ),
    known(
        "bugs.keep",
        Form::Rules(List::Patterns),
        None,
        "Regular expressions of what tells your errors apart, whatever it looks like",
    ),
    known(
        "bugs.fixed",
        Form::Rules(List::Named),
        None,
        "Errors that are one bug: a list of {pattern, name}, for a pattern that the error matches anywhere",
    ),
    known("redaction.enabled", Form::Bool, Some("true"), "Cut out what looks like a secret before anything is stored"),
    known(
        "redaction.patterns",
        Form::Rules(List::Secrets),
        None,
        "Regular expressions of your own secrets: a list of patterns or {pattern, name}; a group (?<secret>…) is what is cut out",
    ),
    known("redaction.entropy", Form::Bool, Some("false"), "Cut out whatever looks random, too; hashes and ids stay"),
];
