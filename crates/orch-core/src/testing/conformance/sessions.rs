//! Cases about sessions, the templates they pin, and artifacts. The rules of sessions are not tested here.

use std::sync::Arc;

use super::{all_events, assert_follows_from_log, change, code, log, operation, stored, task};
use crate::artifact::{ArtifactFile, Found};
use crate::code::{ArtifactName, SessionKey, TaskCode};
use crate::draft::{Draft, Template};
use crate::machine::{self, Complete, Ground, Start};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::store::{
    ChangeError, Outcome, SessionEntry, SessionFilter, Store, StoreError, TaskChange, TaskContext, TaskScope, Window,
};
use crate::task::{Task, TaskStatus};
use crate::testing::StepClock;
use crate::workflow::{Workflow, builtin};

/// The template `minimal`, made different by a comment.
pub(super) fn template(comment: &str) -> Template {
    let yaml = builtin("minimal").expect("a built-in workflow").yaml;
    Template::new("minimal", &format!("# {comment}\n{yaml}"))
}

fn workflow() -> Workflow {
    Workflow::parse(template("").content.as_bytes(), "minimal").expect("a sound workflow")
}

pub(super) async fn start<S: Store>(
    store: &S,
    actor: &str,
    code: &TaskCode,
    asked: &Start,
    template: &Template,
) -> Result<Outcome<Task>, ChangeError> {
    let workflow = workflow();
    let ground = Ground { workflow: &workflow, template, settings: workflow.settings, lease_seconds: 3600 };
    change(store, &operation(actor), code, |draft| machine::start(draft, asked, &ground).map(drop)).await
}

pub(super) async fn started<S: Store>(store: &S, actor: &str, code: &TaskCode) -> Task {
    start(store, actor, code, &Start::default(), &template("")).await.expect("a session starts").answer
}

pub(super) async fn completed<S: Store>(store: &S, actor: &str, code: &TaskCode) -> Task {
    let workflow = workflow();
    let act = |draft: &mut Draft| {
        machine::complete(draft, &Complete::default(), None, Ok(&workflow), &Found::default()).map(drop)
    };
    change(store, &operation(actor), code, act).await.expect("a phase is completed").answer
}

pub(super) async fn ended<S: Store>(store: &S, actor: &str, code: &TaskCode) -> Task {
    let workflow = workflow();
    let act = |draft: &mut Draft| machine::end(draft, Ok(&workflow), &Found::default()).map(drop);
    change(store, &operation(actor), code, act).await.expect("a session ends").answer
}

pub(super) async fn saved<S: Store>(store: &S, code: &TaskCode, name: &str, content: &[u8]) -> Task {
    let file = ArtifactFile::new(ArtifactName::new(name).expect("a valid name"), content.to_vec());
    let act = |draft: &mut Draft| {
        draft.save(&file);
        Ok(())
    };
    change(store, &operation("tester"), code, act).await.expect("an artifact is saved").answer
}

async fn keys<S: Store>(store: &S, filter: SessionFilter, window: Window) -> (Vec<String>, u64) {
    let page = store.sessions(&filter, window).await.expect("a list");
    (page.items.iter().map(|entry| entry.session.key.to_string()).collect(), page.total)
}

/// Each step of a session is seen through its key and in its task.
pub async fn a_session_is_seen_from_start_to_end<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let name = task(&**store, "TSK-001", |_| {}).await.code;
    let mut steps = vec![started(&**store, "agent-1", &name).await];
    let key = steps[0].session.as_ref().expect("a session").key.clone();
    assert_eq!(key.as_str(), "sess_TSK-001_20250113_143022");
    for step in 1..=3 {
        let in_task = stored(&**store, &name).await;
        assert_eq!(Some(&in_task), steps.last());
        let seen = store.session(&key).await.expect("a look").expect("the session");
        assert_eq!(Some(&seen.session), in_task.session.as_ref(), "before step {step}");
        assert_eq!((&seen.task, seen.session.active), (&name, true));
        clock.advance(60);
        steps.push(match step {
            3 => ended(&**store, "agent-1", &name).await,
            _ => completed(&**store, "agent-1", &name).await,
        });
    }
    let end = stored(&**store, &name).await;
    assert_eq!((end.status, &end.lease), (TaskStatus::Completed, &None));
    let seen = store.session(&key).await.expect("a look").expect("the session");
    assert_eq!(Some(&seen.session), end.session.as_ref());
    assert_eq!((seen.session.active, seen.session.phase_history.len()), (false, 3));
    assert!(seen.session.ended_at.is_some());
    let other = SessionKey::new("sess_TSK-404_20250113_143022").expect("a key");
    assert_eq!(store.session(&other).await.expect("a look"), None);
    assert_follows_from_log(&**store, &name).await;
}

