//! Functions of languages whose blocks are in braces: which blocks are open at a line, and what stands before each.

use super::Syntax;
use super::header::{self, Found};
use super::lexer::{Lexer, Piece, is_name};
use super::qualify;

/// A block that is open.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) found: Found,
    /// The column that its header begins in.
    column: usize,
    /// How many brackets were open before it.
    brackets: usize,
    /// What stood before it and goes on behind it.
    resumed: Option<Header>,
    /// It is in a template of JavaScript.
    template: bool,
}

/// The code since the last statement or block.
#[derive(Debug, Default)]
struct Header {
    code: Vec<u8>,
    start: usize,
    /// Where its last code is.
    last: usize,
    column: usize,
    /// How many blocks are in it.
    blocks: usize,
}

/// Blocks deeper than this are only counted.
const MAX_DEPTH: usize = 256;
/// No header of a function is longer; what comes behind is left out.
const MAX_HEADER: usize = 1024;
/// How many blocks a header may have in it, such as default values.
const MAX_BLOCKS: usize = 16;
/// How far behind the line its statement may end.
const AHEAD: usize = 16 * 1024;

struct Scan<'t> {
    syntax: Syntax,
    file_name: &'t str,
    lexer: Lexer<'t>,
    scopes: Vec<Scope>,
    deeper: usize,
    header: Header,
    brackets: usize,
    package: String,
    /// Where the first code of this line is, and its column.
    first: Option<(usize, usize)>,
    indent: usize,
    /// The line ended; the next code says whether the statement did.
    pending: bool,
    start: usize,
    end: usize,
    /// The function that a declaration on the line begins, and its depth.
    begun: Option<(String, usize)>,
}

/// The function that the line from `start` to `end` is in.
pub(super) fn function(syntax: Syntax, file_name: &str, text: &str, start: usize, end: usize) -> Option<String> {
    let mut scan = Scan {
        syntax,
        file_name,
        lexer: Lexer::new(text, syntax),
        scopes: Vec::new(),
        deeper: 0,
        header: Header::default(),
        brackets: 0,
        package: String::new(),
        first: None,
        indent: 0,
        pending: false,
        start,
        end,
        begun: None,
    };
    scan.run(text.as_bytes())
}

