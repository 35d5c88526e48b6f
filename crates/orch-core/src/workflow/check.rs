//! Makes a workflow of a YAML tree and says everything that is wrong with it. Knows the schema, not the text.

use std::collections::{BTreeMap, HashMap};

use super::{ArtifactPattern, ArtifactSpec, Artifacts, Hook, Hooks, Phase, Settings, Validation, Workflow, keys};
use crate::code::{Actor, ArtifactName, CheckName, EventType, FieldPath, InvalidName, PhaseName, TaskType};
use crate::yaml::{Entry, Fault, FaultList, Fields, Kind, Node, Position, quoted};

/// Events of these types are orch's own.
const RESERVED_EVENTS: &str = "orchestration.";

/// The longest name of a workflow, in characters.
const MAX_NAME_CHARS: usize = 100;

/// The keys under `phases`, with where each phase stands in the order as far as that is known.
type Declared<'a> = HashMap<&'a str, Option<i64>>;

/// Checks a whole file. `None` only together with faults; a workflow beside faults is not to be used.
pub(super) fn workflow(tree: &Node, default_name: &str, faults: &mut FaultList) -> Option<Workflow> {
    let top = Fields::read(tree, tree.at, "the workflow", keys::TOP, faults)?;
    let name = top.get("name").map_or_else(|| Some(default_name.to_owned()), |node| name(node, faults));
    let (phases, declared) = phases(&top, faults);
    let variants = top.get("variants").map(|node| variants(node, &declared, faults)).unwrap_or_default();
    let settings = top.entry("settings").map_or_else(Settings::default, |entry| settings(entry, faults));
    Some(Workflow { name: name?, phases, variants, settings })
}

fn name(node: &Node, faults: &mut FaultList) -> Option<String> {
    let text = node.text("`name`", faults)?;
    let valid =
        !text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.chars().any(char::is_control);
    if !valid {
        faults.add(|| {
            Fault::new(node.at, format!("not a valid name of a workflow: {}", quoted(text)))
                .expected(format!("1 to {MAX_NAME_CHARS} characters without control characters"))
        });
    }
    valid.then(|| text.to_owned())
}

fn phases<'a>(top: &Fields<'a>, faults: &mut FaultList) -> (Vec<Phase>, Declared<'a>) {
    let mut phases = Vec::new();
    let mut declared = Declared::new();
    let Some(node) = top.require("phases", "the workflow", faults) else { return (phases, declared) };
    let Some(entries) = node.entries("`phases`", faults) else { return (phases, declared) };
    if matches!(node.kind, Kind::Null) || matches!(&node.kind, Kind::Map(pairs) if pairs.is_empty()) {
        faults.add(|| Fault::new(node.at, "`phases` is empty").expected("at least one phase"));
    }
    let mut orders: HashMap<i64, (&str, Position)> = HashMap::new();
    for entry in entries {
        let name = phase_name(&entry, faults);
        let what = format!("phase {}", quoted(entry.key));
        let fields = Fields::read(entry.value, entry.at, &what, keys::PHASE, faults);
        let order = fields.as_ref().and_then(|fields| order(fields, &what, entry.key, &mut orders, faults));
        declared.insert(entry.key, order);
        let Some(fields) = fields else { continue };
        let goal = goal(&fields, &what, faults);
        let rest = Parts::read(&fields, faults);
        if let (Some(name), Some(order), Some(goal)) = (name, order, goal) {
            phases.push(rest.into_phase(name, order, goal));
        }
    }
    phases.sort_by_key(|phase| phase.order);
    (phases, declared)
}

fn phase_name(entry: &Entry<'_>, faults: &mut FaultList) -> Option<PhaseName> {
    checked(entry.at, entry.key, "phase name", PhaseName::EXPECTED, faults)
}

fn order<'a>(
    fields: &Fields<'a>,
    what: &str,
    phase: &'a str,
    orders: &mut HashMap<i64, (&'a str, Position)>,
    faults: &mut FaultList,
) -> Option<i64> {
    let node = fields.require("order", what, faults)?;
    let order = node.int("`order`", faults)?;
    if let Some((other, at)) = orders.get(&order) {
        faults.add(|| {
            let message = format!("{what} has the same `order` as phase {} at {at}", quoted(other));
            Fault::new(node.at, message).expected("an order of its own")
        });
    } else {
        orders.insert(order, (phase, node.at));
    }
    Some(order)
}

