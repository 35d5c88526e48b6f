//! Frames of Python: `File "a.py", line 12, in f`.

use super::{Frame, Language};

/// The frame on a line that begins with `File "`.
pub(crate) fn frame(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix("File \"")?;
    let (file, rest) = rest.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let line = rest[..digits].parse().ok()?;
    let function = rest[digits..].strip_prefix(", in ").unwrap_or_default();
    Some(Frame::new(Language::Python, function, file, line))
}
