//! Frames of Rust: `3: shop::cart::add`, and below it `at ./src/cart.rs:12:5`.

use super::{Frame, Language, split_line};

/// The frame that begins on a line with its number.
pub(crate) fn frame<'t>(text: &'t str, next: &'t str) -> Option<Frame<'t>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].strip_prefix(": ")?.trim_start();
    // ` 0x55d0 - shop::cart::add`
    let function = match rest.strip_prefix("0x") {
        Some(address) => address.split_once(" - ").map(|(_, name)| name)?,
        None => rest,
    };
    let below = next.trim_start();
    let place = below.strip_prefix("at ").map(split_line).filter(|(_, line)| *line > 0);
    let name = function.contains("::")
        || place.is_some()
        || function.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !name || function.is_empty() || function.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (file, line) = place.unwrap_or_default();
    Some(Frame::new(Language::Rust, function, file, line))
}
