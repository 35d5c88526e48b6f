//! The program `orch`. Parses, runs one command, and exits with its code; everything else is in the modules.

#![expect(clippy::doc_markdown, reason = "the doc comments of arguments are help texts, where back-ticks would show")]

mod agents;
mod app;
mod args;
mod commands;
mod config;
mod database;
mod error;
mod exit;
mod git;
mod input;
mod mcp;
mod opened;
mod output;
mod project;
mod time;

fn main() {
    let code = app::main(std::env::args_os().collect());
    // leaves the store open on purpose: closing the last connection would cost a checkpoint, see orch-store's `connect`
    std::process::exit(code.number());
}
