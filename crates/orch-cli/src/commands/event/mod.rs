//! `orch event`: the event log.

mod archive;
mod emit;
mod export;
mod follow;
mod import;
mod lines;
mod list;
mod reindex;
mod select;

use clap::Subcommand;
use orch_core::event::Event;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::view;

/// The verbs of `orch event`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List events, the oldest first
    List(list::List),
    /// Emit an event that the current phase declares
    Emit(emit::Emit),
    /// Print events as they happen
    Follow(follow::Follow),
    /// Print all events, one JSON document a line
    Export(export::Export),
    /// Take in many events from elsewhere
    Import(import::Import),
    /// Move the events of whole months out of the way; --archived shows them
    Archive(archive::Archive),
    /// Make the index of the search anew
    Reindex(reindex::Reindex),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::List(args) => args.run(app).await,
            Self::Emit(args) => args.run(app).await,
            Self::Follow(args) => args.run(app).await,
            Self::Export(args) => args.run(app).await,
            Self::Import(args) => args.run(app).await,
            Self::Archive(args) => args.run(app).await,
            Self::Reindex(args) => args.run(app).await,
        }
    }
}

/// An event on one line.
fn line(event: &Event) -> String {
    format!(
        "{:>6}  {}  {:<10} {}  {}  {}\n",
        event.id,
        view::time(event.emitted_at),
        visible_line(event.actor.as_str()),
        event.entity_code,
        event.event_type,
        visible_line(&event.payload.to_string()),
    )
}
