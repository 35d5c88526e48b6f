//! The statements of a search on PostgreSQL. All that somebody typed is a value, never a part of a statement.

use orch_core::search::{LookUp, SearchScope, Within, neighbours, pieces, term};
use sea_orm::{DbBackend, Statement};

use super::{COUNTED, Sql, number};
use crate::index::GENERATION;
use crate::index::postgres::{actor_term, hashes, type_term};

/// In more events than this, a term is looked for one event after the other, newest first.
pub(super) const FREQUENT: i64 = 10_000;

pub(super) fn position(scope: &SearchScope) -> Statement {
    // the horizon is asked for first: up to it, what is seen later is all that there will be
    let mut sql = Sql::new(
        DbBackend::Postgres,
        "WITH horizon AS MATERIALIZED (SELECT orchestration_events_horizon() AS id) \
         SELECT last, generation, last <= horizon.id, \
         (SELECT correlation_id FROM orchestration_events WHERE id = last) FROM horizon, LATERAL (SELECT coalesce((\
         SELECT max(event_id) FROM orchestration_search AS indexed WHERE horizon.id IS NOT NULL",
    );
    scoped(&mut sql, scope);
    sql.push("), 0), coalesce((SELECT value FROM orchestration_sequences WHERE name = ").bind(GENERATION);
    sql.push("), 0)) AS position (last, generation)");
    sql.statement()
}

pub(super) fn look_up(words: &[LookUp], limit: usize) -> Option<Statement> {
    let mut sql = Sql::new(DbBackend::Postgres, "");
    for (index, word) in words.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push("(SELECT ")
            .bind(number(index))
            .push("::bigint, word, term, events FROM orchestration_search_words WHERE");
        match word {
            LookUp::Exact(word) => {
                sql.push(" term = ").bind(plain(&term(word)));
            }
            LookUp::Prefix(prefix) => {
                let prefix = plain(prefix);
                sql.push(" word >= ").bind(prefix.as_str()).push(" AND word < ").bind(format!("{prefix}{}", char::MAX));
            }
            LookUp::Inside(part) => {
                let wanted: Vec<String> = pieces(part).into_iter().collect();
                array(&mut sql, " cardinality($)> 0 AND grams @> $", &wanted);
                sql.push(" AND position(").bind(plain(part)).push(" IN word) > 0");
            }
            LookUp::Near(word) => {
                let any: Vec<String> = neighbours(word).into_iter().collect();
                array(&mut sql, " grams && $", &any);
            }
        }
        sql.push(" ORDER BY events DESC, word LIMIT ").bind(number(limit)).push(")");
    }
    (!words.is_empty()).then(|| sql.statement())
}

/// In about how many events each list of terms is, in the order of the lists; `None` without any.
pub(super) fn frequency<'a>(lists: impl Iterator<Item = &'a [String]>) -> Option<Statement> {
    let mut sql = Sql::new(DbBackend::Postgres, "");
    for any in lists {
        let given: Vec<String> = any.iter().map(|term| plain(term)).collect();
        sql.push(if sql.values.is_empty() { "" } else { " UNION ALL " });
        sql.push(
            "(SELECT coalesce(sum(events), 0)::bigint FROM orchestration_search_words WHERE term IN \
             (SELECT json_array_elements_text(",
        );
        sql.bind(serde_json::Value::from(given).to_string()).push("::json)))");
    }
    (!sql.values.is_empty()).then(|| sql.statement())
}

/// No text on a server has a NUL; what is asked for with one in it is nowhere.
fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The ids of candidates of some plans, for each the plan's number and all ids as one text. Of a plan that is frequent, even the rarest list is of so
/// many events that they are found faster one by one, newest first, than by the index, which gives all of them.
pub(super) fn candidates_each(within: &Within, plans: &[(Vec<Vec<String>>, usize)], frequent: &[bool]) -> Statement {
    let mut sql = Sql::new(DbBackend::Postgres, "");
    for (index, ((all_of, limit), frequent)) in plans.iter().zip(frequent).enumerate() {
        sql.push(if index == 0 { "(SELECT " } else { " UNION ALL (SELECT " });
        sql.bind(number(index))
            .push("::bigint, coalesce(string_agg(event_id::text, ',' ORDER BY event_id DESC), '') FROM (");
        candidates(&mut sql, within, all_of, *limit, *frequent);
        sql.push(") AS found)");
    }
    sql.statement()
}

