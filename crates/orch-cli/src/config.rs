//! Settings: flag > variable > the project's file > the user's file > default. Resolved once, each value with its origin.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use orch_core::bug::Fingerprinter;
use orch_core::code::Actor;
use orch_core::redact::Redactor;
use orch_core::vcs::MessageTemplate;
use orch_core::workflow::Settings as WorkflowSettings;
use orch_core::yaml::{self, Fault, FaultList, Faults, Node};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::exit::Exit;
use crate::input;

mod known;
mod rules;

use known::{DATABASE_URL, Form, KNOWN, Known, REDIS_URL};

/// The name of the project's file, in the folder `.orch`.
pub(crate) const FILE: &str = "config.yaml";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Variable(String),
    File(PathBuf),
    Default,
}

/// All settings as they are in force.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    values: Vec<(Option<String>, Origin)>,
}

impl Settings {
    /// Reads the project's and the user's file and the environment.
    pub(crate) fn load(orch_dir: Option<&Path>) -> Result<Self, CliError> {
        let mut values: Vec<(Option<String>, Origin)> =
            KNOWN.iter().map(|known| (known.default.map(ToOwned::to_owned), Origin::Default)).collect();
        let files = user_file().into_iter().chain(orch_dir.map(|dir| dir.join(FILE)));
        for file in files {
            for (at, value) in read_file(&file)? {
                values[at] = (Some(value), Origin::File(file.clone()));
            }
        }
        for (slot, known) in values.iter_mut().zip(KNOWN) {
            let name = variable(known.key);
            if let Some(text) = environment(&name)? {
                let value = check(known, &text)
                    .map_err(|expected| CliError::usage(format!("{name} is {text:?}; expected {expected}")))?;
                *slot = (Some(value), Origin::Variable(name));
            }
        }
        Ok(Self { values })
    }

    fn get(&self, key: &str) -> Option<&str> {
        let at = KNOWN.iter().position(|known| known.key == key)?;
        self.values[at].0.as_deref()
    }

    fn number(&self, key: &str) -> u64 {
        // values were checked when they were read, and numbers have defaults
        self.get(key).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The SQLite file.
    pub(crate) fn store_path(&self, orch_dir: &Path) -> PathBuf {
        orch_dir.join(self.get("storage.path").unwrap_or("orch.db"))
    }

    /// The database on a server, where it is not a file.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.get(DATABASE_URL)
    }

    /// Whether the address of the database is the one in the project's file.
    pub(crate) fn is_database_of(&self, orch_dir: &Path) -> bool {
        let at = KNOWN.iter().position(|known| known.key == DATABASE_URL);
        at.is_some_and(|at| self.values[at].1 == Origin::File(orch_dir.join(FILE)))
    }

