//! Frames of .NET: `at Acme.Shop.Cart.Add(Item item) in C:\src\Cart.cs:line 12`.

use super::{Frame, Language};

/// The frame behind `at `.
pub(crate) fn frame(rest: &str) -> Option<Frame<'_>> {
    if let Some((method, place)) = rest.rsplit_once(" in ") {
        let (file, line) = match place.rsplit_once(":line ") {
            Some((file, line)) => (file, line.trim().parse().unwrap_or(0)),
            // Mono
            None => place.rsplit_once(':').map(|(file, line)| (file, line.trim().parse().unwrap_or(0)))?,
        };
        let file = if file.starts_with('<') { "" } else { file };
        let method = method.find(" [0x").map_or(method, |at| &method[..at]);
        if !method.contains('(') {
            return None;
        }
        return Some(Frame::new(Language::DotNet, method, file, line));
    }
    // `at System.Int32.Parse(String s)`, but `f (a.js:1:2)` is JavaScript
    let open = rest.find('(')?;
    let name = &rest[..open];
    let inner = rest[open + 1..].strip_suffix(')')?;
    let typed = inner.is_empty() || (inner.contains(' ') && !inner.contains("://") && !inner.starts_with("eval at"));
    let dotted = name.contains('.')
        && !name.ends_with(' ')
        && !name.contains('/')
        && name.starts_with(|c: char| c.is_ascii_uppercase());
    (typed && dotted).then(|| Frame::new(Language::DotNet, rest, "", 0))
}

/// Whether a method is of the platform.
pub(crate) fn is_foreign(function: &str) -> bool {
    ["System.", "Microsoft.", "Xunit.", "NUnit.", "Newtonsoft.", "Npgsql.", "MySql.", "Mono."]
        .iter()
        .any(|package| function.starts_with(package))
}

/// The method that a compiler-made name stands for: `<Run>d__3.MoveNext`, `<>c__DisplayClass0_0.<Run>b__0`.
pub(crate) fn name(function: &str) -> String {
    let head = function.split('(').next().unwrap_or(function);
    let mut out = String::with_capacity(head.len());
    let mut parts = head.split(['.', '+']).filter(|part| !part.starts_with("<>c")).peekable();
    while let Some(part) = parts.next() {
        if part == "MoveNext" && parts.peek().is_none() && !out.is_empty() {
            break;
        }
        let made = part.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
        let part = made.unwrap_or(part).split(['`', '[', '<']).next().unwrap_or(part);
        if part.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(part);
    }
    out.trim().to_owned()
}
