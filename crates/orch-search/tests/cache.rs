//! The cache in front of a search: what it gives is what the search would give, and how often the search is asked.

#![expect(clippy::unwrap_used, reason = "a test ends where something that it needs is missing")]

mod world;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orch_core::code::EventType;
use orch_core::search::{Search as _, SearchQuery, SearchScope, Within};
use orch_core::store::StoreError;
use orch_search::cache::{CacheSettings, Cached, SecondLevel, SharedStatus, Waiting};
use proptest::prelude::*;
use world::{Engine, World, anywhere, cache, code, fresh, query};

/// A second level in memory.
#[derive(Debug, Default)]
struct Shelf(Mutex<HashMap<String, Vec<u8>>>);

impl SecondLevel for Shelf {
    fn get<'a>(&'a self, key: &'a str) -> Waiting<'a, Option<Vec<u8>>> {
        Box::pin(async { self.0.lock().unwrap().get(key).cloned() })
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a [u8]) -> Waiting<'a, ()> {
        Box::pin(async {
            self.0.lock().unwrap().insert(key.to_owned(), value.to_owned());
        })
    }

    fn status(&self) -> Waiting<'_, SharedStatus> {
        let place = "a shelf".to_owned();
        Box::pin(async { SharedStatus::new(place) })
    }
}

/// Takes the last event back, so that an earlier position comes again.
fn take_back(world: &World) {
    world.log.lock().unwrap().pop();
}

#[tokio::test]
async fn an_answer_is_given_again_until_the_log_goes_on() {
    let world = World::with_events();
    let cache = cache(&world);
    let query = query(SearchScope::Task(code(1)), "login");
    let first = cache.search(&query).await.unwrap();
    assert!(!first.from_cache && first.hits.len() == 4);
    let again = cache.search(&SearchQuery { text: " login\n".into(), ..query.clone() }).await.unwrap();
    assert!(again.from_cache);
    assert_eq!((fresh(&again), world.computed()), (first.clone(), 1));
    // a write outside of the scope is none
    world.write(2, "login elsewhere");
    assert!(cache.search(&query).await.unwrap().from_cache);
    world.write(1, "login again");
    let last = cache.search(&query).await.unwrap();
    assert!(!last.from_cache && last.total == 5);
    assert_eq!(world.computed(), 2);
    let status = cache.status().await;
    assert_eq!((status.memory_hits, status.shared_hits, status.misses, status.entries), (2, 0, 2, 2));
    assert!(status.is_on && status.bytes > 1000 && status.shared.is_none());
}

#[tokio::test]
async fn whatever_changes_the_answer_is_another_query() {
    let world = World::with_events();
    let cache = cache(&world);
    let base = anywhere("login");
    let within = |change: &dyn Fn(&mut Within)| {
        let mut within = base.within.clone();
        change(&mut within);
        SearchQuery { within, ..base.clone() }
    };
    let queries = [
        base.clone(),
        SearchQuery { text: "form".into(), ..base.clone() },
        SearchQuery { text: "login  form".into(), ..base.clone() },
        SearchQuery { limit: 6, ..base.clone() },
        SearchQuery { explain: true, ..base.clone() },
        query(SearchScope::Task(code(1)), "login"),
        within(&|within| within.event_type = Some(EventType::new("note.odd").unwrap())),
        within(&|within| within.since = Some(orch_core::testing::fixture::now())),
        within(&|within| within.until = Some(orch_core::testing::fixture::now() + chrono::Duration::days(1))),
    ];
    for _ in 0..2 {
        for query in &queries {
            assert_eq!(fresh(&cache.search(query).await.unwrap()), world.answer(query));
        }
    }
    assert_eq!(world.computed(), 9);
    // a summary is no answer, and does not depend on the limit
    let summary = cache.summary(&base).await.unwrap();
    assert_eq!(cache.summary(&queries[3]).await.unwrap(), summary);
    assert_eq!((summary.total, world.computed()), (12, 10));
    // nor are other settings the same, on a second level that both use
    let shelf = Arc::new(Shelf::default());
    for (project, ranking) in [("a", "b"), ("a", "c"), ("ab", ""), ("a", "b")] {
        let cache = Cached::new(Engine(Arc::clone(&world)), Arc::clone(&world), CacheSettings::new(project, ranking));
        cache.with_second_level(shelf.clone()).search(&base).await.unwrap();
    }
    assert_eq!((world.computed(), shelf.0.lock().unwrap().len()), (13, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_queries_at_once_are_computed_once() {
    let world = World::with_events();
    let cache = Arc::new(cache(&world));
    let permit = world.gate.acquire().await.unwrap();
    let ask = |cache: Arc<world::Cache>| tokio::spawn(async move { cache.search(&anywhere("login")).await.unwrap() });
    let tasks: Vec<_> = (0..64).map(|_| ask(Arc::clone(&cache))).collect();
    while world.looked.load(Ordering::SeqCst) < 64 {
        tokio::task::yield_now().await;
    }
    drop(permit);
    let mut kept = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        kept += u64::from(answer.from_cache);
        assert_eq!(fresh(&answer), world.answer(&anywhere("login")));
    }
    assert_eq!((world.computed(), kept), (1, 63));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_for_those_who_asked_and_is_not_kept() {
    let world = World::with_events();
    let cache = Arc::new(cache(&world));
    world.is_broken.store(true, Ordering::SeqCst);
    let ask = |cache: Arc<world::Cache>| tokio::spawn(async move { cache.search(&anywhere("login")).await });
    let tasks: Vec<_> = (0..8).map(|_| ask(Arc::clone(&cache))).collect();
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::NoStore { .. }), "{error:?}");
    }
    world.is_broken.store(false, Ordering::SeqCst);
    assert!(!cache.search(&anywhere("login")).await.unwrap().from_cache);
    assert!(cache.search(&anywhere("login")).await.unwrap().from_cache);
}

