//! Tests of the state machine: each rule as a transcript, and random walks that must stay legal.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::artifact::ArtifactFile;
use crate::code::{Actor, ArtifactName, CheckName};
use crate::event::{ApprovalRecorded, CheckRecorded, EntityType, Event, NewEvent};
use crate::fold::fold_task;
use crate::operation::OperationId;
use crate::session::PhaseRecord;
use crate::testing::fixture;

const WORKFLOW: &str = "
name: test
phases:
  one: {order: 1, goal: First., artifacts: {required: [ONE.md]}}
  two: {order: 2, goal: Second., validation: {checks: [tests], required_fields: [points]}}
  three: {order: 3, goal: Third., validation: {require_approval: true, warn_if_missing: [tags]}}
  four: {order: 4, goal: Fourth.}
";

/// A task with its log, moved by commands at a time that only goes forward.
struct World {
    task: Task,
    log: Vec<NewEvent>,
    stamps: Vec<(Actor, chrono::DateTime<chrono::Utc>)>,
    now: chrono::DateTime<chrono::Utc>,
    workflow: Workflow,
    template: Template,
    settings: Settings,
    files: Found,
}

impl World {
    fn new(settings: Settings) -> Self {
        let created = fixture::task_created("TSK-001");
        let draft = Draft::creating(created, &fixture::operation(1, "ada"), fixture::now());
        let mut world = Self {
            task: draft.task().clone(),
            log: Vec::new(),
            stamps: Vec::new(),
            now: fixture::now(),
            workflow: Workflow::parse(WORKFLOW.as_bytes(), "test").unwrap(),
            template: Template::new("test", WORKFLOW),
            settings,
            files: Found::default(),
        };
        world.keep(&draft);
        world
    }

    fn keep(&mut self, draft: &Draft) {
        self.task = draft.task().clone();
        self.stamps.extend(draft.events().iter().map(|_| (draft.actor().clone(), draft.now())));
        self.log.extend(draft.events().iter().cloned());
    }

