//! A connection as the rest of the store uses it: statements one by one or in a transaction, on either database, behind
//! SeaORM's trait. Knows no table.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Value, Values};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor as _, PgConnection};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

use crate::pool::{Begun, Held, Pool};
use crate::write::time_text;

/// Statements go to SQLite by SeaORM's own connection. To PostgreSQL they go by sqlx itself, because behind a pooler they
/// must not get a name, and because a server that keeps silent must not be waited for without end.
#[derive(Clone)]
pub(crate) enum Connection {
    /// Each statement by itself.
    Sqlite(DatabaseConnection),
    /// One transaction.
    SqliteTransaction(Arc<DatabaseTransaction>),
    /// Each statement by itself.
    Postgres(Link),
    /// One transaction.
    PostgresTransaction(Link, Arc<Mutex<Begun>>),
}

/// How statements reach a PostgreSQL server.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) pool: Pool,
    /// Whether the server's session is ours alone, so that prepared statements stay where they are.
    pub(crate) direct: bool,
    /// How long a statement may be without an answer before the server is given up.
    pub(crate) patience: Duration,
}

/// The longest that a statement over a whole store may take.
const A_DAY: Duration = Duration::from_hours(24);
const MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

impl Connection {
    /// Begins a transaction that may write. On SQLite it waits for its turn at once, so that what it reads stays true.
    pub(crate) async fn begin(&self, prelude: Option<&str>) -> Result<Self, DbErr> {
        match self {
            Self::Sqlite(pool) => {
                let options = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                Ok(Self::SqliteTransaction(Arc::new(pool.begin_with_options(options).await?)))
            }
            Self::Postgres(link) => {
                let begun = Self::PostgresTransaction(link.clone(), Arc::new(Mutex::new(link.begin().await?)));
                if let Some(prelude) = prelude {
                    begun.execute_unprepared(prelude).await?;
                }
                Ok(begun)
            }
            Self::SqliteTransaction(_) | Self::PostgresTransaction(..) => {
                Err(DbErr::Custom("a transaction was begun inside another".into()))
            }
        }
    }

    /// Begins a transaction that reads, all of it as of one moment, and takes as long as it takes.
    pub(crate) async fn moment(&self) -> Result<Self, DbErr> {
        match self {
            Self::Sqlite(pool) => Ok(Self::SqliteTransaction(Arc::new(pool.begin().await?))),
            Self::Postgres(_) => self.clone().patient().begin(Some(MOMENT)).await,
            Self::SqliteTransaction(_) | Self::PostgresTransaction(..) => Ok(self.clone()),
        }
    }

    /// The same, with the patience for statements over a whole store.
    pub(crate) fn patient(self) -> Self {
        match self {
            // the server may work for hours before its first answer
            Self::Postgres(link) => Self::Postgres(Link { patience: A_DAY, ..link }),
            other => other,
        }
    }

    /// Commits a transaction; nothing happens where each statement is by itself. A transaction that is dropped is rolled
    /// back.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let shared = || DbErr::Custom("a transaction was committed while it was in use".into());
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => Ok(()),
            Self::SqliteTransaction(transaction) => Arc::into_inner(transaction).ok_or_else(shared)?.commit().await,
            Self::PostgresTransaction(link, transaction) => {
                let transaction = Arc::into_inner(transaction).ok_or_else(shared)?.into_inner();
                link.answered(async { transaction.commit().await.map_err(executing) }).await
            }
        }
    }

    /// Whether what is done here is not done before [`Connection::commit`].
    pub(crate) fn is_transaction(&self) -> bool {
        matches!(self, Self::SqliteTransaction(_) | Self::PostgresTransaction(..))
    }
}

impl Link {
    /// The answer of the server, or the error of one that keeps silent.
    async fn answered<T>(&self, answer: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DbErr> {
        tokio::time::timeout(self.patience, answer).await.unwrap_or_else(|_| {
            let silent = std::io::Error::new(std::io::ErrorKind::TimedOut, "the server gave no answer");
            Err(executing(sqlx::Error::Io(silent)))
        })
    }

    async fn run(&self, connection: &mut PgConnection, statement: Statement) -> Result<ExecResult, DbErr> {
        let values = SqlxValues(statement.values.unwrap_or(Values(Vec::new())));
        let query = sqlx::query_with(AssertSqlSafe(statement.sql), values).persistent(self.direct);
        self.answered(async { query.execute(connection).await.map(ExecResult::from).map_err(executing) }).await
    }

    async fn run_text(&self, connection: &mut PgConnection, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = AssertSqlSafe(sql.to_owned());
        self.answered(async { connection.execute(sql).await.map(ExecResult::from).map_err(executing) }).await
    }

    async fn rows(&self, connection: &mut PgConnection, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let sql = AssertSqlSafe(statement.sql);
        let rows = if let Some(values) = statement.values {
            let query = sqlx::query_with(sql, SqlxValues(values)).persistent(self.direct);
            self.answered(async { query.fetch_all(connection).await.map_err(executing) }).await?
        } else {
            // without values nothing is prepared: one way to the server and back, and no pooler can come between
            let query = sqlx::raw_sql(sql);
            self.answered(async { query.fetch_all(connection).await.map_err(executing) }).await?
        };
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    async fn begin(&self) -> Result<Begun, DbErr> {
        self.answered(async { self.pool.begin().await.map_err(connecting) }).await
    }

    async fn free(&self) -> Result<Held, DbErr> {
        self.answered(async { self.pool.free().await.map_err(connecting) }).await
    }
}

/// An error before anything was asked of the server.
fn connecting(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn executing(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// SQLite has no type for times: they are text of one length, so that they sort as they follow each other.
fn as_text(mut statement: Statement) -> Statement {
    for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
        if let Value::ChronoDateTimeUtc(time) = value {
            *value = Value::String(time.map(time_text));
        }
    }
    statement
}

#[sea_orm_migration::async_trait::async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => DbBackend::Sqlite,
            Self::Postgres(_) | Self::PostgresTransaction(..) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(pool) => pool.execute_raw(as_text(statement)).await,
            Self::SqliteTransaction(transaction) => transaction.execute_raw(as_text(statement)).await,
            Self::Postgres(link) => {
                let mut held = link.free().await?;
                let done = link.run(&mut held.connection, statement).await;
                held.after(done)
            }
            Self::PostgresTransaction(link, begun) => link.run(&mut begun.lock().await.transaction, statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(pool) => pool.execute_unprepared(sql).await,
            Self::SqliteTransaction(transaction) => transaction.execute_unprepared(sql).await,
            Self::Postgres(link) => {
                let mut held = link.free().await?;
                let done = link.run_text(&mut held.connection, sql).await;
                held.after(done)
            }
            Self::PostgresTransaction(link, begun) => link.run_text(&mut begun.lock().await.transaction, sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(pool) => pool.query_one_raw(as_text(statement)).await,
            Self::SqliteTransaction(transaction) => transaction.query_one_raw(as_text(statement)).await,
            Self::Postgres(_) | Self::PostgresTransaction(..) => {
                Ok(self.query_all_raw(statement).await?.into_iter().next())
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(pool) => pool.query_all_raw(as_text(statement)).await,
            Self::SqliteTransaction(transaction) => transaction.query_all_raw(as_text(statement)).await,
            Self::Postgres(link) => {
                let mut held = link.free().await?;
                let rows = link.rows(&mut held.connection, statement).await;
                held.after(rows)
            }
            Self::PostgresTransaction(link, begun) => link.rows(&mut begun.lock().await.transaction, statement).await,
        }
    }
}
