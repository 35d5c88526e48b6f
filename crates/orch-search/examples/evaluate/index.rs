//! An index in memory that is fast enough to measure with: posting lists by term, and a lexicon. It only grows.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};
use orch_core::code::{Actor, EventType, ProjectCode, SessionKey};
use orch_core::event::{EntityType, Event};
use orch_core::import::External;
use orch_core::operation::OperationId;
use orch_core::search::{
    KnownWord, LookUp, Position, SearchIndex, SearchScope, SearchSummary, Within, analyse, neighbours, pieces, term,
};
use orch_core::store::StoreError;

use crate::corpus::Result;

/// What an index answers.
type Answer<T> = std::result::Result<T, StoreError>;

/// An event and the scopes it is in.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) event_type: EventType,
    pub(crate) entity: (EntityType, String),
    pub(crate) session: Option<SessionKey>,
    pub(crate) project: Option<ProjectCode>,
    pub(crate) actor: Actor,
    pub(crate) at: DateTime<Utc>,
    /// As JSON, since a store has to read it, too.
    pub(crate) payload: String,
    pub(crate) scopes: Vec<SearchScope>,
}

/// Events with their index.
#[derive(Default)]
pub(crate) struct Corpus {
    rows: Vec<Row>,
    /// The places of rows by term, rising.
    terms: HashMap<String, Vec<u32>>,
    scopes: HashMap<SearchScope, Vec<u32>>,
    /// Each word: its term, and in how many events it is.
    lexicon: BTreeMap<String, (String, u64)>,
    by_term: HashMap<String, Vec<String>>,
    grams: HashMap<String, Vec<String>>,
    calls: AtomicU64,
    micros: AtomicU64,
}

impl Corpus {
    pub(crate) fn add(&mut self, row: Row) -> Result<()> {
        let place = u32::try_from(self.rows.len())?;
        let analysis = analyse(row.event_type.as_str(), &serde_json::from_str(&row.payload)?);
        for term in analysis.terms() {
            self.terms.entry(term.to_owned()).or_default().push(place);
        }
        for (word, term) in analysis.words() {
            let (word, term) = (word.to_owned(), term.to_owned());
            if let Some((_, events)) = self.lexicon.get_mut(&word) {
                *events += 1;
                continue;
            }
            self.by_term.entry(term.clone()).or_default().push(word.clone());
            for gram in pieces(&word).into_iter().chain(neighbours(&word)) {
                self.grams.entry(gram).or_default().push(word.clone());
            }
            self.lexicon.insert(word, (term, 1));
        }
        for scope in &row.scopes {
            self.scopes.entry(scope.clone()).or_default().push(place);
        }
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn last(&self) -> Option<DateTime<Utc>> {
        self.rows.iter().map(|row| row.at).max()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    pub(crate) fn milliseconds(&self) -> f64 {
        self.micros.load(Ordering::Relaxed) as f64 / 1e3
    }

    fn count_call(&self, begin: Instant) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(u64::try_from(begin.elapsed().as_micros()).unwrap_or(0), Ordering::Relaxed);
    }

    fn known(&self, word: &str) -> Option<KnownWord> {
        let (term, events) = self.lexicon.get(word)?;
        Some(KnownWord { word: word.to_owned(), term: term.clone(), events: *events })
    }

    fn words(&self, look_up: &LookUp) -> Vec<KnownWord> {
        let all = |words: &[String]| words.iter().filter_map(|word| self.known(word)).collect();
        match look_up {
            LookUp::Exact(word) => self.by_term.get(term(word).as_ref()).map(|words| all(words)).unwrap_or_default(),
            LookUp::Prefix(start) => {
                let from = self.lexicon.range(start.clone()..);
                from.take_while(|(word, _)| word.starts_with(start)).filter_map(|(word, _)| self.known(word)).collect()
            }
            LookUp::Inside(part) => {
                let lists = pieces(part).into_iter().map(|gram| self.grams.get(&gram));
                let shortest = lists.map(|list| list.map_or(&[][..], Vec::as_slice)).min_by_key(|list| list.len());
                let mut found: Vec<KnownWord> = all(shortest.unwrap_or_default());
                found.retain(|known| known.word.contains(part));
                found
            }
            LookUp::Near(word) => {
                let mut words: Vec<String> =
                    neighbours(word).iter().filter_map(|gram| self.grams.get(gram)).flatten().cloned().collect();
                words.sort_unstable();
                words.dedup();
                all(&words)
            }
        }
    }

    fn find(&self, within: &Within, all_of: &[Vec<String>], limit: usize) -> Vec<i64> {
        let no_rows: &[u32] = &[];
        let union = |terms: &Vec<String>| -> Vec<u32> {
            let mut rows: Vec<u32> = Vec::new();
            for term in terms {
                rows.extend(self.terms.get(term).map_or(no_rows, Vec::as_slice));
            }
            if terms.len() > 1 {
                rows.sort_unstable();
                rows.dedup();
            }
            rows
        };
        let merged: Vec<Vec<u32>> = all_of.iter().filter(|terms| terms.len() != 1).map(union).collect();
        let single = all_of.iter().filter(|terms| terms.len() == 1);
        let mut lists: Vec<&[u32]> =
            single.map(|terms| self.terms.get(&terms[0]).map_or(no_rows, Vec::as_slice)).collect();
        lists.extend(merged.iter().map(Vec::as_slice));
        if within.scope != SearchScope::Project(None) {
            lists.push(self.scopes.get(&within.scope).map_or(no_rows, Vec::as_slice));
        }
        lists.sort_by_key(|list| list.len());
        let has = |row: u32| lists.iter().skip(1).all(|list| list.binary_search(&row).is_ok());
        let fits = |row: &&Row| {
            within.event_type.as_ref().is_none_or(|wanted| *wanted == row.event_type)
                && within.actor.as_ref().is_none_or(|wanted| *wanted == row.actor)
                && within.since.is_none_or(|since| row.at >= since)
                && within.until.is_none_or(|until| row.at < until)
        };
        let ids = |row: &u32| Some(&self.rows[*row as usize]).filter(fits).map(|row| row.id);
        match lists.first() {
            Some(first) => first.iter().rev().filter(|row| has(**row)).filter_map(ids).take(limit).collect(),
            None => self.rows.iter().rev().filter(fits).map(|row| row.id).take(limit).collect(),
        }
    }

    fn event(&self, id: i64) -> Option<Event> {
        let row = &self.rows[self.rows.binary_search_by_key(&id, |row| row.id).ok()?];
        Some(Event {
            id,
            event_type: row.event_type.clone(),
            entity_type: row.entity.0,
            entity_code: row.entity.1.clone(),
            seq: 1,
            session_key: row.session.clone(),
            correlation_id: OperationId::from(ulid::Ulid(1)),
            actor: row.actor.clone(),
            payload: serde_json::from_str(&row.payload).ok()?,
            emitted_at: row.at,
            external: Some(External { id: None, project: row.project.clone() }),
        })
    }
}

impl SearchIndex for Corpus {
    async fn position(&self, _: &SearchScope) -> Answer<Option<Position>> {
        Ok(Some(Position(self.rows.len().to_string())))
    }