impl Scan<'_> {
    fn run(&mut self, text: &[u8]) -> Option<String> {
        let mut around = None;
        loop {
            let next = self.lexer.next();
            let at = next.map_or(usize::MAX, |(at, _)| at);
            if at >= self.start && around.is_none() {
                around = Some(self.qualified());
            }
            let open = !self.header.code.is_empty() && self.header.start < self.end;
            if at >= self.end && (!open || at > self.end.saturating_add(AHEAD)) {
                break;
            }
            let Some((at, piece)) = next else { break };
            match piece {
                Piece::Line => {
                    self.first = None;
                    self.indent = 0;
                    let code = self.header.code.trim_ascii_end();
                    let open =
                        code.ends_with(b"=>") || matches!(code.last(), Some(b'=' | b',' | b'+' | b'&' | b'|' | b'?'));
                    self.pending |= self.syntax.ends_with_line() && self.brackets == 0 && !open;
                    self.space();
                }
                Piece::Space => {
                    if self.first.is_none() {
                        self.indent += if text[at] == b'\t' { 8 } else { self.lexer.position() - at };
                    }
                    self.space();
                }
                Piece::Text => {
                    self.begin(at, b'"');
                    self.push(b"\"\"");
                }
                Piece::Insert => self.insert(at),
                Piece::Byte(b'{') => self.open(at),
                Piece::Byte(b'}') => self.close(at),
                Piece::Byte(b';') if self.brackets == 0 => self.end_statement(at),
                Piece::Byte(byte) => {
                    self.begin(at, byte);
                    match byte {
                        b'(' | b'[' => self.brackets += 1,
                        b')' | b']' => self.brackets = self.brackets.saturating_sub(1),
                        _ => {}
                    }
                    self.push(&[byte]);
                }
            }
        }
        if self.header.start < self.end {
            self.end_statement(text.len());
        }
        self.begun.take().map(|(name, _)| name).or(around.flatten())
    }

    fn qualified(&self) -> Option<String> {
        qualify::function(self.syntax, self.file_name, &self.package, &self.scopes)
    }

    fn push(&mut self, code: &[u8]) {
        if self.header.code.len() < MAX_HEADER {
            self.header.code.extend_from_slice(code);
        }
    }

    fn space(&mut self) {
        if self.header.code.last().is_some_and(|last| *last != b' ') {
            self.push(b" ");
        }
    }

    /// Notes where code begins, and ends the statement that the last line ended.
    fn begin(&mut self, at: usize, byte: u8) {
        let goes_on =
            matches!(byte, b'{' | b'.' | b':' | b'?' | b'&' | b'|' | b')' | b']' | b'=' | b',' | b'+' | b'<' | b'>');
        if std::mem::take(&mut self.pending) && !goes_on {
            self.end_statement(at);
        }
        if self.syntax == Syntax::Native && byte != b':' && is_label(&self.header.code) {
            self.header = Header::default();
        }
        let (first, indent) = *self.first.get_or_insert((at, self.indent));
        if self.header.code.is_empty() {
            self.header = Header { start: at, column: indent + (at - first), ..Header::default() };
        }
        self.header.last = at;
    }

    /// The class or function that the header declares, with the innermost block around it.
    fn found(&self, at: usize, whole: bool) -> Found {
        if self.header.code.is_empty() || at < self.header.start {
            return Found::Other;
        }
        let code = String::from_utf8_lossy(&self.header.code);
        header::find(self.syntax, &code, self.scopes.last().map(|scope| &scope.found), whole)
    }

    /// Whether the header, which ends at `at`, is on the line.
    fn is_on_line(&self, at: usize) -> bool {
        !self.header.code.is_empty() && self.header.start < self.end && at >= self.start
    }

    fn end_statement(&mut self, at: usize) {
        self.pending = false;
        if self.header.code.is_empty() {
            return;
        }
        if self.scopes.is_empty()
            && let Some(package) = header::package(self.syntax, &self.header.code)
        {
            self.package = package;
        }
        if self.is_on_line(self.header.last) && !self.in_function() {
            self.declare(self.found(at, true));
        }
        self.header = Header::default();
    }

    /// Whether functions that are declared here have no name of their own.
    fn in_function(&self) -> bool {
        !self.syntax.nests() && self.scopes.iter().any(|scope| scope.found.is_function())
    }

    /// Notes the function that is declared on the line, the first one or one inside of it.
    fn declare(&mut self, found: Found) {
        if !found.is_function() {
            return;
        }
        let depth = self.scopes.len();
        if self.begun.as_ref().is_some_and(|(_, begun)| depth <= *begun) {
            return;
        }
        self.scopes.push(Scope { found, column: 0, brackets: 0, resumed: None, template: false });
        self.begun = self.qualified().map(|name| (name, depth));
        self.scopes.pop();
    }

    fn open(&mut self, at: usize) {
        self.begin(at, b'{');
        if self.scopes.len() >= MAX_DEPTH {
            self.deeper += 1;
            self.header = Header::default();
            return;
        }
        let column = self.header.column;
        // a function that begins further left than the one around it is not in there: a brace was misread
        let left = self.scopes.iter().position(|scope| scope.found.is_function() && column <= scope.column);
        let mut found = Found::Other;
        let value = header::goes_on(self.syntax, &self.header.code);
        if !value && (left.is_some() || !self.in_function()) {
            found = match left {
                Some(left) if !self.header.code.is_empty() => {
                    let code = String::from_utf8_lossy(&self.header.code);
                    let around = left.checked_sub(1).map(|outer| &self.scopes[outer].found);
                    header::find(self.syntax, &code, around, false)
                }
                _ => self.found(at, false),
            };
            if let Some(left) = left.filter(|_| found != Found::Other && self.brackets == 0) {
                self.scopes.truncate(left);
                self.deeper = 0;
            }
        }
        if self.is_on_line(at) {
            self.declare(found.clone());
        }
        let goes_on = found == Found::Other && self.header.blocks < MAX_BLOCKS && (value || self.brackets > 0);
        let mut header = std::mem::take(&mut self.header);
        let resumed = goes_on.then(|| {
            header.blocks += 1;
            header
        });
        self.scopes.push(Scope {
            found,
            column,
            brackets: std::mem::take(&mut self.brackets),
            resumed,
            template: false,
        });
    }

    fn insert(&mut self, at: usize) {
        self.begin(at, b'"');
        if self.scopes.len() >= MAX_DEPTH {
            self.deeper += 1;
            return;
        }
        let resumed = Some(std::mem::take(&mut self.header));
        let brackets = std::mem::take(&mut self.brackets);
        self.scopes.push(Scope { found: Found::Other, column: usize::MAX, brackets, resumed, template: true });
    }

    fn close(&mut self, at: usize) {
        self.end_statement(at);
        self.first.get_or_insert((at, self.indent));
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(scope) = self.scopes.pop() else { return };
        self.brackets = scope.brackets;
        let again = scope.resumed.is_some();
        self.header = scope.resumed.unwrap_or_default();
        if scope.template {
            match self.lexer.template(self.lexer.position()) {
                Piece::Insert => self.insert(at),
                _ => self.push(b"\"\""),
            }
        } else if again {
            self.push(b"{}");
        }
    }
}

/// `again:`, `public:`.
fn is_label(code: &[u8]) -> bool {
    let word = code.trim_ascii_end().strip_suffix(b":");
    word.is_some_and(|word| !word.is_empty() && word.iter().all(|byte| is_name(*byte)))
}
