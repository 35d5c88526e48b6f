//! The JSON schema of a workflow file, for editors. Describes what `check.rs` accepts; checks nothing itself.
//!
//! The types here are never built: `schemars` reads their fields and comments. Rules over several values (an order
//! used twice, a variant out of order) are beyond such a schema and remain with the checker.

use std::collections::BTreeMap;

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema as schema, transform::RecursiveTransform,
};
use serde_json::Value;

use super::Hook;

/// The JSON schema (draft 2020-12) of a workflow file.
#[must_use]
pub fn json_schema() -> Value {
    // A key that may be left out is marked by a default, but `null` is not what these keys then are.
    let no_null_default = RecursiveTransform(|schema: &mut Schema| {
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
    });
    let settings = SchemaSettings::draft2020_12().with_transform(no_null_default);
    settings.into_generator().into_root_schema_for::<Template>().to_value()
}

/// The phases of a task, and which of them a type of task goes through.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "orch workflow")]
#[expect(dead_code, reason = "only its shape is read")]
struct Template {
    /// The name of the workflow.
    #[schemars(default, schema_with = "workflow_name")]
    name: (),
    /// The phases by name. Their sequence is given by `order`, not by their place in the file.
    #[schemars(schema_with = "phases")]
    phases: (),
    /// The phases of a type of task, for example `bug_fix: [intake, research, execute, review, close]`. A type that is
    /// not named here goes through all phases.
    #[schemars(default, schema_with = "variants")]
    variants: (),
    /// What is allowed, and what happens by itself.
    settings: Option<Settings>,
}

/// A step of the workflow.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is read")]
struct Phase {
    /// Where the phase stands; smaller is earlier, no two phases have the same.
    order: i64,
    /// What the phase is for, in one sentence.
    #[schemars(regex(pattern = r"\S"))]
    goal: String,
    /// What is to be done, written for the agent or person who does it.
    description: Option<String>,
    /// The documents that the phase asks for.
    artifacts: Option<Artifacts>,
    /// What else must hold before the phase may be completed.
    validation: Option<Validation>,
    /// What orch does by itself in this phase.
    hooks: Option<Hooks>,
    /// The custom events that may be emitted in this phase, for example `execute.step_complete`. One whose
    /// type ends in `.decision` says what was decided: `orch prime` shows it.
    #[schemars(default, schema_with = "events")]
    events: (),
    /// What is shown when the phase has been completed.
    next_step: Option<String>,
}

/// The documents that a phase asks for. None may be in both lists.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is read")]
struct Artifacts {
    /// What must be there, and not empty, before the phase may be completed.
    #[schemars(default, schema_with = "artifacts")]
    required: (),
    /// What may be there.
    #[schemars(default, schema_with = "artifacts")]
    optional: (),
}

/// A document with what belongs into it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is read")]
struct Artifact {
    /// Its name below the task's folder, or a glob such as `ADR-*.md`.
    #[schemars(length(min = 1, max = 255))]
    name: String,
    /// What belongs into it.
    #[schemars(default, schema_with = "text")]
    description: (),
    /// The name of the template from which `orch artifact new` begins it.
    #[schemars(default, schema_with = "text")]
    template: (),
}

/// What must hold before a phase may be completed, but for artifacts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is read")]
struct Validation {
    /// Fields of the task that must have a value: columns, then metadata, as dotted paths.
    #[schemars(default, schema_with = "fields")]
    required_fields: (),
    /// Fields of the task that should have a value; the gate only warns.
    #[schemars(default, schema_with = "fields")]
    warn_if_missing: (),
    /// Names of the checks that must have passed since the phase began.
    #[schemars(default, schema_with = "checks")]
    checks: (),
    /// Someone must have approved with `orch approval record`.
    #[schemars(default)]
    require_approval: bool,
}

/// What orch does by itself. A hook that fails is reported and stops nothing.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only its shape is read")]
struct Hooks {
    /// After the phase has begun.
    #[schemars(default, schema_with = "hooks")]
    on_start: (),
    /// After the phase has ended.
    #[schemars(default, schema_with = "hooks")]
    on_end: (),
    /// After a bug was logged in the phase.
    #[schemars(default, schema_with = "hooks")]
    on_bug_found: (),
}

