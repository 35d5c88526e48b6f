//! The piece of an event that shows why it was found. Ranks nothing.

use std::ops::Range;

use orch_core::event::Event;
use orch_core::search::{Field, Leaf, Snippet, leaves};

use crate::document::{Document, Found};

/// The most bytes of a piece, without the marks that it was cut.
const MAX_SNIPPET: usize = 160;
/// How much of what comes before the first match is shown.
const BEFORE: usize = 32;
/// Stands where a text was cut.
const CUT: char = '…';

/// The piece of a document around the matches that weigh most.
pub(crate) fn snippet(document: &Document, weights: &[f64]) -> Snippet {
    let leaves = leaves(document.event.event_type.as_str(), &document.event.payload);
    let mut best: Option<(f64, usize, usize)> = None;
    for (at, first) in document.found.iter().enumerate() {
        let weight = weigh(&document.found[at..], weights);
        // the first of equals, but rather in the payload than in the type
        let weight = if first.field == Field::Type { weight / 2.0 } else { weight };
        if best.is_none_or(|(most, ..)| weight > most) {
            best = Some((weight, first.leaf, first.from));
        }
    }
    let Some((_, leaf, from)) = best else { return beginning(&document.event) };
    let Some(text) = leaves.get(leaf).map(|leaf| leaf.text.as_ref()) else { return beginning(&document.event) };
    let start = if text.len() <= MAX_SNIPPET { 0 } else { from.saturating_sub(BEFORE) };
    let window = window(text, start);
    let marks = document.found.iter().filter(|found| found.leaf == leaf).map(|found| found.from..found.to).collect();
    cut_out(text, window, marks)
}

/// The beginning of an event's title, or else of its longest text.
pub(crate) fn beginning(event: &Event) -> Snippet {
    let leaves = leaves(event.event_type.as_str(), &event.payload);
    let rank =
        |leaf: &&Leaf<'_>| (leaf.field == Field::Title, leaf.field == Field::Body, leaf.text.len().min(MAX_SNIPPET));
    let text = leaves.iter().rev().max_by_key(rank).map_or("", |leaf| leaf.text.as_ref());
    cut_out(text, window(text, 0), Vec::new())
}

/// What the matches weigh that fit in a piece with the first one, each word once.
fn weigh(found: &[Found], weights: &[f64]) -> f64 {
    let Some(first) = found.first() else { return 0.0 };
    let fits = |other: &&Found| other.leaf == first.leaf && other.to <= first.from + MAX_SNIPPET - BEFORE;
    let (mut seen, mut sum) = (0_u64, 0.0);
    for other in found.iter().take_while(fits) {
        if seen >> other.matched.group & 1 == 0 {
            seen |= 1 << other.matched.group;
            sum += weights.get(other.matched.group).copied().unwrap_or(0.0) * other.matched.quality;
        }
    }
    sum
}

/// A part of a text, from about `start`, that begins and ends between words where it can.
fn window(text: &str, start: usize) -> Range<usize> {
    let mut from = text.ceil_char_boundary(start);
    let mut to = text.floor_char_boundary(from + MAX_SNIPPET);
    if from > 0 {
        let gap = text[from..to].find(char::is_whitespace).filter(|gap| *gap < BEFORE / 2);
        from += gap.map_or(0, |gap| gap + text[from + gap..].chars().next().map_or(0, char::len_utf8));
    }
    if to < text.len() {
        let gap = text[from..to].rfind(char::is_whitespace).filter(|gap| from + gap + BEFORE / 2 > to);
        to = gap.map_or(to, |gap| from + gap);
    }
    from..to
}

fn cut_out(text: &str, window: Range<usize>, mut marks: Vec<Range<usize>>) -> Snippet {
    let mut piece = String::with_capacity(window.len() + 2 * CUT.len_utf8());
    if window.start > 0 {
        piece.push(CUT);
    }
    let shift = piece.len();
    piece.push_str(&text[window.clone()]);
    if window.end < text.len() {
        piece.push(CUT);
    }
    marks.retain(|mark| window.start <= mark.start && mark.end <= window.end);
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(marks.len());
    for mark in marks {
        let mark = mark.start - window.start + shift..mark.end - window.start + shift;
        match joined.last_mut() {
            Some(last) if mark.start < last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    Snippet { text: piece, marks: joined }
}