    async fn size(&self) -> Answer<u64> {
        self.count_call(Instant::now());
        Ok(self.rows.len() as u64)
    }

    async fn look_up(&self, words: &[LookUp], limit: usize) -> Answer<Vec<Vec<KnownWord>>> {
        let begin = Instant::now();
        let most_first = |look_up: &LookUp| {
            let mut found = self.words(look_up);
            found.sort_by(|one, other| other.events.cmp(&one.events).then_with(|| one.word.cmp(&other.word)));
            found.truncate(limit);
            found
        };
        let found = words.iter().map(most_first).collect();
        self.count_call(begin);
        Ok(found)
    }

    async fn candidates(&self, within: &Within, all_of: &[Vec<String>], limit: usize) -> Answer<Vec<i64>> {
        let begin = Instant::now();
        let found = self.find(within, all_of, limit);
        self.count_call(begin);
        Ok(found)
    }

    async fn candidates_each(&self, within: &Within, plans: &[(Vec<Vec<String>>, usize)]) -> Answer<Vec<Vec<i64>>> {
        let begin = Instant::now();
        let found = plans.iter().map(|(all_of, limit)| self.find(within, all_of, *limit)).collect();
        self.count_call(begin);
        Ok(found)
    }

    async fn documents(&self, ids: &[i64]) -> Answer<Vec<Event>> {
        let begin = Instant::now();
        let found = ids.iter().filter_map(|id| self.event(*id)).collect();
        self.count_call(begin);
        Ok(found)
    }

    async fn count(&self, within: &Within) -> Answer<SearchSummary> {
        let mut summary = SearchSummary { total_is_exact: true, ..SearchSummary::default() };
        let ids = self.find(within, &[], usize::MAX);
        ids.iter().filter_map(|id| self.event(*id)).for_each(|event| summary.add(&event));
        Ok(summary)
    }
}
