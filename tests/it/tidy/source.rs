//! The repository's files as text, and Rust text with comments and strings blanked. Judges nothing.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// A file of the repository.
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// For Rust: the text with comments and the insides of strings blanked, line for line. Else empty.
    pub(crate) code: String,
}

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offence {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = if is_rust(path) { blank(text) } else { String::new() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    pub(crate) fn offence(&self, line: usize, what: impl Into<String>) -> Offence {
        Offence { path: self.path.clone(), line, what: what.into() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        is_rust(&self.path)
    }

    /// Whether the whole file is tests. The library that tests stand on is none.
    pub(crate) fn is_test(&self) -> bool {
        let path = self.path.strip_prefix("tests/src/").unwrap_or(&self.path);
        path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
    }

    /// The number of lines before the tests at the file's end; all of them where it has none.
    pub(crate) fn plain_lines(&self) -> usize {
        let mut gate = None;
        for (number, line) in self.code.lines().enumerate() {
            let line = line.trim();
            if line == "#[cfg(test)]" {
                gate = Some(number);
            } else if let Some(start) = gate
                && !line.is_empty()
                && !line.starts_with("#[")
            {
                if line.starts_with("mod tests {") {
                    return start;
                }
                gate = None;
            }
        }
        self.text.lines().count()
    }

    /// Numbers, from 1, of the lines of code in which `word` stands by itself.
    pub(crate) fn lines_with(&self, word: &str) -> Vec<usize> {
        let found = |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                !line[..at].ends_with(is_word)
                    && (word.ends_with("::") || !line[at + word.len()..].starts_with(is_word))
            })
        };
        self.code.lines().enumerate().filter(|(_, line)| found(line)).map(|(number, _)| number + 1).collect()
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// All text files of the repository, sorted by path. Build output, git's folder and snapshots in waiting are left out.
pub(crate) fn repository(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository is readable") {
            let entry = entry.expect("a folder of the repository is readable");
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("a file's type is readable");
            let path = entry.path();
            if kind.is_dir() {
                if !matches!(name.as_str(), ".git" | ".orch" | "target") && !path.join("CACHEDIR.TAG").exists() {
                    folders.push(path);
                }
            } else if kind.is_file()
                && name != ".git"
                && name != "Cargo.lock"
                && let Ok(text) = fs::read_to_string(&path)
            {
                let path = path.strip_prefix(root).expect("it lies in the repository");
                sources.push(Source::new(&path.to_string_lossy().replace('\\', "/"), &text));
            }
        }
    }
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

/// Replaces comments and the insides of strings by spaces and keeps every line break.
pub(crate) fn blank(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let starts =
        |at: usize, word: &str| word.chars().enumerate().all(|(i, letter)| letters.get(at + i) == Some(&letter));
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = if starts(at, "//") {
            letters[at..].iter().position(|letter| *letter == '\n').map_or(letters.len(), |length| at + length)
        } else if starts(at, "/*") {
            comment_end(&letters, at)
        } else if let Some(end) = string_end(&letters, at) {
            end
        } else {
            code.push(letters[at]);
            at += 1;
            continue;
        };
        for letter in &letters[at..end] {
            code.push(if *letter == '\n' { '\n' } else { ' ' });
        }
        at = end;
    }
    code
}

fn comment_end(letters: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < letters.len() {
        match (letters[at], letters.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    letters.len()
}

/// Where the string or character that starts at `start` ends; `None` if none starts there.
fn string_end(letters: &[char], start: usize) -> Option<usize> {
    match letters[start] {
        '"' => Some(quoted_end(letters, start + 1, '"')),
        // a lifetime has no closing quote where a character has it
        '\'' if letters.get(start + 1) == Some(&'\\') => Some(quoted_end(letters, start + 1, '\'')),
        '\'' if letters.get(start + 2) == Some(&'\'') => Some(start + 3),
        'r' if start == 0 || !is_word(letters[start - 1]) || letters[start - 1] == 'b' => {
            let hashes = letters[start + 1..].iter().take_while(|letter| **letter == '#').count();
            let body = start + 1 + hashes + 1;
            if letters.get(body - 1) != Some(&'"') {
                return None;
            }
            let closes = |at: usize| {
                letters[at] == '"'
                    && letters.get(at + 1..=at + hashes).is_some_and(|tail| tail.iter().all(|c| *c == '#'))
            };
            Some((body..letters.len()).find(|at| closes(*at)).map_or(letters.len(), |at| at + 1 + hashes))
        }
        _ => None,
    }
}

fn quoted_end(letters: &[char], mut at: usize, quote: char) -> usize {
    while at < letters.len() && letters[at] != quote {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

#[test]
fn comments_and_strings_are_blanked_line_for_line() {
    let table = [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("f(\"// no\\\"t\") // x", "f(          )     "),
        ("r#\"a\"b\"# c", "         c"),
        ("&'a str '\"' '\\'' x", "&'a str          x"),
        ("\"a\nb\" c", "  \n   c"),
        ("for_r\"x\"", "for_r   "),
    ];
    for (text, code) in table {
        assert_eq!(blank(text), code, "{text}");
    }
}
