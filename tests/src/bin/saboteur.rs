//! A Lambda function that goes wrong, to be deployed in place of the program.
//!
//! `SABOTAGE=crash`: the program does its work, and is killed in the middle of it; one process of
//! four lets it live. `SABOTAGE=sleep`: takes an event and never answers.

#![expect(
    clippy::expect_used,
    reason = "a function that cannot go wrong as it should has failed"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

fn main() {
    let variable = |name: &str| std::env::var(name).expect("a variable that says how to go wrong");
    match variable("SABOTAGE").as_str() {
        "crash" => crash(&variable("PROGRAM"), &variable("COUNTER")),
        _ => sleep(&variable("AWS_LAMBDA_RUNTIME_API")),
    }
}

/// Runs the program; a byte is added to the counter for each process of the function.
fn crash(program: &str, counter: &str) {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(counter);
    let file = file.as_mut().expect("a counter");
    file.write_all(b".").expect("a counter");
    let n_processes = file.metadata().expect("a counter").len();
    if n_processes.is_multiple_of(4) {
        // Takes the place of this process.
        drop(Command::new(program).exec());
        return;
    }
    let mut child = Command::new(program).spawn().expect("the program");
    std::thread::sleep(Duration::from_millis(150 + n_processes * 50));
    child.kill().expect("a process that can be killed");
    child.wait().expect("a process that has ended");
}

/// Asks for an event and keeps it.
fn sleep(runtime_api: &str) {
    let mut stream = TcpStream::connect(runtime_api).expect("the interface for events");
    let line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
    let request = format!("{line}\r\nHost: {runtime_api}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut buffer = [0; 1];
    stream.read_exact(&mut buffer).expect("an event");
    std::thread::sleep(Duration::from_hours(1));
}
