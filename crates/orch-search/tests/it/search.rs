//! Searches as transcripts.

use orch_core::clock::FixedClock;
use orch_core::code::TaskCode;
use orch_core::search::{Search, SearchScope};
use orch_search::ContextSearch;
use serde_json::json;

use crate::support::{EVERYWHERE, Log, query};

#[tokio::test]
async fn the_same_word_comes_before_another_form_and_a_part() {
    let log = Log::of(&["validator of ours", "we are validating", "validation of forms", "unrelated"]).await;
    assert_eq!(log.find("validation").await, ["validation of forms", "we are validating", "validator of ours"]);
    assert_eq!(log.find("validat").await.len(), 3, "the beginning of a word");
    assert_eq!(log.find("alidato").await, ["validator of ours"], "what is inside of a word");
    assert_eq!(log.find("vaildator").await[0], "validator of ours", "a slip");
    assert_eq!(log.find("zqxjkvbwplm").await, [""; 0], "a word that is nowhere");
}

#[tokio::test]
async fn identifiers_paths_and_codes_are_found() {
    let log = Log::of(&[
        "extract NicknameValidator",
        "app/Services/Test.php is left over",
        "tests of services in the app, php",
        "port the C tokenizer",
        "port the C++ tokenizer",
        "E0711 in attrs.rs",
        "E0712 in attrs.rs",
        "pull/482130",
        "pull/48213",
    ])
    .await;
    for (typed, first) in [
        ("nickname validator", "extract NicknameValidator"),
        ("nIcKnAmEvAlIdAtOr", "extract NicknameValidator"),
        ("nick name validator", "extract NicknameValidator"),
        ("nicknamevalidator", "extract NicknameValidator"),
        ("kNameValid", "extract NicknameValidator"),
        ("app/services/test.php", "app/Services/Test.php is left over"),
        ("c++", "port the C++ tokenizer"),
        ("e0711", "E0711 in attrs.rs"),
        ("pull/48213", "pull/48213"),
        ("pull/482130", "pull/482130"),
    ] {
        assert_eq!(log.find(typed).await.first().map(String::as_str), Some(first), "{typed}");
    }
    assert_eq!(log.find("E0711").await.len(), 1, "a code that is known is not guessed");
}

#[tokio::test]
async fn what_is_quoted_stands_there_so() {
    let log = Log::of(&["the merge queue stalled", "queue the merge, it stalled", "merge queues stalled"]).await;
    assert_eq!(log.find("\"merge queue stalled\"").await, ["the merge queue stalled"]);
    assert_eq!(log.find("merge queue stalled").await[0], "the merge queue stalled");
    assert_eq!(log.find("merge queue stalled").await.len(), 3);
    assert_eq!(log.find("\"queue stalled merge\"").await, [""; 0]);
    assert_eq!(log.find("\"merge queue").await.len(), 3, "half a quote means nothing");
}

#[tokio::test]
async fn without_a_word_the_newest_come() {
    let log = Log::of(&["a", "b", "c"]).await;
    for text in ["", " \t\n", "\0", "((((", "\"\"\"", "%%%"] {
        let answer = log.answer(&query(text, EVERYWHERE)).await;
        assert_eq!(answer.hits.len(), 4, "{text:?}");
        assert_eq!((answer.total, answer.total_is_exact), (4, true));
        assert_eq!(answer.hits[0].snippet.text, "c");
    }
}

#[tokio::test]
async fn a_task_is_found_by_its_code() {
    let log = Log::of(&["nothing of interest"]).await;
    log.bench.create("T-61").await;
    log.add("T-61", "note_added", &json!({"text": "follow-up"})).await;
    let answer = log.answer(&query("T-61", EVERYWHERE)).await;
    assert!(answer.hits.iter().any(|hit| hit.event.payload["text"] == "follow-up"));
    let elsewhere = SearchScope::Task(TaskCode::new("T-1").expect("a valid code"));
    assert!(log.answer(&query("T-61", elsewhere)).await.hits.iter().all(|hit| hit.event.entity_code == "T-1"));
}

#[tokio::test]
async fn newer_comes_first_among_equals_and_the_score_is_explained() {
    let log = Log::of(&["marmalade snapshot", "marmalade snapshot", "marmalade only"]).await;
    let answer = log.answer(&query("marmalade snapshot", EVERYWHERE)).await;
    let ids: Vec<i64> = answer.hits.iter().map(|hit| hit.event.id).collect();
    assert_eq!(ids, [3, 2, 4]);
    let first = &answer.hits[0];
    let parts: Vec<&str> = first.explanation.iter().map(|part| part.what.as_str()).collect();
    assert_eq!(parts.last(), Some(&"recency (times)"));
    assert!(parts.contains(&"marmalade (exact)") && parts.contains(&"marmalade beside snapshot"), "{parts:?}");
    assert_eq!(first.snippet.text, "marmalade snapshot");
    assert_eq!(first.snippet.marks, [0..9, 10..18]);
}

#[tokio::test]
async fn a_piece_of_a_long_text_shows_the_match() {
    let filler = "line of an output\n".repeat(2_000);
    let log = Log::of(&[&format!("{filler} the obsidianfinch nests here {filler}")]).await;
    let answer = log.answer(&query("obsidianfinch", EVERYWHERE)).await;
    assert!(answer.hits.is_empty(), "the middle of a long output is not indexed");
    let log = Log::of(&[&format!("{} the obsidianfinch nests here {filler}", &filler[..900])]).await;
    let snippet = log.answer(&query("obsidianfinch", EVERYWHERE)).await.hits.remove(0).snippet;
    assert!(snippet.text.len() < 200 && snippet.text.starts_with('…') && snippet.text.ends_with('…'), "{snippet:?}");
    assert_eq!(&snippet.text[snippet.marks[0].clone()], "obsidianfinch");
}

#[tokio::test]
async fn a_summary_counts_what_matches() {
    let log = Log::of(&["tamarind one", "tamarind two", "other"]).await;
    let clock = FixedClock(Log::now());
    let search = ContextSearch::new(log.bench.store.as_ref(), &clock);
    let summary = search.summary(&query("tamarind", EVERYWHERE)).await.expect("it can be read");
    assert_eq!((summary.total, summary.total_is_exact, summary.event_types.len()), (2, true, 1));
    let summary = search.summary(&query("", EVERYWHERE)).await.expect("it can be read");
    assert_eq!((summary.total, summary.event_types.len()), (4, 2));
}

#[tokio::test]
async fn function_words_of_a_sentence_find_nothing_and_tell_the_better() {
    let log = Log::of(&["how do we do it with the", "roll back the release", "roll back a release"]).await;
    let found = log.find("how do we roll back the release of march").await;
    assert_eq!(found, ["roll back the release", "roll back a release"]);
    assert_eq!(log.find("how do we do it").await[0], "how do we do it with the");
}

#[tokio::test]
async fn what_a_text_begins_with_counts_more() {
    let rest = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";
    let (first, last) = (format!("retries {rest}"), format!("{rest} retries"));
    let log = Log::of(&[&first, &last]).await;
    assert_eq!(log.find("retries").await, [first, last]);
}
