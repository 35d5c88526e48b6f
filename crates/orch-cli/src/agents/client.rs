//! The files in which clients of MCP have their servers, and the entry for orch in them. Reads no file.

use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstRootNode};

/// The name under which a client knows the server.
const NAME: &str = "orch";
/// How it is started: the client does so in the folder of the project.
const COMMAND: &str = "orch";
const ARGUMENT: &str = "mcp";

/// A client of MCP that has its servers in a file of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Client {
    /// Claude Code: .mcp.json
    Claude,
    /// Codex, where the project is trusted: .codex/config.toml
    Codex,
    /// Cursor: .cursor/mcp.json
    Cursor,
    /// Gemini CLI: .gemini/settings.json
    Gemini,
    /// Visual Studio Code: .vscode/mcp.json
    Vscode,
}

impl Client {
    /// Its file, in the project.
    pub(super) fn path(self) -> PathBuf {
        Path::new(match self {
            Self::Claude => ".mcp.json",
            Self::Codex => ".codex/config.toml",
            Self::Cursor => ".cursor/mcp.json",
            Self::Gemini => ".gemini/settings.json",
            Self::Vscode => ".vscode/mcp.json",
        })
        .to_owned()
    }

    /// The text with an entry for orch, everything else in it as it was; `None` where there is one, whatever it says. The
    /// error says what is wrong with the text.
    pub(super) fn with_entry(self, text: &str) -> Result<Option<String>, String> {
        let marked = text.trim_start_matches('\u{feff}');
        let done = match self {
            Self::Codex => with_toml_entry(marked),
            Self::Claude | Self::Cursor | Self::Gemini => with_json_entry(marked, "mcpServers", false),
            Self::Vscode => with_json_entry(marked, "servers", true),
        }?;
        Ok(done.map(|done| format!("{}{done}", &text[..text.len() - marked.len()])))
    }

    /// What whoever edits the file by hand puts into it.
    pub(super) fn entry(self) -> &'static str {
        match self {
            Self::Codex => r#"mcp_servers.orch = { command = "orch", args = ["mcp"] }"#,
            Self::Claude | Self::Cursor | Self::Gemini => {
                r#"{"mcpServers": {"orch": {"command": "orch", "args": ["mcp"]}}}"#
            }
            Self::Vscode => r#"{"servers": {"orch": {"type": "stdio", "command": "orch", "args": ["mcp"]}}}"#,
        }
    }
}

fn with_json_entry(text: &str, servers: &str, has_type: bool) -> Result<Option<String>, String> {
    // some of the clients take comments and commas at the end, none takes more
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let root = CstRootNode::parse(text, &options).map_err(|error| format!("is not JSON: {error}"))?;
    let is_new = root.value().is_none();
    let document = root.object_value_or_create().ok_or("is not a JSON object")?;
    let named = |property: &jsonc_parser::cst::CstObjectProp| property.decoded_name().as_deref() == Some(servers);
    if document.properties().iter().filter(|property| named(property)).count() > 1 {
        return Err(format!("has {servers:?} more than once"));
    }
    let servers = document.object_value_or_create(servers).ok_or_else(|| format!("has no object under {servers:?}"))?;
    if servers.get(NAME).is_some() {
        return Ok(None);
    }
    let text = |text: &str| CstInputValue::String(text.to_owned());
    let mut entry =
        vec![("command".to_owned(), text(COMMAND)), ("args".to_owned(), CstInputValue::Array(vec![text(ARGUMENT)]))];
    if has_type {
        entry.insert(0, ("type".to_owned(), text("stdio")));
    }
    servers.append(NAME, CstInputValue::Object(entry));
    let mut done = root.to_string();
    if is_new && !done.ends_with('\n') {
        done.push('\n');
    }
    Ok(Some(done))
}

