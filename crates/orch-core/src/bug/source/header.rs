//! What the code before a brace declares: a function, a type, a namespace, or nothing with a name.

mod classic;
mod javascript;
mod keyword;
mod part;

use super::Syntax;
use part::{Part, parts};

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Function(String),
    Type(String),
    Space(String),
    /// A property of C#, which has its functions inside.
    Property(String),
    /// A statement, an expression, or something without a name.
    Other,
}

impl Found {
    pub(super) fn is_function(&self) -> bool {
        matches!(self, Self::Function(_))
    }
}

/// What a header declares. `around` is the innermost block that is open; `whole` says that a statement ended without a
/// block, so that only functions which are an expression count.
pub(super) fn find(syntax: Syntax, code: &str, around: Option<&Found>, whole: bool) -> Found {
    let parts = parts(code);
    // the arguments are not at their end: what begins is the default value of one, or its type
    let among_arguments = || parts.contains(&Part::Sign(b'('));
    match syntax {
        Syntax::JavaScript => javascript::find(&parts, around, whole),
        Syntax::Rust | Syntax::Go | Syntax::Kotlin | Syntax::Swift if among_arguments() => Found::Other,
        Syntax::Kotlin => keyword::kotlin(&parts),
        Syntax::CSharp => classic::csharp(&parts, around, whole),
        _ if whole => Found::Other,
        Syntax::Rust => keyword::rust(&parts),
        Syntax::Go => keyword::go(&parts),
        Syntax::Php => keyword::php(&parts, around),
        Syntax::Swift => keyword::swift(&parts, around),
        Syntax::Java => classic::java(&parts, around),
        Syntax::Native => classic::native(&parts),
        Syntax::Python | Syntax::Ruby => Found::Other,
    }
}

/// The package or namespace that a statement names for the whole file.
pub(super) fn package(syntax: Syntax, code: &[u8]) -> Option<String> {
    let word = match syntax {
        Syntax::Java | Syntax::Kotlin | Syntax::Go => "package",
        Syntax::Php | Syntax::CSharp => "namespace",
        _ => return None,
    };
    // notes may stand before it
    let code = std::str::from_utf8(code).ok()?;
    let at = code.rfind(word).filter(|at| *at == 0 || code[..*at].ends_with([' ', ')']))?;
    let name = code[at + word.len()..].strip_prefix(' ')?.trim();
    let name = name.split(' ').next().unwrap_or(name);
    (!name.is_empty() && !name.contains(['(', '"', '='])).then(|| name.to_owned())
}

/// Whether a block in a header is a value in it, behind which the header goes on.
pub(super) fn goes_on(syntax: Syntax, code: &[u8]) -> bool {
    let trimmed = code.trim_ascii_end();
    match syntax {
        // `add(): { total: number } {`
        Syntax::JavaScript => matches!(trimmed.last(), Some(b':' | b'<' | b'|' | b'&')),
        // `func add() interface{} {`
        Syntax::Go => code.ends_with(b"interface") || code.ends_with(b"struct"),
        // `Cart::Cart(int a) : total{a} {`
        Syntax::Native => {
            trimmed.len() == code.len()
                && code.last().is_some_and(|last| super::lexer::is_name(*last) || matches!(last, b'>' | b','))
                && code.windows(3).any(|three| matches!(three, b") :" | b"):" | [b')', b':', b' ']))
        }
        _ => false,
    }
}

/// Words before a bracket that are no names of functions.
fn is_control(word: &str) -> bool {
    matches!(
        word,
        "if" | "for"
            | "while"
            | "switch"
            | "catch"
            | "do"
            | "else"
            | "try"
            | "return"
            | "with"
            | "new"
            | "sizeof"
            | "defined"
            | "synchronized"
            | "foreach"
            | "lock"
            | "using"
            | "fixed"
            | "checked"
            | "when"
            | "throw"
            | "await"
            | "yield"
            | "typeof"
            | "instanceof"
            | "case"
            | "delete"
            | "super"
            | "this"
            | "in"
            | "of"
            | "elseif"
            | "match"
    )
}

/// The first word behind `from` with its path, joined by `sign`.
fn path(parts: &[Part<'_>], sign: u8) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Word(word) if out.is_empty() || out.ends_with(char::from(sign)) => out.push_str(word),
            Part::Sign(found) if *found == sign && !out.is_empty() => out.push(char::from(sign)),
            _ => break,
        }
    }
    out.truncate(out.trim_end_matches(char::from(sign)).len());
    out
}
