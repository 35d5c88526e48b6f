//! What is decided about bugs: which one a report belongs to, what a resolution or a merge changes. Reads and stores nothing.

use super::fact::{
    BugAbsorbed, BugAction, BugLogged, BugMerged, BugRegressed, BugRekeyed, BugResolved, TaskBlocked, TaskUnblocked,
};
use super::keys::Keys;
use super::record::{Bug, BugStatus, bug_after};
use crate::code::{BugCode, SessionKey, TaskCode};
use crate::draft::Draft;
use crate::event::{Fact, NewEvent};
use crate::fold::Circumstance;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::store::{BugContext, BugName};

/// A bug and the facts that were added to it. The bug is always the fold of its events, these included.
#[derive(Debug, Clone)]
pub struct BugDraft {
    bug: Bug,
    before: i64,
    events: Vec<NewEvent>,
}

impl BugDraft {
    /// The bug as it is after all facts so far.
    #[must_use]
    pub fn bug(&self) -> &Bug {
        &self.bug
    }

    /// The version that it had before; 0 if it is new.
    #[must_use]
    pub fn before(&self) -> i64 {
        self.before
    }

    /// The facts so far.
    #[must_use]
    pub fn events(&self) -> &[NewEvent] {
        &self.events
    }
}

/// The bug that a report belongs to, of those that were found for it: the one with its hash, or what that is merged into;
/// else the only open one with its loose key, if one of both does not know more of the place than the file.
#[must_use]
pub fn bug_of<'b>(found: &'b [Bug], keys: &Keys) -> Option<&'b Bug> {
    if let Some(same) = found.iter().find(|bug| bug.keys.hash == keys.hash) {
        return Some(followed(found, same));
    }
    let loose = keys.loose.as_ref()?;
    let mut near = found.iter().filter(|bug| bug.status() == BugStatus::Open && bug.keys.loose.as_ref() == Some(loose));
    let only = near.next().filter(|only| !only.keys.has_place() || !keys.has_place())?;
    near.next().is_none().then_some(only)
}

/// Whether a bug takes the keys of its report: it says more of the place than the ones before it could, and these keys are
/// not those of a bug that was merged into this one.
fn takes_keys(found: &[Bug], bug: &Bug, keys: &Keys) -> bool {
    keys.has_place() && !bug.keys.has_place() && found.iter().all(|known| known.keys.hash != keys.hash)
}

/// How many of some reports, one after the other, belong to none of these bugs.
#[must_use]
pub fn new_bugs(found: &[Bug], reports: &[Keys]) -> usize {
    let mut known = found.to_vec();
    let mut new = 0;
    for keys in reports {
        let Some(bug) = bug_of(&known, keys) else {
            new += 1;
            continue;
        };
        // the next report meets the bug with its new keys
        if takes_keys(&known, bug, keys) {
            let code = bug.code.clone();
            known.iter_mut().filter(|bug| bug.code == code).for_each(|bug| bug.keys = keys.clone());
        }
    }
    new
}

/// What a bug is merged into, through any number of merges; the bug itself where it is not.
fn followed<'b>(found: &'b [Bug], bug: &'b Bug) -> &'b Bug {
    let into = |bug: &&Bug| {
        let code = bug.merged_into.as_ref()?;
        found.iter().find(|other| other.code == *code)
    };
    // a merge is decided on the bug at the end of a chain, so there is no circle
    std::iter::successors(Some(bug), into).take(found.len() + 1).last().unwrap_or(bug)
}

/// A change of several bugs and tasks in the making.
#[derive(Debug)]
pub(crate) struct Changing {
    context: BugContext,
    operation: Operation,
    codes: std::vec::IntoIter<BugCode>,
    bugs: Vec<BugDraft>,
    tasks: Vec<Draft>,
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Met {
    /// The bug's code.
    pub(crate) code: BugCode,
    /// Whether the bug is new.
    pub(crate) new: bool,
    /// Whether it had been resolved.
    pub(crate) regression: bool,
    /// How it had been resolved.
    pub(crate) earlier_resolution: Option<String>,
}

impl Changing {
    pub(crate) fn new(context: BugContext, operation: &Operation) -> Self {
        let codes = context.codes.clone().into_iter();
        Self { context, operation: operation.clone(), codes, bugs: Vec::new(), tasks: Vec::new() }
    }

    /// The bugs and tasks with their new facts.
    pub(crate) fn into_drafts(self) -> (Vec<BugDraft>, Vec<Draft>) {
        (self.bugs, self.tasks)
    }

