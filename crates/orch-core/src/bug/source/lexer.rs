//! What of a source file is code: comments go, strings become `Text`. Knows no functions.

use super::Syntax;

/// A piece of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A byte of code that is no space.
    Byte(u8),
    /// A string or a character.
    Text,
    /// A line ends.
    Line,
    /// Spaces or a comment.
    Space,
    /// `${` in a template of JavaScript; behind its `}` the template goes on.
    Insert,
}

pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    syntax: Syntax,
    /// The last byte of code, and where it was.
    last: (u8, usize),
    /// Up to here a slash divides.
    divides: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, syntax: Syntax) -> Self {
        let bytes = text.as_bytes();
        let mut lexer = Self { text: bytes, at: 0, syntax, last: (b'\n', 0), divides: 0 };
        if bytes.starts_with("\u{feff}".as_bytes()) {
            lexer.at = 3;
        }
        if bytes[lexer.at..].starts_with(b"#!") {
            lexer.at = lexer.line_end(lexer.at);
        }
        if syntax == Syntax::Php {
            lexer.page();
        }
        lexer
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn starts(&self, at: usize, with: &[u8]) -> bool {
        self.text.get(at..).is_some_and(|rest| rest.starts_with(with))
    }

    fn line_end(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        memchr::memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |len| at + len)
    }

    fn find(&self, at: usize, what: &[u8]) -> Option<usize> {
        memchr::memmem::find(self.text.get(at..)?, what).map(|len| at + len)
    }

    /// The next piece and where it begins.
    pub(super) fn next(&mut self) -> Option<(usize, Piece)> {
        let at = self.at;
        let byte = *self.text.get(at)?;
        let piece = match byte {
            b'\n' => Piece::Line,
            byte if byte.is_ascii_whitespace() => Piece::Space,
            b'/' => return Some((at, self.slash())),
            b'#' => return Some((at, self.hash())),
            b'"' => {
                self.at = self.double_quoted(at);
                Piece::Text
            }
            b'\'' => return Some((at, self.single_quoted())),
            b'`' if self.syntax == Syntax::JavaScript => return Some((at, self.template(at + 1))),
            b'`' if self.syntax == Syntax::Go => {
                self.at = memchr::memchr(b'`', &self.text[at + 1..]).map_or(self.text.len(), |len| at + len + 2);
                Piece::Text
            }
            b'r' | b'b' | b'c' | b'R' | b'u' | b'U' | b'L' if !is_name(self.byte(at.wrapping_sub(1))) => {
                match self.raw(at) {
                    Some(end) => {
                        self.at = end;
                        Piece::Text
                    }
                    None => Piece::Byte(byte),
                }
            }
            b'?' if self.syntax == Syntax::Php && self.byte(at + 1) == b'>' => {
                self.page();
                Piece::Space
            }
            b'<' if self.syntax == Syntax::Php && self.starts(at, b"<<<") => {
                self.at = self.here_document(at + 3);
                Piece::Text
            }
            _ => Piece::Byte(byte),
        };
        if self.at == at {
            self.at += 1;
        }
        match piece {
            Piece::Byte(byte) => self.last = (byte, at),
            Piece::Text => self.last = (b'"', at),
            _ => {}
        }
        Some((at, piece))
    }

    /// A comment, a regular expression, or a slash.
    fn slash(&mut self) -> Piece {
        let at = self.at;
        match self.byte(at + 1) {
            b'/' => {
                let end = self.line_end(at);
                let close =
                    if self.syntax == Syntax::Php { memchr::memmem::find(&self.text[at..end], b"?>") } else { None };
                self.at = close.map_or(end, |len| at + len);
                return Piece::Space;
            }
            b'*' => {
                self.at = self.comment_end(at);
                return Piece::Space;
            }
            _ => {}
        }
        if self.syntax == Syntax::JavaScript
            && at >= self.divides
            && self.begins_expression()
            && let Some(end) = self.expression_end(at)
        {
            self.at = end;
            self.last = (b'"', at);
            return Piece::Text;
        }
        self.at += 1;
        self.last = (b'/', at);
        Piece::Byte(b'/')
    }

    fn comment_end(&self, at: usize) -> usize {
        let nests = matches!(self.syntax, Syntax::Rust | Syntax::Kotlin | Syntax::Swift);
        if !nests {
            return self.find(at + 2, b"*/").map_or(self.text.len(), |end| end + 2);
        }
        let (mut depth, mut end) = (1, at + 2);
        while depth > 0 {
            let Some(hit) = memchr::memchr(b'*', self.text.get(end..).unwrap_or_default()) else {
                return self.text.len();
            };
            end += hit + 1;
            if self.byte(end) == b'/' {
                depth -= 1;
                end += 1;
            } else if hit > 0 && self.byte(end - 2) == b'/' {
                depth += 1;
            }
        }
        end
    }

    /// Whether a slash here begins a regular expression.
    fn begins_expression(&self) -> bool {
        let (last, at) = self.last;
        match last {
            b'(' | b',' | b'=' | b':' | b'[' | b'!' | b'&' | b'|' | b'?' | b'{' | b';' | b'+' | b'\n' => true,
            b'>' => at > 0 && self.byte(at - 1) == b'=',
            byte if is_name(byte) => {
                let head = &self.text[at.saturating_sub(10)..=at];
                [b"return".as_slice(), b"typeof", b"case", b"of", b"in", b"yield", b"await"].iter().any(|word| {
                    head.strip_suffix(*word).is_some_and(|head| !head.last().is_some_and(|byte| is_name(*byte)))
                })
            }
            _ => false,
        }
    }

    fn expression_end(&mut self, at: usize) -> Option<usize> {
        let (mut end, mut class) = (at + 1, false);
        loop {
            match self.byte(end) {
                b'\n' | 0 => break,
                b'\\' => end += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => return Some(end + 1),
                _ => {}
            }
            end += 1;
        }
        // nor does any other slash up to there
        self.divides = end;
        None
    }

    /// A comment of PHP, a directive of C or C#, or the byte itself.
    fn hash(&mut self) -> Piece {
        let at = self.at;
        let first = || {
            let line = memchr::memrchr(b'\n', &self.text[at.saturating_sub(64)..at])
                .map(|len| at.saturating_sub(64) + len + 1);
            let from = line.or((at < 64).then_some(0));
            from.is_some_and(|from| self.text[from..at].iter().all(u8::is_ascii_whitespace))
        };
        let comment = match self.syntax {
            Syntax::Php => self.byte(at + 1) != b'[',
            Syntax::Native | Syntax::CSharp => first(),
            _ => false,
        };
        if !comment {
            self.at += 1;
            self.last = (b'#', at);
            return Piece::Byte(b'#');
        }
        let mut end = self.line_end(at);
        while self.syntax == Syntax::Native && end < self.text.len() {
            let line = self.text[..end].strip_suffix(b"\r").unwrap_or(&self.text[..end]);
            if !line.ends_with(b"\\") {
                break;
            }
            end = self.line_end(end + 1);
        }
        self.at = end;
        Piece::Space
    }

    /// The end of a string that begins with `"`.
    fn double_quoted(&self, at: usize) -> usize {
        let triple = matches!(self.syntax, Syntax::Kotlin | Syntax::Swift | Syntax::Java | Syntax::CSharp);
        if triple && self.starts(at, b"\"\"\"") {
            return self.find(at + 3, b"\"\"\"").map_or(self.text.len(), |end| end + 3);
        }
        let before = (self.byte(at.wrapping_sub(1)), self.byte(at.wrapping_sub(2)));
        if self.syntax == Syntax::CSharp && (before.0 == b'@' || before == (b'$', b'@')) {
            // two quotes are one
            return memchr::memchr(b'"', &self.text[at + 1..]).map_or(self.text.len(), |len| at + len + 2);
        }
        self.quoted(at, b'"', matches!(self.syntax, Syntax::Rust | Syntax::Php))
    }

    /// The end of a string with escapes; where lines end strings, the end of the line at the latest.
    fn quoted(&self, at: usize, quote: u8, lines: bool) -> usize {
        let mut end = at + 1;
        while let Some(hit) = memchr::memchr3(quote, b'\\', b'\n', self.text.get(end..).unwrap_or_default()) {
            end += hit;
            match self.text[end] {
                b'\\' => end += 2,
                b'\n' if lines => end += 1,
                b'\n' => return end,
                _ => return end + 1,
            }
        }
        self.text.len()
    }

    /// A character, a string, a lifetime, or the byte itself.
    fn single_quoted(&mut self) -> Piece {
        let at = self.at;
        let after = self.byte(at + 1);
        let digits = self.byte(at.wrapping_sub(1)).is_ascii_hexdigit() && after.is_ascii_hexdigit();
        let text = match self.syntax {
            Syntax::Swift => false,
            // `'a'` but not `'a`
            Syntax::Rust => {
                let len = match after {
                    0..=0x7f => 1,
                    0x80..=0xdf => 2,
                    0xe0..=0xef => 3,
                    _ => 4,
                };
                after == b'\\' || self.byte(at + 1 + len) == b'\''
            }
            Syntax::Native => !digits,
            _ => true,
        };
        if !text {
            self.at += 1;
            self.last = (b'\'', at);
            return Piece::Byte(b'\'');
        }
        self.at = self.quoted(at, b'\'', self.syntax == Syntax::Php);
        self.last = (b'"', at);
        Piece::Text
    }

    /// Goes on inside of a template.
    pub(super) fn template(&mut self, from: usize) -> Piece {
        let mut end = from;
        self.last = (b'"', from);
        while let Some(hit) = memchr::memchr3(b'`', b'\\', b'$', self.text.get(end..).unwrap_or_default()) {
            end += hit;
            match self.text[end] {
                b'\\' => end += 2,
                b'$' if self.byte(end + 1) == b'{' => {
                    self.at = end + 2;
                    self.last = (b'{', end + 1);
                    return Piece::Insert;
                }
                b'$' => end += 1,
                _ => {
                    self.at = end + 1;
                    return Piece::Text;
                }
            }
        }
        self.at = self.text.len();
        Piece::Text
    }

    /// Where the lexer stands.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The end of a raw string: `r#"…"#` of Rust, `R"x(…)x"` of C++.
    fn raw(&self, at: usize) -> Option<usize> {
        let mut open = at;
        match self.syntax {
            Syntax::Rust => {
                open += usize::from(matches!(self.byte(open), b'b' | b'c'));
                if self.byte(open) != b'r' {
                    return None;
                }
                let hashes = self.text[open + 1..].iter().take(255).take_while(|byte| **byte == b'#').count();
                let quote = open + 1 + hashes;
                if self.byte(quote) != b'"' {
                    return None;
                }
                let mut close = vec![b'"'];
                close.resize(hashes + 1, b'#');
                Some(self.find(quote + 1, &close).map_or(self.text.len(), |end| end + close.len()))
            }
            Syntax::Native => {
                while open < at + 3 && matches!(self.byte(open), b'u' | b'U' | b'L' | b'8') {
                    open += 1;
                }
                if !self.starts(open, b"R\"") {
                    return None;
                }
                let head = self.text.get(open + 2..(open + 19).min(self.text.len()))?;
                let name = &head[..memchr::memchr(b'(', head)?];
                let close = [b")", name, b"\""].concat();
                Some(self.find(open + 2, &close).map_or(self.text.len(), |end| end + close.len()))
            }
            _ => None,
        }
    }

    /// Goes past the page around the code of PHP.
    fn page(&mut self) {
        let code = self.find(self.at, b"<?").unwrap_or(self.text.len());
        self.at = if self.starts(code, b"<?php") { code + 5 } else { (code + 2).min(self.text.len()) };
    }

    /// The end of a text of PHP behind `<<<`.
    fn here_document(&self, at: usize) -> usize {
        let line = &self.text[at..self.line_end(at)];
        let name: Vec<u8> = line.iter().copied().filter(|byte| is_name(*byte)).take(128).collect();
        let mut start = self.line_end(at) + 1;
        while !name.is_empty() && start < self.text.len() {
            let end = self.line_end(start);
            let content = self.text[start..end].trim_ascii_start();
            if content.starts_with(&name) && !content.get(name.len()).is_some_and(|byte| is_name(*byte)) {
                return end - content.len() + name.len();
            }
            start = end + 1;
        }
        if name.is_empty() { at } else { self.text.len() }
    }
}

/// Whether a byte may be in a name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}
