//! Every fault of a workflow with its place, and files that mean harm.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::code::{ArtifactName, EventType, PhaseName, TaskType};
use crate::workflow::{BUILTIN, Hook};
use crate::yaml::{MAX_BYTES, Position};

fn parse(text: &str) -> Result<Workflow, Faults> {
    Workflow::parse(text.as_bytes(), "unnamed")
}

fn faults(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(workflow) => panic!("no fault: {workflow:?}"),
        Err(faults) => faults.to_string().lines().map(str::to_owned).collect(),
    }
}

/// A workflow of the phases `a` and `b`, with more text at its end. `a` begins in line 2, the text in line 4.
fn with(rest: &str) -> String {
    format!("phases:\n  a: {{order: 1, goal: First.}}\n  b: {{order: 2, goal: Second.}}\n{rest}")
}

/// A phase with more keys in it, from line 5 on.
fn phase(keys: &str) -> String {
    let keys = keys.replace('\n', "\n    ");
    format!("phases:\n  a:\n    order: 1\n    goal: First.\n    {keys}\n")
}

const PHASE_KEYS: &str = "one of order, goal, description, artifacts, validation, hooks, events, next_step";
const HOOKS: &str = "one of git.capture_commit_hash, git.capture_final_commit, git.auto_commit, files.sync";
const IDENTIFIER: &str = "1 to 64 letters, digits, '-' or '_', beginning with a letter";
const ARTIFACT: &str =
    "a relative path of at most 255 bytes and 8 parts, without '..', hidden parts, back-slashes or control characters";

#[test]
fn faults_of_the_whole_file() {
    let top = "one of name, phases, variants, settings";
    for (given, wanted) in [
        ("", vec!["1:1: the workflow has no \"phases\"; expected the key \"phases\"".to_owned()]),
        ("- a\n", vec!["1:1: the workflow is a list; expected a map".to_owned()]),
        ("just text\n", vec!["1:1: the workflow is text; expected a map".to_owned()]),
        ("phases:\n", vec!["1:7: `phases` is empty; expected at least one phase".to_owned()]),
        ("phases: {}\n", vec!["1:9: `phases` is empty; expected at least one phase".to_owned()]),
        ("phases: [a, b]\n", vec!["1:9: `phases` is a list; expected a map".to_owned()]),
        (&with("phase: {}\n"), vec![format!("4:1: unknown key \"phase\" in the workflow; expected {top}; did you mean \"phases\"?")]),
        (&with("x: {}\n1: {}\n"), vec![
            format!("4:1: unknown key \"x\" in the workflow; expected {top}"),
            "5:1: a key of the workflow is a whole number; expected text; put it in quotes".to_owned(),
        ]),
        (&with("name: [x]\n"), vec!["4:7: `name` is a list; expected text".to_owned()]),
        (&with("name: 12\n"), vec!["4:7: `name` is a whole number; expected text; put it in quotes".to_owned()]),
        (&with("name: ' '\n"), vec![
            "4:7: not a valid name of a workflow: \" \"; expected 1 to 100 characters without control characters".to_owned(),
        ]),
        (&with("phases: {}\n"), vec!["4:1: duplicate key \"phases\"; the first one is at 1:1".to_owned()]),
        (&with("settings: {allow_phase_skips: true}\n"), vec![
            "4:12: unknown key \"allow_phase_skips\" in `settings`; expected one of allow_phase_skip, allow_user_override, \
             override_actors, allow_self_approval, require_artifact_validation, sync_files_on_phase_complete, sync_files_on_close; did you mean \
             \"allow_phase_skip\"?".to_owned(),
        ]),
        (&with("settings: {allow_phase_skip: yes}\n"), vec![
            "4:30: `allow_phase_skip` is text; expected true or false".to_owned(),
        ]),
        (&with("settings: {sync_files_on_close: }\n"), vec![
            "4:31: `sync_files_on_close` is empty; expected true or false".to_owned(),
        ]),
        (&with("settings: {override_actors: [ann, ann, \"\"]}\n"), vec![
            "4:35: duplicate actor \"ann\"; the first one is at 4:30".to_owned(),
            "4:40: not a valid actor: \"\"; expected 1 to 128 characters without control characters".to_owned(),
        ]),
        (&with("settings: true\n"), vec!["4:11: `settings` is true or false; expected a map".to_owned()]),
    ] {
        assert_eq!(faults(given), wanted, "{given}");
    }
}

