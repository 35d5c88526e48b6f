//! The second level on real Redis servers that are stopped, full, slow or none: answers stay the same, and little time is
//! lost.

#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "a test ends where something that it needs is missing")]

mod world;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_core::search::{Search as _, SearchQuery};
use orch_search::cache::{Limits, RedisAddressError, RedisLevel, RedisSettings, SharedError, SharedStatus, Tally};
use orch_tests::redis::Server;
use orch_tests::stranger::Stranger;
use world::{Cache, World, anywhere, cache, fresh};

/// More than is ever lost, and less than anybody would call an outage, on a machine under load.
const BOUND: Duration = Duration::from_secs(1);

/// For what is not about time: a machine under load is slow.
const PATIENT: Limits = Limits {
    connect: Duration::from_secs(20),
    quick: Duration::from_secs(20),
    total: Duration::from_mins(1),
    off: Duration::from_secs(30),
};

fn level(url: &str, limits: Limits) -> Arc<RedisLevel> {
    let settings = RedisSettings { ttl: Duration::from_mins(10), limits, ..RedisSettings::new(url, "a project") };
    Arc::new(RedisLevel::new(&settings).unwrap())
}

/// A process of its own: nothing in memory, no connection.
fn process(world: &Arc<World>, url: &str, limits: Limits) -> Cache {
    cache(world).with_second_level(level(url, limits))
}

async fn shared(cache: &Cache) -> SharedStatus {
    cache.status().await.shared.unwrap()
}

async fn wait_until(cache: &Cache, is_so: impl Fn(&SharedStatus) -> bool) {
    let start = Instant::now();
    while !is_so(&shared(cache).await) {
        assert!(start.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asks what was not asked before, and hands back how long that took.
async fn ask(world: &World, cache: &Cache, text: &str) -> Duration {
    let query = anywhere(text);
    let start = Instant::now();
    let answer = cache.search(&query).await.unwrap();
    let took = start.elapsed();
    assert_eq!(fresh(&answer), world.answer(&query));
    took
}

/// Asks twice where the second level is of no use: something is lost once at most, and from then on nobody asks there.
async fn ask_in_vain(world: &World, cache: &Cache) -> SharedError {
    let mut took = Vec::new();
    for text in ["login", "form", "o", "i", "l"] {
        took.push(ask(world, cache, text).await);
    }
    assert!(took.iter().sum::<Duration>() < BOUND, "{took:?}");
    let status = shared(cache).await;
    assert_eq!((status.asked, status.errors, status.tally), (1, 1, None));
    assert!(status.off_for.is_some());
    status.last_error.unwrap()
}

/// The names of the answers that a server keeps.
fn names(server: &Server) -> Vec<String> {
    let keys = server.command(&["KEYS", "*"]);
    assert!(keys.lines().all(|key| key.starts_with("orch:search:")), "{keys}");
    keys.lines().filter(|key| !key.ends_with(":tally")).map(str::to_owned).collect()
}

#[tokio::test]
async fn processes_share_their_answers_and_count_them_together() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    let first = process(&world, &server.url(), PATIENT);
    for text in ["login", "form"] {
        ask(&world, &first, text).await;
    }
    assert_eq!(world.computed(), 2);
    for _ in 0..6 {
        let other = process(&world, &server.url(), PATIENT);
        assert!(other.search(&anywhere("login")).await.unwrap().from_cache);
        // from then on it has its own
        assert!(other.search(&anywhere("login")).await.unwrap().from_cache);
        let status = other.status().await;
        assert_eq!((status.shared_hits, status.memory_hits, status.misses), (1, 1, 0));
    }
    let summary = first.summary(&anywhere("login")).await.unwrap();
    assert_eq!(process(&world, &server.url(), PATIENT).summary(&anywhere("login")).await.unwrap(), summary);
    assert_eq!(world.computed(), 3);

    let status = shared(&first).await;
    assert_eq!(status.tally, Some(Tally { asked: 10, missed: 3 }));
    assert_eq!(status.tally.unwrap().hit_rate(), Some(0.7));
    assert_eq!((status.errors, status.off_for, status.last_error), (0, None, None));
    assert_eq!(status.place, format!("redis://127.0.0.1:{}/0", server.port()));
    // all of it goes by itself
    let keys = names(&server);
    assert_eq!(keys.len(), 3);
    for key in keys {
        let milliseconds: u64 = server.command(&["PTTL", &key]).parse().unwrap();
        assert!((500_000..=600_000).contains(&milliseconds), "{milliseconds}");
    }
    let tally = server.command(&["KEYS", "*:tally"]);
    let seconds: u64 = server.command(&["TTL", &tally]).parse().unwrap();
    assert!((80_000..=86_400).contains(&seconds), "{seconds}");
    // a write is seen by all
    world.write(1, "login");
    assert!(!process(&world, &server.url(), PATIENT).search(&anywhere("login")).await.unwrap().from_cache);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_alone_for_a_while() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    let limits = Limits { off: Duration::from_secs(2), ..Limits::default() };
    let cache = process(&world, &server.url(), limits);
    wait_until(&cache, |status| status.tally.is_some()).await;
    server.freeze();
    let before = shared(&cache).await;
    assert!(before.tally.is_none(), "{before:?}");
    assert!(matches!(before.last_error, Some(SharedError::Silent { .. })), "{before:?}");
    let start = Instant::now();
    let mut queries = 0;
    while start.elapsed() < Duration::from_millis(300) {
        ask(&world, &cache, &format!("login {queries}")).await;
        queries += 1;
    }
    let status = shared(&cache).await;
    // it was asked not once again
    assert!(queries > 10 && status.asked == before.asked, "{queries} {status:?}");
    server.thaw();
    wait_until(&cache, |status| status.off_for.is_none()).await;
    ask(&world, &cache, "login form").await;
    assert!(process(&world, &server.url(), PATIENT).search(&anywhere("login form")).await.unwrap().from_cache);
}

#[tokio::test]
async fn a_silent_server_costs_a_new_process_its_time_once() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    server.freeze();
    let error = ask_in_vain(&world, &process(&world, &server.url(), Limits::default())).await;
    assert_eq!(error, SharedError::Silent { within: Limits::default().connect });
    server.thaw();
}

#[test]
fn a_program_ends_while_a_server_is_silent() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    server.freeze();
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(ask(&world, &process(&world, &server.url(), Limits::default()), "login"));
    drop(runtime);
    assert!(start.elapsed() < BOUND);
    server.thaw();
}

