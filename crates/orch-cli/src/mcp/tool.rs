//! What a tool is: a command of the command line under a name, with typed arguments. Runs nothing.

use std::sync::Arc;

use rmcp::model::{JsonObject, ToolAnnotations};
use serde_json::{Value, json};

use super::shape::Shape;

/// Which tools a client is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tools {
    /// What a task needs from its start to its end
    Core,
    /// Everything
    All,
}

/// A tool.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(super) name: &'static str,
    /// One short sentence.
    pub(super) about: &'static str,
    pub(super) set: Tools,
    pub(super) nature: Nature,
    /// The words of the command.
    pub(super) command: &'static [&'static str],
    pub(super) parameters: &'static [Parameter],
    pub(super) paging: Paging,
    /// What of the command's answer an agent needs.
    pub(super) shape: Shape,
}

/// What a call may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It changes nothing.
    Reads,
    /// It only adds.
    Adds,
    /// It only adds, and nothing more when it is repeated.
    AddsOnce,
    /// It may replace or end something; when it is repeated, nothing changes.
    Replaces,
    /// It may end or undo something.
    Ends,
}

/// How a long answer is cut into pages: how many items or characters one has if nothing is said, and at most.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paging {
    /// The answer is short.
    None,
    /// The command has `--limit` and `--offset`.
    Window { usual: usize, most: usize },
    /// The command has `--limit` and `--after`.
    Feed { usual: usize, most: usize },
    /// The command has `--limit` alone, so everything up to the page's end is asked for.
    Reach { usual: usize, most: usize },
    /// The command answers with everything.
    Whole { usual: usize, most: usize },
}

/// An argument.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// Only what the name does not say.
    pub(super) about: &'static str,
    pub(super) is_required: bool,
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// What an argument holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Texts,
    Object,
    OneOf(&'static [&'static str]),
}

/// Where an argument goes on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// A word, behind all options.
    Word,
    /// The value of an option, or the option itself for a flag; an object as JSON.
    Option(&'static str),
    /// One of two options.
    Either(&'static str, &'static str),
    /// An option for each key of an object, `KEY=VALUE`.
    Pairs(&'static str),
    /// Standard input, and these words instead.
    Input(&'static [&'static str]),
}

impl Parameter {
    pub(super) const fn new(name: &'static str, kind: Kind, place: Place) -> Self {
        Self { name, about: "", is_required: false, kind, place }
    }

    pub(super) const fn needed(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(super) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text => json!({"type": "string"}),
            Kind::Number => json!({"type": "integer"}),
            Kind::Flag => json!({"type": "boolean"}),
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Object => json!({"type": "object"}),
            Kind::OneOf(words) => json!({"enum": words}),
        };
        if !self.about.is_empty() {
            schema["description"] = json!(self.about);
        }
        schema
    }
}

/// The argument that makes a call safe to repeat.
pub(super) const KEY: &str = "idempotency_key";
/// How many items or characters of a long answer.
pub(super) const LIMIT: &str = "limit";
/// Where the next page begins, as the last answer said it.
pub(super) const CURSOR: &str = "cursor";

impl Tool {
    /// Whether a choice of tools has this one.
    pub(super) fn is_in(&self, tools: Tools) -> bool {
        tools == Tools::All || self.set == Tools::Core
    }

    /// What may be given, for whoever gave something else.
    pub(super) fn told_arguments(&self) -> String {
        format!("its arguments are: {}", self.arguments().collect::<Vec<_>>().join(", "))
    }

    /// The names of all arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &'static str> {
        let paged = !matches!(self.paging, Paging::None);
        let writes = self.nature != Nature::Reads;
        let own = self.parameters.iter().map(|parameter| parameter.name);
        own.chain([LIMIT, CURSOR].into_iter().filter(move |_| paged)).chain(Some(KEY).filter(|_| writes))
    }

    /// The tool as it is told to a client.
    pub(super) fn describe(&self) -> rmcp::model::Tool {
        let mut properties = JsonObject::new();
        for name in self.arguments() {
            let own = self.parameters.iter().find(|parameter| parameter.name == name);
            let schema = match own {
                Some(parameter) => parameter.schema(),
                None if name == LIMIT => json!({"type": "integer"}),
                None => json!({"type": "string"}),
            };
            properties.insert(name.to_owned(), schema);
        }
        let required: Vec<_> =
            self.parameters.iter().filter(|parameter| parameter.is_required).map(|needed| needed.name).collect();
        let mut schema = JsonObject::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("properties".into(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".into(), json!(required));
        }
        rmcp::model::Tool::new(self.name, self.about, Arc::new(schema)).with_annotations(self.annotations())
    }

    /// Hints that say what the protocol's defaults do not.
    fn annotations(&self) -> ToolAnnotations {
        let hints = ToolAnnotations::new().open_world(false);
        match self.nature {
            Nature::Reads => hints.read_only(true),
            Nature::Adds => hints.destructive(false),
            Nature::AddsOnce => hints.destructive(false).idempotent(true),
            Nature::Replaces => hints.destructive(true).idempotent(true),
            Nature::Ends => hints.destructive(true),
        }
    }
}
