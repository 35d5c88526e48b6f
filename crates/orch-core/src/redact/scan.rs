//! Finds what may announce a secret and asks the rule for it. Knows no rule itself.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{MARK, address, assignment, header, pem, token};

/// A stretch to cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<'r> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: &'r str,
}

/// The rule for what is under a name that says that it is a secret; any other rule says more.
pub(super) const ASSIGNMENT: &str = "assignment";

/// Letters and digits.
pub(super) const ALNUM: u8 = 1;
/// What tokens consist of: letters, digits, `_` and `-`.
pub(super) const TOKEN: u8 = 2;
/// The same with dots.
pub(super) const DOTTED: u8 = 4;
/// Base64 of either alphabet, with padding.
pub(super) const BASE64: u8 = 8;
/// What a value without quotes consists of.
pub(super) const BARE: u8 = 16;
/// What an address consists of.
pub(super) const ADDRESS: u8 = 32;
/// Decimal and hexadecimal digits.
pub(super) const HEX: u8 = 64;

const CLASSES: usize = 7;

static KIND: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let byte = at as u8;
        let mut kinds = match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => HEX | ALNUM | TOKEN | DOTTED | BASE64,
            b'g'..=b'z' | b'G'..=b'Z' => ALNUM | TOKEN | DOTTED | BASE64,
            b'_' | b'-' => TOKEN | DOTTED | BASE64,
            b'.' | b'~' => DOTTED,
            b'+' | b'/' | b'=' => BASE64,
            _ => 0,
        };
        // blanks, quotes and brackets end what stands in no quotes
        if byte > b' '
            && byte != 0x7f
            && !matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'|' | b'<' | b'>' | b'}' | b']' | b'\\')
        {
            kinds |= BARE;
        }
        if byte > b' ' && byte != 0x7f && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'|' | b'\\') {
            kinds |= ADDRESS;
        }
        table[at] = kinds;
        at += 1;
    }
    table
};

/// Whether a byte is of one of these kinds.
pub(super) fn is(byte: u8, kinds: u8) -> bool {
    KIND[usize::from(byte)] & kinds != 0
}

/// What an announcement is for.
#[derive(Debug, Clone, Copy)]
enum Anchor {
    /// The beginning of a kind of token, by its place in the table.
    Token(usize),
    /// The end of a name such as `password`.
    Name,
    /// `://`
    Scheme,
    /// The name of a header that says who asks.
    Authorization,
    /// `bearer `
    Bearer,
    /// `basic `
    Basic,
    /// The name of a header with cookies.
    Cookie,
    /// An option that has a name and a password for its value.
    User,
    /// An option of a program that has a password for its value.
    Option,
    /// A private key in PEM.
    Pem,
    /// The number of a Telegram bot is before it.
    Telegram,
    /// What cuts secrets out was here.
    Mark,
}

/// The ends of names that are judged.
const NAMES: [&str; 11] =
    ["password", "passwd", "passphrase", "phrase", "pwd", "pass", "pw", "secret", "token", "key", "secret_key_base"];

static ANCHORS: LazyLock<(AhoCorasick, Vec<Anchor>)> = LazyLock::new(|| {
    let mut all: Vec<(&str, Anchor)> =
        token::TOKENS.iter().enumerate().map(|(at, token)| (token.begins, Anchor::Token(at))).collect();
    all.extend(NAMES.iter().map(|name| (*name, Anchor::Name)));
    all.extend([
        ("://", Anchor::Scheme),
        ("authorization", Anchor::Authorization),
        ("bearer ", Anchor::Bearer),
        ("basic ", Anchor::Basic),
        ("cookie", Anchor::Cookie),
        (" -u ", Anchor::User),
        (" --user ", Anchor::User),
        ("mysql", Anchor::Option),
        ("sshpass", Anchor::Option),
        ("docker login", Anchor::Option),
        ("private key-----", Anchor::Pem),
        ("private key block-----", Anchor::Pem),
        (":AA", Anchor::Telegram),
        (MARK, Anchor::Mark),
    ]);
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(all.iter().map(|(text, _)| text))
        .unwrap_or_else(|_| unreachable!("the automaton is small"));
    (automaton, all.into_iter().map(|(_, anchor)| anchor).collect())
});

/// A text on its way through the rules.
pub(super) struct Scan<'t> {
    pub(super) text: &'t [u8],
    pub(super) spans: Vec<Span<'static>>,
    /// How many bytes were looked at, beside those that the automaton reads.
    pub(super) steps: usize,
    /// Of each class the run that was measured last.
    runs: [(usize, usize); CLASSES],
    /// Up to here all is cut out by a rule that leaves nothing to say.
    covered: usize,
}

