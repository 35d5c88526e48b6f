//! The third migration: the index that context search reads, and what an imported event was where it came from. Is never
//! changed once released.
//!
//! The index is filled by the store, which knows what is in an event; what is written here has no rows yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Makes the index.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let statements = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        for statement in statements {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// `orchestration_search` has a row of terms for each event, under its id; only their lists are kept, so that it is read by a
/// term alone. Terms come without separators, so the plainest tokenizer leaves each as it is. The other two tables are the
/// lexicon: each word once, and by what it is found.
const SQLITE: &[&str] = &[
    "ALTER TABLE orchestration_events ADD COLUMN external jsonb_text",
    "DROP TRIGGER orchestration_events_no_update",
    "CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id, event_type, entity_type, entity_id, seq, \
     session_key, correlation_id, actor, payload, emitted_at, external ON orchestration_events \
     BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
    "CREATE VIRTUAL TABLE orchestration_search USING fts5(terms, content='', contentless_delete=1, detail=none, \
     tokenize='ascii')",
    "CREATE TABLE orchestration_search_words (id integer PRIMARY KEY, word text NOT NULL UNIQUE, term text NOT NULL, \
     events bigint NOT NULL)",
    "CREATE INDEX orchestration_search_words_term ON orchestration_search_words (term)",
    "CREATE VIRTUAL TABLE orchestration_search_grams USING fts5(grams, content='', contentless_delete=1, detail=none, \
     tokenize='ascii')",
];

/// Terms and grams are kept as hashes of 32 bits: whoever finds one looks at the text, too. New entries of an index wait
/// in a short list that every reader walks through; `gin_pending_list_limit` is how long it may get, in KiB.
///
/// `orchestration_index` writes the index of some events, whose ids and rows come in the same order. A word's count of events
/// is only ever an estimate: of a common word every event would change the same row, so the greater the count, the more
/// rarely it is changed, and by the more (Morris 1978); and nobody waits for a row that somebody else is changing.
const POSTGRES: &[&str] = &[
    "ALTER TABLE orchestration_events ADD COLUMN external jsonb",
    "ALTER TABLE orchestration_events_archive ADD COLUMN external jsonb",
    "DROP TRIGGER orchestration_events_no_update ON orchestration_events",
    "CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id, event_type, entity_type, entity_id, seq, session_key, \
     correlation_id, actor, payload, emitted_at, external ON orchestration_events \
     FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard()",
    r#"CREATE TABLE orchestration_search (
        event_id bigint PRIMARY KEY,
        session_key text COLLATE "C",
        task_code text COLLATE "C",
        sprint_code text COLLATE "C",
        project text COLLATE "C",
        terms int4[] NOT NULL
    )"#,
    "CREATE INDEX orchestration_search_terms ON orchestration_search USING gin (terms) WITH (gin_pending_list_limit = 256)",
    "CREATE INDEX orchestration_search_session ON orchestration_search (session_key, event_id)",
    "CREATE INDEX orchestration_search_task ON orchestration_search (task_code, event_id)",
    "CREATE INDEX orchestration_search_sprint ON orchestration_search (sprint_code, event_id)",
    "CREATE INDEX orchestration_search_project ON orchestration_search (project, event_id) WHERE project IS NOT NULL",
    r#"CREATE TABLE orchestration_search_words (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        word text COLLATE "C" NOT NULL UNIQUE,
        term text COLLATE "C" NOT NULL,
        events bigint NOT NULL,
        grams int4[] NOT NULL
    ) WITH (fillfactor = 80)"#,
    "CREATE INDEX orchestration_search_words_term ON orchestration_search_words (term)",
    "CREATE INDEX orchestration_search_words_grams ON orchestration_search_words USING gin (grams) \
     WITH (gin_pending_list_limit = 256)",
    r"CREATE FUNCTION orchestration_index(ids bigint[], events json, words json) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO orchestration_search (event_id, session_key, task_code, sprint_code, project, terms)
            SELECT ids[row.number], given.session, given.task, coalesce(given.sprint,
                (SELECT sprint_code FROM orchestration_tasks AS task JOIN orchestration_sprints AS sprint
                 ON sprint.id = task.sprint_id WHERE given.look AND task.task_code = given.task)),
                given.project, given.terms::int4[]
            FROM json_array_elements(events) WITH ORDINALITY AS row(value, number),
                json_to_record(row.value) AS given(session text, task text, sprint text, look boolean, project text,
                    terms text);
        WITH given AS (
            SELECT known.id, given.n * greatest(1, known.events / (256 * given.n)) AS n
            FROM json_to_recordset(words) AS given(word text, n bigint)
            JOIN orchestration_search_words AS known ON known.word = given.word
            WHERE random() * known.events < 256 * given.n
            ORDER BY known.id FOR NO KEY UPDATE OF known SKIP LOCKED
        )
        UPDATE orchestration_search_words AS known SET events = known.events + given.n FROM given
            WHERE known.id = given.id;
        INSERT INTO orchestration_search_words (word, term, events, grams)
            SELECT given.word, given.term, given.n, given.grams::int4[]
            FROM json_to_recordset(words) AS given(word text, term text, n bigint, grams text)
            WHERE NOT EXISTS (SELECT FROM orchestration_search_words AS known WHERE known.word = given.word)
            ORDER BY given.word ON CONFLICT (word) DO NOTHING;
    END $$",
];
