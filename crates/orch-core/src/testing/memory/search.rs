//! The index of events in memory: it analyses all events for each question. Ranks nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::MemoryStore;
use super::state::State;
use crate::code::TaskCode;
use crate::event::{EntityType, Event};
use crate::search::{
    KnownWord, LookUp, Position, SearchIndex, SearchScope, SearchSummary, Within, analyse, neighbours, term,
};
use crate::store::StoreError;

impl State {
    /// The task that an event belongs to.
    fn task_of(&self, event: &Event) -> Option<TaskCode> {
        match event.entity_type {
            EntityType::Task => TaskCode::new(event.entity_code.as_str()).ok(),
            EntityType::Bug => {
                self.bugs.iter().find(|bug| bug.code.as_str() == event.entity_code).and_then(|bug| bug.task.clone())
            }
            _ => None,
        }
    }

    fn is_in(&self, event: &Event, scope: &SearchScope) -> bool {
        match scope {
            SearchScope::Session(key) => event.session_key.as_ref() == Some(key),
            SearchScope::Task(code) => self.task_of(event).as_ref() == Some(code),
            SearchScope::Sprint(code) => {
                let task = self.task_of(event).and_then(|code| self.task(&code));
                (event.entity_type == EntityType::Sprint && event.entity_code == code.as_str())
                    || task.is_some_and(|task| task.sprint.as_ref() == Some(code))
            }
            SearchScope::Project(None) => true,
            SearchScope::Project(code) => {
                event.external.as_ref().is_some_and(|external| external.project.as_ref() == code.as_ref())
            }
        }
    }

    /// The events within a scope and filter, newest first.
    fn within<'a>(&'a self, within: &'a Within) -> impl Iterator<Item = &'a Event> {
        self.events.iter().rev().filter(|event| {
            self.is_in(event, &within.scope)
                && within.event_type.as_ref().is_none_or(|wanted| *wanted == event.event_type)
                && within.actor.as_ref().is_none_or(|wanted| *wanted == event.actor)
                && within.since.is_none_or(|since| event.emitted_at >= since)
                && within.until.is_none_or(|until| event.emitted_at < until)
        })
    }

    fn lexicon(&self) -> Vec<KnownWord> {
        let mut words: BTreeMap<(String, String), u64> = BTreeMap::new();
        for event in &self.events {
            for (word, term) in analyse(event.event_type.as_str(), &event.payload).words() {
                *words.entry((word.to_owned(), term.to_owned())).or_default() += 1;
            }
        }
        let mut known: Vec<KnownWord> =
            words.into_iter().map(|((word, term), events)| KnownWord { word, term, events }).collect();
        known.sort_by_key(|word| Reverse(word.events));
        known
    }
}

fn is_meant(known: &KnownWord, look_up: &LookUp) -> bool {
    match look_up {
        LookUp::Exact(word) => known.term == term(word),
        LookUp::Prefix(start) => known.word.starts_with(start),
        LookUp::Inside(part) => known.word.contains(part),
        LookUp::Near(word) => !neighbours(&known.word).is_disjoint(&neighbours(word)),
    }
}

impl SearchIndex for MemoryStore {
    async fn position(&self, scope: &SearchScope) -> Result<Option<Position>, StoreError> {
        let (state, all) = (self.state(), Within::all(scope.clone()));
        // events may leave a sprint, so the last one alone does not tell
        let ids: BTreeSet<i64> = state.within(&all).map(|event| event.id).collect();
        Ok(Some(Position(format!("{}:{}", ids.len(), ids.last().copied().unwrap_or_default()))))
    }

    async fn size(&self) -> Result<u64, StoreError> {
        Ok(self.state().events.len() as u64)
    }

    async fn look_up(&self, words: &[LookUp], limit: usize) -> Result<Vec<Vec<KnownWord>>, StoreError> {
        let known = self.state().lexicon();
        let find = |word| known.iter().filter(|known| is_meant(known, word)).take(limit).cloned().collect();
        Ok(words.iter().map(find).collect())
    }

    async fn candidates(&self, within: &Within, all_of: &[Vec<String>], limit: usize) -> Result<Vec<i64>, StoreError> {
        let state = self.state();
        let has_all = |event: &&Event| {
            let analysis = analyse(event.event_type.as_str(), &event.payload);
            let terms = analysis.terms();
            all_of.iter().all(|any_of| any_of.iter().any(|term| terms.contains(&term.as_str())))
        };
        Ok(state.within(within).filter(has_all).map(|event| event.id).take(limit).collect())
    }

    async fn documents(&self, ids: &[i64]) -> Result<Vec<Event>, StoreError> {
        Ok(self.state().events.iter().filter(|event| ids.contains(&event.id)).cloned().collect())
    }

    async fn count(&self, within: &Within) -> Result<SearchSummary, StoreError> {
        let mut summary = SearchSummary { total_is_exact: true, ..SearchSummary::default() };
        for event in self.state().within(within) {
            summary.add(event);
        }
        Ok(summary)
    }
}