fn with_toml_entry(text: &str) -> Result<Option<String>, String> {
    let parse = |text: &str| {
        let problem = |error: toml_edit::TomlError| format!("is not TOML: {}", error.message());
        text.parse::<toml_edit::DocumentMut>().map_err(problem)
    };
    let has_entry =
        |document: &toml_edit::DocumentMut| document.get("mcp_servers").and_then(|servers| servers.get(NAME)).is_some();
    if has_entry(&parse(text)?) {
        return Ok(None);
    }
    // a table at the end leaves everything before it byte for byte
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match () {
        () if text.trim().is_empty() => String::new(),
        () if text.ends_with('\n') => line_end.to_owned(),
        () => line_end.repeat(2),
    };
    let entry = format!("[mcp_servers.{NAME}]\ncommand = \"{COMMAND}\"\nargs = [\"{ARGUMENT}\"]\n");
    let done = format!("{text}{gap}{}", entry.replace('\n', line_end));
    match parse(&done) {
        Ok(document) if has_entry(&document) => Ok(Some(done)),
        _ => Err("has its mcp_servers where no table can be added".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_added_and_all_else_stays() {
        let json = "{\n  \"mcpServers\": {\n    \"orch\": {\n      \"command\": \"orch\",\n      \"args\": [\"mcp\"]\n    }\n  }\n}\n";
        let toml = "[mcp_servers.orch]\ncommand = \"orch\"\nargs = [\"mcp\"]\n";
        for (client, text, wanted) in [
            (Client::Claude, "", json),
            (Client::Claude, "\u{feff}{}\n", &format!("\u{feff}{json}")),
            (Client::Gemini, "\n", json),
            (Client::Codex, "", toml),
            (
                Client::Vscode,
                "{\r\n\t// mine\r\n\t\"inputs\": [1e2, ],\r\n\t\"servers\": {\"b\": {}, \"a\": {\"args\": []},},\r\n}",
                "{\r\n\t// mine\r\n\t\"inputs\": [1e2, ],\r\n\t\"servers\": {\r\n\t\t\"b\": {},\r\n\t\t\"a\": {\"args\": []},\r\n\t\t\"orch\": {\r\n\t\t\t\"type\": \"stdio\",\r\n\t\t\t\"command\": \"orch\",\r\n\t\t\t\"args\": [\"mcp\"],\r\n\t\t},\r\n\t},\r\n}",
            ),
            (
                Client::Codex,
                "mcp_servers.b = {command = \"b\"}\r\nx = 1",
                &format!("mcp_servers.b = {{command = \"b\"}}\r\nx = 1\r\n\r\n{}", toml.replace('\n', "\r\n")),
            ),
            (
                Client::Codex,
                "# mine\nmodel = 'x' # y\n\n[mcp_servers.b]\ncommand = \"b\"\n",
                &format!("# mine\nmodel = 'x' # y\n\n[mcp_servers.b]\ncommand = \"b\"\n\n{toml}"),
            ),
        ] {
            let done = client.with_entry(text).unwrap().unwrap();
            assert_eq!(done, wanted, "{text}");
            assert_eq!(client.with_entry(&done), Ok(None), "{text}: a second time changes nothing");
        }
    }

    #[test]
    fn an_entry_that_is_there_stays() {
        for (client, text) in [
            (Client::Cursor, r#"{"mcpServers": {"orch": {"command": "orch", "args": ["mcp", "--actor", "a"]}}}"#),
            (Client::Codex, "[mcp_servers]\norch = { command = \"/bin/orch\" }\n"),
        ] {
            assert_eq!(client.with_entry(text), Ok(None));
        }
    }

    #[test]
    fn what_is_no_such_file_is_told() {
        let deep = "[".repeat(100_000);
        for (client, text, problem) in [
            (Client::Claude, "[]", "is not a JSON object"),
            (Client::Claude, "{\"mcpServers\": []}", "has no object under \"mcpServers\""),
            (Client::Vscode, "{\"servers\": null}", "has no object under \"servers\""),
            (Client::Gemini, "{'a': 1}", "is not JSON: "),
            (Client::Gemini, "{\"a\": 1", "is not JSON: "),
            (Client::Cursor, &deep, "is not JSON: "),
            (Client::Cursor, "{\"mcpServers\": {}, \"mcpServers\": {}}", "has \"mcpServers\" more than once"),
            (Client::Codex, "mcp_servers = 1", "has its mcp_servers where no table can be added"),
            (Client::Codex, "mcp_servers = {b = {}}", "has its mcp_servers where no table can be added"),
            (Client::Codex, "a = ", "is not TOML: "),
        ] {
            let error = client.with_entry(text).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
    }

    #[test]
    fn what_is_told_by_hand_is_what_is_written() {
        for client in [Client::Claude, Client::Vscode] {
            let written: serde_json::Value = serde_json::from_str(&client.with_entry("").unwrap().unwrap()).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(client.entry()).unwrap(), written);
        }
        let [told, written] =
            [Client::Codex.entry().to_owned(), Client::Codex.with_entry("").unwrap().unwrap()].map(|text| {
                toml_edit::Document::parse(text).unwrap().into_mut().into_table().into_inline_table().to_string()
            });
        assert_eq!(told.replace(' ', ""), written.replace(' ', ""));
    }
}
