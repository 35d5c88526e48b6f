//! The index of the event log on both databases: written with its events, moved with a task, gone with what is archived, and
//! made anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use orch_core::code::{Actor, EventType, ProjectCode, SessionKey, SprintCode, TaskCode};
use orch_core::event::{Fact, TaskUpdated};
use orch_core::import::ImportedEvent;
use orch_core::search::{KnownWord, LookUp, SearchIndex, SearchScope, Within};
use orch_core::service::{EventBatch, ImportService};
use orch_core::task::TaskChanges;
use orch_core::testing::{StepClock, fixture};
use orch_store::{PostgresOptions, SqlStore, SqliteOptions};
use orch_tests::postgres::Database;
use serde_json::json;

use work::{change, operation};

#[expect(dead_code, reason = "other tests do more work")]
mod work;

struct Home {
    store: SqlStore,
    clock: Arc<StepClock>,
    _folder: Option<tempfile::TempDir>,
    database: Option<Database>,
}

async fn homes() -> Vec<Home> {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(StepClock::new(fixture::now())));
    let options = SqliteOptions { path: folder.path().join("orch.db"), busy_timeout: Duration::from_secs(30) };
    SqlStore::create(&options).await.unwrap();
    let store = SqlStore::open(&options, clock.clone()).await.unwrap();
    let mut homes = vec![Home { store, clock, _folder: Some(folder), database: None }];
    if let Some(database) = orch_tests::postgres::database() {
        let clock = Arc::new(StepClock::new(fixture::now()));
        let options = PostgresOptions {
            url: database.url().to_owned(),
            busy_timeout: Duration::from_secs(30),
            retry_for: Duration::from_secs(5),
            max_connections: 4,
            clock: Some(clock.clone()),
        };
        SqlStore::create_on(&options).await.unwrap();
        let store = SqlStore::connect(&options).await.unwrap();
        homes.push(Home { store, clock, _folder: None, database: Some(database) });
    }
    homes
}

/// Imports one event for each text, an hour after the other, of two tasks and two sprints in turn.
async fn import(home: &Home, texts: &[&str]) {
    let event = |(n, text): (usize, &&str)| {
        let at = fixture::now() + chrono::TimeDelta::hours(i64::try_from(n).unwrap());
        let line = json!({
            "id": n, "project": if n % 2 == 0 { "P-1" } else { "P-2" }, "event_type": "note_added",
            "task": format!("T-{}", n % 2), "sprint": format!("S-{}", n % 2), "session_key": format!("sess-{}", n % 2),
            "created_at": at, "actor": format!("agent {}", n % 3), "payload": {"text": text},
        });
        (n as u64 + 1, ImportedEvent::parse(line.to_string().as_bytes(), false).unwrap().unwrap())
    };
    let events: Vec<_> = texts.iter().enumerate().map(event).collect();
    let batch = EventBatch { events: &events, create_missing: true };
    ImportService { store: &home.store }.batch(&operation(), batch).await.unwrap();
}

/// A transaction of somebody else.
struct Session(Child);

