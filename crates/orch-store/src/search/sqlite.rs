//! The statements of a search on SQLite. A text reaches FTS5 as quoted terms without any separator; nothing that somebody
//! typed is ever a part of its syntax.

use orch_core::search::{LookUp, SearchScope, Within, neighbours, pieces, term};
use sea_orm::{DbBackend, Statement};

use super::{COUNTED, Sql, number};
use crate::index::GENERATION;
use crate::index::sqlite::marks;

/// The least number above all words that begin with a prefix: no character is greater.
const AFTER_ALL: char = char::MAX;

pub(super) fn position(scope: &SearchScope) -> Statement {
    let marks = marks(&Within::all(scope.clone()));
    // one writes after the other, so what is there is settled
    let mut sql = Sql::new(DbBackend::Sqlite, "SELECT last, generation, true, ");
    sql.push("(SELECT correlation_id FROM orchestration_events WHERE id = last) FROM (SELECT coalesce((");
    if marks.is_empty() {
        sql.push("SELECT max(id) FROM orchestration_events");
    } else {
        sql.push("SELECT rowid FROM orchestration_search WHERE orchestration_search MATCH ");
        sql.bind(expression(&marks, &[])).push(" ORDER BY rowid DESC LIMIT 1");
    }
    sql.push("), 0) AS last, coalesce((SELECT value FROM orchestration_sequences WHERE name = ").bind(GENERATION);
    sql.push("), 0) AS generation)");
    sql.statement()
}

/// Looks all words up in one statement: each costs a way to SQLite's thread and back.
pub(super) fn look_up(words: &[LookUp], limit: usize) -> Option<Statement> {
    let mut sql = Sql::new(DbBackend::Sqlite, "");
    for (index, word) in words.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT * FROM (SELECT ").bind(number(index));
        sql.push(", word, term, events FROM orchestration_search_words WHERE");
        match word {
            LookUp::Exact(word) => {
                sql.push(" term = ").bind(term(word).as_ref());
            }
            LookUp::Prefix(prefix) => {
                sql.push(" word >= ").bind(prefix.as_str()).push(" AND word < ").bind(format!("{prefix}{AFTER_ALL}"));
            }
            LookUp::Inside(part) => {
                let wanted: Vec<String> = pieces(part).into_iter().collect();
                with_grams(&mut sql, expression(&wanted, &[]).filter(|_| !wanted.is_empty()));
                sql.push(" AND instr(word, ").bind(part.as_str()).push(") > 0");
            }
            LookUp::Near(word) => {
                let any: Vec<String> = neighbours(word).into_iter().collect();
                with_grams(&mut sql, expression(&[], &[any]));
            }
        }
        sql.push(" ORDER BY events DESC, word LIMIT ").bind(number(limit)).push(")");
    }
    (!words.is_empty()).then(|| sql.statement())
}

/// Keeps the words whose grams match.
fn with_grams(sql: &mut Sql, expression: Option<String>) {
    match expression {
        None => sql.push(" false"),
        Some(expression) => sql
            .push(" id IN (SELECT rowid FROM orchestration_search_grams WHERE orchestration_search_grams MATCH ")
            .bind(expression)
            .push(")"),
    };
}

/// The ids of candidates of some plans, for each the plan's number and all ids as one text: rows cost more than what is in
/// them. A plan that nothing can match is left out; `None` if none is left.
pub(super) fn candidates_each(within: &Within, plans: &[(Vec<Vec<String>>, usize)]) -> Option<Statement> {
    let mut sql = Sql::new(DbBackend::Sqlite, "");
    for (index, (all_of, limit)) in plans.iter().enumerate() {
        let Some(expression) = expression(&marks(within), all_of) else { continue };
        sql.push(if sql.values.is_empty() { "SELECT " } else { " UNION ALL SELECT " });
        sql.bind(number(index)).push(", coalesce(group_concat(id), '') FROM (");
        candidates(&mut sql, within, &expression, *limit);
        sql.push(")");
    }
    (!sql.values.is_empty()).then(|| sql.statement())
}

fn candidates(sql: &mut Sql, within: &Within, expression: &str, limit: usize) {
    if expression.is_empty() {
        sql.push("SELECT id FROM orchestration_events AS event WHERE archived_at IS NULL");
        sql.at_the_time(within);
        sql.push(" ORDER BY id DESC LIMIT ").bind(number(limit));
        return;
    }
    sql.push("SELECT orchestration_search.rowid AS id FROM orchestration_search");
    if within.since.is_some() || within.until.is_some() {
        sql.push(" CROSS JOIN orchestration_events AS event ON event.id = orchestration_search.rowid");
    }
    sql.push(" WHERE orchestration_search MATCH ").bind(expression);
    sql.at_the_time(within);
    sql.push(" ORDER BY orchestration_search.rowid DESC LIMIT ").bind(number(limit));
}

pub(super) fn count(within: &Within) -> Statement {
    let marks = marks(within);
    let mut sql = Sql::new(DbBackend::Sqlite, "SELECT ");
    // the payload of a custom event is its own affair, and reading those of a whole log takes long
    sql.push(COUNTED).push(
        ", CASE WHEN event.event_type >= 'orchestration.' AND event.event_type < 'orchestration/' \
         THEN event.payload->>'$.phase' END AS phase",
    );
    if marks.is_empty() {
        sql.push(" FROM orchestration_events AS event WHERE true");
    } else {
        sql.push(
            " FROM orchestration_search CROSS JOIN orchestration_events AS event \
             ON event.id = orchestration_search.rowid WHERE orchestration_search MATCH ",
        );
        sql.bind(expression(&marks, &[]).unwrap_or_default());
    }
    sql.push(" AND event.archived_at IS NULL").at_the_time(within);
    sql.push(" GROUP BY event.event_type, event.actor, phase");
    sql.statement()
}

/// All of some terms, and one at least of each list, in the syntax of FTS5; `None` where nothing can match. No event has a
/// term with a separator in it, so one that is asked for matches nothing, and cannot become a part of the syntax.
fn expression(terms: &[String], all_of: &[Vec<String>]) -> Option<String> {
    let is_term = |term: &&String| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || !byte.is_ascii();
        !term.is_empty() && term.bytes().all(is_letter)
    };
    let quoted = |term: &String| format!("\"{term}\"");
    let mut parts = Vec::with_capacity(terms.len() + all_of.len());
    for term in terms {
        parts.push(quoted(Some(term).filter(is_term)?));
    }
    for any in all_of {
        let any: Vec<String> = any.iter().filter(is_term).map(quoted).collect();
        match any.as_slice() {
            [] => return None,
            [one] => parts.push(one.clone()),
            several => parts.push(format!("({})", several.join(" OR "))),
        }
    }
    Some(parts.join(" AND "))
}
