//! Exceptions that end a program of Ruby. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};
use crate::bug::report::leading_class;
use crate::bug::stack::ruby;

/// `cart.rb:3:in 'add': no cart (RuntimeError)` and the callers below.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if text.ends_with("):") {
        return rails(lines, at);
    }
    if !text.contains(".rb:") {
        return None;
    }
    let (place, rest) = match text.split_once("': ") {
        Some((place, rest)) if ruby::frame(&text[..=place.len()]).is_some() => (place, rest),
        // at the top of a file
        _ => text.split_once(": ").filter(|(place, _)| crate::bug::stack::diagnostic::placed(place).is_some())?,
    };
    // the message may go on behind the class
    let open = rest.rfind(" (")?;
    let class = rest[open + 2..].strip_suffix(')')?;
    let called = lines.get(at + 1).is_some_and(|line| line.trimmed().starts_with("from "));
    let shaped = !class.is_empty()
        && class.starts_with(|c: char| c.is_ascii_uppercase())
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_'));
    if !shaped || !(called || leading_class(class).is_some()) || place.starts_with([' ', '\t']) {
        return None;
    }
    let to = until(lines, at + 1, 1000, |line| !line.trimmed().starts_with("from "));
    Some(Block::new(format!("{class}: {}", &rest[..open]), at, to))
}

/// `NoMethodError (undefined method ...):` and the frames below, as Rails logs it.
fn rails(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    let class = leading_class(text)?;
    let first = speaking(lines, at + 1, 3).filter(|_| text[class.len()..].starts_with(" ("))?;
    let is_frame = |line: &Line<'_>| ruby::frame(line.trimmed()).is_some();
    is_frame(&lines[first]).then(|| Block::new(text, at, until(lines, first, 1000, |line| !is_frame(line))))
}