    /// One command by `actor`; a refused one leaves nothing behind.
    fn command<T>(
        &mut self,
        actor: &str,
        decide: impl Fn(&mut Draft, &Ground<'_>, &Found) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut draft = Draft::on(self.task.clone(), &fixture::operation(1, actor), self.now);
        let ground = Ground {
            workflow: &self.workflow,
            template: &self.template,
            settings: self.settings.clone(),
            lease_seconds: 60,
        };
        let answer = decide(&mut draft, &ground, &self.files)?;
        self.keep(&draft);
        Ok(answer)
    }

    fn start(&mut self, actor: &str) -> Result<bool, Refusal> {
        self.command(actor, |draft, ground, _| start(draft, &Start::default(), ground))
    }

    fn complete(&mut self, actor: &str, asked: &Complete) -> Result<Completed, Refusal> {
        self.command(actor, |draft, ground, files| complete(draft, asked, None, Ok(ground.workflow), files))
    }

    fn override_all(&mut self, times: usize) {
        for _ in 0..times {
            self.complete("ada", &Complete { override_gate: true, ..Complete::default() }).unwrap();
        }
    }

    fn session(&self) -> &Session {
        self.task.session.as_ref().unwrap()
    }

    fn events(&self) -> Vec<Event> {
        let stamped = self.log.iter().zip(&self.stamps).zip(1..);
        stamped
            .map(|((new, (actor, at)), seq)| Event {
                id: seq,
                event_type: new.fact.event_type(),
                entity_type: EntityType::Task,
                entity_code: self.task.code.to_string(),
                seq,
                session_key: new.session_key.clone(),
                correlation_id: OperationId::from(ulid::Ulid(1)),
                actor: actor.clone(),
                payload: new.fact.payload(),
                emitted_at: *at,
                external: None,
            })
            .collect()
    }

    fn last_types(&self, count: usize) -> Vec<String> {
        self.log[self.log.len() - count..].iter().map(|new| new.fact.event_type().to_string()).collect()
    }
}

fn phase(name: &str) -> PhaseName {
    PhaseName::new(name).unwrap()
}

fn file(name: &str, text: &str) -> ArtifactFile {
    ArtifactFile::new(ArtifactName::new(name).unwrap(), text.into())
}

fn check(passed: bool) -> Fact {
    Fact::CheckRecorded(CheckRecorded {
        name: CheckName::new("tests").unwrap(),
        passed,
        command: None,
        exit_code: None,
        output_tail: None,
        note: None,
    })
}

fn missing(refusal: Refusal) -> gate::Missing {
    match refusal {
        Refusal::GateNotMet { missing, .. } => missing,
        other => panic!("not a gate: {other:?}"),
    }
}

#[test]
fn a_task_walks_through_all_its_gates() {
    let mut world = World::new(Settings::default());
    assert!(!world.start("ada").unwrap());
    assert_eq!(
        world.last_types(3),
        ["orchestration.session.start", "orchestration.phase.one.start", "orchestration.task.status_updated"]
    );
    assert_eq!(missing(world.complete("ada", &Complete::default()).unwrap_err()).artifacts, ["ONE.md"]);
    world.files.files = vec![file("ONE.md", " \n")];
    assert_eq!(missing(world.complete("ada", &Complete::default()).unwrap_err()).artifacts, ["ONE.md"]);
    world.files.files = vec![file("ONE.md", "text")];
    world.complete("ada", &Complete::default()).unwrap();
    assert_eq!(
        world.last_types(3),
        ["orchestration.artifact.saved", "orchestration.phase.one.end", "orchestration.phase.two.start"]
    );

    let absent = missing(world.complete("ada", &Complete::default()).unwrap_err());
    assert_eq!((absent.fields, absent.checks), (vec!["points".to_owned()], vec!["tests".to_owned()]));
    world.task.metadata.insert("points".into(), 3.into());
    world
        .command("bob", |draft, _, _| {
            draft.record(check(false));
            Ok(())
        })
        .unwrap();
    assert_eq!(missing(world.complete("ada", &Complete::default()).unwrap_err()).checks, ["tests"]);
    world
        .command("bob", |draft, _, _| {
            draft.record(check(true));
            Ok(())
        })
        .unwrap();
    world.complete("ada", &Complete::default()).unwrap();

    assert!(missing(world.complete("ada", &Complete::default()).unwrap_err()).approval);
    let approval = Fact::ApprovalRecorded(ApprovalRecorded { phase: phase("three"), note: None });
    world
        .command("bob", |draft, _, _| {
            draft.record(approval.clone());
            Ok(())
        })
        .unwrap();
    let done = world.complete("ada", &Complete::default()).unwrap();
    assert_eq!(done.warnings, ["Recommended field missing: tags"]);

    world.command("ada", |draft, ground, files| end(draft, Ok(ground.workflow), files)).unwrap();
    assert_eq!((world.session().active, world.task.status), (false, TaskStatus::Completed));
    let names: Vec<&str> = world.session().phase_history.iter().map(|record| record.phase.as_str()).collect();
    assert_eq!(names, ["one", "two", "three", "four"]);
}

#[test]
fn a_check_of_an_earlier_phase_does_not_count() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    world
        .command("ada", |draft, _, _| {
            draft.record(check(true));
            Ok(())
        })
        .unwrap();
    world.override_all(1);
    assert_eq!(missing(world.complete("ada", &Complete::default()).unwrap_err()).checks, ["tests"]);
}

#[test]
fn an_override_is_always_recorded_with_what_was_missing() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    let asked = Complete { override_gate: true, reason: Some("demo".into()), ..Complete::default() };
    world.complete("ada", &asked).unwrap();
    let Fact::PhaseOverridden(told) = &world.log[world.log.len() - 3].fact else { panic!("{:?}", world.last_types(3)) };
    assert_eq!(
        (told.missing.artifacts.as_slice(), told.reason.as_deref()),
        (["ONE.md".to_owned()].as_slice(), Some("demo"))
    );
    assert!(world.session().phase_history[0].overridden);
    let empty = Complete { reason: Some(" ".into()), ..asked };
    assert_eq!(world.complete("ada", &empty), Err(Refusal::EmptyReason));

    let mut strict = World::new(Settings { allow_user_override: false, ..Settings::default() });
    strict.start("ada").unwrap();
    let asked = Complete { override_gate: true, ..Complete::default() };
    assert_eq!(strict.complete("ada", &asked), Err(Refusal::Forbidden { setting: "allow_user_override" }));
}

#[test]
fn a_skip_needs_the_setting_and_leads_forward() {
    let asked = |to: &str| Complete { skip_to: Some(phase(to)), override_gate: true, ..Complete::default() };
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    assert_eq!(world.complete("ada", &asked("four")), Err(Refusal::Forbidden { setting: "allow_phase_skip" }));

    let mut world = World::new(Settings { allow_phase_skip: true, ..Settings::default() });
    world.start("ada").unwrap();
    assert!(matches!(world.complete("ada", &asked("one")), Err(Refusal::NotLater { .. })));
    assert!(matches!(world.complete("ada", &asked("nine")), Err(Refusal::UnknownPhase { .. })));
    let done = world.complete("ada", &asked("four")).unwrap();
    assert_eq!(done.skipped, [phase("two"), phase("three")]);
    let skipped: Vec<bool> = world.session().phase_history.iter().map(|record| record.skipped).collect();
    assert_eq!((world.session().current_phase.as_str(), skipped), ("four", vec![false, true, true]));
}

