//! Headers of languages whose functions are told by their form, `type name(…)`: C, C++, Java, C#.

use super::part::Part;
use super::part::Part::{Group, Sign, Word};
use super::{Found, is_control, path};

/// Where the arguments are, with the name right before them: the first group in round brackets.
fn arguments(list: &[Part<'_>]) -> Option<usize> {
    list.iter().position(|part| part.is_group(b'(')).filter(|at| *at > 0)
}

/// Whether a value or a statement stands before a name, so that it is called and not declared.
fn is_expression(before: &[Part<'_>]) -> bool {
    before.iter().any(|part| {
        matches!(part, Sign(b'=' | b'.' | b'-' | b'?') | Group(b'{', _))
            || matches!(part, Word(word) if is_control(word))
    })
}

/// Without annotations: `@Name(…)`.
fn unannotated<'t>(list: &[Part<'t>]) -> Vec<Part<'t>> {
    let mut out = Vec::with_capacity(list.len());
    let mut at = 0;
    while at < list.len() {
        if list[at] != Sign(b'@') || list.get(at + 1).is_some_and(|part| part.is_word("interface")) {
            out.push(list[at]);
            at += 1;
            continue;
        }
        at += 1;
        while matches!(list.get(at), Some(Word(_))) {
            at += 1;
            if list.get(at) != Some(&Sign(b'.')) {
                break;
            }
            at += 1;
        }
        at += usize::from(list.get(at).is_some_and(|part| part.is_group(b'(')));
    }
    out
}

