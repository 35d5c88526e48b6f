//! What is PostgreSQL's own and no other store's: connections that break, servers that restart, poolers, and many at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use orch_core::code::{EventType, IdempotencyKey};
use orch_core::event::{Custom, Fact};
use orch_core::store::{ChangeError, EventFilter, EventStore, StoreError, TaskFilter, TaskStore, Window};
use orch_store::{Created, PostgresOptions, SqlStore};
use orch_tests::pgbouncer::Bouncer;
use orch_tests::postgres::{Database, Server, database};
use orch_tests::proxy::{Cut, Proxy};
use work::{change, code, count, count_up, create, operation};

mod work;

fn options(url: &str) -> PostgresOptions {
    PostgresOptions {
        url: url.to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(20),
        max_connections: 4,
        clock: None,
    }
}

/// As somebody who waits for nothing longer than a second.
fn hurried(url: &str) -> PostgresOptions {
    PostgresOptions { busy_timeout: Duration::from_secs(1), retry_for: Duration::from_secs(1), ..options(url) }
}

/// A database with the tables of orch in it.
async fn prepared() -> Option<Database> {
    let database = database()?;
    assert_eq!(SqlStore::create_on(&options(database.url())).await.unwrap(), Created::New);
    Some(database)
}

async fn open(url: &str) -> SqlStore {
    SqlStore::connect(&options(url)).await.unwrap()
}

