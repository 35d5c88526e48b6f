//! A line that names an exception, and the `at …` frames below it: JavaScript, the JVM, .NET, Dart. Parses no frames.

use super::block::Block;
use super::line::{Level, Line, until};
use crate::bug::report::leading_class;
use crate::bug::stack::{self, Language};

/// So many lines of a message may stand between the exception and its frames.
const MESSAGE_LINES: usize = 24;

/// An exception with its frames and causes.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let body = lines.get(at)?.body();
    if body.trim_start().starts_with("at ") {
        return None;
    }
    // Dart names no class
    if body == "Unhandled exception:" {
        let first = first_frame(lines, at + 1)?;
        return Some(Block::new(lines[at + 1].trimmed(), at, end(lines, first)));
    }
    let message = named(body).or_else(|| shaped(lines, at))?;
    let first = first_frame(lines, at)?;
    Some(Block::new(message, at, end(lines, first)))
}

/// The text from the class of an exception on: of `Uncaught TypeError: x` it is `TypeError: x`.
pub(super) fn named(text: &str) -> Option<&str> {
    let mut rest = text.trim();
    for _ in 0..12 {
        if let Some(class) = leading_class(rest) {
            let behind = &rest[class.len()..];
            let ends = behind.is_empty()
                || behind.starts_with(": ")
                || behind == ":"
                || (behind.starts_with(" [") && behind.contains(']'))
                || (behind.starts_with(" (") && behind.contains("): "));
            if ends && !class.ends_with("Warning") {
                return Some(rest);
            }
        }
        rest = rest.split_once(' ')?.1.trim_start();
    }
    None
}

/// A header whose class has no usual name: `com.acme.NoDisk: x`, with a frame right below.
fn shaped<'t>(lines: &[Line<'t>], at: usize) -> Option<&'t str> {
    let text = lines[at].body().trim();
    let text = text.strip_prefix("Uncaught ").unwrap_or(text);
    let (name, message) = text.split_once(": ").unwrap_or((text.trim_end_matches(':'), ""));
    let simple = name.rsplit(['.', '$']).next().unwrap_or(name);
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$');
    let exception = simple.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(word)
        && (name.contains('.') || !message.is_empty())
        && !["Trace", "trace", "Stack", "Warning", "State"].iter().any(|end| simple.ends_with(end));
    (exception && is_frame(lines, at + 1)).then_some(text)
}

/// The first frame below the header; what is between is of the message.
fn first_frame(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let last = lines.len().min(at + MESSAGE_LINES);
    for below in at + 1..last {
        let line = &lines[below];
        if is_frame(lines, below) {
            return Some(below);
        }
        let another = line.indent() == 0 && named(line.text).is_some_and(|rest| rest.len() == line.text.len());
        if another || line.trimmed().starts_with("---- ") || line.level == Level::Stamped {
            return None;
        }
    }
    None
}

/// Whether a line is a frame of one of these languages.
fn is_frame(lines: &[Line<'_>], at: usize) -> bool {
    let Some(line) = lines.get(at) else { return false };
    if !(line.trimmed().starts_with(['a', '#', '❯']) || line.text.contains('@')) {
        return false;
    }
    let next = lines.get(at + 1).map_or("", |next| next.text);
    stack::frame(line.text, next).is_some_and(|frame| {
        matches!(frame.language, Language::JavaScript | Language::Jvm | Language::DotNet)
            && (line.indent() > 0
                || frame.line > 0
                || frame.language != Language::JavaScript
                || !line.text.starts_with("at "))
    })
}

/// The line behind the last frame, with causes, and the fields that node prints of an error.
pub(super) fn end(lines: &[Line<'_>], first: usize) -> usize {
    let mut at = first;
    while at < lines.len() {
        let text = lines[at].trimmed();
        if is_frame(lines, at) {
            if text.ends_with(" {") {
                // the fields of the object, and its cause among them
                let outer = lines[first].indent();
                let close = until(lines, at + 1, 400, |line| line.text.trim() == "}" && line.indent() < outer);
                if lines.get(close).is_some_and(|line| line.text.trim() == "}") {
                    at = close;
                }
            }
        } else if ["Caused by: ", "Suppressed: ", "[cause]: ", "Cause: "].iter().any(|start| text.starts_with(start)) {
            // a cause may have a message of some lines
            let below =
                until(lines, at + 1, MESSAGE_LINES, |line| line.text.is_empty() || line.trimmed().starts_with("at "));
            if is_frame(lines, below) {
                at = below;
                continue;
            }
        } else if !["... ", "--- End of ", "---> "].iter().any(|start| text.starts_with(start)) && !is_snippet(text) {
            break;
        }
        at += 1;
    }
    at
}

/// Source that Vitest prints between frames.
fn is_snippet(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[digits..].trim_start().starts_with('|')
}