/// Everything that the rules find in a text, in no order.
pub(super) fn scan(text: &[u8]) -> Scan<'_> {
    let mut scan = Scan { text, spans: Vec::new(), steps: 0, runs: [(0, 0); CLASSES], covered: 0 };
    let (automaton, anchors) = &*ANCHORS;
    for hit in automaton.find_overlapping_iter(text) {
        scan.steps += 1;
        let (start, end) = (hit.start(), hit.end());
        if start < scan.covered {
            continue;
        }
        match anchors[hit.pattern().as_usize()] {
            Anchor::Token(at) => token::judge(&mut scan, &token::TOKENS[at], start),
            Anchor::Name => assignment::name(&mut scan, start, end),
            Anchor::Scheme => address::scheme(&mut scan, start),
            Anchor::Authorization => header::authorization(&mut scan, end),
            Anchor::Bearer => header::bearer(&mut scan, start, end),
            Anchor::Basic => header::basic(&mut scan, start, end),
            Anchor::Cookie => header::cookie(&mut scan, end),
            Anchor::User => header::user(&mut scan, start, end),
            Anchor::Option => header::option(&mut scan, start, end),
            Anchor::Pem => pem::pem(&mut scan, end),
            Anchor::Telegram => token::telegram(&mut scan, start),
            Anchor::Mark => scan.covered = scan.covered.max(scan.run(end, TOKEN)),
        }
    }
    scan
}

impl Scan<'_> {
    /// Cuts a stretch out.
    pub(super) fn cut(&mut self, start: usize, end: usize, rule: &'static str) {
        if start < end {
            self.spans.push(Span { start, end, rule });
        }
    }

    /// Cuts a stretch out in which nothing else is looked for.
    pub(super) fn cut_whole(&mut self, start: usize, end: usize, rule: &'static str) {
        self.cut(start, end, rule);
        self.covered = self.covered.max(end);
    }

    /// The byte at this place, 0 outside of the text.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The byte before this place, 0 at the beginning.
    pub(super) fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.byte(at))
    }

    /// Whether the text goes on like this, in any case.
    pub(super) fn goes_on(&self, at: usize, word: &str) -> bool {
        self.text.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Where the run of bytes of a class ends. Each is measured once, from wherever in it that is asked.
    pub(super) fn run(&mut self, at: usize, class: u8) -> usize {
        let known = &mut self.runs[class.trailing_zeros() as usize];
        if known.0 <= at && at < known.1 {
            return known.1;
        }
        let at = at.min(self.text.len());
        let length = self.text[at..].iter().position(|byte| !is(*byte, class)).unwrap_or(self.text.len() - at);
        self.steps += length + 1;
        *known = (at, at + length);
        at + length
    }

    /// Where blanks and tabs end, at most a few.
    pub(super) fn blanks(&mut self, at: usize) -> usize {
        let count = self.text[at.min(self.text.len())..]
            .iter()
            .take(32)
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.steps += count;
        at + count
    }

    /// The end of the line, but at most so many bytes on.
    pub(super) fn line_end(&mut self, at: usize, most: usize) -> usize {
        let rest = &self.text[at.min(self.text.len())..];
        let rest = &rest[..rest.len().min(most)];
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        self.steps += length;
        at + length
    }

    /// Where the word of a class before this place begins, but at most so many bytes back.
    pub(super) fn back(&mut self, at: usize, class: u8, most: usize) -> usize {
        let count = self.text[..at].iter().rev().take(most).take_while(|byte| is(**byte, class)).count();
        self.steps += count;
        at - count
    }
}

/// The stretches in order; those with bytes in common are one, named after the rule that says most. All begin and end with
/// a character.
pub(super) fn merge<'r>(text: &str, mut found: Vec<Span<'r>>) -> Vec<Span<'r>> {
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut merged: Vec<Span<'r>> = Vec::with_capacity(found.len());
    for span in found {
        match merged.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = last.end.max(span.end);
                if last.rule == ASSIGNMENT {
                    last.rule = span.rule;
                }
            }
            _ => merged.push(span),
        }
    }
    for span in &mut merged {
        while !text.is_char_boundary(span.start) {
            span.start -= 1;
        }
        while !text.is_char_boundary(span.end) {
            span.end += 1;
        }
    }
    merged
}
