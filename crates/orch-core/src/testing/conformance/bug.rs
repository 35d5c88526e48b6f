//! Cases of the port for bugs.

use serde_json::{Map, json};

use super::bench::{ALL, Bench, assert_refused, task_code};
use crate::bug::decide::Changing;
use crate::bug::fact::BugLogged;
use crate::bug::{Bug, BugAction, BugStatus, Fingerprinter, Keys, Report, StoredReport, fold_bug};
use crate::code::{BugCode, TaskCode};
use crate::event::EntityType;
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::store::{
    BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, ChangeError, EventFilter, Outcome, Store,
    StoreError, Window,
};

fn code(text: &str) -> BugCode {
    BugCode::new(text).expect("a valid code")
}

fn named(text: &str) -> BugName {
    BugName::new(text).expect("a valid name")
}

/// An occurrence in a function of a file; without a function nothing more of the place is known.
pub(super) fn occurrence(message: &str, file: &str, function: Option<&str>) -> BugLogged {
    let report = Report { message, file: Some(file), function, ..Report::default() };
    let keys = Keys::of(&Fingerprinter::default().fingerprint(&report).0);
    BugLogged {
        bug_code: code("BUG"),
        keys,
        error_type: "runtime".into(),
        type_rule: "a rule".into(),
        file_path: Some(file.into()),
        place: function.map(Into::into),
        report: StoredReport {
            message: message.into(),
            file: Some(file.into()),
            line: Some(7),
            stack: Some("at main".into()),
            function: function.map(Into::into),
            ..StoredReport::default()
        },
        task_code: None,
        action: BugAction::Continue,
        note: None,
        context: Map::new(),
    }
}

pub(super) fn in_task(logged: BugLogged, task: &str, action: BugAction) -> BugLogged {
    BugLogged { task_code: Some(task_code(task)), action, ..logged }
}

type Logged = Result<Outcome<BugCode>, ChangeError>;

async fn try_log<S: Store>(bench: &Bench<S>, request: &Request, logged: &BugLogged) -> Logged {
    let scope = BugScope {
        reports: vec![logged.keys.clone()],
        tasks: logged.task_code.iter().cloned().collect(),
        ..BugScope::default()
    };
    let decide = |context: BugContext| {
        let mut changing = Changing::new(context, &request.operation);
        let answer = changing.log(logged)?.code;
        let (bugs, tasks) = changing.into_drafts();
        Ok(BugChange { bugs, tasks, answer })
    };
    bench.store.change_bugs(request, &scope, decide).await
}

pub(super) async fn log<S: Store>(bench: &Bench<S>, logged: &BugLogged) -> Bug {
    let outcome = try_log(bench, &bench.request("tester"), logged).await.expect("the error is logged");
    bug(bench, outcome.answer.as_str()).await
}

/// What `edit` makes of the bugs with these names.
async fn change<S: Store>(
    bench: &Bench<S>,
    names: &[&str],
    edit: impl Fn(&mut Changing) -> Result<BugCode, Refusal> + Send + Sync,
) -> Result<BugCode, ChangeError> {
    let scope = BugScope { names: names.iter().map(|name| named(name)).collect(), ..BugScope::default() };
    let request = bench.request("tester");
    let decide = |context: BugContext| {
        let mut changing = Changing::new(context, &request.operation);
        let answer = edit(&mut changing)?;
        let (bugs, tasks) = changing.into_drafts();
        Ok(BugChange { bugs, tasks, answer })
    };
    bench.store.change_bugs(&request, &scope, decide).await.map(|outcome| outcome.answer)
}

async fn bug<S: Store>(bench: &Bench<S>, name: &str) -> Bug {
    let mut found = bench.store.bugs_named(&named(name), 10).await.expect("bugs can be read");
    assert_eq!(found.len(), 1, "one bug is called {name}");
    found.remove(0)
}

async fn assert_folds<S: Store>(bench: &Bench<S>, bug: &Bug) {
    let entity = Some((EntityType::Bug, bug.code.to_string()));
    let log = bench.events(EventFilter { entity, ..EventFilter::default() }).await;
    assert_eq!(log.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=bug.version).collect::<Vec<_>>());
    assert_eq!(fold_bug(&log).expect("the log folds").as_ref(), Some(bug));
}

