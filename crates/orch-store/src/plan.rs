//! What a change writes, as a list of statements that are carried out together: one after another in a transaction of
//! SQLite, as one statement on PostgreSQL. Decides nothing.

use orch_core::store::StoreError;
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait as _, Func, InsertStatement, PostgresQueryBuilder, Query, SubQueryStatement,
    UpdateStatement, WithClause,
};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use crate::connection::Connection;
use crate::error::Place;
use crate::index::{self, Indexed};

/// The statements of one change.
pub(crate) struct Plan {
    what: String,
    guards: Vec<UpdateStatement>,
    others: Vec<SubQueryStatement>,
    events: Option<InsertStatement>,
    /// What is indexed of each event.
    index: Vec<Indexed>,
    /// A task whose events belong to another sprint from now on.
    moved: Option<String>,
    ordered: bool,
}

impl Plan {
    /// An empty plan for a change of `what`.
    pub(crate) fn new(what: String) -> Self {
        Self {
            what,
            guards: Vec::new(),
            others: Vec::new(),
            events: None,
            index: Vec::new(),
            moved: None,
            ordered: false,
        }
    }

    /// An update that must find its one row, or nothing of the plan is carried out.
    pub(crate) fn guard(&mut self, update: UpdateStatement) {
        self.guards.push(update);
    }

    /// Another statement.
    pub(crate) fn add(&mut self, statement: impl Into<SubQueryStatement>) {
        self.others.push(statement.into());
    }

    /// The events, whose ids are wanted, and what is indexed of each.
    pub(crate) fn append(&mut self, events: InsertStatement, index: Vec<Indexed>) {
        self.events = Some(events);
        self.index = index;
    }

    /// The earlier events of a task belong to the sprint that the task is in now.
    pub(crate) fn move_events(&mut self, task: &str) {
        self.moved = Some(task.to_owned());
        self.keep_order();
    }

    /// The order of the statements matters, so that they cannot be one.
    pub(crate) fn keep_order(&mut self) {
        self.ordered = true;
    }

    /// Whether this connection can carry the plan out whole.
    pub(crate) fn fits(&self, db: &Connection) -> bool {
        db.is_transaction() || !self.ordered
    }

    /// Writes everything. The ids of the events come back in their order.
    pub(crate) async fn carry_out(self, db: &Connection, place: Place<'_>) -> Result<Vec<i64>, StoreError> {
        let failed = place.error("writing a change");
        if self.guards.is_empty() && self.others.is_empty() && self.events.is_none() {
            return Ok(Vec::new());
        }
        match db.get_database_backend() {
            DbBackend::Postgres if !self.ordered => {
                let given = index::postgres::given(&self.index)?;
                self.at_once(db, given).await.map_err(failed)
            }
            _ => self.one_by_one(db, place).await,
        }
    }

    async fn one_by_one(self, db: &Connection, place: Place<'_>) -> Result<Vec<i64>, StoreError> {
        let failed = place.error("writing a change");
        for guard in self.guards {
            if db.execute(&guard).await.map_err(&failed)?.rows_affected() != 1 {
                return Err(StoreError::Conflict { what: self.what });
            }
        }
        for statement in self.others {
            let done = match statement {
                SubQueryStatement::InsertStatement(insert) => db.execute(&insert).await,
                SubQueryStatement::UpdateStatement(update) => db.execute(&update).await,
                SubQueryStatement::DeleteStatement(delete) => db.execute(&delete).await,
                SubQueryStatement::SelectStatement(_) | SubQueryStatement::WithStatement(_) => {
                    Err(DbErr::Custom("a plan only writes".into()))
                }
            };
            done.map_err(&failed)?;
        }
        let Some(mut events) = self.events else { return Ok(Vec::new()) };
        events.returning_col("id");
        let rows = db.query_all(&events).await.map_err(&failed)?;
        let ids: Result<Vec<i64>, DbErr> = rows.iter().map(|row| row.try_get("", "id")).collect();
        let mut ids = ids.map_err(&failed)?;
        ids.sort_unstable();
        index::write(db, place, &ids, &self.index).await?;
        if let Some(task) = self.moved {
            index::move_task(db, place, &task).await?;
        }
        Ok(ids)
    }

    /// `WITH guarded0 AS (UPDATE … RETURNING id), …, appended AS (INSERT … RETURNING id) SELECT …`: one way to the server and
    /// back, and whole or absent without a transaction around it. Where a guard finds no row, the statement fails.
    ///
    /// The guards are looked at first, so that whoever comes second waits for the guarded rows before it touches another one;
    /// else two could wait for each other. The index is written last, by a function that sees what the statement inserted.
    async fn at_once(self, db: &Connection, index: [String; 2]) -> Result<Vec<i64>, DbErr> {
        let mut with = WithClause::new();
        let mut part = |name: &str, statement: SubQueryStatement| {
            with.cte(CommonTableExpression::new().table_name(name.to_owned()).query(statement).to_owned());
        };
        let mut first = Query::select();
        first.expr_as(Expr::value(true), "matched");
        let mut matched: Option<Expr> = None;
        for (number, mut guard) in self.guards.into_iter().enumerate() {
            guard.returning_col("id");
            let name = format!("guarded{number}");
            part(&name, guard.into());
            let found = Query::select().expr(Func::count(Expr::col("id"))).from(name).to_owned();
            let is_found = Expr::expr(found).eq(1);
            matched = Some(matched.map_or(is_found.clone(), |others| others.and(is_found)));
        }
        if let Some(matched) = matched {
            let only_if = Func::cust("orchestration_only_if").arg(matched);
            first.clear_selects().expr_as(only_if, "matched").offset(0);
        }
        for (number, statement) in self.others.into_iter().enumerate() {
            part(&format!("part{number}"), statement);
        }
        let mut ids = Expr::value(None::<String>);
        let mut indexed = Expr::value(None::<String>);
        if let Some(mut events) = self.events {
            events.returning_col("id");
            part("appended", events.into());
            let of_events = |expression: Expr| Query::select().expr(expression).from("appended").to_owned();
            ids = of_events(Expr::cust("string_agg(id::text, ',' ORDER BY id)")).into();
            let call = "orchestration_index(array_agg(id ORDER BY id), $1::json, $2::json)::text";
            indexed = of_events(Expr::cust_with_values(call, index)).into();
        }
        let mut answer = Query::select();
        answer
            .expr_as(ids, "ids")
            .expr_as(indexed, "indexed")
            .from_subquery(first, "first")
            .and_where(Expr::col("matched"));
        let (sql, values) = answer.with(with).build(PostgresQueryBuilder);
        let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        let ids: Option<String> = row.map(|row| row.try_get("", "ids")).transpose()?.flatten();
        let number = |text: &str| text.parse().map_err(|_| DbErr::Custom(format!("{text:?} is no id")));
        ids.iter().flat_map(|ids| ids.split(',')).map(number).collect()
    }
}