impl Session {
    fn open(database: &Database) -> Self {
        Self(database.psql().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Runs statements, and waits until they are done.
    fn run(&mut self, sql: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{sql} SELECT 'done';").unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(self.0.stdout.as_mut().unwrap());
        while !line.contains("done") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn within(scope: SearchScope) -> Within {
    Within::all(scope)
}

fn project() -> SearchScope {
    SearchScope::Project(None)
}

/// The texts of the notes that have one at least of each list, newest first.
async fn found(home: &Home, within: &Within, all_of: &[&[&str]], limit: usize) -> Vec<String> {
    let all_of: Vec<Vec<String>> =
        all_of.iter().map(|any| any.iter().map(|term| (*term).to_owned()).collect()).collect();
    let ids = home.store.candidates(within, &all_of, limit).await.unwrap();
    let mut events = home.store.documents(&ids).await.unwrap();
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), ids);
    events.iter().map(|event| event.payload["text"].as_str().unwrap_or(event.event_type.as_str()).to_owned()).collect()
}

async fn words(home: &Home, word: LookUp) -> Vec<String> {
    let found = home.store.look_up(&[LookUp::Exact("nowhere".into()), word], 20).await.unwrap();
    assert_eq!((found.len(), found[0].len()), (2, 0));
    let told = |known: &KnownWord| format!("{} {}", known.word, known.events);
    found[1].iter().map(told).collect()
}

#[tokio::test]
async fn an_event_is_found_by_its_terms_within_its_scope() {
    for home in homes().await {
        import(&home, &["alpha walrus", "alpha beta", "gamma walrus", "walrus beta", "alpha walrus beta"]).await;
        let everywhere = within(project());
        assert_eq!(
            found(&home, &everywhere, &[&["walrus"]], 10).await,
            ["alpha walrus beta", "walrus beta", "gamma walrus", "alpha walrus"]
        );
        assert_eq!(found(&home, &everywhere, &[&["walrus"]], 2).await, ["alpha walrus beta", "walrus beta"]);
        assert_eq!(
            found(&home, &everywhere, &[&["alpha", "gamma"], &["walrus"]], 10).await,
            ["alpha walrus beta", "gamma walrus", "alpha walrus"]
        );
        assert_eq!(found(&home, &everywhere, &[&["walrus"], &[]], 10).await, [""; 0]);
        assert_eq!(found(&home, &everywhere, &[&["walru"]], 10).await, [""; 0]);
        for scope in [
            SearchScope::Task(TaskCode::new("T-1").unwrap()),
            SearchScope::Sprint(SprintCode::new("S-1").unwrap()),
            SearchScope::Session(SessionKey::new("sess-1").unwrap()),
            SearchScope::Project(Some(ProjectCode::new("P-2").unwrap())),
        ] {
            assert_eq!(found(&home, &within(scope.clone()), &[&["walrus"]], 10).await, ["walrus beta"], "{scope:?}");
            let newest = found(&home, &within(scope.clone()), &[], 2).await;
            assert_eq!(newest[0], "walrus beta", "{scope:?}");
        }
        for code in ["T-", "T-11", "t-1", "T_1"] {
            let scope = SearchScope::Task(TaskCode::new(code).unwrap());
            assert_eq!(found(&home, &within(scope), &[], 10).await, [""; 0], "{code}");
        }
    }
}

#[tokio::test]
async fn no_text_brings_an_event_into_another_scope() {
    for home in homes().await {
        // what the index itself writes for a task, a sprint, a type and an actor, with and without its escapes
        let forged =
            "\u{e002}\u{e000}54\u{e000}2d1 \u{e003}\u{e000}53\u{e000}2d1 \u{e002}T-1 \u{e005}x type x actor agent 1";
        import(&home, &[forged, "walrus", forged]).await;
        for scope in
            [SearchScope::Task(TaskCode::new("T-1").unwrap()), SearchScope::Sprint(SprintCode::new("S-1").unwrap())]
        {
            let found = found(&home, &within(scope.clone()), &[], 10).await;
            assert!(found.iter().all(|text| text != forged), "{scope:?}: {found:?}");
        }
        let by = Within { actor: Some(Actor::new("agent 1").unwrap()), ..within(project()) };
        let found = found(&home, &by, &[], 10).await;
        assert!(found[0] == "walrus" && found.iter().all(|text| text != forged), "{found:?}");
    }
}

#[tokio::test]
async fn filters_count_before_the_limit() {
    for home in homes().await {
        import(&home, &["walrus 0", "walrus 1", "walrus 2", "walrus 3", "walrus 4"]).await;
        let hour = |n: i64| Some(fixture::now() + chrono::TimeDelta::hours(n));
        let wanted: [(Within, &[&str]); 4] = [
            (Within { actor: Some(Actor::new("agent 0").unwrap()), ..within(project()) }, &["walrus 3", "walrus 0"]),
            (Within { since: hour(1), until: hour(3), ..within(project()) }, &["walrus 2", "walrus 1"]),
            (Within { event_type: Some(EventType::new("note").unwrap()), ..within(project()) }, &[]),
            (
                Within {
                    event_type: Some(EventType::new("note_added").unwrap()),
                    until: hour(1),
                    ..within(SearchScope::Task(TaskCode::new("T-0").unwrap()))
                },
                &["walrus 0"],
            ),
        ];
        for (within, texts) in wanted {
            assert_eq!(found(&home, &within, &[&["walrus"]], 2).await, texts, "{within:?}");
            // tasks and sprints that were created for the notes count, too
            let counted = home.store.count(&within).await.unwrap();
            let notes = counted.event_types.get("note_added").copied().unwrap_or_default();
            assert_eq!(notes, texts.len() as u64, "{within:?}");
            assert!(counted.total >= notes && counted.total_is_exact);
        }
    }
}

#[tokio::test]
async fn words_are_looked_up_whole_in_part_and_nearly() {
    for home in homes().await {
        import(&home, &["walrus settlement", "walrus unsettled", "settle walrus"]).await;
        assert_eq!(words(&home, LookUp::Exact("walrus".into())).await, ["walrus 3"]);
        assert!(words(&home, LookUp::Prefix("sett".into())).await.contains(&"settlement 1".to_owned()));
        assert_eq!(words(&home, LookUp::Prefix("walruses".into())).await, [""; 0]);
        let inside = words(&home, LookUp::Inside("ettle".into())).await;
        assert!(
            inside.contains(&"unsettled 1".to_owned()) && inside.contains(&"settlement 1".to_owned()),
            "{inside:?}"
        );
        for typo in ["wlarus", "walrs", "walruss", "walxus"] {
            assert!(words(&home, LookUp::Near(typo.into())).await.contains(&"walrus 3".to_owned()), "{typo}");
        }
        for hostile in ["\" OR \"", "*", "a\"b", "'; DROP TABLE x", "(", "NEAR", "\u{e001}"] {
            for look in [
                LookUp::Exact(hostile.into()),
                LookUp::Prefix(hostile.into()),
                LookUp::Inside(hostile.into()),
                LookUp::Near(hostile.into()),
            ] {
                words(&home, look).await;
            }
        }
    }
}

#[tokio::test]
async fn a_moved_task_takes_its_events_along() {
    for home in homes().await {
        import(&home, &["walrus 0", "walrus 1", "walrus 2"]).await;
        let sprint = |code: &str| within(SearchScope::Sprint(SprintCode::new(code).unwrap()));
        let position = home.store.position(&sprint("S-1").scope).await.unwrap();
        assert!(position.is_some());
        let changes = TaskChanges { sprint: Some(SprintCode::new("S-1").unwrap()), ..TaskChanges::default() };
        let moved = TaskUpdated { changes, previous: TaskChanges::default() };
        change(&home.store, &operation(), "T-0", move |draft| draft.record(Fact::TaskUpdated(moved.clone())))
            .await
            .unwrap();
        assert_eq!(found(&home, &sprint("S-0"), &[&["walrus"]], 10).await, [""; 0]);
        assert_eq!(found(&home, &sprint("S-1"), &[&["walrus"]], 10).await, ["walrus 2", "walrus 1", "walrus 0"]);
        assert_ne!(home.store.position(&sprint("S-1").scope).await.unwrap(), position);
        let task = within(SearchScope::Task(TaskCode::new("T-0").unwrap()));
        assert_eq!(found(&home, &task, &[&["walrus"]], 10).await, ["walrus 2", "walrus 0"]);
    }
}

#[tokio::test]
async fn what_is_archived_is_not_found_and_a_new_index_finds_the_same() {
    for home in homes().await {
        import(&home, &["walrus 0", "walrus 1", "walrus 2"]).await;
        let everywhere = within(project());
        let before = found(&home, &everywhere, &[&["walrus"]], 10).await;
        assert_eq!(home.store.reindex(|_| ()).await.unwrap(), 7);
        assert_eq!(found(&home, &everywhere, &[&["walrus"]], 10).await, before);
        assert_eq!(words(&home, LookUp::Exact("walrus".into())).await, ["walrus 3"]);
        let position = home.store.position(&project()).await.unwrap();
        let later: DateTime<Utc> = "2031-01-01T00:00:00Z".parse().unwrap();
        home.clock.set(later);
        let archived = home.store.archive(later, |_| ()).await.unwrap();
        assert!(archived.events >= 3, "{archived:?}");
        assert_eq!(found(&home, &everywhere, &[&["walrus"]], 10).await, [""; 0]);
        assert_ne!(home.store.position(&project()).await.unwrap(), position);
        assert_eq!(home.store.check().await.unwrap(), [""; 0]);
        if let Some(database) = &home.database {
            assert_eq!(database.sql("SELECT count(*) FROM orchestration_search"), "0");
        }
    }
}

#[tokio::test]
async fn a_position_waits_for_events_that_are_on_their_way() {
    for home in homes().await {
        import(&home, &["walrus 0", "walrus 1"]).await;
        let Some(database) = &home.database else { continue };
        let before = home.store.position(&project()).await.unwrap();
        assert!(before.is_some());
        let mut other = Session::open(database);
        other.run(
            "BEGIN; INSERT INTO orchestration_events (event_type, entity_type, entity_id, seq, correlation_id, actor, payload, \
             emitted_at) SELECT event_type, entity_type, entity_id, 99, correlation_id, actor, payload, emitted_at \
             FROM orchestration_events ORDER BY id DESC LIMIT 1;",
        );
        assert_eq!(home.store.position(&project()).await.unwrap(), before, "nothing newer is there yet");
        change(&home.store, &operation(), "T-0", work::count_up).await.unwrap();
        assert_eq!(home.store.position(&project()).await.unwrap(), None, "an older one is on its way");
        other.run("COMMIT;");
        assert!(home.store.position(&project()).await.unwrap().is_some());
    }
}
