//! Logging errors, resolving and merging bugs, and giving them new keys when the rules change.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{HookReport, ServiceError, SessionService, check_json, check_text};
use crate::bug::decide::{Changing, Met};
use crate::bug::fact::{BugLogged, REKEYED};
use crate::bug::record::RESERVED_CONTEXT;
use crate::bug::{Bug, BugAction, BugStatus, Explanation, Fingerprinter, Keys, PartName, StoredReport, VERSION};
use crate::code::{BugCode, EventType, TaskCode};
use crate::event::{EntityType, Fact};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::store::{
    BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, EventFilter, Outcome, Store, Window,
};

/// The most characters of a note or a resolution.
const MAX_NOTE: usize = 16_384;
/// The most bytes of the callers' own values as JSON.
const MAX_CONTEXT: usize = 65_536;
/// So many bytes of a message are kept: its beginning and its end.
const MAX_MESSAGE: usize = 65_536;
/// So many bytes of a stack trace are kept: its beginning and its end.
const MAX_STACK: usize = 262_144;
/// The most errors that one operation logs.
pub const MAX_REPORTS: usize = 500;

/// What is said about all errors of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logging {
    /// The task that they were met in.
    pub task: Option<TaskCode>,
    /// What whoever met them wants to do.
    pub action: BugAction,
    /// What they know about them.
    pub note: Option<String>,
    /// Values of their own.
    pub context: Map<String, Value>,
}

/// A bug after an error was logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedBug {
    /// The bug.
    pub bug: Bug,
    /// Whether it was not known.
    pub new: bool,
    /// Whether it had been resolved.
    pub regression: bool,
    /// How it had been resolved.
    pub earlier_resolution: Option<String>,
}

/// The bugs after their errors were logged, in the order of the reports; each once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BugsAnswer {
    /// The bugs.
    pub bugs: Vec<LoggedBug>,
}

/// A bug as it is after the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BugAnswer {
    /// The bug.
    pub bug: Bug,
}

/// What new rules came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// How many bugs were looked at.
    pub looked_at: u64,
    /// How many have other keys now.
    pub changed: u64,
    /// How many turned out to be the same as another one.
    pub merged: u64,
}

/// Logs errors and says what became of bugs.
#[derive(Clone, Copy)]
pub struct BugService<'a, S> {
    /// Where bugs and tasks are stored, and what runs the hooks of a phase.
    pub sessions: SessionService<'a, S>,
    /// The rules.
    pub fingerprinter: &'a Fingerprinter,
}

