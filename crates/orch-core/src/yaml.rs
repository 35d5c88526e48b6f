//! YAML text as a tree with positions; the only file that names `serde_yaml`. Knows no schema and reads no file.
//!
//! The tree is built from parser events and not through serde: serde stops at the first fault and has no place for
//! the positions of keys. Hostile text costs a bounded amount: see [`MAX_BYTES`], [`MAX_DEPTH`] and [`MAX_FAULTS`].

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use serde_yaml::granit_parser::{ErrorKind, Options};
use serde_yaml::granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag, options};

mod fault;
mod fields;
mod scalar;

pub use fault::{Fault, FaultList, Faults, MAX_FAULTS, Position, quoted};
pub use fields::{Entry, Fields};

/// The most bytes that are read as YAML. A caller need not read more than one byte beyond it.
pub const MAX_BYTES: usize = 256 * 1024;

/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;

/// A value with the place where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub at: Position,
    /// The value.
    pub kind: Kind,
}

/// A YAML value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing: `null`, `~` or an empty value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with their values, in the order of the file, without duplicates.
    Map(Vec<(Node, Node)>),
}

/// Reads a text of one document.
///
/// # Errors
/// Everything that is wrong with it as YAML, sorted by place.
pub fn parse(text: &[u8]) -> Result<Node, Vec<Fault>> {
    match read(text) {
        (Some(tree), faults) if faults.is_empty() => Ok(tree),
        (_, faults) => Err(faults.into_faults()),
    }
}

/// Reads a text of one document and keeps the tree in spite of faults that leave its shape clear (duplicate keys,
/// anchors, aliases, tags), so that a caller can look for further faults. No tree means that there are faults.
#[must_use]
pub fn read(text: &[u8]) -> (Option<Node>, FaultList) {
    let mut faults = FaultList::default();
    let tree = checked_text(text, &mut faults).and_then(|text| build(text, &mut faults));
    (tree, faults)
}

/// The text, if it is short enough, UTF-8, and free of control characters.
fn checked_text<'a>(bytes: &'a [u8], faults: &mut FaultList) -> Option<&'a str> {
    if bytes.len() > MAX_BYTES {
        let limit = MAX_BYTES / 1024;
        faults.add(|| Fault::new(Position::START, "the text is too long").expected(format!("at most {limit} KiB")));
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let at = Lines::default().end_of(&before);
            faults.add(|| Fault::new(at, "the text is not UTF-8").expected("UTF-8 without broken bytes"));
            return None;
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines::default();
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}') {
            let at = lines.at();
            faults.add(|| Fault::new(at, format!("control character U+{:04X}", u32::from(c))));
        }
        lines.step(c);
    }
    faults.is_empty().then_some(text)
}

/// Counts lines and columns as the parser does.
struct Lines {
    at: Position,
    after_return: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { at: Position::START, after_return: false }
    }
}

impl Lines {
    fn at(&self) -> Position {
        self.at
    }

    fn step(&mut self, c: char) {
        match c {
            '\n' if self.after_return => {}
            '\n' | '\r' => self.at = Position { line: self.at.line + 1, column: 1 },
            _ => self.at.column += 1,
        }
        self.after_return = c == '\r';
    }

    fn end_of(mut self, text: &str) -> Position {
        text.strip_prefix('\u{feff}').unwrap_or(text).chars().for_each(|c| self.step(c));
        self.at
    }
}

fn position(mark: Marker) -> Position {
    Position { line: mark.line().max(1), column: mark.col() + 1 }
}

fn parser_options() -> Options {
    options! {
        strict_indentation: true,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

fn too_deep(at: Position) -> Fault {
    Fault::new(at, "lists and maps are nested too deep").expected(format!("at most {MAX_DEPTH} levels"))
}

fn syntax(error: &ScanError) -> Fault {
    let at = position(*error.marker());
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(at),
        ErrorKind::DirectiveDisallowed => Fault::new(at, "directives (`%`) are not supported"),
        kind => Fault::new(at, format!("not valid YAML: {kind}")),
    }
}

/// Makes the tree of the only document. `None` after a fault that leaves its shape open.
fn build(text: &str, faults: &mut FaultList) -> Option<Node> {
    let mut builder = Builder::default();
    for next in Parser::new_from_str_with_options(text, parser_options()) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                faults.add(|| syntax(&error));
                return None;
            }
        };
        if !builder.take(event, span, faults) {
            return None;
        }
    }
    Some(builder.root.unwrap_or(Node { at: Position::START, kind: Kind::Null }))
}

/// A list or map that is not complete yet.
struct Open {
    at: Position,
    content: Content,
}

/// The keys of a map so far, by type and text, with their places.
type Seen = HashMap<(&'static str, String), Position>;

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Node, Node)>,
        seen: Seen,
        /// The key whose value comes next, and whether it repeats an earlier one.
        key: Option<(Node, bool)>,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    documents: usize,
    root: Option<Node>,
}

