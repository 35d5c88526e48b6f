//! The message of a commit: a template in which values are put once, and trailers that say whose commit it is. Pure.

use serde::{Deserialize, Serialize};

use crate::code::{PhaseName, SprintCode, TaskCode};
use crate::operation::OperationId;
use crate::task::Task;
use crate::visible::is_hidden;

/// What a template may put in, each in braces.
pub const PLACEHOLDERS: [&str; 5] = ["sprint_code", "task_code", "task_title", "phase", "task_type"];

/// The most bytes of a template.
const MAX_TEMPLATE: usize = 16_384;

const TASK: &str = "Orch-Task: ";
const OPERATION: &str = "Orch-Operation: ";

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// There is no placeholder of that name.
    #[error("there is no placeholder {{{name}}}; there are {}", PLACEHOLDERS.map(|known| format!("{{{known}}}")).join(", "))]
    Unknown {
        /// The name, as it was given.
        name: String,
    },
    /// A brace is opened and not closed.
    #[error("the brace before {rest:?} is not closed; a brace itself is written {{{{")]
    Open {
        /// What follows the brace.
        rest: String,
    },
    /// It says nothing.
    #[error("the template is empty")]
    Empty,
    /// It is too long, or has a character that no message can have.
    #[error("the template holds a NUL character, or more than {MAX_TEMPLATE} bytes")]
    Unfit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    SprintCode,
    TaskCode,
    TaskTitle,
    Phase,
    TaskType,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Name),
}

/// A template of messages, such as `[{task_code}] {task_title}`. `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageTemplate {
    text: String,
    parts: Vec<Part>,
}

/// What is put into a template.
#[derive(Debug, Clone, Copy)]
pub struct MessageValues<'a> {
    /// The task.
    pub task: &'a Task,
    /// The phase that the commit belongs to, if there is one.
    pub phase: Option<&'a PhaseName>,
}

impl Default for MessageTemplate {
    fn default() -> Self {
        Self::parse("[{task_code}] {task_title}").unwrap_or_else(|_| unreachable!("it is a template"))
    }
}

impl TryFrom<String> for MessageTemplate {
    type Error = MessageError;
    fn try_from(text: String) -> Result<Self, MessageError> {
        Self::parse(&text)
    }
}

impl From<MessageTemplate> for String {
    fn from(template: MessageTemplate) -> Self {
        template.text
    }
}

impl MessageTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`MessageError`] if a placeholder is unknown, a brace is not closed, or there is no text that a message could have.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.trim().is_empty() {
            return Err(MessageError::Empty);
        }
        if text.contains('\0') || text.len() > MAX_TEMPLATE {
            return Err(MessageError::Unfit);
        }
        let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
            } else if brace == "}" {
                literal.push_str(brace);
                rest = after;
            } else {
                let open = || MessageError::Open { rest: after.chars().take(40).collect() };
                let end = after.find(['{', '}', '\n']).filter(|end| after[*end..].starts_with('}')).ok_or_else(open)?;
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Value(name(&after[..end])?));
                rest = &after[end + 1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The message for these values, without white space around it. What is in a value is never taken for a placeholder,
    /// and stays on its line. A code that begins with what stands before it (`TSK-{task_code}`) is not given that twice. A
    /// value that there is not takes with it the brackets around it, or the separator behind it.
    #[must_use]
    pub fn render(&self, values: MessageValues<'_>) -> String {
        let mut message = String::new();
        let mut skip: &[char] = &[];
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => {
                    message.push_str(text.trim_start_matches(skip));
                    skip = &[];
                }
                Part::Value(name) => {
                    let value = plain(&name.value(values));
                    let next = match self.parts.get(at + 1) {
                        Some(Part::Text(text)) => text.chars().next(),
                        _ => None,
                    };
                    match (message.chars().last(), next) {
                        _ if !value.is_empty() => {}
                        (Some('['), Some(']')) | (Some('('), Some(')')) => {
                            message.pop();
                            skip = if next == Some(']') { &[']', ' '] } else { &[')', ' '] };
                        }
                        _ => skip = &['/', '-', ':', '.', ' '],
                    }
                    let before = match at.checked_sub(1).map(|before| &self.parts[before]) {
                        Some(Part::Text(text)) => text.as_str(),
                        _ => "",
                    };
                    message.push_str(name.without_repeated(before, &value));
                }
            }
        }
        message.trim().to_owned()
    }
}

