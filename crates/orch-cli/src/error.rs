//! From an error to words, a hint and an exit code. The only place where errors become sentences for people.

use std::path::Path;

use orch_core::artifact::FolderError;
use orch_core::code::InvalidName;
use orch_core::pull_request::PullRequestError;
use orch_core::redact::Redactor;
use orch_core::refusal::Refusal;
use orch_core::service::ServiceError;
use orch_core::store::StoreError;
use orch_core::vcs::VcsError;
use orch_core::workflow::Faults;
use orch_store::ArchiveError;
use orch_store::transfer::TransferError;
use serde_json::{Value, json};

use crate::exit::Exit;

/// What to do about files that cannot be read or written.
const ROOM: &str = "see that the disk has room, is well, and may be written; then try again";
/// What to do about damage.
const RESTORE: &str =
    "nothing was touched; orch db check tells what is damaged, orch db restore FILE puts a backup in its place";

/// A command that failed, as it is told.
#[derive(Debug)]
pub(crate) struct CliError {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
    /// Facts for programs.
    pub(crate) details: Value,
    /// Lines for people instead of the plain message, such as what a gate misses.
    pub(crate) lines: Vec<String>,
}

impl CliError {
    /// An error with this code.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, details: json!({}), lines: Vec::new() }
    }

    /// Wrong usage or input.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Arguments that the grammar refuses.
    pub(crate) fn arguments(error: &clap::Error) -> Self {
        let usage = error.render().to_string();
        let lines = usage.lines().skip_while(|line| !line.starts_with("error: ")).take_while(|line| !line.is_empty());
        let message = lines.map(str::trim).collect::<Vec<_>>().join(" ");
        // without any word the parser shows the help, and finds nothing wrong
        Self::usage(message.strip_prefix("error: ").unwrap_or("no command was given"))
    }

    /// The named thing does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// Refused for safety or by policy.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// A file that could not be read or written.
    pub(crate) fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => Exit::NotFound,
            std::io::ErrorKind::AlreadyExists => Exit::Conflict,
            _ => Exit::Unavailable,
        };
        let told = Self::new(exit, format!("could not {doing} {}: {error}", path.display()));
        if exit == Exit::Unavailable { told.hint(ROOM) } else { told }
    }

    /// The faults of a file, one a line.
    pub(crate) fn faults(file: &str, faults: &Faults) -> Self {
        let list: Vec<Value> = faults
            .as_slice()
            .iter()
            .map(|fault| {
                json!({"file": file, "line": fault.at.line, "column": fault.at.column, "message": fault.message,
                       "expected": fault.expected, "nearest": fault.nearest})
            })
            .collect();
        let count = list.len();
        let mut error = Self::usage(format!("{file} has {count} {}", if count == 1 { "fault" } else { "faults" }));
        error.lines = faults.render(file).lines().map(ToOwned::to_owned).collect();
        error.details = json!({"faults": list});
        error.hint("correct the file, then run: orch workflow check")
    }

    /// With what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do next: what is known of this failure, else what is so for all of its class.
    pub(crate) fn next_step(&self) -> &str {
        self.hint.as_deref().unwrap_or(match self.exit {
            Exit::Done | Exit::Child(_) => "nothing is to be done",
            Exit::Defect => "this is a defect of orch; please report it",
            Exit::Usage => "correct the call; --help after the command says what it takes",
            Exit::NotFound => "see whether the name is right",
            Exit::Gate => "run: orch phase show",
            Exit::Conflict => "read the state again, then decide: orch status",
            Exit::Busy => "try again",
            Exit::Unavailable => "see to what the message names, then try again",
            Exit::Damaged => "nothing was touched; run: orch db check",
            Exit::Refused => "nothing was done; give something else that is allowed",
            Exit::Unknown => "look whether it was done before you do it again",
        })
    }

    /// The same without what looks like a secret: messages of databases, git and files say what they like.
    pub(crate) fn without_secrets(self, redactor: &Redactor) -> Self {
        Self {
            exit: self.exit,
            message: redactor.owned(self.message),
            hint: self.hint.map(|hint| redactor.owned(hint)),
            details: redactor.json(self.details),
            lines: self.lines.into_iter().map(|line| redactor.owned(line)).collect(),
        }
    }

    /// The error as programs get it.
    pub(crate) fn document(&self) -> Value {
        json!({
            "code": self.exit.word(), "exit_code": self.exit.number(), "message": self.message,
            "hint": self.next_step(),
            "details": self.details,
        })
    }

    /// With facts for programs.
    pub(crate) fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Folder(error) => error.into(),
            ServiceError::Vcs(error) => error.into(),
            // the codes below promise that nothing was changed
            ServiceError::NotInFolder { .. } => {
                Self::new(Exit::Unknown, chain(&error)).hint("repeat the command; then the file is written, too")
            }
            ServiceError::NoCommit => Self::new(Exit::Conflict, chain(&error)).hint("commit something first"),
            ServiceError::Unrecorded { ref hash, ref task, .. } => Self::new(Exit::Unknown, chain(&error))
                .hint(format!("record it with: orch git reconcile {task}"))
                .details(json!({"commit": hash})),
            error => Self::new(Exit::Defect, chain(&error)),
        }
    }
}