#[tokio::test]
async fn nothing_is_kept_while_the_log_moves() {
    let world = World::with_events();
    let shelf = Arc::new(Shelf::default());
    let cache = cache(&world).with_second_level(shelf.clone());
    // the answer knows an event that came after the position was looked at
    world.is_busy.store(true, Ordering::SeqCst);
    assert_eq!(cache.search(&anywhere("login")).await.unwrap().total, 13);
    world.is_busy.store(false, Ordering::SeqCst);
    take_back(&world);
    let answer = cache.search(&anywhere("login")).await.unwrap();
    assert_eq!((answer.total, answer.from_cache), (12, false));

    world.is_settled.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        assert!(!cache.search(&anywhere("form")).await.unwrap().from_cache);
    }
    let status = cache.status().await;
    assert_eq!((status.unsettled, status.entries, shelf.0.lock().unwrap().len()), (2, 1, 1));
}

#[tokio::test]
async fn old_and_large_answers_go() {
    let world = World::with_events();
    let settings = |ttl: Duration, max_bytes: u64| CacheSettings { ttl, max_bytes, ..CacheSettings::new("a", "b") };
    let with = |settings| Cached::new(Engine(Arc::clone(&world)), Arc::clone(&world), settings);
    let ttl = Duration::from_millis(1);
    let short = with(settings(ttl, 1 << 20));
    short.search(&anywhere("login")).await.unwrap();
    let start = Instant::now();
    while start.elapsed() < 2 * ttl {
        tokio::task::yield_now().await;
    }
    assert!(!short.search(&anywhere("login")).await.unwrap().from_cache);

    let small = with(settings(Duration::MAX, 10_000));
    for number in 0..50 {
        small.search(&anywhere(&number.to_string())).await.unwrap();
        assert!(small.status().await.bytes <= 10_000);
    }
    assert!(small.status().await.entries > 1);
    let none = with(settings(Duration::MAX, 0));
    none.search(&anywhere("login")).await.unwrap();
    assert_eq!(none.status().await.entries, 0);
}

#[tokio::test]
async fn a_cache_that_is_switched_off_asks_the_search_alone() {
    let world = World::with_events();
    let shelf = Arc::new(Shelf::default());
    let cache = cache(&world).with_second_level(shelf.clone()).switched_off();
    for _ in 0..3 {
        assert!(!cache.search(&anywhere("login")).await.unwrap().from_cache);
    }
    assert_eq!((world.computed(), world.looked.load(Ordering::SeqCst)), (3, 0));
    assert!(shelf.0.lock().unwrap().is_empty() && !cache.status().await.is_on);
}