impl Name {
    fn value(self, values: MessageValues<'_>) -> String {
        let task = values.task;
        match self {
            Self::SprintCode => task.sprint.as_ref().map(SprintCode::to_string).unwrap_or_default(),
            Self::TaskCode => task.code.to_string(),
            Self::TaskTitle => task.title.clone(),
            Self::Phase => values.phase.map(PhaseName::to_string).unwrap_or_default(),
            Self::TaskType => task.task_type.to_string(),
        }
    }

    /// A code without the beginning that the text before it has already.
    fn without_repeated<'v>(self, before: &str, value: &'v str) -> &'v str {
        if !matches!(self, Self::TaskCode | Self::SprintCode) {
            return value;
        }
        match value.split_once('-') {
            Some((prefix, rest)) if before.strip_suffix('-').is_some_and(|before| before.ends_with(prefix)) => rest,
            _ => value,
        }
    }
}

fn name(text: &str) -> Result<Name, MessageError> {
    Ok(match text {
        "sprint_code" => Name::SprintCode,
        "task_code" => Name::TaskCode,
        "task_title" => Name::TaskTitle,
        "phase" => Name::Phase,
        "task_type" => Name::TaskType,
        _ => return Err(MessageError::Unknown { name: text.chars().take(80).collect() }),
    })
}

/// A value on one line, without what hides.
fn plain(value: &str) -> String {
    let replaced: String = value.chars().map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect();
    replaced.trim().to_owned()
}

/// The lines of a message that say whose commit it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trailers {
    /// The task.
    pub task: Option<String>,
    /// The operation that made the commit.
    pub operation: Option<String>,
}

impl Trailers {
    /// The line of an operation.
    #[must_use]
    pub fn mark(operation: &OperationId) -> String {
        format!("{OPERATION}{operation}")
    }

    /// A message with the lines added to its last paragraph, if that holds trailers, else as a paragraph of their own.
    #[must_use]
    pub fn add(message: &str, task: &TaskCode, operation: &OperationId) -> String {
        let last = message.rsplit_once("\n\n").map(|(_, last)| last);
        let between = if last.is_some_and(|last| last.lines().all(is_trailer)) { "\n" } else { "\n\n" };
        format!("{message}{between}{TASK}{task}\n{}\n", Self::mark(operation))
    }

    /// The lines as a message has them, wherever in it.
    #[must_use]
    pub fn of(message: &str) -> Self {
        let find = |name: &str| {
            message.lines().rev().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
        };
        Self { task: find(TASK), operation: find(OPERATION) }
    }

    /// Whether a message names a task: in its trailer, or in its subject as a word of its own.
    #[must_use]
    pub fn name_task(message: &str, task: &TaskCode) -> bool {
        match Self::of(message).task {
            Some(named) => named == task.as_str(),
            None => has_word(message.lines().next().unwrap_or_default(), task.as_str()),
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + word.len()..].chars().next()))
}

