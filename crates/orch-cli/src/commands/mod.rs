//! The commands, one file a verb: arguments, call, print. No rule is made here.

pub(crate) mod agents;
pub(crate) mod approval;
pub(crate) mod artifact;
pub(crate) mod bug;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod db;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod event;
pub(crate) mod git;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod next;
pub(crate) mod op;
pub(crate) mod phase;
pub(crate) mod prime;
pub(crate) mod session;
pub(crate) mod sprint;
pub(crate) mod status;
pub(crate) mod task;
pub(crate) mod workflow;

use crate::app::App;
use crate::args::Command;
use crate::error::CliError;
use crate::exit::Exit;

/// Runs one command.
pub(crate) async fn run(app: &App, command: Command) -> Result<Exit, CliError> {
    match command {
        Command::Init(args) => args.run(app).await?,
        Command::Status(args) => args.run(app).await?,
        Command::Next(args) => args.run(app).await?,
        Command::Prime(args) => args.run(app).await?,
        Command::Demo(args) => args.run(app)?,
        Command::Doctor(args) => return args.run(app).await,
        Command::Sprint(verb) => verb.run(app).await?,
        Command::Task(verb) => verb.run(app).await?,
        Command::Session(verb) => verb.run(app).await?,
        Command::Phase(verb) => verb.run(app).await?,
        Command::Artifact(verb) => verb.run(app).await?,
        Command::Check(verb) => return verb.run(app).await,
        Command::Agents(verb) => verb.run(app)?,
        Command::Approval(verb) => verb.run(app).await?,
        Command::Bug(verb) => verb.run(app).await?,
        Command::Context(verb) => verb.run(app).await?,
        Command::Event(verb) => verb.run(app).await?,
        Command::Git(verb) => verb.run(app).await?,
        Command::Workflow(verb) => verb.run(app)?,
        Command::Db(verb) => return verb.run(app).await,
        Command::Config(verb) => verb.run(app)?,
        Command::Op(verb) => verb.run(app).await?,
        Command::Mcp(args) => args.run(app).await?,
        Command::Completions(args) => args.run(app),
        Command::Man(args) => args.run(app)?,
    }
    Ok(Exit::Done)
}

/// Values of an option of the form KEY=VALUE, where VALUE is JSON if it reads as such, else text.
fn metadata(option: &str, pairs: &[String]) -> Result<serde_json::Map<String, serde_json::Value>, CliError> {
    let mut metadata = serde_json::Map::new();
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
            return Err(CliError::usage(format!("{option} {pair:?} is not of the form KEY=VALUE")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        metadata.insert(key.to_owned(), value);
    }
    Ok(metadata)
}
