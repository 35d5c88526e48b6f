//! One report of an error as a JSON record. Judges nothing.

use std::borrow::Cow;

use orch_core::bug::Report;
use serde::Deserialize;

/// A record; what it does not have is as good as null, and further fields are not looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Record<'t> {
    #[serde(borrow, default)]
    message: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    file: Option<Cow<'t, str>>,
    #[serde(default)]
    line: Option<i64>,
    #[serde(borrow, default)]
    stack: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    project_root: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    function: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    source_line: Option<Cow<'t, str>>,
}

impl<'t> Record<'t> {
    /// Reads a record.
    pub(super) fn parse(text: &'t str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if record.message.is_none() && record.stack.is_none() {
            return Err("neither a message nor a stack".to_owned());
        }
        Ok(record)
    }

    /// The report of this record.
    pub(super) fn report(&self) -> Report<'_> {
        Report {
            message: self.message.as_deref().unwrap_or_default(),
            file: self.file.as_deref(),
            // a line beyond all files is none
            line: self.line.and_then(|line| line.try_into().ok()),
            stack: self.stack.as_deref(),
            project_root: self.project_root.as_deref(),
            function: self.function.as_deref(),
            source_line: self.source_line.as_deref(),
        }
    }
}
