//! Makes a template of a text: one pass from left to right, each look ahead of bounded length. Knows nothing of frames.

mod address;
mod number;
mod path;
mod quote;
mod time;
mod word;

use super::byte::{self, DIGIT, LETTER, SPACE, WORD};
use super::token::{MASKING, Record, Rule, Token};
use super::words::{self, Flags};

/// How far a rule may look ahead.
const AHEAD: usize = 256;

/// What the words so far say about what comes next.
#[derive(Debug, Default, Clone, Copy)]
struct Context {
    /// Of the last word.
    last: Flags,
    /// Of the word before it.
    previous: Flags,
    /// Where the last word ends.
    last_end: usize,
    /// The last noun that says what is quoted: `SYMBOL`, `VALUE` or 0.
    noun: Flags,
    /// The sentence is about something that could not be understood.
    parse: bool,
    /// A code is expected.
    code: bool,
}

/// Where a template is cut, as its length hardly depends on values.
pub(crate) const TEMPLATE_LIMIT: usize = 2048;

struct Scan<'t, R> {
    text: &'t [u8],
    at: usize,
    out: &'t mut Vec<u8>,
    record: &'t mut R,
    root: &'t [u8],
    context: Context,
    /// Where the token that is being written began in `out`, and the one before it.
    token_start: usize,
    previous: (usize, usize),
    /// Whether the token that is being written has a placeholder.
    masked: bool,
    /// The next `@` in the text.
    next_at: usize,
}

/// Appends the template of `text` to `out`. `root` is the project's folder without a slash at its end, or empty; `fixed`
/// are the stretches that the project's own rules decide about, in order.
pub(crate) fn template<R: Record>(text: &str, root: &str, fixed: &[Token], out: &mut Vec<u8>, record: &mut R) {
    let start = out.len();
    let text = text.as_bytes();
    let next_at = memchr::memchr(b'@', text).unwrap_or(usize::MAX);
    let mut scan = Scan {
        text,
        at: 0,
        token_start: start,
        previous: (start, start),
        out,
        record,
        root: root.as_bytes(),
        context: Context::default(),
        masked: false,
        next_at,
    };
    for token in fixed {
        scan.text = &text[..token.start];
        scan.run(start + TEMPLATE_LIMIT);
        scan.text = text;
        if scan.at <= token.start {
            if token.rule.keeps() { scan.keep(token.end, token.rule) } else { scan.mask(token.end, token.rule) }
        }
    }
    scan.run(start + TEMPLATE_LIMIT);
    scan.end_token();
    if out.len() > start + TEMPLATE_LIMIT {
        let mut cut = start + TEMPLATE_LIMIT;
        while cut > start && out[cut] & 0xc0 == 0x80 {
            cut -= 1;
        }
        out.truncate(cut);
    }
    while out.len() > start && byte::is(out[out.len() - 1], SPACE) {
        out.pop();
    }
}

