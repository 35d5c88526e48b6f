//! `orch bug show`.

use clap::Args;
use orch_core::bug::BugStatus;
use orch_core::store::{BugFilter, BugOrder, BugStore as _, Window};
use serde_json::{Value, json};

use super::log::SIMILAR;
use super::{BugName, print};
use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch bug show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The bug: its code, or its hash from the version on (b1:0123abcd), whole or its first 6 digits or more
    bug: BugName,
}

impl Show {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let fingerprinter = app.settings().fingerprinter();
        let service = App::bugs(store, &folder, &git, &fingerprinter);
        let bug = service.find(&self.bug.0).await?;
        let days = store.bug_days(&bug.code).await?;
        let similar = store.like_bugs(&bug.keys, SIMILAR).await?;
        let merged = BugFilter { status: vec![BugStatus::Merged], ..BugFilter::default() };
        let merged = store.bugs(&merged, BugOrder::Code, Window { limit: 10_000, offset: 0 }).await?.items;
        let merged: Vec<_> = merged.into_iter().filter(|other| other.merged_into.as_ref() == Some(&bug.code)).collect();
        app.printer.answer(
            || {
                let days: Vec<Value> = days.iter().map(|(day, count)| json!({"day": day, "count": count})).collect();
                let document = json!({
                    "bug": view::bug(&bug),
                    "occurrences": days,
                    "similar": similar.iter().map(view::bug_in_list).collect::<Vec<_>>(),
                    "merged": merged.iter().map(|other| &other.code).collect::<Vec<_>>(),
                });
                view::answer(document, app.id())
            },
            || print::bug(&bug, &days, &similar, &merged),
        );
        Ok(())
    }
}
