//! Numbers: codes that stay, counts, sizes, durations and versions that go.

use super::Scan;
use crate::bug::byte::{self, DIGIT, HEX, LETTER, LOWER, UPPER, WORD};
use crate::bug::token::{Record, Rule};
use crate::bug::words::{self, REASON, SIZE, TIME};

/// The most digits that a code after a code word may have.
const CODE_DIGITS: usize = 6;
/// Addresses below this one are null, with the offset of a field.
const FIRST_PAGE: u64 = 0x1000;

impl<R: Record> Scan<'_, R> {
    /// At a digit that begins a token.
    pub(super) fn number(&mut self) {
        let at = self.at;
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X') && byte::is(self.peek(2), HEX) {
            return self.hexadecimal();
        }
        if self.context.code && self.code() {
            return;
        }
        let digits = byte::run(self.text, at, DIGIT);
        let next = self.byte(digits);
        if self.context.last & words::ACCOUNT != 0 && matches!(next, b' ' | b'\t') && self.account(digits, 0) {
            return;
        }
        // `0000001f` is a hexadecimal counter, whatever its digits
        if digits - at >= 8 && self.text[at..].starts_with(b"0000") && !byte::is(next, WORD) && next != b'-' {
            return self.mask(digits, Rule::Hash);
        }
        let plain = !byte::is(next, WORD) && !matches!(next, b'-' | b':' | b'/' | b'.' | b',' | b' ' | b'\t' | b'%');
        if plain && digits - at != 6 && digits - at != 8 {
            return self.mask(digits, Rule::Number);
        }
        if matches!(next, b':' | b'-') && self.mac(at) {
            return;
        }
        // `20250309 bytes` is no date
        if let Some(end) = self.time_of_digits(at).filter(|end| *end > digits || self.quantity(digits).is_none()) {
            return self.mask(end, Rule::Time);
        }
        if matches!(next, b'-' | b'.') && byte::is(self.byte(digits + 1), LETTER | DIGIT) && self.host(digits) {
            return;
        }
        if self.uuid(at) || self.ip4(at) || ((next == b':' || byte::is(next, HEX)) && (self.mac(at) || self.ip6(at))) {
            return;
        }
        let run = byte::run(self.text, digits, WORD);
        if run > digits && self.word_of_digits(digits, run) {
            return;
        }
        self.decimal(digits);
    }

    /// Keeps a code that the word before announces. Says whether it did.
    fn code(&mut self) -> bool {
        let end = byte::run(self.text, self.at, WORD);
        let digits = byte::run(self.text, self.at, DIGIT) - self.at;
        // SQLSTATE has letters
        let short = end - self.at <= CODE_DIGITS && (digits == end - self.at || end - self.at == 5);
        let fraction = matches!(self.byte(end), b'.' | b',') && byte::is(self.byte(end + 1), DIGIT);
        let clock = self.byte(end) == b':' && byte::is(self.byte(end + 1), DIGIT);
        if short && !fraction && !clock {
            self.keep(end, Rule::Code);
        } else {
            self.context.code = false;
        }
        short && !fraction && !clock
    }

    fn hexadecimal(&mut self) {
        let end = byte::run(self.text, self.at + 2, HEX);
        let end = if byte::is(self.byte(end), WORD) { byte::run(self.text, end, WORD) } else { end };
        if self.context.code && end - self.at == 10 {
            return self.keep(end, Rule::Code);
        }
        let pointer = self.context.last & words::ADDRESS != 0;
        let value = self.text[self.at + 2..end].iter().fold(0_u64, |sum, byte| {
            sum.saturating_mul(16).saturating_add(u64::from(char::from(*byte).to_digit(16).unwrap_or(0)))
        });
        self.mask(end, if pointer && value < FIRST_PAGE { Rule::Null } else { Rule::Hex });
    }

    /// A word that begins with digits, which end at `digits`.
    fn word_of_digits(&mut self, digits: usize, end: usize) -> bool {
        let at = self.at;
        let word = &self.text[at..end];
        if end - at >= 7 && word.iter().all(|byte| byte::is(*byte, HEX)) {
            self.mask(end, Rule::Hash);
            return true;
        }
        if let Some(end) = self.quantity(digits) {
            self.mask(end.0, end.1);
            return true;
        }
        if self.is_random(at, end) {
            self.mask(end, Rule::Random);
            return true;
        }
        if word.contains(&b'_') || word[digits - at..].iter().any(|byte| byte::is(*byte, DIGIT)) {
            // `3_1a2`: the parts are looked at one by one
            self.mask(digits, Rule::Number);
            return true;
        }
        false
    }

    /// `3ms`, `2.5 seconds`, `1h20m`, `5.8 KB`, `80%`: where the unit behind the number ends, and which kind it is.
    fn quantity(&self, number_end: usize) -> Option<(usize, Rule)> {
        if self.byte(number_end) == b'%' {
            return Some((number_end + 1, Rule::Size));
        }
        let unit = self.blanks(number_end);
        let spaced = unit > number_end;
        let end = byte::run(self.text, unit, LETTER).min(unit + 16);
        if end == unit {
            return None;
        }
        // µs
        let micro = self.text[unit..].starts_with("µs".as_bytes()) || self.text[unit..].starts_with("μs".as_bytes());
        let flags = if micro { TIME } else { words::flags(self.text, unit, end) };
        let rule = match flags & (TIME | SIZE) {
            0 => {
                // a unit of speed: `3MB/s`
                return None;
            }
            flags if flags & TIME != 0 => Rule::Duration,
            _ => Rule::Size,
        };
        // a letter that stands alone is a name
        if spaced && end - unit == 1 && self.text[unit] != b'B'
            || byte::is(self.byte(end), WORD) && !byte::is(self.byte(end), DIGIT)
        {
            return None;
        }
        if byte::is(self.byte(end), DIGIT) {
            if spaced || rule != Rule::Duration {
                return None;
            }
            // `3m41.68s`
            let more = self.decimal_end(byte::run(self.text, end, DIGIT));
            return self.quantity(more).filter(|(_, more)| *more == Rule::Duration);
        }
        if !spaced && self.byte(end) == b'/' && self.byte(end + 1) == b's' && !byte::is(self.byte(end + 2), WORD) {
            return Some((end + 2, rule));
        }
        Some((end, rule))
    }

    /// Goes on after the digits that end at `end`: thousands, fraction, exponent.
    fn decimal_end(&self, mut end: usize) -> usize {
        while self.byte(end) == b',' && byte::run(self.text, end + 1, DIGIT) == end + 4 {
            end += 4;
        }
        if self.byte(end) == b'.' && byte::is(self.byte(end + 1), DIGIT) {
            end = byte::run(self.text, end + 1, DIGIT);
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let digits = end + 1 + usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            let exponent = byte::run(self.text, digits, DIGIT);
            if exponent > digits && !byte::is(self.byte(exponent), WORD) {
                end = exponent;
            }
        }
        end
    }

    fn decimal(&mut self, digits: usize) {
        let at = self.at;
        let end = self.decimal_end(digits);
        if end > digits && self.byte(end) == b'.' && byte::is(self.byte(end + 1), DIGIT) {
            return self.version(end);
        }
        if let Some((end, rule)) = self.quantity(end) {
            return self.mask(end, rule);
        }
        // `404 Not Found`
        let name = self.blanks(end);
        if end - at == 3 && name > end && matches!(self.text[at], b'1'..=b'5') {
            let reason = byte::run(self.text, name, LETTER);
            let capital = byte::is(self.byte(name), UPPER);
            if capital && words::flags(self.text, name, reason) & REASON != 0 {
                return self.keep(end, Rule::Code);
            }
        }
        self.mask(end, Rule::Number);
    }

    /// `1.2.3-beta.4+5`: three parts or more.
    pub(super) fn version(&mut self, mut end: usize) {
        while self.byte(end) == b'.' && byte::is(self.byte(end + 1), WORD) {
            end = byte::run(self.text, end + 1, WORD);
        }
        let behind = byte::run(self.text, end + 1, WORD);
        let tail = self.text.get(end + 1..behind).unwrap_or_default();
        let named = || PRE_RELEASE.iter().any(|word| tail.starts_with(word.as_bytes()));
        if matches!(self.byte(end), b'-' | b'+') && (tail.iter().any(|byte| byte::is(*byte, DIGIT)) || named()) {
            end = behind;
            while self.byte(end) == b'.' && byte::is(self.byte(end + 1), DIGIT) {
                end = byte::run(self.text, end + 1, WORD);
            }
        }
        self.mask(end, Rule::Version);
    }

    /// A word that nobody chose: long, of both cases and digits, or digits and letters that change often.
    pub(super) fn is_random(&self, at: usize, end: usize) -> bool {
        let word = &self.text[at..end];
        if word.len() < 10 || word.len() > AHEAD_RANDOM {
            return word.len() > AHEAD_RANDOM;
        }
        let (mut kinds, mut changes, mut digits, mut last) = (0, 0, 0, 0);
        for byte in word {
            let kind = byte::kind(*byte) & (DIGIT | UPPER | LOWER);
            kinds |= kind;
            digits += usize::from(kind & DIGIT != 0);
            if (kind & DIGIT != 0) != (last & DIGIT != 0) && last != 0 {
                changes += 1;
            }
            last = kind;
        }
        let mixed = kinds & UPPER != 0 && kinds & LOWER != 0;
        digits >= 2 && ((mixed && changes >= 2) || changes >= 4) && !word.contains(&b'_')
    }
}

/// How the tail of a version begins that is not yet out.
const PRE_RELEASE: [&str; 6] = ["alpha", "beta", "rc", "dev", "SNAPSHOT", "RELEASE"];
/// Words longer than this are data.
const AHEAD_RANDOM: usize = 128;
