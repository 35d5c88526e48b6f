//! Text from outside with the characters that hide or move other text made visible. Knows no terminal and no markup.

use std::borrow::Cow;

/// Whether a character shows nothing itself, or changes how its neighbours are shown: control and C1 characters other
/// than line end and tab, bidirectional controls, Unicode's line ends, characters without width, and tags.
///
/// The joiners U+200C and U+200D are not among them: scripts and emoji need them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    let directs = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let ends_line = matches!(c, '\u{2028}' | '\u{2029}');
    let has_no_width = matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}');
    // whole sentences that a machine reads and nobody sees
    let is_tag = matches!(c, '\u{e0000}'..='\u{e007f}');
    (c.is_control() && c != '\n' && c != '\t') || directs || ends_line || has_no_width || is_tag
}

/// The text with its hidden characters as `\u{202e}`. Line ends and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// As [`visible`], and on one line: a line end becomes `\n`, a tab a space.
#[must_use]
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        for (text, shown) in [
            ("plain ünïcödé\n\ttext", "plain ünïcödé\n\ttext"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\rb\u{9b}c\u{202e}d", "a\\u{d}b\\u{9b}c\\u{202e}d"),
            ("x\u{2028}y\u{feff}\u{e0041}", "x\\u{2028}y\\u{feff}\\u{e0041}"),
            ("👩\u{200d}👩\u{200d}👧 e\u{301}", "👩\u{200d}👩\u{200d}👧 e\u{301}"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_line("a\n\tb"), "a\\n b");
    }
}
