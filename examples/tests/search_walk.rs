//! A walk of writes and queries over real stores: a kept answer is always the fresh one, and a hit is never from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::sync::Arc;
use std::time::Duration;

use orch_core::code::{ProjectCode, SessionKey, SprintCode, TaskCode};
use orch_core::event::Event;
use orch_core::import::ImportedEvent;
use orch_core::search::{Search as _, SearchQuery, SearchScope, Within};
use orch_core::service::{EventBatch, ImportService, TaskService, TaskUpdate};
use orch_core::store::TaskStore as _;
use orch_core::task::TaskChanges;
use orch_core::testing::{StepClock, fixture};
use orch_examples::operation;
use orch_search::ContextSearch;
use orch_search::cache::{CacheSettings, Cached};
use orch_store::{PostgresOptions, SqlStore, SqliteOptions};
use serde_json::json;

/// What is written and asked for: words that share stems, beginnings and parts, names, and what is syntax elsewhere.
const PIECES: [&str; 16] = [
    "validate",
    "validation",
    "valid",
    "UserService",
    "userserv",
    "app/Services/Test.php",
    "E0382",
    "9f3c2b7a",
    "100%",
    "C++",
    "\"valid user\"",
    "OR",
    "naïve",
    "迁移",
    "NOT (x",
    "settlement",
];

/// Numbers that are the same in each run: a linear congruential generator with the constants of Knuth's MMIX.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn text(&mut self) -> String {
        let count = self.below(4) + 1;
        (0..count).map(|_| PIECES[self.below(PIECES.len())]).collect::<Vec<_>>().join(" ")
    }
}

async fn write(store: &SqlStore, dice: &mut Dice, step: usize) {
    let (task, sprint) = (dice.below(4), dice.below(3));
    if dice.below(6) == 0 {
        let code = TaskCode::new(format!("T-{task}")).unwrap();
        if store.task(&code).await.unwrap().is_some() {
            let changes = TaskChanges { title: Some(dice.text()), ..TaskChanges::default() };
            let sprint = SprintCode::new(format!("S-{sprint}")).unwrap();
            // a sprint that is not there yet is refused, and nothing is written
            let moved = TaskChanges { sprint: Some(sprint), ..changes };
            let update = TaskUpdate { changes: moved, ..TaskUpdate::default() };
            let _ = TaskService { store }.update(&operation("walker").unwrap(), &code, &update).await;
        }
        return;
    }
    let event = |n: usize, text: String| {
        let line = json!({
            "id": format!("{step}-{n}"), "project": format!("P-{}", n % 2), "event_type": "note_added",
            "task": format!("T-{task}"), "sprint": format!("S-{sprint}"), "session_key": format!("s-{}", task % 2),
            "payload": {"text": text},
        });
        (n as u64, ImportedEvent::parse(line.to_string().as_bytes(), false).unwrap().unwrap())
    };
    let events: Vec<_> = (0..=dice.below(3)).map(|n| event(n, dice.text())).collect();
    let batch = EventBatch { events: &events, create_missing: true };
    ImportService { store }.batch(&operation("walker").unwrap(), batch).await.unwrap();
}

fn scope(dice: &mut Dice) -> SearchScope {
    match dice.below(6) {
        0 => SearchScope::Task(TaskCode::new(format!("T-{}", dice.below(5))).unwrap()),
        1 => SearchScope::Sprint(SprintCode::new(format!("S-{}", dice.below(4))).unwrap()),
        2 => SearchScope::Session(SessionKey::new(format!("s-{}", dice.below(3))).unwrap()),
        3 => SearchScope::Project(Some(ProjectCode::new(format!("P-{}", dice.below(3))).unwrap())),
        _ => SearchScope::Project(None),
    }
}

async fn is_inside(store: &SqlStore, event: &Event, scope: &SearchScope) -> bool {
    match scope {
        SearchScope::Task(code) => event.entity_code == code.as_str(),
        SearchScope::Session(key) => event.session_key.as_ref() == Some(key),
        SearchScope::Project(None) => true,
        SearchScope::Project(project) => event.external.as_ref().is_some_and(|external| external.project == *project),
        SearchScope::Sprint(code) if event.entity_code == code.as_str() => true,
        SearchScope::Sprint(code) => {
            let task = store.task(&TaskCode::new(&event.entity_code).unwrap()).await.unwrap();
            task.is_some_and(|task| task.sprint.as_ref() == Some(code))
        }
    }
}

async fn walk(store: SqlStore, clock: &StepClock, seed: u64) {
    let mut dice = Dice(seed);
    let fresh = ContextSearch::new(&store, clock);
    let cached = Cached::new(ContextSearch::new(&store, clock), &store, CacheSettings::new("walk", "default"));
    let mut hits = 0;
    for step in 0..60 {
        write(&store, &mut dice, step).await;
        for _ in 0..4 {
            let text = if dice.below(8) == 0 { String::new() } else { dice.text() };
            let query = SearchQuery { within: Within::all(scope(&mut dice)), text, limit: 50, explain: false };
            let wanted = fresh.search(&query).await.unwrap();
            for from_cache in [false, true] {
                let mut answer = cached.search(&query).await.unwrap();
                assert!(answer.from_cache || !from_cache, "{query:?}");
                answer.from_cache = false;
                assert_eq!(answer, wanted, "{query:?}");
            }
            assert_eq!(cached.summary(&query).await.unwrap(), fresh.summary(&query).await.unwrap(), "{query:?}");
            for hit in &wanted.hits {
                assert!(is_inside(&store, &hit.event, &query.within.scope).await, "{query:?}: {:?}", hit.event);
            }
            hits += wanted.hits.len();
        }
    }
    assert!(hits > 500, "{hits} hits say little");
    assert!(cached.status().await.memory_hits > 200);
}

#[tokio::test]
async fn a_kept_answer_is_the_fresh_one_on_sqlite() {
    for seed in [1, 2, 3] {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(StepClock::new(fixture::now())));
        let options = SqliteOptions { path: folder.path().join("orch.db"), busy_timeout: Duration::from_secs(30) };
        SqlStore::create(&options).await.unwrap();
        walk(SqlStore::open(&options, clock.clone()).await.unwrap(), &clock, seed).await;
    }
}

#[tokio::test]
async fn a_kept_answer_is_the_fresh_one_on_postgres() {
    let Some(database) = orch_tests::postgres::database() else { return };
    let clock = Arc::new(StepClock::new(fixture::now()));
    let options = PostgresOptions {
        url: database.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(5),
        max_connections: 2,
        clock: Some(clock.clone()),
    };
    SqlStore::create_on(&options).await.unwrap();
    walk(SqlStore::connect(&options).await.unwrap(), &clock, 1).await;
}
