//! What linkers do not find. Knows nothing of compilers.

use super::block::Block;
use super::line::Line;

/// A symbol or a library that a linker does not find, or finds twice.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if let Some(message) = missing(text) {
        // the function is named above
        let function = at > 0 && lines[at - 1].text.contains(": in function `");
        let below = lines[at + 1..].iter().take(8).take_while(|line| line.trimmed().starts_with(">>>")).count();
        return Some(Block { next: at + 1 + below, ..Block::new(message, at - usize::from(function), at + 1 + below) });
    }
    if !text.starts_with("Undefined symbols for architecture ") {
        return None;
    }
    let below = lines[at + 1..].iter().take(32).take_while(|line| line.text.starts_with("  ")).count();
    let symbol = lines.get(at + 1)?.trimmed().split("\", referenced").next()?.trim_start_matches('"');
    Some(Block::new(format!("undefined symbol: {symbol}"), at, at + 1 + below))
}

/// ``a.c:(.text+0x5): undefined reference to `f'``, `ld.lld: error: undefined symbol: f`, `ld: cannot find -lfoo`.
pub(super) fn missing(text: &str) -> Option<&str> {
    if let Some(at) = text.find("undefined reference to `").or_else(|| text.find("multiple definition of `")) {
        let linked = text[..at].ends_with(": ") || at == 0;
        return linked.then(|| text[at..].split("; ").next().unwrap_or(&text[at..]));
    }
    if let Some(at) = text.find("lld: error: undefined symbol: ") {
        return Some(&text[at + "lld: error: ".len()..]);
    }
    let at = text.find("ld: cannot find ")?;
    let message = &text[at + "ld: ".len()..];
    Some(message.split(": No such").next().unwrap_or(message))
}