#[test]
fn faults_of_a_phase() {
    for (given, wanted) in [
        (
            "phases:\n  a: {}\n",
            vec![
                "2:3: phase \"a\" has no \"order\"; expected the key \"order\"".to_owned(),
                "2:3: phase \"a\" has no \"goal\"; expected the key \"goal\"".to_owned(),
            ],
        ),
        ("phases:\n  a: text\n", vec!["2:6: phase \"a\" is text; expected a map".to_owned()]),
        (
            "phases:\n  9a: {order: 1, goal: x}\n",
            vec![format!("2:3: not a valid phase name: \"9a\"; expected {IDENTIFIER}")],
        ),
        (
            "phases:\n  a: {order: first, goal: 7}\n",
            vec![
                "2:14: `order` is text; expected a whole number".to_owned(),
                "2:27: `goal` is a whole number; expected text; put it in quotes".to_owned(),
            ],
        ),
        (
            "phases:\n  a: {order: 1.5, goal: ''}\n",
            vec![
                "2:14: `order` is a number; expected a whole number".to_owned(),
                "2:25: `goal` is empty; expected what the phase is for, in a sentence".to_owned(),
            ],
        ),
        (
            "phases:\n  a: {order: 1, goal: x}\n  b: {order: 1, goal: x}\n  c: {order: 1, goal: x}\n",
            vec![
                "3:14: phase \"b\" has the same `order` as phase \"a\" at 2:14; expected an order of its own"
                    .to_owned(),
                "4:14: phase \"c\" has the same `order` as phase \"a\" at 2:14; expected an order of its own"
                    .to_owned(),
            ],
        ),
        (
            "phases:\n  a: {order: 1, goal: x}\n  a: {order: 2, goal: x}\n",
            vec!["3:3: duplicate key \"a\"; the first one is at 2:3".to_owned()],
        ),
        (
            &phase("artefacts: {}\nnextstep: x"),
            vec![
                format!(
                    "5:5: unknown key \"artefacts\" in phase \"a\"; expected {PHASE_KEYS}; did you mean \"artifacts\"?"
                ),
                format!(
                    "6:5: unknown key \"nextstep\" in phase \"a\"; expected {PHASE_KEYS}; did you mean \"next_step\"?"
                ),
            ],
        ),
        (
            &phase("description: [x]\nnext_step: true"),
            vec![
                "5:18: `description` is a list; expected text".to_owned(),
                "6:16: `next_step` is true or false; expected text; put it in quotes".to_owned(),
            ],
        ),
    ] {
        assert_eq!(faults(given), wanted, "{given}");
    }
}