#[tokio::test]
async fn one_process_tells_the_next_that_a_server_is_silent() {
    let silent = Stranger::silent();
    let world = World::with_events();
    let folder = tempfile::tempdir().unwrap();
    let process = |port: u16, note: &str| {
        let url = format!("redis://:secret@127.0.0.1:{port}");
        let settings = RedisSettings { note: Some(folder.path().join(note)), ..RedisSettings::new(url, "a project") };
        cache(&world).with_second_level(Arc::new(RedisLevel::new(&settings).unwrap()))
    };
    for number in 0..5 {
        let cache = process(silent.port(), "note");
        ask(&world, &cache, "login").await;
        let status = shared(&cache).await;
        assert_eq!(status.asked, u64::from(number == 0));
        assert!(status.off_for.is_some());
        assert_eq!(status.last_error == Some(SharedError::Noted), number > 0, "{status:?}");
    }
    assert_eq!(silent.connections(), 1);
    let note = std::fs::read_to_string(folder.path().join("note")).unwrap();
    assert_eq!(note, format!("redis://127.0.0.1:{}/0\n", silent.port()));
    // another server is not meant
    let other = Stranger::silent();
    ask(&world, &process(other.port(), "note"), "login").await;
    assert_eq!(other.connections(), 1);
    // one that cannot be written is done without, and an old one does not count
    ask(&world, &process(other.port(), "no/folder"), "login").await;
    let old = std::fs::File::options().write(true).open(folder.path().join("note")).unwrap();
    old.set_modified(old.metadata().unwrap().modified().unwrap() - Duration::from_secs(40)).unwrap();
    ask(&world, &process(other.port(), "note"), "login").await;
    assert_eq!(other.connections(), 3);
}