    /// How long to go on trying where the server cannot be reached.
    pub(crate) fn retry_for(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.number("storage.retry_seconds"))
    }

    /// How long a writer waits for another one.
    pub(crate) fn busy_timeout(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.number("storage.busy_timeout_seconds"))
    }

    /// How long a lease lasts, in seconds.
    pub(crate) fn lease_seconds(&self) -> u32 {
        u32::try_from(self.number("workflow.lease_minutes") * 60).unwrap_or(u32::MAX)
    }

    /// The largest artifact that is taken up, in bytes.
    pub(crate) fn max_artifact_bytes(&self) -> u64 {
        self.number("files.max_artifact_bytes")
    }

    /// Whether the work of a task is committed when its session ends.
    pub(crate) fn auto_commit(&self) -> bool {
        self.get("git.auto_commit") == Some("true")
    }

    /// Whether a commit takes everything.
    pub(crate) fn commit_all(&self) -> bool {
        self.get("git.commit_all") == Some("true")
    }

    /// What commits are called.
    pub(crate) fn commit_message(&self) -> MessageTemplate {
        // it was checked when it was read
        self.get("git.commit_message_template").and_then(|text| MessageTemplate::parse(text).ok()).unwrap_or_default()
    }

    /// What finds the fingerprints of errors, with the project's own rules.
    pub(crate) fn fingerprinter(&self) -> Fingerprinter {
        Fingerprinter::new(rules::rules(self.get("bugs.blank"), self.get("bugs.keep"), self.get("bugs.fixed")))
    }

    /// What cuts secrets out of all that is stored.
    pub(crate) fn redactor(&self) -> Redactor {
        if self.get("redaction.enabled") == Some("false") {
            return Redactor::off();
        }
        Redactor::new(rules::patterns(self.get("redaction.patterns")), self.get("redaction.entropy") == Some("true"))
    }

    /// After how many days half of what a new event has over an old one is left.
    pub(crate) fn half_life_days(&self) -> f64 {
        f64::from(u32::try_from(self.number("search.half_life_days")).unwrap_or(u32::MAX))
    }

    /// How long an answer of a search may be given again.
    pub(crate) fn cache_ttl(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.number("search.cache_ttl"))
    }

    /// How many bytes the answers that a process keeps may have.
    pub(crate) fn cache_bytes(&self) -> u64 {
        self.number("search.cache_bytes")
    }

    /// The server that shares answers, and how long it keeps them.
    pub(crate) fn redis(&self) -> Option<(&str, std::time::Duration)> {
        let ttl = std::time::Duration::from_secs(self.number("search.redis_ttl"));
        self.get(REDIS_URL).map(|url| (url, ttl))
    }

    /// The template that is asked for; by default `.orch/workflow.yaml`, else the built-in one.
    pub(crate) fn template(&self) -> Option<&str> {
        self.get("workflow.template")
    }

    /// A template's settings with what these settings change in them.
    pub(crate) fn over(&self, template: WorkflowSettings) -> WorkflowSettings {
        let pick = |name: &str, own: bool| self.get(&format!("workflow.{name}")).map_or(own, |text| text == "true");
        WorkflowSettings {
            allow_phase_skip: pick("allow_phase_skip", template.allow_phase_skip),
            allow_user_override: pick("allow_user_override", template.allow_user_override),
            override_actors: self.get("workflow.override_actors").map_or(template.override_actors, actors),
            allow_self_approval: pick("allow_self_approval", template.allow_self_approval),
            require_artifact_validation: pick("require_artifact_validation", template.require_artifact_validation),
            sync_files_on_phase_complete: pick("sync_files_on_phase_complete", template.sync_files_on_phase_complete),
            sync_files_on_close: pick("sync_files_on_close", template.sync_files_on_close),
        }
    }

    /// Every setting with its value, origin and meaning, for `orch config show`.
    pub(crate) fn rows(&self) -> Vec<Value> {
        let row = |(known, (value, origin)): (&Known, &(Option<String>, Origin))| {
            let origin = match origin {
                Origin::Variable(name) => name.clone(),
                Origin::File(path) => path.display().to_string(),
                Origin::Default => "default".to_owned(),
            };
            let value = value.as_deref().map(|value| match known.key {
                DATABASE_URL | REDIS_URL => crate::database::without_password(value),
                _ => value.to_owned(),
            });
            json!({"key": known.key, "value": value, "origin": origin, "variable": variable(known.key), "help": known.help})
        };
        KNOWN.iter().zip(&self.values).map(row).collect()
    }
}

/// The actors that a setting names, which was checked.
fn actors(text: &str) -> Vec<Actor> {
    text.split(',').filter_map(|name| Actor::new(name.trim()).ok()).collect()
}

/// Who acts, where `--actor` does not say.
pub(crate) fn default_actor() -> Result<Actor, CliError> {
    let mut name = environment("ORCH_ACTOR")?;
    // whatever the system calls the user is only a guess
    for variable in ["USER", "LOGNAME", "USERNAME"] {
        name = name.or_else(|| environment(variable).ok().flatten());
    }
    Ok(Actor::new(name.unwrap_or_else(|| "unknown".to_owned()))?)
}

