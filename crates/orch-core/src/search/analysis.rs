//! What is indexed of an event. Text and queries go the same way, so that what was written is found as it was written. Opens
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::leaf::leaves;
use super::term::term;
use super::token::tokens;

/// The most terms of an event.
pub const MAX_TERMS: usize = 2_000;

/// What is indexed of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The terms, each once: lower-case letters, digits and characters outside of ASCII, at most 64 bytes each and
    /// [`MAX_TERMS`] of them.
    pub terms: BTreeSet<String>,
    /// The words, each with the term that stands for it.
    pub words: BTreeMap<String, String>,
}

/// Analyses an event: its type, and the text of its payload.
#[must_use]
pub fn analyse(event_type: &str, payload: &Value) -> Analysis {
    let mut analysis = Analysis::default();
    for leaf in leaves(event_type, payload) {
        tokens(&leaf.text, &mut |token| {
            if analysis.words.contains_key(token.word) {
                return;
            }
            let term = term(token.word);
            if analysis.terms.len() < MAX_TERMS || analysis.terms.contains(term.as_ref()) {
                analysis.terms.insert(term.clone().into_owned());
                analysis.words.insert(token.word.to_owned(), term.into_owned());
            }
        });
    }
    analysis
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_of_a_word_share_a_term() {
        let analysis = analyse("gate_evaluated", &json!({"text": "Validating validations", "n": [2.5, true, null]}));
        let terms: Vec<&str> = analysis.terms.iter().map(String::as_str).collect();
        assert_eq!(terms, ["2", "5", "evalu", "gate", "gateevalu", "true", "valid"]);
        assert_eq!(analysis.words["validations"], "valid");
    }

    #[test]
    fn an_output_of_any_length_is_indexed_at_both_ends() {
        let output = format!("firstly {} lastly", "line of an output\n".repeat(60_000));
        let analysis = analyse("x", &json!({ "output": output }));
        assert!(analysis.words.contains_key("firstly") && analysis.words.contains_key("lastly"));
        let many: Vec<String> = (0..10_000).map(|number| format!("w{number}")).collect();
        assert_eq!(analyse("x", &json!(many)).terms.len(), MAX_TERMS);
    }

    proptest! {
        #[test]
        fn terms_are_of_their_alphabet(text in "\\PC{0,60}|[ -~\\x00-\\x1f]{0,60}|[A-Za-z_0-9]{0,200}") {
            for (word, term) in analyse("a.b", &json!({ "text": text })).words {
                for text in [&word, &term] {
                    let in_alphabet = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || !c.is_ascii();
                    prop_assert!(!text.is_empty() && text.len() <= 64 && text.chars().all(in_alphabet), "{text:?}");
                    prop_assert!(!text.contains(char::is_whitespace), "{text:?}");
                }
            }
        }
    }
}