/// The type that a header declares.
fn declared(list: &[Part<'_>], words: &[&str]) -> Option<Found> {
    for (index, part) in list.iter().enumerate() {
        match part {
            Group(b'(', _) | Sign(b'=' | b'.') | Word("new") => return None,
            Word(word) if words.contains(word) => {
                let mut behind =
                    list[index + 1..].iter().skip_while(|part| part.is_word("class") || part.is_word("struct"));
                if let Some(Word(name)) = behind.next() {
                    return Some(Found::Type((*name).to_owned()));
                }
            }
            _ => {}
        }
    }
    None
}

pub(super) fn java(list: &[Part<'_>], around: Option<&Found>) -> Found {
    let list = unannotated(list);
    if let Some(found) = declared(&list, &["class", "interface", "enum", "record"]) {
        return found;
    }
    let Some(Found::Type(class)) = around else { return Found::Other };
    if list == [Word("static")] {
        return Found::Function("<clinit>".to_owned());
    }
    let Some(at) = arguments(&list) else {
        // the short form of a record
        let own = matches!(list.last(), Some(Word(name)) if name == class);
        return if own { Found::Function("<init>".to_owned()) } else { Found::Other };
    };
    let Word(name) = list[at - 1] else { return Found::Other };
    if is_control(name) || is_expression(&list[..at - 1]) {
        return Found::Other;
    }
    if name == class {
        return Found::Function("<init>".to_owned());
    }
    // a type stands before the name; `PLUS("+") {` is a constant
    let typed = list[..at - 1].last().is_some_and(|part| matches!(part, Word(_) | Group(b'<' | b'[', _)));
    if typed { Found::Function(name.to_owned()) } else { Found::Other }
}

pub(super) fn csharp(list: &[Part<'_>], around: Option<&Found>, whole: bool) -> Found {
    let attributes = list.iter().take_while(|part| part.is_group(b'[')).count();
    let list = &list[attributes..];
    let arrow = list.windows(2).position(|pair| pair == [Sign(b'='), Sign(b'>')]);
    if whole && arrow.is_none() {
        return Found::Other;
    }
    let list = arrow.map_or(list, |arrow| &list[..arrow]);
    if let Some(at) = list.iter().position(|part| part.is_word("namespace")) {
        return Found::Space(path(&list[at + 1..], b'.'));
    }
    if let Some(found) = declared(list, &["class", "interface", "struct", "record", "enum"]) {
        return found;
    }
    match around {
        Some(Found::Property(property)) => match list.last() {
            Some(Word(accessor @ ("get" | "set"))) => Found::Function(format!("{accessor}_{property}")),
            Some(Word("init")) => Found::Function(format!("set_{property}")),
            _ => Found::Other,
        },
        Some(Found::Type(class)) => match arguments(list) {
            Some(at) => method(list, at, class),
            None => property(list, arrow.is_some()),
        },
        _ => Found::Other,
    }
}

fn method(list: &[Part<'_>], at: usize, class: &str) -> Found {
    // `T Max<T>(`
    let name_at = at - 1 - usize::from(at > 1 && list[at - 1].is_group(b'<'));
    let Word(name) = list[name_at] else { return Found::Other };
    let before = &list[..name_at];
    let value = before.iter().any(|part| matches!(part, Sign(b'=')) || matches!(part, Word(word) if is_control(word)));
    if is_control(name) || value {
        return Found::Other;
    }
    if name == class {
        let finalizer = before.last() == Some(&Sign(b'~'));
        let constructor = if before.iter().any(|part| part.is_word("static")) { "cctor" } else { "ctor" };
        return Found::Function(if finalizer { "Finalize" } else { constructor }.to_owned());
    }
    if before.is_empty() { Found::Other } else { Found::Function(name.to_owned()) }
}

/// `public int Total {`, `public int Total =>`.
fn property(list: &[Part<'_>], arrow: bool) -> Found {
    let value = list.iter().any(|part| matches!(part, Sign(b'=') | Word("new" | "event" | "else" | "try" | "do")));
    let (Some(Word(name)), true, false) = (list.last(), list.len() > 1, value) else { return Found::Other };
    if arrow { Found::Function(format!("get_{name}")) } else { Found::Property((*name).to_owned()) }
}

pub(super) fn native(list: &[Part<'_>]) -> Found {
    if let Some(at) = list.iter().position(|part| part.is_word("namespace")) {
        let name = path(&list[at + 1..], b':').replace("::", ":").replace(':', "::");
        return Found::Space(if name.is_empty() { "(anonymous namespace)".to_owned() } else { name });
    }
    if let Some(found) = called(list) {
        return found;
    }
    let types = ["class", "struct", "union", "enum"];
    let Some(at) = list.iter().position(|part| types.iter().any(|word| part.is_word(word))) else {
        return Found::Other;
    };
    let before_bases = list[at..].iter().take_while(|part| !matches!(part, Sign(b':' | b'=')));
    let name = before_bases.skip(1).filter_map(|part| match part {
        Word("final" | "class" | "struct") => None,
        Word(word) => Some(*word),
        _ => None,
    });
    Found::Type(name.last().unwrap_or_default().to_owned())
}

/// A function of C or C++ by the name before its arguments.
fn called(list: &[Part<'_>]) -> Option<Found> {
    for at in 1..list.len() {
        if !list[at].is_group(b'(') {
            continue;
        }
        if let Some(Word(
            "__attribute__" | "__declspec" | "alignas" | "decltype" | "explicit" | "requires" | "noexcept",
        )) = list.get(at - 1)
        {
            continue;
        }
        if is_macro(&list[at + 1..]) {
            return called(&list[at + 1..]);
        }
        if let Some(operator) = list[..at].iter().position(|part| part.is_word("operator")) {
            // `operator()(`: the first brackets are its name
            let own = at == operator + 1 && list.get(at + 1).is_some_and(|part| part.is_group(b'('));
            let sign: String = list[operator + 1..at]
                .iter()
                .map(|part| match part {
                    Sign(sign) => char::from(*sign).to_string(),
                    Word(word) => format!(" {word}"),
                    Group(..) => "[]".to_owned(),
                })
                .collect();
            let name = format!("operator{}", if own { "()" } else { &sign });
            return Some(Found::Function(owner(&list[..operator], &name).0));
        }
        let Word(name) = list[at - 1] else { return None };
        let (name, start) = match list.get(at.wrapping_sub(2)) {
            Some(Sign(b'~')) => owner(&list[..at - 2], &format!("~{name}")),
            _ => owner(&list[..at - 1], name),
        };
        let expression = is_control(name.rsplit(':').next().unwrap_or_default()) || is_expression(&list[..start]);
        return (!expression).then_some(Found::Function(name));
    }
    None
}

/// Whether a whole declaration follows the brackets of a macro, `type name(…)`.
fn is_macro(behind: &[Part<'_>]) -> bool {
    const OF_METHODS: [&str; 9] =
        ["const", "volatile", "noexcept", "override", "final", "throw", "try", "requires", "__attribute__"];
    let first = matches!(behind.first(), Some(Word(word)) if !OF_METHODS.contains(word));
    let typed = |three: &[Part<'_>]| matches!(three, [Word(_) | Sign(b'*' | b'&') | Group(b'<', _), Word(_), arguments] if arguments.is_group(b'('));
    first && behind.windows(3).any(typed)
}

/// A name with the classes and namespaces before it, and where it begins.
fn owner(before: &[Part<'_>], name: &str) -> (String, usize) {
    let mut name = name.to_owned();
    let mut end = before.len();
    while end >= 3 && before[end - 2..end] == [Sign(b':'), Sign(b':')] {
        let class = end - 3 - usize::from(before[end - 3].is_group(b'<') && end > 3);
        let Word(word) = before[class] else { break };
        name = format!("{word}::{name}");
        end = class;
    }
    (name, end)
}
