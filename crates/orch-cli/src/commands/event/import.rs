//! `orch event import`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek as _};
use std::path::PathBuf;

use clap::Args;
use flate2::bufread::MultiGzDecoder;
use orch_core::import::{Beginning, Entity};
use orch_core::operation::Operation;
use orch_core::refusal::Refusal;
use orch_core::service::{BatchAnswer, EventBatch, ImportService};
use orch_core::store::{BatchStore, SprintStore, TaskStore};
use serde_json::json;

use super::lines::{Line, Lines};
use crate::app::App;
use crate::error::CliError;
use crate::output::progress::Progress;
use crate::output::view;

/// About the most bytes of a batch, whatever its lines are.
const BATCH_BYTES: usize = 16 << 20;
/// How many lines are looked up at a time where a file is looked through.
const LOOKED_UP: usize = 1_000;

/// Arguments of `orch event import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file with one JSON document a line; "-" for standard input
    ///
    /// A line says event_type, and task, or entity_type (task, sprint or project) and entity_id. It may say created_at, actor,
    /// session_key, payload, project and id, which is given back as external_id; of a task that is to be created also sprint. The
    /// file may be compressed with gzip. Each batch is whole or absent. The same command again
    /// goes on after the last batch: lines that were imported before are skipped, as long as all lines before them are the same.
    file: PathBuf,
    /// How many lines are one transaction
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
    /// Create tasks and sprints that are not there
    #[arg(long)]
    create_missing: bool,
    /// Leave out lines that are about neither a task nor a sprint nor a project
    #[arg(long)]
    leave_out_others: bool,
}

/// What was done so far.
#[derive(Default)]
struct Done {
    answer: BatchAnswer,
    skipped: u64,
    left_out: u64,
    batches: u64,
}

