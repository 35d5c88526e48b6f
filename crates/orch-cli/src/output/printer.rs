//! The only writer to standard output and standard error, and where an answer goes that somebody else hands on. Text from
//! outside is made visible before it gets here or here.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use orch_core::visible::is_hidden;
pub(crate) use orch_core::visible::{visible, visible_line};
use serde_json::{Value, json};

use orch_core::redact::Redactor;

use crate::error::CliError;

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a command told to a printer that keeps it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The answer.
    pub(crate) answer: Value,
    /// What was told beside it: notes and warnings.
    pub(crate) notes: Vec<String>,
}

/// Writes answers, warnings and errors, or keeps them for whoever runs the command.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    /// Whether answers are JSON documents.
    pub(crate) json: bool,
    kept: Option<Arc<Mutex<Told>>>,
}

impl Printer {
    /// A printer; sets the colours of this process.
    pub(crate) fn new(json: bool, color: Color) -> Self {
        match color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self::writing(json)
    }

    /// A printer that writes to the streams of this process.
    pub(crate) fn writing(json: bool) -> Self {
        Self { json, kept: None }
    }

    /// A printer that writes nothing and keeps the JSON documents: the streams belong to somebody else.
    pub(crate) fn keeping() -> Self {
        Self { json: true, kept: Some(Arc::default()) }
    }

    /// What was kept so far.
    pub(crate) fn told(&self) -> Told {
        self.kept.as_ref().map(|kept| std::mem::take(&mut *lock(kept))).unwrap_or_default()
    }

    /// Prints an answer: the document with `--json`, else the text.
    pub(crate) fn answer(&self, document: impl FnOnce() -> Value, text: impl FnOnce() -> String) {
        if let Some(kept) = &self.kept {
            lock(kept).answer = document();
        } else if self.json {
            out(&json_text(&format!("{:#}\n", document())));
        } else {
            out(&text());
        }
    }

    /// Prints one document of a stream, on a line of its own, or the text for it. Says whether anybody still reads.
    #[must_use]
    pub(crate) fn line(&self, document: impl FnOnce() -> Value, text: impl FnOnce() -> String) -> bool {
        // a stream is no answer that could be kept
        if self.kept.is_some() {
            return false;
        }
        let line = if self.json { json_line(&document()) } else { text() };
        out(&line)
    }

    /// Prints text that is itself the answer, such as an artifact.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        if let Some(kept) = &self.kept {
            lock(kept).answer = json!(String::from_utf8_lossy(bytes));
            return;
        }
        let mut stdout = std::io::stdout().lock();
        // nobody reads any more: the effect of the command stands, so there is nothing to say
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// Tells something beside the answer.
    pub(crate) fn note(&self, text: &str) {
        self.tell(text, "");
    }

    /// Warns.
    pub(crate) fn warn(&self, text: &str) {
        self.tell(text, &format!("{} ", paint(AnsiColor::Yellow, "⚠")));
    }

    fn tell(&self, text: &str, mark: &str) {
        match &self.kept {
            Some(kept) => lock(kept).notes.push(visible(text).into_owned()),
            None => err(&format!("{mark}{}\n", visible(text))),
        }
    }

    /// Asks for a line of text on the terminal. Nobody may be asked who is not there.
    #[expect(clippy::unused_self, reason = "whoever may write has a printer")]
    pub(crate) fn ask(&self, question: &str) -> Result<String, CliError> {
        err(&format!("{} ", bold(question)));
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        read.map_err(|error| CliError::io("read", Path::new("the terminal"), &error))?;
        Ok(line.trim().to_owned())
    }

    /// Asks which of some choices it is, each a letter and what it means; whoever says nothing takes the default.
    pub(crate) fn choose(
        &self,
        question: &str,
        choices: &[(&'static str, &str)],
        default: &'static str,
    ) -> Result<&'static str, CliError> {
        for (letter, meaning) in choices {
            self.note(&format!("  {letter}  {meaning}"));
        }
        loop {
            let said = self.ask(&format!("{question} [{default}]"))?.to_lowercase();
            if said.is_empty() {
                return Ok(default);
            }
            if let Some((letter, _)) = choices.iter().find(|(letter, _)| said.starts_with(letter)) {
                return Ok(letter);
            }
        }
    }

    /// Tells what is wrong with the arguments, in the words of the parser.
    #[expect(clippy::unused_self, reason = "whoever may write has a printer")]
    pub(crate) fn usage(&self, text: &str) {
        err(&Redactor::default().text(text));
    }

    /// Tells why a command failed, and what to do.
    pub(crate) fn error(&self, error: CliError) {
        // whatever the settings say: an address of a database must not get into the log of a build
        let error = error.without_secrets(&Redactor::default());
        if self.json {
            err(&json_text(&format!("{:#}\n", json!({"error": error.document()}))));
            return;
        }
        let mut text = String::new();
        if error.lines.is_empty() {
            let _ = writeln!(text, "{} {}", paint(AnsiColor::Red, "error:"), visible(&error.message));
        }
        for line in &error.lines {
            let _ = writeln!(text, "{}", visible(line));
        }
        let _ = writeln!(text, "{} {}", paint(AnsiColor::Cyan, "hint:"), visible(error.next_step()));
        err(&text);
    }
}

/// What is kept is whole whoever panicked.
fn lock(kept: &Mutex<Told>) -> std::sync::MutexGuard<'_, Told> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A document on a line of its own.
pub(crate) fn json_line(document: &Value) -> String {
    json_text(&format!("{document}\n"))
}

/// The same document with hidden characters as escapes: a terminal shows them, and a parser reads what was stored.
fn json_text(document: &str) -> String {
    if !document.chars().any(is_hidden) {
        return document.to_owned();
    }
    let mut text = String::with_capacity(document.len() + 64);
    for c in document.chars() {
        if is_hidden(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

fn out(text: &str) -> bool {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

fn err(text: &str) {
    // with standard error closed there is nobody left to tell
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// A text in a colour; the colour is dropped where the stream is no terminal.
pub(crate) fn paint(color: AnsiColor, text: &str) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{text}{style:#}")
}

/// A text in bold.
pub(crate) fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}