impl Builder {
    /// Takes one event. False: nothing that follows is worth reading.
    fn take(&mut self, event: Event<'_>, span: Span, faults: &mut FaultList) -> bool {
        let at = position(span.start);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    faults.add(|| Fault::new(at, "a second document begins here").expected("one document a file"));
                    return false;
                }
            }
            Event::Anchor(_, name) => {
                faults.add(|| Fault::new(at, format!("anchors are not supported: {}", quoted(&format!("&{name}")))));
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                faults.add(|| Fault::new(at, "aliases are not supported").expected("the value itself"));
                self.add(Node { at, kind: Kind::Null }, faults);
            }
            Event::Scalar(text, style, _, tag) => {
                let kind = scalar_kind(&text, style, tag.as_deref(), &span, faults);
                if matches!(&kind, Kind::Text(text) if text.contains('\0')) {
                    faults.add(|| Fault::new(at, "text with the control character U+0000"));
                }
                self.add(Node { at, kind }, faults);
            }
            Event::SequenceStart(_, _, tag) => {
                check_tag(tag.as_deref(), "seq", &span, faults);
                return self.begin(at, Content::List(Vec::new()), faults);
            }
            Event::MappingStart(_, _, tag) => {
                check_tag(tag.as_deref(), "map", &span, faults);
                let content = Content::Map { entries: Vec::new(), seen: Seen::new(), key: None };
                return self.begin(at, content, faults);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { at, content }) = self.open.pop() {
                    let kind = match content {
                        Content::List(mut items) => {
                            items.shrink_to_fit();
                            Kind::List(items)
                        }
                        Content::Map { mut entries, .. } => {
                            // Room for three more entries in each of many small maps would be most of the memory.
                            entries.shrink_to_fit();
                            Kind::Map(entries)
                        }
                    };
                    self.add(Node { at, kind }, faults);
                }
            }
            _ => {}
        }
        true
    }

    fn begin(&mut self, at: Position, content: Content, faults: &mut FaultList) -> bool {
        if self.open.len() == MAX_DEPTH {
            faults.add(|| too_deep(at));
            return false;
        }
        self.open.push(Open { at, content });
        true
    }

    fn add(&mut self, node: Node, faults: &mut FaultList) {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, seen, key }) => match key.take() {
                Some((key, false)) => entries.push((key, node)),
                Some((_, true)) => {}
                None => {
                    let repeated = is_repeated(&node, seen, faults);
                    *key = Some((node, repeated));
                }
            },
        }
    }
}

fn is_repeated(key: &Node, seen: &mut Seen, faults: &mut FaultList) -> bool {
    // `1` and `"1"` are different keys, so the type belongs to the name.
    let name = match &key.kind {
        Kind::List(_) | Kind::Map(_) => {
            faults.add(|| Fault::new(key.at, "a list or map cannot be a key").expected("a key on one line"));
            return false;
        }
        Kind::Null => String::from("null"),
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::Float(value) => value.to_string(),
        Kind::Text(text) => text.clone(),
    };
    match seen.entry((key.kind.name(), name)) {
        Slot::Occupied(first) => {
            let message = || format!("duplicate key {}; the first one is at {}", quoted(&first.key().1), first.get());
            faults.add(|| Fault::new(key.at, message()));
            true
        }
        Slot::Vacant(slot) => {
            slot.insert(key.at);
            false
        }
    }
}

fn tag_fault(tag: &Tag, span: &Span) -> Fault {
    let at = position(span.tag_start().unwrap_or(span.start));
    Fault::new(at, format!("the tag {} is not supported here", quoted(&tag.original())))
        .expected("a value without a tag")
}

fn check_tag(tag: Option<&Tag>, core: &str, span: &Span, faults: &mut FaultList) {
    if let Some(tag) = tag
        && !tag.is_yaml_core_schema_tag(core)
    {
        faults.add(|| tag_fault(tag, span));
    }
}

/// What a scalar means. A tag of the core schema may only confirm it, but for `!!str`.
fn scalar_kind(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span, faults: &mut FaultList) -> Kind {
    let plain = style == ScalarStyle::Plain;
    let own = if plain { scalar::resolve(text) } else { Kind::Text(text.to_owned()) };
    let Some(tag) = tag else { return own };
    match (tag.core_suffix(), own) {
        (Some("str"), _) => Kind::Text(text.to_owned()),
        (Some("null"), Kind::Null) => Kind::Null,
        (Some("bool"), own @ Kind::Bool(_))
        | (Some("int"), own @ Kind::Int(_))
        | (Some("float"), own @ (Kind::Float(_) | Kind::Int(_))) => own,
        (_, own) => {
            faults.add(|| tag_fault(tag, span));
            own
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
