//! The name of a function as compilers and run-times of any version print it alike. Knows no files.

/// The name without arguments, generics, offsets, counters and hashes.
pub(crate) fn name(raw: &str) -> String {
    let mut raw = raw.trim();
    for start in ["async ", "new ", "static ", "void ", "bound ", "rb_"] {
        if start != "rb_" {
            raw = raw.strip_prefix(start).unwrap_or(raw);
        }
    }
    // ` [as alias]`, ` [clone .cold]`, ` [inlined]`
    let raw = raw.find(" [").map_or(raw, |at| &raw[..at]);
    let raw = blocks(raw);
    let raw = raw.split("@@").next().unwrap_or(raw);
    let raw = raw.strip_suffix("@plt").unwrap_or(raw);
    let raw = raw.strip_suffix(".cfi").unwrap_or(raw);
    // what a compiler adds to the name of a file-local function
    let raw = match raw.rsplit_once('$') {
        Some((name, hash)) if hash.len() >= 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => raw,
    };
    let mut out = without_brackets(raw);
    offset(&mut out);
    counters(&mut out);
    out
}

/// Ruby's `block (2 levels) in call`, `rescue in call`.
fn blocks(raw: &str) -> &str {
    let words = ["block ", "rescue in ", "ensure in "];
    if words.iter().any(|word| raw.starts_with(word))
        && let Some((_, inner)) = raw.rsplit_once(" in ")
    {
        return inner;
    }
    raw
}

/// Drops `<…>` and `(…)`, but not what is itself the name: `<anonymous>`, `<module>`, `operator()`, `(*T)`.
fn without_brackets(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut depth = 0_usize;
    let bytes = raw.as_bytes();
    let mut chars = raw.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '<' => {
                let rest = &raw[at..];
                let kept = [
                    "<anonymous",
                    "<module>",
                    "<lambda>",
                    "<init>",
                    "<clinit>",
                    "<listcomp>",
                    "<genexpr>",
                    "<dictcomp>",
                    "<main>",
                    "<top (required)>",
                    "<unknown>",
                ]
                .iter()
                .find(|name| rest.starts_with(**name));
                if depth == 0
                    && let Some(name) = kept
                {
                    out.push_str(name);
                    for _ in 1..name.len() {
                        chars.next();
                    }
                    continue;
                }
                if depth == 0 && rest.starts_with("(anonymous namespace)") {
                    for _ in 1.."(anonymous namespace)".len() {
                        chars.next();
                    }
                    out.push_str("anonymous");
                    continue;
                }
                // Go's `(*Server).serve`, Rust's `<T as Trait>::call`
                let receiver = rest.starts_with("(*") && rest.contains(").");
                let operator = out.ends_with("operator") || out.ends_with("operator<") || out.ends_with("operator-");
                if depth == 0 && (receiver || operator) {
                    if operator {
                        out.push(c);
                    }
                    continue;
                }
                if depth == 0 && at == 0 && c == '<' {
                    // a name in brackets of its own
                    continue;
                }
                depth += 1;
            }
            ')' | '>' => {
                if depth > 0 && !(c == '>' && at > 0 && bytes[at - 1] == b'-') {
                    depth -= 1;
                } else if depth == 0 && out.ends_with("operator(") {
                    out.push(c);
                }
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    // ` const` behind a method's arguments, and the type that it gives
    let mut name = out.trim();
    name = name.strip_suffix(" const").unwrap_or(name);
    name.replace("::::", "::")
}

/// Drops `+0x1f/0x40`, ` + 120`.
fn offset(out: &mut String) {
    if let Some(at) = out.rfind('+')
        && out[at + 1..].trim().bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x' || byte == b'/')
        && out[at + 1..].trim().starts_with(|c: char| c.is_ascii_digit())
    {
        out.truncate(at);
    }
    out.truncate(out.trim_end().len());
}

/// Drops what compilers count: closures, lambdas, hashes, clones.
fn counters(out: &mut String) {
    // Rust: `::h0123456789abcdef`
    if out.len() > 19
        && let Some(at) = out.rfind("::h")
        && at + 19 == out.len()
        && out[at + 3..].bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        out.truncate(at);
    }
    loop {
        let before = out.len();
        for closure in ["::{{closure}}", "::{closure#0}", "::{{vtable.shim}}", "{{closure}}"] {
            if let Some(name) = out.strip_suffix(closure) {
                out.truncate(name.len());
            }
        }
        if out.ends_with('}')
            && let Some(at) = out.rfind("::{closure")
        {
            out.truncate(at);
        }
        // `.func1.2` of Go, `.cold.3` and `.constprop.0` of gcc, `$1` and `$lambda$0` of the JVM, `.llvm.123`
        let digits = out.bytes().rev().take_while(u8::is_ascii_digit).count();
        let cut = out.len() - digits;
        if digits > 0 && cut > 0 {
            let head = &out[..cut];
            let counted = [
                ".func",
                ".cold.",
                ".constprop.",
                ".isra.",
                ".part.",
                ".llvm.",
                "$lambda$",
                "-lambda-",
                ".gowrap",
                ".deferwrap",
                "#",
                "__",
                "$",
            ]
            .iter()
            .find(|mark| head.ends_with(**mark));
            if let Some(mark) = counted {
                let mark = if *mark == ".func" { cut } else { cut - mark.len() };
                out.truncate(if mark == cut { cut - ".func".len() } else { mark });
            } else if head.ends_with('.') && (head.contains(".func") || head.ends_with("anonymous.")) {
                out.truncate(cut - 1);
            }
        }
        for end in [".cold", ".func", "$lambda"] {
            if let Some(name) = out.strip_suffix(end)
                && !name.is_empty()
            {
                out.truncate(name.len());
            }
        }
        if out.len() == before {
            break;
        }
    }
}
