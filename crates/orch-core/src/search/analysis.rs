//! From events and queries to words, terms and grams. Text and queries go the same way, so that what was written is found as
//! it was written. Opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What is indexed of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The terms, each once: letters and digits only, in lower case.
    pub terms: BTreeSet<String>,
    /// The words, each with the term that stands for it.
    pub words: BTreeMap<String, String>,
}

/// Analyses an event: its type, and the text of its payload.
#[must_use]
pub fn analyse(event_type: &str, payload: &Value) -> Analysis {
    let mut analysis = Analysis::default();
    add(&mut analysis, event_type);
    leaves(payload, &mut |text| add(&mut analysis, text));
    analysis
}

/// By what a word is found that is inside of it, or nearly it: its trigrams, and itself without each of its letters. What
/// either of two words has in common with the other is compared.
#[must_use]
pub fn grams(word: &str) -> BTreeSet<String> {
    let chars: Vec<char> = word.chars().collect();
    let mut grams: BTreeSet<String> = chars.windows(3).map(|gram| gram.iter().collect()).collect();
    if (4..=24).contains(&chars.len()) {
        for left_out in 0..chars.len() {
            let kept = chars.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c);
            grams.insert(format!("0{}", kept.collect::<String>()));
        }
        grams.insert(format!("0{word}"));
    }
    grams
}

fn add(analysis: &mut Analysis, text: &str) {
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let word = run.to_lowercase();
        analysis.terms.insert(word.clone());
        analysis.words.insert(word.clone(), word);
    }
}

fn leaves(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => map.values().for_each(|value| leaves(value, take)),
        Value::Array(list) => list.iter().for_each(|value| leaves(value, take)),
        Value::String(text) => take(text),
        Value::Null => {}
        other => take(&other.to_string()),
    }
}
