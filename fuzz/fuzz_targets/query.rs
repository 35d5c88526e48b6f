//! Fuzzes queries and what is indexed: no text is an error, words are of their alphabet, hits are in order and marked inside.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use orch_core::clock::FixedClock;
use orch_core::search::{MAX_TERMS, MAX_WORD, Search, SearchQuery, SearchScope, Within, analyse, tokens};
use orch_core::testing::conformance::{Bench, fact::note};
use orch_core::testing::{MemoryStore, StepClock, fixture};
use orch_search::ContextSearch;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

/// What is searched in.
static LOG: LazyLock<(Runtime, Bench<MemoryStore>)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let clock = Arc::new(StepClock::new(fixture::now()));
    let bench = Bench::new(MemoryStore::new(clock.clone()), clock);
    let texts = [
        "UserService fails: Undefined variable $foo in app/Services/Test.php",
        "the merge queue was settled, E042 #17",
        "迁移失败 naïve Ошибка 🚀",
        "a b c d e f g h",
        "100% of _names_ are \"quoted\" OR (not) NEAR* ^x:y -z",
    ];
    runtime.block_on(async {
        bench.create("T-1").await;
        for text in texts {
            bench.change("T-1", |draft| note(draft, "note_added", json!({ "text": text }))).await;
        }
    });
    (runtime, bench)
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (mut position, mut words) = (0, 0);
    tokens(&text, &mut |token| {
        assert!(!token.word.is_empty() && token.word.len() <= MAX_WORD, "{token:?}");
        assert!(text.get(token.range.clone()).is_some_and(|part| !part.is_empty()), "{token:?}");
        assert!(token.extra || token.position >= position, "{token:?} after {position}");
        position = token.position;
        words += 1;
    });

    let payload = json!({ "text": text });
    let analysis = analyse("fuzzed", &payload);
    assert_eq!(analyse("fuzzed", &payload), analysis);
    assert!(analysis.terms().len() <= MAX_TERMS);
    let in_alphabet = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (!c.is_ascii() && !c.is_whitespace());
    for (word, term) in analysis.words() {
        for text in [word, term] {
            assert!(!text.is_empty() && text.len() <= MAX_WORD && text.chars().all(in_alphabet), "{text:?}");
        }
    }

    let (runtime, bench) = &*LOG;
    let clock = FixedClock(fixture::now());
    let search = ContextSearch::new(bench.store.as_ref(), &clock);
    let query = SearchQuery {
        within: Within::all(SearchScope::Project(None)),
        text: text.into_owned(),
        limit: data.len() % 7,
        explain: true,
    };
    let answer = runtime.block_on(search.search(&query)).expect("no text is an error");
    assert!(answer.hits.len() <= query.limit && answer.total >= answer.hits.len() as u64);
    // without a word the newest events are the answer
    assert!(words > 0 || answer.hits.iter().all(|hit| hit.snippet.marks.is_empty()));
    assert!(answer.hits.is_sorted_by(|one, other| one.score >= other.score));
    for hit in &answer.hits {
        let mut end = 0;
        for mark in &hit.snippet.marks {
            assert!(mark.start >= end && mark.start < mark.end && hit.snippet.text.get(mark.clone()).is_some());
            end = mark.end;
        }
    }
});