impl From<InvalidName> for CliError {
    fn from(error: InvalidName) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<PullRequestError> for CliError {
    fn from(error: PullRequestError) -> Self {
        Self::refused(error.to_string()).hint(
            "give the address of the pull request's page, such as https://github.com/OWNER/REPOSITORY/pull/NUMBER",
        )
    }
}

impl From<FolderError> for CliError {
    fn from(error: FolderError) -> Self {
        if matches!(error, FolderError::Refused { .. }) {
            return Self::refused(chain(&error));
        }
        Self::new(Exit::Unavailable, chain(&error)).hint(ROOM)
    }
}

impl From<VcsError> for CliError {
    fn from(error: VcsError) -> Self {
        let exit = match error {
            VcsError::NotARepository { .. } | VcsError::UnknownRevision { .. } | VcsError::NoSuchPath { .. } => {
                Exit::NotFound
            }
            VcsError::Locked { .. } | VcsError::CommitUnderWay { .. } => Exit::Busy,
            VcsError::Failed { .. } => Exit::Unavailable,
            _ => Exit::Refused,
        };
        let told = Self::new(exit, chain(&error));
        match error {
            VcsError::OperationInProgress { operation, conflicts } => {
                told.hint("see: git status").details(json!({"operation": operation.as_str(), "conflicted": conflicts}))
            }
            VcsError::Unmerged { count } => told.hint("see: git status").details(json!({"conflicted": count})),
            VcsError::Detached => told.hint("go to a branch, or commit all the same with --allow-detached"),
            VcsError::NoIdentity { .. } => {
                told.hint("git config user.name \"Your Name\" and git config user.email you@example.org")
            }
            VcsError::NothingToCommit { changed, untracked } => {
                let told = told.details(json!({"changed": changed, "untracked": untracked}));
                if untracked > 0 { told.hint("name new files behind --, or take everything with --all") } else { told }
            }
            VcsError::Locked { path, age } => told
                .hint("try again; if no git is running, look into it and remove the file yourself")
                .details(json!({"lock": path.to_string_lossy(), "age_seconds": age.map(|age| age.as_secs())})),
            VcsError::CommitUnderWay { .. } => told.hint("try again; its hooks may be slow"),
            VcsError::KeptOut { .. } => {
                told.hint("these are files of orch's store; take them out with: git rm --cached")
            }
            VcsError::Ignored { .. } => told.hint("stage it yourself with: git add --force"),
            VcsError::SigningFailed { .. } => told.hint("there is no commit, not even an unsigned one"),
            VcsError::CommitRefused { .. } => told.hint("HEAD, branches and index are as they were"),
            _ => told,
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let message = chain(&error);
        match error {
            StoreError::Conflict { .. } => Self::new(Exit::Conflict, message).hint("read the state again, then decide"),
            StoreError::KeyReused { first } => Self::usage(message)
                .hint("use another key for another request")
                .details(json!({"operation_id": first.as_str()})),
            StoreError::Busy { .. } => {
                Self::new(Exit::Busy, message).hint("try again; another process holds the store")
            }
            StoreError::NoStore { .. } => Self::not_found(message).hint("make one with: orch init"),
            StoreError::Unavailable { .. } => Self::new(Exit::Unavailable, message).hint("run: orch doctor"),
            StoreError::Damaged { .. } => Self::new(Exit::Damaged, message).hint(RESTORE),
            StoreError::Newer { .. } => Self::new(Exit::Damaged, message)
                .hint("nothing was touched; use the version of orch that wrote it, or a newer one"),
            StoreError::Unfinished { .. } => {
                Self::new(Exit::Conflict, message).hint("finish it with: orch db import FILE, with the same export")
            }
            StoreError::OutcomeUnknown { operation, .. } => Self::new(Exit::Unknown, message)
                .hint(format!("repeat with the same --idempotency-key, or ask: orch op show {operation}"))
                .details(json!({"operation_id": operation.as_str()})),
            _ => Self::new(Exit::Defect, message).hint("this is a defect of orch; please report it"),
        }
    }
}

impl From<TransferError> for CliError {
    fn from(error: TransferError) -> Self {
        let message = chain(&error);
        match error {
            TransferError::Store(error) => error.into(),
            TransferError::Read(_) | TransferError::Write(_) => Self::new(Exit::Unavailable, message),
            TransferError::Foreign => {
                Self::usage(message).hint("give a file that this command wrote: orch db export FILE")
            }
            TransferError::NewerFormat { .. } | TransferError::NewerSchema { .. } => Self::new(Exit::Damaged, message)
                .hint("import it with the version of orch that made it, or a newer one"),
            TransferError::Malformed { line, .. } | TransferError::CutOff { line } => {
                Self::usage(message).hint("make the export again: orch db export FILE").details(json!({"line": line}))
            }
            TransferError::RowTooLong { .. } => Self::refused(message),
            TransferError::Occupied { .. } => Self::new(Exit::Conflict, message)
                .hint("import into a new project: orch init in another folder, or with another database"),
            TransferError::OtherImport { .. } => Self::new(Exit::Conflict, message)
                .hint("finish with the export that was begun with, or import into a new project"),
            TransferError::Conflict { table, key, line } => Self::new(Exit::Conflict, message)
                .hint("somebody changed the store meanwhile; import into a new project")
                .details(json!({"table": table, "key": key, "line": line})),
            TransferError::Disturbed { .. } => Self::new(Exit::Conflict, message)
                .hint("somebody changed the store meanwhile; import into a new project"),
            _ => Self::new(Exit::Defect, message),
        }
    }
}

impl From<ArchiveError> for CliError {
    fn from(error: ArchiveError) -> Self {
        if !error.changed {
            return error.source.into();
        }
        // the codes below promise that nothing was changed
        Self::new(Exit::Unknown, chain(&error))
            .hint("archived events stay archived; run it again for the rest")
            .details(json!({"archived": crate::output::view::archived(&error.archived)}))
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::NoTask(_) => Self::not_found(message).hint("run: orch task list"),
            Refusal::NoSprint(_) => Self::not_found(message).hint("run: orch sprint list"),
            Refusal::NoArtifact { task, .. } => {
                Self::not_found(message).hint(format!("run: orch artifact list {task}"))
            }
            Refusal::NoBug(_) => Self::not_found(message).hint("run: orch bug list --all"),
            Refusal::ManyBugs { codes, .. } => Self::usage(message)
                .hint(format!("use more of the hash, or a code: {}", join(&codes)))
                .details(json!({"bugs": codes})),
            Refusal::NothingReady => Self::not_found(message).hint("run: orch task list --status pending"),
            Refusal::VersionChanged { what, expected, found } => Self::new(Exit::Conflict, message)
                .hint("read it again, and decide by what it says now")
                .details(json!({"code": what, "expected": expected, "version": found})),
            Refusal::OwnWork { actor, .. } => Self::refused(message)
                .hint("ask a person, or whoever else knows the work, to look at it and to run: orch approval record")
                .details(json!({"holder": actor})),
            Refusal::MayNotOverride { allowed, .. } => Self::refused(message)
                .hint(format!("ask {}, who may", join(&allowed)))
                .details(json!({"override_actors": allowed})),
            Refusal::ArtifactExists { .. } => {
                Self::new(Exit::Conflict, message).hint("edit it, or replace it with --force")
            }
            Refusal::CodeTaken(_) => {
                Self::new(Exit::Conflict, message).hint("give another one, or none: the next free one is taken")
            }
            Refusal::GateNotMet { phase, missing, warnings } => gate(&phase, &missing, &warnings, message),
            Refusal::NoActiveSession { task, ended } => {
                let hint = match ended {
                    Some(_) => format!("see what became of it: orch task show {task}; what is ready: orch next"),
                    None => format!("run: orch session start {task}"),
                };
                let ended = ended.map(|(key, at)| json!({"session_key": key, "ended_at": at}));
                Self::new(Exit::Conflict, message).hint(hint).details(json!({"latest_session": ended}))
            }
            Refusal::Held { task, holder, expires_at, expired } => {
                let until = crate::output::view::time(expires_at);
                let hint = if expired {
                    format!("the lease ran out at {until}; run: orch session start {task} --take-over")
                } else {
                    format!("the lease lives until {until}; wait, or ask {holder} to run: orch task release {task}")
                };
                Self::new(Exit::Conflict, message)
                    .hint(hint)
                    .details(json!({"holder": holder, "lease_expires_at": until, "expired": expired}))
            }
            Refusal::NotCurrentPhase { meant, current, moved_by } => Self::new(Exit::Conflict, message)
                .hint("run: orch phase show")
                .details(json!({"phase": meant, "current_phase": current, "moved_by": moved_by})),
            Refusal::SessionChanged { current, moved_by } => Self::new(Exit::Conflict, message)
                .hint("run: orch session status")
                .details(json!({"session_key": current, "moved_by": moved_by})),
            Refusal::UnknownPhase { known, .. } => {
                Self::usage(message).hint(format!("its phases are: {}", join(&known))).details(json!({"phases": known}))
            }
            Refusal::NotEarlier { .. } | Refusal::NotLater { .. } => Self::usage(message).hint("run: orch phase show"),
            Refusal::NotLastPhase { current, last } => Self::new(Exit::Conflict, message)
                .hint("complete the phases before it, or end it as it is with: orch session end --force")
                .details(json!({"current_phase": current, "last_phase": last})),
            Refusal::Forbidden { setting } => Self::refused(message)
                .hint(format!("set {setting} in the workflow's settings; it counts from the next session on"))
                .details(json!({"setting": setting})),
            Refusal::EmptyReason => {
                Self::usage(message).hint("give a reason, or leave the option out where it is optional")
            }
            Refusal::Invalid { .. } | Refusal::Circle { .. } => Self::usage(message),
            Refusal::AtLine { line, refusal } => {
                let is_missing = matches!(*refusal, Refusal::NoTask(_) | Refusal::NoSprint(_));
                let mut error = Self::from(*refusal);
                if is_missing {
                    error = error.hint("create it first, or let it be created with: --create-missing");
                }
                error.message = message;
                error.details["line"] = json!(line);
                error
            }
            Refusal::WrongStatus { task, .. } => {
                Self::new(Exit::Conflict, message).hint(format!("run: orch task update {task} --status pending"))
            }
            Refusal::SessionActive { task, .. } => Self::new(Exit::Conflict, message)
                .hint(format!("run: orch session end {task}, with --force where it is not done")),
            Refusal::NotEmitted { allowed, emitted_by, .. } => {
                let exit = if emitted_by.is_some() { Exit::Conflict } else { Exit::Usage };
                let hint = match &emitted_by {
                    Some(phase) => format!("phase {phase} emits it; this one emits: {}", join(&allowed)),
                    None => {
                        format!("this phase emits: {}; declare others under `events` in the workflow", join(&allowed))
                    }
                };
                Self::new(exit, message).hint(hint).details(json!({"allowed": allowed}))
            }
            Refusal::PinnedTemplate { .. } => {
                Self::new(Exit::Damaged, message).hint("end the session with: orch session end --force")
            }
            _ => Self::new(Exit::Conflict, message),
        }
    }
}

fn gate(
    phase: &orch_core::code::PhaseName,
    missing: &orch_core::gate::Missing,
    warnings: &[String],
    message: String,
) -> CliError {
    let mut lines = Vec::new();
    lines.extend(missing.artifacts.iter().map(|name| format!("✗ Required artifact missing: {name}")));
    lines.extend(missing.fields.iter().map(|name| format!("✗ Required field missing: {name}")));
    lines.extend(missing.checks.iter().map(|name| format!("✗ Check not passed: {name}")));
    lines.extend(missing.bugs.iter().map(|name| format!("✗ Bug to be fixed first: {name}")));
    if missing.approval {
        lines.push("✗ Approval missing".to_owned());
    }
    lines.extend(warnings.iter().map(|warning| format!("⚠ {warning}")));
    let mut error = CliError::new(Exit::Gate, message)
        .hint("supply what is missing, or complete it all the same with --override --reason \"…\"")
        .details(json!({"phase": phase, "missing": missing, "warnings": warnings}));
    error.lines = lines;
    error
}

fn join<T: ToString>(items: &[T]) -> String {
    match items {
        [] => "nothing".to_owned(),
        _ => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        // some libraries repeat the cause in their own text
        if text.ends_with(&cause) { text } else { format!("{text}: {cause}") }
    })
}
