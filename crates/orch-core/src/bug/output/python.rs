//! Tracebacks of Python, and the reports of pytest and unittest. Parses no frames.

use std::collections::HashSet;

use super::block::{Block, Kind};
use super::line::{Line, details, speaking, until};
use crate::bug::report::leading_class;
use crate::bug::stack::title;

const TRACEBACK: &str = "Traceback (most recent call last):";

/// A traceback with all of its chain, or a file that cannot be compiled.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    if text.ends_with(TRACEBACK) {
        return traceback(lines, at);
    }
    if text.starts_with("File \"") {
        return syntax(lines, at);
    }
    summary(lines, at)
}

fn traceback(lines: &[Line<'_>], from: usize) -> Option<Block> {
    let mut at = from;
    loop {
        let grouped = lines[at].text.contains("Exception Group Traceback");
        let (raised, end) = raised(lines, at, grouped)?;
        let more = speaking(lines, end, 3).filter(|more| {
            let text = lines[*more].trimmed();
            text.starts_with("During handling of the above exception")
                || text.starts_with("The above exception was the direct cause")
        });
        let above = more.and_then(|more| speaking(lines, more + 1, 3));
        match above.filter(|above| lines[*above].text.ends_with(TRACEBACK)) {
            Some(above) => at = above,
            None => return Some(Block::new(bare(lines[raised].text), from, end)),
        }
    }
}

/// The line that names the exception, and the one behind what belongs to it.
fn raised(lines: &[Line<'_>], header: usize, grouped: bool) -> Option<(usize, usize)> {
    let column = column(lines[header].text);
    if column > 200 {
        return None;
    }
    let deeper = |line: &Line<'_>| line.text.is_empty() || bare(line.text).starts_with([' ', '\t']);
    let raised = if grouped {
        let reach = |line: &Line<'_>| line.trimmed().starts_with("| ") && !deeper(line);
        until(lines, header + 1, 1000, |line| reach(line) || !line.trimmed().starts_with('|'))
    } else {
        // loguru marks the frame that caught it
        let marked = |line: &Line<'_>| line.text.starts_with("> File \"");
        until(lines, header + 1, 1000, |line| !line.text.is_empty() && line.indent() <= column && !marked(line))
    };
    let line = lines.get(raised)?;
    let inside = if grouped { !line.trimmed().starts_with("| ") } else { line.indent() > column };
    if raised == header + 1 || line.text.is_empty() || inside || !is_exception(bare(line.text)) {
        return None;
    }
    let end = if grouped {
        until(lines, raised + 1, 1000, |line| !line.trimmed().starts_with(['|', '+']))
    } else {
        details(lines, raised + 1)
    };
    Some((raised, end))
}

/// Whether a line begins with the name of a class; that of a level is none.
fn is_exception(text: &str) -> bool {
    let name = text.split_once(": ").map_or(text.trim_end_matches(':'), |(name, _)| name);
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'<' | b'>') || !byte.is_ascii();
    !name.is_empty() && name.bytes().all(word) && name.bytes().any(|byte| !byte.is_ascii_uppercase())
}

/// Where the header of a traceback stands; behind a logger's words it stands at the start.
fn column(text: &str) -> usize {
    let indent = text.len() - text.trim_start().len();
    if text.trim_start().starts_with("Traceback") { indent } else { 0 }
}

/// Without the rules that a group of exceptions has in front.
fn bare(text: &str) -> &str {
    text.trim_start().strip_prefix("| ").unwrap_or(text)
}

/// `  File "a.py", line 1`, the code, and `SyntaxError: …`.
fn syntax(lines: &[Line<'_>], from: usize) -> Option<Block> {
    let raised = until(lines, from + 1, 5, |line| line.indent() == 0);
    let text = lines.get(raised)?.text;
    (raised > from + 1 && leading_class(text)?.ends_with("Error")).then(|| Block::new(text, from, raised + 1))
}

/// `FAILED tests/a.py::test_b - AssertionError: …` of pytest's summary.
fn summary(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let line = lines[at].text;
    let rest = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "))?;
    let (title, message) = rest.split_once(" - ")?;
    let named = title.contains(".py::") || (title.strip_suffix(".py").is_some() && !title.contains(' '));
    named.then(|| Block { kind: Kind::Summary, ..Block::new(message, at, at + 1) })
}

/// Whether the report of the test that a line of the summary names was told.
pub(super) fn told(summary: &str, titles: &HashSet<String>) -> bool {
    let rest = summary.split_once(' ').map_or(summary, |(_, rest)| rest);
    let test = rest.split(" - ").next().unwrap_or(rest);
    let Some((_, name)) = test.split_once("::") else {
        return titles.contains(&format!("ERROR collecting {test}"));
    };
    let name = name.replace("::", ".");
    let last = name.rsplit('.').next().unwrap_or(&name);
    titles.contains(&name)
        || ["setup", "teardown"].iter().any(|step| {
            titles.contains(&format!("ERROR at {step} of {last}"))
                || titles.contains(&format!("ERROR at {step} of {name}"))
        })
}

/// The report of a test of pytest: `____ test_a ____` and all up to the next.
pub(super) fn pytest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let is_title = |line: &Line<'_>| line.text.starts_with("___") && title::of(line.text).is_some();
    if !is_title(&lines[at]) {
        return None;
    }
    let rule = |text: &str, mark: &str| text.starts_with(mark) && text.ends_with(mark);
    let next = until(lines, at + 1, 20_000, |line| is_title(line) || rule(line.text, "===="));
    let to = until(lines, at + 1, next - at - 1, |line| rule(line.text, "----") && line.text.contains(" Captured "));
    // the last group of lines with an `E` is about the outermost error
    let is_error = |line: usize| lines[line].text == "E" || lines[line].text.starts_with("E   ");
    let last = (at + 1..to).rev().find(|line| is_error(*line));
    let block = match last {
        Some(last) => {
            let first = (at + 1..last).rev().find(|line| !is_error(*line)).map_or(last, |before| before + 1);
            Block::new(lines[first].text.trim_start_matches('E').trim(), at, to)
        }
        None => (at + 1..to).find_map(|line| look(&lines[..to], line))?,
    };
    Some(block.of_test(at, next))
}

/// The report of a test of unittest: `FAIL: test_a (cart.T)` between two rules.
pub(super) fn unittest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if !(text.starts_with("FAIL: ") || text.starts_with("ERROR: ")) || !is_rule(lines.get(at + 1)?, "-----") {
        return None;
    }
    let next = until(lines, at + 2, 20_000, |line| is_rule(line, "=====") || is_rule(line, "-----"));
    let block = (at + 2..next).find_map(|line| look(&lines[..next], line))?;
    Some(block.of_test(at, next))
}

fn is_rule(line: &Line<'_>, mark: &str) -> bool {
    line.text.starts_with(mark) && line.text.trim_matches(['-', '=']).is_empty()
}
