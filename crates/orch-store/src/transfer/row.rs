//! One row as an export has it: the same text whichever database it came from. Asks no database.
//!
//! Times are RFC 3339, UTC, with microseconds. The keys of JSON objects are sorted, and a number has one form: PostgreSQL
//! keeps numbers as decimals, so it gives a great float back as a whole number.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use serde_json::Value;
use serde_json::value::RawValue;

use super::table::{Column, EVENTS, KeyPart, Kind, Table};
use crate::write::time_text;

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its key.
    pub(crate) key: Vec<KeyPart>,
    /// Its columns as a JSON object, in the order of the table.
    pub(crate) text: String,
    /// When it happened, if it is an event: that says where a server keeps it.
    pub(crate) emitted_at: Option<DateTime<Utc>>,
}

/// The value of one column.
enum Cell {
    Null,
    Text(String),
    Number(i64),
    Flag(bool),
    Time(DateTime<Utc>),
    Json(Value),
}

impl Row {
    /// Reads the row of a statement that selects the table's columns in order.
    pub(crate) fn read(table: &Table, row: &QueryResult) -> Result<Self, DbErr> {
        let cells = table.columns.iter().enumerate().map(|(index, column)| {
            Ok(match column.kind {
                Kind::Text => row.try_get_by_index::<Option<String>>(index)?.map(Cell::Text),
                Kind::Number => row.try_get_by_index::<Option<i64>>(index)?.map(Cell::Number),
                Kind::Flag => row.try_get_by_index::<Option<bool>>(index)?.map(Cell::Flag),
                Kind::Time => row.try_get_by_index::<Option<DateTime<Utc>>>(index)?.map(Cell::Time),
                Kind::Json => row.try_get_by_index::<Option<Value>>(index)?.map(Cell::Json),
            }
            .unwrap_or(Cell::Null))
        });
        cells.collect::<Result<Vec<_>, DbErr>>().map(|cells| Self::of(table, cells))
    }

    /// Reads the columns of a line. The error says what is wrong with them.
    pub(crate) fn parse(table: &Table, mut given: Vec<(&str, &RawValue)>) -> Result<Self, String> {
        let mut cells = Vec::with_capacity(table.columns.len());
        for column in table.columns {
            let Some(at) = given.iter().position(|(name, _)| *name == column.name) else {
                // a column that an older schema did not have
                if column.optional {
                    cells.push(Cell::Null);
                    continue;
                }
                return Err(format!("column {} is missing", column.name));
            };
            let (_, value) = given.swap_remove(at);
            let cell = parse(column, value.get()).map_err(|problem| format!("column {} {problem}", column.name))?;
            cells.push(cell);
        }
        match given.first() {
            Some((name, _)) => Err(format!("table {} has no column {name:?}, or it is there twice", table.name)),
            None => Ok(Self::of(table, cells)),
        }
    }

    fn of(table: &Table, cells: Vec<Cell>) -> Self {
        let mut row = Self { key: Vec::with_capacity(table.key.len()), text: String::from("{"), emitted_at: None };
        for (column, mut cell) in table.columns.iter().zip(cells) {
            if row.text.len() > 1 {
                row.text.push(',');
            }
            let _ = write!(row.text, "\"{}\":", column.name);
            if let Cell::Json(value) = &mut cell {
                canonical(value);
            }
            cell.write(&mut row.text);
            match cell {
                Cell::Number(number) if table.key.contains(&column.name) => row.key.push(KeyPart::Number(number)),
                Cell::Text(text) if table.key.contains(&column.name) => row.key.push(KeyPart::Text(text)),
                Cell::Time(time) if table.name == EVENTS && column.name == "emitted_at" => row.emitted_at = Some(time),
                _ => {}
            }
        }
        row.text.push('}');
        row
    }

    /// The row's key, as people read it.
    pub(crate) fn shown_key(&self) -> String {
        self.key.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl Cell {
    fn write(&self, out: &mut String) {
        // writing to a text cannot fail
        let _ = match self {
            Self::Null => write!(out, "null"),
            Self::Text(text) => write!(out, "{}", Quoted(text)),
            Self::Number(number) => write!(out, "{number}"),
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::Time(time) => write!(out, "\"{}\"", time_text(*time)),
            Self::Json(value) => write!(out, "{value}"),
        };
    }
}

/// Text as JSON.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self.0).map_err(|_| std::fmt::Error)?)
    }
}

