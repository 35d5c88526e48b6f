//! `orch demo`: an example task, taken through all phases by the real commands in a scratch repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::printer::{bold, visible_line};
use crate::output::view;
use crate::project::Project;

/// Arguments of `orch demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// An empty or new folder to work in; by default a new one among the temporary files
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// One step of the demonstration.
enum Step {
    /// Something to say first.
    Say(&'static str),
    /// `orch` with these arguments.
    Orch(&'static [&'static str]),
    /// `orch` with these arguments, which is to end with this code.
    Refused(&'static [&'static str], Exit),
    /// `git` with these arguments.
    Git(&'static [&'static str]),
    /// Write a file.
    Write(&'static str, &'static str),
}

use Step::{Git, Orch, Refused, Say, Write};

const STEPS: &[Step] = &[
    Say("A repository with one commit, and a project of orch in it."),
    Git(&["init", "--quiet", "--initial-branch=main"]),
    Git(&["config", "user.name", "Demo"]),
    Git(&["config", "user.email", "demo@example.invalid"]),
    Write("greet.sh", "#!/bin/sh\necho hello\n"),
    Git(&["add", "greet.sh"]),
    Git(&["commit", "--quiet", "--message=Greet"]),
    Orch(&["init"]),
    Git(&["status", "--short"]),
    Say("A task, and a session that walks it through the workflow."),
    Orch(&[
        "task",
        "create",
        "Greet people by name",
        "--type",
        "feature",
        "--priority",
        "P1",
        "--description",
        "greet.sh says hello to nobody in particular.",
        "--meta",
        "tags=[\"cli\"]",
        "--meta",
        "acceptance_criteria=[\"greet.sh Ada prints hello Ada\"]",
    ]),
    Orch(&["next"]),
    Orch(&["session-start", "TSK-001"]),
    Say("Intake. Its gate wants TASK.md, so completing it is refused first."),
    Refused(&["phase-complete", "TSK-001"], Exit::Gate),
    Orch(&["artifact", "new", "TASK.md"]),
    Write(".orch/tasks/TSK-001/TASK.md", "# Greet people by name\n\nWanted: `greet.sh Ada` prints `hello Ada`.\n"),
    Orch(&["phase-complete", "TSK-001"]),
    Say("Research."),
    Write(".orch/tasks/TSK-001/RESEARCH.md", "# Research\n\nThe first argument of a shell script is `$1`.\n"),
    Orch(&["phase-complete", "TSK-001"]),
    Say("Plan."),
    Write(".orch/tasks/TSK-001/PLAN.md", "# Plan\n\n1. Use `$1`.\n2. Fall back to `world`.\n"),
    Orch(&["phase-complete", "TSK-001"]),
    Say("Execute: real commits; the hook at the end of the phase records them."),
    Write("greet.sh", "#!/bin/sh\necho \"hello $1\"\n"),
    Git(&["commit", "--quiet", "--all", "--message=Greet by name"]),
    Orch(&["event", "emit", "execute.step_complete", "--payload", "{\"step\": 1}"]),
    Orch(&["git", "capture"]),
    Write("greet.sh", "#!/bin/sh\necho \"hello ${1:-world}\"\n"),
    Git(&["commit", "--quiet", "--all", "--message=Greet the world where no name is given"]),
    Orch(&["check", "run", "greets", "--", "sh", "greet.sh", "Ada"]),
    Orch(&["phase-complete", "TSK-001"]),
    Say("Review. A finding leads back to execute, which is completed anew."),
    Orch(&["phase", "back", "--to", "execute", "--reason", "the usage is not documented"]),
    Write("README.md", "# greet\n\n    sh greet.sh [NAME]\n"),
    Git(&["add", "README.md"]),
    Git(&["commit", "--quiet", "--message=Document the usage"]),
    Orch(&["phase-complete", "TSK-001"]),
    Write(".orch/tasks/TSK-001/CHANGES.md", "# Changes\n\n- `greet.sh` greets by name.\n- README.md tells how.\n"),
    Orch(&["phase-complete", "TSK-001"]),
    Say("Close."),
    Orch(&["session-end", "TSK-001"]),
    Say("What is left of it: the task with its commits, and the log."),
    Orch(&["task", "show", "TSK-001"]),
    Orch(&["event", "list", "TSK-001", "--type", "orchestration.git.commit_captured"]),
    Orch(&["db", "check"]),
    Git(&["status", "--short"]),
];

