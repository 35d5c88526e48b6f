//! Cases of the index for searches. A store that has none does without them: see [`store_conformance!`](crate::store_conformance).

use chrono::TimeDelta;
use serde_json::json;

use super::bench::{Bench, sprint_code, task_code};
use super::bug::{in_task, log, occurrence};
use super::fact::{note, rename, session_key, sprint_updated, start, template, update};
use crate::bug::BugAction;
use crate::clock::Clock;
use crate::code::{EventType, ProjectCode};
use crate::event::Event;
use crate::search::{LookUp, Position, SearchIndex, SearchScope, SearchSummary, Within};
use crate::sprint::SprintChanges;
use crate::store::{EventFilter, SprintTarget, Store};
use crate::task::TaskChanges;

const EVERYWHERE: SearchScope = SearchScope::Project(None);
const NONE: [i64; 0] = [];

fn task(code: &str) -> SearchScope {
    SearchScope::Task(task_code(code))
}

fn sprint(code: &str) -> SearchScope {
    SearchScope::Sprint(sprint_code(code))
}

fn session(key: &str) -> SearchScope {
    SearchScope::Session(session_key(key))
}

/// Writes a note and gives the id of its event.
async fn write<S: Store>(bench: &Bench<S>, code: &str, text: &str) -> i64 {
    let outcome = bench.change(code, |draft| note(draft, "note_added", json!({ "text": text }))).await;
    outcome.event_ids[0]
}

async fn find_within<S: Store + SearchIndex>(
    bench: &Bench<S>,
    within: &Within,
    all_of: &[&[&str]],
    limit: usize,
) -> Vec<i64> {
    let all_of: Vec<Vec<String>> = all_of.iter().map(|any| any.iter().map(ToString::to_string).collect()).collect();
    let found = bench.store.candidates(within, &all_of, limit).await.expect("the index can be read");
    let plans = [(all_of, limit)];
    let each = bench.store.candidates_each(within, &plans).await.expect("the index can be read");
    assert_eq!(each, std::slice::from_ref(&found), "{within:?}");
    found
}

async fn find<S: Store + SearchIndex>(bench: &Bench<S>, scope: SearchScope, term: &str) -> Vec<i64> {
    find_within(bench, &Within::all(scope), &[&[term]], 100).await
}

/// The words that a look-up gives, each with in how many events it is.
async fn look_up<S: Store + SearchIndex>(bench: &Bench<S>, word: LookUp, limit: usize) -> Vec<String> {
    let found = bench.store.look_up(std::slice::from_ref(&word), limit).await.expect("the lexicon can be read");
    assert_eq!(found.len(), 1, "an answer for {word:?}");
    found[0].iter().map(|known| format!("{} {} {}", known.word, known.term, known.events)).collect()
}

async fn position<S: Store + SearchIndex>(bench: &Bench<S>, scope: &SearchScope) -> Position {
    let position = bench.store.position(scope).await.expect("the position can be read");
    position.expect("nobody else writes")
}

async fn count<S: Store + SearchIndex>(bench: &Bench<S>, within: &Within) -> SearchSummary {
    bench.store.count(within).await.expect("events can be counted")
}

/// A list of terms asks for any of them, several lists for one of each; the newest come first, up to the limit.
pub async fn one_of_each_list_is_asked_for<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    let mut ids = Vec::new();
    for text in ["red apple", "green apple", "red pear", "blue plum", "red apple, green pear"] {
        ids.push(write(bench, "A", text).await);
    }
    let all = Within::all(EVERYWHERE);
    for (all_of, wanted) in [
        (&[&["red"][..]][..], &[4, 2, 0][..]),
        (&[&["red", "blue"]], &[4, 3, 2, 0]),
        (&[&["red"], &["appl"]], &[4, 0]),
        (&[&["red", "green"], &["appl", "plum"]], &[4, 1, 0]),
        (&[&["red"], &["green"], &["pear"]], &[4]),
        (&[&["red"], &["plum"]], &[]),
        (&[&["red"], &["never"]], &[]),
        (&[&["never", "red"], &["appl"]], &[4, 0]),
        (&[&["red"], &[]], &[]),
    ] {
        let wanted: Vec<i64> = wanted.iter().map(|at| ids[*at]).collect();
        assert_eq!(find_within(bench, &all, all_of, 100).await, wanted, "{all_of:?}");
        for limit in 0..wanted.len() {
            assert_eq!(find_within(bench, &all, all_of, limit).await, wanted[..limit], "{all_of:?}, {limit}");
        }
    }
    ids.reverse();
    assert_eq!(find_within(bench, &all, &[], 5).await, ids, "without terms the newest");
    assert_eq!(find_within(bench, &all, &[], 100).await.len(), 6);
}

