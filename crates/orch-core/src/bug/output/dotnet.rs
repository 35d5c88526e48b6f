//! The reports of `dotnet test`. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};

/// `  Failed Shop.CartTests.Adds [12 ms]`, `Error Message:`, and `Stack Trace:`.
pub(super) fn test(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let below = lines.get(at + 1)?;
    if below.trimmed() != "Error Message:" || !lines[at].text.ends_with(']') {
        return None;
    }
    let first = speaking(lines, at + 2, 2)?;
    let starts =
        |line: &Line<'_>| ["Failed ", "Passed ", "Skipped "].iter().any(|word| line.trimmed().starts_with(word));
    let next = until(lines, first, 2000, |line| starts(line) || line.text.is_empty());
    Some(Block::new(lines[first].trimmed(), at, next).of_test(at, next))
}
