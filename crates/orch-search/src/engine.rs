//! Answers queries over an index: from the words to the lexicon, to candidates, to ranked hits. Writes nothing and opens no
//! database.

use std::cmp::Reverse;
use std::collections::HashSet;

use orch_core::clock::Clock;
use orch_core::code::TaskCode;
use orch_core::event::{EntityType, Event};
use orch_core::search::{Hit, Search, SearchAnswer, SearchIndex, SearchQuery, SearchScope, SearchSummary, Within};
use orch_core::store::StoreError;

use crate::document::{Document, Name};
use crate::expansion::expand;
use crate::group::Group;
use crate::matcher::Matcher;
use crate::plan::{Chosen, Plan, SMALL};
use crate::query::{Literal, Query};
use crate::ranking::Ranking;
use crate::score::{Pair, Score, Scorer};
use crate::snippet::{beginning, snippet};

/// The most events that a summary of a query reads.
const MAX_SUMMARY: usize = 10_000;
/// The most events that are read at once.
const MAX_READ: usize = 1_000;

/// Search over the index of a store.
///
/// The score of an event is
///
/// `(Σ idf · f (k1 + 1) / (f + k1 (1 − b + b · length / usual length)) + pairs + literals) × (1 + recency · 2^(−age / half-life))`
///
/// over the words of the query, each times how well the best of what stands for it does so: the same word 1, another form of it
/// 0.9, and less where it only begins with it, has it inside, or is nearly the same. `f` counts the occurrences, weaker ones in
/// part, those at the beginning of a text more. The function words of a sentence find nothing and count little. [`Ranking`] has the
/// figures. The usual length is the median of the candidates. Of events with the same score the newer one comes first.
pub struct ContextSearch<'a, I> {
    index: &'a I,
    clock: &'a dyn Clock,
    ranking: Ranking,
}

/// The events that match, each with its score, best first.
struct Ranked {
    documents: Vec<(Score, Document)>,
    complete: bool,
}

/// What a query comes down to.
struct Known<'a> {
    groups: &'a [Group],
    weights: &'a [f64],
    names: &'a [Name],
    phrases: &'a [Vec<usize>],
    code: Option<&'a str>,
}

impl<'a, I: SearchIndex> ContextSearch<'a, I> {
    /// A search over an index that lives by a clock.
    #[must_use]
    pub fn new(index: &'a I, clock: &'a dyn Clock) -> Self {
        Self { index, clock, ranking: Ranking::default() }
    }

    /// The same with other figures.
    #[must_use]
    pub fn with_ranking(self, ranking: Ranking) -> Self {
        Self { ranking, ..self }
    }

    async fn newest(&self, query: &SearchQuery) -> Result<SearchAnswer, StoreError> {
        let ids = self.index.candidates(&query.within, &[], query.limit).await?;
        let mut events = self.documents(&ids, &query.within).await?;
        events.sort_by_key(|event| Reverse(event.id));
        let total = self.index.count(&query.within).await?.total;
        let hit = |event: Event| Hit { snippet: beginning(&event), event, score: 0.0, explanation: Vec::new() };
        let hits = events.into_iter().map(hit).collect();
        Ok(SearchAnswer { hits, total, total_is_exact: true, from_cache: false })
    }