#[test]
fn faults_inside_a_phase() {
    for (given, wanted) in [
        ("artifacts: [PLAN.md]", vec!["5:16: `artifacts` is a list; expected a map".to_owned()]),
        ("artifacts: {requird: [PLAN.md]}", vec![
            "5:17: unknown key \"requird\" in `artifacts`; expected one of required, optional; did you mean \"required\"?".to_owned(),
        ]),
        ("artifacts: {required: PLAN.md}", vec!["5:27: `required` is text; expected a list".to_owned()]),
        ("artifacts:\n  required: [A.md, B.md, A.md, {name: B.md}]\n  optional: [C-*, A.md, C-*]", vec![
            "6:30: duplicate artifact \"A.md\"; the first one is at 6:18".to_owned(),
            "6:43: duplicate artifact \"B.md\"; the first one is at 6:24".to_owned(),
            "7:23: artifact \"A.md\" is optional, but also required at 6:18; expected it in one of the two lists".to_owned(),
            "7:29: duplicate artifact \"C-*\"; the first one is at 7:18".to_owned(),
        ]),
        ("artifacts:\n  required:\n    - ../x\n    - 'a[.md'\n    - 5\n    - [x]\n    - {nam: x}\n    - {name: x, template: /etc/passwd, description: 1}", vec![
            format!("7:11: not a valid artifact name or glob: \"../x\"; expected {ARTIFACT}"),
            "8:11: not a valid artifact name or glob: \"a[.md\"; expected a name or a glob of `*`, `?`, `[…]` and `{…}`; \
             unclosed character class; missing ']'".to_owned(),
            "9:11: an artifact is a whole number; expected a name, a glob, or a map with `name`, `description` and `template`".to_owned(),
            "10:11: an artifact is a list; expected a name, a glob, or a map with `name`, `description` and `template`".to_owned(),
            "11:11: the artifact has no \"name\"; expected the key \"name\"".to_owned(),
            "11:12: unknown key \"nam\" in the artifact; expected one of name, description, template; did you mean \"name\"?".to_owned(),
            format!("12:31: not a valid name of a template: \"/etc/passwd\"; expected {ARTIFACT}"),
            "12:57: `description` is a whole number; expected text; put it in quotes".to_owned(),
        ]),
        ("validation: {required_fields: [a, 'b..c', a], checks: ['-x'], require_approval: 1}", vec![
            "5:39: not a valid field path: \"b..c\"; expected 1 to 200 characters: keys joined by '.', none empty".to_owned(),
            "5:47: duplicate field \"a\"; the first one is at 5:36".to_owned(),
            "5:60: not a valid check name: \"-x\"; expected 1 to 100 letters, digits, '-', '_', '.', ':' or '/', beginning \
             with a letter or digit".to_owned(),
            "5:85: `require_approval` is a whole number; expected true or false".to_owned(),
        ]),
        ("validation: {checks: [tests, lint, tests], fields: []}", vec![
            "5:40: duplicate check \"tests\"; the first one is at 5:27".to_owned(),
            "5:48: unknown key \"fields\" in `validation`; expected one of required_fields, warn_if_missing, checks, \
             require_approval".to_owned(),
        ]),
        ("hooks:\n  on_start: [git.capture_comit_hash, files.sync, files.sync]\n  on_ende: []\n  on_end: [rm -rf]", vec![
            format!("6:18: unknown hook \"git.capture_comit_hash\"; expected {HOOKS}; did you mean \"git.capture_commit_hash\"?"),
            "6:54: duplicate hook \"files.sync\"; the first one is at 6:42".to_owned(),
            "7:7: unknown key \"on_ende\" in `hooks`; expected one of on_start, on_end, on_bug_found; did you mean \"on_end\"?".to_owned(),
            format!("8:16: unknown hook \"rm -rf\"; expected {HOOKS}"),
        ]),
        ("events: [a.b, a.b, orchestration.phase.x, a..b, true]", vec![
            "5:19: duplicate event \"a.b\"; the first one is at 5:14".to_owned(),
            "5:24: event \"orchestration.phase.x\" is one of orch's own; expected a type that does not begin with \
             `orchestration.`".to_owned(),
            "5:47: not a valid event type: \"a..b\"; expected 1 to 128 letters, digits, '-' or '_' in parts joined by '.'".to_owned(),
            "5:53: the event is true or false; expected text; put it in quotes".to_owned(),
        ]),
    ] {
        assert_eq!(faults(&phase(given)), wanted, "{given}");
    }
}

#[test]
fn faults_of_variants() {
    for (given, wanted) in [
        ("variants: [a]", vec!["4:11: `variants` is a list; expected a map".to_owned()]),
        ("variants: {x: a}", vec!["4:15: variant \"x\" is text; expected a list".to_owned()]),
        ("variants: {x: []}", vec!["4:15: variant \"x\" is empty; expected at least one phase".to_owned()]),
        ("variants:\n  x:", vec!["5:4: variant \"x\" is empty; expected at least one phase".to_owned()]),
        ("variants: {x: [a, a]}", vec!["4:19: duplicate phase \"a\"; the first one is at 4:16".to_owned()]),
        ("variants: {x: [b, a]}", vec![
            "4:19: phase \"a\" stands after \"b\" in variant \"x\"; expected the order that the phases have in `phases`".to_owned(),
        ]),
        ("variants: {x: [a], x: [b]}", vec!["4:20: duplicate key \"x\"; the first one is at 4:12".to_owned()]),
        ("variants: {'x y': [a]}", vec![format!("4:12: not a valid task type: \"x y\"; expected {IDENTIFIER}")]),
        ("variants: {x: [a, c, ab, [b]]}", vec![
            "4:19: unknown phase \"c\"; expected one of \"a\", \"b\"".to_owned(),
            "4:22: unknown phase \"ab\"; expected one of \"a\", \"b\"".to_owned(),
            "4:26: the phase is a list; expected text".to_owned(),
        ]),
    ] {
        assert_eq!(faults(&with(given)), wanted, "{given}");
    }
    let builtin = BUILTIN[0].yaml.replace("docs: [intake, execute", "docs: [intake, exceute");
    let faults = Workflow::parse(builtin.as_bytes(), "x").unwrap_err();
    assert_eq!(faults.as_slice().len(), 1);
    assert_eq!(faults.as_slice()[0].nearest.as_deref(), Some("execute"));
}

