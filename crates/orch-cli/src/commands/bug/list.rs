//! `orch bug list`.

use clap::Args;
use orch_core::bug::BugStatus;
use orch_core::code::TaskCode;
use orch_core::store::{BugFilter, BugOrder, BugStore as _};
use serde_json::json;

use super::print;
use crate::app::App;
use crate::args::Part;
use crate::error::CliError;
use crate::output::view;
use crate::time::Moment;

/// Arguments of `orch bug list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only bugs that were met in this task first or last, or that its phase waits for
    #[arg(long, value_name = "TASK")]
    task: Option<TaskCode>,
    /// Only bugs of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    error_type: Vec<String>,
    /// Only bugs of this status: open, resolved or merged; may be repeated. By default open ones
    #[arg(long, value_delimiter = ',')]
    status: Vec<BugStatus>,
    /// Bugs of every status
    #[arg(long, conflicts_with = "status")]
    all: bool,
    /// Only bugs that occurred so often or more
    #[arg(long, visible_alias = "count", value_name = "N")]
    min_count: Option<i64>,
    /// Only bugs that were seen since then: RFC 3339, a date, or an age such as 2h
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// The order: recent, frequent or code
    #[arg(long, default_value = "recent")]
    order: BugOrder,
    #[command(flatten)]
    part: Part,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let status = match self.status {
            status if self.all || !status.is_empty() => status,
            _ => vec![BugStatus::Open],
        };
        let filter = BugFilter {
            task: self.task,
            error_type: self.error_type,
            status,
            min_count: self.min_count,
            since: self.since.map(|since| since.from(app.clock.now())),
            not_of_rules: None,
        };
        let page = app.store().await?.bugs(&filter, self.order, self.part.into()).await?;
        app.printer.answer(
            || {
                let bugs: Vec<_> = page.items.iter().map(view::bug_in_list).collect();
                view::answer(json!({"bugs": bugs, "total": page.total}), app.id())
            },
            || print::bugs(&page.items, page.total),
        );
        Ok(())
    }
}
