//! From text to tokens. Text and queries go the same way, so that what was written is found as it was written.

/// A word that can be searched for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The word in lower case.
    pub text: String,
    /// Which run of letters, digits and `_` it comes from, counted from 0.
    pub run: usize,
    /// Whether it is a run of several parts as a whole, such as `userservice` of `UserService`.
    pub whole: bool,
}

/// The tokens of a text, in its order.
///
/// A run of letters, digits and `_` is cut at `_` and where the case changes (`HTTPServer` is `http`, `server`); a run of more
/// than one part also gives its whole, without the `_`. Everything else separates runs.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let runs =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|run| run.chars().any(char::is_alphanumeric));
    let mut tokens = Vec::new();
    for (run, word) in runs.enumerate() {
        let parts = parts(word);
        let several = parts.len() > 1;
        tokens.extend(parts.iter().map(|part| Token { text: part.clone(), run, whole: false }));
        if several {
            tokens.push(Token { text: parts.concat(), run, whole: true });
        }
    }
    tokens
}

fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in word.split('_').filter(|piece| !piece.is_empty()) {
        let chars: Vec<char> = piece.chars().collect();
        let mut from = 0;
        for at in 1..chars.len() {
            let rises = chars[at].is_uppercase() && !chars[at - 1].is_uppercase();
            // the last capital of several begins the next word: HTTP|Server
            let ends_capitals = chars[at].is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            if rises || ends_capitals {
                parts.push(chars[from..at].iter().collect::<String>().to_lowercase());
                from = at;
            }
        }
        parts.push(chars[from..].iter().collect::<String>().to_lowercase());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_in_part_and_whole() {
        for (text, wanted) in [
            ("", ""),
            ("Undefined variable: foo", "undefined variable foo"),
            ("UserService", "user service +userservice"),
            ("HTTPServer2Go", "http server2 go +httpserver2go"),
            ("snake_case __init__", "snake case +snakecase init"),
            ("app/Services/Test.php", "app services test php"),
            ("ÜberGröße", "über größe +übergröße"),
            ("-- %_\"'", ""),
        ] {
            let found: Vec<String> = tokens(text)
                .iter()
                .map(|token| format!("{}{}", if token.whole { "+" } else { "" }, token.text))
                .collect();
            assert_eq!(found.join(" "), wanted, "{text}");
        }
    }
}
