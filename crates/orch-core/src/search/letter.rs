//! Characters as they are compared: without case, width and accents. Knows no words.

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

/// What a character is to the cutting of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A capital letter.
    Upper,
    /// Any other letter of a script that has words.
    Lower,
    /// A digit.
    Digit,
    /// `_`, which joins parts.
    Joint,
    /// A character of a script without spaces between words.
    Dense,
    /// An emoji or another sign that means something by itself.
    Sign,
    /// Everything else.
    Gap,
}

/// A character to be compared, and where in the text it comes from, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    pub(super) c: char,
    pub(super) class: Class,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Folds a text, which begins at byte `start` of another one: NFKD, less the accents (Unicode Standard Annex 15), in lower case.
/// Syllables of Hangul and the voiced kana stay whole, as they are letters of their own.
pub(super) fn letters(text: &str, start: usize) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let (from, to) = (start + at, start + at + c.len_utf8());
        if is_accent(c) || is_invisible(c) {
            // it belongs to the letter before it
            if let Some(last) = letters.last_mut() {
                last.to = to;
            }
            continue;
        }
        let joined = letters.last().filter(|_| joins(c)).and_then(|last| compose(last.c, full_width(c)));
        if let (Some(joined), Some(last)) = (joined, letters.last_mut()) {
            (last.c, last.to) = (joined, to);
            continue;
        }
        let class = class(c);
        let mut push = |c: char| letters.push(Letter { c, class, from, to });
        match class {
            Class::Gap | Class::Joint => push(' '),
            Class::Sign => push(c),
            Class::Dense if !('\u{ff00}'..='\u{ffef}').contains(&c) => push(c),
            _ => decompose_compatible(c, |part| {
                if (part.is_alphanumeric() || is_combining_mark(part)) && !is_accent(part) {
                    part.to_lowercase().filter(|c| !is_accent(*c)).for_each(|c| spell(c, &mut push));
                }
            }),
        }
    }
    letters
}

/// Letters that are written in two ways, which NFKD does not know of.
fn spell(c: char, push: &mut impl FnMut(char)) {
    match c {
        'ß' => "ss".chars().for_each(push),
        'æ' => "ae".chars().for_each(push),
        'œ' => "oe".chars().for_each(push),
        'þ' => "th".chars().for_each(push),
        'ø' => push('o'),
        'ł' => push('l'),
        'đ' | 'ð' => push('d'),
        'ı' => push('i'),
        'ς' => push('σ'),
        other => push(other),
    }
}

fn class(c: char) -> Class {
    if c == '_' {
        Class::Joint
    } else if is_dense(c) {
        Class::Dense
    } else if c.is_uppercase() {
        Class::Upper
    } else if c.is_numeric() {
        Class::Digit
    } else if c.is_alphanumeric() || is_combining_mark(c) {
        Class::Lower
    } else if is_sign(c) {
        Class::Sign
    } else {
        Class::Gap
    }
}

/// Accents, and points of Hebrew and Arabic, which people leave out where they search. Marks of other scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// What has no look of its own: joiners, marks of direction, choosers of a variant.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// What may be one letter with the one before: voicing marks of kana, vowels and ends of Hangul.
fn joins(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}' | '\u{1161}'..='\u{11ff}')
}

fn full_width(c: char) -> char {
    match c {
        '\u{ff9e}' => '\u{3099}',
        '\u{ff9f}' => '\u{309a}',
        other => other,
    }
}

fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3100}'..='\u{318f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}' | '\u{e00}'..='\u{eff}')
}

fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}