fn goal(fields: &Fields<'_>, what: &str, faults: &mut FaultList) -> Option<String> {
    let node = fields.require("goal", what, faults)?;
    let goal = node.text("`goal`", faults)?.trim();
    if goal.is_empty() {
        faults.add(|| Fault::new(node.at, "`goal` is empty").expected("what the phase is for, in a sentence"));
    }
    Some(goal.to_owned())
}

/// What a phase has but for its name, order and goal.
struct Parts {
    description: String,
    artifacts: Artifacts,
    validation: Validation,
    hooks: Hooks,
    events: Vec<EventType>,
    next_step: String,
}

impl Parts {
    fn read(fields: &Fields<'_>, faults: &mut FaultList) -> Self {
        let text = |key: &str, faults: &mut FaultList| {
            let node = fields.get(key).filter(|node| node.kind != Kind::Null);
            node.and_then(|node| node.text(&format!("`{key}`"), faults)).unwrap_or_default().trim().to_owned()
        };
        Self {
            description: text("description", faults),
            artifacts: fields.entry("artifacts").map(|entry| artifacts(entry, faults)).unwrap_or_default(),
            validation: fields.entry("validation").map(|entry| validation(entry, faults)).unwrap_or_default(),
            hooks: fields.entry("hooks").map(|entry| hooks(entry, faults)).unwrap_or_default(),
            events: list(fields, "events", "event", faults, event),
            next_step: text("next_step", faults),
        }
    }

    fn into_phase(self, name: PhaseName, order: i64, goal: String) -> Phase {
        let Self { description, artifacts, validation, hooks, events, next_step } = self;
        Phase { name, order, goal, description, artifacts, validation, hooks, events, next_step }
    }
}

/// How many artifacts a list may have: each is a glob to compile, and a hostile file has room for ten thousand.
const MAX_ARTIFACTS: usize = 100;

fn artifacts(entry: Entry<'_>, faults: &mut FaultList) -> Artifacts {
    let Some(fields) = Fields::read(entry.value, entry.at, "`artifacts`", keys::ARTIFACTS, faults) else {
        return Artifacts::default();
    };
    // One record of both lists: what is required cannot be optional too.
    let mut seen = HashMap::new();
    let required = artifact_list(&fields, "required", &mut seen, faults);
    let optional = artifact_list(&fields, "optional", &mut seen, faults);
    Artifacts { required, optional }
}

fn artifact_list<'a>(
    fields: &Fields<'a>,
    key: &'static str,
    seen: &mut HashMap<&'a str, (&'static str, Position)>,
    faults: &mut FaultList,
) -> Vec<ArtifactSpec> {
    let items = fields.get(key).and_then(|node| node.items(&format!("`{key}`"), faults)).unwrap_or_default();
    let mut specs = Vec::with_capacity(items.len().min(MAX_ARTIFACTS));
    if let Some(extra) = items.get(MAX_ARTIFACTS) {
        faults.add(|| {
            Fault::new(extra.at, format!("`{key}` is too long")).expected(format!("at most {MAX_ARTIFACTS} artifacts"))
        });
    }
    for item in items.iter().take(MAX_ARTIFACTS) {
        let Some((node, spec)) = artifact(item, faults) else { continue };
        let Kind::Text(text) = &node.kind else { continue };
        match seen.get(text.as_str()) {
            Some((list, first)) if *list == key => faults.add(|| {
                Fault::new(node.at, format!("duplicate artifact {}; the first one is at {first}", quoted(text)))
            }),
            Some((list, first)) => faults.add(|| {
                Fault::new(node.at, format!("artifact {} is {key}, but also {list} at {first}", quoted(text)))
                    .expected("it in one of the two lists")
            }),
            None => {
                seen.insert(text, (key, node.at));
            }
        }
        specs.extend(spec);
    }
    specs
}

