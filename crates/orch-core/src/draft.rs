//! A change in the making: facts are added one by one and the state follows them. Stores nothing.

use chrono::{DateTime, Utc};

use crate::artifact::{ArtifactFile, sha256_hex};
use crate::code::{Actor, PhaseName, SessionKey};
use crate::event::{ArtifactSaved, Fact, NewEvent, PhaseStarted, TaskCreated};
use crate::fold::{self, Circumstance};
use crate::operation::Operation;
use crate::redact::Redactor;
use crate::session::Session;
use crate::task::Task;

/// A template as a session pins it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// Its text.
    pub content: String,
}

impl Template {
    /// A template with this name and text.
    #[must_use]
    pub fn new(name: &str, content: &str) -> Self {
        Self { name: name.to_owned(), sha256: sha256_hex(content.as_bytes()), content: content.to_owned() }
    }
}

/// A task and the facts that were added to it. The task is always the fold of its events, these included.
#[derive(Debug, Clone)]
pub struct Draft {
    task: Task,
    actor: Actor,
    redactor: Redactor,
    now: DateTime<Utc>,
    events: Vec<NewEvent>,
    contents: Vec<ArtifactFile>,
    template: Option<Template>,
    left: Vec<Session>,
    head: Option<String>,
}

impl Draft {
    /// A draft that begins with a new task, and is the operation's.
    #[must_use]
    pub fn creating(created: TaskCreated, operation: &Operation, now: DateTime<Utc>) -> Self {
        let fact = operation.redactor.fact(Fact::TaskCreated(created));
        let Fact::TaskCreated(created) = &fact else { unreachable!("what is cut out of a fact changes no kind") };
        let task = fold::created(created, Circumstance { actor: &operation.actor, at: now, session_key: None });
        let events = vec![NewEvent { fact, session_key: None }];
        Self { events, ..Self::on(task, operation, now) }
    }

    /// A draft that changes `task`, and is the operation's.
    #[must_use]
    pub fn on(task: Task, operation: &Operation, now: DateTime<Utc>) -> Self {
        Self {
            task,
            actor: operation.actor.clone(),
            redactor: operation.redactor.clone(),
            now,
            events: Vec::new(),
            contents: Vec::new(),
            template: None,
            left: Vec::new(),
            head: None,
        }
    }

    /// The same with the commit that HEAD is at, which a phase that begins remembers.
    #[must_use]
    pub fn at_head(self, head: Option<String>) -> Self {
        Self { head, ..self }
    }

    /// The task as it is after all facts so far.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The time of all facts in this draft.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The facts so far.
    #[must_use]
    pub fn events(&self) -> &[NewEvent] {
        &self.events
    }

    /// The contents that come with the facts.
    #[must_use]
    pub fn contents(&self) -> &[ArtifactFile] {
        &self.contents
    }

    /// The sessions that these facts ended before another one began: no longer the task's latest.
    #[must_use]
    pub fn left_sessions(&self) -> &[Session] {
        &self.left
    }

    /// The template that a session start pins.
    #[must_use]
    pub fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// Adds a fact, in the active session if there is one.
    pub fn record(&mut self, fact: Fact) {
        let key = self.task.active_session().map(|session| session.key.clone());
        self.record_in(key, fact);
    }

    /// Adds a fact in a session that is named. This is where secrets are cut out, so that neither the state nor the log
    /// gets one.
    pub fn record_in(&mut self, session_key: Option<SessionKey>, fact: Fact) {
        if matches!(fact, Fact::SessionStarted(_)) {
            self.left.extend(self.task.session.clone());
        }
        let fact = self.redactor.fact(fact);
        let circumstance = Circumstance { actor: &self.actor, at: self.now, session_key: session_key.as_ref() };
        fold::advance(&mut self.task, &fact, circumstance);
        self.events.push(NewEvent { fact, session_key });
    }

    /// Begins a phase.
    pub fn begin_phase(&mut self, phase: PhaseName) {
        let head = self.head.clone();
        self.record(Fact::PhaseStarted(PhaseStarted { phase, head }));
    }

    /// Saves an artifact, unless the task has it with just this content.
    pub fn save(&mut self, file: &ArtifactFile) -> bool {
        if self.task.artifacts.get(&file.name).is_some_and(|meta| meta.sha256 == file.sha256) {
            return false;
        }
        self.record(Fact::ArtifactSaved(ArtifactSaved {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            size: file.content.len() as u64,
            blank: file.is_blank(),
        }));
        self.contents.push(file.clone());
        true
    }

    /// Remembers the template that a session start pins.
    pub fn pin(&mut self, template: Template) {
        self.template = Some(template);
    }
}
