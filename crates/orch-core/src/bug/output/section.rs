//! The reports that test runners print about one failed test each. Only says which runner's form is tried first.

use super::block::Block;
use super::line::{Line, until};
use super::{dotnet, go, javascript, native, numbered, python, rust, trace};

/// The report of a failed test that begins on a line, with the first error in it.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    match text.as_bytes().first()? {
        b'-' if text.starts_with("--- FAIL: ") => go::test(lines, at),
        b'-' => rust::cargo(lines, at),
        b'_' => python::pytest(lines, at),
        b'F' | b'E' if text.starts_with("FAIL: ") || text.starts_with("ERROR: ") => python::unittest(lines, at),
        b'F' if text.starts_with("Failed ") => dotnet::test(lines, at),
        b'F' if text.starts_with("FAIL ") => rust::nextest(lines, at).or_else(|| javascript::vitest(lines, at)),
        b'c' | b's' => printed(lines, at),
        b'0'..=b'9' => numbered::look(lines, at).or_else(|| javascript::mocha(lines, at)),
        b'n' if text.starts_with("not ok ") => javascript::tap(lines, at),
        b'[' if text.starts_with("[ RUN      ] ") => native::gtest(lines, at),
        _ if text.starts_with("● ") => javascript::jest(lines, at),
        _ if text.starts_with("✖ ") => javascript::node(lines, at),
        _ if text.ends_with(" FAILED") && text.contains(" > ") => gradle(lines, at),
        _ => None,
    }
}

/// `CartTest > adds() FAILED` and the exception below.
fn gradle(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let below = lines.get(at + 1)?;
    // `java.lang.NullPointerException at CartTest.java:19`
    let short = || {
        let (class, _) = below.trimmed().split_once(" at ").filter(|(class, _)| trace::named(class) == Some(class))?;
        Some(Block::new(class, at + 1, at + 2))
    };
    let block = trace::look(lines, at + 1).or_else(short)?;
    let next = block.next;
    Some(block.of_test(at, next))
}

/// What a test printed is no error, unless it failed: `console.error` of Jest, `stderr | src/a.test.ts > cart` of Vitest.
fn printed(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let line = &lines[at];
    let text = line.trimmed();
    let end = if text.starts_with("console.") && line.indent() > 0 && !text.contains(['(', ' ']) {
        until(lines, at + 1, 2000, |below| !below.text.is_empty() && below.indent() <= line.indent())
    } else if (text.starts_with("stderr | ") || text.starts_with("stdout | ")) && text.contains(" > ") {
        until(lines, at + 1, 2000, |below| below.text.is_empty())
    } else {
        return None;
    };
    Some(Block::skip(at, end))
}