fn is_trailer(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(token, value)| {
        !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !value.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn task(code: &str, title: &str, sprint: Option<&str>) -> Task {
        let mut task = fixture::task(code);
        task.title = title.to_owned();
        task.sprint = sprint.map(|code| SprintCode::new(code).unwrap());
        task
    }

    #[test]
    fn values_are_put_in_once_and_stay_on_their_line() {
        let phase = PhaseName::new("execute").unwrap();
        let all = "{sprint_code} {task_code} {task_title} {phase} {task_type}";
        for (template, code, title, sprint, message) in [
            (all, "TSK-001", "Add it", Some("SPR-001"), "SPR-001 TSK-001 Add it execute feature"),
            ("[{task_code}] {task_title}", "TSK-001", "{task_code}", None, "[TSK-001] {task_code}"),
            ("{task_title}", "TSK-001", "a\r\nb\tc\u{1b}[2J\u{202e}d\u{2028}e\u{0}", None, "a  b c [2J d e"),
            ("TSK-{task_code}: {task_title}", "TSK-001", "x", None, "TSK-001: x"),
            ("TSK-{task_code}: {task_title}", "AUTH-7", "x", None, "TSK-AUTH-7: x"),
            ("{task_title}{task_code}", "TSK-001", "TSK-", None, "TSK-TSK-001"),
            ("SPR-{sprint_code}/TSK-{task_code}", "TSK-001", "x", Some("SPR-002"), "SPR-002/TSK-001"),
            ("[{sprint_code}] [{task_code}] x", "TSK-001", "x", None, "[TSK-001] x"),
            ("{sprint_code}/{task_code}: x", "TSK-001", "x", None, "TSK-001: x"),
            ("({sprint_code}) {task_code}", "TSK-001", "x", None, "TSK-001"),
            ("{{phase}} {task_code}}}}", "TSK-001", "x", None, "{phase} TSK-001}}"),
            ("#1 {task_title}\n\nBody of {task_code}\n", "TSK-001", "-x", None, "#1 -x\n\nBody of TSK-001"),
        ] {
            let task = task(code, title, sprint);
            let rendered = MessageTemplate::parse(template).unwrap();
            assert_eq!(rendered.as_str(), template);
            assert_eq!(rendered.render(MessageValues { task: &task, phase: Some(&phase) }), message, "{template}");
        }
        let none = MessageTemplate::parse("{phase}: {task_title}").unwrap();
        assert_eq!(none.render(MessageValues { task: &task("T-1", "x", None), phase: None }), "x");
        assert_eq!(MessageTemplate::default().as_str(), "[{task_code}] {task_title}");
    }

    #[test]
    fn what_is_no_template_is_refused_with_the_names_there_are() {
        for (text, part) in [
            ("{task}", "there is no placeholder {task}; there are {sprint_code}, {task_code}, {task_title}"),
            ("{}", "there is no placeholder {}"),
            ("a {task_code", "not closed"),
            ("{task_code\n}", "not closed"),
            ("{ {task_code}", "not closed"),
            (" \n", "empty"),
            ("a\0", "NUL"),
        ] {
            let error = MessageTemplate::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn trailers_are_added_and_found() {
        let (task, operation) =
            (TaskCode::new("TSK-001").unwrap(), OperationId::new("01M85K3F0CB8837KXZN9FN3S9V").unwrap());
        let lines = "Orch-Task: TSK-001\nOrch-Operation: 01M85K3F0CB8837KXZN9FN3S9V\n";
        for (message, between) in [
            ("fix: it", "\n\n"),
            ("fix: it\n\nWhy.", "\n\n"),
            ("x\n\nCloses: #1\nSigned-off-by: A <a@b>", "\n"),
            ("x\n\nCloses: #1\nand more", "\n\n"),
        ] {
            let whole = Trailers::add(message, &task, &operation);
            assert_eq!(whole, format!("{message}{between}{lines}"));
            let found = Trailers::of(&whole);
            assert_eq!(found.task.as_deref(), Some("TSK-001"));
            assert_eq!(found.operation.as_deref(), Some(operation.as_str()));
            assert!(whole.contains(&Trailers::mark(&operation)));
        }
        for (message, names) in [
            ("x\n\nOrch-Task: TSK-001", true),
            ("TSK-001\n\nOrch-Task: TSK-002", false),
            ("[TSK-001] x", true),
            ("fix TSK-0011", false),
            ("fix ATSK-001, TSK-001-b", false),
            ("fix ATSK-001, TSK-001: b", true),
            ("x\n\nlike TSK-001", false),
        ] {
            assert_eq!(Trailers::name_task(message, &task), names, "{message}");
        }
    }
}