/// Every field comes back, by the code and by the beginning of the hash, and the log folds to it.
pub async fn a_bug_comes_back<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let mut logged =
        in_task(occurrence("näme \u{1f41b}\u{7f} 'x'", "src/a b.rs", Some("f")), "TSK-001", BugAction::FixNow);
    logged.note = Some("seen \\u0000 \"here\"".into());
    logged.context = json!({"env": {"deep": [null, u64::MAX, 1.5]}}).as_object().cloned().expect("an object");
    let first = log(bench, &logged).await;
    assert_eq!((first.code.as_str(), first.version, first.occurrence_count), ("BUG-001", 1, 1));
    assert_eq!(first.error_message, logged.report.message);
    assert_eq!((first.line_number, first.stack_trace.as_deref()), (Some(7), Some("at main")));
    assert_eq!(first.context, logged.context);
    assert_eq!(first.blocks.iter().map(TaskCode::as_str).collect::<Vec<_>>(), ["TSK-001"]);
    assert_eq!((first.captured_at, first.last_seen), (first.created_at, first.updated_at));
    assert_eq!(bug(bench, &first.keys.hash).await, first);
    assert_eq!(bug(bench, &first.keys.hash[..12]).await, first);
    assert_eq!(bench.store.bugs_named(&named("BUG-002"), 10).await.expect("bugs can be read"), []);
    assert_folds(bench, &first).await;
}

/// The same hash counts on; another function is another bug with the next code.
pub async fn an_occurrence_counts<S: Store>(bench: &Bench<S>) {
    let first = log(bench, &occurrence("x is not a function", "a.js", Some("f"))).await;
    bench.clock.advance(60);
    let again = log(bench, &occurrence("x is not a function", "a.js", Some("f"))).await;
    assert_eq!((&again.code, again.occurrence_count, again.version), (&first.code, 2, 2));
    assert!(again.last_seen > first.last_seen && again.captured_at == first.captured_at);
    let other = log(bench, &occurrence("x is not a function", "a.js", Some("g"))).await;
    assert_eq!((other.code.as_str(), other.occurrence_count), ("BUG-002", 1));
    assert_folds(bench, &again).await;
}

/// A report that knows the file alone belongs to the only open bug there, and takes a bug's place from one that knows it.
pub async fn a_loose_key_finds_the_only_open_bug<S: Store>(bench: &Bench<S>) {
    let (bare, placed) = (occurrence("boom: cart", "a.rs", None), occurrence("boom: cart", "a.rs", Some("f")));
    let first = log(bench, &bare).await;
    let named = log(bench, &placed).await;
    assert_eq!((&named.code, named.occurrence_count, &named.keys), (&first.code, 2, &placed.keys));
    assert_eq!(named.place.as_deref(), Some("f"));
    let again = log(bench, &bare).await;
    assert_eq!((&again.code, again.occurrence_count), (&first.code, 3));
    assert_folds(bench, &again).await;
    let second = log(bench, &occurrence("boom: cart", "a.rs", Some("g"))).await;
    assert_ne!(second.code, first.code);
    // of two it is not known which one it is
    let third = log(bench, &bare).await;
    assert!(third.code != first.code && third.code != second.code);
}

/// Of several reports at once the first that knows the place takes the bug that does not; the others are bugs of their own.
pub async fn reports_at_once_are_met_one_after_the_other<S: Store>(bench: &Bench<S>) {
    log(bench, &occurrence("boom: cart", "a.rs", None)).await;
    let reports = ["f", "g"].map(|function| occurrence("boom: cart", "a.rs", Some(function)));
    let scope = BugScope { reports: reports.iter().map(|logged| logged.keys.clone()).collect(), ..BugScope::default() };
    let request = bench.request("tester");
    let decide = |context: BugContext| {
        let mut changing = Changing::new(context, &request.operation);
        let codes = reports.iter().map(|logged| changing.log(logged).map(|met| met.code));
        let answer = codes.collect::<Result<Vec<_>, _>>()?;
        let (bugs, tasks) = changing.into_drafts();
        Ok(BugChange { bugs, tasks, answer })
    };
    let outcome = bench.store.change_bugs(&request, &scope, decide).await.expect("the errors are logged");
    assert_eq!(outcome.answer, [code("BUG-001"), code("BUG-002")]);
    assert_eq!(outcome.event_ids.len(), 3);
    for name in ["BUG-001", "BUG-002"] {
        assert_folds(bench, &bug(bench, name).await).await;
    }
}

