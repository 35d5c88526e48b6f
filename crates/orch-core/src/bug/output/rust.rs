//! Errors of rustc and its kin, panics, and the reports of cargo test and nextest. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};
use super::linker;
use crate::bug::stack::title;

/// A panic, an error of the compiler, or one that `main` returned.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    match text.as_bytes().first()? {
        b't' if text.starts_with("thread '") => panic(lines, at),
        b'e' | b'E' => diagnostic(lines, at).or_else(|| returned(lines, at)),
        _ => None,
    }
}

/// `thread 'main' panicked at src/a.rs:1:2:` and the message below, or as it was before 1.73 on one line.
fn panic(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    if text.ends_with("has overflowed its stack") {
        return Some(Block::new(text, at, at + 1));
    }
    let (_, rest) = text.split_once("' panicked at ").or_else(|| {
        let (before, rest) = text.split_once(" panicked at ")?;
        before.ends_with(')').then_some((before, rest))
    })?;
    let to = panic_end(lines, at);
    let below = lines[..to].get(at + 1).map(Line::trimmed).filter(|below| !below.starts_with("note: "));
    let message = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.rsplit_once("', ").map_or(quoted, |(message, _)| message),
        None => below.unwrap_or_default(),
    };
    Some(Block::new(if message.is_empty() { text } else { message }, at, to))
}

fn panic_end(lines: &[Line<'_>], at: usize) -> usize {
    let last = lines.len().min(at + 2000);
    let mut frames = false;
    for line in at + 1..last {
        let text = lines[line].trimmed();
        if text.is_empty() {
            let below = lines.get(line + 1).map_or("", |line| line.trimmed());
            if frames || !below.starts_with("stack backtrace:") {
                return line;
            }
        } else if text.starts_with("note: ") {
            return line + 1;
        } else if text.starts_with("stack backtrace:") {
            frames = true;
        } else {
            let of_frame = text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("at ");
            let another = ["thread '", "---- ", "failures:", "test ", "error: ", "FAIL ["];
            if (frames && !of_frame) || another.iter().any(|start| text.starts_with(start)) {
                return line;
            }
        }
    }
    last
}

/// `error[E0382]: …`, and `error: …` if an arrow or a rule is below.
fn diagnostic(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let message = text.strip_prefix("error: ");
    let coded = text.starts_with("error[") && text.contains("]: ");
    if !coded && message.is_none() {
        return None;
    }
    if message.is_some_and(super::log::is_consequence) {
        return None;
    }
    let another =
        |line: &Line<'_>| line.text.is_empty() || line.text.starts_with("error") || line.text.starts_with("warning");
    let below = lines[at + 1..].iter().take(5).take_while(|line| !another(line));
    let pointed = below.clone().any(|line| line.trimmed().starts_with("--> "));
    let ruled = below.take(1).any(|line| line.trimmed() == "|");
    if !coded && !pointed && !ruled {
        return None;
    }
    let to = until(lines, at + 1, 400, |line| line.text.is_empty());
    // what the linker says is more than that it failed
    let linked = (at + 1..to).find_map(|line| linker::missing(lines[line].text));
    Some(Block::new(linked.or(message).unwrap_or(text), at, to))
}

/// `Error: …` and the causes below, as `main` prints what it returns.
fn returned(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let message = text.strip_prefix("Error: ").or_else(|| text.strip_prefix("error: "))?;
    let cause = speaking(lines, at + 1, 2).filter(|cause| *cause == at + 2 && lines[*cause].text == "Caused by:")?;
    if super::log::is_consequence(message) {
        return Some(Block::skip(at, cause + 1));
    }
    let to = until(lines, cause + 1, 64, |line| line.indent() == 0);
    Some(Block::new(message, at, to))
}

/// The report of a test of cargo: `---- cart::adds stdout ----` and all up to the next.
pub(super) fn cargo(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let is_title = |line: &Line<'_>| line.trimmed().starts_with("---- ") && title::of(line.text).is_some();
    if !is_title(&lines[at]) {
        return None;
    }
    let ends = |line: &Line<'_>| is_title(line) || matches!(line.trimmed(), "failures:" | "successes:");
    let next = until(lines, at + 1, 20_000, |line| ends(line) || line.trimmed().starts_with("test result: "));
    Some(test(lines, at, at + 1, next))
}

/// The report of a test of nextest: `FAIL [   0.009s] (1/9) shop cart::adds` and all up to the next.
pub(super) fn nextest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    if !(status(&lines[at])? == "FAIL" && title::of(lines[at].text).is_some()) {
        return None;
    }
    let ends =
        |line: &Line<'_>| status(line).is_some() || line.text.starts_with("──────") || line.text.starts_with("error: ");
    let next = until(lines, at + 1, 20_000, ends);
    Some(test(lines, at, at + 1, next))
}

/// The first panic of a test, else what it returned or did not do.
fn test(lines: &[Line<'_>], title: usize, from: usize, next: usize) -> Block {
    let own = &lines[..next];
    let is_panic = |line: &usize| own[*line].trimmed().starts_with("thread '");
    let panic = (from..next).filter(is_panic).find_map(|line| panic(own, line));
    let block = panic.or_else(|| {
        (from..next).find_map(|line| {
            let text = own[line].trimmed();
            // a test of documentation may not compile
            if let Some(block) = diagnostic(own, line) {
                return Some(block);
            }
            if let Some(error) = text.strip_prefix("Error: ") {
                return Some(Block::new(error, line, line + 1));
            }
            let note = text.strip_prefix("note: ").filter(|note| note.starts_with("test did not panic"))?;
            Some(Block::new(note.split(" at ").next().unwrap_or(note), line, line + 1))
        })
    });
    // a crash of the whole program is told elsewhere
    block.map_or_else(|| Block::skip(title, title + 1), |block| block.of_test(title, next))
}

/// The word in front of a line about a test of nextest: `PASS [   0.005s] (1/9) shop cart::adds`.
fn status<'t>(line: &Line<'t>) -> Option<&'t str> {
    let (word, rest) = line.trimmed().split_once(" [")?;
    let word = word.trim_end();
    let known = word.starts_with("TRY ")
        || matches!(word, "FAIL" | "PASS" | "SLOW" | "TIMEOUT" | "LEAK" | "SKIP" | "Summary")
        || word.starts_with("SIG");
    let timed = rest.trim_start_matches(['>', ' ']).starts_with(|c: char| c.is_ascii_digit());
    (known && timed && rest.contains("s]")).then_some(word)
}