/// What is allowed, and what happens by itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_excessive_bools, reason = "only its shape is read")]
struct Settings {
    /// Phases may be skipped with `--skip-to`.
    #[schemars(default)]
    allow_phase_skip: bool,
    /// A phase may be completed with `--override` although its gate refuses.
    #[schemars(default = "yes")]
    allow_user_override: bool,
    /// Who may do so, by their names; everybody where nobody is named.
    #[schemars(default)]
    override_actors: Vec<String>,
    /// Whoever holds a task may approve its phase.
    #[schemars(default)]
    allow_self_approval: bool,
    /// Required artifacts must be there.
    #[schemars(default = "yes")]
    require_artifact_validation: bool,
    /// Artifacts are written to the task's folder when a phase is completed.
    #[schemars(default)]
    sync_files_on_phase_complete: bool,
    /// Artifacts are written to the task's folder when the session ends.
    #[schemars(default = "yes")]
    sync_files_on_close: bool,
}

const IDENTIFIER: &str = "^[A-Za-z][A-Za-z0-9_-]{0,63}$";

fn yes() -> bool {
    true
}

fn text(_: &mut SchemaGenerator) -> Schema {
    schema!({ "type": "string" })
}

fn workflow_name(_: &mut SchemaGenerator) -> Schema {
    schema!({ "type": "string", "pattern": r"\S", "maxLength": 100 })
}

fn phases(generator: &mut SchemaGenerator) -> Schema {
    schema!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": { "pattern": IDENTIFIER },
        "additionalProperties": generator.subschema_for::<Phase>(),
    })
}

fn variants(_: &mut SchemaGenerator) -> Schema {
    schema!({
        "type": ["object", "null"],
        "propertyNames": { "pattern": IDENTIFIER },
        "additionalProperties": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": { "type": "string", "pattern": IDENTIFIER },
        },
    })
}

fn artifacts(generator: &mut SchemaGenerator) -> Schema {
    let name = schema!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let map = generator.subschema_for::<Artifact>();
    list(&schema!({ "anyOf": [name, map] }))
}

fn fields(_: &mut SchemaGenerator) -> Schema {
    list(&schema!({ "type": "string", "minLength": 1, "maxLength": 200 }))
}

fn checks(_: &mut SchemaGenerator) -> Schema {
    list(&schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$" }))
}

fn events(_: &mut SchemaGenerator) -> Schema {
    list(&schema!({
        "type": "string",
        "pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        "maxLength": 128,
        "not": { "pattern": r"^orchestration\." },
    }))
}

fn hooks(_: &mut SchemaGenerator) -> Schema {
    let names: BTreeMap<&str, &str> = Hook::ALL.iter().map(|hook| (hook.name(), hook.summary())).collect();
    let names: Vec<Value> =
        names.into_iter().map(|(name, summary)| serde_json::json!({ "const": name, "description": summary })).collect();
    list(&schema!({ "oneOf": names }))
}

fn list(item: &Schema) -> Schema {
    schema!({ "type": ["array", "null"], "uniqueItems": true, "items": item })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workflow::keys;

    fn properties<'a>(schema: &'a Value, name: &str) -> &'a serde_json::Map<String, Value> {
        let map = if name.is_empty() { schema } else { &schema["$defs"][name] };
        assert_eq!(map["additionalProperties"], false, "{name}");
        map["properties"].as_object().unwrap()
    }

    #[test]
    fn the_schema_has_the_keys_of_the_checker() {
        let schema = json_schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        for (name, known) in [
            ("", keys::TOP),
            ("Phase", keys::PHASE),
            ("Artifacts", keys::ARTIFACTS),
            ("Artifact", keys::ARTIFACT),
            ("Validation", keys::VALIDATION),
            ("Hooks", keys::HOOKS),
            ("Settings", keys::SETTINGS),
        ] {
            let properties = properties(&schema, name);
            let here: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(here, known.iter().copied().collect(), "{name}");
            for (key, property) in properties {
                assert!(property["description"].is_string(), "{name} {key}");
                let plain = |value: &Value| value.is_boolean() || *value == serde_json::json!([]);
                assert!(property.get("default").is_none_or(plain), "{name} {key}");
            }
        }
        assert_eq!(schema["$defs"].as_object().unwrap().len(), 6);
        assert_eq!(schema["required"], serde_json::json!(["phases"]));
        assert_eq!(schema["$defs"]["Phase"]["required"], serde_json::json!(["order", "goal"]));
        assert_eq!(schema["$defs"]["Artifact"]["required"], serde_json::json!(["name"]));
        for name in ["Artifacts", "Validation", "Hooks", "Settings"] {
            assert_eq!(schema["$defs"][name]["required"], Value::Null, "{name}");
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_model() {
        let schema = json_schema();
        let model = serde_json::to_value(super::super::Settings::default()).unwrap();
        for (key, property) in properties(&schema, "Settings") {
            assert_eq!(property["default"], model[key], "{key}");
        }
    }
}
