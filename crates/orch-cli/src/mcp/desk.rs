//! Where calls are carried out: each is a run of the command line, with its own operation, on a thread of its own. What they
//! share is the store that is open. Knows nothing of the protocol.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{CommandFactory as _, FromArgMatches as _};
use orch_core::code::Actor;
use orch_core::redact::Redactor;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;
use crate::opened::OpenStore;
use crate::output::printer::{Printer, Told};

/// So many calls that read are at work at once; the others wait. Those that may write are carried out one by one, in the order
/// in which they came, as one may be about what the one before it did. So none that reads waits for one that waits for the
/// lock of the store.
const AT_ONCE: u32 = 4;

/// Carries out calls.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    start: PathBuf,
    open: Arc<OpenStore>,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
}

/// Whether a call may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It only reads.
    Reads,
    /// It may write.
    Writes,
}

impl Desk {
    /// A desk for the project of this folder.
    pub(super) fn new(start: PathBuf) -> Self {
        let places = |count: u32| Arc::new(Semaphore::new(count as usize));
        // one connection for each place
        Self { start, open: Arc::new(OpenStore::new(AT_ONCE + 1)), reading: places(AT_ONCE), writing: places(1) }
    }

    /// Ends the use of the store, unless a call is still at work with it.
    pub(super) async fn close(self) {
        if let Some(store) = self.open.take().await.and_then(Arc::into_inner) {
            store.leave_open().await;
        }
    }

    /// Runs a command line, and hands back what it told.
    ///
    /// Files and git are waited for without giving way, so this happens on a thread beside the one that speaks with the client.
    /// A call that nobody waits for any more goes on to its end.
    pub(super) async fn run(
        &self,
        access: Access,
        actor: Option<Actor>,
        line: Vec<String>,
        input: Vec<u8>,
    ) -> Result<Told, CliError> {
        let failed = |what: &str| CliError::new(Exit::Defect, what).hint("this is a defect of orch; please report it");
        let places = if access == Access::Reads { &self.reading } else { &self.writing };
        let place = Arc::clone(places).acquire_owned().await.map_err(|_| failed("no call is taken any more"))?;
        let (desk, runtime) = (self.clone(), Handle::current());
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            runtime.block_on(Box::pin(desk.carry_out(actor, line, input)))
        });
        let result = work.await.unwrap_or_else(|_| Err(failed("the call ended in a panic")));
        // an address of a database must not get into the log of a client
        result.map_err(|error| error.without_secrets(&Redactor::default()))
    }

    /// As [`Desk::run`], for a command that only reads.
    pub(super) async fn read(&self, actor: Option<Actor>, line: Vec<String>) -> Result<Told, CliError> {
        self.run(Access::Reads, actor, line, Vec::new()).await
    }

    async fn carry_out(&self, actor: Option<Actor>, line: Vec<String>, input: Vec<u8>) -> Result<Told, CliError> {
        let start = self.start.clone().into_os_string();
        let mut words = vec!["orch".into(), "--json".into(), "--no-input".into(), "-C".into(), start];
        words.extend(actor.map(|actor| format!("--actor={actor}").into()));
        words.extend(line.into_iter().map(Into::into));
        let parsed = Cli::command().try_get_matches_from(words).and_then(|found| Cli::from_arg_matches(&found));
        let cli = parsed.map_err(|error| CliError::arguments(&error))?;
        let app = App::new(&cli.global, Printer::keeping(), Arc::clone(&self.open), Some(input))?;
        let result = Box::pin(crate::commands::run(&app, cli.command)).await;
        result.map(|_| app.printer.told()).map_err(|error| error.without_secrets(&app.redactor))
    }
}