impl<S: Store> BugService<'_, S> {
    /// Logs errors: each is an occurrence of a bug that is known, or a new one. Reports of the same bug count once. Hooks of
    /// the task's phase run afterwards.
    ///
    /// # Errors
    /// A refusal if a report says nothing, there are too many, the text is not acceptable, there is no such task, or
    /// [`BugAction::FixNow`] is said without a task and [`BugAction::Context`] without a note.
    pub async fn log(
        &self,
        operation: &Operation,
        reports: &[StoredReport],
        how: &Logging,
    ) -> Result<(Outcome<BugsAnswer>, Vec<HookReport>), ServiceError> {
        // first of all, so that errors that differ in a secret are one bug
        let reports: &[StoredReport] =
            &reports.iter().map(|report| operation.redactor.report(report)).collect::<Vec<_>>();
        let how = &Logging {
            note: how.note.clone().map(|note| operation.redactor.owned(note)),
            context: operation.redactor.map(how.context.clone()),
            ..how.clone()
        };
        check_logging(reports, how)?;
        let store = self.sessions.store;
        let outdated = BugFilter {
            status: vec![BugStatus::Open, BugStatus::Resolved],
            not_of_rules: Some(VERSION),
            ..BugFilter::default()
        };
        if store.bugs(&outdated, BugOrder::Code, Window { limit: 0, offset: 0 }).await?.total > 0 {
            self.rekey(&operation.following(), false).await?;
        }
        let occurrences = self.occurrences(reports, how);
        let scope = BugScope {
            reports: occurrences.iter().map(|logged| logged.keys.clone()).collect(),
            names: Vec::new(),
            tasks: how.task.iter().cloned().collect(),
        };
        // what was looked up for the caller may be another when the call is repeated
        let said: Vec<_> =
            reports.iter().map(|report| (&report.message, &report.file, report.line, &report.stack)).collect();
        let request = Request::new(operation, "bug.log", &(said, how));
        let decide = |context: BugContext| {
            let mut changing = Changing::new(context, operation);
            let met = occurrences.iter().map(|logged| changing.log(logged)).collect::<Result<Vec<Met>, _>>()?;
            let answer = BugsAnswer { bugs: met.iter().filter_map(|met| logged_bug(&changing, met)).collect() };
            Ok(change(changing, answer))
        };
        let outcome = store.change_bugs(&request, &scope, decide).await?;
        let hooks = match &how.task {
            Some(task) if !outcome.replayed => self.sessions.bug_found(operation, task).await,
            _ => Vec::new(),
        };
        Ok((outcome, hooks))
    }

    /// What is recorded of reports, each bug once.
    fn occurrences(&self, reports: &[StoredReport], how: &Logging) -> Vec<BugLogged> {
        let mut seen = BTreeSet::new();
        let mut occurrences: Vec<BugLogged> = Vec::with_capacity(reports.len());
        for report in reports {
            let report = StoredReport {
                message: kept(&report.message, MAX_MESSAGE),
                stack: report.stack.as_deref().map(|text| kept(text, MAX_STACK)).filter(|text| !text.trim().is_empty()),
                file: report.file.as_deref().map(|text| kept(text, MAX_CONTEXT)),
                function: report.function.as_deref().map(|text| kept(text, MAX_CONTEXT)),
                source_line: report.source_line.as_deref().map(|text| kept(text, MAX_CONTEXT)),
                project_root: report.project_root.clone(),
                line: report.line,
            };
            let found = self.fingerprinter.explain(&report.as_report());
            let keys = Keys::of(&found.fingerprint);
            if seen.insert(keys.hash.clone()) {
                occurrences.push(occurrence(report, &found, keys, how));
            }
        }
        occurrences
    }

    /// Resolves a bug. The phases that waited for it wait no longer.
    ///
    /// # Errors
    /// A refusal if there is no such bug, or the resolution is empty.
    pub async fn resolve(
        &self,
        operation: &Operation,
        name: &BugName,
        resolution: &str,
    ) -> Result<Outcome<BugAnswer>, ServiceError> {
        let resolution = &*operation.redactor.text(resolution);
        check_text("resolution", resolution, MAX_NOTE)?;
        if resolution.trim().is_empty() {
            return Err(Refusal::Invalid { what: "resolution", problem: "is empty".into() }.into());
        }
        let request = Request::new(operation, "bug.resolve", &(name, resolution));
        let scope = BugScope { names: vec![name.clone()], ..BugScope::default() };
        let decide = |context: BugContext| {
            let mut changing = Changing::new(context, operation);
            let code = changing.resolve(name, resolution)?;
            answered(changing, &code)
        };
        Ok(self.sessions.store.change_bugs(&request, &scope, decide).await?)
    }

    /// Merges the second bug into the first one, which counts on for both and is the answer.
    ///
    /// # Errors
    /// A refusal if there is no such bug, or both are one.
    pub async fn merge(
        &self,
        operation: &Operation,
        keep: &BugName,
        other: &BugName,
    ) -> Result<Outcome<BugAnswer>, ServiceError> {
        let request = Request::new(operation, "bug.merge", &(keep, other));
        let scope = BugScope { names: vec![keep.clone(), other.clone()], ..BugScope::default() };
        let decide = |context: BugContext| {
            let mut changing = Changing::new(context, operation);
            let code = changing.merge(keep, other)?;
            answered(changing, &code)
        };
        Ok(self.sessions.store.change_bugs(&request, &scope, decide).await?)
    }

    /// The bug with this name, as it is: one that is merged is not followed.
    ///
    /// # Errors
    /// A refusal if there is no such bug, or several have a hash that begins so.
    pub async fn find(&self, name: &BugName) -> Result<Bug, ServiceError> {
        let mut found = self.sessions.store.bugs_named(name, 5).await?;
        if found.len() > 1 {
            let codes = found.into_iter().map(|bug| bug.code).collect();
            return Err(Refusal::ManyBugs { name: name.to_string(), codes }.into());
        }
        found.pop().ok_or_else(|| Refusal::NoBug(name.to_string()).into())
    }

    /// The report that the keys of a bug were made of: the first one, or one that knew more of the place.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the store cannot be read.
    pub async fn report(&self, code: &BugCode) -> Result<Option<StoredReport>, ServiceError> {
        let entity = Some((EntityType::Bug, code.to_string()));
        let logged = EventFilter { entity, archived: true, ..EventFilter::default() };
        let rekeyed = EventFilter { event_type: EventType::new(REKEYED).ok(), ..logged.clone() };
        let mut events = self.sessions.store.events(&logged, 1).await?;
        events.extend(self.sessions.store.events(&rekeyed, MAX_REPORTS as u64).await?);
        let facts = events.into_iter().filter_map(|event| Fact::decode(&event.event_type, event.payload).ok());
        let mut reports = facts.filter_map(|fact| match fact {
            Fact::BugLogged(logged) => Some(logged.report),
            Fact::BugRekeyed(rekeyed) => rekeyed.report,
            _ => None,
        });
        Ok(reports.next_back())
    }

    /// Gives bugs the keys that the rules find now: those of another version of the rules, or all. Bugs that turn out to be
    /// one are merged, so no count is lost. Each bug is a change of its own, and whoever repeats it goes on.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the store fails.
    pub async fn rekey(&self, operation: &Operation, all: bool) -> Result<Rekeyed, ServiceError> {
        let store = self.sessions.store;
        let filter = BugFilter { not_of_rules: Some(VERSION).filter(|_| !all), ..BugFilter::default() };
        let mut codes = Vec::new();
        loop {
            let window = Window { limit: 1_000, offset: codes.len() as u64 };
            let page = store.bugs(&filter, BugOrder::Code, window).await?;
            if page.items.is_empty() {
                break;
            }
            codes.extend(page.items.into_iter().map(|bug| bug.code));
        }
        let mut rekeyed = Rekeyed::default();
        for code in codes {
            rekeyed.looked_at += 1;
            let Some(report) = self.report(&code).await? else { continue };
            let report = operation.redactor.report(&report);
            let keys = Keys::of(&self.fingerprinter.fingerprint(&report.as_report()).0);
            let name = BugName::Code(code.clone());
            let scope = BugScope { names: vec![name.clone(), BugName::Hash(keys.hash.clone())], ..BugScope::default() };
            let request = Request::new(operation, "bug.rekey", &());
            let decide = |context: BugContext| {
                let mut changing = Changing::new(context, operation);
                let now = changing.rekey(&name, &keys)?;
                let change = change(changing, now);
                Ok(BugChange {
                    answer: (change.answer, !change.bugs.is_empty()),
                    bugs: change.bugs,
                    tasks: change.tasks,
                })
            };
            let (now, changed) = store.change_bugs(&request, &scope, decide).await?.answer;
            rekeyed.merged += u64::from(changed && now != code);
            rekeyed.changed += u64::from(changed && now == code);
        }
        Ok(rekeyed)
    }
}

