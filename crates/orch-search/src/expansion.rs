//! Asks the lexicon what the words of a query stand for. Reads no events.

use orch_core::search::{KnownWord, LookUp, SearchIndex, neighbours, term};
use orch_core::store::StoreError;

use crate::group::{Form, Group, How};
use crate::query::{Query, Word};
use crate::ranking::Ranking;

/// The most groups that are ranked by: the rarest.
const MAX_GROUPS: usize = 48;
/// The most words that stand for one.
const MAX_FORMS: usize = 64;
/// A word in fewer events is rare: events with words that begin with it are looked for, too.
const RARE: u64 = 50;
/// The most unknown words that are guessed.
const MAX_GUESSED: usize = 8;
/// From so many letters on, two slips may be in a word.
const MIN_TWO_SLIPS: usize = 8;
/// How many words are compared with one that is unknown.
const MAX_COMPARED: usize = 200;
/// The shortest half of a word that was written together.
const MIN_HALF: usize = 3;

/// What the words of a query stand for; words that stand for nothing are left out. Asks the lexicon twice at most.
pub(crate) async fn expand<I: SearchIndex>(
    index: &I,
    query: &Query,
    ranking: &Ranking,
) -> Result<Vec<Group>, StoreError> {
    let short = query.short;
    let mut asked: Vec<(Ask, LookUp)> = Vec::new();
    for (place, word) in query.words.iter().enumerate() {
        asked.push((Ask::Word(place), LookUp::Exact(word.text.clone())));
        if short && may_begin(&word.text) {
            asked.push((Ask::Prefix(place), LookUp::Prefix(word.text.clone())));
        }
    }
    if short {
        asked.extend(joined(query).into_iter().map(|word| (Ask::Joined(word.clone()), LookUp::Exact(word))));
    }
    let mut groups: Vec<Group> = query.words.iter().enumerate().map(|(at, word)| group(word, at, ranking)).collect();
    ask(index, &asked, &mut groups, MAX_FORMS, ranking).await?;

    let unknown: Vec<usize> = (0..query.words.len())
        .filter(|at| !query.words[*at].hollow && groups[*at].events == 0)
        .take(MAX_GUESSED)
        .collect();
    let mut asked: Vec<(Ask, LookUp)> = Vec::new();
    for place in unknown {
        let text = &query.words[place].text;
        // the parts of an identifier say enough in a long text
        if query.words[place].extra && !short {
            continue;
        }
        if !short && may_begin(text) {
            asked.push((Ask::Prefix(place), LookUp::Prefix(text.clone())));
        }
        if text.chars().count() > MIN_HALF {
            asked.push((Ask::Inside(place), LookUp::Inside(text.clone())));
        }
        if is_spelled(text) && !neighbours(text).is_empty() {
            asked.push((Ask::Near(place), LookUp::Near(text.clone())));
            // two slips are too many for the neighbours; they are seldom at the beginning
            if text.len() >= MIN_TWO_SLIPS {
                asked.push((Ask::Near(place), LookUp::Prefix(text[..MIN_HALF].to_owned())));
            }
        }
        if is_spelled(text) && !query.words[place].extra && text.len() <= 32 {
            for at in MIN_HALF..=text.len().saturating_sub(MIN_HALF) {
                let halves = [&text[..at], &text[at..]];
                asked.extend(halves.map(|half| (Ask::Half(place, at), LookUp::Exact(half.to_owned()))));
            }
        }
    }
    if !asked.is_empty() {
        ask(index, &asked, &mut groups, MAX_COMPARED, ranking).await?;
    }
    groups.retain(|group| group.size() > 0);
    groups.sort_by_key(|group| (group.hollow, group.size()));
    groups.truncate(MAX_GROUPS);
    let places: Vec<Option<usize>> = groups.iter().map(|group| group.place).collect();
    for group in &mut groups {
        let parts = group.place.map_or(&[][..], |place| &query.words[place].covers);
        group.covers = parts.iter().filter_map(|part| places.iter().position(|place| *place == Some(*part))).collect();
    }
    Ok(groups)
}

/// What an answer of the lexicon is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    Word(usize),
    Prefix(usize),
    Inside(usize),
    Near(usize),
    Joined(String),
    Half(usize, usize),
}

