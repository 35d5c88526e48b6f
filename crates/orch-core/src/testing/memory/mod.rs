//! A store in memory: the shortest thing that passes the suite. One lock, nothing durable, not for production.

mod bug;
mod search;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use self::state::{Origin, State, follows, kept, next_code, page, put};
use crate::clock::{Clock, to_micros};
use crate::code::{ArtifactName, SessionKey, SprintCode, TaskCode};
use crate::draft::{Draft, Template};
use crate::event::{EntityType, Event, NewEvent};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::sprint::Sprint;
use crate::store::{
    Answer, ArtifactStore, ChangeError, EventFilter, EventStore, Outcome, Page, Related, SessionEntry, SessionFilter,
    SessionStore, SprintChange, SprintContext, SprintStore, SprintTarget, StoreError, TaskChange, TaskContext,
    TaskFilter, TaskScope, TaskStore, TaskTarget, Window,
};
use crate::task::Task;

/// A store that forgets everything when it is dropped.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store that lives by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A decision that panics does so before anything is written, so the state is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, not_before: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let now = to_micros(self.clock.now());
        not_before.map_or(now, |earliest| now.max(earliest))
    }
}

fn task_origin(draft: &Draft, version: i64) -> Origin<'_> {
    let (entity_type, entity_code) = (EntityType::Task, draft.task().code.as_str());
    Origin { entity_type, entity_code, version, actor: draft.actor(), now: draft.now(), events: draft.events() }
}

impl TaskStore for MemoryStore {
    async fn change_task<A: Answer>(
        &self,
        request: &Request,
        scope: &TaskScope,
        decide: impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let mut state = self.state();
        if let Some(outcome) = state.replay(request)? {
            return Ok(outcome);
        }
        let code = match &scope.target {
            TaskTarget::Existing(code) | TaskTarget::New(Some(code)) => code.clone(),
            TaskTarget::New(None) => next_code("TSK", |code| state.task(code).is_some())?,
        };
        let before = state.task(&code).cloned();
        let related = scope.related.iter().filter_map(|code| state.task(code)).map(|task| {
            (task.code.clone(), Related { status: task.status, waits_for_target: state.waits(task, &code) })
        });
        let now = self.now(before.as_ref().map(|task| task.updated_at));
        let TaskChange { draft, answer } = decide(TaskContext {
            code: code.clone(),
            task: before.clone(),
            template: state.template(before.as_ref().filter(|_| scope.template)),
            related: related.collect(),
            sprint_exists: scope.sprint.as_ref().is_none_or(|code| state.sprints.iter().any(|s| s.code == *code)),
            now,
        })?;
        state.check(before.as_ref(), &draft)?;
        let kept = kept(&answer)?;
        let version = before.as_ref().map_or(0, |task| task.version);
        if !draft.events().is_empty() {
            state.write(before, &draft);
        }
        let origin = task_origin(&draft, version);
        Ok(state.finish(request, &[origin], kept, answer))
    }

    async fn task(&self, code: &TaskCode) -> Result<Option<Task>, StoreError> {
        Ok(self.state().task(code).cloned())
    }

    async fn pinned_template(&self, code: &TaskCode) -> Result<Option<Template>, StoreError> {
        let state = self.state();
        Ok(state.template(state.task(code)))
    }

    async fn tasks(&self, filter: &TaskFilter, window: Window) -> Result<Page<Task>, StoreError> {
        let wanted = |task: &&Task| {
            (filter.status.is_empty() || filter.status.contains(&task.status))
                && (filter.task_type.is_empty() || filter.task_type.contains(&task.task_type))
                && (filter.priority.is_empty() || filter.priority.contains(&task.priority))
                && (filter.sprint.is_none() || filter.sprint == task.sprint)
                && (filter.holder.is_none() || filter.holder.as_ref() == task.lease.as_ref().map(|lease| &lease.holder))
        };
        Ok(page(self.state().tasks.iter().filter(wanted), window))
    }

