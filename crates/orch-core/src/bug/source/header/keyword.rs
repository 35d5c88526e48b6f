//! Headers of languages with a word for functions: Rust, Go, PHP, Kotlin, Swift.

use super::part::Part;
use super::part::Part::{Group, Sign, Word};
use super::{Found, path};

/// The name behind a word.
fn after<'t>(list: &[Part<'t>], word: &str) -> Option<&'t str> {
    list.windows(2).find_map(|pair| match pair {
        [first, Word(name)] if first.is_word(word) => Some(*name),
        _ => None,
    })
}

pub(super) fn rust(list: &[Part<'_>]) -> Found {
    if let Some(name) = after(list, "fn").filter(|name| !name.starts_with('$')) {
        return Found::Function(name.to_owned());
    }
    for (index, part) in list.iter().enumerate() {
        match part {
            Word("impl") => return Found::Type(implemented(&list[index + 1..])),
            Word("mod" | "trait" | "struct" | "enum" | "union") => {
                return match list.get(index + 1) {
                    Some(Word(name)) if !name.starts_with('$') => Found::Type((*name).to_owned()),
                    _ => Found::Other,
                };
            }
            Word("pub" | "unsafe" | "default" | "auto" | "const") | Group(..) | Sign(b'#' | b'!') => {}
            _ => break,
        }
    }
    Found::Other
}

/// The type that an `impl` is for, without its path and generics.
fn implemented(list: &[Part<'_>]) -> String {
    let mut name = "";
    for (index, part) in list.iter().enumerate() {
        match part {
            Word("for") if !list.get(index + 1).is_some_and(|next| next.is_group(b'<')) => name = "",
            Word("where") => break,
            Word("mut" | "dyn" | "const" | "for") => {}
            Word(_) if index > 0 && list[index - 1] == Sign(b'\'') => {}
            Word(word) => name = word,
            _ => {}
        }
    }
    name.to_owned()
}

pub(super) fn go(list: &[Part<'_>]) -> Found {
    let generic = |at: usize| if list.get(at).is_some_and(|part| part.is_group(b'[')) { "[...]" } else { "" };
    match list {
        [Word("func"), Word(name), ..] => Found::Function(format!("{name}{}", generic(2))),
        [Word("func"), Group(b'(', receiver), Word(name), ..] => {
            let (own, generic) = receiver.split_once('[').map_or((*receiver, ""), |(own, _)| (own, "[...]"));
            let pointer = own.contains('*');
            let own = own.rsplit([' ', '*']).find(|word| !word.is_empty()).unwrap_or_default();
            Found::Function(if pointer {
                format!("(*{own}{generic}).{name}")
            } else {
                format!("{own}{generic}.{name}")
            })
        }
        _ => Found::Other,
    }
}

pub(super) fn php(list: &[Part<'_>], around: Option<&Found>) -> Found {
    for (index, part) in list.iter().enumerate() {
        match part {
            Word("function") => {
                let name = match &list[index + 1..] {
                    [Word(name), ..] | [Sign(b'&'), Word(name), ..] if *name != "use" => *name,
                    _ => return Found::Other,
                };
                let sign = match around {
                    Some(Found::Type(_)) if list[..index].iter().any(|part| part.is_word("static")) => "::",
                    Some(Found::Type(_)) => "->",
                    _ => "",
                };
                return Found::Function(format!("{sign}{name}"));
            }
            Word("new") => return Found::Other,
            Word("class" | "interface" | "trait" | "enum") => {
                return match list.get(index + 1) {
                    Some(Word(name)) => Found::Type((*name).to_owned()),
                    _ => Found::Other,
                };
            }
            Word("namespace") => return Found::Space(path(&list[index + 1..], b'\\')),
            _ => {}
        }
    }
    Found::Other
}

pub(super) fn kotlin(list: &[Part<'_>]) -> Found {
    for (index, part) in list.iter().enumerate() {
        let behind = &list[index + 1..];
        match part {
            Word("fun") => {
                // `fun <T> List<T>.total(`
                let open = behind.iter().position(|part| part.is_group(b'('));
                return match open.and_then(|open| behind[..open].last()) {
                    Some(Word(name)) => Found::Function((*name).to_owned()),
                    _ => Found::Other,
                };
            }
            Word("class" | "interface" | "object") if index > 0 && list[index - 1] == Sign(b':') => {}
            Word("class" | "interface" | "object") => {
                return match behind.first() {
                    Some(Word(name)) => Found::Type((*name).to_owned()),
                    _ if index > 0 && list[index - 1].is_word("companion") => Found::Type("Companion".to_owned()),
                    _ => Found::Other,
                };
            }
            Word("init") if list.len() == 1 => return Found::Function("<init>".to_owned()),
            Word("constructor") if behind.first().is_some_and(|part| part.is_group(b'(')) => {
                return Found::Function("<init>".to_owned());
            }
            Sign(b'=') => break,
            _ => {}
        }
    }
    Found::Other
}

pub(super) fn swift(list: &[Part<'_>], around: Option<&Found>) -> Found {
    let member = matches!(around, Some(Found::Type(_)));
    for (index, part) in list.iter().enumerate() {
        let behind = &list[index + 1..];
        match part {
            Word("func") => {
                return match behind.first() {
                    Some(Word(name)) => Found::Function((*name).to_owned()),
                    _ => Found::Other,
                };
            }
            Word("class") if matches!(behind.first(), Some(Word("func" | "var" | "subscript"))) => {}
            Word("class" | "struct" | "enum" | "extension" | "protocol" | "actor") => {
                return Found::Type(path(behind, b'.'));
            }
            Word(name @ ("init" | "deinit" | "subscript")) if member => return Found::Function((*name).to_owned()),
            Word("var") if member && !list.contains(&Sign(b'=')) => {
                return match behind.first() {
                    Some(Word(name)) => Found::Function(format!("{name}.getter")),
                    _ => Found::Other,
                };
            }
            Sign(b'=') => break,
            _ => {}
        }
    }
    Found::Other
}