/// Nothing comes from another session, task, sprint or project, however like its code is.
pub async fn nothing_comes_from_outside_of_a_scope<S: Store + SearchIndex>(bench: &Bench<S>) {
    let mut ids = Vec::new();
    for (code, key) in [("T-1", "sess_1"), ("T-11", "sess_11"), ("t-1", "Sess_1"), ("T_1", "sess.1")] {
        bench.create(code).await;
        bench.change(code, |draft| start(draft, key, &template("x"))).await;
        ids.push(write(bench, code, "heliotrope").await);
    }
    bench.create_sprint("T-1").await;
    let title = SprintChanges { title: Some("heliotrope".into()), ..SprintChanges::default() };
    let facts = |_: &crate::code::SprintCode| vec![sprint_updated(title.clone())];
    let target = SprintTarget::Existing(sprint_code("T-1"));
    let outcome = bench.change_sprint(&bench.request("tester"), &target, facts).await;
    ids.extend(outcome.expect("the sprint is changed").event_ids);
    for (scope, wanted) in [
        (task("T-1"), Some(0)),
        (task("T-11"), Some(1)),
        (task("t-1"), Some(2)),
        (task("T_1"), Some(3)),
        (task("T-12"), None),
        (session("sess_1"), Some(0)),
        (session("sess_11"), Some(1)),
        (session("Sess_1"), Some(2)),
        (session("sess.1"), Some(3)),
        (session("sess"), None),
        (sprint("T-1"), Some(4)),
        (sprint("T-11"), None),
        (SearchScope::Project(Some(ProjectCode::new("P-1").expect("a valid code"))), None),
    ] {
        let wanted: Vec<i64> = wanted.iter().map(|at: &usize| ids[*at]).collect();
        assert_eq!(find(bench, scope.clone(), "heliotrop").await, wanted, "{scope:?}");
        let all = find_within(bench, &Within::all(scope.clone()), &[], 100).await;
        assert_eq!(wanted.is_empty(), all.is_empty(), "{scope:?}");
        assert_eq!(count(bench, &Within::all(scope.clone())).await.total, all.len() as u64, "{scope:?}");
    }
    ids.reverse();
    assert_eq!(find(bench, EVERYWHERE, "heliotrop").await, ids);
}

/// What happens to a bug belongs to the task that it was met in, and to the sprint of that task.
pub async fn a_bug_belongs_to_its_task<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create_sprint("S").await;
    bench.create("A").await;
    bench.create("B").await;
    bench.change("A", |draft| move_to(draft, "S")).await;
    let logged = occurrence("obsidianfinch is undefined", "a.rs", Some("f"));
    log(bench, &in_task(logged, "A", BugAction::Continue)).await;
    log(bench, &occurrence("quokkaparse is undefined", "b.rs", Some("g"))).await;
    assert_eq!(find(bench, task("A"), "obsidianfinch").await.len(), 1);
    assert_eq!(find(bench, sprint("S"), "obsidianfinch").await.len(), 1);
    assert_eq!(find(bench, task("B"), "obsidianfinch").await, NONE);
    assert_eq!(find(bench, EVERYWHERE, "quokkapars").await.len(), 1);
    assert_eq!(find(bench, task("A"), "quokkapars").await, NONE);
    assert_eq!(find(bench, sprint("S"), "quokkapars").await, NONE);
}

fn move_to(draft: &mut crate::draft::Draft, sprint: &str) {
    update(draft, TaskChanges { sprint: Some(sprint_code(sprint)), ..TaskChanges::default() });
}

/// In a sprint are the tasks that are in it now, with all that happened to them before.
pub async fn a_sprint_has_the_tasks_that_are_in_it<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create_sprint("S-1").await;
    bench.create_sprint("S-2").await;
    bench.create("A").await;
    let id = write(bench, "A", "marmalade").await;
    assert_eq!(find(bench, sprint("S-1"), "marmalad").await, NONE);
    for (to, other) in [("S-1", "S-2"), ("S-2", "S-1")] {
        let before = [position(bench, &sprint("S-1")).await, position(bench, &sprint("S-2")).await];
        bench.change("A", |draft| move_to(draft, to)).await;
        assert_eq!(find(bench, sprint(to), "marmalad").await, [id]);
        assert_eq!(find(bench, sprint(other), "marmalad").await, NONE);
        let after = [position(bench, &sprint("S-1")).await, position(bench, &sprint("S-2")).await];
        assert_ne!(before[usize::from(to == "S-2")], after[usize::from(to == "S-2")], "a task came to {to}");
        assert!(to == "S-1" || before[0] != after[0], "a task went from {other}");
    }
}