/// The node of the name, and the artifact if nothing is wrong with it.
fn artifact<'a>(item: &'a Node, faults: &mut FaultList) -> Option<(&'a Node, Option<ArtifactSpec>)> {
    match &item.kind {
        Kind::Text(text) => {
            let pattern = pattern(item, text, faults);
            Some((item, pattern.map(|pattern| ArtifactSpec { pattern, description: None, template: None })))
        }
        Kind::Map(_) => {
            let fields = Fields::read(item, item.at, "the artifact", keys::ARTIFACT, faults)?;
            let description = fields.get("description").and_then(|node| node.text("`description`", faults));
            let template = fields.get("template").and_then(|node| template(node, faults));
            let node = fields.require("name", "the artifact", faults)?;
            let pattern = pattern(node, node.text("`name`", faults)?, faults);
            let description = description.map(|text| text.trim().to_owned());
            Some((node, pattern.map(|pattern| ArtifactSpec { pattern, description, template })))
        }
        _ => {
            faults.add(|| {
                Fault::new(item.at, format!("an artifact is {}", item.kind.name()))
                    .expected("a name, a glob, or a map with `name`, `description` and `template`")
            });
            None
        }
    }
}

fn pattern(node: &Node, text: &str, faults: &mut FaultList) -> Option<ArtifactPattern> {
    ArtifactPattern::new(text)
        .map_err(|error| {
            faults.add(|| {
                let fault = Fault::new(node.at, format!("not a valid artifact name or glob: {}", quoted(text)));
                fault.expected(error.reason.strip_prefix("expected ").map_or_else(
                    || format!("a name or a glob of `*`, `?`, `[…]` and `{{…}}`; {}", error.reason),
                    str::to_owned,
                ))
            });
        })
        .ok()
}

fn template(node: &Node, faults: &mut FaultList) -> Option<String> {
    let text = node.text("`template`", faults)?;
    checked::<ArtifactName>(node.at, text, "name of a template", ArtifactName::EXPECTED, faults)?;
    Some(text.to_owned())
}

fn validation(entry: Entry<'_>, faults: &mut FaultList) -> Validation {
    let Some(fields) = Fields::read(entry.value, entry.at, "`validation`", keys::VALIDATION, faults) else {
        return Validation::default();
    };
    let field = |at, text: &str, faults: &mut FaultList| {
        checked::<FieldPath>(at, text, "field path", FieldPath::EXPECTED, faults)
    };
    Validation {
        required_fields: list(&fields, "required_fields", "field", faults, field),
        warn_if_missing: list(&fields, "warn_if_missing", "field", faults, field),
        checks: list(&fields, "checks", "check", faults, |at, text, faults| {
            checked::<CheckName>(at, text, "check name", CheckName::EXPECTED, faults)
        }),
        require_approval: fields
            .get("require_approval")
            .and_then(|node| node.bool("`require_approval`", faults))
            .unwrap_or_default(),
    }
}

fn hooks(entry: Entry<'_>, faults: &mut FaultList) -> Hooks {
    let Some(fields) = Fields::read(entry.value, entry.at, "`hooks`", keys::HOOKS, faults) else {
        return Hooks::default();
    };
    Hooks {
        on_start: list(&fields, "on_start", "hook", faults, hook),
        on_end: list(&fields, "on_end", "hook", faults, hook),
        on_bug_found: list(&fields, "on_bug_found", "hook", faults, hook),
    }
}

fn hook(at: Position, text: &str, faults: &mut FaultList) -> Option<Hook> {
    let hook = text.parse().ok();
    if hook.is_none() {
        faults.add(|| {
            let names = Hook::ALL.iter().map(|hook| hook.name());
            Fault::new(at, format!("unknown hook {}", quoted(text)))
                .expected(format!("one of {}", names.clone().collect::<Vec<_>>().join(", ")))
                .nearest_of(text, names)
        });
    }
    hook
}

fn event(at: Position, text: &str, faults: &mut FaultList) -> Option<EventType> {
    let event = checked(at, text, "event type", EventType::EXPECTED, faults)?;
    if text.starts_with(RESERVED_EVENTS) {
        faults.add(|| {
            Fault::new(at, format!("event {} is one of orch's own", quoted(text)))
                .expected(format!("a type that does not begin with `{RESERVED_EVENTS}`"))
        });
        return None;
    }
    Some(event)
}