#[test]
fn one_mistake_is_one_fault_and_all_are_told() {
    let text = "phases:\n  a: &x {order: 1, goal: *y}\n  b: {order: !n 2, gaol: z}\nname: ''\n";
    let faults = parse(text).unwrap_err();
    assert_eq!(
        faults.render(".orch/workflow.yaml").lines().collect::<Vec<_>>(),
        [
            ".orch/workflow.yaml:2:6: anchors are not supported: \"&x\"",
            ".orch/workflow.yaml:2:26: aliases are not supported; expected the value itself",
            ".orch/workflow.yaml:3:3: phase \"b\" has no \"goal\"; expected the key \"goal\"",
            ".orch/workflow.yaml:3:14: the tag \"!n\" is not supported here; expected a value without a tag",
            &format!(
                ".orch/workflow.yaml:3:20: unknown key \"gaol\" in phase \"b\"; expected {PHASE_KEYS}; did you mean \"goal\"?"
            ),
            ".orch/workflow.yaml:4:7: not a valid name of a workflow: \"\"; expected 1 to 100 characters without control \
             characters",
        ]
    );
    assert_eq!(faults.as_slice()[0].at, Position { line: 2, column: 6 });
}

/// A workflow that has something of everything.
fn small() -> Workflow {
    parse(
        "phases:\n  later: {order: 20, goal: ' Second. '}\n  first:\n    order: 10\n    goal: First.\n    \
         description: |\n      One.\n      Two.\n    artifacts:\n      required: [PLAN.md]\n      optional:\n        \
         - {name: ADR-*.md, description: A decision, template: ADR.md}\n    validation: {required_fields: [estimate.hours], \
         checks: [tests], require_approval: true}\n    hooks: {on_end: [git.capture_commit_hash]}\n    events: [first.done]\n\
         variants: {bug_fix: [later]}\nsettings: {allow_phase_skip: true}\n",
    )
    .unwrap()
}