fn check_logging(reports: &[StoredReport], how: &Logging) -> Result<(), Refusal> {
    let invalid = |what, problem: String| Err(Refusal::Invalid { what, problem });
    check_text("note", how.note.as_deref().unwrap_or_default(), MAX_NOTE)?;
    check_json("context", &how.context, MAX_CONTEXT)?;
    if let Some(key) = RESERVED_CONTEXT.iter().find(|key| how.context.contains_key(**key)) {
        return invalid("context", format!("key {key} is written by orch alone"));
    }
    if reports.len() > MAX_REPORTS {
        return invalid("report", format!("is one of {}; at most {MAX_REPORTS} are logged at once", reports.len()));
    }
    let says = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    if reports.iter().any(|report| !says(Some(&report.message)) && !says(report.stack.as_deref())) {
        return invalid("message", "is empty, and so is the stack trace".to_owned());
    }
    match how.action {
        BugAction::FixNow if how.task.is_none() => {
            invalid("action", "fix-now needs a task whose phase waits for the fix".to_owned())
        }
        BugAction::Context if !says(how.note.as_deref()) => invalid("action", "context needs a note".to_owned()),
        _ => Ok(()),
    }
}

fn occurrence(report: StoredReport, found: &Explanation, keys: Keys, how: &Logging) -> BugLogged {
    let part = |name| Some(found.fingerprint.part(name).to_owned()).filter(|text| !text.is_empty());
    // what is recorded needs a message of its own, also where only the stack was given
    let message = if report.message.trim().is_empty() { found.text.clone() } else { report.message.clone() };
    BugLogged {
        // the code is known when the bug was looked up
        bug_code: BugCode::new("BUG").unwrap_or_else(|_| unreachable!("a valid code")),
        keys,
        error_type: found.classification.error_type.name().to_owned(),
        type_rule: found.classification.rule.clone(),
        file_path: part(PartName::File).or_else(|| report.file.clone()),
        place: part(PartName::Place),
        report: StoredReport { message, ..report },
        task_code: how.task.clone(),
        action: how.action,
        note: how.note.clone(),
        context: how.context.clone(),
    }
}

fn logged_bug(changing: &Changing, met: &Met) -> Option<LoggedBug> {
    let bug = changing.bug(&met.code)?.clone();
    let earlier_resolution = met.earlier_resolution.clone();
    Some(LoggedBug { bug, new: met.new, regression: met.regression, earlier_resolution })
}

fn change<A>(changing: Changing, answer: A) -> BugChange<A> {
    let (bugs, tasks) = changing.into_drafts();
    BugChange { bugs, tasks, answer }
}

fn answered(changing: Changing, code: &BugCode) -> Result<BugChange<BugAnswer>, Refusal> {
    let bug = changing.bug(code).cloned().ok_or_else(|| Refusal::NoBug(code.to_string()))?;
    Ok(change(changing, BugAnswer { bug }))
}

/// A text as it is kept: without NUL, and of one that is too long the beginning and the end.
fn kept(text: &str, most: usize) -> String {
    let text = text.replace('\0', "\u{fffd}");
    if text.len() <= most {
        return text;
    }
    let (mut head, mut tail) = (most / 2, text.len() - most / 2);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}\n…\n{}", &text[..head], &text[tail..])
}