impl Import {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let progress = Progress::of("lines");
        let mut done = Done::default();
        let failed = |error: std::io::Error| CliError::io("read", &self.file, &error);
        if self.file.as_os_str() == "-" {
            let lines = self.lines(app, unpacked(std::io::stdin().lock()).map_err(failed)?);
            self.carry_out(app, lines, None, &progress, &mut done).await?;
        } else {
            let mut file = File::open(&self.file).map_err(failed)?;
            let mut known = None;
            if file.metadata().map_err(failed)?.is_file() {
                // nothing is written before all lines were seen
                known = Some(
                    self.look_through(app, self.lines(app, unpacked(BufReader::new(&file)).map_err(failed)?)).await?,
                );
                file.rewind().map_err(failed)?;
            }
            let lines = self.lines(app, unpacked(BufReader::with_capacity(1 << 18, file)).map_err(failed)?);
            self.carry_out(app, lines, known, &progress, &mut done).await?;
        }
        drop(progress);
        let (answer, skipped, left_out, batches) = (done.answer, done.skipped, done.left_out, done.batches);
        app.printer.answer(
            || {
                let document = json!({
                    "imported": answer.imported, "skipped": skipped, "created_tasks": answer.created_tasks,
                    "created_sprints": answer.created_sprints, "left_out": left_out, "batches": batches,
                });
                view::answer(document, app.id())
            },
            || {
                let mut text = format!("Imported {} events in {batches} batches\n", answer.imported);
                for (count, what) in [
                    (answer.created_tasks, "tasks were created"),
                    (answer.created_sprints, "sprints were created"),
                    (skipped, "events were there already"),
                    (left_out, "lines were left out"),
                ] {
                    if count > 0 {
                        text += &format!("{count} {what}\n");
                    }
                }
                text
            },
        );
        Ok(())
    }

    fn lines<R: BufRead>(&self, app: &App, input: R) -> Lines<R> {
        Lines::new(input, Beginning::new(app.operation().key.as_ref()), self.leave_out_others)
    }

    /// Reads all lines; gives the number of the last that was imported before.
    async fn look_through<R: BufRead>(&self, app: &App, mut lines: Lines<R>) -> Result<(u64, u64), CliError> {
        let store = app.store().await?;
        let mut last = 0;
        let (mut keys, mut named) = (Vec::with_capacity(LOOKED_UP), BTreeMap::new());
        loop {
            let next = lines.next(&self.file)?;
            let ends = matches!(next, Line::End);
            if !ends {
                keys.push((lines.number, lines.beginning.key()));
            }
            if keys.len() >= LOOKED_UP || ends {
                last = last_known(store, &keys).await?.unwrap_or(last);
                keys.clear();
            }
            match next {
                Line::End => break,
                Line::Event(event) => drop(named.entry(event.entity).or_insert(lines.number)),
                Line::Blank | Line::Other => {}
            }
        }
        if !self.create_missing {
            for (entity, line) in named.into_iter().filter(|(_, line)| *line > last) {
                let missing = match entity {
                    Entity::Task(code) => store.task(&code).await?.is_none().then_some(Refusal::NoTask(code)),
                    Entity::Sprint(code) => store.sprint(&code).await?.is_none().then_some(Refusal::NoSprint(code)),
                    Entity::Project(_) => None,
                };
                if let Some(refusal) = missing {
                    return Err(Refusal::AtLine { line, refusal: Box::new(refusal) }.into());
                }
            }
        }
        Ok((last, lines.number))
    }

    /// Imports all lines but those that were imported before. `known` is the last of those and the last of all, if the
    /// lines were looked through.
    async fn carry_out<R: BufRead>(
        &self,
        app: &App,
        mut lines: Lines<R>,
        known: Option<(u64, u64)>,
        progress: &Progress,
        done: &mut Done,
    ) -> Result<(), CliError> {
        let store = app.store().await?;
        let total = known.map(|(_, total)| total);
        loop {
            let (mut events, mut keys) = (Vec::with_capacity(self.batch.into()), Vec::new());
            let (mut count, mut bytes, mut ended) = (0, 0, false);
            while count < self.batch && bytes < BATCH_BYTES && !ended {
                let line = lines.next(&self.file)?;
                let is_known = known.is_some_and(|(last, _)| lines.number <= last);
                match line {
                    Line::End => ended = true,
                    Line::Event(_) if is_known => done.skipped += 1,
                    Line::Event(event) => events.push((lines.number, *event)),
                    Line::Other if !is_known => done.left_out += 1,
                    Line::Other | Line::Blank => {}
                }
                if !is_known {
                    count += 1;
                    bytes += lines.len();
                    keys.push((lines.number, lines.beginning.key()));
                }
            }
            if known.is_none()
                && let Some(last) = last_known(store, &keys).await?
            {
                let before = events.len();
                events.retain(|(line, _)| *line > last);
                done.skipped += (before - events.len()) as u64;
            }
            if !events.is_empty() {
                let operation = operation(app, &lines, done.batches);
                let batch = EventBatch { events: &events, create_missing: self.create_missing };
                let outcome = ImportService { store }.batch(&operation, batch).await?;
                done.add(outcome.answer, outcome.replayed);
            }
            progress.at(lines.number, total);
            if ended {
                return Ok(());
            }
        }
    }
}

/// An input as it was before it was compressed, if it was: gzip begins with two bytes that no JSON has.
fn unpacked<'a>(mut input: impl BufRead + 'a) -> std::io::Result<Box<dyn BufRead + 'a>> {
    if input.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(input))));
    }
    Ok(Box::new(input))
}

/// Each batch is an operation; the first is that of the command.
fn operation<R>(app: &App, lines: &Lines<R>, batches: u64) -> Operation {
    let mut operation = app.operation();
    if batches > 0 {
        operation.id = crate::app::new_id();
    }
    operation.key = Some(lines.beginning.key());
    operation
}

impl Done {
    fn add(&mut self, answer: BatchAnswer, replayed: bool) {
        if replayed {
            self.skipped += answer.imported;
            return;
        }
        self.batches += 1;
        self.answer.imported += answer.imported;
        self.answer.created_tasks += answer.created_tasks;
        self.answer.created_sprints += answer.created_sprints;
    }
}

/// The last of these lines whose beginning was imported before.
async fn last_known(
    store: &impl BatchStore,
    keys: &[(u64, orch_core::code::IdempotencyKey)],
) -> Result<Option<u64>, CliError> {
    if keys.is_empty() {
        return Ok(None);
    }
    let list: Vec<_> = keys.iter().map(|(_, key)| key.clone()).collect();
    let known = store.kept_keys(&list).await?;
    Ok(keys.iter().rev().find(|(_, key)| known.contains(key)).map(|(line, _)| *line))
}
