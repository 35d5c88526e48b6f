//! A call of a tool as a command line: its words, what stands on its standard input, and which page of the answer is
//! wanted. Knows types, no rules; those are the command's.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::tool::{CURSOR, KEY, Kind, LIMIT, Paging, Parameter, Place, Tool};
use crate::commands::context::MOST;
use crate::error::CliError;

/// As many hits as a search gives, which knows no pages.
pub(super) const REACH: usize = MOST as usize;

/// A call, ready to be run.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// Options, then words behind `--`.
    pub(super) line: Vec<String>,
    /// What the command finds on standard input.
    pub(super) input: Vec<u8>,
    /// The part of a long answer that is wanted.
    pub(super) page: Page,
}

/// A part of a long answer, in items or characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Page {
    /// The items of this page, and where the next one begins.
    pub(super) fn of<T>(self, items: &[T]) -> (&[T], Option<String>) {
        let begin = self.offset.min(items.len());
        let end = begin.saturating_add(self.limit).min(items.len());
        (&items[begin..end], self.next(items.len()))
    }

    /// Where the next page begins, if there are so many items.
    pub(super) fn next(self, total: usize) -> Option<String> {
        let end = self.offset.saturating_add(self.limit);
        (end < total).then(|| end.to_string())
    }

    /// The characters of this page, and where the next one begins.
    pub(super) fn of_text(self, text: &str) -> (String, Option<String>) {
        let mut characters = text.chars().skip(self.offset);
        let part = characters.by_ref().take(self.limit).collect();
        let end = self.offset.saturating_add(self.limit);
        (part, characters.next().map(|_| end.to_string()))
    }
}

impl Call {
    /// The call of `tool` with these arguments.
    pub(super) fn new(tool: &Tool, mut arguments: JsonObject) -> Result<Self, CliError> {
        arguments.retain(|_, value| !value.is_null());
        if let Some(unknown) = arguments.keys().find(|name| !tool.arguments().any(|known| known == name.as_str())) {
            return Err(CliError::usage(format!("{} has no argument {unknown}", tool.name)).hint(tool.told_arguments()));
        }
        let (mut call, mut words) = (Self::default(), Vec::new());
        call.line.extend(tool.command.iter().map(ToString::to_string));
        for parameter in tool.parameters {
            match arguments.get(parameter.name) {
                Some(value) => call.add(parameter, value, &mut words)?,
                None if parameter.is_required => {
                    return Err(
                        CliError::usage(format!("{} needs {}", tool.name, parameter.name)).hint(tool.told_arguments())
                    );
                }
                None => {}
            }
        }
        if let Some(key) = arguments.get(KEY) {
            call.line.push(format!("--idempotency-key={}", text(KEY, key)?));
        }
        call.turn_to(tool.paging, &arguments)?;
        if !words.is_empty() {
            call.line.push("--".into());
            call.line.append(&mut words);
        }
        Ok(call)
    }

    fn add(&mut self, parameter: &Parameter, value: &Value, words: &mut Vec<String>) -> Result<(), CliError> {
        let name = parameter.name;
        match (parameter.place, parameter.kind) {
            (Place::Word, _) => words.push(text(name, value)?.to_owned()),
            (Place::Input(instead), _) => {
                self.input = text(name, value)?.as_bytes().to_vec();
                words.extend(instead.iter().map(ToString::to_string));
            }
            (Place::Either(yes, no), _) => self.line.push(format!("--{}", if flag(name, value)? { yes } else { no })),
            (Place::Option(option), Kind::Flag) => {
                if flag(name, value)? {
                    self.line.push(format!("--{option}"));
                }
            }
            (Place::Option(option), Kind::Texts) => {
                let items = value.as_array().ok_or_else(|| wrong(name, "a list of texts"))?;
                for item in items {
                    self.line.push(format!("--{option}={}", text(name, item)?));
                }
            }
            (Place::Option(option), Kind::Number) => {
                self.line.push(format!("--{option}={}", number(name, value)?));
            }
            (Place::Option(option), Kind::Object) => {
                self.line.push(format!("--{option}={}", json!(object(name, value)?)));
            }
            (Place::Option(option), Kind::Text | Kind::OneOf(_)) => {
                self.line.push(format!("--{option}={}", text(name, value)?));
            }
            (Place::Pairs(option), _) => {
                for (key, value) in object(name, value)? {
                    if key.contains('=') {
                        return Err(CliError::usage(format!("a key of {name} has no = in it: {key}")));
                    }
                    self.line.push(format!("--{option}={key}={value}"));
                }
            }
        }
        Ok(())
    }

