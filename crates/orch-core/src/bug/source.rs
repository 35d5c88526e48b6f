//! The function around a line of a source file, and the line itself. Works on text that it is given; reads no files.
//!
//! A scanner of lines and braces, not a parser: it knows the words that begin a function, as the patterns do by which
//! git finds the heading of a hunk (<https://git-scm.com/docs/gitattributes>, "Defining a custom hunk-header").

mod braces;
mod header;
mod indent;
mod lexer;
mod qualify;

/// What stands at a line of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The function around the line, written as stack traces of the language write it; `None` outside of functions and
    /// in languages that are not known.
    pub function: Option<String>,
    /// The text of the line without the space around it, cut at 512 bytes.
    pub text: String,
}

/// A language whose functions are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Rust,
    Python,
    JavaScript,
    Java,
    Kotlin,
    Go,
    Php,
    Ruby,
    Native,
    CSharp,
    Swift,
}

/// The most bytes of a line that are of interest.
const LONGEST_TEXT: usize = 512;

/// Looks at a line, counted from 1, of a file whose content is `text`. Of `file_name`, relative to the project, the end
/// tells the language, and in Rust and Kotlin the path is part of a function's name. `None` if there is no such line.
///
/// Takes time in proportion to the text before the line.
#[must_use]
pub fn look(file_name: &str, text: &str, line: u32) -> Option<SourcePlace> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let start = match index {
        0 => 0,
        _ => memchr::memchr_iter(b'\n', text.as_bytes()).nth(index - 1)? + 1,
    };
    if start >= text.len() {
        return None;
    }
    let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |len| start + len);
    let function = Syntax::of(file_name).and_then(|syntax| match syntax {
        Syntax::Python => indent::python(text, start),
        Syntax::Ruby => indent::ruby(text, start),
        _ => braces::function(syntax, file_name, text, start, end),
    });
    let content = text[start..end].trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    Some(SourcePlace { function, text: content[..content.floor_char_boundary(LONGEST_TEXT)].trim_end().to_owned() })
}

impl Syntax {
    /// The language of a file by the end of its name.
    fn of(file_name: &str) -> Option<Self> {
        let (_, end) = file_name.rsplit_once('.')?;
        Some(match end.to_ascii_lowercase().as_str() {
            "rs" => Self::Rust,
            "py" | "pyi" | "pyw" => Self::Python,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => Self::JavaScript,
            "java" => Self::Java,
            "kt" | "kts" => Self::Kotlin,
            "go" => Self::Go,
            "php" | "phtml" => Self::Php,
            "rb" | "rake" => Self::Ruby,
            "c" | "h" | "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "ipp" | "inl" | "cu" => Self::Native,
            "cs" => Self::CSharp,
            "swift" => Self::Swift,
            _ => return None,
        })
    }

    /// Whether a statement ends with its line.
    fn ends_with_line(self) -> bool {
        matches!(self, Self::JavaScript | Self::Kotlin | Self::Go | Self::Swift)
    }

    /// Whether a function in a function has a name of its own in stack traces.
    fn nests(self) -> bool {
        matches!(self, Self::Rust | Self::JavaScript)
    }
}

#[cfg(test)]
mod tests;