#[test]
fn going_back_takes_later_completions_away() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    world.override_all(2);
    let to = |draft: &mut Draft, name: &str, why: &str| back(draft, &phase(name), why);
    assert_eq!(world.command("ada", |draft, _, _| to(draft, "one", "")), Err(Refusal::EmptyReason));
    assert!(matches!(world.command("ada", |draft, _, _| to(draft, "three", "x")), Err(Refusal::NotEarlier { .. })));
    world.command("ada", |draft, _, _| to(draft, "two", "a gap")).unwrap();
    let left: Vec<&PhaseRecord> = world.session().phase_history.iter().collect();
    assert_eq!((left.len(), world.session().current_phase.as_str()), (1, "two"));
}

#[test]
fn who_comes_second_is_told_who_was_first() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    let seen = Seen { session: world.session().key.clone(), phase: phase("one") };
    world.override_all(1);
    let late = |asked: Complete| {
        move |draft: &mut Draft, ground: &Ground<'_>, files: &Found| {
            complete(draft, &asked, Some(&seen.clone()), Ok(ground.workflow), files)
        }
    };
    let conflict =
        Refusal::NotCurrentPhase { meant: phase("one"), current: phase("two"), moved_by: fixture::actor("ada") };
    assert_eq!(world.command("ada", late.clone()(Complete::default())), Err(conflict.clone()));
    let named = Complete { phase: Some(phase("one")), ..Complete::default() };
    assert_eq!(world.command("ada", late(named.clone())), Err(conflict));
    // who asks again later, having lost the answer, is told that it was done
    let again = world.complete("ada", &named).unwrap();
    assert!(again.already);
}

#[test]
fn a_lease_shuts_others_out_until_it_is_taken_over() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    let shut_out = |result: Result<bool, Refusal>| matches!(result, Err(Refusal::Held { expired: false, .. }));
    assert!(world.start("ada").unwrap());
    assert!(shut_out(world.start("bob")));
    world.now += TimeDelta::seconds(61);
    assert!(matches!(world.start("bob"), Err(Refusal::Held { expired: true, .. })));
    let take_over = Start { take_over: true, ..Start::default() };
    assert!(world.command("bob", |draft, ground, _| start(draft, &take_over, ground)).unwrap());
    let refused = world.complete("ada", &Complete { override_gate: true, ..Complete::default() });
    assert!(matches!(refused, Err(Refusal::Held { .. })), "the first holder wakes up: {refused:?}");
    assert_eq!(world.session().current_phase.as_str(), "one");
}

#[test]
fn force_ends_any_state_and_leaves_the_status() {
    let mut world = World::new(Settings::default());
    assert!(matches!(world.command("bob", |draft, _, _| force_end(draft, None)), Err(Refusal::NoActiveSession { .. })));
    world.start("ada").unwrap();
    let ended = world.command("ada", |draft, ground, files| end(draft, Ok(ground.workflow), files));
    assert!(matches!(ended, Err(Refusal::NotLastPhase { .. })));
    let broken = world
        .command("ada", |draft, _, files| complete(draft, &Complete::default(), None, Err("unreadable".into()), files));
    assert!(matches!(broken, Err(Refusal::PinnedTemplate { .. })));
    world.command("bob", |draft, _, _| force_end(draft, Some("ada is gone"))).unwrap();
    assert_eq!(
        (world.session().active, world.session().forced, world.task.status),
        (false, true, TaskStatus::InProgress)
    );
}

#[test]
fn a_restart_ends_the_session_and_begins_another() {
    let mut world = World::new(Settings::default());
    world.start("ada").unwrap();
    let first = world.session().key.clone();
    let restart = Start { restart: true, ..Start::default() };
    assert!(!world.command("ada", |draft, ground, _| start(draft, &restart, ground)).unwrap());
    assert_eq!(world.session().key.as_str(), format!("{first}_2"));
    let ended = world.log.iter().filter(|new| matches!(&new.fact, Fact::SessionEnded(end) if end.restarted));
    assert_eq!(ended.count(), 1);
}

#[derive(Debug, Clone)]
enum Move {
    Start { restart: bool, take_over: bool },
    Complete { asked: u8, force: bool, skip: Option<u8>, late: bool },
    Back(u8),
    End,
    ForceEnd,
    Check(bool),
    Approve,
    Files(bool),
    Wait(i64),
}

