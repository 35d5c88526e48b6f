//! The grammar of the command line: nouns, global options, and the hyphenated forms. Runs nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use orch_core::code::{Actor, IdempotencyKey};
use orch_core::store::Window;

use crate::commands;
use crate::output::printer::Color;

/// Takes a task from a first sentence to merged code, through phases with gates.
///
/// Every command is `orch NOUN VERB`; `orch NOUN-VERB` is the same command. A task may be left out where ORCH_TASK is set or
/// exactly one session is active.
#[derive(Debug, Parser)]
#[command(
    name = "orch",
    version,
    propagate_version = true,
    disable_help_subcommand = false,
    arg_required_else_help = true
)]
#[command(after_help = "Begin with: orch init, orch task create \"First task\", orch session start TSK-001\n\
Exit codes: 0 done, 2 usage, 3 not found, 4 gate not met, 5 conflict, 6 busy, 7 unavailable, 8 damaged, 9 refused, 10 outcome unknown")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Look for the project from this folder on
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Who acts: an agent's or a person's name; by default ORCH_ACTOR, then the user
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) actor: Option<Actor>,
    /// Make the command safe to repeat: the same key gives the first answer again
    #[arg(long, value_name = "KEY", global = true)]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Never ask anything, also on a terminal
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
}

/// What must hold for a change to be made.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Condition {
    /// Refuse it if this was changed since: the version that you read
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) if_version: Option<i64>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Part {
    /// How many at most
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// How many to leave out first
    #[arg(long, default_value_t = 0)]
    offset: u64,
}

impl From<Part> for Window {
    fn from(part: Part) -> Self {
        Self { limit: part.limit, offset: part.offset }
    }
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a project here: the folder .orch with the store
    Init(commands::init::Init),
    /// What runs now: active sessions, their phase, and what is missing
    Status(commands::status::Status),
    /// The ready tasks, best first
    Next(commands::next::Next),
    /// What an agent needs at the start of its work, in at most 300 tokens
    ///
    /// The task, its phase, what is missing in it, notes that others left, and the latest decisions: gates that were overridden,
    /// phases that were skipped or gone back to, approvals, and events of a type that ends in .decision. Texts are cut until all
    /// fits. Without a task of yours it tells what others work on and what is ready.
    Prime(commands::prime::Prime),
    /// Take an example task through all phases in a scratch repository
    Demo(commands::demo::Demo),
    /// Look for what is wrong with the project, the store and the settings
    Doctor(commands::doctor::Doctor),
    /// Sprints: named sets of tasks
    #[command(subcommand)]
    Sprint(commands::sprint::Verb),
    /// Tasks: units of work
    #[command(subcommand)]
    Task(commands::task::Verb),
    /// Sessions: runs of a task through its workflow
    #[command(subcommand)]
    Session(commands::session::Verb),
    /// The current phase of a session
    #[command(subcommand)]
    Phase(commands::phase::Verb),
    /// Named documents of a task
    #[command(subcommand)]
    Artifact(commands::artifact::Verb),
    /// Results of tests, linters and the like
    #[command(subcommand)]
    Check(commands::check::Verb),
    /// Approvals of a phase
    #[command(subcommand)]
    Approval(commands::approval::Verb),
    /// Errors: one record for one error, however often and wherever it occurs
    #[command(subcommand)]
    Bug(commands::bug::Verb),
    /// What happened before, found again
    #[command(subcommand)]
    Context(commands::context::Verb),
    /// The event log
    #[command(subcommand)]
    Event(commands::event::Verb),
    /// The repository, and the commits and pull requests that belong to a task
    #[command(subcommand)]
    Git(commands::git::Verb),
    /// What coding agents read of the project
    #[command(subcommand)]
    Agents(commands::agents::Verb),
    /// Workflow templates
    #[command(subcommand)]
    Workflow(commands::workflow::Verb),
    /// The store itself
    #[command(subcommand)]
    Db(commands::db::Verb),
    /// Settings and where they come from
    #[command(subcommand)]
    Config(commands::config::Verb),
    /// What became of an operation
    #[command(subcommand)]
    Op(commands::op::Verb),
    /// Serve the commands as tools to an agent (Model Context Protocol on standard input and output)
    ///
    /// A client of MCP starts it. Who acts is --actor or ORCH_ACTOR, else the name of the client. It ends when the client is gone.
    Mcp(commands::mcp::Mcp),
    /// Print completions for a shell
    Completions(commands::completions::Completions),
    /// Print or write man pages
    Man(commands::man::Man),
}

/// Turns `orch session-start` into `orch session start`: the first word that is no option, if noun and verb exist.
pub(crate) fn expand_hyphenated(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(word) = arguments.get(at).and_then(|word| word.to_str()) {
        if !word.starts_with('-') {
            break;
        }
        // these take their value from the next word
        at += if matches!(word, "-C" | "--actor" | "--idempotency-key" | "--color") { 2 } else { 1 };
    }
    let Some((noun, verb)) = arguments.get(at).and_then(|word| word.to_str()).and_then(|word| word.split_once('-'))
    else {
        return arguments;
    };
    let cli = Cli::command();
    let exists = cli.find_subcommand(noun).is_some_and(|noun| noun.find_subcommand(verb).is_some());
    if exists {
        let words = [OsString::from(noun), OsString::from(verb)];
        arguments.splice(at..=at, words);
    }
    arguments
}

/// The first of one or two words is a task that may be left out.
pub(crate) fn task_and<const LAST: usize>(words: &[String]) -> (Option<&str>, &[String]) {
    match words.split_at(words.len().saturating_sub(LAST)) {
        ([], rest) => (None, rest),
        ([task, ..], rest) => (Some(task), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(line: &str) -> String {
        let words = expand_hyphenated(line.split(' ').map(OsString::from).collect());
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn hyphenated_commands_are_the_same_commands() {
        assert_eq!(expand("orch session-start TSK-001"), "orch session start TSK-001");
        assert_eq!(
            expand("orch --json -C x phase-complete TSK-001 --override"),
            "orch --json -C x phase complete TSK-001 --override"
        );
        assert_eq!(expand("orch task show TSK-001"), "orch task show TSK-001");
        assert_eq!(expand("orch no-such"), "orch no-such");
    }
}