/// A resolved bug that occurs again is open again, and its log says so.
pub async fn a_resolved_bug_comes_back<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let logged = in_task(occurrence("boom", "a.rs", Some("f")), "TSK-001", BugAction::FixNow);
    log(bench, &logged).await;
    assert_eq!(bench.task("TSK-001").await.blocking_bugs, [code("BUG-001")].into());
    bench.clock.advance(60);
    let resolve = |changing: &mut Changing| changing.resolve(&named("BUG-001"), "fixed");
    change(bench, &["BUG-001"], resolve).await.expect("the bug is resolved");
    let resolved = bug(bench, "BUG-001").await;
    assert_eq!((resolved.status(), resolved.resolution.as_deref()), (BugStatus::Resolved, Some("fixed")));
    assert!(resolved.blocks.is_empty() && bench.task("TSK-001").await.blocking_bugs.is_empty());
    let before = bench.snapshot().await;
    change(bench, &["BUG-001"], resolve).await.expect("the same again is nothing");
    assert_eq!(bench.snapshot().await, before);
    let back = log(bench, &occurrence("boom", "a.rs", Some("f"))).await;
    assert_eq!((back.status(), back.regressions, back.occurrence_count), (BugStatus::Open, 1, 2));
    assert_eq!(back.resolution, None);
    assert_folds(bench, &back).await;
    let folded = crate::fold::fold_task(&bench.log("TSK-001").await).expect("the log folds");
    assert_eq!(folded, Some(bench.task("TSK-001").await));
}

/// A merged bug's occurrences count for the other one, through a second merge, too; no count is lost.
pub async fn merged_bugs_count_as_one<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let errors = ["f", "g", "h"].map(|function| occurrence("boom", "a.rs", Some(function)));
    for logged in &errors {
        log(bench, &in_task(logged.clone(), "TSK-001", BugAction::FixNow)).await;
        bench.clock.advance(60);
    }
    let merge = |keep: &'static str, other: &'static str| {
        move |changing: &mut Changing| changing.merge(&named(keep), &named(other))
    };
    change(bench, &["BUG-002", "BUG-003"], merge("BUG-002", "BUG-003")).await.expect("they are merged");
    change(bench, &["BUG-001", "BUG-002"], merge("BUG-001", "BUG-002")).await.expect("they are merged");
    let one = log(bench, &errors[2]).await;
    assert_eq!((one.code.as_str(), one.occurrence_count), ("BUG-001", 4));
    assert_eq!(bench.task("TSK-001").await.blocking_bugs, [code("BUG-001")].into());
    for name in ["BUG-001", "BUG-002", "BUG-003"] {
        assert_folds(bench, &bug(bench, name).await).await;
    }
    assert_eq!(bug(bench, "BUG-003").await.merged_into, Some(code("BUG-002")));
    let refused = change(bench, &["BUG-001", "BUG-003"], merge("BUG-003", "BUG-001")).await;
    assert!(matches!(refused, Err(ChangeError::Refused(Refusal::Invalid { .. }))), "{refused:?}");
    let days = bench.store.bug_days(&code("BUG-001")).await.expect("days can be read");
    assert_eq!(days.iter().map(|(_, count)| count).sum::<u64>(), 4);
    assert_eq!((days[0].0, days[days.len() - 1].0), (one.captured_at.date_naive(), one.last_seen.date_naive()));
}

/// A bug that knows no place does not take the keys of one that was merged into it: these stay an alias.
pub async fn a_merged_bug_keeps_its_keys<S: Store>(bench: &Bench<S>) {
    let (placed, other) = (occurrence("boom", "a.rs", Some("f")), occurrence("boom", "a.rs", Some("g")));
    for logged in [&placed, &other, &occurrence("boom", "a.rs", None)] {
        log(bench, logged).await;
    }
    let merge = |changing: &mut Changing| changing.merge(&named("BUG-003"), &named("BUG-001"));
    change(bench, &["BUG-003", "BUG-001"], merge).await.expect("they are merged");
    for count in [3, 4] {
        let one = log(bench, &placed).await;
        assert_eq!((one.code.as_str(), one.occurrence_count), ("BUG-003", count));
        assert!(!one.keys.has_place());
    }
}

