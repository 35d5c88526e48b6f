//! Which bugs a statement is about, for both databases. Reads nothing.

use orch_core::bug::BugStatus;
use orch_core::bug::fact::LOGGED;
use orch_core::code::BugCode;
use orch_core::store::{BugFilter, BugName, BugOrder, BugScope};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order};
use sea_orm::{ColumnTrait as _, Condition, DbBackend, QueryOrder as _, Select, Statement};

use crate::entity::bug;
use crate::write::time_text;

/// The bug with a code, or those whose hash begins so.
pub(super) fn named(name: &BugName) -> Condition {
    match name {
        BugName::Code(code) => Condition::all().add(bug::Column::BugCode.eq(code.as_str())),
        // a name holds hexadecimal digits only, and these come before every letter after f
        BugName::Hash(hash) => {
            let beyond = format!("{hash}g");
            Condition::all().add(bug::Column::BugHash.gte(&**hash)).add(bug::Column::BugHash.lt(beyond))
        }
    }
}

/// The bugs that a change speaks of.
pub(super) fn of_scope(scope: &BugScope) -> Condition {
    let hashes = scope.reports.iter().map(|keys| keys.hash.as_str());
    let mut any = scope.names.iter().fold(Condition::any(), |any, name| any.add(named(name)));
    if !scope.reports.is_empty() {
        any = any.add(bug::Column::BugHash.is_in(hashes));
    }
    let loose: Vec<&str> = scope.reports.iter().filter_map(|keys| keys.loose.as_deref()).collect();
    if !loose.is_empty() {
        let open = Condition::all().add(bug::Column::ResolvedAt.is_null()).add(bug::Column::MergedInto.is_null());
        any = any.add(open.add(bug::Column::LooseHash.is_in(loose)));
    }
    // a change that speaks of no bug finds none
    if any.is_empty() { Condition::all().add(Expr::value(1).eq(0)) } else { any }
}

/// The bugs of a list.
pub(super) fn wanted(backend: DbBackend, filter: &BugFilter) -> Condition {
    let mut wanted = Condition::all();
    if let Some(task) = &filter.task {
        let blocks = match backend {
            DbBackend::Postgres => "context->'blocks' @> to_jsonb($1::text)",
            _ => "EXISTS (SELECT 1 FROM json_each(context, '$.blocks') AS blocked WHERE blocked.value = $1)",
        };
        let met = Condition::any()
            .add(bug::Column::TaskCode.eq(task.as_str()))
            .add(Expr::cust("context->>'last_task_code'").eq(task.as_str()))
            .add(Expr::cust_with_values(blocks, [task.as_str()]));
        wanted = wanted.add(met);
    }
    if !filter.error_type.is_empty() {
        wanted = wanted.add(Expr::cust("context->>'error_type'").is_in(filter.error_type.iter().map(String::as_str)));
    }
    if !filter.status.is_empty() {
        let status = filter.status.iter().map(|status| match status {
            BugStatus::Merged => bug::Column::MergedInto.is_not_null().into(),
            BugStatus::Open => {
                Condition::all().add(bug::Column::MergedInto.is_null()).add(bug::Column::ResolvedAt.is_null())
            }
            BugStatus::Resolved => {
                Condition::all().add(bug::Column::MergedInto.is_null()).add(bug::Column::ResolvedAt.is_not_null())
            }
        });
        wanted = wanted.add(status.fold(Condition::any(), |any, one: Condition| any.add(one)));
    }
    if let Some(least) = filter.min_count {
        wanted = wanted.add(Expr::cust(COUNT).gte(least));
    }
    if let Some(since) = filter.since {
        wanted = wanted.add(Expr::cust(SEEN).gte(time_text(since)));
    }
    if let Some(version) = filter.not_of_rules {
        // `;` comes after `:`, so that the index has all others at its two ends
        let (first, beyond) = (format!("{version}:"), format!("{version};"));
        let others = Condition::any().add(bug::Column::BugHash.lt(first)).add(bug::Column::BugHash.gte(beyond));
        wanted = wanted.add(others);
    }
    wanted
}

const COUNT: &str = "CAST(context->>'occurrence_count' AS bigint)";
const SEEN: &str = "context->>'last_seen'";

/// A selection in an order.
pub(super) fn ordered(selection: Select<bug::Entity>, order: BugOrder) -> Select<bug::Entity> {
    match order {
        BugOrder::Recent => selection.order_by(Expr::cust(SEEN), Order::Desc),
        BugOrder::Frequent => selection.order_by(Expr::cust(COUNT), Order::Desc),
        BugOrder::Code => selection,
    }
}

/// How often a bug and all that are merged into it occurred on which day.
pub(super) fn days(backend: DbBackend, code: &BugCode) -> Statement {
    let day = match backend {
        DbBackend::Postgres => "to_char(emitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        _ => "substr(emitted_at, 1, 10)",
    };
    let sql = format!(
        "WITH RECURSIVE one(code) AS (\
           SELECT bug_code FROM orchestration_bugs WHERE bug_code = $1 \
           UNION \
           SELECT b.bug_code FROM orchestration_bugs b JOIN one o ON b.merged_into = o.code) \
         SELECT {day}, count(*) FROM orchestration_events \
         WHERE entity_type = 'bug' AND entity_id IN (SELECT code FROM one) AND event_type = $2 \
         GROUP BY 1 ORDER BY 1"
    );
    Statement::from_sql_and_values(backend, sql, [code.as_str().into(), LOGGED.into()])
}
