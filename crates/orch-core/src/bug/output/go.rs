//! Errors of Go: what its compiler prints, panics, and the reports of go test. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};
use crate::bug::stack::diagnostic;

/// A panic with its goroutines, or an error of the compiler.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    panic(lines, at).or_else(|| compiler(lines, at))
}

/// `panic: …` or `fatal error: …`, and the stack of at least one goroutine.
fn panic(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    // net/http goes on after a panic
    let served = text.contains("panic serving ");
    if !(text.starts_with("panic: ") || text.starts_with("fatal error: ") || served) {
        return None;
    }
    let is_goroutine = |line: &Line<'_>| line.text.starts_with("goroutine ") && line.text.ends_with("]:");
    let routine = until(lines, at + 1, 12, is_goroutine);
    if !lines.get(routine).is_some_and(is_goroutine) {
        return None;
    }
    // the first goroutine is the one that failed
    let ends = |line: &Line<'_>| {
        line.text.is_empty()
            || ["exit status ", "panic: ", "fatal error: ", "FAIL"].iter().any(|s| line.text.starts_with(s))
    };
    let to = until(lines, routine, 4000, ends);
    let mut next = to;
    while let Some(more) = speaking(lines, next, 2).filter(|more| is_goroutine(&lines[*more])) {
        next = until(lines, more, 4000, ends);
    }
    let message = text.split(" [recovered").next().unwrap_or(text);
    Some(Block { next, ..Block::new(message, at, to) })
}

/// `./cart.go:3:4: undefined: x`, below `# shop/cart`.
fn compiler(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text.strip_prefix("vet: ").unwrap_or(lines[at].text);
    let (place, message) = text.split_once(": ")?;
    let found = diagnostic::placed(place).filter(|found| is_source(found.file))?;
    if message == "too many errors" {
        return None;
    }
    let column = place.len() > found.file.len() && place[found.file.len()..].matches(':').count() == 2;
    if !column || place.starts_with([' ', '\t']) || !(found.file.starts_with("./") || packaged(lines, at)) {
        return None;
    }
    let to = until(lines, at + 1, 16, |line| !line.text.starts_with('\t'));
    Some(Block::new(message, at, to))
}

/// Whether a file is one of Go.
pub(super) fn is_source(file: &str) -> bool {
    matches!(file.rsplit_once('.'), Some((_, "go")))
}

/// Whether the compiler's heading stands above the errors.
fn packaged(lines: &[Line<'_>], at: usize) -> bool {
    let above = |line: &&Line<'_>| !(line.text.starts_with('\t') || line.text.contains(".go:"));
    lines[..at].iter().rev().take(32).find(above).is_some_and(|line| line.text.starts_with("# "))
}

/// The report of a test: `--- FAIL: TestCart (0.00s)` and what is below and deeper.
pub(super) fn test(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let indent = lines[at].indent();
    // a panic goes on at the margin
    let below = (at + 1..lines.len().min(at + 3)).find_map(|line| panic(lines, line));
    if let Some(panic) = below {
        let next = panic.next;
        return Some(panic.of_test(at, next));
    }
    let ends =
        |line: &Line<'_>| !line.text.is_empty() && (line.indent() <= indent || line.trimmed().starts_with("--- "));
    let next = until(lines, at + 1, 5000, ends);
    if let Some((message, line)) = told(lines, at + 1, next) {
        return Some(Block::new(message, line, next).of_test(at, next));
    }
    // with -v the messages stand above, behind the test's name
    let name = lines[at].trimmed().strip_prefix("--- FAIL: ")?.split(' ').next()?;
    let run = (at.saturating_sub(200)..at).rev().find(|line| {
        let text = lines[*line].text;
        text.starts_with("=== ") && text.ends_with(name) && text.split_whitespace().nth(2) == Some(name)
    })?;
    let to =
        until(lines, run + 1, at - run - 1, |line| line.text.starts_with("=== ") || line.trimmed().starts_with("--- "));
    let (message, line) = told(lines, run + 1, to)?;
    Some(Block::new(message, line, to).of_test(at, next))
}

/// The first `cart_test.go:12: message`, and its line.
fn told<'t>(lines: &[Line<'t>], from: usize, to: usize) -> Option<(&'t str, usize)> {
    let line = (from..to).find(|line| {
        let text = lines[*line].trimmed();
        let place = text.split_once(": ").map_or(text.trim_end_matches(':'), |(place, _)| place);
        diagnostic::placed(place).is_some_and(|found| is_source(found.file))
    })?;
    let message = lines[line].trimmed().split_once(": ").map_or("", |(_, message)| message.trim());
    if !message.is_empty() {
        return Some((message, line));
    }
    // testify has a table of its own
    let labelled = (line + 1..to).find_map(|line| lines[line].trimmed().strip_prefix("Error:"));
    let message = labelled.or_else(|| Some(lines.get(line + 1).filter(|_| line + 1 < to)?.trimmed()))?.trim();
    Some((message, line))
}