/// Each filter by itself and all together; the end of a time does not belong to it.
pub async fn candidates_are_filtered<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    let mut ids = Vec::new();
    for (actor, event_type) in [("one", "x.note"), ("other", "x.note"), ("one", "y.note")] {
        let request = bench.request(actor);
        let outcome = bench.try_change(&request, "A", |draft| note(draft, event_type, json!("tamarind"))).await;
        ids.extend(outcome.expect("the event is recorded").event_ids);
    }
    let times: Vec<_> = events(bench, &ids).await.iter().map(|event| event.emitted_at).collect();
    let event_type = Some(EventType::new("x.note").expect("a valid type"));
    let actor = Some(crate::testing::fixture::actor("one"));
    let (since, until) = (Some(times[0]), Some(times[2] + TimeDelta::seconds(1)));
    let all = Within::all(task("A"));
    for (within, wanted) in [
        (Within { event_type: event_type.clone(), ..all.clone() }, &[1, 0][..]),
        (Within { event_type: Some(EventType::new("x").expect("a valid type")), ..all.clone() }, &[]),
        (Within { actor: actor.clone(), ..all.clone() }, &[2, 0]),
        (Within { since, ..all.clone() }, &[2, 1, 0]),
        (Within { since: until, ..all.clone() }, &[]),
        (Within { until, ..all.clone() }, &[2, 1, 0]),
        (Within { until: since, ..all.clone() }, &[]),
        (Within { event_type, actor, since, until, ..all.clone() }, &[0]),
    ] {
        let wanted: Vec<i64> = wanted.iter().map(|at: &usize| ids[*at]).collect();
        assert_eq!(find_within(bench, &within, &[&["tamarind"]], 100).await, wanted, "{within:?}");
        let newest = find_within(bench, &within, &[], 2).await;
        assert_eq!(newest, wanted[..wanted.len().min(2)], "{within:?}");
    }
}

async fn events<S: Store>(bench: &Bench<S>, ids: &[i64]) -> Vec<Event> {
    let mut all = bench.events(EventFilter::default()).await;
    all.retain(|event| ids.contains(&event.id));
    all
}

/// Words are found by their term, beginning, inside and near spelling, those in most events first.
pub async fn words_are_looked_up<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    for text in
        ["settlement settlements", "settlement of UserService", "settled settlement", "settlements überweisung 迁移"]
    {
        write(bench, "A", text).await;
    }
    let exact = |word: &str| LookUp::Exact(word.into());
    assert_eq!(look_up(bench, exact("settlement"), 9).await, ["settlement settlement 3", "settlements settlement 2"]);
    assert_eq!(look_up(bench, exact("settlements"), 1).await, ["settlement settlement 3"]);
    assert_eq!(look_up(bench, exact("settling"), 9).await, ["settled settl 1"], "a form that is nowhere");
    assert_eq!(look_up(bench, exact("userservice"), 9).await, ["userservice userservic 1"]);
    assert_eq!(look_up(bench, exact("uberweisung"), 9).await, ["uberweisung uberweisung 1"]);
    assert_eq!(look_up(bench, exact("迁移"), 9).await, ["迁移 迁移 1"]);
    let prefix = |word: &str| LookUp::Prefix(word.into());
    let wanted = ["settlement settlement 3", "settlements settlement 2", "settled settl 1"];
    assert_eq!(look_up(bench, prefix("settl"), 9).await, wanted);
    assert_eq!(look_up(bench, prefix("settl"), 2).await, wanted[..2]);
    assert_eq!(look_up(bench, prefix("迁"), 9).await, ["迁移 迁移 1"]);
    let inside = |word: &str| LookUp::Inside(word.into());
    assert_eq!(look_up(bench, inside("ttleme"), 9).await, wanted[..2]);
    assert_eq!(look_up(bench, inside("rserv"), 9).await, ["userservice userservic 1"]);
    assert_eq!(look_up(bench, inside("ttlelt"), 9).await, [""; 0], "all trigrams, but not the word");
    let near = |word: &str| LookUp::Near(word.into());
    for typed in ["setlement", "settlemnet", "sattlement", "settlementt"] {
        let found = look_up(bench, near(typed), 9).await;
        assert!(found.contains(&wanted[0].to_owned()), "{typed}: {found:?}");
    }
    for word in [exact("never"), prefix("never"), inside("never"), near("never"), near("x")] {
        assert_eq!(look_up(bench, word.clone(), 9).await, [""; 0], "{word:?}");
    }
    let several = bench.store.look_up(&[near("x"), exact("settled"), prefix("user")], 9).await.expect("it can be read");
    assert_eq!(several.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 2], "an answer for each, in their order");
    assert_eq!(bench.store.look_up(&[], 9).await.expect("it can be read"), Vec::<Vec<_>>::new());
}

