//! The words, signs and bracketed groups of a header. Says nothing about what they mean.

use crate::bug::source::lexer::is_name;

/// A part of a header, outside of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Word(&'t str),
    /// What is in brackets, by the bracket that opens.
    Group(u8, &'t str),
    /// Another byte, also a bracket that is not closed.
    Sign(u8),
}

impl Part<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Part::Word(found) if *found == word)
    }

    pub(super) fn is_group(&self, open: u8) -> bool {
        matches!(self, Part::Group(found, _) if *found == open)
    }
}

/// The parts of a header.
pub(super) fn parts(code: &str) -> Vec<Part<'_>> {
    let bytes = code.as_bytes();
    let closes = closes(bytes);
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
        } else if is_name(byte) || (byte == b'#' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)) {
            let len = bytes[at + 1..].iter().position(|byte| !is_name(*byte)).unwrap_or(bytes.len() - at - 1);
            out.push(Part::Word(&code[at..at + 1 + len]));
            at += len + 1;
        } else if byte == b'`'
            && let Some(len) = bytes[at + 1..].iter().position(|byte| *byte == b'`').filter(|len| *len > 0)
        {
            out.push(Part::Word(&code[at + 1..at + 1 + len]));
            at += len + 2;
        } else if closes[at] > at {
            out.push(Part::Group(byte, &code[at + 1..closes[at]]));
            at = closes[at] + 1;
        } else {
            out.push(Part::Sign(byte));
            at += 1;
        }
    }
    out
}

/// For each bracket where it is closed, else 0. `<` is one where a `>` belongs to it.
fn closes(bytes: &[u8]) -> Vec<usize> {
    let mut closes = vec![0; bytes.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'<' | b'{' => open.push(at),
            b')' | b']' | b'}' => {
                while open.last().is_some_and(|open| bytes[*open] == b'<') {
                    open.pop();
                }
                let pair = matches!(
                    (open.last().map(|open| bytes[*open]), byte),
                    (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}')
                );
                if pair && let Some(open) = open.pop() {
                    closes[open] = at;
                }
            }
            b'>' if at > 0 && !matches!(bytes[at - 1], b'-' | b'=') => {
                if open.last().is_some_and(|open| bytes[*open] == b'<')
                    && let Some(open) = open.pop()
                {
                    closes[open] = at;
                }
            }
            b'&' | b'|' if at > 0 && bytes[at - 1] == *byte => {
                while open.last().is_some_and(|open| bytes[*open] == b'<') {
                    open.pop();
                }
            }
            _ => {}
        }
    }
    closes
}
