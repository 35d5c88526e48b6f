//! The case of the log as the truth: folded, it gives what is stored. Long and mixed on purpose.

use serde_json::json;

use super::bench::{Bench, sprint_code, task_code};
use super::fact::{
    approve, back, check, claim, commits, complete, end, hooks, note, object, release, save, set_status, skip,
    sprint_updated, start, take_over, template, update,
};
use crate::code::SprintCode;
use crate::draft::Draft;
use crate::event::EntityType;
use crate::fold::{fold_sprint, fold_task};
use crate::sprint::{SprintChanges, SprintStatus};
use crate::store::{EventFilter, SprintTarget, Store};
use crate::task::{Priority, TaskChanges, TaskStatus};

/// How many changes the script makes.
const STEPS: u32 = 120;
const TASKS: [&str; 3] = ["TSK-001", "TSK-002", "TSK-003"];

/// After each of many mixed changes the log folds to what is stored: tasks, sprints, and the latest session of a task.
pub async fn the_fold_of_the_log_is_the_state<S: Store>(bench: &Bench<S>) {
    for code in TASKS {
        bench.create(code).await;
    }
    bench.create_sprint("SPR-001").await;
    let mut chance = 1_u32;
    for step in 0..STEPS {
        // The generator of Numerical Recipes: the same script each time, for every store.
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bench.clock.advance(i64::from(chance >> 16 & 63) - 10);
        let (choice, task) = (chance >> 24, TASKS[(chance >> 8) as usize % TASKS.len()]);
        let request = bench.request(if chance & 1 << 20 == 0 { "tester" } else { "someone else" });
        if choice % 8 == 7 {
            let status = SprintStatus::ALL[step as usize % SprintStatus::ALL.len()];
            let metadata = object(
                json!({"step": step, format!("key {}", step % 5): (!choice.is_multiple_of(3)).then_some(choice)}),
            );
            let changes = SprintChanges { status: Some(status), metadata, ..SprintChanges::default() };
            let facts = |_: &SprintCode| vec![sprint_updated(changes.clone())];
            let target = SprintTarget::Existing(sprint_code("SPR-001"));
            bench.change_sprint(&request, &target, facts).await.expect("the sprint is changed");
        } else {
            let outcome = bench.try_change(&request, task, |draft| {
                edit(draft, step, choice);
                edit(draft, step + STEPS, choice / 15 + step);
            });
            outcome.await.expect("the task is changed");
        }
        if step % 10 == 9 {
            compare(bench).await;
        }
    }
}

fn edit(draft: &mut Draft, step: u32, choice: u32) {
    let running = draft.task().active_session().is_some();
    match choice % 15 {
        0 if !running => start(draft, &format!("sess_{step}"), &template(&step.to_string())),
        0 => end(draft, true),
        1 if running => complete(draft, (!step.is_multiple_of(3)).then_some("plan")),
        2 if running => back(draft, "intake"),
        3 if running => check(draft, &format!("check{}", step % 3), step.is_multiple_of(2)),
        4 if running => approve(draft, step.is_multiple_of(2).then_some("fine")),
        5 if running => end(draft, false),
        1..=5 => set_status(draft, TaskStatus::ALL[step as usize % TaskStatus::ALL.len()]),
        6 => save(draft, &format!("NOTE-{}.md", step % 4), step.to_string().as_bytes()),
        7 => claim(draft, step),
        8 => release(draft),
        11 => take_over(draft, step),
        12 if running => skip(draft, "close"),
        13 => hooks(draft),
        9 => note(draft, "plan.step", json!([step])),
        10 => commits(draft, step),
        _ => update(draft, changes(draft, step)),
    }
}

fn changes(draft: &Draft, step: u32) -> TaskChanges {
    let other = task_code(TASKS[(step / 7) as usize % TASKS.len()]);
    // Only towards lower codes, so that no circle is closed.
    let after = if other < draft.task().code { [other.clone()].into() } else { std::collections::BTreeSet::new() };
    TaskChanges {
        title: step.is_multiple_of(2).then(|| format!("Title {step}")),
        description: step.is_multiple_of(3).then(|| "line\n".repeat(step as usize)),
        priority: step.is_multiple_of(4).then_some(Priority::ALL[step as usize % Priority::ALL.len()]),
        sprint: step.is_multiple_of(5).then(|| sprint_code("SPR-001")),
        metadata: object(json!({format!("key {}", step % 7): (!step.is_multiple_of(3)).then_some(step), "last": step})),
        not_after: if after.is_empty() { [other].into() } else { std::collections::BTreeSet::new() },
        after,
        ..TaskChanges::default()
    }
}

async fn compare<S: Store>(bench: &Bench<S>) {
    for code in TASKS {
        let (log, task) = (bench.log(code).await, bench.task(code).await);
        assert_eq!(task.version, i64::try_from(log.len()).expect("a short log"), "{code}");
        if let Some(session) = &task.session {
            let entry = bench.store.session(&session.key).await.expect("sessions can be read");
            assert_eq!(entry.map(|entry| entry.session).as_ref(), Some(session), "{code}");
        }
        assert_eq!(fold_task(&log).expect("the log folds"), Some(task), "{code}");
    }
    let entity = Some((EntityType::Sprint, "SPR-001".to_owned()));
    let log = bench.events(EventFilter { entity, ..EventFilter::default() }).await;
    assert_eq!(fold_sprint(&log).expect("the log folds"), Some(bench.sprint("SPR-001").await));
}
