//! Which words of a query a word of a text stands for. Keeps what it found out, as texts repeat their words; ranks nothing.

use std::collections::HashMap;
use std::ops::Range;

use orch_core::search::term;

use crate::group::{Group, How, quality};

/// That a word stands for a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    /// The place of the group in the list of groups.
    pub(crate) group: usize,
    pub(crate) how: How,
    pub(crate) quality: f64,
}

/// Compares words with the groups of a query.
pub(crate) struct Matcher<'a> {
    groups: &'a [Group],
    /// The first bytes of all words that may match, if none needs to be looked at inside.
    heads: Option<[bool; 256]>,
    known: HashMap<Box<str>, Range<usize>>,
    matches: Vec<Match>,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(groups: &'a [Group]) -> Self {
        let mut heads = [false; 256];
        for group in groups {
            for word in std::iter::once(&group.word).chain(group.guesses.iter().map(|form| &form.known.word)) {
                word.bytes().take(1).for_each(|byte| heads[usize::from(byte)] = true);
            }
        }
        let inside = groups.iter().any(|group| group.inside);
        Self { groups, heads: (!inside).then_some(heads), known: HashMap::new(), matches: Vec::new() }
    }

    /// What a word stands for.
    pub(crate) fn find(&mut self, word: &str) -> &[Match] {
        // stems keep the first letter of a word
        let head = word.as_bytes().first().copied().unwrap_or_default();
        if self.heads.is_some_and(|heads| !heads[usize::from(head)]) {
            return &[];
        }
        let range = if let Some(range) = self.known.get(word) {
            range.clone()
        } else {
            let from = self.matches.len();
            self.compare(word);
            self.known.insert(word.into(), from..self.matches.len());
            from..self.matches.len()
        };
        &self.matches[range]
    }

    fn compare(&mut self, word: &str) {
        let mut stem = None;
        for (at, group) in self.groups.iter().enumerate() {
            let how = if group.word == word {
                Some(How::Exact)
            } else if may_share_term(word, &group.term) && *stem.get_or_insert_with(|| term(word)) == group.term {
                Some(How::Stem)
            } else if let Some(form) = group.guesses.iter().find(|form| form.known.word == word) {
                Some(form.how)
            } else if group.prefix && word.starts_with(&group.word) {
                Some(How::Prefix)
            } else if group.inside && word.contains(&group.word) {
                Some(How::Inside)
            } else {
                None
            };
            if let Some(how) = how {
                self.matches.push(Match { group: at, how, quality: quality(how, &group.word, word) });
            }
        }
    }
}

/// Whether it is worth to find out the stem of a word: stems change only the end of it.
fn may_share_term(word: &str, term: &str) -> bool {
    let same = word.bytes().zip(term.bytes()).take_while(|(one, other)| one == other).count();
    same >= 2.min(term.len()) && same + 3 >= term.len()
}

#[cfg(test)]
mod tests {
    use orch_core::search::KnownWord;

    use super::*;
    use crate::group::Form;

    fn group(word: &str, guesses: &[(&str, How)]) -> Group {
        let form = |(word, how): &(&str, How)| {
            let (word, term) = ((*word).to_owned(), term(word).into_owned());
            Form { known: KnownWord { word, term, events: 1 }, how: *how }
        };
        let (term, guesses) = (term(word).into_owned(), guesses.iter().map(form).collect());
        let (word, weight) = (word.to_owned(), 1.0);
        Group {
            word,
            term,
            place: None,
            weight,
            hollow: false,
            events: 1,
            prefix: false,
            inside: false,
            covers: Vec::new(),
            guesses,
        }
    }

    #[test]
    fn a_word_stands_for_groups_as_well_as_it_can() {
        let mut groups = [group("valid", &[]), group("skies", &[]), group("webook", &[("webhook", How::Typo)])];
        groups[0].prefix = true;
        let mut matcher = Matcher::new(&groups);
        for (word, wanted) in [
            ("valid", vec![(0, How::Exact)]),
            ("validate", vec![(0, How::Stem)]),
            ("validity", vec![(0, How::Stem)]),
            ("validx", vec![(0, How::Prefix)]),
            ("sky", vec![(1, How::Stem)]),
            ("webhook", vec![(2, How::Typo)]),
            ("web", vec![]),
            ("invalid", vec![]),
        ] {
            for _ in 0..2 {
                let found: Vec<(usize, How)> =
                    matcher.find(word).iter().map(|found| (found.group, found.how)).collect();
                assert_eq!(found, wanted, "{word}");
            }
        }
    }
}
