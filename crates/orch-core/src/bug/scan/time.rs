//! Dates and times of day in their many forms. Takes nothing that is not one as a whole.

use super::Scan;
use crate::bug::byte::{self, DIGIT, LETTER, SPACE, WORD};
use crate::bug::token::Record;
use crate::bug::words;

impl<R: Record> Scan<'_, R> {
    fn digits(&self, at: usize) -> usize {
        byte::run(self.text, at, DIGIT).saturating_sub(at)
    }

    fn value(&self, from: usize, to: usize) -> u32 {
        byte::number(&self.text[from..to]).unwrap_or(u32::MAX)
    }

    /// The end of the date or time that begins with the digit at `at`.
    pub(super) fn time_of_digits(&self, at: usize) -> Option<usize> {
        let len = self.digits(at);
        let next = self.byte(at + len);
        match (len, next) {
            (4, b'-' | b'/' | b'.') => self.year_first(at, next),
            (6 | 8, _) => self.compact(at, len),
            (1 | 2, b':') => self.clock(at, true),
            (1 | 2, b'/' | b'-' | b'.') if byte::is(self.byte(at + len + 1), DIGIT) => self.day_first(at, len, next),
            (1 | 2, b'/' | b'-' | b' ') => self.day_month(at, len, next),
            _ => None,
        }
    }

    /// `2025-03-09`, and a time behind it.
    fn year_first(&self, at: usize, sep: u8) -> Option<usize> {
        let month = at + 5;
        let months = self.digits(month);
        if !(1..=2).contains(&months) || self.byte(month + months) != sep {
            return None;
        }
        let day = month + months + 1;
        let days = self.digits(day);
        let end = day + days;
        let valid = (1..=2).contains(&days)
            && (1..=12).contains(&self.value(month, month + months))
            && (1..=31).contains(&self.value(day, end))
            && (1000..=2999).contains(&self.value(at, at + 4));
        if !valid || (sep == b'.' && self.byte(end) == b'.') {
            return None;
        }
        Some(self.time_behind(end))
    }

    /// `20250309T211405Z`, `20250309 211405`, `20250309`; `250309 211405` only with its time.
    fn compact(&self, at: usize, len: usize) -> Option<usize> {
        let (month, day) = (at + len - 4, at + len - 2);
        let valid = (1..=12).contains(&self.value(month, day)) && (1..=31).contains(&self.value(day, day + 2));
        if !valid || (len == 8 && !(1900..2100).contains(&self.value(at, at + 4))) {
            return None;
        }
        let end = at + len;
        let joined = matches!(self.byte(end), b'T' | b' ' | b'-' | b'_');
        let clock = end + usize::from(joined);
        if joined
            && self.digits(clock) == 6
            && self.value(clock, clock + 2) < 25
            && self.value(clock + 2, clock + 4) < 60
        {
            return Some(self.zone(self.fraction(clock + 6)));
        }
        (len == 8 && !byte::is(self.byte(end), WORD)).then_some(end)
    }

    /// `21:14`, `21:14:05.123 +02:00`, `9:14 PM`.
    fn clock(&self, at: usize, alone: bool) -> Option<usize> {
        let hours = self.digits(at);
        if !(1..=2).contains(&hours) || self.value(at, at + hours) > 24 || self.byte(at + hours) != b':' {
            return None;
        }
        let minute = at + hours + 1;
        if self.digits(minute) != 2 || self.value(minute, minute + 2) > 59 {
            return None;
        }
        let mut end = minute + 2;
        if self.byte(end) == b':' && self.digits(end + 1) == 2 && self.value(end + 1, end + 3) < 61 {
            end = self.fraction(end + 3);
            if self.byte(end) == b':' && byte::is(self.byte(end + 1), DIGIT) {
                return None;
            }
        } else if alone {
            // `file.c:12:30` is no time of day
            let before = if at == 0 { b' ' } else { self.text[at - 1] };
            if hours != 2 || !matches!(before, b' ' | b'[' | b'(' | b'"' | b'\'' | b'=') || self.byte(end) == b':' {
                return None;
            }
        }
        if byte::is(self.byte(end), DIGIT) {
            return None;
        }
        Some(self.zone(end))
    }

    fn fraction(&self, end: usize) -> usize {
        if matches!(self.byte(end), b'.' | b',') {
            let digits = self.digits(end + 1);
            if digits > 0 && digits <= 9 {
                return end + 1 + digits;
            }
        }
        end
    }

    /// Goes past ` PM`, `Z`, ` UTC`, `+02:00`, ` GMT+0100 (CET)`.
    fn zone(&self, end: usize) -> usize {
        let mut end = end;
        let at = end + usize::from(self.byte(end) == b' ');
        if matches!(self.byte(at), b'A' | b'P' | b'a' | b'p')
            && matches!(self.byte(at + 1), b'M' | b'm')
            && !byte::is(self.byte(at + 2), WORD)
        {
            end = at + 2;
        }
        let at = end + usize::from(self.byte(end) == b' ');
        let word = byte::run(self.text, at, LETTER).min(at + 6);
        if word > at
            && words::flags(self.text, at, word) & words::ZONE != 0
            && !byte::is(self.byte(word), LETTER | DIGIT)
        {
            end = word;
        }
        let at = end + usize::from(self.byte(end) == b' ');
        if matches!(self.byte(at), b'+' | b'-') {
            let hours = self.digits(at + 1);
            if hours == 4 {
                end = at + 5;
            } else if hours == 2 && self.byte(at + 3) == b':' && self.digits(at + 4) == 2 {
                end = at + 6;
            } else if hours == 2 && at == end {
                end = at + 3;
            }
        }
        if self.byte(end) == b' ' && self.byte(end + 1) == b'(' {
            let word = byte::run(self.text, end + 2, LETTER).min(end + 8);
            if self.byte(word) == b')' && words::flags(self.text, end + 2, word) & words::ZONE != 0 {
                end = word + 1;
            }
        }
        end
    }

    /// Goes past a time of day that follows a date.
    fn time_behind(&self, end: usize) -> usize {
        let mut at = end;
        while at < end + 3 && matches!(self.byte(at), b' ' | b'T' | b't' | b':' | b',' | b'_' | b'-') {
            at += 1;
        }
        if at > end
            && let Some(end) = self.clock(at, false)
        {
            end
        } else {
            end
        }
    }

    /// `09/03/2025`, `3-9-25`.
    fn day_first(&self, at: usize, len: usize, sep: u8) -> Option<usize> {
        let second = at + len + 1;
        let seconds = self.digits(second);
        let year = second + seconds + 1;
        let years = self.digits(year);
        let valid = (1..=2).contains(&seconds)
            && self.byte(year - 1) == sep
            && (years == 4 || (years == 2 && sep != b'.' && len == 2 && seconds == 2))
            && (1..=31).contains(&self.value(at, at + len))
            && (1..=31).contains(&self.value(second, second + seconds))
            && (years == 2 || (1900..2100).contains(&self.value(year, year + 4)))
            && self.byte(year + years) != sep;
        valid.then(|| self.time_behind(year + years))
    }

    /// `09/Mar/2025:21:14:05 +0000`, `09-Mar-25`, `9 March 2025`.
    fn day_month(&self, at: usize, len: usize, sep: u8) -> Option<usize> {
        let month = at + len + 1;
        let name = byte::run(self.text, month, LETTER).min(month + 10);
        if words::flags(self.text, month, name) & words::MONTH == 0 {
            return None;
        }
        if self.byte(name) != sep {
            return None;
        }
        let years = self.digits(name + 1);
        (years == 4 || (years == 2 && sep != b' ')).then(|| self.time_behind(name + 1 + years))
    }

    /// The end of the date that begins with the name of a day or a month, which ends at `name`.
    pub(super) fn time_of_word(&self, name: usize, flags: words::Flags) -> Option<usize> {
        let mut at = name;
        if matches!(self.byte(at), b',' | b'.') {
            at += 1;
        }
        let spaces = byte::run(self.text, at, SPACE).saturating_sub(at);
        if spaces == 0 || spaces > 2 {
            return None;
        }
        at += spaces;
        if flags & words::DAY != 0 {
            if byte::is(self.byte(at), DIGIT) {
                return self.time_of_digits(at).filter(|_| self.digits(at) <= 2 || self.digits(at) == 4);
            }
            let month = byte::run(self.text, at, LETTER).min(at + 10);
            if words::flags(self.text, at, month) & words::MONTH != 0 {
                return self.time_of_word(month, words::MONTH);
            }
            return None;
        }
        let days = self.digits(at);
        if !(1..=2).contains(&days) || !(1..=31).contains(&self.value(at, at + days)) {
            return None;
        }
        let end = at + days;
        // `Mar 09, 2025`, `Mar 09 2025 21:14:05`
        let year = end + usize::from(self.byte(end) == b',');
        if self.byte(year) == b' ' && self.digits(year + 1) == 4 && !byte::is(self.byte(year + 5), WORD) {
            return Some(self.time_behind(year + 5));
        }
        // `Mar  9 21:14:05`, and the year behind it
        let behind = self.time_behind(end);
        if behind == end {
            return None;
        }
        if self.byte(behind) == b' ' && self.digits(behind + 1) == 4 && !byte::is(self.byte(behind + 5), WORD) {
            return Some(behind + 5);
        }
        Some(behind)
    }
}
