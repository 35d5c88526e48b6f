//! What kind of character a byte is, by table. Knows nothing of words.

/// A letter, or a byte of a character beyond ASCII.
pub(crate) const LETTER: u8 = 1;
/// A decimal digit.
pub(crate) const DIGIT: u8 = 2;
/// A hexadecimal digit.
pub(crate) const HEX: u8 = 4;
/// What may stand inside of a word: letters, digits, `_`, `$`.
pub(crate) const WORD: u8 = 8;
/// White space.
pub(crate) const SPACE: u8 = 16;
/// An upper-case letter.
pub(crate) const UPPER: u8 = 32;
/// A lower-case letter.
pub(crate) const LOWER: u8 = 64;
/// What ends a path in running text.
pub(crate) const STOP: u8 = 128;

static KIND: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let byte = at as u8;
        table[at] = match byte {
            b'a'..=b'f' => LETTER | HEX | WORD | LOWER,
            b'A'..=b'F' => LETTER | HEX | WORD | UPPER,
            b'g'..=b'z' => LETTER | WORD | LOWER,
            b'G'..=b'Z' => LETTER | WORD | UPPER,
            b'0'..=b'9' => DIGIT | HEX | WORD,
            b'_' | b'$' => WORD,
            0x80..=0xff => LETTER | WORD,
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => SPACE | STOP,
            b'"' | b'\'' | b'`' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'|' | b'*'
            | b'?' | 0 => STOP,
            _ => 0,
        };
        at += 1;
    }
    table
};

/// Whether a byte is of one of these kinds.
#[inline]
pub(crate) fn is(byte: u8, kinds: u8) -> bool {
    KIND[byte as usize] & kinds != 0
}

/// The kinds of a byte.
#[inline]
pub(crate) fn kind(byte: u8) -> u8 {
    KIND[byte as usize]
}

/// The end of the run of bytes of these kinds that begins at `at`.
#[inline]
pub(crate) fn run(text: &[u8], at: usize, kinds: u8) -> usize {
    let mut at = at.min(text.len());
    while at < text.len() && is(text[at], kinds) {
        at += 1;
    }
    at
}

/// The value of up to nine digits; `None` for none or more.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0_u32, |sum, byte| is(*byte, DIGIT).then(|| sum * 10 + u32::from(byte - b'0')))
}
