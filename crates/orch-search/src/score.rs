//! How well an event matches. A pure function of the query, the event, what the candidates have in common, and the time.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use orch_core::search::{Field, ScorePart};

use crate::document::{Document, Name};
use crate::group::{Group, How};
use crate::ranking::Ranking;

/// Words that are farther from each other are no pair.
const NEAR: u32 = 4;
const SECONDS_A_DAY: f64 = 86_400.0;

/// A part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Term(usize, How),
    Pair(usize),
    Name(usize),
    Entity,
    Recency,
}

/// Two groups whose words are neighbours in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) one: usize,
    pub(crate) other: usize,
    /// How many words the second one comes after the first.
    pub(crate) steps: u32,
}

/// The score of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    pub(crate) value: f64,
    /// The share of the query, by weight, that the event has.
    pub(crate) share: f64,
}

/// What scores are computed with.
pub(crate) struct Scorer<'a> {
    pub(crate) ranking: &'a Ranking,
    pub(crate) groups: &'a [Group],
    pub(crate) weights: &'a [f64],
    pub(crate) names: &'a [Name],
    /// Groups that are neighbours in the query.
    pub(crate) pairs: Vec<Pair>,
    pub(crate) phrases: Vec<Vec<usize>>,
    /// A code that the query names.
    pub(crate) code: Option<&'a str>,
    /// How many words a candidate usually has.
    pub(crate) length: f64,
    pub(crate) now: DateTime<Utc>,
}

impl Scorer<'_> {
    /// The score; `None` if a phrase is missing, or nothing matches.
    pub(crate) fn score(&self, document: &Document) -> Option<Score> {
        let (mut sum, mut hollow, mut factor) = (0.0, 0.0, 1.0);
        let share = self.parts(document, &mut |part, value| match part {
            Part::Recency => factor = value,
            Part::Term(group, _) if self.groups[group].hollow => hollow += value,
            _ => sum += value,
        });
        (sum > 0.0 && self.phrases.iter().all(|phrase| has_phrase(document, phrase)))
            .then_some(Score { value: (sum + hollow) * factor, share })
    }

    /// The parts of the score in words. The sum of all but the last, times the last, is the score.
    pub(crate) fn explain(&self, document: &Document) -> Vec<ScorePart> {
        let mut parts = Vec::new();
        self.parts(document, &mut |part, value| parts.push(ScorePart { what: self.word(part), value }));
        parts
    }

    fn word(&self, part: Part) -> String {
        match part {
            Part::Term(group, how) => format!("{} ({})", self.groups[group].word, how.word()),
            Part::Pair(pair) => {
                let Pair { one, other, .. } = self.pairs[pair];
                format!("{} beside {}", self.groups[one].word, self.groups[other].word)
            }
            Part::Name(name) => format!("{} (as typed)", self.names[name].text),
            Part::Entity => format!("{} (belongs to it)", self.code.unwrap_or_default()),
            Part::Recency => "recency (times)".to_owned(),
        }
    }

    /// BM25 (Robertson and Zaragoza 2009) over the groups, where each occurrence counts by its field, as in BM25F (ibid.), and
    /// by how well it stands for the word; pairs by the square of their distance, after Büttcher, Clarke and Lushman, "Term
    /// proximity scoring for ad-hoc retrieval" (2006).
    fn parts(&self, document: &Document, take: &mut impl FnMut(Part, f64)) -> f64 {
        let mut tallies = vec![Tally::default(); self.groups.len()];
        let mut nearest = vec![0.0_f64; self.pairs.len()];
        for found in &document.found {
            let tally = &mut tallies[found.matched.group];
            let field = if found.field == Field::Title { self.ranking.title } else { 1.0 };
            let lead = if found.lead { self.ranking.lead } else { 1.0 };
            tally.frequency += found.matched.quality * field * lead;
            if tally.best.is_none_or(|(quality, _)| quality < found.matched.quality) {
                tally.best = Some((found.matched.quality, found.matched.how));
            }
            if self.groups[found.matched.group].hollow {
                continue;
            }
            tally.last = Some((found.position, found.matched.quality));
            for (pair, nearest) in self.pairs.iter().zip(&mut nearest) {
                // in the order of the query; the other way round is worth a step more
                let (before, more) = if pair.other == found.matched.group {
                    (tallies[pair.one].last, 1)
                } else if pair.one == found.matched.group {
                    (tallies[pair.other].last, 2)
                } else {
                    continue;
                };
                // a whole comes after its parts, with the position of the first
                if let Some((position, quality)) = before
                    && let Some(steps) = found.position.checked_sub(position).filter(|steps| (1..=NEAR).contains(steps))
                {
                    let distance = f64::from(steps.abs_diff(pair.steps) + more);
                    *nearest = nearest.max(quality.min(found.matched.quality) / (distance * distance));
                }
            }
        }
        for (whole, group) in self.groups.iter().enumerate().filter(|(_, group)| !group.covers.is_empty()) {
            // what is typed as one is there as one, however it is cut into parts
            let Some((quality, how)) = tallies[whole].best else { continue };
            for part in &group.covers {
                if tallies[*part].best.is_none_or(|(part, _)| part < quality) {
                    tallies[*part] = Tally { best: Some((quality, how)), ..tallies[whole] };
                }
            }
        }
        let length =
            self.ranking.k1 * (1.0 - self.ranking.b + self.ranking.b * f64::from(document.length) / self.length);
        let mut share = 0.0;
        for (group, tally) in tallies.iter().enumerate() {
            if let Some((quality, how)) = tally.best {
                // each occurrence by how well it stands for the word beside the best one
                let frequency = tally.frequency / quality;
                let frequency = frequency * (self.ranking.k1 + 1.0) / (frequency + length);
                take(Part::Term(group, how), self.weights[group] * quality * frequency);
                share += self.weights[group] * quality;
            }
        }
        for (pair, near) in nearest.iter().enumerate().filter(|(_, near)| **near > 0.0) {
            let Pair { one, other, .. } = self.pairs[pair];
            take(Part::Pair(pair), self.ranking.pair * self.weights[one].min(self.weights[other]) * near);
        }
        for name in &document.names {
            let weight: f64 = self.names[*name].groups.iter().map(|group| self.weights[*group]).sum();
            take(Part::Name(*name), self.ranking.literal * weight.max(1.0));
        }
        if self.code.is_some_and(|code| code.eq_ignore_ascii_case(&document.event.entity_code)) {
            take(Part::Entity, 1.0);
            share = f64::MAX;
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds since an event are far below 2^52")]
        let age = (self.now - document.event.emitted_at).num_seconds().max(0) as f64 / SECONDS_A_DAY;
        take(Part::Recency, 1.0 + self.ranking.recency * (-age / self.ranking.half_life_days).exp2());
        share / self.weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    frequency: f64,
    best: Option<(f64, How)>,
    last: Option<(u32, f64)>,
}

fn has_phrase(document: &Document, phrase: &[usize]) -> bool {
    let exact = document.found.iter().filter(|found| found.matched.how == How::Exact);
    let places: HashSet<(usize, u32)> = exact.map(|found| (found.matched.group, found.position)).collect();
    places
        .iter()
        .filter(|(group, _)| Some(group) == phrase.first())
        .any(|(_, first)| (*first..).zip(phrase).all(|(position, group)| places.contains(&(*group, position))))
}
