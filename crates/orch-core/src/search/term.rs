//! From words to terms: forms of an English word share one. Knows no text.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};

/// Longer ones are no words of English.
const MAX_STEMMED: usize = 32;

/// The term under which a word is indexed: its stem by the Snowball algorithm for English (Porter 2001, "Porter2"), where it is
/// made of ASCII letters; else the word.
#[must_use]
pub fn term(word: &str) -> Cow<'_, str> {
    if (3..=MAX_STEMMED).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Stemmer::create(Algorithm::English).stem(word)
    } else {
        Cow::Borrowed(word)
    }
}
