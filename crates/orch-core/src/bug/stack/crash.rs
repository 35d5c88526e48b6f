//! Frames of native crash logs: macOS and iOS, Android tombstones, Windows, minidumps.

use super::{Frame, Language, split_line};

/// `pc 0001a43c  /system/lib/libc.so (abort+12)`, behind the frame's number.
pub(crate) fn android(rest: &str) -> Option<Frame<'_>> {
    let rest = rest.strip_prefix("pc ")?;
    let address = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == 'x');
    let rest = address.trim_start();
    let (module, symbol) = match rest.split_once(" (") {
        Some((module, symbol)) => {
            (module, symbol.split_once(") (BuildId").map_or_else(|| symbol.trim_end_matches(')'), |(symbol, _)| symbol))
        }
        None => (rest, ""),
    };
    let symbol = if symbol.starts_with("BuildId") || symbol.starts_with("offset") { "" } else { symbol };
    Some(Frame::new(Language::Native, symbol, module, 0))
}

/// `0   libsystem_kernel.dylib  0x00007fff __pthread_kill + 10`, `0  app!f(int) [a.cc : 12 + 0x3]`.
pub(crate) fn numbered(text: &str) -> Option<Frame<'_>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    if digits == 0 || digits > 4 || !rest.starts_with(' ') {
        return None;
    }
    let rest = rest.trim_start();
    if let Some((module, symbol)) = rest.split_once('!')
        && !module.contains(' ')
    {
        if let Some((function, place)) = symbol.split_once(" [") {
            let file = place.split(" : ").next().unwrap_or(place);
            let line =
                place.split(" : ").nth(1).and_then(|line| line.split(' ').next()).and_then(|line| line.parse().ok());
            return Some(Frame::new(Language::Native, function, file, line.unwrap_or(0)));
        }
        let function = symbol.split(" + 0x").next().unwrap_or(symbol);
        return Some(Frame::new(Language::Native, function, module, 0));
    }
    let at = rest.find(" 0x")?;
    let (module, after) = (rest[..at].trim_end(), &rest[at + 3..]);
    let (_, symbol) = after.split_once(' ')?;
    let (symbol, place) = match symbol.rsplit_once(" (") {
        Some((symbol, place)) if place.ends_with(')') && place.contains(':') => (symbol, place.trim_end_matches(')')),
        _ => (symbol, ""),
    };
    let symbol = symbol.rsplit_once(" + ").map_or(symbol, |(symbol, _)| symbol);
    // without symbols only the load address is told
    let symbol = if symbol.starts_with("0x") { "" } else { symbol };
    let (file, line) = split_line(place);
    Some(Frame::new(Language::Native, symbol, if file.is_empty() { module } else { file }, line))
}

/// `0xffffffb064dae750 : 0xffffff801daa0d75 mach_kernel : _panic + 0x54`.
pub(crate) fn darwin_kernel(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix("0x")?;
    let (_, rest) = rest.split_once(" : 0x")?;
    let (_, rest) = rest.split_once(' ')?;
    let (module, symbol) = rest.split_once(" : ")?;
    let symbol = symbol.split(" + ").next().unwrap_or(symbol);
    Some(Frame::new(Language::Native, symbol.trim_start_matches('_'), module, 0))
}

/// `ntdll!RtlUserThreadStart+0x21`, `/lib/a.so(f+0x12) [0x7f]`.
pub(crate) fn module(text: &str) -> Option<Frame<'_>> {
    // `base::Run() [0x13d6753]`
    if let Some((call, address)) = text.rsplit_once(" [0x")
        && let Some(name) = call.strip_suffix("()")
        && address.ends_with(']')
        && !name.contains([' ', '('])
    {
        return Some(Frame::new(Language::Native, name, "", 0));
    }
    if let Some(open) = text.find('(')
        && let Some(close) = text.rfind(") [0x")
        && open < close
        && !text[..open].contains(' ')
    {
        let symbol = text[open + 1..close].split("+0x").next().unwrap_or_default();
        return Some(Frame::new(Language::Native, symbol, &text[..open], 0));
    }
    let plus = text.rfind("+0x")?;
    let (module, symbol) = text[..plus].rsplit_once('!')?;
    let module = module.rsplit(' ').next().unwrap_or(module);
    let word = !module.is_empty() && module.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    (word && !symbol.contains(' ')).then(|| Frame::new(Language::Native, symbol, module, 0))
}