    async fn ready_tasks(&self, window: Window) -> Result<Page<Task>, StoreError> {
        let (state, now) = (self.state(), self.now(None));
        let mut ready: Vec<&Task> = state.tasks.iter().filter(|task| state.is_ready(task, now)).collect();
        ready.sort_by_key(|task| task.priority);
        Ok(page(ready.into_iter(), window))
    }
}

impl SprintStore for MemoryStore {
    async fn change_sprint<A: Answer>(
        &self,
        request: &Request,
        target: &SprintTarget,
        decide: impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let mut state = self.state();
        if let Some(outcome) = state.replay(request)? {
            return Ok(outcome);
        }
        let find = |code: &SprintCode| state.sprints.iter().find(|sprint| sprint.code == *code);
        let code = match target {
            SprintTarget::Existing(code) | SprintTarget::New(Some(code)) => code.clone(),
            SprintTarget::New(None) => next_code("SPR", |code| find(code).is_some())?,
        };
        let before = find(&code).cloned();
        let (version, last) = before.as_ref().map_or((0, None), |sprint| (sprint.version, Some(sprint.updated_at)));
        let now = self.now(last);
        let SprintChange { sprint, facts, answer } = decide(SprintContext { code: code.clone(), sprint: before, now })?;
        follows(version, facts.len(), sprint.version, || format!("sprint {code}"))?;
        let kept = kept(&answer)?;
        if !facts.is_empty() {
            put(&mut state.sprints, sprint, |one, other| one.code == other.code);
        }
        let (entity_type, actor) = (EntityType::Sprint, &request.operation.actor);
        let events: Vec<NewEvent> = facts.into_iter().map(|fact| NewEvent { fact, session_key: None }).collect();
        let origin = Origin { entity_type, entity_code: code.as_str(), version, actor, now, events: &events };
        Ok(state.finish(request, &[origin], kept, answer))
    }

    async fn sprint(&self, code: &SprintCode) -> Result<Option<Sprint>, StoreError> {
        Ok(self.state().sprints.iter().find(|sprint| sprint.code == *code).cloned())
    }

    async fn sprints(&self, window: Window) -> Result<Page<Sprint>, StoreError> {
        Ok(page(self.state().sprints.iter(), window))
    }
}

impl SessionStore for MemoryStore {
    async fn session(&self, key: &SessionKey) -> Result<Option<SessionEntry>, StoreError> {
        Ok(self.state().sessions.iter().find(|entry| entry.session.key == *key).cloned())
    }

    async fn sessions(&self, filter: &SessionFilter, window: Window) -> Result<Page<SessionEntry>, StoreError> {
        let wanted = |entry: &&SessionEntry| {
            filter.task.as_ref().is_none_or(|task| *task == entry.task)
                && filter.active.is_none_or(|active| active == entry.session.active)
        };
        Ok(page(self.state().sessions.iter().filter(wanted), window))
    }
}

impl EventStore for MemoryStore {
    async fn events(&self, filter: &EventFilter, limit: u64) -> Result<Vec<Event>, StoreError> {
        let wanted = |event: &&Event| {
            let entity = filter.entity.as_ref();
            filter.after.is_none_or(|after| event.id > after)
                && entity.is_none_or(|(kind, code)| *kind == event.entity_type && *code == event.entity_code)
                && filter.event_type.as_ref().is_none_or(|wanted| *wanted == event.event_type)
                && (filter.session.is_none() || filter.session == event.session_key)
                && filter.actor.as_ref().is_none_or(|actor| *actor == event.actor)
                && filter.operation.as_ref().is_none_or(|operation| *operation == event.correlation_id)
                && filter.since.is_none_or(|since| event.emitted_at >= since)
                && filter.until.is_none_or(|until| event.emitted_at < until)
        };
        Ok(page(self.state().events.iter().filter(wanted), Window { limit, offset: 0 }).items)
    }
}

impl ArtifactStore for MemoryStore {
    async fn artifact(&self, task: &TaskCode, name: &ArtifactName) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().contents.get(&(task.clone(), name.clone())).cloned())
    }
}
