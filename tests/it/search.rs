//! Context search from the command line: what is found where, at once, again from a cache, and with a cache that is broken.

use orch_tests::stranger::Stranger;
use serde_json::{Value, json};

use super::Sandbox;

/// Two tasks in two sprints, a bug and a commit message.
fn shop() -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox.orch(&["sprint", "create", "Spring"]).success();
    sandbox.orch(&["sprint", "create", "Summer"]).success();
    let login = ["--description", "Reject blank nicknames in UserService::validate", "--sprint", "SPR-001"];
    sandbox.orch(&[&["task", "create", "Add a login form"], login.as_slice()].concat()).success();
    sandbox.orch(&["task", "create", "Pay by invoice", "--sprint", "SPR-002"]).success();
    let bug = ["bug", "log", "ECONNREFUSED 10.0.0.7:5432 while saving the invoice", "--task-code", "TSK-002"];
    sandbox.orch(&[bug.as_slice(), &["--file", "app/Services/Invoice.php"]].concat()).success();
    Some(sandbox)
}

/// The entity and type of each hit.
fn hits(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().unwrap();
    let word = |hit: &Value, name: &str| hit[name].as_str().unwrap().to_owned();
    results.iter().map(|hit| format!("{} {}", word(hit, "entity_code"), word(hit, "event_type"))).collect()
}

#[test]
fn half_a_word_an_identifier_a_path_and_an_error_are_found() {
    let Some(sandbox) = shop() else { return };
    for (query, first) in [
        ("nickn", "TSK-001 orchestration.task.created"),
        ("userserv", "TSK-001 orchestration.task.created"),
        ("UserService::validate", "TSK-001 orchestration.task.created"),
        ("app/Services/Invoice.php", "BUG-001 orchestration.bug.logged"),
        ("econnrefused", "BUG-001 orchestration.bug.logged"),
        ("10.0.0.7:5432", "BUG-001 orchestration.bug.logged"),
        ("\"login form\"", "TSK-001 orchestration.task.created"),
        ("nicnames", "TSK-001 orchestration.task.created"),
        ("sprint created", "SPR-002 orchestration.sprint.created"),
    ] {
        let answer = sandbox.json(&["context", "search", query]);
        assert_eq!(hits(&answer).first().map(String::as_str), Some(first), "{query}: {answer}");
    }
    let answer = sandbox.json(&["context-search", "zebra"]);
    assert_eq!((&answer["results"], &answer["total_count"]), (&json!([]), &json!(0)));
    assert_eq!(
        (&answer["query"], &answer["scope"], &answer["scope_id"]),
        (&json!("zebra"), &json!("project"), &json!(null))
    );
}

#[test]
fn a_hit_says_where_it_matches_and_why() {
    let Some(sandbox) = shop() else { return };
    let answer = sandbox.json(&["context", "search", "blank nicknames", "--limit", "1", "--explain"]);
    let hit = &answer["results"][0];
    let (snippet, marks) = (hit["snippet"].as_str().unwrap(), hit["marks"].as_array().unwrap());
    let marked: Vec<String> = marks
        .iter()
        .map(|mark| {
            let [from, to] = [&mark[0], &mark[1]].map(|end| usize::try_from(end.as_u64().unwrap()).unwrap());
            snippet.chars().skip(from).take(to - from).collect()
        })
        .collect();
    assert_eq!(marked, ["blank", "nicknames"], "{snippet}");
    assert!(hit["score"].as_f64().unwrap() > 0.0);
    assert!(!hit["explanation"].as_array().unwrap().is_empty(), "{hit}");
    let shown = sandbox.orch(&["context", "search", "blank nicknames", "--color", "always"]);
    assert!(shown.stdout.contains("\u{1b}[33mblank\u{1b}[0m"), "{}", shown.stdout);
}

#[test]
fn nothing_from_outside_of_the_scope_is_found() {
    let Some(sandbox) = shop() else { return };
    for (scope, id, wanted) in [
        ("task", "TSK-001", vec!["TSK-001 orchestration.task.created"]),
        ("task", "TSK-002", vec!["BUG-001 orchestration.bug.logged", "TSK-002 orchestration.task.created"]),
        ("sprint", "SPR-001", vec!["TSK-001 orchestration.task.created", "SPR-001 orchestration.sprint.created"]),
    ] {
        let answer = sandbox.json(&["context", "search", "--scope", scope, "--id", id]);
        assert_eq!(hits(&answer), wanted, "{scope} {id}");
        let answer = sandbox.json(&["context", "search", "orchestration", "--scope", scope, "--id", id]);
        let mut found = hits(&answer);
        found.sort_by_key(|hit| wanted.iter().position(|other| other == hit));
        assert_eq!(found, wanted, "{scope} {id}");
    }
    sandbox.orch(&["task", "update", "TSK-001", "--sprint", "SPR-002"]).success();
    let moved = sandbox.json(&["context", "search", "login", "--scope", "sprint", "--id", "SPR-002"]);
    assert_eq!(hits(&moved), ["TSK-001 orchestration.task.created"]);
    let left = sandbox.json(&["context", "search", "login", "--scope", "sprint", "--id", "SPR-001"]);
    assert_eq!(hits(&left), [""; 0]);
    sandbox.orch(&["context", "search", "x", "--scope", "task", "--id", "TSK-404"]).fails_with(3);
    sandbox.orch(&["context", "search", "x", "--scope", "sprint"]).fails_with(2);
    sandbox.orch(&["context", "search", "x", "--limit", "0"]).fails_with(2);
}

