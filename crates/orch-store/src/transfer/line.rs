//! The lines of an export: a header, one line a row, a footer. Reads them from a file and checks that it is whole; asks no
//! database.

use std::io::{BufRead, BufReader, Read};

use orch_core::operation::hex;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::TransferError;
use super::row::Row;
use super::table::{KeyPart, TABLES, Table};

/// The version of the form of an export.
pub(crate) const FORMAT: i64 = 1;
/// The most bytes that a line may have.
pub(crate) const MAX_LINE: usize = 64 << 20;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of the form.
    pub(crate) orch_export: i64,
    /// The version of the schema that the rows are of.
    pub(crate) schema: i64,
    /// Where it came from. All else in an export is the same, whichever store holds the rows.
    pub(crate) origin: Origin,
}

impl Header {
    /// A number that tells this export from others.
    pub(crate) fn identity(&self) -> i64 {
        let digest = Sha256::digest(serde_json::to_vec(self).unwrap_or_default());
        let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
        i64::from_be_bytes(first) & i64::MAX
    }
}

/// Where an export came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// `sqlite` or `postgresql`.
    pub(crate) store: String,
    /// When it was made.
    pub(crate) exported_at: String,
    /// The operation that made it.
    pub(crate) operation_id: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Last {
    pub(crate) footer: Footer,
}

/// What the last line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    /// How many rows there are, by table.
    pub(crate) rows: std::collections::BTreeMap<String, u64>,
    /// SHA-256 of all lines between the first and this one, with their ends, hex.
    pub(crate) sha256: String,
}

impl Footer {
    pub(crate) fn new(counts: &[u64], sha256: String) -> Self {
        let rows = TABLES.iter().zip(counts).map(|(table, count)| (table.name.to_owned(), *count)).collect();
        Self { rows, sha256 }
    }
}

/// The line of a row.
pub(crate) fn row_line(table: &Table, row: &Row) -> String {
    format!("{{\"table\":\"{}\",\"row\":{}}}\n", table.name, row.text)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowLine<'a> {
    table: &'a str,
    #[serde(borrow)]
    row: Columns<'a>,
}