/// A new bug whose hash is taken is a conflict, and nothing is written.
pub async fn a_taken_hash_is_a_conflict<S: Store>(bench: &Bench<S>) {
    let logged = occurrence("boom", "a.rs", Some("f"));
    log(bench, &logged).await;
    let before = bench.snapshot().await;
    let request = bench.request("tester");
    let other = occurrence("bang", "b.rs", Some("g"));
    let decide = |context: BugContext| {
        let mut changing = Changing::new(context, &request.operation);
        let answer = changing.log(&BugLogged { keys: logged.keys.clone(), ..other.clone() })?.code;
        let (bugs, tasks) = changing.into_drafts();
        Ok(BugChange { bugs, tasks, answer })
    };
    let scope = BugScope { reports: vec![other.keys.clone()], ..BugScope::default() };
    let result = bench.store.change_bugs(&request, &scope, decide).await;
    assert!(matches!(result, Err(ChangeError::Store(StoreError::Conflict { .. }))), "{result:?}");
    assert_eq!(bench.snapshot().await, before);
}

/// A refusal and a task that is not there write nothing, whatever was worked out before.
pub async fn a_refusal_writes_nothing<S: Store>(bench: &Bench<S>) {
    let before = bench.snapshot().await;
    let logged = in_task(occurrence("boom", "a.rs", Some("f")), "TSK-404", BugAction::FixNow);
    assert_refused(try_log(bench, &bench.request("tester"), &logged).await);
    assert_refused(change(bench, &["BUG-404"], |changing| changing.resolve(&named("BUG-404"), "x")).await);
    assert_eq!(bench.snapshot().await, before);
}

/// The same idempotency key counts once and gives the same answer and events.
pub async fn the_same_key_counts_once<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let logged = in_task(occurrence("boom", "a.rs", Some("f")), "TSK-001", BugAction::FixNow);
    let first = try_log(bench, &bench.keyed("k", "bug.log", &1), &logged).await.expect("the error is logged");
    assert_eq!(first.event_ids.len(), 2);
    let again = try_log(bench, &bench.keyed("k", "bug.log", &1), &logged).await.expect("it is answered again");
    assert!(again.replayed);
    assert_eq!((again.answer, again.event_ids), (first.answer, first.event_ids));
    assert_eq!(bug(bench, "BUG-001").await.occurrence_count, 1);
    let other = try_log(bench, &bench.keyed("k", "bug.log", &2), &logged).await;
    assert!(matches!(other, Err(ChangeError::Store(StoreError::KeyReused { .. }))), "{other:?}");
}