    /// The bug with this code as it is by now.
    pub(crate) fn bug(&self, code: &BugCode) -> Option<&Bug> {
        let drafted = self.bugs.iter().map(BugDraft::bug).find(|bug| bug.code == *code);
        drafted.or_else(|| self.context.bugs.iter().find(|bug| bug.code == *code))
    }

    /// Records an occurrence.
    ///
    /// # Errors
    /// A refusal if there is no such task.
    pub(crate) fn log(&mut self, logged: &BugLogged) -> Result<Met, Refusal> {
        let session = match &logged.task_code {
            Some(code) => {
                let task = self.context.tasks.get(code).ok_or_else(|| Refusal::NoTask(code.clone()))?;
                task.active_session().map(|session| session.key.clone())
            }
            None => None,
        };
        let (mut logged, whole) = (logged.clone(), logged.report.clone());
        // an earlier report of the same command may have changed the bugs
        let known: Vec<Bug> = self.context.bugs.iter().filter_map(|bug| self.bug(&bug.code).cloned()).collect();
        let found = bug_of(&known, &logged.keys).cloned();
        let regression = found.as_ref().is_some_and(|bug| bug.status() == BugStatus::Resolved);
        let new = found.is_none();
        let earlier_resolution = found.as_ref().and_then(|bug| bug.resolution.clone());
        if let Some(bug) = &found {
            logged.bug_code = bug.code.clone();
            if regression {
                let (resolution, resolved_at) = (bug.resolution.clone(), bug.resolved_at);
                let regressed = Fact::BugRegressed(BugRegressed { resolution, resolved_at });
                self.record(&bug.code, session.clone(), regressed)?;
            } else {
                // the stack of an open bug is known; the log need not repeat it
                logged.report.stack = logged.report.stack.filter(|_| bug.stack_trace.is_none());
            }
        } else {
            logged.bug_code = self.codes.next().ok_or_else(|| Refusal::NoBug(logged.keys.hash.clone()))?;
        }
        let (code, keys) = (logged.bug_code.clone(), logged.keys.clone());
        let blocks = (logged.action == BugAction::FixNow).then(|| logged.task_code.clone()).flatten();
        self.record(&code, session.clone(), Fact::BugLogged(logged))?;
        if let Some(bug) = found.filter(|bug| takes_keys(&known, bug, &keys)) {
            let rekeyed = BugRekeyed { keys, old_hash: bug.keys.hash, report: Some(whole) };
            self.record(&code, session, Fact::BugRekeyed(rekeyed))?;
        }
        if let Some(task) = blocks {
            self.block(&task, &code)?;
        }
        Ok(Met { code, new, regression, earlier_resolution })
    }

    /// Resolves a bug. The same resolution again changes nothing.
    ///
    /// # Errors
    /// A refusal if there is no such bug.
    pub(crate) fn resolve(&mut self, name: &BugName, resolution: &str) -> Result<BugCode, Refusal> {
        let bug = self.named(name)?;
        self.operation.expects(bug.code.as_str(), bug.version)?;
        if bug.status() == BugStatus::Resolved && bug.resolution.as_deref() == Some(resolution) {
            return Ok(bug.code);
        }
        self.unblock(&bug)?;
        self.record(&bug.code, None, Fact::BugResolved(BugResolved { resolution: resolution.to_owned() }))?;
        Ok(bug.code)
    }

    /// Merges the second bug into the first one, which counts on for both. Where the second is open, the first is, too, and
    /// stands in the way of the same tasks.
    ///
    /// # Errors
    /// A refusal if there is no such bug, or both are one.
    pub(crate) fn merge(&mut self, keep: &BugName, other: &BugName) -> Result<BugCode, Refusal> {
        let (kept, merged) = (self.named(keep)?, self.named(other)?);
        if kept.code == merged.code {
            let problem = format!("{keep} and {other} are one already: {}", kept.code);
            return Err(Refusal::Invalid { what: "bug", problem });
        }
        self.merge_into(&kept, &merged)?;
        Ok(kept.code)
    }

    fn merge_into(&mut self, kept: &Bug, merged: &Bug) -> Result<(), Refusal> {
        let is_open = merged.status() == BugStatus::Open;
        self.unblock(merged)?;
        self.record(&merged.code, None, Fact::BugMerged(BugMerged { into: kept.code.clone() }))?;
        if is_open && kept.status() == BugStatus::Resolved {
            let (resolution, resolved_at) = (kept.resolution.clone(), kept.resolved_at);
            self.record(&kept.code, None, Fact::BugRegressed(BugRegressed { resolution, resolved_at }))?;
        }
        let absorbed = BugAbsorbed {
            bug: merged.code.clone(),
            occurrence_count: merged.occurrence_count,
            captured_at: merged.captured_at,
            last_seen: merged.last_seen,
            blocks: merged.blocks.iter().cloned().collect(),
        };
        self.record(&kept.code, None, Fact::BugAbsorbed(absorbed))?;
        merged.blocks.iter().try_for_each(|task| self.block(task, &kept.code))
    }

