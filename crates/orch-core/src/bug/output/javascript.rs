//! What node prints about a value that is no error, and the reports of Jest, Vitest, Mocha and node's own test runner.

use super::block::Block;
use super::line::{Line, speaking, until};
use super::trace;
use crate::bug::stack::title;

/// `throw "text"`: node shows the place above and a hint below.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    if !lines[at].text.starts_with("(Use `node --trace-uncaught") || at == 0 {
        return None;
    }
    Some(Block::new(lines[at - 1].text, at.saturating_sub(4), at))
}

/// `● cart › adds` and all up to the next.
pub(super) fn jest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let name = title::of(lines[at].text)?;
    if name == "Console" || name.ends_with(':') || name.ends_with("Warning") {
        return None;
    }
    let margin = lines[at].indent() == 0;
    let ends = |line: &Line<'_>| {
        line.trimmed().starts_with("● ")
            || line.text.starts_with("Test Suites: ")
            || (!margin && line.indent() == 0 && !line.text.is_empty())
    };
    report(lines, at, until(lines, at + 1, 5000, ends))
}

/// ` FAIL  src/a.test.ts > cart > adds` and all up to the next rule.
pub(super) fn vitest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let is_title = |line: &Line<'_>| line.trimmed().starts_with("FAIL  ");
    // one error may be told for several tests
    if !is_title(&lines[at]) || lines.get(at + 1).is_some_and(is_title) {
        return None;
    }
    let next = until(lines, at + 1, 5000, |line| is_title(line) || line.text.starts_with("⎯⎯⎯"));
    report(lines, at, next)
}

/// `✖ adds (1.2ms)`, and the error below.
pub(super) fn node(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let indent = lines[at].indent();
    let deeper = lines.get(at + 1).is_some_and(|line| line.indent() > indent);
    let next = until(lines, at + 1, 5000, |line| !line.text.is_empty() && line.indent() <= indent);
    let error = trace::look(&lines[..next], at + 1).filter(|_| deeper)?;
    Some(Block { from: at, ..error.of_test(at, next) })
}

/// `not ok 1 - adds`, and what the error is between `---` and `...`.
pub(super) fn tap(lines: &[Line<'_>], at: usize) -> Option<Block> {
    title::of(lines[at].text)?;
    if lines.get(at + 1)?.trimmed() != "---" {
        return None;
    }
    let next = until(lines, at + 1, 500, |line| line.trimmed() == "..." || line.trimmed().starts_with("not ok "));
    let field = |name: &str| (at + 2..next).find(|line| lines[*line].trimmed().starts_with(name));
    // a suite fails because of its tests
    if field("failureType: 'subtestsFailed'").is_some() {
        return None;
    }
    let error = field("error: ").or_else(|| field("message: "))?;
    let value = lines[error].trimmed().split_once(": ").map_or("", |(_, value)| value);
    let message = if value.starts_with('|') {
        speaking(lines, error + 1, 4).map_or("", |line| lines[line].trimmed())
    } else {
        value.trim_matches(['\'', '"'])
    };
    Some(Block::new(message, at, next).of_test(at, next + 1))
}

/// `1) cart`, below it `adds:`, and the error.
pub(super) fn mocha(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let texts: Vec<&str> = lines[at..].iter().take(8).map(|line| line.text).collect();
    let titled = at + title::mocha_end(&texts)?;
    let error = speaking(lines, titled + 1, 3)?;
    let frame = until(lines, error, 60, |line| line.trimmed().starts_with("at "));
    let end = if frame < lines.len().min(error + 60) {
        trace::end(lines, frame)
    } else {
        until(lines, error, 60, |line| line.text.is_empty())
    };
    Some(Block::new(lines[error].trimmed(), at, end).of_test(at, end))
}

/// The report of a test whose first line says what happened.
fn report(lines: &[Line<'_>], at: usize, next: usize) -> Option<Block> {
    let first = speaking(&lines[..next], at + 1, 8)?;
    Some(Block::new(lines[first].trimmed(), at, next).of_test(at, next))
}