impl<R: Record> Scan<'_, R> {
    fn run(&mut self, limit: usize) {
        while self.at < self.text.len() && self.out.len() < limit {
            let byte = self.text[self.at];
            let kind = byte::kind(byte);
            if kind & DIGIT != 0 {
                self.number();
            } else if kind & WORD != 0 {
                self.word();
            } else if kind & SPACE != 0 {
                self.space();
            } else {
                match byte {
                    b'\'' | b'"' => self.quote(byte),
                    b'/' | b'\\' | b'~' | b'.' => self.slash(byte),
                    b'<' => self.angle(),
                    b'-' | b'+' => self.sign(),
                    b':' if self.peek(1) == b':' && self.ip6(self.at) => {}
                    b'=' => self.equals(),
                    b'@' => self.at_sign(),
                    _ => self.punctuation(byte),
                }
            }
        }
    }

    /// The byte `ahead` of here, 0 past the end.
    #[inline]
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The byte before here, a space at the beginning.
    #[inline]
    fn before(&self) -> u8 {
        if self.at == 0 { b' ' } else { self.text[self.at - 1] }
    }

    /// Whether there is a space or a tab before here.
    fn is_behind_blank(&self) -> bool {
        matches!(self.before(), b' ' | b'\t')
    }

    /// Where the spaces and tabs end that begin at `at`. In the template they are one space, so they count as one.
    #[inline]
    fn blanks(&self, at: usize) -> usize {
        let mut end = at;
        while matches!(self.byte(end), b' ' | b'\t') {
            end += 1;
        }
        end
    }

    /// How far a look ahead goes.
    fn horizon(&self, at: usize) -> usize {
        (at + AHEAD).min(self.text.len())
    }

    /// Puts a placeholder for everything up to `end`.
    fn mask(&mut self, end: usize, rule: Rule) {
        self.record.token(self.at, end, rule);
        let placeholder = rule.placeholder().as_bytes();
        // `a,b,c` of any length
        if self.out.last() == Some(&b',')
            && self.out[self.token_start.min(self.out.len() - 1)..self.out.len() - 1].ends_with(placeholder)
        {
            self.out.pop();
        } else {
            self.out.extend_from_slice(placeholder);
        }
        self.at = end;
        self.masked = true;
        self.context.code = false;
    }

    /// Keeps everything up to `end` as it is, by a rule.
    fn keep(&mut self, end: usize, rule: Rule) {
        self.record.token(self.at, end, rule);
        self.copy(end);
        self.context.code = false;
    }

    fn copy(&mut self, end: usize) {
        self.out.extend_from_slice(&self.text[self.at..end]);
        self.at = end;
    }

    fn punctuation(&mut self, byte: u8) {
        match byte {
            // `DETAIL: Key (id)=(7) already exists`
            b'(' if self.at > 1 && self.text[self.at - 2..self.at] == *b")=" => return self.key_of_row(),
            // a sentence ends
            b';' | b'!' => self.context = Context::default(),
            b',' | b')' => self.context.code = false,
            // an account, a host or an address stands right behind its word
            b'(' => self.context.last = 0,
            b'=' | b':' => {}
            _ => self.context.last &= words::CODE | words::LINK | words::SYMBOL | words::VALUE,
        }
        self.out.push(byte);
        self.at += 1;
    }

    /// The values of a row's key, as databases print them.
    fn key_of_row(&mut self) {
        self.out.push(b'(');
        self.at += 1;
        let horizon = self.horizon(self.at);
        let mut depth = 1;
        let close = self.text[self.at..horizon].iter().position(|byte| {
            depth += i32::from(*byte == b'(') - i32::from(*byte == b')');
            depth == 0
        });
        if let Some(close) = close.filter(|close| *close > 0) {
            self.mask(self.at + close, Rule::Keyed);
        }
    }

    fn space(&mut self) {
        let end = byte::run(self.text, self.at, SPACE);
        let line = self.text[self.at..end].contains(&b'\n');
        if line || self.before() == b'.' {
            self.context = Context::default();
        }
        if !line && self.context.last_end == self.at {
            self.context.last_end = end - 1;
        }
        self.end_token();
        self.at = end;
        if self.out.last().is_some_and(|last| !byte::is(*last, SPACE)) {
            self.out.push(if line { b'\n' } else { b' ' });
        }
        self.token_start = self.out.len();
    }

    /// Drops a token that is the one before it once more, as in lists of any length.
    fn end_token(&mut self) {
        if self.token_start >= self.out.len() {
            return;
        }
        let bare = |out: &[u8], (from, to): (usize, usize)| {
            if to > from && out[to - 1] == b',' { (from, to - 1) } else { (from, to) }
        };
        let this = (self.token_start, self.out.len());
        let (a, b) = (bare(self.out, this), bare(self.out, self.previous));
        if self.masked && a.1 > a.0 && self.out[a.0..a.1] == self.out[b.0..b.1] {
            self.record.token(self.at, self.at, Rule::Repeated);
            self.out.truncate(self.previous.1);
            if a.1 < this.1 && b.1 == self.previous.1 {
                self.out.push(b',');
                self.previous.1 += 1;
            } else if a.1 == this.1 && b.1 < self.previous.1 {
                // the last of a list has no comma
                self.out.pop();
                self.previous.1 -= 1;
            }
        } else {
            self.previous = this;
        }
        self.masked = false;
    }

    /// The end of the placeholder that begins at `at`, if one does.
    fn placeholder(&self, at: usize) -> Option<usize> {
        if self.byte(at) != b'<' {
            return None;
        }
        let rest = &self.text[at..self.horizon(at)];
        let known = MASKING.iter().find(|rule| rest.starts_with(rule.placeholder().as_bytes()));
        known.map(|rule| at + rule.placeholder().len())
    }

    /// Whether what is here goes on right behind a placeholder, and so is a part of a word.
    fn is_glued(&self) -> bool {
        self.masked && self.out.len() > self.token_start && self.out.ends_with(b">") && !byte::is(self.before(), SPACE)
    }

    /// A placeholder of a template is left alone, so that a template is its own template.
    fn angle(&mut self) {
        if let Some(end) = self.placeholder(self.at) {
            self.copy(end);
            self.masked = true;
            self.context.code = false;
        } else {
            self.punctuation(b'<');
        }
    }

    /// A sign belongs to its number only where it joins nothing.
    fn sign(&mut self) {
        let before = self.before();
        let joins =
            byte::is(before, WORD) || matches!(before, b')' | b']' | b'>' | b'"' | b'\'' | b'-' | b'+' | b'/' | b'.');
        if !joins && byte::is(self.peek(1), DIGIT) && !self.context.code {
            self.at += 1;
            self.number();
        } else {
            self.punctuation(self.text[self.at]);
        }
    }

    /// `key=value` of logs: the value goes, unless the key says that it is a kind or a code.
    fn equals(&mut self) {
        let tight = byte::is(self.before(), WORD) && self.context.last_end == self.at;
        let key = self.context.last;
        self.punctuation(b'=');
        let begins = byte::is(self.peek(0), LETTER | DIGIT) || (self.peek(0) == b'-' && byte::is(self.peek(1), DIGIT));
        if !tight || !begins || self.context.code {
            return;
        }
        let end = self.value_end();
        let value = words::flags(self.text, self.at, end);
        if key & words::HOST != 0 {
            self.mask(end, Rule::Host);
        } else if value & words::BOOL != 0 {
            self.mask(end, Rule::Bool);
        } else if key & words::KIND == 0
            && (value & words::TYPE == 0 || value & words::NIL != 0)
            && !self.looks_like_code(end)
        {
            self.mask(self.with_brackets(end), Rule::Keyed);
        }
    }

    /// `Rect(0, 0 - 9, 9)`, `WorkSource{1000}`: a value and what it consists of.
    fn with_brackets(&self, end: usize) -> usize {
        let close = match self.byte(end) {
            b'(' => b')',
            b'{' => b'}',
            b'[' => b']',
            _ => return end,
        };
        let horizon = self.horizon(end);
        let open = self.text[end];
        let inner =
            self.text[end + 1..horizon].iter().position(|byte| *byte == close || *byte == open || *byte == b'\n');
        match inner {
            Some(len) if self.text[end + 1 + len] == close => end + len + 2,
            _ => end,
        }
    }

    fn value_end(&self) -> usize {
        let mut end = self.at;
        while end < self.text.len() && (!byte::is(self.text[end], byte::STOP)) && self.text[end] != b'&' {
            end += 1;
        }
        while end > self.at && matches!(self.text[end - 1], b'.' | b':' | b'!') {
            end -= 1;
        }
        end
    }

    /// `ECONNREFUSED`, `ER_DUP_ENTRY`: upper case throughout.
    fn looks_like_code(&self, end: usize) -> bool {
        end - self.at >= 3
            && byte::is(self.text[self.at], byte::UPPER)
            && self.text[self.at..end].iter().all(|byte| byte::is(*byte, byte::UPPER | DIGIT) || *byte == b'_')
    }

    /// The address of an object: `Foo@1a2b3c`.
    fn at_sign(&mut self) {
        let before = self.before();
        self.next_at = memchr::memchr(b'@', &self.text[self.at + 1..]).map_or(usize::MAX, |next| self.at + 1 + next);
        self.punctuation(b'@');
        let end = byte::run(self.text, self.at, byte::HEX);
        if byte::is(before, WORD)
            && end - self.at >= 4
            && !byte::is(self.byte(end), WORD)
            && !matches!(self.byte(end), b'.' | b'/' | b'-')
        {
            self.mask(end, Rule::Hex);
        }
    }
}

#[cfg(test)]
mod tests;
