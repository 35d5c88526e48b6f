//! What is indexed of an event. Text and queries go the same way, so that what was written is found as it was written. Opens
//! nothing.

use std::ops::Range;

use serde_json::Value;

use super::leaf::leaves;
use super::term::term;
use super::token::tokens;

/// The most terms of an event.
pub const MAX_TERMS: usize = 2_000;

/// What is indexed of an event: its words, each once, and the terms that stand for them. Terms are lower-case letters, digits and
/// characters outside of ASCII, at most 64 bytes each and [`MAX_TERMS`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// Every word and term, one behind the other: a log is imported a million words at a time.
    text: String,
    /// Where in the text each word is, and its term, by rising words.
    words: Vec<(Range<usize>, Range<usize>)>,
}

impl Analysis {
    /// The words by rising order, each with its term.
    pub fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.words.iter().map(|(word, term)| (&self.text[word.clone()], &self.text[term.clone()]))
    }

    /// The terms by rising order, each once.
    #[must_use]
    pub fn terms(&self) -> Vec<&str> {
        let mut terms: Vec<&str> = self.words().map(|(_, term)| term).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

/// Analyses an event: its type, and the text of its payload.
#[must_use]
pub fn analyse(event_type: &str, payload: &Value) -> Analysis {
    let mut text = String::new();
    let mut found: Vec<Range<usize>> = Vec::new();
    for leaf in leaves(event_type, payload) {
        tokens(&leaf.text, &mut |token| {
            let from = text.len();
            text.push_str(token.word);
            found.push(from..text.len());
        });
    }
    // of a word that is there several times the first stays
    found.sort_by(|one, other| text[one.clone()].cmp(&text[other.clone()]).then(one.start.cmp(&other.start)));
    found.dedup_by(|one, other| text[one.clone()] == text[other.clone()]);
    if found.len() > MAX_TERMS {
        found.sort_unstable_by_key(|word| word.start);
        found.truncate(MAX_TERMS);
        found.sort_by(|one, other| text[one.clone()].cmp(&text[other.clone()]));
    }
    let mut analysis = Analysis { text: String::with_capacity(text.len()), words: Vec::with_capacity(found.len()) };
    for word in found {
        let word = &text[word];
        let term = term(word);
        let from = analysis.text.len();
        analysis.text.push_str(word);
        let place = from..analysis.text.len();
        let term = if term == word {
            place.clone()
        } else {
            analysis.text.push_str(&term);
            place.end..analysis.text.len()
        };
        analysis.words.push((place, term));
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
        assert_eq!(analysis.terms(), ["2", "5", "evalu", "gate", "gateevalu", "true", "valid"]);
        assert!(analysis.words().any(|pair| pair == ("validations", "valid")));
    }

    #[test]
    fn an_output_of_any_length_is_indexed_at_both_ends() {
        let output = format!("firstly {} lastly", "line of an output\n".repeat(60_000));
        let analysis = analyse("x", &json!({ "output": output }));
        let has = |wanted: &str| analysis.words().any(|(word, _)| word == wanted);
        assert!(has("firstly") && has("lastly"));
        let many: Vec<String> = (0..10_000).map(|number| format!("w{number}")).collect();
        assert_eq!(analyse("x", &json!(many)).terms().len(), MAX_TERMS);
    }

    proptest! {
        #[test]
        fn terms_are_of_their_alphabet(text in "\\PC{0,60}|[ -~\\x00-\\x1f]{0,60}|[A-Za-z_0-9]{0,200}") {
            for (word, term) in analyse("a.b", &json!({ "text": text })).words() {
                for text in [word, term] {
                    let in_alphabet = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || !c.is_ascii();
                    prop_assert!(!text.is_empty() && text.len() <= 64 && text.chars().all(in_alphabet), "{text:?}");
                    prop_assert!(!text.contains(char::is_whitespace), "{text:?}");
                }
            }
        }
    }
}