/// Whatever is asked for is text and never a part of a statement.
pub async fn any_text_may_be_asked_for<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    write(bench, "A", "plain 100 words").await;
    for odd in [
        "",
        "\"",
        "'",
        "*",
        "%",
        "_",
        "a\" OR \"b",
        "pl*",
        "pl_n",
        "1%",
        "text:plain",
        "-pl",
        "NEAR(",
        "🐛",
        "\0",
        "\\",
    ] {
        assert_eq!(find(bench, EVERYWHERE, odd).await, NONE, "{odd:?}");
        assert_eq!(look_up(bench, LookUp::Exact(odd.into()), 9).await, [""; 0], "{odd:?}");
        assert_eq!(look_up(bench, LookUp::Near(odd.into()), 9).await, [""; 0], "{odd:?}");
        if !odd.is_empty() {
            assert_eq!(look_up(bench, LookUp::Prefix(odd.into()), 9).await, [""; 0], "{odd:?}");
            assert_eq!(look_up(bench, LookUp::Inside(format!("p{odd}ain")), 9).await, [""; 0], "{odd:?}");
        }
    }
}

/// What a change wrote is found by the next question; what was refused is not.
pub async fn what_was_written_is_found_at_once<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    for number in 0..10 {
        let word = format!("fresh{number}");
        assert_eq!(find(bench, EVERYWHERE, &word).await, NONE);
        let id = write(bench, "A", &word).await;
        assert_eq!(find(bench, EVERYWHERE, &word).await, [id]);
        assert_eq!(look_up(bench, LookUp::Exact(word.clone()), 9).await, [format!("{word} {word} 1")]);
        assert_eq!(bench.store.size().await.expect("it can be read"), number + 2);
    }
    let request = bench.request("tester");
    let refused = bench.try_change(&request, "MISSING", |draft| note(draft, "x", json!("refused"))).await;
    assert!(refused.is_err());
    assert_eq!(look_up(bench, LookUp::Prefix("refus".into()), 9).await, [""; 0]);
}

/// Events come back as the log has them; one that is not there is left out.
pub async fn documents_are_the_events<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    let ids = [write(bench, "A", super::task::ODD_TEXT).await, write(bench, "A", "b").await];
    let mut found = bench.store.documents(&[ids[1], i64::MAX, ids[0], -1]).await.expect("they can be read");
    found.sort_by_key(|event| event.id);
    assert_eq!(found, events(bench, &ids).await);
    assert_eq!(bench.store.documents(&[]).await.expect("they can be read"), []);
}

/// The counts are those of the events within the scope and the filter.
pub async fn events_are_counted<S: Store + SearchIndex>(bench: &Bench<S>) {
    let nothing = SearchSummary { total_is_exact: true, ..SearchSummary::default() };
    assert_eq!(count(bench, &Within::all(EVERYWHERE)).await, nothing);
    bench.create("A").await;
    bench.create("B").await;
    bench.change("A", |draft| start(draft, "sess_1", &template("x"))).await;
    write(bench, "A", "a").await;
    let request = bench.request("someone else");
    bench.try_change(&request, "A", |draft| rename(draft, "x")).await.expect("the task is changed");
    for scope in [EVERYWHERE, task("A"), task("B"), session("sess_1"), task("C")] {
        let within = Within::all(scope);
        let ids = find_within(bench, &within, &[], 100).await;
        let mut wanted = nothing.clone();
        events(bench, &ids).await.iter().for_each(|event| wanted.add(event));
        assert_eq!(count(bench, &within).await, wanted, "{within:?}");
    }
    let in_a = count(bench, &Within::all(task("A"))).await;
    assert_eq!((in_a.total, in_a.actors.len(), in_a.phases.len()), (6, 2, 1));
    let within = Within { since: Some(bench.clock.now() + TimeDelta::days(400_000)), ..Within::all(EVERYWHERE) };
    assert_eq!(count(bench, &within).await, nothing);
}

/// The position changes with each event in the scope. Those of sessions and tasks do not change with others.
pub async fn the_position_follows_the_log<S: Store + SearchIndex>(bench: &Bench<S>) {
    bench.create("A").await;
    bench.create("B").await;
    bench.change("A", |draft| start(draft, "sess_1", &template("x"))).await;
    let scopes = [EVERYWHERE, task("A"), session("sess_1"), task("B")];
    let mut before = Vec::new();
    for scope in &scopes {
        before.push(position(bench, scope).await);
        assert_eq!(position(bench, scope).await, before[before.len() - 1], "nothing happened");
    }
    write(bench, "A", "a").await;
    for (scope, before) in scopes.iter().zip(before) {
        assert_eq!(position(bench, scope).await == before, *scope == task("B"), "{scope:?}");
    }
}