#[tokio::test]
async fn what_is_not_an_answer_to_the_query_is_not_taken() {
    let world = World::with_events();
    let shelf = Arc::new(Shelf::default());
    let asked = query(SearchScope::Task(code(1)), "login");
    cache(&world).with_second_level(shelf.clone()).search(&asked).await.unwrap();
    let (key, good) = shelf.0.lock().unwrap().iter().next().map(|(key, value)| (key.clone(), value.clone())).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let forge = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1).into_bytes()
    };
    let deep = "[".repeat(1 << 20);
    let forged = [
        b"".to_vec(),
        b"garbage".to_vec(),
        b"null".to_vec(),
        b"\xff\xfe".to_vec(),
        deep.into_bytes(),
        good[..good.len() - 1].to_vec(),
        [good.clone(), b"x".to_vec()].concat(),
        // another answer's
        forge(&key, &key.replace(|c: char| c.is_ascii_digit(), "0")),
        // an event of another task, and of a sprint
        forge("TSK-001", "TSK-002"),
        forge(r#""entity_type":"task""#, r#""entity_type":"sprint""#),
        // marks in the middle of a letter (ü begins at 11), behind the end, and in the wrong order
        forge(r#"{"start":0,"end":1}"#, r#"{"start":0,"end":12}"#),
        forge(r#"{"start":2,"end":3}"#, r#"{"start":2,"end":99}"#),
        forge(r#"{"start":2,"end":3}"#, r#"{"start":0,"end":1}"#),
        forge(r#"{"start":2,"end":3}"#, r#"{"start":3,"end":2}"#),
        // explanations that nobody asked for
        forge(r#""explanation":[]"#, r#""explanation":[{"what":"a","value":1.0}]"#),
        // one event twice
        forge(r#""id":8"#, r#""id":11"#),
    ];
    let count = forged.len();
    for value in forged {
        shelf.0.lock().unwrap().insert(key.clone(), value.clone());
        let cache = cache(&world).with_second_level(shelf.clone());
        let answer = cache.search(&asked).await.unwrap();
        assert!(!answer.from_cache, "{}", String::from_utf8_lossy(&value));
        assert_eq!(answer, world.answer(&asked));
        assert_eq!(cache.status().await.rejected, 1);
        // and the next one finds what is right
        assert_eq!(shelf.0.lock().unwrap()[&key], good);
    }
    assert_eq!(world.computed(), 1 + u64::try_from(count).unwrap());
}

#[derive(Debug, Clone)]
enum Step {
    Write(u64, &'static str),
    TakeBack,
    Forget,
    Ask { cache: usize, query: SearchQuery, summary: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = || prop::sample::select(vec!["a", "b", "ab"]);
    let scope = prop_oneof![
        Just(SearchScope::Project(None)),
        (0_u64..3).prop_map(|task| SearchScope::Task(code(task))),
        Just(SearchScope::Project(None))
    ];
    let kind = prop::option::of(Just(EventType::new("note.odd").unwrap()));
    let ask = (0_usize..2, scope, text(), 0_usize..4, any::<bool>(), any::<bool>(), kind);
    let ask = ask.prop_map(|(cache, scope, text, limit, explain, summary, kind)| {
        let within = Within { event_type: kind, ..Within::all(scope) };
        Step::Ask { cache, query: SearchQuery { within, text: text.into(), limit, explain }, summary }
    });
    let step = prop_oneof![
        2 => ((0_u64..3), text()).prop_map(|(task, text)| Step::Write(task, text)),
        1 => Just(Step::TakeBack),
        1 => Just(Step::Forget),
        12 => ask,
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// Two processes, each with a cache, and a second level between them.
    #[test]
    fn a_kept_answer_is_the_one_that_would_be_computed(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let shelf = Arc::new(Shelf::default());
            let new = || cache(&world).with_second_level(shelf.clone());
            let mut caches = [new(), new()];
            for step in steps {
                match step {
                    Step::Write(task, text) => world.write(task, text),
                    Step::TakeBack => take_back(&world),
                    Step::Forget => caches[0] = new(),
                    Step::Ask { cache, query, summary: false } => {
                        let answer = caches[cache].search(&query).await.unwrap();
                        assert_eq!(fresh(&answer), world.answer(&query));
                    }
                    Step::Ask { cache, query, summary: true } => {
                        let expected = Engine(Arc::clone(&world)).summary(&query).await.unwrap();
                        assert_eq!(caches[cache].summary(&query).await.unwrap(), expected);
                    }
                }
            }
        });
    }
}
