//! `orch event archive`.

use clap::Args;
use orch_store::Archived;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::progress::Progress;
use crate::output::view;
use crate::time::Moment;

/// Arguments of `orch event archive`.
#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// Archive the months (of UTC) that ended before then: RFC 3339, a date, or an age such as 26w
    #[arg(long, value_name = "TIME")]
    before: Moment,
    /// Only tell what would be archived
    #[arg(long)]
    dry_run: bool,
}

impl Archive {
    /// A repetition archives nothing more, so it needs no idempotency key.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let before = self.before.from(app.clock.now());
        let store = app.store().await?;
        let archived = if self.dry_run {
            store.archivable(before).await?
        } else {
            let progress = Progress::of("archiving events");
            store.archive(before, |archived: &Archived| progress.at(archived.events, None)).await?
        };
        let place = match store.archive_path() {
            Some(path) => app.shown(path),
            None => "table orchestration_events_archive".to_owned(),
        };
        app.printer.answer(
            || {
                let document = json!({
                    "archived": view::archived(&archived), "before": view::time(before), "dry_run": self.dry_run,
                    "archive": place,
                });
                view::answer(document, app.id())
            },
            || match (archived.events, self.dry_run) {
                (0, _) => "Nothing to archive\n".to_owned(),
                (events, true) => format!("Would archive {events} events of {}\n", months(&archived)),
                (events, false) => {
                    format!("Archived {events} events of {} in {place}; to see them: --archived\n", months(&archived))
                }
            },
        );
        Ok(())
    }
}

/// The months one by one.
fn months(archived: &Archived) -> String {
    archived.months.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