/// A variable of the environment that says something. One that is not UTF-8 is refused: passing it over would let a command
/// act on another task, or as another actor, than was meant.
pub(crate) fn environment(name: &str) -> Result<Option<String>, CliError> {
    let text = |value: OsString| {
        value
            .into_string()
            .map_err(|_| CliError::usage(format!("{name} is not UTF-8")).hint("set it anew, or unset it"))
    };
    variable_bytes(name).map(text).transpose()
}

/// The same, as the bytes that a path may be.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment comes in")]
fn variable_bytes(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn variable(key: &str) -> String {
    format!("ORCH_{}", key.replace('.', "_").to_uppercase())
}

fn user_file() -> Option<PathBuf> {
    let config = variable_bytes("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| variable_bytes("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("orch").join(FILE))
}

fn check(known: &Known, text: &str) -> Result<String, String> {
    match known.form {
        Form::Text if text.trim().is_empty() => Err("some text".to_owned()),
        Form::Text => Ok(text.to_owned()),
        Form::Bool if matches!(text, "true" | "false") => Ok(text.to_owned()),
        Form::Bool => Err("true or false".to_owned()),
        Form::Number(least, most) => match text.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
            _ => Err(format!("a whole number from {least} to {most}")),
        },
        Form::Message => {
            MessageTemplate::parse(text).map_err(|error| format!("a template of a message, but {error}"))?;
            Ok(text.to_owned())
        }
        Form::Actors if text.split(',').all(|name| Actor::new(name.trim()).is_ok()) => Ok(text.to_owned()),
        Form::Actors => Err("names of actors, with commas between them".to_owned()),
        Form::Rules(list) => list.read_text(text),
    }
}

fn read_file(path: &Path) -> Result<Vec<(usize, String)>, CliError> {
    read_text(path, &bytes_of(path)?)
}

/// The beginning of a file, long enough to tell that it is too long; nothing where there is none.
fn bytes_of(path: &Path) -> Result<Vec<u8>, CliError> {
    Ok(input::plain(path, yaml::MAX_BYTES as u64)?.unwrap_or_default())
}

fn read_text(path: &Path, bytes: &[u8]) -> Result<Vec<(usize, String)>, CliError> {
    let (tree, mut faults) = yaml::read(bytes);
    let mut found = FaultList::default();
    let values = tree.map(|tree| read_tree(&tree, &mut found)).unwrap_or_default();
    faults.add_elsewhere(found);
    match Faults::new(faults.into_faults()) {
        Some(faults) => Err(CliError::faults(&path.display().to_string(), &faults)
            .hint("correct the file; `orch config show` lists every setting")),
        None => Ok(values),
    }
}

/// The text of a project's file with the address of its database in it; `None` if the address is there already. Whatever
/// else the file says stays as it is.
pub(crate) fn with_database(path: &Path, address: &str) -> Result<Option<String>, CliError> {
    let bytes = bytes_of(path)?;
    let is_address = |(at, _): &&(usize, String)| KNOWN[*at].key == DATABASE_URL;
    let by_hand = || {
        CliError::new(Exit::Conflict, format!("the address of the database cannot be added to {}", path.display()))
            .hint(format!("write it there by hand, in the section storage: `database_url: {address}`"))
    };
    match read_text(path, &bytes)?.iter().find(is_address) {
        Some((_, known)) if crate::database::without_password(known) == address => return Ok(None),
        Some(_) => return Err(by_hand()),
        None => {}
    }
    let old = String::from_utf8(bytes).map_err(|_| by_hand())?;
    let setting = |indent: &str| format!("{indent}database_url: {}\n", json!(address));
    let mut lines = old.split_inclusive('\n');
    let before: String = lines.by_ref().take_while(|line| line.trim_end() != "storage:").collect();
    let new = if before.len() == old.len() {
        let end = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
        format!("{old}{end}storage:\n{}", setting("  "))
    } else {
        let rest: String = lines.collect();
        let indent: String = rest.chars().take_while(|c| *c == ' ').collect();
        format!("{before}storage:\n{}{rest}", setting(if indent.is_empty() { "  " } else { &indent }))
    };
    // a file may say the same in many ways; what came of it is read as any other
    match read_text(path, new.as_bytes()) {
        Ok(values) if values.iter().any(|value| is_address(&value)) => Ok(Some(new)),
        _ => Err(by_hand()),
    }
}