#[test]
fn filters_and_summaries_count_what_matches() {
    let Some(sandbox) = shop() else { return };
    let answer = sandbox.json(&["context", "search", "--type", "orchestration.task.created"]);
    assert_eq!(hits(&answer), ["TSK-002 orchestration.task.created", "TSK-001 orchestration.task.created"]);
    let answer = sandbox.json(&["context", "search", "invoice", "--since", "2100-01-01"]);
    assert_eq!(hits(&answer), [""; 0]);
    let answer = sandbox.json(&["context", "search", "invoice", "--actor", "nobody"]);
    assert_eq!(hits(&answer), [""; 0]);
    let summary = sandbox.json(&["context", "search", "--summary"]);
    assert_eq!(summary["total_events"], json!(5));
    assert_eq!(summary["event_types"]["orchestration.task.created"], json!(2));
    assert!(summary["first_event"].is_string() && summary["time_span_hours"].is_number(), "{summary}");
    let summary = sandbox.json(&["context", "search", "invoice", "--summary", "--scope", "task", "--id", "TSK-002"]);
    assert_eq!(summary["total_events"], json!(2));
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let summary = sandbox.json(&["context", "search", "--summary", "--scope", "task"]);
    assert_eq!(summary["phases"], json!({"intake": 1}), "{summary}");
}

#[test]
fn promise_16_what_a_command_wrote_the_next_one_finds() {
    let Some(sandbox) = shop() else { return };
    for number in 0..20 {
        let word = format!("freshword{number}x");
        sandbox.orch(&["task", "create", &word]).success();
        let answer = sandbox.json(&["context", "search", &word]);
        assert_eq!(hits(&answer), [format!("TSK-{:03} orchestration.task.created", 3 + number)]);
    }
}

#[test]
fn no_text_is_an_error() {
    let Some(sandbox) = shop() else { return };
    let long = "login ".repeat(1_700);
    for text in [
        "",
        " ",
        "\"",
        "\"\"",
        "*",
        "OR",
        "a AND NOT",
        "(",
        ")",
        "^",
        ":",
        "-x",
        "NEAR(a b)",
        "col:x",
        "{a b}",
        "'; DROP TABLE x; --",
        "%",
        "_",
        "\\",
        "\u{202e}",
        "🚀",
        "迁移",
        "é",
        "e\u{301}",
        &long,
    ] {
        let run = sandbox.orch(&["context", "search", "--", text]);
        run.success();
    }
}

#[test]
fn a_file_of_queries_is_answered_by_one_process() {
    let Some(sandbox) = shop() else { return };
    sandbox.write(
        "in.jsonl",
        concat!(
            r#"{"id":17,"event_type":"note","task":"X-1","project":"P-1","payload":{"text":"walrus quorum"}}"#,
            "\n",
            r#"{"id":"a18","event_type":"note","task":"X-2","project":"P-2","payload":{"text":"walrus"}}"#,
            "\n",
        ),
    );
    sandbox.orch(&["event", "import", "in.jsonl", "--create-missing"]).success();
    sandbox.write(
        "queries.jsonl",
        concat!(
            r#"{"id":"q1","text":"walrus quorum"}"#,
            "\n\n",
            r#"{"id":2,"text":"walrus","scope":"project","scope_id":"P-2","limit":5}"#,
            "\n",
            r#"{"id":"q3","text":"walrus","scope":"task","scope_id":"X-9"}"#,
            "\n",
            r#"{"id":"q4","text":"walrus","scope":"task","scope_id":"not / a code"}"#,
            "\n",
        ),
    );
    let run = sandbox.orch(&["context", "search", "--queries", "queries.jsonl"]);
    run.success();
    let mut answers: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for answer in &mut answers {
        assert!(answer["ms"].take().is_number());
    }
    let answer = |id: Value, hits: Value| json!({"id": id, "hits": hits, "error": null, "ms": null});
    assert_eq!(
        answers,
        [
            answer(json!("q1"), json!([17, "a18"])),
            answer(json!(2), json!(["a18"])),
            answer(json!("q3"), json!([])),
            answer(json!("q4"), json!([])),
        ]
    );
    let run = sandbox.orch(&["context", "search", "--queries", "queries.jsonl", "--format", "trec"]);
    let first: Vec<&str> = run.stdout.lines().next().unwrap().split(' ').collect();
    assert_eq!((first[..4].join(" "), first[5]), ("q1 Q0 17 1".to_owned(), "orch"));
    sandbox.write("broken.jsonl", "{\"id\":1,\"text\":\"x\"}\n{\n");
    let run = sandbox.orch(&["context", "search", "--queries", "broken.jsonl"]);
    assert!(run.fails_with(2).stderr.contains("line 2"), "{}", run.stderr);
}

