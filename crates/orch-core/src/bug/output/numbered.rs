//! The numbered reports of failed tests that `RSpec`, `PHPUnit` and minitest print alike. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};
use crate::bug::report::leading_class;
use crate::bug::stack::title;

/// The longest report, in lines.
const LONGEST: usize = 500;

/// `1) ` with the title of a test, what happened, and where.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let texts: Vec<&str> = lines[at..].iter().take(2).map(|line| line.text).collect();
    title::own_line(&texts)?;
    let next = until(lines, at + 1, LONGEST, |line| is_next(line.trimmed()));
    let first = speaking(lines, at + 1, 2)?;
    let text = lines[first].trimmed();
    let message = if let Some(code) = text.strip_prefix("Failure/Error:") {
        // an exception stands below the code with its class on a line of its own
        let raised = (first + 1..next).find(|line| is_class(lines[*line].trimmed()));
        let told = raised.and_then(|raised| Some((raised, speaking(&lines[..next], raised + 1, 2)?)));
        match told {
            Some((raised, told)) => format!("{} {}", lines[raised].trimmed(), lines[told].trimmed()),
            None => code.trim().to_owned(),
        }
    } else if texts[0].ends_with(") Failure:") || texts[0].ends_with(") Error:") {
        // minitest names the test on the line between
        lines[speaking(&lines[..next], first + 1, 2)?].trimmed().to_owned()
    } else {
        text.to_owned()
    };
    Some(Block::new(message, at, next).of_test(at, next))
}

/// `NoMethodError:` alone on a line.
fn is_class(text: &str) -> bool {
    text.strip_suffix(':').is_some_and(|name| leading_class(name) == Some(name))
}

/// Whether the next report begins on a line, or what the runner says in the end.
fn is_next(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    (digits > 0 && [") ", " examples, ", " example, ", " runs, ", " tests, "].iter().any(|mark| rest.starts_with(mark)))
        || ["Finished in ", "FAILURES!", "ERRORS!", "Failed examples:", "Tests: ", "--", "There w"]
            .iter()
            .any(|mark| text.starts_with(mark))
}
