//! From text to tokens: the words that are indexed and looked for, and where in the text they are. Knows no stems.

use std::ops::Range;

use super::letter::{Class, Letter, letters};

/// The most bytes of a word; the rest of a longer one does not count.
pub const MAX_WORD: usize = 64;
/// A longer run is data, not a name: it is not cut into parts.
const MAX_RUN: usize = 256;
/// The most parts of a run.
const MAX_PARTS: usize = 16;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// The word: letters and digits without case, width and accents.
    pub word: &'a str,
    /// Where it is in the text, in bytes.
    pub range: Range<usize>,
    /// Its number in the text. A whole has that of its first part.
    pub position: u32,
    /// Whether it repeats what other tokens say: a run of several parts as a whole (`userservice` of `UserService`), or the
    /// last character of a text without spaces.
    pub extra: bool,
}

/// Cuts a text into tokens, in its order.
///
/// A run of letters, digits and `_` is cut at `_` and where the case changes (`HTTPServer` is `http`, `server`); a run of more
/// than one part also gives its whole, without the `_`. Of scripts without spaces each two neighbours are a token, and the
/// last one alone, so that every character begins one. An emoji is a token. Everything else separates runs.
pub fn tokens(text: &str, take: &mut impl FnMut(&Token<'_>)) {
    let mut cutter = Cutter { take, position: 0, word: String::with_capacity(MAX_WORD), whole: String::new() };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        let mut plain = true;
        while at < bytes.len() && (is_word_byte(bytes[at]) || !bytes[at].is_ascii()) {
            plain &= bytes[at].is_ascii();
            at += 1;
        }
        if from == at {
            at += 1;
        } else if plain {
            cutter.plain(text, from..at);
        } else {
            cutter.folded(&letters(&text[from..at], from));
        }
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

struct Cutter<'a, F> {
    take: &'a mut F,
    position: u32,
    word: String,
    whole: String,
}

impl<F: FnMut(&Token<'_>)> Cutter<'_, F> {
    fn give(&mut self, range: Range<usize>, position: u32, extra: bool) {
        if !self.word.is_empty() {
            (self.take)(&Token { word: &self.word, range, position, extra });
        }
    }

    /// A run of ASCII: most of all text.
    fn plain(&mut self, text: &str, run: Range<usize>) {
        let bytes = &text.as_bytes()[run.clone()];
        let class = |at: usize| match bytes.get(at) {
            Some(b'_') => Class::Joint,
            Some(byte) if byte.is_ascii_uppercase() => Class::Upper,
            Some(byte) if byte.is_ascii_digit() => Class::Digit,
            Some(_) => Class::Lower,
            None => Class::Gap,
        };
        self.run(
            bytes.len(),
            class,
            |word, part| {
                word.extend(bytes[part].iter().map(|byte| char::from(byte.to_ascii_lowercase())));
            },
            |part| run.start + part.start..run.start + part.end,
        );
    }

    /// A run in which there are other characters than those of ASCII.
    fn folded(&mut self, letters: &[Letter]) {
        let kind = |letter: &Letter| match letter.class {
            Class::Gap | Class::Dense | Class::Sign => letter.class,
            _ => Class::Lower,
        };
        for run in letters.chunk_by(|one, other| kind(one) == kind(other)) {
            match kind(&run[0]) {
                Class::Gap => {}
                Class::Sign => run.iter().for_each(|letter| self.pair(std::slice::from_ref(letter), false)),
                Class::Dense => {
                    run.windows(2).for_each(|pair| self.pair(pair, false));
                    self.pair(&run[run.len() - 1..], run.len() > 1);
                }
                _ => self.run(
                    run.len(),
                    |at| run.get(at).map_or(Class::Gap, |letter| letter.class),
                    |word, part| word.extend(run[part].iter().map(|letter| letter.c)),
                    |part| run[part.start].from..run[part.end - 1].to,
                ),
            }
        }
    }

    fn pair(&mut self, letters: &[Letter], extra: bool) {
        self.word.clear();
        self.word.extend(letters.iter().map(|letter| letter.c));
        self.give(letters[0].from..letters[letters.len() - 1].to, self.position, extra);
        self.position += 1;
    }

    fn run(
        &mut self,
        length: usize,
        class: impl Fn(usize) -> Class,
        spell: impl Fn(&mut String, Range<usize>),
        place: impl Fn(Range<usize>) -> Range<usize>,
    ) {
        self.whole.clear();
        let (first, mut parts, mut from) = (self.position, 0, 0);
        let mut ends = 0;
        for at in 1..=length {
            let joint = at == length || class(at) == Class::Joint || class(at - 1) == Class::Joint;
            if !joint && (length > MAX_RUN || parts + 1 == MAX_PARTS || !is_cut(&class, at)) {
                continue;
            }
            let part = from..at;
            from = at;
            if class(part.start) == Class::Joint || parts == MAX_PARTS {
                continue;
            }
            self.word.clear();
            spell(&mut self.word, part.clone());
            cut(&mut self.word);
            if self.whole.len() < MAX_WORD {
                self.whole.push_str(&self.word);
            }
            parts += 1;
            ends = part.end;
            self.give(place(part), self.position, false);
            self.position += 1;
        }
        if parts > 1 {
            self.word.clone_from(&self.whole);
            cut(&mut self.word);
            // `_` at the beginning of the run is a part of its place, which is of no harm
            self.give(place(0..ends), first, true);
        }
    }
}

/// Whether a new part begins at a character: `user|Service`, `HTTP|Server`, `server2|Go`; but not in `APIs` or `9F3C2B7A`.
fn is_cut(class: &impl Fn(usize) -> Class, at: usize) -> bool {
    let plural = || class(at + 2) != Class::Lower && at > 1 && class(at - 2) == Class::Upper;
    class(at) == Class::Upper
        && match class(at - 1) {
            Class::Lower => true,
            Class::Upper => class(at + 1) == Class::Lower && !plural(),
            _ => class(at + 1) == Class::Lower,
        }
}

fn cut(word: &mut String) {
    word.truncate(word.floor_char_boundary(MAX_WORD));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_up(text: &str) -> String {
        let mut found = Vec::new();
        tokens(text, &mut |token| {
            assert!(!text[token.range.clone()].is_empty());
            found.push(format!("{}{}", if token.extra { "+" } else { "" }, token.word));
        });
        found.join(" ")
    }

    #[test]
    fn identifiers_are_found_in_part_and_whole() {
        for (text, wanted) in [
            ("", ""),
            ("Undefined variable: foo", "undefined variable foo"),
            ("UserService", "user service +userservice"),
            ("HTTPServer2Go", "http server2 go +httpserver2go"),
            ("snake_case __init__", "snake case +snakecase init"),
            ("app/Services/Test.php", "app services test php"),
            ("three APIs, 9F3C2B7A v4.17", "three apis 9f3c2b7a v4 17"),
            ("ÜberGröße STRASSE", "uber grosse +ubergrosse strasse"),
            ("ΠΡΟΣΩΡΙΝΆ προσωρινα Ошибка", "προσωρινα προσωρινα ошибка"),
            ("ＡＰＩキーの", "api キー ーの +の"),
            ("ｶﾞｷﾞ か\u{3099}", "ガギ +ギ が"),
            ("\u{1112}\u{1161}\u{11ab} 한", "한 한"),
            ("🚀 ok 👩\u{200d}🚀", "🚀 ok 👩 🚀"),
            ("-- %\"'\0", ""),
        ] {
            assert_eq!(cut_up(text), wanted, "{text}");
        }
    }

    #[test]
    fn long_runs_are_bounded() {
        assert_eq!(cut_up(&"aB".repeat(1000)), "ab".repeat(32));
        assert_eq!(cut_up(&"a_".repeat(100)).split(' ').count(), MAX_PARTS + 1);
        assert_eq!(cut_up(&"é".repeat(100)), "e".repeat(64));
        assert!(cut_up(&"я".repeat(100)).len() <= MAX_WORD);
    }
}
