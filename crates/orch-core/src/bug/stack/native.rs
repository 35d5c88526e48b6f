//! Frames of C and C++: gdb, sanitizers and kernels.

use super::{Frame, Language, is_path, split_line};

/// `#1 0x4f in f(int) /src/a.c:1:2`, `#1  f (x=1) at a.c:12`, `#1 0x4f (lib.so+0x12)`, `#1 [<0x4f>] f+0x1/0x2`.
pub(crate) fn numbered(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix('#')?;
    // inlined functions are counted behind a dot
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    if digits == 0 || !rest[digits..].starts_with(' ') {
        return None;
    }
    let rest = rest[digits..].trim_start();
    if rest.starts_with("pc ") || rest.starts_with("[<") {
        return kernel(rest).or_else(|| super::crash::android(rest));
    }
    if let Some(android) = super::crash::android(rest) {
        return Some(android);
    }
    let after = match rest.strip_prefix("0x") {
        Some(address) => address.trim_start_matches(|c: char| c.is_ascii_hexdigit()).trim_start(),
        None => rest,
    };
    let after = after.strip_prefix("in ").unwrap_or(after);
    if after.is_empty() || after.starts_with('{') {
        return None;
    }
    // gdb
    if let Some((call, place)) = after.rsplit_once(" at ")
        && call.contains('(')
    {
        let (file, line) = split_line(place);
        return Some(Frame::new(Language::Native, call, file, line));
    }
    if let Some((call, module)) = after.rsplit_once(" from ")
        && call.contains('(')
    {
        return Some(Frame::new(Language::Native, call, module, 0));
    }
    // sanitizers: the last word is the place
    let (call, place) = split_place(after);
    if let Some(module) = place.strip_prefix('(').and_then(|module| module.strip_suffix(')')) {
        let module = module.split("+0x").next().unwrap_or(module);
        return Some(Frame::new(Language::Native, call, module, 0));
    }
    let (file, line) = split_line(place);
    Some(Frame::new(Language::Native, call, file, line))
}

/// Splits a call from the place behind it, of which a `BuildId` may be left.
fn split_place(text: &str) -> (&str, &str) {
    let text = text.find(" (BuildId:").map_or(text, |at| &text[..at]);
    // ` <libc.so>+0x1f`
    let text = match text.rsplit_once(" <") {
        Some((call, module)) if module.contains(">+0x") => call,
        _ => text,
    };
    if let Some((call, place)) = text.rsplit_once(' ') {
        let module = place.starts_with('(') && place.contains("+0x");
        let source = is_path(place)
            && !place.contains(['<', '(', ')', '*', '&'])
            && !place.contains("::")
            && (place.contains('/') || place.contains(':') || place.contains('.'));
        if module || (source && !place.starts_with("const")) {
            return (call, place);
        }
    } else if text.starts_with('(') {
        return ("", text);
    }
    (text, "")
}

/// `[<ffffffc00020dbcc>] dump_backtrace+0x0/0x258 traps.c:83`, `[<     inline     >] f a.c:15`, `[<f>] (f) from [<g>]`.
pub(crate) fn kernel(text: &str) -> Option<Frame<'_>> {
    let close = text.find(">]")?;
    if !text.starts_with("[<") {
        return None;
    }
    let rest = text[close + 2..].trim_start();
    let rest = rest.strip_prefix("? ").unwrap_or(rest);
    let rest = rest.strip_prefix('(').map_or(rest, |rest| rest.split(')').next().unwrap_or(rest));
    named(rest)
}

/// `f+0x1/0x2 a.c:12`, `f a.c:12`, `f+0x1/0x2 [module]`.
fn named(rest: &str) -> Option<Frame<'_>> {
    let (function, place) = rest.split_once(' ').unwrap_or((rest, ""));
    let place = place.trim();
    let (file, line) = split_line(place.split(' ').next().unwrap_or(place));
    let name = function.split('+').next().unwrap_or(function);
    let word = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$:".contains(&byte))
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let file = if file.starts_with('[') { "" } else { file };
    word.then(|| Frame::new(Language::Native, name, file, line))
}