/// A restart ends one session and starts another in one change; both are there.
pub async fn a_restart_leaves_the_old_session_ended<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let name = task(&**store, "TSK-001", |_| {}).await.code;
    let first = started(&**store, "agent-1", &name).await.session.expect("a session");
    let restart = Start { restart: true, ..Start::default() };
    let within_the_second = start(&**store, "agent-1", &name, &restart, &template("")).await.expect("a restart");
    let second = within_the_second.answer.session.expect("a session");
    assert_eq!(second.key.as_str(), format!("{}_2", first.key));
    clock.advance(60);
    let third = start(&**store, "agent-1", &name, &restart, &template("")).await.expect("a restart");
    let third = third.answer.session.expect("a session");
    let filter = SessionFilter { task: Some(name.clone()), active: None };
    let all = [&first.key, &second.key, &third.key].map(ToString::to_string).to_vec();
    assert_eq!(keys(&**store, filter, Window::default()).await, (all, 3));
    for key in [&first.key, &second.key] {
        let old = store.session(key).await.expect("a look").expect("the session").session;
        assert_eq!((old.active, old.forced, old.ended_at.is_some()), (false, true, true), "{key}");
    }
    assert!(store.session(&third.key).await.expect("a look").is_some_and(|entry| entry.session == third));
    assert_follows_from_log(&**store, &name).await;
}

/// Sessions are listed in the order of their start: of one task or all, running or ended or both.
pub async fn sessions_are_filtered_and_cut<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let mut all = Vec::new();
    for name in ["TSK-003", "TSK-001", "TSK-002"] {
        clock.advance(1);
        task(&**store, name, |_| {}).await;
        let session = started(&**store, "agent-1", &code(name)).await.session.expect("a session");
        all.push(session.key.to_string());
    }
    let force = |draft: &mut Draft| machine::force_end(draft, Some("enough"));
    change(&**store, &operation("boss"), &code("TSK-001"), force).await.expect("an end by force");
    let of = |task: Option<&str>, active| SessionFilter { task: task.map(code), active };
    for (filter, wanted) in [
        (of(None, None), vec![0, 1, 2]),
        (of(None, Some(true)), vec![0, 2]),
        (of(None, Some(false)), vec![1]),
        (of(Some("TSK-002"), None), vec![2]),
        (of(Some("TSK-001"), Some(true)), vec![]),
        (of(Some("TSK-404"), None), vec![]),
    ] {
        let wanted: Vec<_> = wanted.into_iter().map(|at: usize| all[at].clone()).collect();
        let total = wanted.len() as u64;
        assert_eq!(keys(&**store, filter.clone(), Window::default()).await, (wanted, total), "{filter:?}");
    }
    let part = keys(&**store, of(None, None), Window { limit: 1, offset: 1 }).await;
    assert_eq!(part, (vec![all[1].clone()], 3));
}

