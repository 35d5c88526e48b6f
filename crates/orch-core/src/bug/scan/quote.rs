//! Quotes: whether they hold a symbol, which is the bug, or a value, which is not. Decides by the words before them.

use super::Scan;
use crate::bug::byte::{self, DIGIT, LETTER, SPACE, WORD};
use crate::bug::token::{Record, Rule};
use crate::bug::words::{self, NIL, PARSE, SYMBOL, TYPE, VALUE};

/// Longer than this nothing is a symbol.
const LONGEST_SYMBOL: usize = 96;

enum Fate {
    Keep,
    Mask,
    /// What is inside is looked at like other text.
    Look,
}

impl<R: Record> Scan<'_, R> {
    /// At a quote.
    pub(super) fn quote(&mut self, quote: u8) {
        let apostrophe = quote == b'\'' && byte::is(self.before(), LETTER | DIGIT) && byte::is(self.peek(1), LETTER);
        let close = if apostrophe { None } else { self.close(quote) };
        let Some(close) = close else { return self.punctuation(quote) };
        let inside = self.at + 1;
        if close == inside {
            self.copy(close + 1);
            return;
        }
        match self.fate(quote, inside, close) {
            Fate::Keep => {
                self.out.push(quote);
                self.at = inside;
                self.keep(close, Rule::Symbol);
                self.out.push(quote);
                self.at = close + 1;
            }
            Fate::Mask => {
                // whichever quotes there are around a value
                self.out.push(b'\'');
                self.at = inside;
                self.mask(close, Rule::Quoted);
                self.out.push(b'\'');
                self.at = close + 1;
            }
            Fate::Look => {
                self.out.push(quote);
                self.at = inside;
            }
        }
        // one word announces one value
        self.context.last &= TYPE;
    }

    /// Where the quote that begins here ends, on the same line.
    fn close(&self, quote: u8) -> Option<usize> {
        let horizon = self.horizon(self.at);
        let mut from = self.at + 1;
        while from < horizon {
            let at = from + memchr::memchr3(quote, b'\n', b'\\', &self.text[from..horizon])?;
            match self.text[at] {
                b'\n' => return None,
                b'\\' => from = at + 2,
                _ if self.placeholder(self.at + 1) == Some(at) => return Some(at),
                // the quote before a value that is masked already is not the end of another
                _ if self.placeholder(at + 1).is_some_and(|end| self.byte(end) == quote) => return None,
                _ if quote == b'\'' && byte::is(self.byte(at + 1), LETTER) && !byte::is(self.text[at - 1], SPACE) => {
                    from = at + 1;
                }
                _ => return Some(at),
            }
        }
        None
    }

    fn fate(&self, quote: u8, start: usize, end: usize) -> Fate {
        let inside = &self.text[start..end];
        let flags = words::flags(self.text, start, end);
        // what has a placeholder in it was looked at before
        if (start..end).any(|at| self.placeholder(at).is_some()) {
            return Fate::Look;
        }
        if flags & (TYPE | NIL) != 0 {
            return Fate::Keep;
        }
        let before = self.before();
        if before == b'=' {
            return Fate::Mask;
        }
        if quote == b'"'
            && self.byte(end + 1) == b':'
            && matches!(before, b'{' | b',' | b' ' | b'\t' | b'\n')
            && inside.iter().all(|byte| byte::is(*byte, WORD))
        {
            return Fate::Keep;
        }
        let symbol = is_symbol(inside);
        let keep = || if symbol { Fate::Keep } else { Fate::Look };
        let context = &self.context;
        // `attribute 'name'`
        if context.last_end + 1 >= self.at {
            if context.last & SYMBOL != 0 {
                return keep();
            }
            if context.last & (VALUE | PARSE) != 0 {
                return if is_place(inside) { Fate::Look } else { Fate::Mask };
            }
        }
        // `"abc" is not valid JSON`
        let judged = ["is not valid", "is not a valid", "is not a number", "is invalid", "is not an integer"];
        if judged.iter().any(|words| self.follow(end + 1, words)) {
            return if is_place(inside) { Fate::Look } else { Fate::Mask };
        }
        let colon = before == b':' || (self.is_behind_blank() && self.out.ends_with(b": "));
        if colon && self.ends_clause(end + 1) {
            if context.noun == SYMBOL && !context.parse {
                return keep();
            }
            return if is_place(inside) { Fate::Look } else { Fate::Mask };
        }
        keep()
    }

    /// Whether these words come next.
    fn follow(&self, mut at: usize, words: &str) -> bool {
        words.split(' ').all(|word| {
            let next = self.blanks(at);
            let there = next > at && self.text[next..].starts_with(word.as_bytes());
            at = next + word.len();
            there
        })
    }

    fn ends_clause(&self, at: usize) -> bool {
        at >= self.text.len() || matches!(self.text[at], b'\n' | b'\r' | b')' | b',' | b';' | b'.' | b']' | b'}')
    }
}

/// Looks like a name in a program: `orders.id`, `--release`, `Foo<T>::bar(int)`, `@scope/name`.
fn is_symbol(inside: &[u8]) -> bool {
    let first = inside[0];
    inside.len() <= LONGEST_SYMBOL
        && (byte::is(first, LETTER) || matches!(first, b'_' | b'$' | b'-' | b'@' | b':' | b'&' | b'*' | b'.' | b'#'))
        && inside.iter().all(|byte| {
            byte::is(*byte, WORD)
                || matches!(
                    byte,
                    b'.' | b'-'
                        | b':'
                        | b'<'
                        | b'>'
                        | b'('
                        | b')'
                        | b'['
                        | b']'
                        | b'&'
                        | b'*'
                        | b'#'
                        | b'+'
                        | b'?'
                        | b'!'
                )
        })
        && digits(inside) <= 4
        && !inside.windows(2).any(|pair| pair == b"..")
}

fn digits(inside: &[u8]) -> usize {
    inside.iter().filter(|byte| byte::is(**byte, DIGIT)).count()
}

/// A path or an address, for which there are rules of their own.
fn is_place(inside: &[u8]) -> bool {
    matches!(inside[0], b'/' | b'~') && inside.len() > 1
        || inside.starts_with(b"./")
        || inside.starts_with(b"../")
        || inside.get(1..3) == Some(b":\\")
        || inside.windows(3).any(|three| three == b"://")
}
