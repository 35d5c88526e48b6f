//! Text from outside as parts of a Markdown document, from which nothing breaks out. Knows no document.

use crate::visible::{is_hidden, visible, visible_line};

/// A text as it stands, on one line, wherever on the line it is put.
///
/// Escaped is what `CommonMark` and GitHub's additions give a meaning; an underscore within a word has none.
pub(super) fn inline(text: &str) -> String {
    let text = visible_line(text.trim());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let behind = chars.peek().map_or(' ', |(_, behind)| *behind);
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '$' => true,
            '_' => !(before.is_alphanumeric() && behind.is_alphanumeric()),
            '&' => behind == '#' || behind.is_ascii_alphabetic(),
            '-' | '+' | '=' => at == 0,
            '.' | ')' => at > 0 && at == digits,
            _ => false,
        };
        if means {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

/// A path or another text of bytes as code. It is quoted as git quotes paths, if it holds what cannot be seen or is no
/// UTF-8: `"a\nb"`.
pub(super) fn code(bytes: &[u8]) -> String {
    let text = quoted(bytes);
    // a fence is longer than any within
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // one space at each end is taken away again
    let edge = |c: Option<char>| c.is_some_and(|c| c == '`' || c == ' ');
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    let pad = if text.trim_matches(' ').is_empty() { "" } else { pad };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// As git prints a path with `core.quotePath=false`, and hidden characters beyond ASCII as their bytes, too.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    let mut plain = !bytes.is_empty();
    let octal = |text: &mut String, bytes: &[u8]| bytes.iter().for_each(|byte| *text += &format!("\\{byte:03o}"));
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let letter = match c {
                '"' | '\\' => c,
                '\n' => 'n',
                '\t' => 't',
                '\r' => 'r',
                '\u{7}' => 'a',
                '\u{8}' => 'b',
                '\u{b}' => 'v',
                '\u{c}' => 'f',
                _ if is_hidden(c) => {
                    plain = false;
                    octal(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => {
                    text.push(c);
                    continue;
                }
            };
            plain = false;
            text.push('\\');
            text.push(letter);
        }
        plain &= chunk.invalid().is_empty();
        octal(&mut text, chunk.invalid());
    }
    if plain { text } else { format!("\"{text}\"") }
}

/// Text that may be Markdown itself, as a quotation: headings, lists and open fences in it end with it. HTML, which
/// might not, is escaped, and so it is in code, where the back-slash shows.
pub(super) fn quote(text: &str) -> String {
    let mut quotation = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        quotation.push('>');
        if !line.is_empty() {
            quotation.push(' ');
        }
        let line = visible(line);
        let mut escaped = false;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let opens = |behind: &char| behind.is_ascii_alphabetic() || ['/', '!', '?'].contains(behind);
            // one more back-slash would escape the one before and set the tag free
            if c == '<' && !escaped && chars.peek().is_some_and(opens) {
                quotation.push('\\');
            }
            quotation.push(c);
            escaped = c == '\\' && !escaped;
        }
        quotation.push('\n');
    }
    quotation
}

/// An address to click on, or its text if it is none.
pub(super) fn link(url: &str) -> String {
    let stands = |byte: u8| byte.is_ascii_graphic() && !b"<>\\`\"".contains(&byte);
    if url.starts_with("https://") && url.bytes().all(stands) { format!("<{url}>") } else { inline(url) }
}
