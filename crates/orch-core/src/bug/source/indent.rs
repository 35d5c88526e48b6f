//! Functions of languages whose blocks show in the indent: Python, and Ruby as everybody writes it.

/// A class or a function that is open.
struct Open {
    indent: usize,
    name: String,
    function: bool,
}

/// The indent of a line and what is behind it.
fn split(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches([' ', '\t', '\u{c}', '\u{feff}']);
    let indent = line[..line.len() - rest.len()]
        .bytes()
        .map(|byte| match byte {
            b' ' => 1,
            b'\t' => 8,
            _ => 0,
        })
        .sum();
    (indent, rest.trim_end())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The name that a text begins with.
fn leading(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c: char| !is_name(c)).unwrap_or(text.len())]
}

/// The lines of a text with their places.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// What of a Python file goes on over the end of a line.
#[derive(Default)]
struct Python {
    /// The quote of the string that is open.
    triple: Option<&'static str>,
    brackets: usize,
    continued: bool,
}

impl Python {
    /// Whether a line is inside of a string or an expression that began above.
    fn is_inside(&self) -> bool {
        self.triple.is_some() || self.brackets > 0 || self.continued
    }

    fn line(&mut self, line: &str) {
        self.continued = false;
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if let Some(quote) = self.triple {
                let Some(hit) = memchr::memchr2(quote.as_bytes()[0], b'\\', &bytes[at..]) else { return };
                at += hit;
                if bytes[at] == b'\\' {
                    at += 2;
                } else if bytes[at..].starts_with(quote.as_bytes()) {
                    self.triple = None;
                    at += 3;
                } else {
                    at += 1;
                }
                continue;
            }
            match bytes[at] {
                b'#' => return,
                b'"' if bytes[at..].starts_with(b"\"\"\"") => {
                    self.triple = Some("\"\"\"");
                    at += 2;
                }
                b'\'' if bytes[at..].starts_with(b"'''") => {
                    self.triple = Some("'''");
                    at += 2;
                }
                quote @ (b'"' | b'\'') => at = string_end(bytes, at, quote),
                b'(' | b'[' | b'{' => self.brackets += 1,
                b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                b'\\' if line[at + 1..].trim_end_matches(['\r', '\n']).is_empty() => self.continued = true,
                _ => {}
            }
            at += 1;
        }
    }
}

/// The closing quote of a string on one line, or the end of the line.
fn string_end(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The function, or the class, whose body the line at `target` is in. Traces of Python do not say the class of a method.
pub(super) fn python(text: &str, target: usize) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    let mut state = Python::default();
    for (start, line) in lines(text) {
        if start > target {
            break;
        }
        let (indent, code) = split(line);
        let defined = code.strip_prefix("async ").unwrap_or(code).trim_start();
        let defined = defined.strip_prefix("def ").or_else(|| defined.strip_prefix("class "));
        let name = defined.map(leading).filter(|name| !name.is_empty());
        if name.is_some() && state.triple.is_none() {
            // no expression has a definition in it
            state.brackets = 0;
        }
        let comment = code.starts_with('#') && (start < target || indent == 0);
        if !state.is_inside() && !code.is_empty() && !comment {
            open.truncate(open.partition_point(|open| open.indent < indent));
            if let Some(name) = name {
                open.push(Open { indent, name: name.to_owned(), function: true });
            }
        }
        state.line(line);
    }
    open.pop().map(|open| open.name)
}

/// The method that the line at `target` is in, as Ruby 3.4 and later write it: `Shop::Cart#add`, `Shop::Cart.load`.
pub(super) fn ruby(text: &str, target: usize) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    // the ends of texts that begin on the next line
    let mut texts: Vec<&str> = Vec::new();
    let mut comment = false;
    for (start, line) in lines(text) {
        if start > target {
            break;
        }
        let (indent, code) = split(line);
        if let Some(end) = texts.first() {
            if code == *end {
                texts.remove(0);
            }
            continue;
        }
        if comment || line.starts_with("=begin") {
            comment = !line.starts_with("=end");
            continue;
        }
        if line.trim_end() == "__END__" {
            open.clear();
            break;
        }
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let word = leading(code);
        let goes_on = matches!(word, "end" | "rescue" | "ensure" | "else") || code.starts_with([')', '}', ']', '.']);
        open.truncate(open.partition_point(|open| open.indent < indent || (open.indent == indent && goes_on)));
        if let Some(found) = definition(code, word, indent) {
            open.push(found);
        } else if word == "end" && start < target && open.last().is_some_and(|open| open.indent == indent) {
            open.pop();
        }
        heredocs(code, &mut texts);
    }
    let method = open.iter().rposition(|open| open.function)?;
    let mut singleton = false;
    let mut path = String::new();
    for class in open[..method].iter().filter(|open| !open.function) {
        if class.name == "<<" {
            singleton = true;
            continue;
        }
        if !path.is_empty() {
            path.push_str("::");
        }
        path.push_str(&class.name);
    }
    let name = &open[method].name;
    let own = name.strip_prefix("self.");
    let path = if path.is_empty() { "Object" } else { &path };
    let sign = if singleton || own.is_some() { '.' } else { '#' };
    Some(format!("{path}{sign}{}", own.unwrap_or(name)))
}

/// `class Shop::Cart < Base`, `class << self`, `module Shop`, `private def add(item)`.
fn definition(code: &str, word: &str, indent: usize) -> Option<Open> {
    let rest = code[word.len()..].strip_prefix(' ').unwrap_or_default().trim_start();
    let open = |name: &str, function| (!name.is_empty()).then(|| Open { indent, name: name.to_owned(), function });
    match word {
        "class" if rest.starts_with("<<") => open("<<", false),
        "class" | "module" => open(&rest[..rest.find(|c: char| !is_name(c) && c != ':').unwrap_or(rest.len())], false),
        "def" => open(method(rest), true),
        _ => rest.strip_prefix("def ").and_then(|rest| open(method(rest.trim_start()), true)),
    }
}

/// The name of a method: a word with `?`, `!` or `=` behind it, or an operator.
fn method(rest: &str) -> &str {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ';')).unwrap_or(rest.len());
    let own = usize::from(rest.starts_with("self.")) * "self.".len();
    let name = rest[own..end].find(|c: char| !is_name(c)).map_or(end, |len| own + len);
    if name == own {
        return &rest[..end];
    }
    &rest[..name + usize::from(rest[name..end].starts_with(['?', '!', '=']))]
}

/// The ends of the texts that a line announces: `<<~SQL`, `<<-'EOS'`, `<<EOS`.
fn heredocs<'t>(code: &'t str, texts: &mut Vec<&'t str>) {
    for (at, _) in code.match_indices("<<").take(8) {
        let rest = &code[at + 2..];
        let tail = rest.trim_start_matches(['~', '-']);
        let marked = tail.len() < rest.len();
        let quoted = tail.trim_start_matches(['\'', '"', '`']);
        let name = leading(quoted);
        let separate = at == 0 || code[..at].ends_with([' ', '(', '=', ',', '[']);
        let begins = quoted.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let likely = begins && quoted.starts_with(name) && (marked || separate);
        if likely && rest.len() - tail.len() < 2 && tail.len() - quoted.len() < 2 && !code[..at].contains('#') {
            texts.push(name);
        }
    }
}