    /// Ranks the events that match, from at most `most` that are read, and gives them to `then` with what they are ranked by.
    async fn rank<A>(
        &self,
        query: &SearchQuery,
        parsed: &Query,
        most: usize,
        then: impl FnOnce(Ranked, &Scorer<'_>) -> A + Send,
    ) -> Result<A, StoreError> {
        let size = self.index.size().await?;
        let groups = expand(self.index, parsed, &self.ranking).await?;
        let weights = weights(&groups, size, self.ranking.hollow);
        let mut place = vec![None; parsed.words.len()];
        for (at, group) in groups.iter().enumerate() {
            if let Some(word) = group.place {
                place[word] = Some(at);
            }
        }
        let phrases: Option<Vec<Vec<usize>>> =
            parsed.phrases.iter().map(|phrase| phrase.iter().map(|word| place[*word]).collect()).collect();
        let name = |literal: &Literal| {
            let groups: Option<Vec<usize>> = literal.words.iter().map(|word| place[*word]).collect();
            Some(Name { text: literal.text.clone(), groups: groups?, at: literal.at })
        };
        let names: Vec<Name> = parsed.literals.iter().filter_map(name).collect();
        let code = named_code(query, parsed);
        let empty = groups.is_empty() && code.is_none();
        let pairs = pairs(parsed, &place);
        let known = Known {
            groups: &groups,
            weights: &weights,
            names: &names,
            phrases: phrases.as_deref().unwrap_or_default(),
            code: code.as_ref().map(TaskCode::as_str),
        };
        let chosen = match phrases {
            Some(_) if !empty => self.choose(&query.within, &known, size, most).await?,
            _ => Chosen { ids: Vec::new(), complete: true },
        };
        let events = self.documents(&chosen.ids, &query.within).await?;
        let mut matcher = Matcher::new(&groups);
        let documents: Vec<Document> =
            events.into_iter().map(|event| Document::read(event, &mut matcher, &names)).collect();
        let scorer = Scorer {
            ranking: &self.ranking,
            groups: known.groups,
            weights: known.weights,
            names: known.names,
            pairs,
            phrases: known.phrases.to_vec(),
            code: known.code,
            length: usual_length(&documents),
            now: self.clock.now(),
        };
        // of a few words each counts; of a sentence a part may do
        let least = if parsed.short { self.ranking.least_share } else { 0.0 };
        let ranked = documents.into_iter().filter_map(|document| Some((scorer.score(&document)?, document)));
        let mut documents: Vec<(Score, Document)> = ranked.filter(|(score, _)| score.share >= least).collect();
        documents.sort_by(|(one, first), (other, second)| {
            let newer = second.event.emitted_at.cmp(&first.event.emitted_at);
            other.value.total_cmp(&one.value).then(newer).then(second.event.id.cmp(&first.event.id))
        });
        Ok(then(Ranked { documents, complete: chosen.complete }, &scorer))
    }

    async fn choose(&self, within: &Within, known: &Known<'_>, size: u64, most: usize) -> Result<Chosen, StoreError> {
        let postings = self.ranking.postings.max(self.ranking.postings * most / self.ranking.candidates.max(1));
        let mut plan = Plan::new(known.groups, known.phrases, most, postings);
        match within.scope {
            // most are small, and then nothing else has to be asked
            SearchScope::Session(_) | SearchScope::Task(_) => {
                let ids = self.index.candidates(within, &[], SMALL + 1).await?;
                if ids.len() <= SMALL {
                    return Ok(Chosen { ids, complete: true });
                }
            }
            _ if *within != Within::all(SearchScope::Project(None)) || size <= SMALL as u64 => plan.or_all(),
            _ => {}
        }
        let mut found = self.index.candidates_each(within, &plan.asked).await?;
        if let Some((all_of, most)) = plan.go_on(known.groups, &found) {
            found.push(self.index.candidates(within, all_of, *most).await?);
        }
        let mut chosen = plan.choose(&found, known.weights, most);
        if let Some(code) = known.code.and_then(|code| TaskCode::new(code).ok()) {
            let of_code = Within { scope: SearchScope::Task(code), ..within.clone() };
            let ids = self.index.candidates(&of_code, &[], most).await?;
            chosen.complete &= ids.len() < most;
            chosen.ids.extend(ids);
            let mut seen = HashSet::new();
            chosen.ids.retain(|id| seen.insert(*id));
        }
        Ok(chosen)
    }

    /// The events with these ids. What an event says itself is held against the scope and the filter once more.
    async fn documents(&self, ids: &[i64], within: &Within) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::with_capacity(ids.len());
        for part in ids.chunks(MAX_READ) {
            events.extend(self.index.documents(part).await?);
        }
        events.retain(|event| may_be_within(event, within));
        // the same order whatever the store's: sums of floating-point numbers depend on it
        events.sort_by_key(|event| event.id);
        Ok(events)
    }
}

