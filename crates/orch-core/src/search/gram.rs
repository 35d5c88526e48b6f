//! By what a word of the lexicon is found that is not spelled as the query has it. Looks nothing up.

use std::collections::BTreeSet;

/// The lengths in characters of words that are compared with nearly the same ones.
const NEAR: std::ops::RangeInclusive<usize> = 4..=24;

/// All by which a word is found: its [`pieces`] and its [`neighbours`]. No piece is a neighbour.
#[must_use]
pub fn grams(word: &str) -> BTreeSet<String> {
    let mut grams = pieces(word);
    grams.extend(neighbours(word));
    grams
}

/// The trigrams of a word. A word that has a part in it has all trigrams of that part.
#[must_use]
pub fn pieces(word: &str) -> BTreeSet<String> {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(3).map(|gram| gram.iter().collect()).collect()
}

/// The word itself and the word without each of its letters, each behind a `0`. Two words that differ in one letter, or in the
/// order of two neighbours, have one of them in common (Mor and Fraenkel 1982). None for short and for long words.
#[must_use]
pub fn neighbours(word: &str) -> BTreeSet<String> {
    let chars: Vec<char> = word.chars().collect();
    if !NEAR.contains(&chars.len()) {
        return BTreeSet::new();
    }
    let without = |left_out: usize| {
        let kept = chars.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c);
        format!("0{}", kept.collect::<String>())
    };
    (0..=chars.len()).map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_in_a_letter_are_neighbours() {
        for (one, other, wanted) in [
            ("settlement", "setlement", true),
            ("settlement", "settlemnet", true),
            ("settlement", "sottlement", true),
            ("settlement", "setlment", false),
            ("cat", "cut", false),
        ] {
            assert_eq!(!neighbours(one).is_disjoint(&neighbours(other)), wanted, "{one} {other}");
        }
        assert_eq!(
            grams("abcd").into_iter().collect::<Vec<_>>(),
            ["0abc", "0abcd", "0abd", "0acd", "0bcd", "abc", "bcd"]
        );
        assert!(pieces("ab").is_empty());
    }
}
