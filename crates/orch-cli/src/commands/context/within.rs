//! Where `orch context search` searches: the options, and what they come to.

use clap::Args;
use orch_core::code::{Actor, EventType, ProjectCode, SessionKey, SprintCode, TaskCode};
use orch_core::search::{SearchScope, Within};

use crate::app::App;
use crate::error::CliError;
use crate::time::Moment;

/// What is searched in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// One session.
    Session,
    /// One task and its bugs.
    Task,
    /// One sprint and its tasks.
    Sprint,
    /// Everything.
    Project,
}

/// Options that say where to search.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// Search in a session, a task, a sprint, or the whole project
    #[arg(long, value_enum, default_value = "project")]
    scope: Scope,
    /// The session's key, or the code of the task or sprint; of the task that is worked on, it may be left out. A project has
    /// one if its events were imported
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only events of this type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<EventType>,
    /// Only events by this actor
    #[arg(long, visible_alias = "by", value_name = "NAME")]
    actor: Option<Actor>,
    /// Only events since then: RFC 3339, a date, or an age such as 2h
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before then
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl Where {
    /// What the options come to.
    pub(crate) async fn within(self, app: &App) -> Result<Within, CliError> {
        let scope = match (self.scope, self.id.as_deref()) {
            (Scope::Task, id) => SearchScope::Task(app.task(id).await?),
            (scope, id) => scope_of(scope, id)?,
        };
        // the same for a minute, so that a query by age can be answered as it was before
        let now = chrono::DurationRound::duration_trunc(app.clock.now(), chrono::TimeDelta::minutes(1));
        let now = now.unwrap_or_else(|_| app.clock.now());
        Ok(Within {
            scope,
            event_type: self.event_type,
            actor: self.actor,
            since: self.since.map(|moment| moment.from(now)),
            until: self.until.map(|moment| moment.from(now)),
        })
    }
}

/// The scope of this kind with this id.
pub(crate) fn scope_of(scope: Scope, id: Option<&str>) -> Result<SearchScope, CliError> {
    let needed = |what: &str| CliError::usage(format!("a search in one {what} needs its --id"));
    Ok(match (scope, id) {
        (Scope::Project, id) => SearchScope::Project(id.map(ProjectCode::new).transpose()?),
        (Scope::Session, Some(key)) => SearchScope::Session(SessionKey::new(key)?),
        (Scope::Task, Some(code)) => SearchScope::Task(TaskCode::new(code)?),
        (Scope::Sprint, Some(code)) => SearchScope::Sprint(SprintCode::new(code)?),
        (Scope::Session, None) => return Err(needed("session")),
        (Scope::Task, None) => return Err(needed("task")),
        (Scope::Sprint, None) => return Err(needed("sprint")),
    })
}
