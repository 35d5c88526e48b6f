//! Which events are looked at: the candidates. Reads nothing itself.

use std::collections::HashMap;

use crate::group::Group;

/// A scope of no more events is read as a whole.
pub(crate) const SMALL: usize = 300;

/// What the index is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Plan {
    /// Lists of terms, of each of which an event has at least one, and how many events at most.
    pub(crate) asked: Vec<(Vec<Vec<String>>, usize)>,
    /// The groups that each of them stands for.
    groups: Vec<Vec<usize>>,
    /// Whether all events with any word of the query are asked for.
    whole: bool,
    /// Three groups together, and the place of two of them in what is asked: where all events with the two are found, those with
    /// the third are among them.
    further: Option<(usize, [usize; 3])>,
}

/// The events that are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Their ids, the most promising first.
    pub(crate) ids: Vec<i64>,
    /// Whether there is no other event with any word of the query.
    pub(crate) complete: bool,
}

impl Plan {
    /// Plans the way to at most `most` events. Groups must come rarest first, hollow ones last: they find no event.
    ///
    /// Rare words are asked for one by one, newest events first, until there are `postings` places of words. Of the others only
    /// those events are of interest that have several, so the rarest of them are asked for together. That is why a common word
    /// costs nothing: the score of an event with it alone would be low.
    pub(crate) fn new(groups: &[Group], phrases: &[Vec<usize>], most: usize, postings: usize) -> Self {
        let mut plan = Self::default();
        if !phrases.is_empty() {
            let mut all: Vec<usize> = phrases.concat();
            all.sort_unstable();
            all.dedup();
            plan.add(groups, &all, most);
            plan.whole = true;
            return plan;
        }
        let (mut left, mut common) = (postings, Vec::new());
        for (at, group) in groups.iter().enumerate().take_while(|(_, group)| !group.hollow) {
            let size = usize::try_from(group.size()).unwrap_or(usize::MAX);
            if size <= left {
                plan.add(groups, &[at], left);
                left -= size;
            } else {
                common.push(at);
            }
        }
        plan.whole = common.is_empty();
        match common[..] {
            [] => {}
            [one] => plan.add(groups, &[one], most),
            [one, other] => {
                plan.add(groups, &[one, other], most);
                plan.add(groups, &[one], most);
            }
            [one, second, third, ..] => {
                plan.further = Some((plan.asked.len(), [one, second, third]));
                plan.add(groups, &[one, second], most);
                plan.add(groups, &[one, third], most);
                plan.add(groups, &[one], most);
            }
        }
        plan
    }

    /// Asks for more, where what was found shows that there is more.
    pub(crate) fn go_on(&mut self, groups: &[Group], found: &[Vec<i64>]) -> Option<&(Vec<Vec<String>>, usize)> {
        let (at, of) = self.further.take()?;
        let (_, most) = *self.asked.get(at)?;
        if found.get(at).is_none_or(|ids| ids.len() < most) {
            return None;
        }
        self.add(groups, &of, most);
        self.asked.last()
    }

    /// Also asks for all events, in case there are few.
    pub(crate) fn or_all(&mut self) {
        self.asked.push((Vec::new(), SMALL + 1));
        self.groups.push(Vec::new());
    }

    fn add(&mut self, groups: &[Group], of: &[usize], most: usize) {
        self.asked.push((of.iter().map(|at| groups[*at].terms()).collect(), most));
        self.groups.push(of.to_vec());
    }

    /// Chooses from what was found: those with the most of the query, the newest first among equals.
    pub(crate) fn choose(&self, found: &[Vec<i64>], weights: &[f64], most: usize) -> Chosen {
        let all = self.groups.iter().zip(found).find(|(groups, _)| groups.is_empty());
        if let Some((_, ids)) = all.filter(|(_, ids)| ids.len() <= SMALL) {
            return Chosen { ids: ids.clone(), complete: true };
        }
        let mut complete = self.whole;
        let mut has: HashMap<i64, u64> = HashMap::new();
        for ((groups, ids), (_, limit)) in self.groups.iter().zip(found).zip(&self.asked) {
            if groups.is_empty() {
                continue;
            }
            complete &= ids.len() < *limit;
            let mask = groups.iter().fold(0, |mask, group| mask | 1_u64 << group);
            for id in ids {
                *has.entry(*id).or_default() |= mask;
            }
        }
        let weight = |mask: u64| -> f64 {
            weights.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, weight)| weight).sum()
        };
        let mut ranked: Vec<(f64, i64)> = has.into_iter().map(|(id, mask)| (weight(mask), id)).collect();
        ranked.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
        complete &= ranked.len() <= most;
        Chosen { ids: ranked.into_iter().take(most).map(|(_, id)| id).collect(), complete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(word: &str, events: u64) -> Group {
        let (term, word) = (word.to_owned(), word.to_owned());
        Group {
            word,
            term,
            place: None,
            weight: 1.0,
            hollow: false,
            events,
            prefix: false,
            inside: false,
            covers: Vec::new(),
            guesses: Vec::new(),
        }
    }

    #[test]
    fn rare_words_are_asked_for_alone_and_common_ones_together() {
        let groups = [group("a", 5), group("b", 90), group("c", 500), group("d", 1000)];
        let plan = Plan::new(&groups, &[], 20, 100);
        let asked: Vec<(String, usize)> =
            plan.asked.iter().map(|(all, most)| (all.concat().join("+"), *most)).collect();
        let wanted = [("a", 100), ("b", 95), ("c+d", 20), ("c", 20)];
        assert_eq!(asked, wanted.map(|(all, most)| (all.to_owned(), most)));
        let found = [vec![9, 3], vec![7, 3], vec![8], vec![8, 2]];
        let chosen = plan.choose(&found, &[4.0, 3.0, 2.0, 1.0], 4);
        assert_eq!(chosen, Chosen { ids: vec![3, 9, 8, 7], complete: false });
    }

    #[test]
    fn three_common_words_are_asked_for_where_two_are_too_common() {
        let groups = [group("a", 200), group("b", 300), group("c", 500)];
        let plan = Plan::new(&groups, &[], 2, 100);
        let few = [vec![9], vec![9, 5], vec![9, 8]];
        assert_eq!(plan.clone().go_on(&groups, &few), None);
        let many = [vec![9, 7], vec![9, 5], vec![9, 8]];
        let terms = |words: [&str; 3]| words.map(|word| vec![word.to_owned()]).to_vec();
        let mut plan = plan;
        assert_eq!(plan.go_on(&groups, &many), Some(&(terms(["a", "b", "c"]), 2)));
        assert_eq!(plan.go_on(&groups, &many), None);
        let found = [many.as_slice(), &[vec![1]]].concat();
        assert_eq!(plan.choose(&found, &[3.0, 2.0, 1.0], 2).ids, [9, 1]);
    }

    #[test]
    fn hollow_words_are_not_asked_for() {
        let plan = Plan::new(&[group("a", 5), Group { hollow: true, ..group("the", 9) }], &[], 20, 100);
        assert_eq!(plan.asked, [(vec![vec!["a".to_owned()]], 100)]);
        assert!(plan.choose(&[vec![1]], &[1.0, 0.1], 20).complete);
    }

    #[test]
    fn a_phrase_is_asked_for_as_a_whole() {
        let plan = Plan::new(&[group("a", 5), group("b", 9)], &[vec![1, 0]], 20, 100);
        assert_eq!(plan.asked, [(vec![vec!["a".to_owned()], vec!["b".to_owned()]], 20)]);
        assert!(plan.choose(&[vec![1]], &[1.0, 1.0], 20).complete);
    }
}
