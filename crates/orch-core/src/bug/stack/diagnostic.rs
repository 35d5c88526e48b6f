//! Places that compilers, linters and shells name: `a.c:1:2: error: …`, ` --> a.rs:1:2`, `a.ts(1,2): error …`.

use super::{Frame, Language, is_path, php, split_line};

/// The place on a line, if there is one.
pub(crate) fn frame(line: &str) -> Option<Frame<'_>> {
    let text = line.trim();
    if let Some(place) = text.strip_prefix("--> ").or_else(|| text.strip_prefix("::: ")) {
        return placed(place);
    }
    if let Some(place) = text.strip_prefix("at ") {
        return placed(place.trim_end_matches(['.', ')']));
    }
    // `panicked at src/a.rs:1:2:`, `panicked at 'text', src/a.rs:1:2`
    if let Some((_, rest)) = text.split_once("panicked at ") {
        let place = rest.trim_end_matches(':');
        return placed(place.rsplit(' ').next().unwrap_or(place));
    }
    if let Some((head, _)) = text.split_once(": ") {
        let head = head.rsplit(' ').next().unwrap_or(head);
        if let Some(found) = placed(head).or_else(|| parenthesized(head)) {
            return Some(found);
        }
    }
    // `a.ts:12:5 - error TS2304: …`
    if let Some((head, _)) = text.split_once(" - error ")
        && let Some(found) = placed(head)
    {
        return Some(found);
    }
    // go test puts the message on the next line, Rust before 1.73 the place behind a message of several
    let alone = text.strip_suffix(':').filter(|place| place.contains(".go:"));
    if let Some(found) = alone.or_else(|| Some(text.rsplit_once("', ")?.1)).and_then(placed) {
        return Some(found);
    }
    if let Some(rest) = text.strip_prefix("e: ") {
        return kotlin(rest);
    }
    // `a.out: a.c:3: main: Assertion `x' failed.`
    if let Some((head, _)) = text.split_once(": Assertion `") {
        return head.split(": ").find_map(placed);
    }
    bracketed(text).or_else(|| php::place(text)).or_else(|| perl(text))
}

pub(crate) fn placed(text: &str) -> Option<Frame<'_>> {
    let (file, line) = split_line(text);
    let source =
        is_path(file) && !file.starts_with("http") && file.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let host = file.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (line > 0 && source && !host).then(|| Frame::new(Language::Native, "", file, line))
}

/// `a.cs(12,5)`, `a.cpp(12)`.
pub(crate) fn parenthesized(text: &str) -> Option<Frame<'_>> {
    let (file, rest) = text.split_once('(')?;
    let line = rest.strip_suffix(')')?.split(',').next()?.parse().ok()?;
    is_path(file).then(|| Frame::new(Language::Native, "", file, line))
}

/// `/src/A.java:[12,5] …` of Maven.
pub(crate) fn bracketed(text: &str) -> Option<Frame<'_>> {
    let (file, rest) = text.split_once(":[")?;
    let line = rest.split_once(']')?.0.split(',').next()?.parse().ok()?;
    let file = file.rsplit(' ').next().unwrap_or(file);
    is_path(file).then(|| Frame::new(Language::Native, "", file, line))
}

/// `file:///src/A.kt:12:5 …`, `/src/A.kt: (12, 5): …`.
pub(crate) fn kotlin(text: &str) -> Option<Frame<'_>> {
    if let Some((file, rest)) = text.split_once(": (") {
        let line = rest.split(',').next()?.parse().ok()?;
        return is_path(file).then(|| Frame::new(Language::Native, "", file, line));
    }
    placed(text.split(' ').next()?)
}

/// `… at script.pl line 12.`
fn perl(text: &str) -> Option<Frame<'_>> {
    let (_, rest) = text.rsplit_once(" at ")?;
    let (file, line) = rest.split_once(" line ")?;
    let line = line.split(['.', ',', ' ']).next()?.parse().ok()?;
    is_path(file).then(|| Frame::new(Language::Native, "", file, line))
}

/// The source line that a tool prints for a place: ` 12 |   code`, `> 12 |   code`.
pub(crate) fn source<'t>(lines: &[&'t str], from: usize, line: u32) -> &'t str {
    for text in lines.iter().skip(from).take(12) {
        let text = text.trim_start_matches([' ', '>']);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0
            && let Some(code) = text[digits..].trim_start().strip_prefix('|')
            && text[..digits].parse() == Ok(line)
        {
            return code.trim();
        }
    }
    ""
}
