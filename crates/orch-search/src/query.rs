//! What was typed, as words, phrases and literals. Looks nothing up; no text is an error.

use std::ops::Range;

use orch_core::search::{Token, term, tokens};

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
}

/// A name with punctuation, which counts more where it stands as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    /// The first of its words.
    pub(crate) word: usize,
    /// Where in it that word is, in bytes.
    pub(crate) at: usize,
}

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// The words, each once, in their order.
    pub(crate) words: Vec<Word>,
    /// The words by their place, without those that repeat others.
    pub(crate) sequence: Vec<usize>,
    /// What was quoted: words that must stand one behind the other.
    pub(crate) phrases: Vec<Vec<usize>>,
    pub(crate) literals: Vec<Literal>,
}

impl Query {
    pub(crate) fn new(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(MAX_QUERY)];
        let mut query = Self::default();
        // each word by its place in the text
        let mut placed: Vec<(usize, Range<usize>)> = Vec::new();
        tokens(text, &mut |token| {
            if let Some(word) = query.add(token)
                && !token.extra
            {
                query.sequence.push(word);
                placed.push((word, token.range.clone()));
            }
        });
        let within = |range: &Range<usize>| -> Vec<usize> {
            let inside = |(_, place): &&(usize, Range<usize>)| range.start <= place.start && place.end <= range.end;
            placed.iter().filter(inside).map(|(word, _)| *word).collect()
        };
        query.phrases = quoted(text).iter().map(within).filter(|phrase| phrase.len() > 1).collect();
        for range in names(text).take(MAX_LITERALS) {
            let first = placed.iter().find(|(_, place)| range.start <= place.start && place.end <= range.end);
            if let Some((word, place)) = first {
                let (text, at) = (text[range.clone()].to_owned(), place.start - range.start);
                query.literals.push(Literal { text, word: *word, at });
            }
        }
        query
    }

    fn add(&mut self, token: &Token<'_>) -> Option<usize> {
        if let Some(at) = self.words.iter().position(|word| word.text == token.word) {
            self.words[at].extra &= token.extra;
            return Some(at);
        }
        (self.words.len() < MAX_WORDS).then(|| {
            let (text, term) = (token.word.to_owned(), term(token.word).into_owned());
            self.words.push(Word { text, term, extra: token.extra });
            self.words.len() - 1
        })
    }

    /// How many words were typed, not counting those that repeat others.
    pub(crate) fn plain_words(&self) -> usize {
        self.words.iter().filter(|word| !word.extra).count()
    }
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
        let query = Query::new("why \"the merge queue\" of UserService in a/b.rs, C++? the \"x");
        let words: Vec<&str> = query.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(
            words,
            ["why", "the", "merge", "queue", "of", "user", "service", "userservice", "in", "a", "b", "rs", "c", "x"]
        );
        assert_eq!(query.phrases, [[1, 2, 3]]);
        let names: Vec<&str> = query.literals.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(names, ["a/b.rs", "C++"]);
        assert_eq!(query.plain_words(), 13);
    }
}
