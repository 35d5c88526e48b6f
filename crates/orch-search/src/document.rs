//! What of a query is in an event, and where. Ranks nothing.

use orch_core::event::Event;
use orch_core::search::{Field, leaves, tokens};

use crate::group::How;
use crate::matcher::{Match, Matcher};

/// Words of different values are at least so far from each other.
const GAP: u32 = 16;

/// So many words at the beginning of a value say what it is about: about a line.
const LEAD: u32 = 16;

/// A word of the event that stands for one of the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) matched: Match,
    pub(crate) field: Field,
    /// Whether it is among the first of its text.
    pub(crate) lead: bool,
    /// Its number in the event.
    pub(crate) position: u32,
    /// Which text of the event it is in.
    pub(crate) leaf: usize,
    /// Where in that text, in bytes.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// A name of the query, and which groups its words are, the first one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) groups: Vec<usize>,
    /// Where in it the first word is, in bytes.
    pub(crate) at: usize,
}

/// An event, and what of a query is in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(crate) event: Event,
    /// How many words it has.
    pub(crate) length: u32,
    pub(crate) found: Vec<Found>,
    /// Which names stand in it as they were typed.
    pub(crate) names: Vec<usize>,
}

impl Document {
    pub(crate) fn read(event: Event, matcher: &mut Matcher<'_>, names: &[Name]) -> Self {
        let (mut found, mut standing): (Vec<Found>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut length, mut base) = (0, 0);
        for (leaf, text) in leaves(event.event_type.as_str(), &event.payload).iter().enumerate() {
            let mut last = base;
            tokens(&text.text, &mut |token| {
                let position = base + token.position;
                last = position;
                length += u32::from(!token.extra);
                let lead = token.position < LEAD && text.field != Field::Type;
                let (from, to) = (token.range.start, token.range.end);
                for matched in matcher.find(token.word) {
                    found.push(Found { matched: *matched, field: text.field, lead, position, leaf, from, to });
                    if matched.how == How::Exact {
                        for (at, name) in names.iter().enumerate() {
                            if name.groups[0] == matched.group
                                && !standing.contains(&at)
                                && stands(&text.text, from, name)
                            {
                                standing.push(at);
                            }
                        }
                    }
                }
            });
            base = last + GAP;
        }
        standing.sort_unstable();
        Self { event, length, found, names: standing }
    }
}

/// Whether a name stands in a text, where its word does, as it was typed but for the case of ASCII letters. What begins or ends
/// with a letter or digit must not go on with one.
fn stands(text: &str, word: usize, name: &Name) -> bool {
    let Some(from) = word.checked_sub(name.at) else { return false };
    let to = from + name.text.len();
    let goes_on = |one: Option<char>, other: Option<char>| {
        one.is_some_and(char::is_alphanumeric) && other.is_some_and(char::is_alphanumeric)
    };
    let (before, after) = (text.get(..from), text.get(to..));
    text.get(from..to).is_some_and(|there| there.eq_ignore_ascii_case(&name.text))
        && !goes_on(before.and_then(|text| text.chars().next_back()), name.text.chars().next())
        && !goes_on(name.text.chars().next_back(), after.and_then(|text| text.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_where_it_does_not_go_on() {
        for (text, word, name, at, wanted) in [
            ("see pull/48213.", 4, "pull/48213", 0, true),
            ("see pull/482130", 4, "pull/48213", 0, false),
            ("in C++ code", 3, "c++", 0, true),
            ("in C code", 3, "c++", 0, false),
            ("run --no-verify", 6, "--no-verify", 2, true),
            ("é", 0, "--é", 2, false),
            ("ab/c", 1, "b/c", 0, false),
        ] {
            let name = Name { text: name.to_owned(), groups: vec![0], at };
            assert_eq!(stands(text, word, &name), wanted, "{text} {name:?}");
        }
    }
}