fn candidates(sql: &mut Sql, within: &Within, all_of: &[Vec<String>], limit: usize, frequent: bool) {
    sql.push("SELECT event_id FROM (SELECT event_id, terms FROM orchestration_search AS indexed");
    if within.since.is_some() || within.until.is_some() {
        sql.push(" JOIN orchestration_events AS event ON event.id = indexed.event_id");
        sql.at_the_time(within);
    }
    sql.push(" WHERE true");
    scoped(sql, &within.scope);
    if frequent {
        // what is outside of this is not drawn into it: events come newest first until enough are found
        sql.push(" ORDER BY event_id DESC OFFSET 0) AS indexed WHERE true");
        all(sql, within, all_of);
        sql.push(" ORDER BY event_id DESC LIMIT ").bind(number(limit));
    } else {
        all(sql, within, all_of);
        // no index has this order, so that the server does not go through the log from its end, as it does for a limit
        sql.push(") AS indexed ORDER BY event_id + 0 DESC LIMIT ").bind(number(limit));
    }
}

pub(super) fn count(within: &Within) -> Statement {
    let mut sql = Sql::new(DbBackend::Postgres, "SELECT ");
    sql.push(COUNTED).push(
        ", CASE WHEN event.event_type >= 'orchestration.' AND event.event_type < 'orchestration/' \
         THEN event.payload->>'phase' END AS phase FROM orchestration_events AS event",
    );
    if matches!(within.scope, SearchScope::Project(None)) {
        sql.push(" WHERE true");
        for (column, name) in [
            ("event_type", within.event_type.as_ref().map(AsRef::<str>::as_ref)),
            ("actor", within.actor.as_ref().map(AsRef::as_ref)),
        ] {
            if let Some(name) = name {
                sql.push(" AND event.").push(column).push(" = ").bind(name);
            }
        }
    } else {
        sql.push(" JOIN orchestration_search AS indexed ON indexed.event_id = event.id WHERE true");
        scoped(&mut sql, &within.scope);
        all(&mut sql, within, &[]);
    }
    sql.push(" AND event.archived_at IS NULL").at_the_time(within);
    sql.push(" GROUP BY event.event_type, event.actor, phase");
    sql.statement()
}

/// Keeps what is in a scope.
fn scoped(sql: &mut Sql, scope: &SearchScope) {
    let column = match scope {
        SearchScope::Session(_) => "session_key",
        SearchScope::Task(_) => "task_code",
        SearchScope::Sprint(_) => "sprint_code",
        SearchScope::Project(_) => "project",
    };
    if let Some(id) = scope.id() {
        sql.push(" AND indexed.").push(column).push(" = ").bind(id);
    }
}

/// Keeps what has one at least of each list, and is of the type and by the actor.
fn all(sql: &mut Sql, within: &Within, all_of: &[Vec<String>]) {
    let marks: Vec<String> = within
        .event_type
        .iter()
        .map(|event_type| type_term(event_type.as_str()))
        .chain(within.actor.iter().map(|actor| actor_term(actor.as_str())))
        .chain(all_of.iter().filter(|any| any.len() == 1).flatten().cloned())
        .collect();
    if all_of.iter().any(Vec::is_empty) {
        sql.push(" AND false");
    }
    if !marks.is_empty() {
        array(sql, " AND indexed.terms @> $", &marks);
    }
    for any in all_of.iter().filter(|any| any.len() > 1) {
        array(sql, " AND indexed.terms && $", any);
    }
}

/// Adds a text in which `$` stands for the hashes of terms.
fn array(sql: &mut Sql, text: &str, terms: &[String]) {
    let hashes = hashes(terms.iter().map(String::as_str));
    for (index, part) in text.split('$').enumerate() {
        if index > 0 {
            sql.bind(hashes.as_str()).push("::int4[]");
        }
        sql.push(part);
    }
}