fn variants(node: &Node, declared: &Declared<'_>, faults: &mut FaultList) -> BTreeMap<TaskType, Vec<PhaseName>> {
    let mut variants = BTreeMap::new();
    // The order of a hash map is random; a message is not.
    let mut names: Vec<&str> = declared.keys().copied().collect();
    names.sort_by_key(|name| (declared.get(name).copied().flatten(), *name));
    for entry in node.entries("`variants`", faults).unwrap_or_default() {
        let task_type = checked::<TaskType>(entry.at, entry.key, "task type", TaskType::EXPECTED, faults);
        let what = format!("variant {}", quoted(entry.key));
        let Some(items) = entry.value.items(&what, faults) else { continue };
        if items.is_empty() {
            faults.add(|| Fault::new(entry.value.at, format!("{what} is empty")).expected("at least one phase"));
        }
        let mut last: Option<(&str, i64)> = None;
        let phases = collect(items, "phase", faults, |at, text, faults| {
            let Some(order) = declared.get(text) else {
                faults.add(|| unknown_phase(at, text, &names));
                return None;
            };
            if let Some(order) = *order {
                match last {
                    Some((before, other)) if order < other => faults.add(|| {
                        let message = format!("phase {} stands after {} in {what}", quoted(text), quoted(before));
                        Fault::new(at, message).expected("the order that the phases have in `phases`")
                    }),
                    _ => last = Some((text, order)),
                }
            }
            // What is wrong with the name was said where the phase is declared.
            PhaseName::new(text).ok()
        });
        if let Some(task_type) = task_type {
            variants.insert(task_type, phases);
        }
    }
    variants
}

fn unknown_phase(at: Position, text: &str, names: &[&str]) -> Fault {
    let fault = Fault::new(at, format!("unknown phase {}", quoted(text))).nearest_of(text, names.iter().copied());
    match names.len() {
        0 => fault,
        1..=12 => {
            fault.expected(format!("one of {}", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")))
        }
        _ => fault.expected("a phase from `phases`"),
    }
}

fn settings(entry: Entry<'_>, faults: &mut FaultList) -> Settings {
    let mut settings = Settings::default();
    let Some(fields) = Fields::read(entry.value, entry.at, "`settings`", keys::SETTINGS, faults) else {
        return settings;
    };
    for (key, value) in [
        ("allow_phase_skip", &mut settings.allow_phase_skip),
        ("allow_user_override", &mut settings.allow_user_override),
        ("allow_self_approval", &mut settings.allow_self_approval),
        ("require_artifact_validation", &mut settings.require_artifact_validation),
        ("sync_files_on_phase_complete", &mut settings.sync_files_on_phase_complete),
        ("sync_files_on_close", &mut settings.sync_files_on_close),
    ] {
        if let Some(node) = fields.get(key) {
            *value = node.bool(&format!("`{key}`"), faults).unwrap_or(*value);
        }
    }
    settings.override_actors = list(&fields, "override_actors", "actor", faults, |at, text, faults| {
        Actor::new(text).map_err(|error| faults.add(|| Fault::new(at, error.to_string()))).ok()
    });
    settings
}

/// The items of a list under a key, each one checked, none twice.
fn list<'a, T>(
    fields: &Fields<'a>,
    key: &str,
    noun: &str,
    faults: &mut FaultList,
    check: impl FnMut(Position, &'a str, &mut FaultList) -> Option<T>,
) -> Vec<T> {
    let items = fields.get(key).and_then(|node| node.items(&format!("`{key}`"), faults)).unwrap_or_default();
    collect(items, noun, faults, check)
}

fn collect<'a, T>(
    items: &'a [Node],
    noun: &str,
    faults: &mut FaultList,
    mut check: impl FnMut(Position, &'a str, &mut FaultList) -> Option<T>,
) -> Vec<T> {
    let mut seen = HashMap::new();
    let mut values = Vec::new();
    for item in items {
        let Some(text) = item.text(&format!("the {noun}"), faults) else { continue };
        if let Some(first) = seen.get(text) {
            faults
                .add(|| Fault::new(item.at, format!("duplicate {noun} {}; the first one is at {first}", quoted(text))));
            continue;
        }
        seen.insert(text, item.at);
        values.extend(check(item.at, text, faults));
    }
    values
}

/// A name of some kind; `None` with a fault if the text is none.
fn checked<T>(at: Position, text: &str, kind: &str, expected: &str, faults: &mut FaultList) -> Option<T>
where
    T: std::str::FromStr<Err = InvalidName>,
{
    let name = text.parse().ok();
    if name.is_none() {
        faults.add(|| Fault::new(at, format!("not a valid {kind}: {}", quoted(text))).expected(expected));
    }
    name
}