async fn is_sound(store: &SqlStore) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Records an event of a workflow's own, so that a feed has something to show.
fn note(number: usize) -> Fact {
    Fact::Custom(Custom { event_type: EventType::new("note").unwrap(), payload: serde_json::json!({"n": number}) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_make_the_tables_at_once_one_does() {
    let Some(database) = database() else { return };
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let options = options(database.url());
            tokio::spawn(async move {
                let created = SqlStore::create_on(&options).await.unwrap();
                create(&SqlStore::connect(&options).await.unwrap(), None).await.unwrap();
                created
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap() == Created::New);
    }
    assert_eq!(made, 1);
    assert_eq!(database.sql("SELECT count(*), count(DISTINCT task_code) FROM orchestration_tasks"), "10|10");
    assert_eq!(database.sql("SELECT count(*) FROM orchestration_schema"), SqlStore::schema_version().to_string());
}

#[tokio::test]
async fn the_tables_are_queried_as_the_design_shows() {
    let Some(database) = prepared().await else { return };
    let store = open(database.url()).await;
    create(&store, Some("TSK-001")).await.unwrap();
    change(&store, &operation(), "TSK-001", work::start).await.unwrap();
    for (query, answer) in [
        ("SELECT metadata->'session'->>'current_phase' FROM orchestration_tasks", "intake"),
        ("SELECT count(*) FROM orchestration_tasks WHERE (metadata->'session'->>'active')::boolean", "1"),
        ("SELECT count(*) FROM orchestration_bugs WHERE (context->>'occurrence_count')::int > 1", "0"),
        ("SELECT count(*) > 1 FROM orchestration_events WHERE emitted_at > now() - interval '1 hour'", "t"),
        ("SELECT count(*) FROM orchestration_events WHERE emitted_at <> date_trunc('microseconds', emitted_at)", "0"),
        (
            "SELECT payload->'template'->>'name' FROM orchestration_events WHERE event_type LIKE '%session.start'",
            "default",
        ),
        ("SELECT count(*) FROM pg_inherits WHERE inhparent = 'orchestration_events'::regclass", "1"),
    ] {
        assert_eq!(database.sql(query), answer, "{query}");
    }
}

#[tokio::test]
async fn promise_24_times_are_the_servers() {
    let Some(database) = prepared().await else { return };
    let store = open(database.url()).await;
    let now =
        || database.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    let before: chrono::DateTime<chrono::Utc> = now().parse().unwrap();
    create(&store, Some("TSK-001")).await.unwrap();
    let created = store.task(&code("TSK-001")).await.unwrap().unwrap().created_at;
    let after: chrono::DateTime<chrono::Utc> = now().parse().unwrap();
    assert!(before <= created && created <= after, "{before} {created} {after}");
}

#[tokio::test]
async fn what_is_no_store_of_orch_is_told_and_left_alone() {
    let Some(database) = database() else { return };
    let error = SqlStore::connect(&options(database.url())).await.unwrap_err();
    assert!(matches!(error, StoreError::NoStore { .. }), "{error:?}");
    assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    SqlStore::create_on(&options(database.url())).await.unwrap();
    database.sql("INSERT INTO orchestration_schema (version) VALUES (99)");
    let known = SqlStore::schema_version();
    for error in [
        SqlStore::connect(&options(database.url())).await.unwrap_err(),
        SqlStore::create_on(&options(database.url())).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Newer { found: 99, known: k, .. } if k == known), "{error:?}");
    }
}

#[tokio::test]
async fn a_database_without_unicode_is_refused() {
    let Some(database) = database() else { return };
    let name = format!("{}_latin", database.name());
    database.sql(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'"));
    let url = database.url().replace(database.name(), &name);
    let error = SqlStore::create_on(&options(&url)).await.unwrap_err();
    database.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
    assert!(matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("LATIN1")), "{error:?}");
}

#[tokio::test]
async fn nobody_answers_and_the_password_stays_secret() {
    let Some(database) = prepared().await else { return };
    // a port that was free a moment ago
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let wrong = |url: &str, from: &str, to: &str| url.replacen(from, to, 1);
    let secret = database.url().split([':', '@']).nth(2).unwrap().to_owned();
    for url in [
        wrong(database.url(), &format!(":{}/", database.port()), &format!(":{port}/")),
        wrong(database.url(), &secret, "wrong"),
        wrong(database.url(), database.name(), "no_such_database"),
        wrong(database.url(), "postgres", "mysql"),
    ] {
        let began = Instant::now();
        let error = SqlStore::connect(&hurried(&url)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let told = format!("{error} {error:?} {:?}", hurried(&url));
        assert!(!told.contains(&secret) && !told.contains(database.password()), "{told}");
    }
}

/// Cuts the wire at a change of an existing task, which is one statement, and at the commit of a new one.
#[tokio::test]
async fn a_change_whose_connection_breaks_is_made_once() {
    let Some(database) = prepared().await else { return };
    let proxy = Proxy::start(&database);
    create(&open(database.url()).await, Some("TSK-001")).await.unwrap();
    for (round, cut) in (1..).zip([Cut::Request, Cut::Answer, Cut::Request, Cut::Answer]) {
        let store = open(proxy.url()).await;
        // the statement is prepared first and then run
        proxy.cut_at("orchestration_only_if", 1, cut);
        let outcome = change(&store, &operation(), "TSK-001", count_up).await.unwrap();
        assert!(!proxy.is_armed() && !outcome.replayed, "{cut:?}");
        assert_eq!((count(&store, "TSK-001").await, outcome.event_ids.len()), (round, 1), "{cut:?}");
        proxy.cut_at("COMMIT", 0, cut);
        create(&store, None).await.unwrap();
        assert!(!proxy.is_armed(), "{cut:?}");
        let total = store.tasks(&TaskFilter::default(), Window::default()).await.unwrap().total;
        assert_eq!(total, 1 + u64::try_from(round).unwrap(), "{cut:?}");
    }
    is_sound(&open(database.url()).await).await;
}

#[tokio::test]
async fn an_outcome_that_nobody_can_tell_is_unknown() {
    let Some(mut server) = Server::start() else { return };
    SqlStore::create_on(&options(server.url())).await.unwrap();
    let proxy = Proxy::start(server.database());
    create(&open(server.url()).await, Some("TSK-001")).await.unwrap();
    let store = SqlStore::connect(&hurried(proxy.url())).await.unwrap();
    proxy.cut_at("orchestration_only_if", 1, Cut::Answer);
    let mut operation = operation();
    operation.key = Some(IdempotencyKey::new("k").unwrap());
    let lost = tokio::spawn({
        let operation = operation.clone();
        async move { change(&store, &operation, "TSK-001", count_up).await }
    });
    while proxy.is_armed() {
        tokio::task::yield_now().await;
    }
    server.stop_immediate();
    let error = lost.await.unwrap().unwrap_err();
    let ChangeError::Store(StoreError::OutcomeUnknown { operation: told, .. }) = error else { panic!("{error:?}") };
    assert_eq!(told, operation.id);
    server.start_again();
    // whether it had been made or not: with the same key it is made once
    let store = open(server.url()).await;
    for _ in 0..2 {
        let again = change(&store, &operation, "TSK-001", count_up).await.unwrap();
        assert_eq!((again.operation_id, count(&store, "TSK-001").await), (told.clone(), 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_35_a_server_that_restarts_loses_nothing_and_doubles_nothing() {
    let Some(mut server) = Server::start() else { return };
    SqlStore::create_on(&options(server.url())).await.unwrap();
    for name in ["A", "B", "C", "D"] {
        create(&open(server.url()).await, Some(name)).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = ["A", "B", "C", "D"]
        .map(|name| {
            let (options, stop) = (options(server.url()), Arc::clone(&stop));
            tokio::spawn(async move {
                let store = SqlStore::connect(&options).await.unwrap();
                let mut done = 0;
                while !stop.load(Ordering::Acquire) {
                    change(&store, &operation(), name, count_up).await.unwrap();
                    done += 1;
                }
                (name, done)
            })
        })
        .into();
    for kill in [false, true, false] {
        // everybody has done something since the last time
        let seen = count(&open(server.url()).await, "A").await;
        while count(&open(server.url()).await, "A").await < seen + 5 {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| {
            if kill {
                server.kill();
            } else {
                server.stop_immediate();
            }
            server.start_again();
        });
    }
    stop.store(true, Ordering::Release);
    let store = open(server.url()).await;
    for worker in workers {
        let (name, done) = worker.await.unwrap();
        assert!(done > 0, "{name} got through");
        assert_eq!(count(&store, name).await, done, "{name}");
    }
    is_sound(&store).await;
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let Some(mut server) = Server::start() else { return };
    SqlStore::create_on(&options(server.url())).await.unwrap();
    let store = SqlStore::connect(&hurried(server.url())).await.unwrap();
    create(&store, Some("TSK-001")).await.unwrap();
    server.freeze();
    let began = Instant::now();
    let error = store.task(&code("TSK-001")).await.unwrap_err();
    let took = began.elapsed();
    server.thaw();
    assert!(matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("silent")), "{error:?}");
    assert!(took < Duration::from_secs(40), "{took:?}");
    assert!(store.task(&code("TSK-001")).await.unwrap().is_some(), "it goes on when the server does");
}

#[tokio::test]
async fn who_waits_too_long_is_told_that_the_store_is_busy() {
    let Some(database) = prepared().await else { return };
    let store = SqlStore::connect(&hurried(database.url())).await.unwrap();
    create(&store, Some("TSK-001")).await.unwrap();
    let mut holder = database.psql();
    let holding = "BEGIN; SELECT 'held' FROM orchestration_tasks FOR UPDATE;";
    let mut holder = {
        use std::io::{BufRead as _, Write as _};
        use std::process::Stdio;
        let mut child = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{holding}").unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        child
    };
    let error = change(&store, &operation(), "TSK-001", count_up).await.unwrap_err();
    assert!(matches!(error, ChangeError::Store(StoreError::Busy { .. })), "{error:?}");
    assert!(store.task(&code("TSK-001")).await.unwrap().is_some(), "readers do not wait");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    change(&store, &operation(), "TSK-001", count_up).await.unwrap();
}

#[tokio::test]
async fn where_nothing_may_be_written_reads_go_on() {
    let Some(database) = prepared().await else { return };
    create(&open(database.url()).await, Some("TSK-001")).await.unwrap();
    database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let store = open(database.url()).await;
    assert!(store.task(&code("TSK-001")).await.unwrap().is_some());
    for error in [
        change(&store, &operation(), "TSK-001", count_up).await.unwrap_err(),
        create(&store, None).await.map(drop).unwrap_err(),
    ] {
        let told = matches!(&error, ChangeError::Store(StoreError::Unavailable { reason, .. }) if reason.contains("only be read"));
        assert!(told, "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_events_of_a_month_make_its_partition() {
    let Some(database) = prepared().await else { return };
    let clock = Arc::new(orch_core::testing::StepClock::new("2031-05-31T23:59:59.999999Z".parse().unwrap()));
    let options = PostgresOptions { clock: Some(clock.clone()), ..options(database.url()) };
    for month in ["2031-05-31T23:59:59.999999Z", "2031-06-01T00:00:00Z", "1970-01-01T00:00:00Z", "2106-02-07T06:28:16Z"]
    {
        clock.set(month.parse().unwrap());
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let options = options.clone();
                tokio::spawn(async move { create(&SqlStore::connect(&options).await.unwrap(), None).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
    let months =
        "SELECT tableoid::regclass, count(*) FROM orchestration_events GROUP BY 1 ORDER BY tableoid::regclass::text";
    assert_eq!(
        database.sql(months),
        "orchestration_events_y1970m01|6\norchestration_events_y2031m05|6\norchestration_events_y2031m06|6\n\
         orchestration_events_y2106m02|6"
    );
    // what guards the log guards each part of it
    for statement in ["TRUNCATE orchestration_events_y2031m05", "DELETE FROM orchestration_events_y2031m05"] {
        let refused = String::from_utf8(database.try_sql(statement).stderr).unwrap();
        assert!(refused.contains("events are never deleted"), "{refused}");
    }
    is_sound(&open(database.url()).await).await;
}

/// Sixty-four clients work on eight tasks and make new ones, while somebody follows the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_19_sixty_four_clients_lose_nothing_and_a_follower_skips_nothing() {
    const CLIENTS: usize = 64;
    const ROUNDS: usize = 12;
    let Some(database) = prepared().await else { return };
    let store =
        Arc::new(SqlStore::connect(&PostgresOptions { max_connections: 64, ..options(database.url()) }).await.unwrap());
    let names: Vec<String> = (0..8).map(|number| format!("SHARED-{number}")).collect();
    for name in &names {
        create(&store, Some(name)).await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let follower = tokio::spawn({
        let (store, done) = (open(database.url()).await, Arc::clone(&done));
        async move {
            let (mut filter, mut seen) = (EventFilter { after: Some(0), ..EventFilter::default() }, Vec::new());
            loop {
                let last = done.load(Ordering::Acquire);
                let events = store.events(&filter, 50).await.unwrap();
                filter.after = events.last().map(|event| event.id).or(filter.after);
                seen.extend(events.iter().map(|event| (event.id, event.entity_code.clone(), event.seq)));
                if last && events.is_empty() {
                    return seen;
                }
            }
        }
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (store, names) = (Arc::clone(&store), names.clone());
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let name = &names[(client + round) % names.len()];
                    change(&store, &operation(), name, count_up).await.unwrap();
                    change(&store, &operation(), name, |draft| draft.record(note(client))).await.unwrap();
                    create(&store, None).await.unwrap();
                    store.task(&code(name)).await.unwrap().unwrap();
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    done.store(true, Ordering::Release);
    let seen = follower.await.unwrap();
    let ids: Vec<i64> = seen.iter().map(|(id, ..)| *id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "ids rise");
    assert_eq!(seen.len(), 8 + CLIENTS * ROUNDS * 3, "each event was seen once");
    assert_eq!(database.sql("SELECT count(*) FROM orchestration_events"), seen.len().to_string());
    let mut last = BTreeMap::new();
    for (_, entity, seq) in seen {
        let before = last.insert(entity.clone(), seq).unwrap_or(0);
        assert_eq!(seq, before + 1, "the events of {entity} came in order");
    }
    let mut total = 0;
    for name in &names {
        total += count(&store, name).await;
    }
    assert_eq!(total, i64::try_from(CLIENTS * ROUNDS).unwrap());
    is_sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn behind_a_pooler_many_share_few_connections() {
    let Some(database) = prepared().await else { return };
    let Some(bouncer) = Bouncer::start(&database) else { return };
    create(&open(bouncer.url()).await, Some("TSK-001")).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let options = options(bouncer.url());
            tokio::spawn(async move {
                let store = SqlStore::connect(&options).await.unwrap();
                for _ in 0..5 {
                    change(&store, &operation(), "TSK-001", count_up).await.unwrap();
                    create(&store, None).await.unwrap();
                    store.task(&code("TSK-001")).await.unwrap().unwrap();
                    store.events(&EventFilter { after: Some(0), ..EventFilter::default() }, 10).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let store = open(bouncer.url()).await;
    assert_eq!(count(&store, "TSK-001").await, 80);
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.unwrap().total, 81);
    is_sound(&store).await;
}

#[tokio::test]
async fn where_all_connections_are_taken_the_store_is_busy() {
    let Some(database) = prepared().await else { return };
    let role = format!("{}_role", database.name());
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'few' CONNECTION LIMIT 1; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let (_, server) = database.url().split_once('@').unwrap();
    let url = format!("postgres://{role}:few@{server}");
    let options = PostgresOptions { max_connections: 1, ..hurried(&url) };
    let first = SqlStore::connect(&options).await.unwrap();
    let error = SqlStore::connect(&options).await.map(drop).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
    // the pool of a program is as bounded as the server
    let one = SqlStore::connect(&PostgresOptions { max_connections: 1, ..hurried(database.url()) }).await.unwrap();
    create(&one, Some("TSK-001")).await.unwrap();
    let (left, right) = (operation(), operation());
    let (left, right) =
        tokio::join!(change(&one, &left, "TSK-001", count_up), change(&one, &right, "TSK-001", count_up));
    assert_eq!((left.is_ok(), right.is_ok(), count(&one, "TSK-001").await), (true, true, 2));
    drop(first);
    database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_leaves_nothing() {
    let Some(database) = prepared().await else { return };
    let store = SqlStore::connect(&hurried(database.url())).await.unwrap();
    create(&store, Some("TSK-001")).await.unwrap();
    database.sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'; \
         CREATE TRIGGER slow BEFORE UPDATE ON orchestration_tasks FOR EACH ROW EXECUTE FUNCTION slow()",
    );
    let error = change(&store, &operation(), "TSK-001", count_up).await.unwrap_err();
    assert!(matches!(error, ChangeError::Store(StoreError::Busy { .. })), "{error:?}");
    database.sql("DROP TRIGGER slow ON orchestration_tasks");
    change(&store, &operation(), "TSK-001", count_up).await.unwrap();
    assert_eq!(count(&store, "TSK-001").await, 1);
    is_sound(&store).await;
}
