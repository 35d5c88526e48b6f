//! What coding agents of any make read of a project: their files of instructions, and the files that name their MCP servers.

mod client;
mod file;
mod section;

pub(crate) use client::Client;
pub(crate) use file::{AgentFile, Effect, Plan, look, plan};
pub(crate) use section::State;
