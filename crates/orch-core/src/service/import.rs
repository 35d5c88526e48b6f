//! Taking in events from elsewhere, a batch at a time. The state stays the fold of the events. Reads no file.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::ServiceError;
use crate::code::{Actor, SprintCode, TaskCode, TaskType};
use crate::event::{Custom, Fact, SprintCreated, TaskCreated};
use crate::fold::{self, Circumstance};
use crate::import::{Entity, External, ImportedEvent};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::store::{BatchChange, BatchContext, BatchEvent, BatchScope, BatchStore, Outcome};
use crate::task::Priority;

/// What a batch came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// How many events were imported.
    pub imported: u64,
    /// How many tasks were created for them.
    pub created_tasks: u64,
    /// How many sprints were created for them.
    pub created_sprints: u64,
}

/// A batch of events, each with the number of its line.
#[derive(Debug, Clone, Copy)]
pub struct EventBatch<'a> {
    /// The events, in the order of the log.
    pub events: &'a [(u64, ImportedEvent)],
    /// Whether tasks and sprints that are not there are created.
    pub create_missing: bool,
}

/// Takes in events from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct ImportService<'a, S> {
    /// Where they are stored.
    pub store: &'a S,
}

impl<S: BatchStore> ImportService<'_, S> {
    /// Imports a batch, whole or not at all. An event happens when it says, but never before the last one of its task or
    /// sprint. One without an actor is the operation's.
    ///
    /// # Errors
    /// [`Refusal::AtLine`] if a task or sprint is not there and is not to be created.
    pub async fn batch(
        &self,
        operation: &Operation,
        batch: EventBatch<'_>,
    ) -> Result<Outcome<BatchAnswer>, ServiceError> {
        // the key is made of all that the lines say, so that there is nothing else to compare
        let request = Request::new(operation, "event.import", &());
        let decide = |context: BatchContext| {
            let mut fold = Folding { operation, context, events: Vec::new(), answer: BatchAnswer::default() };
            for (line, event) in batch.events {
                let refused = |refusal| Refusal::AtLine { line: *line, refusal: Box::new(refusal) };
                fold.add(event, batch.create_missing).map_err(refused)?;
            }
            let BatchContext { tasks, sprints, projects, .. } = fold.context;
            Ok(BatchChange { tasks, sprints, projects, events: fold.events, answer: fold.answer })
        };
        Ok(self.store.append_batch(&request, &scope(batch), decide).await?)
    }
}

fn scope(batch: EventBatch<'_>) -> BatchScope {
    let mut scope = BatchScope::default();
    for (_, event) in batch.events {
        match &event.entity {
            Entity::Task(code) => {
                scope.tasks.insert(code.clone());
                scope.sprints.extend(event.sprint.clone().filter(|_| batch.create_missing));
            }
            Entity::Sprint(code) => {
                scope.sprints.insert(code.clone());
            }
            Entity::Project(code) => {
                scope.projects.insert(code.clone());
            }
        }
    }
    scope
}

/// A batch on its way into the state.
struct Folding<'a> {
    operation: &'a Operation,
    context: BatchContext,
    events: Vec<BatchEvent>,
    answer: BatchAnswer,
}

impl Folding<'_> {
    fn add(&mut self, event: &ImportedEvent, create_missing: bool) -> Result<(), Refusal> {
        let actor = event.actor.clone().unwrap_or_else(|| self.operation.actor.clone());
        let at = event.at.unwrap_or(self.context.now);
        let fact = Fact::Custom(Custom { event_type: event.event_type.clone(), payload: event.payload.clone() });
        let fact = self.operation.redactor.fact(fact);
        let session_key = event.session_key.as_ref();
        let (at, seq) = match &event.entity {
            Entity::Task(code) => {
                if !self.context.tasks.contains_key(code) {
                    if !create_missing {
                        return Err(Refusal::NoTask(code.clone()));
                    }
                    self.create_task(code, event.sprint.as_ref(), &actor, at);
                }
                let task = self.context.tasks.get_mut(code).ok_or_else(|| Refusal::NoTask(code.clone()))?;
                let at = at.max(task.updated_at);
                fold::advance(task, &fact, Circumstance { actor: &actor, at, session_key });
                (at, task.version)
            }
            Entity::Sprint(code) => {
                if !self.context.sprints.contains_key(code) {
                    if !create_missing {
                        return Err(Refusal::NoSprint(code.clone()));
                    }
                    self.create_sprint(code, &actor, at);
                }
                let none = || Refusal::NoSprint(code.clone());
                let sprint = self.context.sprints.get_mut(code).ok_or_else(none)?;
                let at = at.max(sprint.updated_at);
                fold::advance_sprint(sprint, at);
                (at, sprint.version)
            }
            // a project is nothing that has to be made first
            Entity::Project(code) => {
                let events = self.context.projects.entry(code.clone()).or_default();
                *events += 1;
                (at, *events)
            }
        };
        let (entity, session_key) = (event.entity.clone(), event.session_key.clone());
        let external = event
            .external
            .clone()
            .map(|external| External { id: external.id.map(|id| self.operation.redactor.json(id)), ..external });
        self.events.push(BatchEvent { entity, seq, fact, actor, session_key, at, external });
        self.answer.imported += 1;
        Ok(())
    }

    fn create_task(&mut self, code: &TaskCode, sprint: Option<&SprintCode>, actor: &Actor, at: DateTime<Utc>) {
        if let Some(sprint) = sprint
            && !self.context.sprints.contains_key(sprint)
        {
            self.create_sprint(sprint, actor, at);
        }
        let created = TaskCreated {
            task_code: code.clone(),
            title: code.to_string(),
            description: String::new(),
            task_type: TaskType::new("feature").unwrap_or_else(|_| unreachable!("it is a valid type")),
            priority: Priority::P2,
            sprint_code: sprint.cloned(),
            after: Vec::new(),
            metadata: Map::new(),
        };
        let task = fold::created(&created, Circumstance { actor, at, session_key: None });
        self.context.tasks.insert(code.clone(), task);
        self.begin(Entity::Task(code.clone()), Fact::TaskCreated(created), actor, at);
        self.answer.created_tasks += 1;
    }

    fn create_sprint(&mut self, code: &SprintCode, actor: &Actor, at: DateTime<Utc>) {
        let created = SprintCreated { sprint_code: code.clone(), title: code.to_string(), metadata: Map::new() };
        let sprint = fold::sprint_created(&created, at);
        self.context.sprints.insert(code.clone(), sprint);
        self.begin(Entity::Sprint(code.clone()), Fact::SprintCreated(created), actor, at);
        self.answer.created_sprints += 1;
    }

    /// The first event of a task or sprint.
    fn begin(&mut self, entity: Entity, fact: Fact, actor: &Actor, at: DateTime<Utc>) {
        self.events.push(BatchEvent {
            entity,
            seq: 1,
            fact,
            actor: actor.clone(),
            session_key: None,
            at,
            external: None,
        });
    }
}
