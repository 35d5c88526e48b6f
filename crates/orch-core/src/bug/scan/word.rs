//! Words: names stay, ids inside of them go, and each word is noted for what it says about its neighbours.

use super::Scan;
use crate::bug::byte::{self, DIGIT, HEX, LETTER, LOWER, UPPER, WORD};
use crate::bug::token::{Record, Rule};
use crate::bug::words::{
    self, ACCOUNT, CODE, DAY, DIGITS, Flags, GLUE, LEVEL, LINK, METHOD, MONTH, PARSE, SYMBOL, VALUE,
};

impl<R: Record> Scan<'_, R> {
    /// At a letter or `_`.
    pub(super) fn word(&mut self) {
        let start = self.at;
        let (mut end, mut seen, mut common) = (start, 0, 0xff);
        while end < self.text.len() {
            let kind = byte::kind(self.text[end]);
            if kind & WORD == 0 {
                break;
            }
            seen |= kind;
            common &= kind;
            end += 1;
        }
        let next = self.byte(end);
        if self.next_at < usize::MAX && self.email() {
            return;
        }
        if matches!(next, b':' | b'.' | b'-') && self.composite(end, next, common) {
            return;
        }
        // `blk_-17`: the sign is of the number
        let (end, next, seen) = if next == b'-' && self.text[end - 1] == b'_' && byte::is(self.byte(end + 1), DIGIT) {
            let end = byte::run(self.text, end + 1, DIGIT);
            (end, self.byte(end), seen | DIGIT)
        } else {
            (end, next, seen)
        };
        // the second random part of the name of a pod: `web-7d9c6c8b5-x2x9z`
        let five = end - start == 5 || (end - start > 5 && self.byte(start + 5) == b'_');
        if five && self.before() == b'-' && self.out.ends_with(b"<hash>-") && seen & UPPER == 0 {
            return self.mask(start + 5, Rule::Random);
        }
        if self.is_glued() {
            self.parts(end);
            return self.note(end, 0);
        }
        let flags = words::flags(self.text, start, end);
        if flags & (MONTH | DAY) != 0
            && end - start >= 3
            && let Some(end) = self.time_of_word(end, flags)
        {
            return self.mask(end, Rule::Time);
        }
        if flags & METHOD != 0 && matches!(next, b' ' | b'\t') && byte::is(self.text[start], UPPER) && self.request(end)
        {
            return;
        }
        if self.account(end, flags) {
            return;
        }
        if seen & DIGIT != 0 && flags == 0 {
            self.word_with_digits(end, next, common);
            // a placeholder says nothing, here as when the template is read again
            if self.is_glued() {
                return;
            }
        } else if flags & DIGITS != 0 && matches!(next, b'-' | b'/') && byte::is(self.byte(end + 1), DIGIT) {
            self.name_with_digits(end);
        } else {
            self.copy(end);
        }
        self.note(end, flags);
    }

    /// What begins with a word and goes on behind it.
    fn composite(&mut self, end: usize, next: u8, common: u8) -> bool {
        let start = self.at;
        let len = end - start;
        match next {
            b':' if self.text[end..].starts_with(b"://") && len <= 24 => {
                self.url(end);
                return true;
            }
            b':' if len == 1 && matches!(self.byte(end + 1), b'\\' | b'/') && byte::is(self.byte(end + 2), WORD) => {
                self.absolute(end + 1);
                // a drive alone is written as it stands
                return self.at != start + 1 || self.text[start] == b':';
            }
            b':' if common & HEX != 0 && len <= 4 && (self.mac(start) || self.ip6(start)) => return true,
            b'-' if common & HEX != 0 && (len == 8 && self.uuid(start) || len == 2 && self.mac(start)) => return true,
            b'.' if self.text[start..].starts_with(b"datetime.date") => {
                let open = start + if self.text[start..].starts_with(b"datetime.datetime(") { 17 } else { 13 };
                let horizon = self.horizon(open);
                if self.byte(open) == b'('
                    && let Some(close) = memchr::memchr(b')', &self.text[open..horizon])
                {
                    self.mask(open + close + 1, Rule::Time);
                    return true;
                }
            }
            _ => {}
        }
        next != b':' && byte::is(self.byte(end + 1), LETTER | DIGIT) && self.host(end)
    }

    /// `GET /items/7 HTTP/1.1`: what was asked for goes, as in a log of accesses.
    fn request(&mut self, end: usize) -> bool {
        let target = self.blanks(end);
        if self.byte(target) != b'/' {
            return false;
        }
        let horizon = (target + 4 * super::AHEAD).min(self.text.len());
        let Some(len) = memchr::memchr3(b' ', b'\t', b'\n', &self.text[target..horizon]) else { return false };
        let version = self.blanks(target + len);
        if version == target + len || !self.text[version..].starts_with(b"HTTP/") {
            return false;
        }
        self.copy(end);
        self.out.push(b' ');
        self.at = target;
        self.mask(target + len, Rule::Url);
        true
    }

    /// `user kwame`, `for kwame from 10.0.0.1`.
    pub(super) fn account(&mut self, end: usize, flags: Flags) -> bool {
        let context = self.context;
        let near = context.last_end + 1 == self.at && self.is_behind_blank();
        if !near || context.last & (ACCOUNT | GLUE) == 0 {
            return false;
        }
        let next = self.blanks(end);
        let origin = next > end && self.text[next..].starts_with(b"from");
        let origin_end = if origin { self.blanks(next + 4) } else { 0 };
        let origin = origin_end > next + 4;
        let sure = context.previous & GLUE != 0 || origin;
        let other = if sure { GLUE } else { GLUE | LEVEL | SYMBOL | VALUE | ACCOUNT };
        let stated = context.last & ACCOUNT != 0 && flags & other == 0;
        let named =
            || context.last & GLUE != 0 && flags & GLUE == 0 && origin && byte::is(self.byte(origin_end), DIGIT);
        if !(stated || named()) || self.byte(end) == b'(' {
            return false;
        }
        let mut whole = end;
        while whole < self.text.len()
            && (byte::is(self.text[whole], WORD) || matches!(self.text[whole], b'-' | b'.' | b'@' | b'\\'))
        {
            whole += 1;
        }
        while matches!(self.text[whole - 1], b'.' | b'-') {
            whole -= 1;
        }
        self.mask(whole, Rule::Account);
        self.context.last = 0;
        true
    }

    /// `utf-8`, `http/2`, `iso-8859-1`: the number belongs to the name.
    fn name_with_digits(&mut self, word: usize) {
        let mut end = byte::run(self.text, word + 1, DIGIT);
        if end - word > 5 {
            return self.copy(word);
        }
        while matches!(self.byte(end), b'.' | b'-')
            && byte::is(self.byte(end + 1), DIGIT)
            && byte::run(self.text, end + 1, DIGIT) - end <= 3
        {
            end = byte::run(self.text, end + 1, DIGIT);
        }
        if byte::is(self.byte(end), LETTER) {
            return self.copy(word);
        }
        self.keep(end, Rule::Name);
    }

    /// A word with digits that is in no table.
    fn word_with_digits(&mut self, end: usize, next: u8, common: u8) {
        let start = self.at;
        let text = self.text;
        let letters = byte::run(text, start, LETTER);
        let digits = byte::run(text, letters, DIGIT);
        let whole = digits == end;
        if whole && letters == start + 1 && text[start] == b'T' {
            // the number of a thread
            self.copy(letters);
            return self.mask(end, Rule::Number);
        }
        // `E0308`, `TS2304`, `C2065`
        if whole
            && end - letters <= 5
            && letters - start <= 6
            && text[start..letters].iter().all(|byte| byte::is(*byte, UPPER))
        {
            return self.keep(end, Rule::Code);
        }
        // `v1.2`
        if whole
            && letters == start + 1
            && matches!(text[start], b'v' | b'V')
            && next == b'.'
            && byte::is(self.byte(end + 1), DIGIT)
        {
            self.copy(letters);
            return self.version(end);
        }
        if common & HEX != 0 && end - start >= 7 {
            return self.mask(end, Rule::Hash);
        }
        if letters > start && digits - letters <= 4 && words::flags(text, start, letters) & DIGITS != 0 {
            let tail = byte::run(text, digits, WORD);
            if text[digits..tail].iter().filter(|byte| byte::is(**byte, DIGIT)).count() <= 2 {
                let mut end = tail;
                while whole
                    && self.byte(end) == b'.'
                    && byte::is(self.byte(end + 1), DIGIT)
                    && byte::run(text, end + 1, DIGIT) - end <= 3
                {
                    end = byte::run(text, end + 1, DIGIT);
                }
                return self.keep(end, Rule::Name);
            }
        }
        if self.is_random(start, end) {
            return self.mask(end, Rule::Random);
        }
        if self.is_instance(end, next) {
            return self.mask(end, Rule::Instance);
        }
        self.parts(end);
    }

    /// A word with digits in running text, where nothing says that it is a symbol: a node, a job, a device.
    fn is_instance(&self, end: usize, next: u8) -> bool {
        let before = self.before();
        self.context.noun != SYMBOL
            && matches!(before, b' ' | b'\t' | b'[' | b'(' | b'\n')
            && matches!(next, b' ' | b'\t' | b']' | b')' | b',' | 0 | b'\n')
            && self.text[self.at..end].iter().any(|byte| byte::is(*byte, LOWER))
    }

    /// Takes the numbers out of a word; a single digit right behind a letter is part of the name.
    fn parts(&mut self, end: usize) {
        while self.at < end {
            if self.text[self.at] == b'-' {
                self.at += 1;
            }
            let digit = self.at
                + self.text[self.at..end].iter().position(|byte| byte::is(*byte, DIGIT)).unwrap_or(end - self.at);
            self.copy(digit);
            let digits = byte::run(self.text, digit, DIGIT).min(end);
            if digits == digit {
                continue;
            }
            let joined = byte::is(self.before(), LETTER | HEX) && self.before() != b'_';
            if digits - digit == 1 && joined {
                self.copy(digits);
            } else if byte::is(self.byte(digits), HEX) && byte::run(self.text, digit, HEX).min(end) - digit >= 7 {
                let hash = byte::run(self.text, digit, HEX).min(end);
                self.mask(hash, Rule::Hash);
            } else {
                self.mask(digits, Rule::Number);
            }
        }
    }

    /// Remembers what the word says.
    fn note(&mut self, end: usize, flags: Flags) {
        let context = &mut self.context;
        if flags & CODE != 0 {
            // `error: 5 tests failed`: only `error 5` is a code
            context.code = flags & VALUE == 0 || self.text.get(end) == Some(&b' ');
        } else if flags & LINK == 0 {
            context.code = false;
        }
        if flags & SYMBOL != 0 {
            context.noun = SYMBOL;
        } else if flags & VALUE != 0 && flags & CODE == 0 {
            context.noun = VALUE;
        }
        context.parse |= flags & PARSE != 0;
        context.previous = context.last;
        context.last = flags;
        context.last_end = end;
    }
}
