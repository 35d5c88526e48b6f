//! Frames of Ruby: ``cart.rb:12:in `add'``, with or without `from` and the gem in front. Elixir and Perl print alike.

use super::{Frame, Language};

/// The frame on a line.
pub(crate) fn frame(text: &str) -> Option<Frame<'_>> {
    let mark = text.find(":in ")?;
    let (place, rest) = (&text[..mark], &text[mark + 4..]);
    let (file, line) = place.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let rest = rest.strip_prefix(['`', '\''])?;
    let function = &rest[..rest.find('\'')?];
    // `actionpack (5.1.4) lib/a.rb`
    let file = match file.split_once(") ") {
        Some((gem, file)) if gem.contains(" (") => file,
        _ => file,
    };
    Some(Frame::new(Language::Ruby, function, file.trim(), line))
}

/// The place that minitest names with a test: `CartTest#test_total [test/cart_test.rb:7]:`.
pub(crate) fn asserted(text: &str) -> Option<Frame<'_>> {
    let (title, place) = text.strip_suffix("]:")?.split_once(" [")?;
    let (file, line) = place.rsplit_once(':')?;
    let named = title.contains('#') && !title.contains(' ') && file.rsplit('.').next() == Some("rb");
    named.then(|| Some(Frame::new(Language::Ruby, title, file, line.parse().ok()?)))?
}