async fn ask<I: SearchIndex>(
    index: &I,
    asked: &[(Ask, LookUp)],
    groups: &mut Vec<Group>,
    limit: usize,
    ranking: &Ranking,
) -> Result<(), StoreError> {
    let words: Vec<LookUp> = asked.iter().map(|(_, word)| word.clone()).collect();
    let mut answers = index.look_up(&words, limit).await?.into_iter();
    let mut halves: Vec<(usize, String, u64)> = Vec::new();
    for (ask, look_up) in asked {
        let known = answers.next().unwrap_or_default();
        match ask {
            Ask::Word(at) => groups[*at].events = sum(&known),
            Ask::Prefix(at) => guess(&mut groups[*at], known, How::Prefix),
            Ask::Inside(at) => guess(&mut groups[*at], known, How::Inside),
            Ask::Near(at) => guess(&mut groups[*at], known, How::Typo),
            Ask::Joined(word) if !known.is_empty() => {
                groups.push(Group { events: sum(&known), ..made(word, ranking.whole) });
            }
            Ask::Half(at, _) => {
                let LookUp::Exact(half) = look_up else { continue };
                halves.push((*at, half.clone(), sum(&known)));
            }
            Ask::Joined(_) => {}
        }
    }
    for place in 0..groups.len() {
        // where both halves are known, the split whose rarer half is in most events
        let of_place: Vec<_> = halves.iter().filter(|(at, ..)| *at == place).collect();
        let least = |pair: &&[&(usize, String, u64)]| pair.iter().map(|(.., events)| *events).min();
        let best = of_place.chunks_exact(2).max_by_key(least).filter(|pair| least(pair) > Some(0));
        if let Some(pair) = best.filter(|_| groups[place].size() == 0) {
            groups.extend(pair.iter().map(|(_, half, events)| Group { events: *events, ..made(half, 1.0) }));
        }
    }
    Ok(())
}

fn group(word: &Word, place: usize, ranking: &Ranking) -> Group {
    // the same word again says less: k3 of BM25, for which Robertson and Zaragoza have no value that is always right
    let times = 3.0 * f64::from(word.times) / (2.0 + f64::from(word.times));
    let weight = if word.extra { ranking.whole } else { times };
    Group { term: word.term.clone(), place: Some(place), hollow: word.hollow, ..made(&word.text, weight) }
}

fn made(word: &str, weight: f64) -> Group {
    let (term, word) = (term(word).into_owned(), word.to_owned());
    Group {
        word,
        term,
        place: None,
        weight,
        hollow: false,
        events: 0,
        prefix: false,
        inside: false,
        covers: Vec::new(),
        guesses: Vec::new(),
    }
}

fn sum(known: &[KnownWord]) -> u64 {
    known.iter().fold(0, |sum, word| sum.saturating_add(word.events))
}

/// Adds what may stand for a group where it is rare; better guesses first.
fn guess(group: &mut Group, known: Vec<KnownWord>, how: How) {
    match how {
        How::Prefix => group.prefix = true,
        How::Inside => group.inside = true,
        _ => {}
    }
    if group.events >= RARE {
        return;
    }
    for word in known.into_iter().filter(|word| word.term != group.term) {
        let fits = match how {
            How::Prefix => word.word.starts_with(&group.word),
            How::Inside => word.word.contains(&group.word),
            _ => is_near(&group.word, &word.word),
        };
        if group.guesses.len() == MAX_FORMS {
            break;
        }
        if fits && group.guesses.iter().all(|form| form.known.word != word.word) {
            group.guesses.push(Form { known: word, how });
        }
    }
}

/// Whether one word may be a slip of the other: one edit in a short one, two in a longer one, where neighbouring letters in the
/// wrong order are one edit (Damerau 1964: so are four of five slips).
fn is_near(typed: &str, found: &str) -> bool {
    let most = if typed.len() < MIN_TWO_SLIPS { 1 } else { 2 };
    strsim::osa_distance(typed, found) <= most
}

/// Whether a word may be the beginning of others. One character of a script without spaces may.
fn may_begin(word: &str) -> bool {
    word.chars().count() >= 3 || !word.is_ascii()
}

/// Whether a word is one of a language, and not a number or a hash.
fn is_spelled(word: &str) -> bool {
    word.chars().all(char::is_alphabetic) && word.is_ascii()
}

/// Each two neighbours that may be one word: `nick name`.
fn joined(query: &Query) -> Vec<String> {
    let typed = |word: &Option<usize>| word.map(|word| query.words[word].text.as_str());
    let pairs = query.sequence.windows(2).filter_map(|pair| Some((typed(&pair[0])?, typed(&pair[1])?)));
    let mut joined: Vec<String> = pairs
        .filter(|(one, other)| one.len() >= MIN_HALF && other.len() >= MIN_HALF && is_spelled(one) && is_spelled(other))
        .map(|(one, other)| format!("{one}{other}"))
        .filter(|word| query.words.iter().all(|known| known.text != *word))
        .collect();
    joined.dedup();
    joined
}
