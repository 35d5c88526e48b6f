//! Frames of PHP: `#0 /app/src/Cart.php(12): Cart->add()`, and those of `PHPUnit`.

use super::{Frame, Language};

/// The frame on a line that begins with `#`.
pub(crate) fn frame(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix('#')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest[digits..].strip_prefix(' ')?;
    if digits == 0 {
        return None;
    }
    if let Some(call) = rest.strip_prefix("[internal function]: ") {
        return Some(Frame::new(Language::Php, arguments_off(call), "", 0));
    }
    let mark = rest.find("): ")?;
    let open = rest[..mark].rfind('(')?;
    let line = rest[open + 1..mark].parse().ok()?;
    Some(Frame::new(Language::Php, arguments_off(&rest[mark + 3..]), &rest[..open], line))
}

/// A line that is a place and nothing else, as `PHPUnit` prints them: `/app/tests/CartTest.php:15`.
pub(crate) fn bare(line: &str) -> Option<Frame<'_>> {
    let (file, number) = super::split_line(line);
    let is_file = super::is_path(file) && file.rsplit('.').next() == Some("php") && file.contains(['/', '\\']);
    (number > 0 && is_file).then(|| Frame::new(Language::Php, "", file, number))
}

fn arguments_off(call: &str) -> &str {
    call.find('(').map_or(call, |open| &call[..open])
}

/// The place at the end of `… in /app/src/Cart.php:12` or `… in /app/src/Cart.php on line 12`.
pub(crate) fn place(line: &str) -> Option<Frame<'_>> {
    let (_, rest) = line.rsplit_once(" in ")?;
    let (file, number) = match rest.split_once(" on line ") {
        Some((file, number)) => (file, number.trim_end_matches(['.', ':']).parse().ok()?),
        None => super::split_line(rest),
    };
    (number > 0 && file.contains(".php")).then(|| Frame::new(Language::Php, "", file, number))
}