fn any_move() -> impl Strategy<Value = (bool, Move)> {
    let one = prop_oneof![
        3 => (any::<bool>(), any::<bool>()).prop_map(|(restart, take_over)| Move::Start { restart, take_over }),
        8 => (0..6_u8, any::<bool>(), proptest::option::of(0..5_u8), any::<bool>())
            .prop_map(|(asked, force, skip, late)| Move::Complete { asked, force, skip, late }),
        2 => (0..5_u8).prop_map(Move::Back),
        2 => Just(Move::End),
        1 => Just(Move::ForceEnd),
        2 => any::<bool>().prop_map(Move::Check),
        1 => Just(Move::Approve),
        2 => any::<bool>().prop_map(Move::Files),
        1 => (0..100_i64).prop_map(Move::Wait),
    ];
    (any::<bool>(), one)
}

fn named(at: u8) -> PhaseName {
    phase(["one", "two", "three", "four", "five"][usize::from(at.min(4))])
}

fn make(world: &mut World, actor: &str, step: &Move) -> Result<(), Refusal> {
    match step {
        Move::Start { restart, take_over } => {
            let asked = Start { restart: *restart, take_over: *take_over, session_key: None };
            world.command(actor, |draft, ground, _| start(draft, &asked, ground)).map(drop)
        }
        Move::Complete { asked, force, skip, late } => {
            let request = Complete {
                phase: (*asked < 4).then(|| named(*asked)),
                override_gate: *force,
                skip_to: skip.map(named),
                reason: None,
            };
            let seen = world
                .task
                .active_session()
                .filter(|_| *late)
                .map(|session| Seen { session: session.key.clone(), phase: session.phases[0].clone() });
            world
                .command(actor, |draft, ground, files| {
                    complete(draft, &request, seen.as_ref(), Ok(ground.workflow), files)
                })
                .map(drop)
        }
        Move::Back(to) => world.command(actor, |draft, _, _| back(draft, &named(*to), "again")),
        Move::End => world.command(actor, |draft, ground, files| end(draft, Ok(ground.workflow), files)).map(drop),
        Move::ForceEnd => world.command(actor, |draft, _, _| force_end(draft, None)),
        Move::Check(passed) => world.command(actor, |draft, _, _| {
            draft.record(check(*passed));
            Ok(())
        }),
        Move::Approve => world.command(actor, |draft, _, _| {
            let phase = active(draft)?.current_phase;
            draft.record(Fact::ApprovalRecorded(ApprovalRecorded { phase, note: None }));
            Ok(())
        }),
        Move::Files(there) => {
            world.files.files = if *there { vec![file("ONE.md", "text")] } else { Vec::new() };
            Ok(())
        }
        Move::Wait(seconds) => {
            world.now += TimeDelta::seconds(*seconds);
            Ok(())
        }
    }
}

/// What holds of every state that any sequence of commands leads to.
fn assert_legal(world: &World) {
    assert_eq!(world.task.version, i64::try_from(world.log.len()).unwrap());
    let Some(session) = &world.task.session else { return };
    let at = session.phases.iter().position(|name| *name == session.current_phase).expect("a phase of the session");
    let left: Vec<usize> = session
        .phase_history
        .iter()
        .map(|record| session.phases.iter().position(|name| *name == record.phase).expect("a phase of the session"))
        .collect();
    let done = usize::from(session.has_left(&session.current_phase));
    assert!(done == 0 || at + 1 == session.phases.len(), "only a last phase may be done and current");
    assert_eq!(left, (0..at + done).collect::<Vec<_>>(), "everything before the current phase, each once, in order");
    assert_eq!(session.active, session.ended_at.is_none());
    assert!(session.active || world.task.lease.is_none());
    if world.task.status == TaskStatus::Completed {
        assert!(!session.active && !session.forced && done == 1);
    }
    let ends = world.log.iter().filter(|new| matches!(new.fact, Fact::SessionEnded(_))).count();
    let starts = world.log.iter().filter(|new| matches!(new.fact, Fact::SessionStarted(_))).count();
    assert_eq!(starts - ends, usize::from(session.active), "at most one session is active");
}

proptest! {
    #[test]
    fn no_walk_leaves_the_legal_states(
        skip in any::<bool>(),
        allow_override in any::<bool>(),
        steps in proptest::collection::vec(any_move(), 1..60),
    ) {
        let settings = Settings { allow_phase_skip: skip, allow_user_override: allow_override, ..Settings::default() };
        let mut world = World::new(settings);
        for (first, step) in &steps {
            let before = world.log.len();
            let result = make(&mut world, if *first { "ada" } else { "bob" }, step);
            prop_assert!(result.is_ok() || world.log.len() == before, "a refusal leaves nothing behind");
            assert_legal(&world);
        }
        let folded = fold_task(&world.events()).unwrap().unwrap();
        prop_assert_eq!(folded, world.task);
    }
}
