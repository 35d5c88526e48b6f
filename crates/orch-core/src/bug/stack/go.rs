//! Frames of Go: `main.serve(0xc000, 0x1)`, and below it `/src/main.go:12 +0x1d`.

use super::{Frame, Language, split_line};

/// The frame that begins on a line with its function.
pub(crate) fn frame<'t>(line: &'t str, next: &'t str) -> Option<Frame<'t>> {
    let below = next.trim_start();
    let indented = next.len() > below.len();
    let place = below.split(" +0x").next().unwrap_or(below).trim_end();
    let (file, number) = split_line(place);
    let source = matches!(file.rsplit_once('.'), Some((_, "go" | "s" | "c")));
    if number == 0 || !source {
        return None;
    }
    let text = line.trim();
    // under a logger's stamps the indent may be lost
    if !indented && !below.contains(" +0x") {
        return None;
    }
    if let Some(function) = text.strip_prefix("created by ") {
        let function = function.split(" in goroutine").next().unwrap_or(function);
        return Some(Frame::new(Language::Go, function, file, number));
    }
    let open = arguments(text)?;
    Some(Frame::new(Language::Go, &text[..open], file, number))
}

/// Where the arguments of a call begin.
fn arguments(text: &str) -> Option<usize> {
    if !text.ends_with(')') || text.contains(": ") {
        return None;
    }
    let open = text.rfind('(')?;
    (open > 0 && !text[..open].contains(' ')).then_some(open)
}
