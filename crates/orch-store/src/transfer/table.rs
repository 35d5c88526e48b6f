//! Every table and column of the store, as an export has them: the one description that both directions follow. Reads and
//! writes nothing itself. A test compares it with the real schema of both databases.

use sea_orm::DbBackend;
use sea_orm::sea_query::Value;

use crate::index::GENERATION;
use crate::log::Log;
use crate::sqlite::archive::GONE;

/// What a column holds, the same on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text without U+0000.
    Text,
    /// A whole number of 64 bits.
    Number,
    /// Yes or no.
    Flag,
    /// A time of UTC, whole microseconds.
    Time,
    /// Any JSON.
    Json,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether it may be empty.
    pub(crate) optional: bool,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns of its primary key, by which its rows are ordered.
    pub(crate) key: &'static [&'static str],
    pub(crate) columns: &'static [Column],
}

/// The log, which is in more than one place on PostgreSQL.
pub(crate) const EVENTS: &str = "orchestration_events";
/// The table whose rows come last; it also holds the mark of an import.
pub(crate) const SEQUENCES: &str = "orchestration_sequences";

/// All tables, each after those that it refers to.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "orchestration_sprints",
        key: &["id"],
        columns: &[
            number("id"),
            text("sprint_code"),
            text("title"),
            text("status"),
            json("metadata"),
            number("version"),
            time("created_at"),
            time("updated_at"),
        ],
    },
    Table {
        name: "orchestration_tasks",
        key: &["id"],
        columns: &[
            number("id"),
            text("task_code"),
            number("sprint_id").optional(),
            text("title"),
            text("description"),
            text("task_type"),
            text("status"),
            text("priority"),
            json("metadata"),
            number("version"),
            text("lease_holder").optional(),
            number("lease_seconds").optional(),
            time("lease_expires_at").optional(),
            time("created_at"),
            time("updated_at"),
        ],
    },
    Table {
        name: "orchestration_task_dependencies",
        key: &["task_id", "after_task_id"],
        columns: &[number("task_id"), number("after_task_id")],
    },
    Table {
        name: "orchestration_templates",
        key: &["sha256"],
        columns: &[text("sha256"), text("name"), text("content")],
    },
    Table {
        name: "orchestration_sessions",
        key: &["id"],
        columns: &[
            number("id"),
            text("session_key"),
            number("task_id"),
            flag("active"),
            text("current_phase"),
            text("template_sha256"),
            json("state"),
            time("started_at"),
            time("ended_at").optional(),
        ],
    },
    Table {
        name: "orchestration_artifacts",
        key: &["id"],
        columns: &[
            number("id"),
            number("task_id"),
            text("name"),
            text("content"),
            text("encoding"),
            text("sha256"),
            number("size"),
            flag("blank"),
            time("saved_at"),
        ],
    },
    Table {
        name: EVENTS,
        key: &["id"],
        columns: &[
            number("id"),
            text("event_type"),
            text("entity_type"),
            text("entity_id"),
            number("seq"),
            text("session_key").optional(),
            text("correlation_id"),
            text("actor"),
            json("payload"),
            time("emitted_at"),
            time("archived_at").optional(),
            json("external").optional(),
        ],
    },
    Table {
        name: "orchestration_bugs",
        key: &["id"],
        columns: &[
            number("id"),
            text("bug_hash"),
            text("task_code").optional(),
            text("error_message"),
            text("file_path").optional(),
            number("line_number").optional(),
            text("stack_trace").optional(),
            json("context"),
            text("resolution").optional(),
            time("resolved_at").optional(),
            time("created_at"),
            time("updated_at"),
            text("bug_code"),
            number("version"),
            text("loose_hash").optional(),
            text("message_hash"),
            number("likeness"),
            text("merged_into").optional(),
        ],
    },
    Table {
        name: "orchestration_operations",
        key: &["operation_id"],
        columns: &[
            text("operation_id"),
            text("idempotency_key"),
            text("fingerprint"),
            json("answer"),
            time("created_at"),
        ],
    },
    Table { name: SEQUENCES, key: &["name"], columns: &[text("name"), number("value")] },
];

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

const fn number(name: &'static str) -> Column {
    column(name, Kind::Number)
}

const fn flag(name: &'static str) -> Column {
    column(name, Kind::Flag)
}

const fn time(name: &'static str) -> Column {
    column(name, Kind::Time)
}

const fn json(name: &'static str) -> Column {
    column(name, Kind::Json)
}

impl Column {
    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// A part of a row's key. Both databases order text by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KeyPart {
    Number(i64),
    Text(String),
}

