//! The whole name of a function out of the blocks that it is in, as stack traces of the language write it.

use super::Syntax;
use super::braces::Scope;
use super::header::Found;

/// The name of the function that is open, if one is.
pub(super) fn function(syntax: Syntax, file_name: &str, package: &str, scopes: &[Scope]) -> Option<String> {
    let is_function = |scope: &Scope| scope.found.is_function();
    // where functions in functions have no names the outermost one has its name
    let at = if syntax.nests() { scopes.iter().rposition(is_function) } else { scopes.iter().position(is_function) }?;
    let Found::Function(name) = &scopes[at].found else { return None };
    let around: Vec<&str> = scopes[..at].iter().filter_map(|scope| named(syntax, &scope.found)).collect();
    let mut out = match syntax {
        Syntax::Rust => module(file_name),
        Syntax::Java | Syntax::Go | Syntax::Php | Syntax::CSharp => package.to_owned(),
        Syntax::Kotlin => {
            let file = around.is_empty().then(|| file_class(file_name));
            [package, &file.unwrap_or_default()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(".")
        }
        // what it is called says already what it is called on
        Syntax::JavaScript => return Some(name.clone()),
        _ => String::new(),
    };
    let (inner, last) = match syntax {
        Syntax::Rust | Syntax::Native => ("::", "::"),
        Syntax::Java | Syntax::Kotlin => ("$", "."),
        Syntax::Php => ("\\", "\\"),
        _ => (".", "."),
    };
    for (index, part) in around.iter().enumerate() {
        if !out.is_empty() {
            out.push_str(if index == 0 { last } else { inner });
        }
        out.push_str(part);
    }
    // a method of PHP brings its own sign
    if !out.is_empty() && !name.starts_with("->") && !name.starts_with("::") {
        out.push_str(last);
    }
    out.push_str(name);
    Some(out)
}

/// What a block adds to the names of the functions in it.
fn named(syntax: Syntax, found: &Found) -> Option<&str> {
    let name = match found {
        Found::Function(name) if syntax == Syntax::Rust => name,
        Found::Type(name) | Found::Space(name) => name,
        _ => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// The crate and the module of a Rust file: `crates/shop/src/cart.rs` is `shop::cart`. The crate's own folder is not
/// known of `src/cart.rs`, nor of a path from the root of a machine.
fn module(file_name: &str) -> String {
    let path = file_name.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let local = !path.starts_with('/') && !path.contains(':');
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    let tree = parts.iter().rposition(|part| matches!(*part, "src" | "tests" | "benches" | "examples"));
    let Some(tree) = tree else { return String::new() };
    let mut out: Vec<String> = Vec::new();
    let mut inner = &parts[tree + 1..];
    if parts[tree] != "src" || inner.first() == Some(&"bin") {
        // each file is a crate of its own
        inner = if parts[tree] == "src" { &inner[1..] } else { inner };
    } else if tree > 0 && local {
        out.push(parts[tree - 1].replace('-', "_"));
    }
    for (index, part) in inner.iter().enumerate() {
        let last = index + 1 == inner.len();
        if !(last && matches!(*part, "lib" | "main" | "mod")) {
            out.push(part.replace('-', "_"));
        }
    }
    out.join("::")
}

/// The class that Kotlin makes for the functions of a file: `CartKt`.
fn file_class(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let name = name.split('.').next().unwrap_or(name);
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}Kt", first.to_ascii_uppercase(), chars.as_str()))
}