/// The columns of a row, in the order of the line.
struct Columns<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Columns<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Columns<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the columns of a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut columns = Vec::with_capacity(16);
                while let Some(column) = map.next_entry()? {
                    columns.push(column);
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Reads an export line by line, and insists that it is whole: rows in their order, and the footer at its end.
pub(crate) struct Reader<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    hash: Sha256,
    counts: Vec<u64>,
    /// The table and key of the last row.
    last: Option<(usize, Vec<KeyPart>)>,
    done: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the header. `known` is the newest schema that this program knows.
    pub(crate) fn open(input: R, known: i64) -> Result<(Self, Header), TransferError> {
        let mut reader = Self {
            input: BufReader::with_capacity(1 << 18, input),
            line: Vec::new(),
            number: 0,
            hash: Sha256::new(),
            counts: vec![0; TABLES.len()],
            last: None,
            done: false,
        };
        let there = match reader.next_line() {
            Err(TransferError::CutOff { .. } | TransferError::Malformed { .. }) if !reader.line.starts_with(b"{") => {
                false
            }
            found => found?,
        };
        // a form of the future may have another header, but for its number
        let version = serde_json::from_slice::<serde_json::Value>(&reader.line).unwrap_or_default();
        let Some(found) = version["orch_export"].as_i64().filter(|_| there) else { return Err(TransferError::Foreign) };
        if found > FORMAT {
            return Err(TransferError::NewerFormat { found, known: FORMAT });
        }
        let header: Header =
            serde_json::from_slice(&reader.line).map_err(|error| reader.malformed(error.to_string()))?;
        if header.schema > known {
            return Err(TransferError::NewerSchema { found: header.schema, known });
        }
        Ok((reader, header))
    }

    /// The next row with its table; `None` at the end of a whole export.
    pub(crate) fn next_row(&mut self) -> Result<Option<(usize, Row)>, TransferError> {
        if self.done {
            return Ok(None);
        }
        if !self.next_line()? {
            return Err(self.cut_off());
        }
        if self.line.starts_with(b"{\"footer\"") {
            return self.end().map(|()| None);
        }
        let RowLine { table: name, row: Columns(columns) } =
            serde_json::from_slice(&self.line).map_err(|error| self.malformed(error.to_string()))?;
        let Some((index, table)) = Table::named(name) else {
            return Err(self.malformed(format!("there is no table {name:?}")));
        };
        let row = Row::parse(table, columns).map_err(|problem| self.malformed(problem))?;
        if self.last.as_ref().is_some_and(|last| (last.0, &last.1) >= (index, &row.key)) {
            return Err(self.malformed("the row is out of order, or there twice"));
        }
        self.hash.update(&self.line);
        self.last = Some((index, row.key.clone()));
        self.counts[index] += 1;
        Ok(Some((index, row)))
    }

    /// How many rows of each table were read so far.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The hash of the rows that were read so far.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// The number of the line that was read last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    fn end(&mut self) -> Result<(), TransferError> {
        let Last { footer } = serde_json::from_slice(&self.line).map_err(|error| self.malformed(error.to_string()))?;
        if footer != Footer::new(&self.counts, self.sha256()) {
            return Err(self.malformed("the lines before it are not those that were written"));
        }
        if self.next_line()? {
            return Err(self.malformed("nothing may follow the footer"));
        }
        self.done = true;
        Ok(())
    }

    /// Reads a line with its end. Says whether there was one.
    fn next_line(&mut self) -> Result<bool, TransferError> {
        self.line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(most + 1).read_until(b'\n', &mut self.line);
        if read.map_err(TransferError::Read)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.line.len() > MAX_LINE {
            return Err(self.malformed(format!("it has more than {MAX_LINE} bytes")));
        }
        if self.line.last() != Some(&b'\n') {
            return Err(self.cut_off());
        }
        Ok(true)
    }

    fn malformed(&self, problem: impl Into<String>) -> TransferError {
        TransferError::Malformed { line: self.number, problem: problem.into() }
    }

    fn cut_off(&self) -> TransferError {
        TransferError::CutOff { line: self.number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = concat!(
        "{\"table\":\"orchestration_templates\",\"row\":{\"sha256\":\"a\",\"name\":\"n\",\"content\":\"c\"}}\n",
        "{\"table\":\"orchestration_sequences\",\"row\":{\"name\":\"SPR\",\"value\":3}}\n",
        "{\"table\":\"orchestration_sequences\",\"row\":{\"name\":\"TSK\",\"value\":7}}\n",
    );

    fn header(format: i64, schema: i64) -> String {
        format!(
            "{{\"orch_export\":{format},\"schema\":{schema},\"origin\":{{\"store\":\"sqlite\",\"exported_at\":\"x\",\"operation_id\":\"y\"}}}}\n"
        )
    }

    fn footer(rows: &str, counts: [u64; 10]) -> String {
        let footer = Footer::new(&counts, hex(&Sha256::digest(rows)));
        format!("{}\n", serde_json::to_string(&Last { footer }).unwrap())
    }

    fn whole() -> String {
        header(1, 1) + ROWS + &footer(ROWS, [0, 0, 0, 1, 0, 0, 0, 0, 0, 2])
    }

    fn read(text: &str) -> Result<usize, TransferError> {
        let (mut reader, _) = Reader::open(text.as_bytes(), 1)?;
        let mut rows = 0;
        while reader.next_row()?.is_some() {
            rows += 1;
        }
        Ok(rows)
    }

    #[test]
    fn a_whole_export_is_read() {
        assert_eq!(read(&whole()).unwrap(), 3);
        let empty = header(1, 1) + &footer("", [0; 10]);
        assert_eq!(read(&empty).unwrap(), 0);
    }

    #[test]
    fn a_cut_off_export_is_noticed_wherever_it_is_cut() {
        let text = whole();
        let mut ends: Vec<usize> = (0..text.len()).collect();
        ends.retain(|end| text.is_char_boundary(*end));
        for end in ends {
            match read(&text[..end]).unwrap_err() {
                TransferError::CutOff { .. } => {}
                TransferError::Foreign if end == 0 => {}
                error => panic!("at {end}: {error}"),
            }
        }
    }

    #[test]
    fn what_is_no_export_is_refused_with_its_line() {
        let malformed = |text: String, line: u64, told: &str| match read(&text).unwrap_err() {
            TransferError::Malformed { line: found, problem } => {
                assert_eq!(found, line, "{problem}");
                assert!(problem.contains(told), "{problem}");
            }
            error => panic!("{error}"),
        };
        let text = whole();
        malformed(text.replace("\"value\":3", "\"value\":4"), 5, "not those that were written");
        malformed(text.replace("\"value\":3", "\"value\":3,\"more\":1"), 3, "no column \"more\"");
        malformed(text.replace("\"value\":3", "\"value\":3,\"value\":3"), 3, "no column \"value\"");
        malformed(text.replace(",\"value\":3", ""), 3, "column value is missing");
        malformed(text.replace("\"value\":3", "\"value\":null"), 3, "column value is empty");
        malformed(text.replace("orchestration_templates", "users"), 2, "no table \"users\"");
        malformed(text.replace("SPR", "ZZZ"), 4, "out of order");
        malformed(text.replace("{\"table\":\"orchestration_templates\"", "[]"), 2, "");
        malformed(text.clone() + "{}\n", 6, "nothing may follow");
        assert!(matches!(read("{}\n"), Err(TransferError::Foreign)));
        assert!(matches!(read("SQLite format 3\0"), Err(TransferError::Foreign)));
        assert!(matches!(read(&header(2, 1)), Err(TransferError::NewerFormat { found: 2, known: 1 })));
        assert!(matches!(read(&header(1, 2)), Err(TransferError::NewerSchema { found: 2, known: 1 })));
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let endless = header(1, 1).into_bytes();
        let endless = endless.chain(std::io::repeat(b'x'));
        let (mut reader, _) = Reader::open(endless, 1).unwrap();
        let error = reader.next_row().unwrap_err();
        assert!(matches!(error, TransferError::Malformed { line: 2, .. }), "{error}");
    }
}
