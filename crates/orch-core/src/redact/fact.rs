//! Which parts of a fact are text from outside. Whoever adds a fact says here what of it goes through the redactor.

use crate::bug::StoredReport;
use crate::event::Fact;
use crate::sprint::{NewSprint, SprintChanges};
use crate::task::{CapturedCommit, NewTask, TaskChanges};

use super::Redactor;

impl Redactor {
    /// A fact as it may be stored. Codes, hashes and places stay as they are.
    #[must_use]
    pub fn fact(&self, mut fact: Fact) -> Fact {
        if !self.is_on() {
            return fact;
        }
        match &mut fact {
            Fact::TaskCreated(created) => {
                self.replace(&mut created.title);
                self.replace(&mut created.description);
                self.replace_map(&mut created.metadata);
            }
            Fact::TaskUpdated(updated) => {
                self.replace_changes(&mut updated.changes);
                self.replace_changes(&mut updated.previous);
            }
            Fact::SessionEnded(ended) => self.replace_some(&mut ended.reason),
            Fact::PhaseEnded(ended) => ended.warnings.iter_mut().for_each(|text| self.replace(text)),
            Fact::PhaseOverridden(overridden) => self.replace_some(&mut overridden.reason),
            Fact::PhasesSkipped(skipped) => self.replace_some(&mut skipped.reason),
            Fact::TaskHandedOver(handed) => self.replace_some(&mut handed.note),
            Fact::TaskNoted(noted) => self.replace(&mut noted.note),
            Fact::PhaseBack(back) => self.replace(&mut back.reason),
            Fact::CheckRecorded(check) => {
                check.command = check.command.as_deref().map(|words| self.words(words));
                self.replace_some(&mut check.output_tail);
                self.replace_some(&mut check.note);
            }
            Fact::ApprovalRecorded(approval) => self.replace_some(&mut approval.note),
            Fact::CommitCaptured(captured) => self.replace_commit(&mut captured.commit),
            Fact::CommitIntended(intended) => self.replace(&mut intended.message),
            Fact::Committed(made) => self.replace_commit(&mut made.commit),
            Fact::CommitRefused(refused) => self.replace(&mut refused.error),
            Fact::PrLinked(linked) => self.replace_some(&mut linked.previous),
            Fact::HookFailed(failed) => self.replace(&mut failed.error),
            Fact::Custom(custom) => custom.payload = self.json(custom.payload.take()),
            Fact::SprintCreated(created) => {
                self.replace(&mut created.title);
                self.replace_map(&mut created.metadata);
            }
            Fact::SprintUpdated(updated) => self.replace_sprint(&mut updated.changes),
            Fact::BugLogged(logged) => {
                self.replace_some(&mut logged.file_path);
                self.replace_some(&mut logged.place);
                self.replace_report(&mut logged.report);
                self.replace_some(&mut logged.note);
                self.replace_map(&mut logged.context);
            }
            Fact::BugRegressed(regressed) => self.replace_some(&mut regressed.resolution),
            Fact::BugResolved(resolved) => self.replace(&mut resolved.resolution),
            Fact::BugRekeyed(rekeyed) => {
                if let Some(report) = &mut rekeyed.report {
                    self.replace_report(report);
                }
            }
            // codes, names that are checked, hashes and numbers
            Fact::StatusUpdated(_)
            | Fact::TaskBlocked(_)
            | Fact::TaskUnblocked(_)
            | Fact::TaskClaimed(_)
            | Fact::TaskReleased(_)
            | Fact::SessionStarted(_)
            | Fact::SessionTakenOver(_)
            | Fact::PhaseStarted(_)
            | Fact::ArtifactSaved(_)
            | Fact::FilesSynced(_)
            | Fact::BugMerged(_)
            | Fact::BugAbsorbed(_) => {}
        }
        fact
    }

    /// What is asked for a new task.
    #[must_use]
    pub fn task(&self, new: &NewTask) -> NewTask {
        let mut new = new.clone();
        self.replace(&mut new.title);
        self.replace(&mut new.description);
        self.replace_map(&mut new.metadata);
        new
    }

    /// What is asked of a task.
    #[must_use]
    pub fn task_changes(&self, changes: &TaskChanges) -> TaskChanges {
        let mut changes = changes.clone();
        self.replace_changes(&mut changes);
        changes
    }

    /// What is asked for a new sprint.
    #[must_use]
    pub fn sprint(&self, new: &NewSprint) -> NewSprint {
        let mut new = new.clone();
        self.replace(&mut new.title);
        self.replace_map(&mut new.metadata);
        new
    }

    /// What is asked of a sprint.
    #[must_use]
    pub fn sprint_changes(&self, changes: &SprintChanges) -> SprintChanges {
        let mut changes = changes.clone();
        self.replace_sprint(&mut changes);
        changes
    }

    /// A commit as it is recorded. Its hash is of the message as git has it.
    #[must_use]
    pub fn commit(&self, mut commit: CapturedCommit) -> CapturedCommit {
        self.replace_commit(&mut commit);
        commit
    }

    /// A report of an error. It goes through before it is looked at, so that errors that differ in a secret are one bug.
    #[must_use]
    pub fn report(&self, report: &StoredReport) -> StoredReport {
        let mut report = report.clone();
        self.replace_report(&mut report);
        report
    }

    fn replace(&self, text: &mut String) {
        *text = self.owned(std::mem::take(text));
    }

    fn replace_some(&self, text: &mut Option<String>) {
        *text = text.take().map(|text| self.owned(text));
    }

    fn replace_map(&self, map: &mut serde_json::Map<String, serde_json::Value>) {
        *map = self.map(std::mem::take(map));
    }

    fn replace_changes(&self, changes: &mut TaskChanges) {
        self.replace_some(&mut changes.title);
        self.replace_some(&mut changes.description);
        self.replace_map(&mut changes.metadata);
    }

    fn replace_sprint(&self, changes: &mut SprintChanges) {
        self.replace_some(&mut changes.title);
        self.replace_map(&mut changes.metadata);
    }

    fn replace_commit(&self, commit: &mut CapturedCommit) {
        self.replace(&mut commit.message);
        self.replace(&mut commit.author);
    }

    fn replace_report(&self, report: &mut StoredReport) {
        self.replace(&mut report.message);
        for text in [&mut report.file, &mut report.stack, &mut report.function, &mut report.source_line] {
            self.replace_some(text);
        }
    }
}
