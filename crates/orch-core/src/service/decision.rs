//! The decisions that were made on a task, out of the log: what whoever takes it up must not decide again. Changes nothing.

use super::{ServiceError, SessionService, pinned};
use crate::code::{EventType, TaskCode};
use crate::event::{EntityType, Event, OWN_PREFIX};
use crate::store::{EventFilter, Store};

/// How an event type of a workflow's own ends that says that something was decided, as in `plan.decision`.
const DECISION: &str = ".decision";
/// What orch itself records of decisions.
const OWN: [&str; 4] = ["phase.override", "phase.skip", "phase.back", "approval.recorded"];
/// So many events are read at once.
const PAGE: u64 = 500;

impl<S: Store> SessionService<'_, S> {
    /// The latest decisions on a task, at most `most`, oldest first: gates that were overridden, phases that were skipped or
    /// gone back to, approvals, and the events that the session's workflow declares with a type that ends in `.decision`.
    /// Archived events are left out.
    ///
    /// # Errors
    /// [`ServiceError`] if the store cannot be read.
    pub async fn decisions(&self, code: &TaskCode, most: usize) -> Result<Vec<Event>, ServiceError> {
        let mut types: Vec<EventType> =
            OWN.iter().filter_map(|own| EventType::new(format!("{OWN_PREFIX}{own}")).ok()).collect();
        // a template that cannot be read declares nothing
        if let Ok(workflow) = pinned(self.store.pinned_template(code).await?.as_ref()) {
            let declared = workflow.phases.iter().flat_map(|phase| &phase.events);
            types.extend(declared.filter(|declared| is_decision(declared)).cloned());
        }
        types.sort();
        types.dedup();
        let mut decisions = Vec::new();
        for event_type in types {
            self.latest(code, event_type, most, &mut decisions).await?;
        }
        decisions.sort_by_key(|event| event.id);
        decisions.drain(..decisions.len().saturating_sub(most));
        Ok(decisions)
    }

    /// Adds the latest events of a type, at most `most`. A feed has no end to begin at, so all of the type are passed through.
    async fn latest(
        &self,
        code: &TaskCode,
        event_type: EventType,
        most: usize,
        found: &mut Vec<Event>,
    ) -> Result<(), ServiceError> {
        let entity = Some((EntityType::Task, code.to_string()));
        let mut filter = EventFilter { entity, event_type: Some(event_type), ..EventFilter::default() };
        let begin = found.len();
        loop {
            let page = self.store.events(&filter, PAGE).await?;
            let is_last = (page.len() as u64) < PAGE;
            filter.after = page.last().map(|event| event.id);
            found.extend(page);
            let kept = found.len().saturating_sub(most).max(begin);
            found.drain(begin..kept);
            if is_last {
                return Ok(());
            }
        }
    }
}

fn is_decision(event_type: &EventType) -> bool {
    event_type.as_str().ends_with(DECISION)
}
