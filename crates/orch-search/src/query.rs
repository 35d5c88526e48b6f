//! What was typed, as words, phrases and literals. Looks nothing up; no text is an error.

use std::ops::Range;

use orch_core::search::{Token, term, tokens};

use crate::stop::is_stop;

/// Up to so many pieces between white space a query is short.
const SHORT: usize = 4;
/// The most words of a short query.
const MAX_SHORT: usize = 24;
/// The most bytes of a query that count.
const MAX_QUERY: usize = 16 << 10;
/// The most different words of a query that count.
const MAX_WORDS: usize = 256;
/// The most literals of a query that count.
const MAX_LITERALS: usize = 32;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) term: String,
    /// Whether it repeats other words: see [`Token::extra`].
    pub(crate) extra: bool,
    /// Whether it says nothing of what the query is about: a function word in a sentence.
    pub(crate) hollow: bool,
    /// How often it was typed.
    pub(crate) times: u32,
    /// The words that it repeats, where it is an identifier as a whole.
    pub(crate) covers: Vec<usize>,
}

/// A name with punctuation, which counts more where it stands as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    /// Its words, the first one first.
    pub(crate) words: Vec<usize>,
    /// Where in it the first word is, in bytes.
    pub(crate) at: usize,
}

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// The words, each once, in their order.
    pub(crate) words: Vec<Word>,
    /// The words by their place, without those that repeat others; `None` where a word says nothing.
    pub(crate) sequence: Vec<Option<usize>>,
    /// What was quoted: words that must stand one behind the other.
    pub(crate) phrases: Vec<Vec<usize>>,
    pub(crate) literals: Vec<Literal>,
    /// Whether it names something, so that each word counts. A longer one is a sentence, of which an event may have a part, and
    /// in which quotes belong to the text.
    pub(crate) short: bool,
}

impl Query {
    pub(crate) fn new(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(MAX_QUERY)];
        let mut query = Self::default();
        // each word by its place in the text
        let mut placed: Vec<(usize, Range<usize>)> = Vec::new();
        tokens(text, &mut |token| {
            let Some(word) = query.add(token) else { return };
            if token.extra {
                // it comes behind its parts
                let inside = |(_, place): &&(usize, Range<usize>)| token.range.start <= place.start;
                query.words[word].covers = placed.iter().rev().take_while(inside).map(|(part, _)| *part).collect();
            } else {
                placed.push((word, token.range.clone()));
            }
        });
        let within = |range: &Range<usize>| -> Vec<usize> {
            let inside = |(_, place): &&(usize, Range<usize>)| range.start <= place.start && place.end <= range.end;
            placed.iter().filter(inside).map(|(word, _)| *word).collect()
        };
        let quoted = quoted(text);
        let phrases: Vec<Vec<usize>> = quoted.iter().map(within).filter(|phrase| phrase.len() > 1).collect();
        query.short = query.words.len() <= MAX_SHORT && pieces_outside(text, &quoted) <= SHORT;
        if query.short {
            query.phrases = phrases;
        }
        for range in names(text).take(MAX_LITERALS) {
            let first = placed.iter().find(|(_, place)| range.start <= place.start && place.end <= range.end);
            if let Some((_, place)) = first {
                let (words, at) = (within(&range), place.start - range.start);
                query.literals.push(Literal { text: text[range].to_owned(), words, at });
            }
        }
        if query.words.iter().any(|word| !is_stop(&word.text)) {
            for word in &mut query.words {
                word.hollow = !query.short && is_stop(&word.text);
            }
        }
        query.sequence = placed.iter().map(|(word, _)| (!query.words[*word].hollow).then_some(*word)).collect();
        query
    }

    fn add(&mut self, token: &Token<'_>) -> Option<usize> {
        if let Some(at) = self.words.iter().position(|word| word.text == token.word) {
            self.words[at].extra &= token.extra;
            self.words[at].times += 1;
            return Some(at);
        }
        (self.words.len() < MAX_WORDS).then(|| {
            let (text, term) = (token.word.to_owned(), term(token.word).into_owned());
            self.words.push(Word { text, term, extra: token.extra, hollow: false, times: 1, covers: Vec::new() });
            self.words.len() - 1
        })
    }
}

/// How many pieces between white space there are, not counting what is quoted.
fn pieces_outside(text: &str, quoted: &[Range<usize>]) -> usize {
    let starts = std::iter::once(0).chain(quoted.iter().map(|range| range.end));
    let ends = quoted.iter().map(|range| range.start).chain([text.len()]);
    let has_word = |piece: &&str| piece.contains(char::is_alphanumeric);
    starts.zip(ends).map(|(start, end)| text[start..end].split_whitespace().filter(has_word).count()).sum()
}

/// What is between quotes; a quote without its other half means nothing.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
    quotes.chunks_exact(2).map(|pair| pair[0] + 1..pair[1]).collect()
}

/// The pieces between white space that hold more than letters and digits, without the marks that end a sentence.
fn names(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().filter_map(|piece| {
        let name = piece.trim_matches(['"', '\'', ',', ';', '!', '?']).trim_end_matches(['.', ':']);
        let at = name.as_ptr().addr() - text.as_ptr().addr();
        name.bytes().any(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric()).then(|| at..at + name.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_phrases_and_names() {
        let query = Query::new("\"the merge queue\" UserService a/b.rs, C++? \"x");
        let words: Vec<&str> = query.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["the", "merge", "queue", "user", "service", "userservice", "a", "b", "rs", "c", "x"]);
        assert_eq!(query.phrases, [[0, 1, 2]]);
        let names: Vec<&str> = query.literals.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(names, ["a/b.rs", "C++"]);
        assert!(query.short);
        let query = Query::new("who said \"ship it\" in the review of the release");
        assert!(!query.short && query.phrases.is_empty());
    }
}
