//! Addresses of machines, people and things: URL, e-mail, UUID, IP, MAC, host names.

use super::Scan;
use crate::bug::byte::{self, DIGIT, HEX, LETTER, STOP, WORD};
use crate::bug::token::{Record, Rule};
use crate::bug::words;

impl<R: Record> Scan<'_, R> {
    /// Masks the UUID at `at`, which is here.
    pub(super) fn uuid(&mut self, at: usize) -> bool {
        let Some(form) = self.text.get(at..at + 36) else { return false };
        let right = form.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte::is(*byte, HEX),
        });
        let right = right && !byte::is(self.byte(at + 36), LETTER | DIGIT);
        if right {
            self.mask(at + 36, Rule::Uuid);
        }
        right
    }

    /// `10.20.30.40`, with a port or the length of a prefix.
    pub(super) fn ip4(&mut self, at: usize) -> bool {
        let Some(mut end) = self.ip4_end(at) else { return false };
        end = self.port(end);
        if self.byte(end) == b'/' && matches!(byte::run(self.text, end + 1, DIGIT) - end, 2 | 3) {
            end = byte::run(self.text, end + 1, DIGIT);
        }
        self.mask(self.peer(end), Rule::Ip);
        true
    }

    fn ip4_end(&self, at: usize) -> Option<usize> {
        let mut end = at;
        for part in 0..4 {
            let digits = byte::run(self.text, end, DIGIT);
            let fits = (1..=3).contains(&(digits - end)) && byte::number(&self.text[end..digits])? < 256;
            if !fits || (part < 3 && self.byte(digits) != b'.') {
                return None;
            }
            end = digits + usize::from(part < 3);
        }
        let more = self.byte(end) == b'.' && byte::is(self.byte(end + 1), DIGIT | LETTER);
        (!more && !byte::is(self.byte(end), WORD)).then_some(end)
    }

    /// Goes past the name of the peer in brackets behind its address, which may be missing: `10.0.0.1 (mail.example.org)`.
    fn peer(&self, end: usize) -> usize {
        let open = self.blanks(end);
        if open == end || self.byte(open) != b'(' {
            return end;
        }
        let horizon = self.horizon(open);
        let name = open + 1;
        let Some(len) = memchr::memchr(b')', &self.text[name..horizon.max(name)]) else { return end };
        let inner = &self.text[name..name + len];
        let host =
            inner.iter().all(|byte| byte::is(*byte, LETTER | DIGIT) || matches!(byte, b'.' | b'-' | b':' | b'_'));
        if host && (inner.is_empty() || inner.contains(&b'.')) { name + len + 1 } else { end }
    }

    fn port(&self, end: usize) -> usize {
        let digits = byte::run(self.text, (end + 1).min(self.text.len()), DIGIT);
        if self.byte(end) == b':' && (2..=6).contains(&(digits - end)) { digits } else { end }
    }

    /// Masks the IPv6 address at `at`, which is here. It must have a digit, so that `Dad::add` is none.
    pub(super) fn ip6(&mut self, at: usize) -> bool {
        let (mut end, mut groups, mut gap, mut digit) = (at, 0, false, false);
        if byte::is(self.before(), WORD) || self.before() == b':' {
            return false;
        }
        loop {
            let group = byte::run(self.text, end, HEX);
            if group - end > 4 {
                return false;
            }
            digit |= self.text[end..group].iter().any(|byte| byte::is(*byte, DIGIT));
            if group > end {
                groups += 1;
            }
            if groups > 0
                && self.byte(group) == b'.'
                && let Some(dotted) = self.ip4_end(end)
            {
                (end, groups) = (dotted, groups + 1);
                break;
            }
            end = group;
            if self.byte(end) != b':' {
                break;
            }
            if self.byte(end + 1) == b':' {
                if gap {
                    return false;
                }
                gap = true;
                end += 2;
                if !byte::is(self.byte(end), HEX) {
                    break;
                }
            } else if byte::is(self.byte(end + 1), HEX) && groups > 0 {
                end += 1;
            } else {
                break;
            }
        }
        let whole = groups == 8 || (gap && groups < 8 && digit);
        if !whole || byte::is(self.byte(end), WORD) || self.byte(end) == b'(' {
            return false;
        }
        if self.byte(end) == b'/' && byte::is(self.byte(end + 1), DIGIT) {
            end = byte::run(self.text, end + 1, DIGIT);
        } else if self.byte(end) == b'%' && byte::is(self.byte(end + 1), WORD) {
            end = byte::run(self.text, end + 1, WORD);
        }
        self.mask(end, Rule::Ip);
        true
    }

    /// `00:11:43:e3:ba:c3`, `00-11-43-E3-BA-C3`, and the address on a bus: `0000:00:1f.2`.
    pub(super) fn mac(&mut self, at: usize) -> bool {
        if let Some(form) = self.text.get(at..at + 12) {
            let bus = form.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b':',
                10 => *byte == b'.',
                _ => byte::is(*byte, HEX),
            });
            if bus && !byte::is(self.byte(at + 12), WORD) {
                self.mask(at + 12, Rule::Mac);
                return true;
            }
        }
        let Some(form) = self.text.get(at..at + 17) else { return false };
        let sep = form[2];
        let right = matches!(sep, b':' | b'-')
            && form
                .iter()
                .enumerate()
                .all(|(index, byte)| if index % 3 == 2 { *byte == sep } else { byte::is(*byte, HEX) })
            && !byte::is(self.byte(at + 17), WORD)
            && self.byte(at + 17) != b':';
        if right {
            self.mask(at + 17, Rule::Mac);
        }
        right
    }

    /// Masks `scheme://…`; `scheme` ends at `colon`.
    pub(super) fn url(&mut self, colon: usize) {
        if &self.text[self.at..colon] == b"file" {
            // a path after all
            self.at = colon + 3;
            if matches!(self.byte(self.at), b'/' | b'\\') {
                self.absolute(self.at);
            }
            return;
        }
        let mut end = colon + 3;
        while end < self.text.len() {
            let byte = self.text[end];
            let bracket = byte == b'[' && end == colon + 3 || byte == b']' || byte == b'?' || byte == b'*';
            let listed = byte == b',' || byte == b';';
            if byte::is(byte, STOP) && !bracket && !(listed && byte::is(self.byte(end + 1), WORD)) {
                break;
            }
            end += 1;
        }
        // what ends the sentence is not of the address
        while end > colon + 3 && matches!(self.text[end - 1], b'.' | b':' | b',' | b';' | b']' | b'?' | b'!') {
            if self.text[end - 1] == b']' && self.text[colon..end].contains(&b'[') {
                break;
            }
            end -= 1;
        }
        self.mask(end, Rule::Url);
    }

    /// Masks an e-mail address that begins here and whose `@` is the next one.
    pub(super) fn email(&mut self) -> bool {
        if self.next_at < self.at {
            self.next_at = memchr::memchr(b'@', &self.text[self.at..]).map_or(usize::MAX, |next| self.at + next);
        }
        if self.next_at == usize::MAX || self.next_at - self.at > 64 {
            return false;
        }
        let local = &self.text[self.at..self.next_at];
        if !local.iter().all(|byte| byte::is(*byte, WORD) || matches!(byte, b'.' | b'+' | b'-' | b'%')) {
            return false;
        }
        let (mut end, mut dots, mut label) = (self.next_at + 1, 0, self.next_at + 1);
        while end < self.text.len()
            && (byte::is(self.text[end], LETTER | DIGIT) || matches!(self.text[end], b'-' | b'.'))
        {
            if self.text[end] == b'.' {
                if !byte::is(self.byte(end + 1), LETTER | DIGIT) {
                    break;
                }
                dots += 1;
                label = end + 1;
            }
            end += 1;
        }
        let top = &self.text[label..end];
        let right =
            dots > 0 && top.len() > 1 && top.iter().all(|byte| byte::is(*byte, LETTER)) && self.byte(end) != b'/';
        let right = right && self.placeholder(end + usize::from(self.byte(end) == b'.')).is_none();
        if right {
            self.mask(end, Rule::Email);
        }
        right
    }

    /// Masks a name with dots that is a host's, and its port. The first label ends at `label`.
    pub(super) fn host(&mut self, label: usize) -> bool {
        let horizon = self.horizon(self.at);
        let (mut end, mut last, mut labels) = (label, self.at, 1);
        while end < horizon {
            let byte = self.text[end];
            if byte == b'.' && byte::is(self.byte(end + 1), LETTER | DIGIT) {
                labels += 1;
                last = end + 1;
            } else if !byte::is(byte, LETTER | DIGIT) && byte != b'-' {
                break;
            }
            end += 1;
        }
        let top = words::flags(self.text, last, end);
        let announced = self.context.last & words::HOST != 0 && self.context.last_end + 1 >= self.at;
        let top = top & words::TLD != 0 || (labels > 2 && self.is_country(last, end));
        let right = labels > 1
            && top
            && (labels > 2 || announced || matches!(&self.text[last..end], b"com" | b"net" | b"org" | b"edu" | b"gov"))
            && words::flags(self.text, self.at, label) & words::PACKAGE == 0
            && !byte::is(self.byte(end), WORD)
            && !matches!(self.byte(end), b'(' | b'/' | b'@')
            && self.placeholder(end + usize::from(self.byte(end) == b'.')).is_none();
        if right {
            let end = self.port(end);
            self.mask(end, Rule::Host);
        }
        right
    }

    /// `com.mx`, `co.uk`: the domain of a country below a common one.
    fn is_country(&self, last: usize, end: usize) -> bool {
        let below = &self.text[self.at..last - 1];
        let label = below.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        end - last == 2 && matches!(label, b"com" | b"co" | b"net" | b"org" | b"gov" | b"edu" | b"ac" | b"or" | b"ne")
    }
}