#[tokio::test]
async fn many_queries_at_once_wait_together() {
    let silent = Stranger::silent();
    let world = World::with_events();
    let url = format!("redis://127.0.0.1:{}", silent.port());
    let cache = Arc::new(process(&world, &url, Limits::default()));
    let start = Instant::now();
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (world, cache) = (Arc::clone(&world), Arc::clone(&cache));
            tokio::spawn(async move { ask(&world, &cache, &number.to_string()).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    // one tries for all
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn a_server_that_is_killed_is_missed_by_nobody() {
    let Some(mut server) = Server::start() else { return };
    let world = World::with_events();
    let cache = process(&world, &server.url(), PATIENT);
    ask(&world, &cache, "login").await;
    // one that comes back at once is connected to again, and has forgotten everything
    server.kill();
    server.start_again();
    ask(&world, &cache, "form").await;
    let status = shared(&cache).await;
    assert_eq!((status.errors, status.tally), (0, Some(Tally { asked: 1, missed: 1 })));
    server.kill();
    assert!(ask(&world, &cache, "o").await < BOUND);
    let status = shared(&cache).await;
    assert_eq!(status.last_error, Some(SharedError::NoConnection { kind: ErrorKind::ConnectionRefused }));
    assert!(status.off_for.is_some());
    assert!(cache.search(&anywhere("login")).await.unwrap().from_cache);
    let error = ask_in_vain(&world, &process(&world, &server.url(), Limits::default())).await;
    assert_eq!(error, SharedError::NoConnection { kind: ErrorKind::ConnectionRefused });
}

#[tokio::test]
async fn somebody_elses_data_is_no_answer() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    let query = SearchQuery { explain: true, ..anywhere("login") };
    process(&world, &server.url(), PATIENT).search(&query).await.unwrap();
    process(&world, &server.url(), PATIENT).search(&anywhere("form")).await.unwrap();
    let keys = names(&server);
    let tally = server.command(&["KEYS", "*:tally"]);
    let other = server.command(&["GET", &keys[0]]);
    let fills: [(&str, &[&[&str]]); 6] = [
        ("a list", &[&["RPUSH", "KEY", "a", "b"]]),
        ("a hash", &[&["HSET", "KEY", "a", "b"]]),
        ("garbage", &[&["SET", "KEY", "\u{1b}[31m{]"]]),
        ("nothing", &[&["SET", "KEY", ""]]),
        ("too much", &[&["SETRANGE", "KEY", "5000000", "x"]]),
        ("another answer", &[&["SET", "KEY", &other]]),
    ];
    for (what, commands) in fills {
        for key in &keys {
            server.command(&["DEL", key]);
            for command in commands {
                let words: Vec<&str> = command.iter().map(|word| if *word == "KEY" { key } else { *word }).collect();
                server.command(&words);
            }
        }
        // nor is the tally what it should be
        server.command(&["SET", &tally, "x"]);
        let cache = process(&world, &server.url(), PATIENT);
        let answers = [cache.search(&query).await.unwrap(), cache.search(&anywhere("form")).await.unwrap()];
        let expected = [world.answer(&query), world.answer(&anywhere("form"))];
        // one of them may have got its own again
        let kept = answers.iter().filter(|answer| answer.from_cache).count();
        assert_eq!(kept, usize::from(what == "another answer"), "{what}");
        assert_eq!(answers.map(|answer| fresh(&answer)), expected, "{what}");
        let status = shared(&cache).await;
        assert!(status.off_for.is_none() && status.tally.is_none(), "{what}: {status:?}");
        // and it is put right
        let cache = process(&world, &server.url(), PATIENT);
        assert!(cache.search(&query).await.unwrap().from_cache, "{what}");
    }
}

#[tokio::test]
async fn a_full_server_is_not_given_more_for_a_while() {
    let Some(server) = Server::start_with(&["--maxmemory-policy", "noeviction"]) else { return };
    server.command(&["SETRANGE", "somebody", "2000000", "x"]);
    server.command(&["CONFIG", "SET", "maxmemory", "1mb"]);
    let world = World::with_events();
    let cache = process(&world, &server.url(), PATIENT);
    for text in ["login", "form", "o", "i", "l"] {
        assert!(ask(&world, &cache, text).await < BOUND);
    }
    let status = shared(&cache).await;
    // three times it was asked and then given something in vain
    assert_eq!((status.asked, status.errors), (6, 3));
    assert_eq!(status.last_error, Some(SharedError::Answered { code: "OOM".into() }));
    assert!(status.off_for.is_some());
}

#[tokio::test]
async fn a_password_is_needed_and_is_never_told() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    let wrong = server.url().replace("secret", "wrong");
    let cache = process(&world, &wrong, Limits { connect: BOUND, total: BOUND, ..Limits::default() });
    let error = ask_in_vain(&world, &cache).await;
    assert_eq!(error, SharedError::Denied);
    let url = format!("redis://127.0.0.1:{}", server.port());
    let cache = process(&world, &url, PATIENT);
    for text in ["login", "form", "o", "i"] {
        ask(&world, &cache, text).await;
    }
    let status = shared(&cache).await;
    assert_eq!((status.last_error, status.off_for.is_some()), (Some(SharedError::Denied), true));

    // not even to somebody who sends it back
    let echo = Stranger::echo();
    let url = server.url_through(echo.port());
    let settings = RedisSettings { ttl: Duration::ZERO, limits: PATIENT, ..RedisSettings::new(url, "a project") };
    let level = Arc::new(RedisLevel::new(&settings).unwrap());
    let cache = cache.with_second_level(level.clone());
    ask(&world, &cache, "lo").await;
    let status = shared(&cache).await;
    assert!(status.last_error.is_some());
    let told = format!(
        "{settings:?} {level:?} {cache:?} {status:?} {} {}",
        status.last_error.as_ref().unwrap(),
        level.place()
    );
    assert!(!told.contains(server.password()), "{told}");
}

#[tokio::test]
async fn what_is_no_redis_is_found_out_once() {
    let world = World::with_events();
    let strangers = [
        ("silent", Stranger::silent()),
        ("web", Stranger::saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        ("hangs up", Stranger::saying(b"")),
        ("mail", Stranger::endless(b"220 mail.example ESMTP\r\n", b"500 what?\r\n")),
        ("endless text", Stranger::endless(b"+", b"abcdefgh")),
        ("endless lines", Stranger::endless(b"", b"+OK\r\n")),
        ("a value without end", Stranger::endless(b"$4000000000\r\n", b"abcdefgh")),
        ("a list without end", Stranger::endless(b"*4000000000\r\n", b":1\r\n")),
        ("a promise", Stranger::saying(b"*9223372036854775807\r\n$9223372036854775807\r\n")),
        ("lists in lists", Stranger::endless(b"", b"*1\r\n")),
        ("echo", Stranger::echo()),
    ];
    for (what, stranger) in strangers {
        let url = format!("redis://user:pass@127.0.0.1:{}/3", stranger.port());
        let cache = process(&world, &url, Limits::default());
        let error = ask_in_vain(&world, &cache).await;
        assert_eq!(stranger.connections(), 1, "{what}: {error}");
    }
}

#[tokio::test]
async fn a_slow_server_is_not_worth_it() {
    let Some(server) = Server::start() else { return };
    let world = World::with_events();
    // slow in its answers alone, and slower than a connection may take
    for (delay, connect) in [(30, 50), (60, 10_000), (100, 50), (400, 10_000)] {
        let slow = Stranger::slow(server.port(), Duration::from_millis(delay));
        let limits = Limits { connect: Duration::from_millis(connect), ..Limits::default() };
        let cache = process(&world, &server.url_through(slow.port()), limits);
        let start = Instant::now();
        let mut asked = Vec::new();
        for text in 0..20 {
            ask(&world, &cache, &text.to_string()).await;
            asked.push(cache.status().await.shared.unwrap().asked);
        }
        assert!(start.elapsed() < BOUND);
        let status = shared(&cache).await;
        assert!(status.off_for.is_some() && status.asked <= 5 && status.errors == 1, "{status:?}");
    }
}

#[test]
fn an_address_is_taken_or_refused_without_repeating_it() {
    let new = |url: &str| RedisLevel::new(&RedisSettings { ttl: Duration::MAX, ..RedisSettings::new(url, "a") });
    for (url, place) in [
        ("redis://cache.example", "redis://cache.example:6379/0"),
        ("redis://:p%40ss@cache.example:7000/2", "redis://cache.example:7000/2"),
        ("redis://user:pass@[::1]:7000", "redis://[::1]:7000/0"),
        ("REDIS://127.0.0.1/", "redis://127.0.0.1:6379/0"),
    ] {
        assert_eq!(new(url).unwrap().place(), place);
    }
    for url in
        ["", "redis:", "redis://", "cache.example", "http://a", "redis://:secret@", "redis://a/secret", "unix:///a"]
    {
        assert_eq!(new(url).unwrap_err(), RedisAddressError::Form, "{url}");
    }
    assert_eq!(new("rediss://:secret@cache.example").unwrap_err(), RedisAddressError::Tls);
}
