//! Creating and changing sprints.

use serde::{Deserialize, Serialize};

use super::{ServiceError, check_metadata, check_title};
use crate::code::SprintCode;
use crate::event::{Fact, SprintCreated, SprintUpdated};
use crate::fold::{Circumstance, sprint_after};
use crate::operation::{Operation, Request};
use crate::refusal::Refusal;
use crate::sprint::{NewSprint, Sprint, SprintChanges};
use crate::store::{Outcome, SprintChange, SprintContext, SprintTarget, Store};

/// A sprint as it is after the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SprintAnswer {
    /// The sprint.
    pub sprint: Sprint,
}

/// Creates and changes sprints.
#[derive(Debug, Clone, Copy)]
pub struct SprintService<'a, S> {
    /// Where sprints are stored.
    pub store: &'a S,
}

impl<S: Store> SprintService<'_, S> {
    /// Creates a sprint.
    ///
    /// # Errors
    /// A refusal if the text is not acceptable or the code is taken.
    pub async fn create(&self, operation: &Operation, new: &NewSprint) -> Result<Outcome<SprintAnswer>, ServiceError> {
        let new = &operation.redactor.sprint(new);
        check_title(&new.title)?;
        check_metadata(&new.metadata)?;
        let request = Request::new(operation, "sprint.create", new);
        let decide = |context: SprintContext| {
            if context.sprint.is_some() {
                return Err(Refusal::CodeTaken(format!("sprint {}", context.code)));
            }
            let created = SprintCreated {
                sprint_code: context.code.clone(),
                title: new.title.clone(),
                metadata: new.metadata.clone(),
            };
            change(operation, context, Some(Fact::SprintCreated(created)))
        };
        Ok(self.store.change_sprint(&request, &SprintTarget::New(new.code.clone()), decide).await?)
    }

    /// Changes a sprint. What it shows already is no change.
    ///
    /// # Errors
    /// A refusal if there is no such sprint, or the text is not acceptable.
    pub async fn update(
        &self,
        operation: &Operation,
        code: &SprintCode,
        changes: &SprintChanges,
    ) -> Result<Outcome<SprintAnswer>, ServiceError> {
        let changes = &operation.redactor.sprint_changes(changes);
        changes.title.as_deref().map_or(Ok(()), check_title)?;
        check_metadata(&changes.metadata)?;
        let request = Request::new(operation, "sprint.update", &(code, changes));
        let decide = |context: SprintContext| {
            let Some(sprint) = &context.sprint else { return Err(Refusal::NoSprint(context.code)) };
            operation.expects(sprint.code.as_str(), sprint.version)?;
            let mut effective = changes.clone();
            effective.title = effective.title.filter(|title| *title != sprint.title);
            effective.status = effective.status.filter(|status| *status != sprint.status);
            effective.metadata.retain(|key, value| match sprint.metadata.get(key) {
                Some(old) => old != value,
                None => !value.is_null(),
            });
            let updated = SprintUpdated { changes: effective, old_status: sprint.status };
            let fact = (updated.changes != SprintChanges::default()).then_some(Fact::SprintUpdated(updated));
            change(operation, context, fact)
        };
        Ok(self.store.change_sprint(&request, &SprintTarget::Existing(code.clone()), decide).await?)
    }
}

fn change(
    operation: &Operation,
    context: SprintContext,
    fact: Option<Fact>,
) -> Result<SprintChange<SprintAnswer>, Refusal> {
    let circumstance = Circumstance { actor: &operation.actor, at: context.now, session_key: None };
    let code = context.code;
    let fact = fact.map(|fact| operation.redactor.fact(fact));
    let sprint = match &fact {
        Some(fact) => sprint_after(context.sprint, fact, circumstance).ok(),
        None => context.sprint,
    };
    let sprint = sprint.ok_or(Refusal::NoSprint(code))?;
    let answer = SprintAnswer { sprint: sprint.clone() };
    Ok(SprintChange { sprint, facts: fact.into_iter().collect(), answer })
}
