//! Fatal errors of PHP. Parses no frames.

use super::block::Block;
use super::line::{Line, until};
use crate::bug::stack::php;

/// `PHP Fatal error:  Uncaught Exception: x in /app/a.php:3` and its frames; one that cannot be compiled.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let text = text.strip_prefix("PHP ").unwrap_or(text);
    let message = ["Fatal error: ", "Parse error: ", "Catchable fatal error: ", "Recoverable fatal error: "]
        .iter()
        .find_map(|start| text.strip_prefix(start))?
        .trim_start();
    let place = php::place(message).or_else(|| php::place(lines.get(at + 1)?.text));
    place?;
    let message = message.strip_prefix("Uncaught ").unwrap_or(message);
    let message = message.rsplit_once(" in ").map_or(message, |(message, _)| message.trim_end_matches(','));
    let traced = lines.get(at + 1).is_some_and(|line| line.text.starts_with("Stack trace:"));
    let to = if traced {
        let of_trace =
            |text: &str| text.starts_with('#') || text.starts_with("Next ") || text.starts_with("Stack trace:");
        let end = until(lines, at + 2, 1000, |line| !line.text.is_empty() && !of_trace(line.text));
        end + usize::from(lines.get(end).is_some_and(|line| line.trimmed().starts_with("thrown in ")))
    } else {
        at + 1
    };
    Some(Block::new(message, at, to))
}