#[test]
fn the_stored_form_of_a_workflow() {
    let workflow = small();
    let stored = serde_json::to_string_pretty(&workflow).unwrap();
    assert_eq!(serde_json::from_str::<Workflow>(&stored).unwrap(), workflow);
    insta::assert_snapshot!(stored, @r#"
    {
      "name": "unnamed",
      "phases": [
        {
          "name": "first",
          "order": 10,
          "goal": "First.",
          "description": "One.\nTwo.",
          "artifacts": {
            "required": [
              {
                "pattern": "PLAN.md",
                "description": null,
                "template": null
              }
            ],
            "optional": [
              {
                "pattern": "ADR-*.md",
                "description": "A decision",
                "template": "ADR.md"
              }
            ]
          },
          "validation": {
            "required_fields": [
              "estimate.hours"
            ],
            "warn_if_missing": [],
            "checks": [
              "tests"
            ],
            "require_approval": true
          },
          "hooks": {
            "on_start": [],
            "on_end": [
              "git.capture_commit_hash"
            ],
            "on_bug_found": []
          },
          "events": [
            "first.done"
          ],
          "next_step": ""
        },
        {
          "name": "later",
          "order": 20,
          "goal": "Second.",
          "description": "",
          "artifacts": {
            "required": [],
            "optional": []
          },
          "validation": {
            "required_fields": [],
            "warn_if_missing": [],
            "checks": [],
            "require_approval": false
          },
          "hooks": {
            "on_start": [],
            "on_end": [],
            "on_bug_found": []
          },
          "events": [],
          "next_step": ""
        }
      ],
      "variants": {
        "bug_fix": [
          "later"
        ]
      },
      "settings": {
        "allow_phase_skip": true,
        "allow_user_override": true,
        "override_actors": [],
        "allow_self_approval": false,
        "require_artifact_validation": true,
        "sync_files_on_phase_complete": false,
        "sync_files_on_close": true
      }
    }
    "#);
}

#[test]
fn a_workflow_answers_for_its_phases() {
    let workflow = small();
    let name = |text: &str| PhaseName::new(text).unwrap();
    let first = workflow.phase(&name("first")).unwrap();
    assert!(workflow.phase(&name("third")).is_none());
    assert!(first.emits(&EventType::new("first.done").unwrap()));
    assert!(!first.emits(&EventType::new("later.done").unwrap()));
    assert_eq!(first.hooks.on_end, [Hook::CaptureCommitHash]);
    assert!(first.artifacts.optional[0].pattern.matches(&ArtifactName::new("ADR-7.md").unwrap()));
    assert_eq!(workflow.phases_for(&TaskType::new("bug_fix").unwrap()), [name("later")]);
    assert_eq!(workflow.phases_for(&TaskType::new("feature").unwrap()), [name("first"), name("later")]);
}

#[test]
fn line_ends_make_no_difference() {
    for builtin in BUILTIN {
        let unix = parse(builtin.yaml).unwrap();
        let dos = format!("\u{feff}{}", builtin.yaml.replace('\n', "\r\n"));
        assert_eq!(parse(&dos).unwrap(), unix, "{}", builtin.name);
    }
}

/// Workflows that are well-formed YAML but were made to keep the checker busy.
fn hostile() -> Vec<(&'static str, String)> {
    let many = |head: &str, make: &dyn Fn(usize) -> String| {
        let mut text = head.to_owned();
        for n in 0.. {
            let piece = make(n);
            if text.len() + piece.len() > MAX_BYTES - 16 {
                break;
            }
            text += &piece;
        }
        text
    };
    let phases = many("phases:\n", &|n| format!("  p{n}: {{order: {n}, goal: x}}\n"));
    let half: String = phases.split_inclusive('\n').take(3000).collect();
    vec![
        ("phases", phases),
        ("unknown keys", many("phases:\n", &|n| format!("  p{n}: {{ordr{n}: 1}}\n"))),
        ("unknown phases", many(&format!("{half}variants:\n  x:\n"), &|n| format!("    - q{n}\n"))),
        ("variants", many(&format!("{half}variants:\n"), &|n| format!("  v{n}: [p1, p2, p3]\n"))),
        ("phases in a variant", many(&format!("{half}variants:\n  x:\n"), &|n| format!("    - p{}\n", n % 3000))),
        ("globs", many(&phase("artifacts:\n  required:\n"), &|n| format!("        - '{n}-*{{a,b}}[0-9].md'\n"))),
        (
            "long globs",
            many(&phase("artifacts:\n  required:\n"), &|n| format!("        - '{n}{}'\n", "{a,b}".repeat(48))),
        ),
        ("bad globs", many(&phase("artifacts:\n  required:\n"), &|n| format!("        - '{n}-[b-a]'\n"))),
        ("hooks", many(&phase("hooks:\n  on_end:\n"), &|n| format!("        - git.capture_{n}\n"))),
        ("long keys", many("", &|n| format!("{n}{}: 1\n", "k".repeat(1000)))),
    ]
}

#[test]
fn hostile_workflows_are_cheap() {
    let raw = crate::yaml::tests::hostile().into_iter();
    for (name, text) in raw.chain(hostile().into_iter().map(|(name, text)| (name, text.into_bytes()))) {
        let begin = Instant::now();
        let _ = Workflow::parse(&text, "x");
        let spent = begin.elapsed();
        assert!(spent < crate::yaml::tests::LIMIT, "{name}: {spent:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Workflow::parse(&bytes, "x");
    }

    #[test]
    fn no_text_of_yaml_signs_makes_it_panic(text in "[-?:,{}\\[\\]&*!|>'\"%@`# \t\n\rab1.]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_mutation_makes_it_panic(
        which in 0..BUILTIN.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..20, "[-?:,{}\\[\\]&*!|>'\"#\n a]{0,4}"), 1..6),
    ) {
        let mut text: Vec<char> = BUILTIN[which].yaml.chars().collect();
        for (at, length, piece) in edits {
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, piece.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(faults) = parse(&text) {
            let lines = text.split(['\n', '\r']).count();
            for fault in faults.as_slice() {
                prop_assert!((1..=lines + 1).contains(&fault.at.line) && fault.at.column >= 1, "{fault}");
            }
        }
    }
}
