//! A server of results, and a client that says exactly what it is told to.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::WorkingFolder;

/// How long a client waits for anything.
const PATIENCE: Duration = Duration::from_mins(1);

/// `metaspace serve` while it runs; killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Address and port.
    pub address: String,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Server {
    /// Starts `metaspace serve` with the words of a line, at a free port.
    ///
    /// # Panics
    /// It does not say where it is.
    pub fn start(work: &WorkingFolder, line: &str) -> Self {
        Self::with_variables(work, line, &[])
    }

    /// The same with variables of its environment.
    ///
    /// # Panics
    /// It does not say where it is.
    pub fn with_variables(work: &WorkingFolder, line: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = work.command(&format!("serve {line} --listen 127.0.0.1:0"));
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .envs(variables.iter().copied());
        let mut child = command.spawn().expect("the program starts");
        let mut said = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        let address = said.trim().strip_prefix("http://").unwrap_or_else(|| {
            let mut why = String::new();
            drop(
                child
                    .stderr
                    .take()
                    .map(|mut stderr| stderr.read_to_string(&mut why)),
            );
            panic!("no address: {said}{why}")
        });
        Self {
            address: address.into(),
            child,
        }
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by the name that `kill` knows, and waits for the end; returns the exit code and
    /// what was said on stderr.
    ///
    /// # Panics
    /// The signal cannot be sent.
    pub fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(sent.expect("kill starts").success());
        let code = self.child.wait().expect("an end").code();
        let mut said = String::new();
        let stderr: Option<&mut ChildStderr> = self.child.stderr.as_mut();
        drop(stderr.map(|stderr| stderr.read_to_string(&mut said)));
        (code, said)
    }

    /// A connection to it.
    ///
    /// # Panics
    /// It takes none.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time");
        stream
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], &[])
    }

    /// Sends a body of a type.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.ask("POST", path, &[("content-type", content_type)], body)
    }

    /// Asks with a method, headers and a body.
    ///
    /// # Panics
    /// It does not answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let has = |name: &str| {
            headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        if !body.is_empty() && !has("content-length") && !has("transfer-encoding") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = self.connect();
        stream
            .write_all(format!("{head}\r\n").as_bytes())
            .expect("a head that is taken");
        // A server that refuses a body need not take all of it.
        drop(stream.write_all(body));
        Answer::read(stream, method == "HEAD")
    }

    /// The JSON of a path, which must be answered well.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        self.get(path).json()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Answer {
    /// Reads an answer to its end.
    ///
    /// # Panics
    /// It is none.
    pub fn read(stream: impl Read, is_head: bool) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line of the head");
            line.trim_end().to_owned()
        };
        let first = line();
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {first}"));
        let mut headers = Vec::new();
        loop {
            let header = line();
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let mut body = Vec::new();
        let answer = Self {
            status,
            headers,
            body: Vec::new(),
        };
        if is_head || status == 304 {
            return answer;
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size).expect("a size");
                let size = u64::from_str_radix(size.trim(), 16).expect("a size");
                let chunk = (&mut reader)
                    .take(size)
                    .read_to_end(&mut body)
                    .expect("a chunk");
                assert_eq!(chunk as u64, size, "a chunk was cut");
                let mut end = String::new();
                reader.read_line(&mut end).expect("an end of a chunk");
                if size == 0 {
                    break;
                }
            }
        } else {
            let length = answer.header("content-length").and_then(|n| n.parse().ok());
            let length: u64 = length.expect("a length");
            reader.take(length).read_to_end(&mut body).expect("a body");
            assert_eq!(body.len() as u64, length, "the body was cut");
        }
        Self { body, ..answer }
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The JSON of an answer of status 200.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Makes sure that it is a problem of a status and kind, which tells nothing of the machine.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn refused(&self, status: u16, kind: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{text}"
        );
        let problem: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(problem["type"], format!("/api#{kind}"), "{text}");
        assert_eq!(problem["status"], status);
        assert!(
            !text.contains("/tmp") && !text.contains("panicked"),
            "{text}"
        );
        problem
    }
}

/// A text as it stands in an address.
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).into(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
