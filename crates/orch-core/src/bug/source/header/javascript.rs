//! Headers of JavaScript and TypeScript: declarations, methods, and functions that are assigned to a name.

use super::part::Part;
use super::part::Part::{Group, Sign, Word};
use super::{Found, is_control};

const ARROW: [Part<'static>; 2] = [Sign(b'='), Sign(b'>')];

pub(super) fn find(list: &[Part<'_>], around: Option<&Found>, whole: bool) -> Found {
    let class = match around {
        Some(Found::Type(class)) => Some(class.as_str()),
        _ => None,
    };
    let list = member(list, class.is_some());
    if whole {
        return if list.windows(2).any(|pair| pair == ARROW) { assigned(list, class) } else { Found::Other };
    }
    for (index, part) in list.iter().enumerate() {
        let named = |at: usize| match list.get(at) {
            Some(Word(name)) if *name != "extends" => Some(*name),
            _ => None,
        };
        match part {
            Word("class") => {
                let name = named(index + 1).or_else(|| target(&list[..index]).map(|(name, _)| name));
                return Found::Type(name.unwrap_or_default().to_owned());
            }
            Word("interface" | "enum") if index == 0 || index + 2 >= list.len() => {
                return named(index + 1).map_or(Found::Other, |name| Found::Type(name.to_owned()));
            }
            Word("function") => {
                let star = usize::from(list.get(index + 1) == Some(&Sign(b'*')));
                return match &list[index + 1 + star..] {
                    [Word(name), Group(..), ..] => Found::Function((*name).to_owned()),
                    // among its arguments
                    [Word(_), ..] => Found::Other,
                    _ => assigned(list, class),
                };
            }
            _ => {}
        }
    }
    if list.windows(2).any(|pair| pair == ARROW) {
        return assigned(list, class);
    }
    method(list, class)
}

/// Without the members before this one and without decorators and modifiers.
fn member<'l, 't>(list: &'l [Part<'t>], in_class: bool) -> &'l [Part<'t>] {
    let comma = if in_class { None } else { list.iter().rposition(|part| *part == Sign(b',')) };
    let mut list = comma.map_or(list, |comma| &list[comma + 1..]);
    loop {
        list = match list {
            [Sign(b'@'), Word(_), Group(b'(', _), rest @ ..] | [Sign(b'@'), Word(_), rest @ ..] => rest,
            [Word(word), rest @ ..] if is_modifier(word) && matches!(rest.first(), Some(Word(_) | Sign(b'*'))) => rest,
            _ => return list,
        };
    }
}

fn is_modifier(word: &str) -> bool {
    matches!(
        word,
        "export"
            | "default"
            | "declare"
            | "abstract"
            | "public"
            | "private"
            | "protected"
            | "readonly"
            | "override"
            | "static"
            | "accessor"
            | "async"
    )
}

/// `add(item: Item): void`, `get total()`, `*items()`.
fn method(list: &[Part<'_>], class: Option<&str>) -> Found {
    let (accessor, list) = match list {
        [Word(accessor @ ("get" | "set")), Word(_), ..] => (Some(*accessor), &list[1..]),
        [Sign(b'*'), rest @ ..] => (None, rest),
        _ => (None, list),
    };
    let (name, behind) = match list {
        [Word(name), Group(b'(', _), behind @ ..] | [Word(name), Group(b'<', _), Group(b'(', _), behind @ ..] => {
            (*name, behind)
        }
        // a name that is computed
        [Group(b'[', name), Group(b'(', _)] => return Found::Function(format!("{}.[{name}]", owner(class))),
        _ => return Found::Other,
    };
    if is_control(name) || !matches!(behind.first(), None | Some(Sign(b':'))) {
        return Found::Other;
    }
    Found::Function(match (class, accessor) {
        (Some(class), None) if name == "constructor" => format!("new {class}"),
        (class, Some(accessor)) => format!("{}.{accessor} {name}", owner(class)),
        (class, None) => format!("{}.{name}", owner(class)),
    })
}

/// What a trace calls the receiver of a method.
fn owner(class: Option<&str>) -> &str {
    class.filter(|class| !class.is_empty()).unwrap_or("Object")
}

/// The function of `const add = (a) =>`, `add: function (`, `exports.add = async function (`.
fn assigned(list: &[Part<'_>], class: Option<&str>) -> Found {
    let Some((name, value)) = target(list) else { return Found::Other };
    let mut value = &list[value..];
    if let [Word("async"), rest @ ..] = value {
        value = rest;
    }
    if let [Group(b'<', _), rest @ ..] = value {
        value = rest;
    }
    let function = match value {
        [Word("function"), ..] | [Word(_) | Group(b'(', _), Sign(b'='), Sign(b'>'), ..] => true,
        [Group(b'(', _), Sign(b':'), rest @ ..] => rest.windows(2).any(|pair| pair == ARROW),
        _ => false,
    };
    if !function {
        return Found::Other;
    }
    let prototype = list.iter().position(|part| part.is_word("prototype"));
    let owner = match prototype {
        Some(at) if at >= 2 => match list[at - 2] {
            Word(class) => Some(class),
            _ => None,
        },
        _ if list.windows(2).any(|pair| pair == [Word("exports"), Sign(b'.')]) => Some("exports"),
        _ => class,
    };
    Found::Function(owner.map_or_else(|| name.to_owned(), |owner| format!("{owner}.{name}")))
}

/// The name that a value gets, and where the value begins.
fn target<'t>(list: &[Part<'t>]) -> Option<(&'t str, usize)> {
    let assigns = |at: &usize| {
        list[*at] == Sign(b'=')
            && !matches!(list.get(at + 1), Some(Sign(b'=' | b'>')))
            && !matches!(list.get(at.wrapping_sub(1)), Some(Sign(b'=' | b'!' | b'<' | b'>')))
    };
    let equals = (0..list.len()).find(assigns);
    let colon = list.iter().position(|part| *part == Sign(b':'));
    let (mut name, value) = match (equals, colon) {
        // `const add: Add = `
        (Some(equals), Some(colon)) if colon < equals => (colon, equals + 1),
        (Some(equals), _) => (equals, equals + 1),
        // `add: function`
        (None, Some(colon)) if colon <= 1 => (colon, colon + 1),
        _ => return None,
    };
    if matches!(list.get(name.wrapping_sub(1)), Some(Sign(b'?' | b'!'))) {
        name -= 1;
    }
    match list.get(name.wrapping_sub(1)) {
        Some(Word(name)) => Some((*name, value)),
        _ => None,
    }
}