#[test]
fn a_new_index_finds_the_same() {
    let Some(sandbox) = shop() else { return };
    let before = hits(&sandbox.json(&["context", "search", "invoice"]));
    assert_eq!(sandbox.json(&["event", "reindex"])["events"], json!(5));
    assert_eq!(hits(&sandbox.json(&["context", "search", "invoice"])), before);
}

#[test]
fn promise_33_answers_are_shared_by_a_redis_server_and_none_is_needed() {
    let Some(sandbox) = shop() else { return };
    let Some(mut redis) = orch_tests::redis::Server::start() else { return };
    sandbox.configure(&format!("search:\n  redis_url: {}\n", redis.url()));
    let asked = ["context", "search", "invoice"];
    let first = sandbox.json(&asked);
    assert_eq!(first["from_cache"], json!(false));
    let second = sandbox.json(&asked);
    assert_eq!((&second["from_cache"], &second["results"]), (&json!(true), &first["results"]));
    let anew = sandbox.json(&["context", "search", "invoice", "--no-cache"]);
    assert_eq!((&anew["from_cache"], &anew["results"]), (&json!(false), &first["results"]));
    sandbox.orch(&["task", "create", "Another invoice"]).success();
    let after = sandbox.json(&asked);
    assert_eq!(after["from_cache"], json!(false));
    assert_eq!(hits(&after).len(), hits(&first).len() + 1);
    // it may find fault with the server that tests use
    let shown = sandbox.orch(&["doctor", "--json"]).json();
    let line = shown["checks"].as_array().unwrap().iter().find(|check| check["name"] == "search").unwrap();
    assert!(line["message"].as_str().unwrap().contains("of 3 answers were shared"), "{line}");
    assert!(!shown.to_string().contains(redis.password()), "a password is shown");
    assert!(!sandbox.orch(&["config", "show"]).stdout.contains(redis.password()), "a password is shown");
    redis.kill();
    let without = sandbox.json(&asked);
    assert_eq!((&without["from_cache"], &without["results"]), (&json!(false), &after["results"]));
    sandbox.orch(&["task", "create", "Yet another invoice"]).success();
    assert_eq!(hits(&sandbox.json(&asked)).len(), hits(&after).len() + 1);
}

#[test]
fn promise_34_whatever_the_cache_says_search_answers_and_writes_do_not_care() {
    let Some(sandbox) = shop() else { return };
    let plain = hits(&sandbox.json(&["context", "search", "invoice", "--no-cache"]));
    let refuses = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let strangers = [
        ("refuses", None),
        ("is silent", Some(Stranger::silent())),
        ("talks nonsense", Some(Stranger::saying(b"-ERR no\r\n$-7\r\n*99999999999\r\n"))),
        ("speaks HTTP", Some(Stranger::saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
        ("never ends", Some(Stranger::endless(b"$536870912\r\n", b"aaaaaaaaaaaaaaaa"))),
        ("says it back", Some(Stranger::echo())),
    ];
    for (what, stranger) in &strangers {
        let port = stranger.as_ref().map_or(refuses, Stranger::port);
        let url = format!("redis://127.0.0.1:{port}");
        // nothing is known of the server when it is asked first
        let _ = std::fs::remove_file(sandbox.root().join(".orch/redis-off"));
        let began = std::time::Instant::now();
        let run = sandbox.orch_with(("ORCH_SEARCH_REDIS_URL", &url), &["context", "search", "invoice", "--json"]);
        println!("a server that {what}: {:?}", began.elapsed());
        assert_eq!(hits(&run.success().json()), plain, "{what}");
        sandbox.orch_with(("ORCH_SEARCH_REDIS_URL", &url), &["task", "update", "TSK-001", "--meta", "a=1"]).success();
    }
}