fn read_tree(tree: &Node, faults: &mut FaultList) -> Vec<(usize, String)> {
    let mut values = Vec::new();
    if tree.kind == yaml::Kind::Null {
        return values;
    }
    let mut sections: Vec<&str> = KNOWN.iter().filter_map(|known| known.key.split('.').next()).collect();
    sections.dedup();
    for section in tree.entries("the settings", faults).into_iter().flatten() {
        if !sections.contains(&section.key) {
            let fault = || Fault::new(section.at, format!("there is no section {}", yaml::quoted(section.key)));
            faults.add(|| fault().nearest_of(section.key, sections.iter().copied()));
            continue;
        }
        for entry in section.value.entries(section.key, faults).into_iter().flatten() {
            let key = format!("{}.{}", section.key, entry.key);
            let Some(at) = KNOWN.iter().position(|known| known.key == key) else {
                let names = KNOWN.iter().filter_map(|known| known.key.strip_prefix(section.key)?.strip_prefix('.'));
                let fault = Fault::new(entry.at, format!("there is no setting {}", yaml::quoted(&key)));
                faults.add(|| fault.nearest_of(entry.key, names));
                continue;
            };
            if let Form::Rules(list) = KNOWN[at].form {
                values.extend(list.read_node(&key, entry.value, faults).map(|value| (at, value)));
                continue;
            }
            let text = match &entry.value.kind {
                yaml::Kind::Text(text) => text.clone(),
                yaml::Kind::Bool(value) => value.to_string(),
                yaml::Kind::Int(value) => value.to_string(),
                _ => String::new(),
            };
            match check(&KNOWN[at], &text) {
                Ok(value) => values.push((at, value)),
                Err(expected) => {
                    faults.add(|| Fault::new(entry.value.at, format!("{key} has a wrong value")).expected(expected));
                }
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_checked_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "workflow:\n  lease_minute: 5\n  allow_phase_skip: maybe\nstorag: {}\n").unwrap();
        let error = read_file(&path).unwrap_err();
        assert_eq!(error.lines.len(), 3, "{:?}", error.lines);
        assert!(error.lines[0].contains(":2:3: ") && error.lines[0].contains("lease_minutes"), "{:?}", error.lines);
        std::fs::write(&path, "workflow:\n  lease_minutes: 5\n").unwrap();
        assert_eq!(read_file(&path).unwrap().len(), 1);
        std::fs::write(&path, "# nothing\n").unwrap();
        assert_eq!(read_file(&path).unwrap().len(), 0);
    }

    #[test]
    fn the_address_of_a_database_is_added_to_what_a_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        let address = "postgres://me@h/d";
        for (old, new) in [
            ("", "storage:\n  database_url: \"postgres://me@h/d\"\n"),
            ("# database_url: old", "# database_url: old\nstorage:\n  database_url: \"postgres://me@h/d\"\n"),
            (
                "storage:\n    retry_seconds: 3\nfiles: {}",
                "storage:\n    database_url: \"postgres://me@h/d\"\n    retry_seconds: 3\nfiles: {}",
            ),
            ("storage:\n", "storage:\n  database_url: \"postgres://me@h/d\"\n"),
        ] {
            std::fs::write(&path, old).unwrap();
            assert_eq!(with_database(&path, address).unwrap().as_deref(), Some(new), "{old:?}");
        }
        std::fs::write(&path, "storage: {database_url: 'postgres://me@h/d'}\n").unwrap();
        assert_eq!(with_database(&path, address).unwrap(), None);
        for other in ["storage: {retry_seconds: 3}\n", "storage: {database_url: 'postgres://me@h/other'}\n"] {
            std::fs::write(&path, other).unwrap();
            let error = with_database(&path, address).unwrap_err();
            assert_eq!(error.exit, Exit::Conflict);
            assert!(error.hint.unwrap().contains("database_url: postgres://me@h/d"), "{other}");
        }
    }
}
