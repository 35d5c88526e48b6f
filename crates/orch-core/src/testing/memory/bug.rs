//! The port for bugs in memory.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::state::{Origin, follows, kept, next_code, page, put};
use super::{MemoryStore, task_origin};
use crate::bug::fact::LOGGED;
use crate::bug::keys::MAX_DISTANCE;
use crate::bug::{Bug, BugStatus, Keys, decide};
use crate::code::BugCode;
use crate::event::EntityType;
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::store::{
    Answer, BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, BugStore, ChangeError, Outcome, Page,
    StoreError, Window,
};

fn is_named(bug: &Bug, name: &BugName) -> bool {
    match name {
        BugName::Code(code) => bug.code == *code,
        BugName::Hash(hash) => bug.keys.hash.starts_with(hash.as_str()),
    }
}

fn may_be(bug: &Bug, keys: &Keys) -> bool {
    bug.keys.hash == keys.hash
        || (bug.status() == BugStatus::Open && keys.loose.is_some() && bug.keys.loose == keys.loose)
}

impl BugStore for MemoryStore {
    async fn change_bugs<A: Answer>(
        &self,
        request: &Request,
        scope: &BugScope,
        decision: impl Fn(BugContext) -> Result<BugChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let mut state = self.state();
        if let Some(outcome) = state.replay(request)? {
            return Ok(outcome);
        }
        let wanted = |bug: &&Bug| {
            scope.names.iter().any(|name| is_named(bug, name)) || scope.reports.iter().any(|keys| may_be(bug, keys))
        };
        let mut bugs: Vec<Bug> = state.bugs.iter().filter(wanted).cloned().collect();
        let mut at = 0;
        while let Some(bug) = bugs.get(at) {
            let into = bug.merged_into.clone().filter(|into| bugs.iter().all(|bug| bug.code != *into));
            bugs.extend(into.and_then(|into| state.bugs.iter().find(|bug| bug.code == into)).cloned());
            at += 1;
        }
        let mut codes: Vec<BugCode> = Vec::new();
        for _ in 0..decide::new_bugs(&bugs, &scope.reports) {
            let taken = |code: &BugCode| codes.contains(code) || state.bugs.iter().any(|bug| bug.code == *code);
            codes.push(next_code("BUG", taken)?);
        }
        let spoken_of = scope.tasks.iter().chain(bugs.iter().flat_map(|bug| &bug.blocks));
        let tasks: BTreeMap<_, _> =
            spoken_of.filter_map(|code| state.task(code)).map(|task| (task.code.clone(), task.clone())).collect();
        let last = bugs.iter().map(|bug| bug.updated_at).chain(tasks.values().map(|task| task.updated_at)).max();
        let now = self.now(last);
        let BugChange { bugs, tasks, answer } = decision(BugContext { bugs, codes, tasks, now })?;
        for draft in &bugs {
            let bug = draft.bug();
            let known = state.bugs.iter().find(|known| known.code == bug.code);
            let version = known.map_or(0, |known| known.version);
            let taken = state.bugs.iter().any(|other| other.keys.hash == bug.keys.hash && other.code != bug.code);
            if taken || version != draft.before() {
                return Err(StoreError::Conflict { what: format!("bug {}", bug.code) }.into());
            }
            follows(version, draft.events().len(), bug.version, || format!("bug {}", bug.code))?;
        }
        for draft in &tasks {
            state.check(state.task(&draft.task().code), draft)?;
        }
        let kept = kept(&answer)?;
        for draft in bugs.iter().filter(|draft| !draft.events().is_empty()) {
            put(&mut state.bugs, draft.bug().clone(), |one, other| one.code == other.code);
        }
        let mut origins: Vec<Origin<'_>> = bugs
            .iter()
            .map(|draft| Origin {
                entity_type: EntityType::Bug,
                entity_code: draft.bug().code.as_str(),
                version: draft.before(),
                actor: &request.operation.actor,
                now,
                events: draft.events(),
            })
            .collect();
        for draft in tasks.iter().filter(|draft| !draft.events().is_empty()) {
            let before = state.task(&draft.task().code).cloned();
            origins.push(task_origin(draft, before.as_ref().map_or(0, |task| task.version)));
            state.write(before, draft);
        }
        Ok(state.finish(request, &origins, kept, answer))
    }

    async fn bugs_named(&self, name: &BugName, limit: u64) -> Result<Vec<Bug>, StoreError> {
        let mut found: Vec<Bug> = self.state().bugs.iter().filter(|bug| is_named(bug, name)).cloned().collect();
        found.sort_by(|one, other| one.keys.hash.cmp(&other.keys.hash));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn bugs(&self, filter: &BugFilter, order: BugOrder, window: Window) -> Result<Page<Bug>, StoreError> {
        let wanted = |bug: &&Bug| {
            let of_rules = |version: &str| bug.keys.hash.split(':').next() == Some(version);
            filter.task.as_ref().is_none_or(|task| {
                bug.task.as_ref() == Some(task) || bug.last_task.as_ref() == Some(task) || bug.blocks.contains(task)
            }) && (filter.error_type.is_empty() || filter.error_type.contains(&bug.error_type))
                && (filter.status.is_empty() || filter.status.contains(&bug.status()))
                && filter.min_count.is_none_or(|least| bug.occurrence_count >= least)
                && filter.since.is_none_or(|since| bug.last_seen >= since)
                && filter.not_of_rules.is_none_or(|version| !of_rules(version))
        };
        let state = self.state();
        let mut found: Vec<&Bug> = state.bugs.iter().filter(wanted).collect();
        match order {
            BugOrder::Recent => found.sort_by_key(|bug| std::cmp::Reverse(bug.last_seen)),
            BugOrder::Frequent => found.sort_by_key(|bug| std::cmp::Reverse(bug.occurrence_count)),
            BugOrder::Code => {}
        }
        Ok(page(found.into_iter(), window))
    }

    async fn like_bugs(&self, keys: &Keys, limit: u64) -> Result<Vec<Bug>, StoreError> {
        let rank = |bug: &Bug| if bug.keys.message == keys.message { 0 } else { 1 + bug.keys.distance(keys) };
        let other = |bug: &&Bug| bug.keys.hash != keys.hash && bug.status() != BugStatus::Merged;
        let state = self.state();
        let mut found: Vec<&Bug> =
            state.bugs.iter().filter(other).filter(|bug| rank(bug) <= 1 + MAX_DISTANCE).collect();
        found.sort_by_key(|bug| rank(bug));
        Ok(page(found.into_iter(), Window { limit, offset: 0 }).items)
    }

    async fn bug_days(&self, code: &BugCode) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        let state = self.state();
        let mut codes = vec![code.clone()];
        let mut at = 0;
        while let Some(into) = codes.get(at).cloned() {
            codes.extend(
                state.bugs.iter().filter(|bug| bug.merged_into.as_ref() == Some(&into)).map(|b| b.code.clone()),
            );
            at += 1;
        }
        let mut days = BTreeMap::new();
        for event in &state.events {
            let is_bug = event.entity_type == EntityType::Bug && codes.iter().any(|c| c.as_str() == event.entity_code);
            if is_bug && event.event_type.as_str() == LOGGED {
                *days.entry(event.emitted_at.date_naive()).or_insert(0) += 1;
            }
        }
        Ok(days.into_iter().collect())
    }
}