/// Each filter counts, all together too, and the orders are as they say.
pub async fn bugs_are_filtered_and_ordered<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let mut database = occurrence("boom 1", "a.rs", Some("f"));
    database.error_type = "database".into();
    for logged in [database.clone(), occurrence("bang", "b.rs", Some("g")), database] {
        log(bench, &logged).await;
        bench.clock.advance(60);
    }
    log(bench, &in_task(occurrence("crash", "c.rs", Some("h")), "TSK-001", BugAction::Continue)).await;
    let since = bug(bench, "BUG-001").await.last_seen;
    change(bench, &["BUG-002"], |changing| changing.resolve(&named("BUG-002"), "x")).await.expect("it is resolved");
    let list = async |filter: BugFilter, order, window| {
        let page = bench.store.bugs(&filter, order, window).await.expect("bugs can be read");
        (page.items.iter().map(|bug| bug.code.to_string()).collect::<Vec<_>>().join(" "), page.total)
    };
    let all = BugFilter::default;
    for (filter, codes) in [
        (all(), "BUG-001 BUG-002 BUG-003"),
        (BugFilter { status: vec![BugStatus::Open], ..all() }, "BUG-001 BUG-003"),
        (BugFilter { status: vec![BugStatus::Resolved, BugStatus::Merged], ..all() }, "BUG-002"),
        (BugFilter { error_type: vec!["database".into()], ..all() }, "BUG-001"),
        (BugFilter { task: Some(task_code("TSK-001")), ..all() }, "BUG-003"),
        (BugFilter { min_count: Some(2), ..all() }, "BUG-001"),
        (BugFilter { since: Some(since), ..all() }, "BUG-001 BUG-003"),
        (BugFilter { min_count: Some(2), status: vec![BugStatus::Resolved], ..all() }, ""),
        (BugFilter { not_of_rules: Some(crate::bug::VERSION), ..all() }, ""),
        (BugFilter { not_of_rules: Some("b"), ..all() }, "BUG-001 BUG-002 BUG-003"),
        (BugFilter { not_of_rules: Some("c0"), ..all() }, "BUG-001 BUG-002 BUG-003"),
    ] {
        let total = codes.split_whitespace().count() as u64;
        assert_eq!(list(filter.clone(), BugOrder::Code, ALL).await, (codes.to_owned(), total), "{filter:?}");
    }
    assert_eq!(list(all(), BugOrder::Recent, ALL).await.0, "BUG-003 BUG-001 BUG-002");
    assert_eq!(list(all(), BugOrder::Frequent, ALL).await.0, "BUG-001 BUG-002 BUG-003");
    assert_eq!(list(all(), BugOrder::Code, Window { limit: 1, offset: 1 }).await, ("BUG-002".to_owned(), 3));
    assert_eq!(list(all(), BugOrder::Code, Window { limit: u64::MAX, offset: 2 }).await, ("BUG-003".to_owned(), 3));
}

/// Bugs with the same message elsewhere come first, then those with a message like it; others do not come.
pub async fn like_bugs_are_found<S: Store>(bench: &Bench<S>) {
    let message = "Cannot read properties of undefined (reading 'items') while rendering the cart page of the shop";
    let near = "Cannot read properties of undefined (reading 'total') while rendering the cart page of the shop";
    let first = log(bench, &occurrence(message, "a.js", Some("f"))).await;
    log(bench, &occurrence("connection refused by the database server", "a.js", Some("f"))).await;
    log(bench, &occurrence(near, "a.js", Some("f"))).await;
    log(bench, &occurrence(message, "b.js", Some("g"))).await;
    log(bench, &occurrence(message, "c.js", Some("h"))).await;
    let merge = |changing: &mut Changing| changing.merge(&named("BUG-001"), &named("BUG-005"));
    change(bench, &["BUG-001", "BUG-005"], merge).await.expect("they are merged");
    let found = bench.store.like_bugs(&first.keys, 10).await.expect("bugs can be read");
    assert_eq!(found.iter().map(|bug| bug.code.as_str()).collect::<Vec<_>>(), ["BUG-004", "BUG-003"]);
    assert_eq!(bench.store.like_bugs(&first.keys, 1).await.expect("bugs can be read").len(), 1);
}

/// Many who log at once lose no count, make one bug of one error, and number its events without a gap.
pub async fn many_loggers_count_exactly<S: Store + 'static>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let mut loggers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let bench = bench.clone();
        loggers.spawn(async move {
            for round in 0..6 {
                let function = if (number + round) % 2 == 0 { "f" } else { "g" };
                let action = if round == 5 { BugAction::FixNow } else { BugAction::Continue };
                log(&bench, &in_task(occurrence("boom", "a.rs", Some(function)), "TSK-001", action)).await;
            }
        });
    }
    while let Some(done) = loggers.join_next().await {
        done.expect("a logger is done");
    }
    let page = bench.store.bugs(&BugFilter::default(), BugOrder::Code, ALL).await.expect("bugs can be read");
    assert_eq!(page.total, 2);
    for bug in &page.items {
        assert_eq!((bug.occurrence_count, bug.version), (24, 24), "{}", bug.code);
        assert_folds(bench, bug).await;
    }
    assert_eq!(bench.task("TSK-001").await.blocking_bugs.len(), 2);
    let folded = crate::fold::fold_task(&bench.log("TSK-001").await).expect("the log folds");
    assert_eq!(folded, Some(bench.task("TSK-001").await));
}