    /// Gives a bug the keys that the rules find now; where another bug has them already, it is merged into that one.
    ///
    /// # Errors
    /// A refusal if there is no such bug.
    pub(crate) fn rekey(&mut self, name: &BugName, keys: &Keys) -> Result<BugCode, Refusal> {
        let bug = self.context.bugs.iter().find(|bug| BugName::Code(bug.code.clone()) == *name).cloned();
        let bug = bug.ok_or_else(|| Refusal::NoBug(name.to_string()))?;
        if bug.keys == *keys {
            return Ok(bug.code);
        }
        let same = self.context.bugs.iter().find(|other| other.keys.hash == keys.hash && other.code != bug.code);
        if let Some(same) = same.map(|same| followed(&self.context.bugs, same).clone()) {
            if bug.status() != BugStatus::Merged && same.code != bug.code {
                self.merge_into(&same, &bug)?;
            }
            return Ok(same.code);
        }
        let rekeyed = BugRekeyed { keys: keys.clone(), old_hash: bug.keys.hash, report: None };
        self.record(&bug.code, None, Fact::BugRekeyed(rekeyed))?;
        Ok(bug.code)
    }

    /// The bug that somebody calls so, or what it is merged into.
    fn named(&self, name: &BugName) -> Result<Bug, Refusal> {
        let mut found = self.context.bugs.iter().filter(|bug| match name {
            BugName::Code(code) => bug.code == *code,
            BugName::Hash(hash) => bug.keys.hash.starts_with(hash.as_str()),
        });
        let first = found.next().ok_or_else(|| Refusal::NoBug(name.to_string()))?;
        let others: Vec<BugCode> = found.map(|bug| bug.code.clone()).collect();
        if others.is_empty() {
            return Ok(followed(&self.context.bugs, first).clone());
        }
        let codes = std::iter::once(first.code.clone()).chain(others).collect();
        Err(Refusal::ManyBugs { name: name.to_string(), codes })
    }

    fn record(&mut self, code: &BugCode, session_key: Option<SessionKey>, fact: Fact) -> Result<(), Refusal> {
        let fact = self.operation.redactor.fact(fact);
        let (actor, at) = (&self.operation.actor, self.context.now);
        let circumstance = Circumstance { actor, at, session_key: session_key.as_ref() };
        let impossible = |_| Refusal::NoBug(code.to_string());
        if let Some(draft) = self.bugs.iter_mut().find(|draft| draft.bug.code == *code) {
            draft.bug = bug_after(Some(draft.bug.clone()), &fact, circumstance).map_err(impossible)?;
            draft.events.push(NewEvent { fact, session_key });
            return Ok(());
        }
        let before = self.context.bugs.iter().find(|bug| bug.code == *code).cloned();
        let version = before.as_ref().map_or(0, |bug| bug.version);
        let bug = bug_after(before, &fact, circumstance).map_err(impossible)?;
        self.bugs.push(BugDraft { bug, before: version, events: vec![NewEvent { fact, session_key }] });
        Ok(())
    }

    fn block(&mut self, task: &TaskCode, bug: &BugCode) -> Result<(), Refusal> {
        let draft = self.task(task)?;
        if !draft.task().blocking_bugs.contains(bug) {
            draft.record(Fact::TaskBlocked(TaskBlocked { bug: bug.clone() }));
        }
        Ok(())
    }

    fn unblock(&mut self, bug: &Bug) -> Result<(), Refusal> {
        for task in &bug.blocks {
            let draft = self.task(task)?;
            if draft.task().blocking_bugs.contains(&bug.code) {
                draft.record(Fact::TaskUnblocked(TaskUnblocked { bug: bug.code.clone() }));
            }
        }
        Ok(())
    }

    fn task(&mut self, code: &TaskCode) -> Result<&mut Draft, Refusal> {
        let known = self.tasks.iter().position(|draft| draft.task().code == *code);
        let at = known.unwrap_or(self.tasks.len());
        if known.is_none() {
            let task = self.context.tasks.get(code).ok_or_else(|| Refusal::NoTask(code.clone()))?;
            self.tasks.push(Draft::on(task.clone(), &self.operation, self.context.now));
        }
        Ok(&mut self.tasks[at])
    }
}