    /// Asks the command for the page, where it knows pages itself.
    fn turn_to(&mut self, paging: Paging, arguments: &JsonObject) -> Result<(), CliError> {
        let (Paging::Window { usual, most }
        | Paging::Feed { usual, most }
        | Paging::Reach { usual, most }
        | Paging::Whole { usual, most }) = paging
        else {
            return Ok(());
        };
        let limit = match arguments.get(LIMIT) {
            Some(value) => number(LIMIT, value)?,
            None => usual as u64,
        };
        let limit = usize::try_from(limit).unwrap_or(most).clamp(1, most);
        let offset = match arguments.get(CURSOR) {
            Some(value) => number(CURSOR, value)
                .ok()
                .and_then(|at| at.try_into().ok())
                .ok_or_else(|| wrong(CURSOR, "what next_cursor of an answer said"))?,
            None => 0,
        };
        self.page = Page { offset, limit };
        match paging {
            Paging::Window { .. } => self.line.extend([format!("--limit={limit}"), format!("--offset={offset}")]),
            Paging::Feed { .. } => self.line.extend([format!("--limit={limit}"), format!("--after={offset}")]),
            Paging::Reach { .. } => self.line.push(format!("--limit={}", offset.saturating_add(limit).min(REACH))),
            Paging::None | Paging::Whole { .. } => {}
        }
        Ok(())
    }
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, CliError> {
    value.as_str().ok_or_else(|| wrong(name, "a text"))
}

/// A whole number, also where a model wrote it as a text or with a fraction of nothing.
fn number(name: &str, value: &Value) -> Result<u64, CliError> {
    let written = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    written.strip_suffix(".0").unwrap_or(&written).parse().map_err(|_| wrong(name, "a whole number"))
}

fn flag(name: &str, value: &Value) -> Result<bool, CliError> {
    value.as_bool().ok_or_else(|| wrong(name, "true or false"))
}

fn object<'a>(name: &str, value: &'a Value) -> Result<&'a JsonObject, CliError> {
    value.as_object().ok_or_else(|| wrong(name, "an object"))
}

fn wrong(name: &str, expected: &str) -> CliError {
    CliError::usage(format!("{name} must be {expected}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::catalog::TOOLS;
    use super::*;
    use crate::args::Cli;

    fn call(name: &str, arguments: &Value) -> Result<Call, CliError> {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        Call::new(tool, arguments.as_object().unwrap().clone())
    }

    #[test]
    fn a_call_is_a_command_line() {
        for (name, arguments, line) in [
            ("task_show", json!({}), "task show"),
            ("task_show", json!({"task": "--json"}), "task show -- --json"),
            (
                "phase_complete",
                json!({"task": "T-1", "override": true, "reason": "-"}),
                "phase complete --override --reason=- -- T-1",
            ),
            ("check", json!({"name": "tests", "passed": false}), "check record --fail -- tests"),
            (
                "task_update",
                json!({"metadata": {"tags": ["a"], "x": null}}),
                "task update --meta=tags=[\"a\"] --meta=x=null",
            ),
            ("task_next", json!({"limit": 7, "cursor": "14"}), "next --limit=7 --offset=14"),
            ("task_next", json!({"limit": "7", "cursor": 14.0}), "next --limit=7 --offset=14"),
            ("context_search", json!({"query": "a b", "cursor": "10"}), "context search --limit=15 -- a b"),
            ("context_search", json!({"query": "a", "cursor": "998"}), "context search --limit=1000 -- a"),
            ("event_list", json!({"task": "T-1"}), "event list --limit=10 --after=0 -- T-1"),
            ("bug_log", json!({"output": "…"}), "bug log -- -"),
            ("task_release", json!({"idempotency_key": "k"}), "task release --idempotency-key=k"),
        ] {
            assert_eq!(call(name, &arguments).unwrap().line.join(" "), line);
        }
    }

    #[test]
    fn what_does_not_fit_is_wrong_usage() {
        for (name, arguments, message) in [
            ("task_show", json!({"tsak": "x"}), "task_show has no argument tsak"),
            ("check", json!({"passed": true}), "check needs name"),
            ("check", json!({"name": "x", "passed": "yes"}), "passed must be true or false"),
            ("task_next", json!({"limit": -1}), "limit must be a whole number"),
            ("task_next", json!({"cursor": "x"}), "cursor must be what next_cursor of an answer said"),
            ("task_create", json!({"title": "x", "metadata": {"a=b": 1}}), "a key of metadata has no = in it: a=b"),
        ] {
            assert_eq!(call(name, &arguments).unwrap_err().message, message);
        }
    }

    #[test]
    fn every_tool_fits_the_grammar() {
        for tool in TOOLS {
            let cli = Cli::command();
            let command = tool.command.iter().fold(&cli, |command, word| command.find_subcommand(word).unwrap());
            let is_there = |option: &str| {
                let names = |argument: &clap::Arg| {
                    argument.get_long_and_visible_aliases().is_some_and(|names| names.contains(&option))
                };
                command.get_arguments().any(names)
            };
            for parameter in tool.parameters {
                let options = match parameter.place {
                    Place::Option(option) | Place::Pairs(option) => vec![option],
                    Place::Either(yes, no) => vec![yes, no],
                    Place::Word | Place::Input(_) => Vec::new(),
                };
                for option in options {
                    assert!(is_there(option), "{} has no --{option}", tool.name);
                }
            }
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let page = Page { offset: 2, limit: 2 };
        assert_eq!(page.of(&[1, 2, 3, 4, 5]), (&[3, 4][..], Some("4".to_owned())));
        assert_eq!(page.of(&[1]), (&[][..], None));
        assert_eq!(page.of_text("äöüß"), ("üß".to_owned(), None));
        assert_eq!(page.of_text("äöüßé"), ("üß".to_owned(), Some("4".to_owned())));
    }
}
