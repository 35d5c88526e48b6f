//! A store of one's own: every port of `orch_core::store`, around another store, with an audit line for each write.
//!
//! A store around nothing has the same signatures. What it must keep is said by the suite that `tests/custom_store.rs` runs.
//! Run it with: `cargo run -p orch-examples --example custom_store`

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use orch_core::bug::{Bug, Keys};
use orch_core::code::{ArtifactName, BugCode, SessionKey, SprintCode, TaskCode};
use orch_core::draft::Template;
use orch_core::event::Event;
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::service::SprintService;
use orch_core::sprint::{NewSprint, Sprint};
use orch_core::store::{
    Answer, ArtifactStore, BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, BugStore, ChangeError,
    EventFilter, EventStore, Outcome, Page, SessionEntry, SessionFilter, SessionStore, SprintChange, SprintContext,
    SprintStore, SprintTarget, Store, StoreError, TaskChange, TaskContext, TaskFilter, TaskScope, TaskStore, Window,
};
use orch_core::task::Task;
use orch_core::testing::MemoryStore;
use orch_examples::{MachineClock, operation};

/// A store that notes each write, whether it was made, refused or repeated.
pub(crate) struct AuditedStore<S> {
    inner: S,
    lines: Mutex<Vec<String>>,
}

impl<S: Store> AuditedStore<S> {
    /// Puts an audit around `inner`.
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, lines: Mutex::default() }
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note<A>(&self, request: &Request, result: &Result<Outcome<A>, ChangeError>) {
        let result = match result {
            Ok(outcome) if outcome.replayed => "repeated".to_owned(),
            Ok(outcome) => format!("wrote {} events", outcome.event_ids.len()),
            Err(error) => format!("not made: {error}"),
        };
        let line = format!("{} by {}: {result}", request.name, request.operation.actor);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl<S: Store> TaskStore for AuditedStore<S> {
    async fn change_task<A: Answer>(
        &self,
        request: &Request,
        scope: &TaskScope,
        decide: impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        // The note is taken after the transaction: `decide` may be called more than once, and must do nothing but decide.
        let result = self.inner.change_task(request, scope, decide).await;
        self.note(request, &result);
        result
    }

    async fn task(&self, code: &TaskCode) -> Result<Option<Task>, StoreError> {
        self.inner.task(code).await
    }

    async fn pinned_template(&self, code: &TaskCode) -> Result<Option<Template>, StoreError> {
        self.inner.pinned_template(code).await
    }

    async fn tasks(&self, filter: &TaskFilter, window: Window) -> Result<Page<Task>, StoreError> {
        self.inner.tasks(filter, window).await
    }

    async fn ready_tasks(&self, window: Window) -> Result<Page<Task>, StoreError> {
        self.inner.ready_tasks(window).await
    }
}

impl<S: Store> SprintStore for AuditedStore<S> {
    async fn change_sprint<A: Answer>(
        &self,
        request: &Request,
        target: &SprintTarget,
        decide: impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let result = self.inner.change_sprint(request, target, decide).await;
        self.note(request, &result);
        result
    }

    async fn sprint(&self, code: &SprintCode) -> Result<Option<Sprint>, StoreError> {
        self.inner.sprint(code).await
    }

    async fn sprints(&self, window: Window) -> Result<Page<Sprint>, StoreError> {
        self.inner.sprints(window).await
    }
}

impl<S: Store> SessionStore for AuditedStore<S> {
    async fn session(&self, key: &SessionKey) -> Result<Option<SessionEntry>, StoreError> {
        self.inner.session(key).await
    }

    async fn sessions(&self, filter: &SessionFilter, window: Window) -> Result<Page<SessionEntry>, StoreError> {
        self.inner.sessions(filter, window).await
    }
}

impl<S: Store> EventStore for AuditedStore<S> {
    async fn events(&self, filter: &EventFilter, limit: u64) -> Result<Vec<Event>, StoreError> {
        self.inner.events(filter, limit).await
    }
}

impl<S: Store> ArtifactStore for AuditedStore<S> {
    async fn artifact(&self, task: &TaskCode, name: &ArtifactName) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.artifact(task, name).await
    }
}

impl<S: Store> BugStore for AuditedStore<S> {
    async fn change_bugs<A: Answer>(
        &self,
        request: &Request,
        scope: &BugScope,
        decide: impl Fn(BugContext) -> Result<BugChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let result = self.inner.change_bugs(request, scope, decide).await;
        self.note(request, &result);
        result
    }

    async fn bugs_named(&self, name: &BugName, limit: u64) -> Result<Vec<Bug>, StoreError> {
        self.inner.bugs_named(name, limit).await
    }

    async fn bugs(&self, filter: &BugFilter, order: BugOrder, window: Window) -> Result<Page<Bug>, StoreError> {
        self.inner.bugs(filter, order, window).await
    }

    async fn like_bugs(&self, keys: &Keys, limit: u64) -> Result<Vec<Bug>, StoreError> {
        self.inner.like_bugs(keys, limit).await
    }

    async fn bug_days(&self, code: &BugCode) -> Result<Vec<(chrono::NaiveDate, u64)>, StoreError> {
        self.inner.bug_days(code).await
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    let store = AuditedStore::new(MemoryStore::new(Arc::new(MachineClock)));
    let code = Some(SprintCode::new("SPR-001")?);
    let new = NewSprint { code, title: "Spring cleaning".into(), metadata: serde_json::Map::new() };
    // The services take any store. The second sprint has a code that is taken, so it is refused.
    let sprints = SprintService { store: &store };
    sprints.create(&operation("ada")?, &new).await?;
    anyhow::ensure!(sprints.create(&operation("bob")?, &new).await.is_err(), "a code was given out twice");
    for line in store.lines() {
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}
