//! `orch bug explain`.

use std::path::{Path, PathBuf};

use clap::Args;
use orch_core::bug::{Difference, Explanation, Fingerprinter, Report, explain};
use orch_core::refusal::Refusal;
use orch_core::store::BugName;
use serde_json::{Value, json};

use super::log::read;
use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible, visible_line};
use crate::output::view;

/// Arguments of `orch bug explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The message or a recorded bug, or two of them to compare; without one, or for -, standard input
    #[arg(value_name = "MESSAGE", num_args = 0..=2)]
    messages: Vec<String>,
    /// The stack trace; once for both messages, or once for each
    #[arg(long, value_name = "TEXT", num_args = 1)]
    stack: Vec<String>,
    /// A file with the stack trace, - for standard input; once for both messages, or once for each
    #[arg(long, value_name = "PATH", conflicts_with = "stack")]
    stack_file: Vec<PathBuf>,
    /// The file that the error is in; once for both messages, or once for each
    #[arg(long, value_name = "PATH")]
    file: Vec<String>,
    /// The line in that file; once for both messages, or once for each
    #[arg(long, value_name = "N")]
    line: Vec<u32>,
    /// The folder of the project on the machine of the report; by default the project that orch runs in
    #[arg(long, value_name = "DIR")]
    project_root: Vec<String>,
}

impl Explain {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let from_input = self.messages.is_empty() || self.messages.iter().any(|message| message == "-");
        let input_twice = self.messages.iter().filter(|message| *message == "-").count() > 1
            || (from_input && !self.messages.is_empty() && self.stack_file.iter().any(|path| path == Path::new("-")));
        if input_twice {
            return Err(CliError::usage("standard input can be read once")
                .hint("give one of the texts as an argument or a file"));
        }
        let stacks = if self.stack_file.is_empty() {
            self.stack.clone()
        } else {
            self.stack_file.iter().map(|path| read(app, path)).collect::<Result<_, _>>()?
        };
        let mut messages = self.messages.clone();
        if let Some(message) = messages.iter_mut().find(|message| *message == "-") {
            *message = read(app, Path::new("-"))?;
        } else if messages.is_empty() {
            // with a stack of its own a report needs no message
            messages.push(if stacks.is_empty() { read(app, Path::new("-"))? } else { String::new() });
        }
        let root = app.find_project().map(|project| project.root.to_string_lossy().into_owned());
        let fingerprinter = app.settings().fingerprinter();
        let mut explanations = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            if let Some(recorded) = recorded(app, message, &fingerprinter).await? {
                explanations.push(recorded);
                continue;
            }
            explanations.push(fingerprinter.explain(&Report {
                message,
                stack: nth(&stacks, index).map(String::as_str),
                file: nth(&self.file, index).map(String::as_str),
                line: nth(&self.line, index).copied(),
                project_root: nth(&self.project_root, index).map(String::as_str).or(root.as_deref()),
                ..Report::default()
            }));
        }
        let difference = match explanations.as_slice() {
            [first, second] => Some(explain::difference(&first.fingerprint, &second.fingerprint)),
            _ => None,
        };
        app.printer.answer(
            || {
                let mut document = json!({"explanations": explanations.iter().map(document).collect::<Vec<_>>()});
                if let Some(difference) = &difference {
                    document["same"] = json!(difference.is_none());
                    document["difference"] = json!(difference.as_ref().map(parting));
                }
                view::answer(document, app.id())
            },
            || {
                let mut text = explanations.iter().map(for_people).collect::<Vec<_>>().join("\n");
                if let Some(difference) = &difference {
                    text.push_str(&compared(difference.as_ref()));
                }
                text
            },
        );
        Ok(())
    }
}

/// The explanation of a recorded bug, where a text calls one: `BUG-001`, `b1:0123abcd`.
async fn recorded(app: &App, text: &str, fingerprinter: &Fingerprinter) -> Result<Option<Explanation>, CliError> {
    let is_code = text.strip_prefix("BUG-").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let name = match BugName::new(text) {
        Ok(name @ BugName::Hash(_)) => name,
        Ok(name) if is_code => name,
        _ => return Ok(None),
    };
    let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
    let service = App::bugs(store, &folder, &git, fingerprinter);
    let bug = service.find(&name).await?;
    let report = service.report(&bug.code).await?.ok_or_else(|| Refusal::NoBug(name.to_string()))?;
    Ok(Some(fingerprinter.explain(&report.as_report())))
}

/// The value for a message: each has its own, or all have the same.
fn nth<T>(values: &[T], index: usize) -> Option<&T> {
    values.get(index).or_else(|| values.first().filter(|_| values.len() == 1))
}

fn document(explanation: &Explanation) -> Value {
    let decisions: Vec<Value> = explanation
        .decisions
        .iter()
        .map(|decision| {
            json!({"rule": decision.rule.name(), "kept": decision.rule.keeps(), "start": decision.token.start,
                   "end": decision.token.end, "text": decision.text, "template": decision.template})
        })
        .collect();
    let parts: Vec<Value> = explanation
        .fingerprint
        .parts
        .iter()
        .map(|part| json!({"name": part.name.name(), "value": part.value}))
        .collect();
    json!({
        "fingerprint": explanation.fingerprint.key,
        "error_type": explanation.classification.error_type.name(),
        "type_rule": explanation.classification.rule,
        "place_rule": explanation.place_rule,
        "message": explanation.text,
        "tokens": decisions,
        "parts": parts,
    })
}

fn parting(difference: &Difference) -> Value {
    json!({"part": difference.name.name(), "first": difference.first, "second": difference.second, "at": difference.at})
}

fn for_people(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", bold(&explanation.fingerprint.key));
    text.push_str(&format!(
        "type     {} ({})\n",
        explanation.classification.error_type.name(),
        visible_line(&explanation.classification.rule)
    ));
    text.push_str(&format!("message  {}\n", visible_line(&explanation.text)));
    let width = explanation.decisions.iter().map(|decision| decision.rule.name().len()).max().unwrap_or(0);
    for decision in &explanation.decisions {
        let (rule, from) = (decision.rule.name(), visible_line(&decision.text));
        let to = if decision.rule.keeps() { "kept".to_owned() } else { visible_line(&decision.template) };
        let at = decision.token.start;
        text.push_str(&format!(
            "  {at:>5}  {rule:<width$}  {from} → {}\n",
            if to.is_empty() { "left out" } else { &to }
        ));
    }
    text.push_str(&format!("hashed (place by: {})\n", explanation.place_rule));
    for part in &explanation.fingerprint.parts {
        let value = visible(&part.value).replace('\n', "\n           ");
        text.push_str(&format!("  {:<7}  {value}\n", part.name.name()));
    }
    text
}

fn compared(difference: Option<&Difference>) -> String {
    let Some(difference) = difference else { return "\nBoth have the same fingerprint.\n".to_owned() };
    let show = |value: &str| {
        let (same, other) = value.split_at(difference.at);
        if value.is_empty() {
            "(nothing)".to_owned()
        } else {
            format!("{}⟨{}⟩", visible_line(same), visible_line(other))
        }
    };
    format!(
        "\nThey differ first in: {}\n  first   {}\n  second  {}\n",
        difference.name.name(),
        show(&difference.first),
        show(&difference.second)
    )
}
