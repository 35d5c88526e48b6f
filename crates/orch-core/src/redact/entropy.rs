//! Whatever looks random, where a project wants that taken for a secret. Hashes and ids are none.

use super::scan::{BASE64, Span, is};

/// A run is looked at from so many bytes on.
const LEAST: usize = 24;
/// So much of a run is measured.
const MOST: usize = 256;
/// Bits per character from which on a run counts. Random base64 of 24 characters has 4.3 in the mean, English words in one
/// run have 3.6.
const BITS: f64 = 4.0;

/// Adds the runs that look random.
pub(super) fn scan(text: &[u8], found: &mut Vec<Span<'_>>) {
    let mut at = 0;
    while at < text.len() {
        if !is(text[at], BASE64) {
            at += 1;
            continue;
        }
        let end = at + text[at..].iter().position(|byte| !is(*byte, BASE64)).unwrap_or(text.len() - at);
        if end - at >= LEAST && is_random(&text[at..end]) {
            found.push(Span { start: at, end, rule: "entropy" });
        }
        at = end;
    }
}

fn is_random(run: &[u8]) -> bool {
    let run = &run[..run.len().min(MOST)];
    let has = |of: fn(&u8) -> bool| run.iter().any(of);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    // paths have names of their own between the slashes
    let is_path = run.split(|byte| *byte == b'/').all(|part| part.len() < LEAST);
    is_mixed && !is_path && entropy(run) >= BITS
}

/// Bits per character. Claude Shannon, "A Mathematical Theory of Communication", 1948.
fn entropy(run: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in run {
        counts[usize::from(*byte)] += 1;
    }
    let length = f64::from(u32::try_from(run.len()).unwrap_or(u32::MAX));
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}
