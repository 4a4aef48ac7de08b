//! A server between a client and another, which passes everything on except what it spoils.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with 500 and never passed on.
    InternalError,
    /// It is answered with 503 and never passed on.
    SlowDown,
    /// It is passed on, and the answer is lost.
    Reset,
    /// The second half of the answer is lost.
    Truncated,
    /// The answer comes late, and in two pieces.
    Slow,
    /// What was written for a run is said not to be there, as by a store that is late in showing it.
    Stale,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::InternalError,
        Self::SlowDown,
        Self::Reset,
        Self::Truncated,
        Self::Slow,
        Self::Stale,
    ];
}

/// A proxy that spoils some requests; it ends with the process.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub endpoint: String,
    n_requests: Arc<AtomicU64>,
    n_spoilt: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts a proxy to an endpoint that spoils one request of `every`, each time otherwise.
    ///
    /// # Panics
    /// It cannot listen.
    pub fn start(endpoint: &str, every: u64) -> Self {
        let upstream = endpoint.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (n_requests, n_spoilt) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (counted, spoilt) = (Arc::clone(&n_requests), Arc::clone(&n_spoilt));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let number = counted.fetch_add(1, Ordering::Relaxed);
                // Which one of a few is spoilt moves on, so that none is spoilt for ever.
                let is_spoilt = number % every == number / every % every;
                let fault = is_spoilt.then(|| {
                    spoilt.fetch_add(1, Ordering::Relaxed);
                    Fault::ALL[usize::try_from(number / every).unwrap_or(0) % Fault::ALL.len()]
                });
                let upstream = upstream.clone();
                std::thread::spawn(move || pass_on(client, &upstream, fault));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            n_requests,
            n_spoilt,
        }
    }

    /// Requests so far, and those that were spoilt.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.n_requests.load(Ordering::Relaxed),
            self.n_spoilt.load(Ordering::Relaxed),
        )
    }
}

/// One request a connection: nothing is to be told apart. A failure is one more fault.
fn pass_on(mut client: TcpStream, upstream: &str, fault: Option<Fault>) -> Option<()> {
    let (head, body) = read_request(&mut client)?;
    let refuse = |client: &mut TcpStream, status: &str| {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).ok()
    };
    match fault {
        Some(Fault::InternalError) => return refuse(&mut client, "500 Internal Server Error"),
        Some(Fault::SlowDown) => return refuse(&mut client, "503 Slow Down"),
        Some(Fault::Stale) if is_read_of_run(&head) => {
            return refuse(&mut client, "404 Not Found");
        }
        _ => {}
    }
    let mut server = TcpStream::connect(upstream).ok()?;
    let head = head.trim_end_matches("\r\n\r\n").to_owned() + "\r\nConnection: close\r\n\r\n";
    server.write_all(head.as_bytes()).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    let half = answer.len() / 2;
    match fault {
        Some(Fault::Reset) => {}
        Some(Fault::Truncated) => client.write_all(&answer[..half]).ok()?,
        Some(Fault::Slow) => {
            client.write_all(&answer[..half]).ok()?;
            std::thread::sleep(Duration::from_millis(300));
            client.write_all(&answer[half..]).ok()?;
        }
        _ => client.write_all(&answer).ok()?,
    }
    client.shutdown(Shutdown::Both).ok()
}

/// Whether a request reads an object that a run has written.
fn is_read_of_run(head: &str) -> bool {
    let line = head.lines().next().unwrap_or_default();
    let is_read = line.starts_with("GET ") || line.starts_with("HEAD ");
    is_read && line.contains("/.metaspace/") && !line.contains("list-type")
}

/// Head and body of a request.
fn read_request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1 << 13]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let n = client.read(&mut buffer).ok().filter(|&n| n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value = name
            .eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse());
        value?.ok()
    });
    let mut body = bytes.split_off(end);
    let length: usize = length.unwrap_or(0);
    while body.len() < length {
        let n = client.read(&mut buffer).ok().filter(|&n| n > 0)?;
        body.extend_from_slice(&buffer[..n]);
    }
    Some((head, body))
}