impl From<KeyPart> for Value {
    fn from(part: KeyPart) -> Self {
        match part {
            KeyPart::Number(number) => number.into(),
            KeyPart::Text(text) => text.into(),
        }
    }
}

impl std::fmt::Display for KeyPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Table {
    /// The table of this name.
    pub(crate) fn named(name: &str) -> Option<(usize, &'static Self)> {
        TABLES.iter().enumerate().find(|(_, table)| table.name == name)
    }

    /// The columns, with commas between them.
    pub(crate) fn column_list(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    /// Where its rows are read: the log of a server is in two tables.
    pub(crate) fn source(&self, backend: DbBackend) -> String {
        match (backend, self.name) {
            (DbBackend::Postgres, EVENTS) => {
                let columns = self.column_list();
                format!("(SELECT {columns} FROM {EVENTS} UNION ALL SELECT {columns} FROM {EVENTS}_archive) AS log")
            }
            _ => self.name.to_owned(),
        }
    }

    /// Reads at most so many rows after a key; the values are those of the key, if there is one.
    pub(crate) fn page(&self, log: &Log, after: bool, limit: usize) -> String {
        let (columns, key) = (self.column_list(), self.key.join(", "));
        let values: Vec<String> = (1..=self.key.len()).map(|number| format!("${number}")).collect();
        let after = if after { format!(" AND ({key}) > ({})", values.join(", ")) } else { String::new() };
        let page = |table: &str, wanted: &str| {
            format!("SELECT {columns} FROM {table} WHERE {wanted}{after} ORDER BY {key} LIMIT {limit}")
        };
        match self.name {
            EVENTS => {
                // each part is put in order by itself, or a server would read and sort all of them for each page
                let parts = log.parts().iter().map(|part| page(part.table, part.wanted));
                let parts: Vec<String> = parts.map(|part| format!("SELECT * FROM ({part}) AS part")).collect();
                format!("{} ORDER BY {key} LIMIT {limit}", parts.join(" UNION ALL "))
            }
            // an import has all events at hand, and an index of its own
            SEQUENCES => page(SEQUENCES, &format!("name NOT IN ('{GONE}', '{GENERATION}')")),
            name => page(name, "1 = 1"),
        }
    }

    /// Reads the rows whose key begins between two values.
    pub(crate) fn range(&self, backend: DbBackend) -> String {
        let (columns, source, first) = (self.column_list(), self.source(backend), self.key[0]);
        format!("SELECT {columns} FROM {source} WHERE {first} BETWEEN $1 AND $2")
    }

    /// Inserts rows that come as one value, a JSON list of objects: however many there are, the statement is the same.
    pub(crate) fn insert(&self, backend: DbBackend) -> String {
        insert(backend, self.name, self.columns)
    }
}

/// Inserts these columns of rows that come as one value, a JSON list of objects.
pub(crate) fn insert(backend: DbBackend, table: &str, columns: &[Column]) -> String {
    let names = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let picked: Vec<String> = columns.iter().map(|column| column.picked(backend)).collect();
    format!("INSERT INTO {table} ({names}) SELECT {} FROM {}", picked.join(", "), rows_of(backend, columns))
}

/// The rows of the first value of a statement, a JSON list of objects.
pub(crate) fn rows_of(backend: DbBackend, columns: &[Column]) -> String {
    if backend != DbBackend::Postgres {
        return "json_each($1) AS given".to_owned();
    }
    let typed: Vec<String> = columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                Kind::Text => "text",
                Kind::Number => "bigint",
                Kind::Flag => "boolean",
                Kind::Time => "timestamptz",
                Kind::Json => "jsonb",
            };
            format!("{} {kind}", column.name)
        })
        .collect();
    format!("json_to_recordset($1::json) AS given({})", typed.join(", "))
}

impl Column {
    /// This column of a row of [`rows_of`].
    pub(crate) fn picked(&self, backend: DbBackend) -> String {
        let name = self.name;
        match (backend, self.kind) {
            (DbBackend::Postgres, Kind::Json) if self.optional => format!("nullif(given.{name}, 'null')"),
            (_, Kind::Json) if self.optional => format!("nullif(given.value->'$.{name}', 'null')"),
            // a JSON null is no value to PostgreSQL
            (DbBackend::Postgres, Kind::Json) => format!("coalesce(given.{name}, 'null')"),
            (DbBackend::Postgres, _) => format!("given.{name}"),
            (_, Kind::Json) => format!("given.value->'$.{name}'"),
            (_, _) => format!("given.value->>'$.{name}'"),
        }
    }
}
