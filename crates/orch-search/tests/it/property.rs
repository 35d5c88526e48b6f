//! What is so whatever is typed and written.

use orch_core::code::{EventType, TaskCode};
use orch_core::search::{SearchScope, Within};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{EVERYWHERE, Log, query};

/// Texts as people and programs write them, out of few words so that they meet.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "settlement|settlements|UserService|user_service|app/a.rs|C\\+\\+|#4[0-9]|E0[0-9]{2}|\"the|queue\"|naïve|迁移失败|🚀",
        "[a-c]{1,6}",
        "\\PC{0,8}",
        "[ -~\\x00-\\x1f]{0,8}",
    ];
    proptest::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hits_are_inside_marked_and_explained(
        texts in proptest::collection::vec(text(), 1..8),
        asked in text(),
        limit in 0_usize..12,
        in_task in any::<bool>(),
        of_type in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let log = Log::of(&[]).await;
            log.bench.create("T-2").await;
            for (at, text) in texts.iter().enumerate() {
                let (task, event_type) = (if at % 2 == 0 { "T-1" } else { "T-2" }, if at % 3 == 0 { "x.note" } else { "y" });
                log.add(task, event_type, &json!({"title": text, "n": [at, { "text": texts[0] }]})).await;
            }
            let task = SearchScope::Task(TaskCode::new("T-2").expect("a valid code"));
            let within = Within {
                event_type: of_type.then(|| EventType::new("x.note").expect("a valid type")),
                ..Within::all(if in_task { task } else { EVERYWHERE })
            };
            let mut query = query(&asked, EVERYWHERE);
            (query.within, query.limit) = (within, limit);
            let answer = log.answer(&query).await;
            prop_assert_eq!(&answer, &log.answer(&query).await, "it is always the same");
            prop_assert!(answer.hits.len() <= limit && answer.total >= answer.hits.len() as u64);
            prop_assert!(answer.hits.is_sorted_by(|one, other| one.score >= other.score));
            for hit in &answer.hits {
                prop_assert!(!in_task || hit.event.entity_code == "T-2");
                prop_assert!(!of_type || hit.event.event_type.as_str() == "x.note");
                let mut end = 0;
                for mark in &hit.snippet.marks {
                    prop_assert!(mark.start >= end && mark.start < mark.end);
                    prop_assert!(hit.snippet.text.get(mark.clone()).is_some(), "{:?}", hit.snippet);
                    end = mark.end;
                }
                if let Some((recency, parts)) = hit.explanation.split_last() {
                    let sum: f64 = parts.iter().map(|part| part.value).sum();
                    prop_assert!((sum * recency.value - hit.score).abs() < 1e-9, "{:?}", hit.explanation);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_was_written_is_found_as_it_was_written(text in "[a-zA-Z_]{3,20}( [a-zA-Z0-9_./-]{1,12}){0,3}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let log = Log::of(&["something else", &text, "and other things"]).await;
            prop_assert!(!text.contains(|c: char| c.is_ascii_alphanumeric()) || log.find(&text).await.contains(&text));
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn ten_kilobytes_of_anything_are_no_error() {
    let log = Log::of(&["tamarind"]).await;
    for odd in ["a ", "x", "\"", "(", "é", "🐛", "w\0", "迁", "NEAR(a b) OR ", "\u{202e}"] {
        log.find(&odd.repeat(10_240 / odd.len())).await;
    }
    let words: String = (0..3_000).map(|number| format!("w{number} ")).collect();
    assert_eq!(log.find(&format!("tamarind {words}")).await, ["tamarind"]);
}