impl Demo {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let folder = match self.folder {
            Some(folder) => prepare(folder)?,
            None => tempfile::Builder::new()
                .prefix("orch-demo-")
                .tempdir()
                .map_err(|error| CliError::io("make a folder in", &std::env::temp_dir(), &error))?
                .keep(),
        };
        let orch = std::env::current_exe().map_err(|error| CliError::io("find", Path::new("orch"), &error))?;
        for step in STEPS {
            step.run(app, &orch, &folder)?;
        }
        let shown = visible_line(&folder.to_string_lossy());
        app.printer.answer(
            || {
                let mut demo = json!({"steps": STEPS.len()});
                view::put_path(&mut demo, "folder", &folder);
                view::answer(json!({ "demo": demo }), app.id())
            },
            || format!("\nAll six phases are done. Look around: cd {shown} && orch status\n"),
        );
        Ok(())
    }
}

fn prepare(folder: PathBuf) -> Result<PathBuf, CliError> {
    // there its task would be one of that project, whose store is for other things
    let absolute = std::path::absolute(&folder).map_err(|error| CliError::io("find", &folder, &error))?;
    let there = absolute.ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or(absolute);
    if let Some(project) = Project::find(&there)? {
        return Err(CliError::refused(format!("{} is in the project at {}", folder.display(), project.root.display()))
            .hint("name a folder outside of it, or none"));
    }
    std::fs::create_dir_all(&folder).map_err(|error| CliError::io("make", &folder, &error))?;
    let mut entries = std::fs::read_dir(&folder).map_err(|error| CliError::io("read", &folder, &error))?;
    if entries.next().is_some() {
        return Err(CliError::new(Exit::Conflict, format!("{} is not empty", folder.display()))
            .hint("name a folder that is empty or does not exist"));
    }
    Ok(folder)
}

impl Step {
    fn run(&self, app: &App, orch: &Path, folder: &Path) -> Result<(), CliError> {
        match self {
            Say(text) => {
                tell(app, &format!("\n{}\n", bold(&format!("# {text}"))));
                Ok(())
            }
            Write(name, text) => {
                let path = folder.join(name);
                tell(app, &format!("$ cat > {name} <<'END'\n{text}END\n"));
                let parent = path.parent().unwrap_or(folder);
                std::fs::create_dir_all(parent)
                    .and_then(|()| std::fs::write(&path, text))
                    .map_err(|error| CliError::io("write", &path, &error))
            }
            Orch(arguments) => run(app, orch, "orch", arguments, folder, Exit::Done),
            Refused(arguments, exit) => run(app, orch, "orch", arguments, folder, *exit),
            Git(arguments) => run(app, Path::new("git"), "git", arguments, folder, Exit::Done),
        }
    }
}

/// Runs a program in the folder, shows it as one would type it, and insists on its exit code.
fn run(
    app: &App,
    program: &Path,
    name: &str,
    arguments: &[&str],
    folder: &Path,
    expected: Exit,
) -> Result<(), CliError> {
    let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    tell(app, &format!("$ {name} {}\n", words.join(" ")));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("ORCH_ACTOR", "demo").env_remove("ORCH_TASK");
    // the scratch repository stands alone, whatever repository or settings this process was started in
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "ORCH_WORKFLOW_TEMPLATE",
        "ORCH_STORAGE_PATH",
        "ORCH_STORAGE_DATABASE_URL",
    ] {
        command.env_remove(variable);
    }
    // nor does it write into the database that the user's settings may name
    command.env("XDG_CONFIG_HOME", folder.join(".no-settings"));
    let output = command.output().map_err(|error| {
        CliError::new(Exit::Unavailable, format!("could not run {name}: {error}")).hint("install git, then try again")
    })?;
    tell(app, &String::from_utf8_lossy(&output.stdout));
    tell(app, &String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(expected.number()) {
        return Ok(());
    }
    Err(CliError::new(Exit::Defect, format!("{name} {} ended with {}", words.join(" "), output.status)))
}

/// Shows a part of the transcript; with `--json` beside the answer, not in it.
fn tell(app: &App, text: &str) {
    if app.printer.json {
        app.printer.note(text.trim_end());
    } else {
        // nobody reading is no reason to stop half-way
        let _ = app.printer.line(|| json!(null), || text.to_owned());
    }
}

/// A word as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
