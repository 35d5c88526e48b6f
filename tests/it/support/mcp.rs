//! A client of `orch mcp` that speaks the protocol line by line, so that a test can also speak it wrongly.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

/// A running server and the test's side of its streams.
pub(crate) struct Client {
    process: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    last: u64,
    early: HashMap<u64, Value>,
}

impl Client {
    /// Starts a server and shakes hands with it, as a client of this name.
    pub(crate) fn begin(command: &mut Command, name: &str) -> Self {
        let mut client = Self::start(command);
        let version =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": name, "version": "1"}});
        let answer = client.ask("initialize", &version);
        assert_eq!(answer["protocolVersion"], "2025-11-25", "{answer}");
        client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        client
    }

    /// Starts a server and says nothing yet.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take(), process.stdout.take().map(BufReader::new));
        Self { process, input, output, last: 0, early: HashMap::new() }
    }

    /// Writes a line, whatever is in it.
    pub(crate) fn say(&mut self, line: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_ref()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    /// Sends a request and hands back its number.
    pub(crate) fn send(&mut self, method: &str, parameters: &Value) -> u64 {
        self.last += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters});
        self.say(request.to_string());
        self.last
    }

    /// Reads on until the answer to this request is there: the whole message.
    pub(crate) fn message(&mut self, id: u64) -> Value {
        loop {
            if let Some(message) = self.early.remove(&id) {
                return message;
            }
            let message = self.next();
            if let Some(other) = message["id"].as_u64() {
                self.early.insert(other, message);
            }
        }
    }

    /// The next message, whatever it is.
    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        let read = self.output.as_mut().unwrap().read_line(&mut line).unwrap();
        assert!(read > 0, "the server is gone");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in: {line}"))
    }

    /// Asks and hands back the result.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.send(method, parameters);
        let mut message = self.message(id);
        assert!(message["error"].is_null(), "{message}");
        message["result"].take()
    }

    /// Asks and hands back the protocol's error.
    #[track_caller]
    pub(crate) fn refused(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.send(method, parameters);
        let mut message = self.message(id);
        assert!(message["result"].is_null(), "{message}");
        message["error"].take()
    }

    /// Sends a call of a tool.
    pub(crate) fn send_call(&mut self, tool: &str, arguments: &Value) -> u64 {
        self.send("tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    /// The answer to a call that must succeed.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        let mut message = self.message(id);
        assert_eq!(message["result"]["isError"], json!(false), "{message}");
        message["result"]["structuredContent"].take()
    }

    /// Calls a tool, which must succeed.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let id = self.send_call(tool, arguments);
        self.answer(id)
    }

    /// Calls a tool, which must fail, and hands back the error.
    #[track_caller]
    pub(crate) fn fails(&mut self, tool: &str, arguments: &Value) -> Value {
        let id = self.send_call(tool, arguments);
        let mut message = self.message(id);
        assert_eq!(message["result"]["isError"], json!(true), "{message}");
        message["result"]["structuredContent"]["error"].take()
    }

    /// Reads no more of what the server says.
    pub(crate) fn deafen(&mut self) {
        self.output = None;
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Ends the conversation and waits for the server.
    pub(crate) fn end(mut self) -> ExitStatus {
        self.input = None;
        self.process.wait().unwrap()
    }

    /// Waits for a server that ends by itself.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}
