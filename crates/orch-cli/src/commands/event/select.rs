//! Which events a command of `orch event` is about.

use clap::Args;
use orch_core::code::{Actor, BugCode, EventType, SessionKey, TaskCode};
use orch_core::event::EntityType;
use orch_core::store::EventFilter;

use crate::app::App;
use crate::time::Moment;

/// Options that select events.
#[derive(Debug, Clone, Args)]
pub(crate) struct Select {
    /// Only events of this task
    pub(crate) task: Option<TaskCode>,
    /// Only events of this bug
    #[arg(long, value_name = "BUG", conflicts_with = "task")]
    bug: Option<BugCode>,
    /// Only events of this type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<EventType>,
    /// Only events of this session
    #[arg(long, value_name = "KEY")]
    session: Option<SessionKey>,
    /// Only events by this actor
    #[arg(long, value_name = "NAME")]
    by: Option<Actor>,
    /// Only events since then: RFC 3339, a date, or an age such as 2h
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before then
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Only events after this cursor; from 0 on, none is missed and none comes twice, while others write
    #[arg(long, value_name = "CURSOR")]
    after: Option<i64>,
    /// Also events that are archived
    #[arg(long)]
    archived: bool,
}

impl Select {
    /// The filter that the options describe.
    pub(crate) fn filter(self, app: &App) -> EventFilter {
        let now = app.clock.now();
        EventFilter {
            after: self.after,
            entity: match (self.task, self.bug) {
                (Some(code), _) => Some((EntityType::Task, code.to_string())),
                (None, code) => code.map(|code| (EntityType::Bug, code.to_string())),
            },
            event_type: self.event_type,
            session: self.session,
            actor: self.by,
            operation: None,
            since: self.since.map(|moment| moment.from(now)),
            until: self.until.map(|moment| moment.from(now)),
            archived: self.archived,
        }
    }
}