impl<I: SearchIndex> Search for ContextSearch<'_, I> {
    async fn search(&self, query: &SearchQuery) -> Result<SearchAnswer, StoreError> {
        let parsed = Query::new(&query.text);
        if parsed.words.is_empty() {
            return self.newest(query).await;
        }
        let most = self.ranking.candidates.max(query.limit.saturating_mul(3).min(MAX_SUMMARY));
        let explain = query.explain;
        self.rank(query, &parsed, most, |ranked, scorer| {
            let total = ranked.documents.len() as u64;
            let hit = |(score, mut document): (Score, Document)| {
                let explanation = if explain { scorer.explain(&document) } else { Vec::new() };
                // what finds no event does not show why this one was found
                document.found.retain(|found| !scorer.groups[found.matched.group].hollow);
                let snippet = snippet(&document, scorer.weights);
                Hit { score: score.value, snippet, explanation, event: document.event }
            };
            let hits = ranked.documents.into_iter().take(query.limit).map(hit).collect();
            SearchAnswer { hits, total, total_is_exact: ranked.complete, from_cache: false }
        })
        .await
    }

    async fn summary(&self, query: &SearchQuery) -> Result<SearchSummary, StoreError> {
        let parsed = Query::new(&query.text);
        if parsed.words.is_empty() {
            return self.index.count(&query.within).await;
        }
        self.rank(query, &parsed, MAX_SUMMARY, |ranked, _| {
            let mut summary = SearchSummary { total_is_exact: ranked.complete, ..SearchSummary::default() };
            ranked.documents.iter().for_each(|(_, document)| summary.add(&document.event));
            summary
        })
        .await
    }
}

/// What a match of each group counts. Hollow words together count at most a share of what the others do: a log has few of
/// them, and by their number they would outweigh what a long sentence is about.
fn weights(groups: &[Group], size: u64, most: f64) -> Vec<f64> {
    let mut weights: Vec<f64> = groups.iter().map(|group| group.idf(size)).collect();
    let sum = |hollow: bool| -> f64 {
        groups.iter().zip(&weights).filter(|(group, _)| group.hollow == hollow).map(|(_, weight)| weight).sum()
    };
    let share = (most * sum(false) / sum(true).max(f64::MIN_POSITIVE)).min(1.0);
    for (_, weight) in groups.iter().zip(&mut weights).filter(|(group, _)| group.hollow) {
        *weight *= share;
    }
    weights
}

/// The median, which a few long outputs do not move.
fn usual_length(documents: &[Document]) -> f64 {
    let mut lengths: Vec<u32> = documents.iter().map(|document| document.length).collect();
    lengths.sort_unstable();
    f64::from(lengths.get(lengths.len() / 2).copied().unwrap_or_default().max(1))
}

/// The words that are neighbours in the query, but for such as say nothing.
fn pairs(parsed: &Query, place: &[Option<usize>]) -> Vec<Pair> {
    let (mut pairs, mut before) = (Vec::new(), None);
    for (at, word) in (0_u32..).zip(&parsed.sequence) {
        let Some(word) = word else { continue };
        if let (Some((one, place_of_one)), Some(other)) = (before, place[*word])
            && one != other
        {
            pairs.push(Pair { one, other, steps: at - place_of_one });
        }
        before = place[*word].map(|group| (group, at));
    }
    pairs.sort_unstable();
    pairs.dedup_by_key(|pair| (pair.one, pair.other));
    pairs
}

/// The code of a task that a short query names. Only where all events may be found: whether the events of a code
/// are in a narrower scope, they do not say themselves.
fn named_code(query: &SearchQuery, parsed: &Query) -> Option<TaskCode> {
    let SearchScope::Project(_) = query.within.scope else { return None };
    let names = parsed.literals.iter().filter(|_| parsed.short && parsed.phrases.is_empty());
    let mut codes = names.filter(|name| name.text.contains('-') && name.text.contains(|c: char| c.is_ascii_digit()));
    codes.find_map(|name| TaskCode::new(name.text.as_str()).ok())
}

/// Whether an event is within a scope and filter, as far as it says so itself.
fn may_be_within(event: &Event, within: &Within) -> bool {
    let in_scope = match &within.scope {
        SearchScope::Session(key) => event.session_key.as_ref() == Some(key),
        SearchScope::Task(code) => {
            event.entity_type == EntityType::Bug
                || (event.entity_type == EntityType::Task && event.entity_code == code.as_str())
        }
        SearchScope::Sprint(code) => event.entity_type != EntityType::Sprint || event.entity_code == code.as_str(),
        SearchScope::Project(None) => true,
        SearchScope::Project(code) => {
            event.external.as_ref().is_some_and(|external| external.project.as_ref() == code.as_ref())
        }
    };
    in_scope
        && within.event_type.as_ref().is_none_or(|wanted| *wanted == event.event_type)
        && within.actor.as_ref().is_none_or(|wanted| *wanted == event.actor)
        && within.since.is_none_or(|since| event.emitted_at >= since)
        && within.until.is_none_or(|until| event.emitted_at < until)
}