/// `vpanic() at vpanic+0x1e0/frame 0xfff`, `f(1,2) at f+0x10 sys/a.c:12`: the BSD kernels.
pub(crate) fn called(text: &str) -> Option<Frame<'_>> {
    let (call, rest) = text.split_once(" at ")?;
    let open = call.find('(').filter(|_| call.ends_with(')'))?;
    let name = &call[..open];
    let place = rest.rsplit_once(':').filter(|_| !rest.contains('+')).map_or(rest, |(_, place)| place);
    let symbol = place.split('+').next()?;
    let symbol = symbol.rsplit(':').next().unwrap_or(symbol);
    if name.is_empty() || name.contains(' ') || symbol != name {
        return None;
    }
    // an inlined function stands before its file
    let mut words = rest.split(' ').skip(1).filter(|word| *word != "[inline]");
    let place = words.by_ref().last().filter(|word| word.contains(':') && !word.starts_with("0x")).unwrap_or_default();
    let (file, line) = split_line(place);
    Some(Frame::new(Language::Native, name, file, line))
}

/// ` f+0x10/0x20` on a line of its own, as Linux prints it; `? f+…` was found on the stack by chance.
pub(crate) fn offset(text: &str) -> Option<Frame<'_>> {
    let plus = text.find("+0x")?;
    let name = &text[..plus];
    let slash = text[plus + 3..].find('/')?;
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$".contains(&byte));
    let hex = text[plus + 3..plus + 3 + slash].bytes().all(|byte| byte.is_ascii_hexdigit());
    (word && hex && text[plus + slash..].contains("0x")).then(|| named(text))?
}

/// Whether a function only reports an error, or is in every stack, so that it says nothing about the bug.
pub(crate) fn is_machinery(function: &str) -> bool {
    const STARTS: [&str; 69] = [
        "panic",
        "rust_panic",
        "rust_begin_unwind",
        "core::panicking",
        "std::panicking",
        "std::rt::",
        "std::sys",
        "std::backtrace",
        "__rust_",
        "core::ops::function",
        "core::result::unwrap_failed",
        "core::option::",
        "test::",
        "alloc::",
        "std::thread",
        "abort",
        "raise",
        "gsignal",
        "__GI_",
        "__pthread_kill",
        "pthread_kill",
        "__assert",
        "__kasan",
        "kasan_",
        "__asan",
        "__sanitizer",
        "__interceptor",
        "__ubsan",
        "__msan",
        "__tsan",
        "print_address_description",
        "dump_stack",
        "__dump_stack",
        "show_stack",
        "dump_backtrace",
        "check_memory_region",
        "db_trace",
        "vpanic",
        "kdb_enter",
        "db_enter",
        "kdb_",
        "runtime.gopanic",
        "runtime.goexit",
        "runtime.panic",
        "runtime.sigpanic",
        "runtime.throw",
        "runtime.fatal",
        "_Unwind_",
        "__cxa_",
        "__gnu_cxx",
        "std::terminate",
        "std::__terminate",
        "RaiseException",
        "_CxxThrowException",
        "KiUser",
        "operator new",
        "operator delete",
        "malloc",
        "base::debug::",
        "logging::",
        "V8_Fatal",
        "_start",
        "__libc_start",
        "testing::",
        "fuzztest::",
        "boost::unit_test",
        "Catch::",
        "fuzzer::",
        "LLVMFuzzer",
    ];
    const WHOLE: [&str; 19] = [
        "free",
        "calloc",
        "realloc",
        "memcpy",
        "memmove",
        "memset",
        "strlen",
        "start_thread",
        "thread_start",
        "_pthread_start",
        "clone",
        "clone3",
        "assfail",
        "_assfail",
        "kasan_report",
        "warn_slowpath",
        "__warn",
        "report_bug",
        "trap",
    ];
    STARTS.iter().any(|start| function.starts_with(start)) || WHOLE.contains(&function)
}