/// A key that another task's session has is refused, and nothing is written.
pub async fn a_taken_session_key_is_a_conflict<S: Store + 'static>(store: &Arc<S>, _clock: &Arc<StepClock>) {
    let session_key = SessionKey::new("mine").ok();
    let asked = Start { session_key, ..Start::default() };
    let (first, second) = (code("TSK-001"), code("TSK-002"));
    task(&**store, first.as_str(), |_| {}).await;
    let before = task(&**store, second.as_str(), |_| {}).await;
    start(&**store, "agent-1", &first, &asked, &template("")).await.expect("the first start");
    let events = all_events(&**store).await;
    let refused = start(&**store, "agent-2", &second, &asked, &template("")).await;
    assert!(matches!(refused, Err(ChangeError::Store(StoreError::Conflict { .. }))), "{refused:?}");
    assert_eq!(stored(&**store, &second).await, before);
    assert_eq!(all_events(&**store).await, events);
    assert_eq!(store.pinned_template(&second).await.expect("a look"), None);
    let holder = store.session(asked.session_key.as_ref().expect("a key")).await.expect("a look");
    assert_eq!(holder.map(|SessionEntry { task, .. }| task), Some(first));
    started(&**store, "agent-2", &second).await;
}

/// A task's template is the one that its latest session pinned, to the byte, also after the session's end.
pub async fn the_latest_template_is_pinned<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let name = task(&**store, "TSK-001", |_| {}).await.code;
    assert_eq!(store.pinned_template(&name).await.expect("a look"), None);
    let force = |draft: &mut Draft| machine::force_end(draft, None);
    for comment in ["first 🦀\r", "second", "first 🦀\r"] {
        clock.advance(1);
        let template = template(comment);
        start(&**store, "agent-1", &name, &Start::default(), &template).await.expect("a start");
        assert_eq!(store.pinned_template(&name).await.expect("a look"), Some(template.clone()));
        change(&**store, &operation("boss"), &name, force).await.expect("an end by force");
        assert_eq!(store.pinned_template(&name).await.expect("a look"), Some(template.clone()));
        for wanted in [true, false] {
            let by = operation("tester");
            let scope = TaskScope { template: wanted, ..TaskScope::of(&name) };
            let decide = |context: TaskContext| {
                assert_eq!(context.template, wanted.then(|| template.clone()));
                let task = context.task.ok_or(Refusal::NoTask(context.code))?;
                Ok(TaskChange { draft: Draft::on(task, by.actor.clone(), context.now), answer: () })
            };
            store.change_task(&Request::new(&by, "task.look", &0), &scope, decide).await.expect("a look");
        }
    }
}

/// Contents come back byte for byte, the last saved one; what is known of them is in the task.
pub async fn artifacts_come_back_byte_for_byte<S: Store + 'static>(store: &Arc<S>, clock: &Arc<StepClock>) {
    let (name, other) = (code("TSK-001"), code("TSK-002"));
    task(&**store, name.as_str(), |_| {}).await;
    task(&**store, other.as_str(), |_| {}).await;
    let all_bytes: Vec<u8> = (0..=255).collect();
    let big = all_bytes.repeat(4096);
    for (file, content) in [
        ("empty.md", &b""[..]),
        ("BLANK.md", b" \r\n\t"),
        ("bytes.bin", &all_bytes),
        ("adr/日本 1.md", "Zürich 🦀\r\n".as_bytes()),
        ("big.bin", &big),
        ("empty.md", b"no longer"),
        ("bytes.bin", b"\0"),
    ] {
        clock.advance(1);
        saved(&**store, &name, file, content).await;
        let file = ArtifactName::new(file).expect("a valid name");
        let read = store.artifact(&name, &file).await.expect("a look").expect("a content");
        assert!(read == content, "{file} comes back");
        let task = stored(&**store, &name).await;
        let meta = &task.artifacts[&file];
        assert_eq!((meta.size, meta.saved_at), (content.len() as u64, task.updated_at), "{file}");
        assert_eq!(meta.blank, content.iter().all(u8::is_ascii_whitespace), "{file}");
        assert_eq!(meta.sha256, crate::artifact::sha256_hex(content), "{file}");
        assert_eq!(store.artifact(&other, &file).await.expect("a look"), None, "{file} is the other task's");
    }
    let absent = ArtifactName::new("empty.MD").expect("a valid name");
    assert_eq!(store.artifact(&name, &absent).await.expect("a look"), None);
    assert_eq!(stored(&**store, &name).await.artifacts.len(), 5);
    assert_eq!(log(&**store, &name).await.len(), 8);
    assert_follows_from_log(&**store, &name).await;
}