fn parse(column: &Column, text: &str) -> Result<Cell, String> {
    if text == "null" && column.kind != Kind::Json {
        return if column.optional { Ok(Cell::Null) } else { Err("is empty".to_owned()) };
    }
    let wrong = |expected: &'static str| move |_: serde_json::Error| format!("is not {expected}");
    Ok(match column.kind {
        Kind::Text => Cell::Text(without_nul(serde_json::from_str(text).map_err(wrong("text"))?)?),
        Kind::Number => Cell::Number(serde_json::from_str(text).map_err(wrong("a whole number of 64 bits"))?),
        Kind::Flag => Cell::Flag(serde_json::from_str(text).map_err(wrong("true or false"))?),
        Kind::Time => Cell::Time(time(text).ok_or("is not a time such as \"2025-01-13T14:30:22.000000Z\"")?),
        Kind::Json => {
            let value: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
            // the escape may also stand for itself, as `\\u0000`
            if text.contains("\\u0000") && holds_nul(&value) {
                return Err("holds a NUL character".to_owned());
            }
            Cell::Json(value)
        }
    })
}

/// SQLite keeps times as text that sorts as they follow each other, so only one form will do.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let text: String = serde_json::from_str(text).ok()?;
    let time = DateTime::parse_from_rfc3339(&text).ok()?.to_utc();
    (time_text(time) == text).then_some(time)
}

fn without_nul(text: String) -> Result<String, String> {
    if text.contains('\0') { Err("holds a NUL character".to_owned()) } else { Ok(text) }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Gives numbers the form that both databases keep.
fn canonical(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(canonical),
        Value::Object(map) => map.values_mut().for_each(canonical),
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole) {
                *value = whole;
            }
        }
        _ => {}
    }
}

/// A float that PostgreSQL gives back in another form: one that JSON writes with an exponent but that is a whole number of
/// 64 bits, and zero below zero.
fn whole(float: f64) -> Option<Value> {
    if float == 0.0 {
        return Some(Value::from(0.0));
    }
    // below, JSON writes it without an exponent and with `.0`, which a decimal keeps
    if float.abs() < 1e16 || float.fract() != 0.0 {
        return None;
    }
    let text = format!("{float:.0}");
    text.parse::<i64>().map(Value::from).ok().or_else(|| text.parse::<u64>().map(Value::from).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (given, kept) in [
            ("[1, 1.0, 1.5, -0.0, 1e15]", "[1,1.0,1.5,0.0,1000000000000000.0]"),
            ("[1e16, -1e16, 18446744073709551615]", "[10000000000000000,-10000000000000000,18446744073709551615]"),
            ("[1e20, 1e300, 1e-7, 5e-324]", "[1e+20,1e+300,1e-7,5e-324]"),
            ("{\"b\": 1, \"a\": {\"z\": 1e17}}", "{\"a\":{\"z\":100000000000000000},\"b\":1}"),
        ] {
            let mut value: Value = serde_json::from_str(given).unwrap();
            canonical(&mut value);
            assert_eq!(value.to_string(), kept, "{given}");
        }
    }

    #[test]
    fn a_column_is_of_its_kind() {
        let column = |kind, optional| Column { name: "c", kind, optional };
        for (kind, text) in [
            (Kind::Text, "1"),
            (Kind::Text, "\"a\\u0000\""),
            (Kind::Text, "null"),
            (Kind::Number, "1.5"),
            (Kind::Number, "9223372036854775808"),
            (Kind::Flag, "1"),
            (Kind::Time, "\"2025-01-13T14:30:22Z\""),
            (Kind::Time, "\"2025-01-13T14:30:22.000000+00:00\""),
            (Kind::Json, "{\"a\":[\"\\u0000\"]}"),
        ] {
            assert!(parse(&column(kind, false), text).is_err(), "{kind:?} {text}");
        }
        assert!(matches!(parse(&column(Kind::Number, true), "null"), Ok(Cell::Null)));
        assert!(matches!(parse(&column(Kind::Json, false), "null"), Ok(Cell::Json(Value::Null))));
        assert!(parse(&column(Kind::Json, false), "\"\\\\u0000\"").is_ok());
        assert!(parse(&column(Kind::Time, false), "\"2025-01-13T14:30:22.000001Z\"").is_ok());
    }
}
