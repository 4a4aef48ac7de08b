//! Real servers for tests, from the packages of `python/requirements.txt`. Each listens on this
//! machine alone, on ports that were free, and ends with the process that started it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Runs a command until its standard input ends, which it does with the process that holds it.
const KEEPER: &str = "
import subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
sys.stdin.read()
server.kill()
server.wait()
";

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keys of the test servers.
pub const ACCESS_KEY: &str = "test-access-key";
/// Keys of the test servers.
pub const SECRET_KEY: &str = "test-secret-key-of-no-value";

/// A server.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    /// Where it answers.
    pub endpoint: String,
    /// What it keeps.
    folder: TempDir,
}

impl Server {
    /// An S3 server that honours conditions: `SeaweedFS`, with credentials.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn s3() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ports = free_ports(9);
        let mut command = keeper(&tool("weed"));
        command.args([
            "mini",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-webdav=false",
        ]);
        command.args(["-admin.ui=false", "-master.telemetry=false"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        let names = [
            "s3.port",
            "s3.port.grpc",
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "admin.port",
        ];
        for (name, port) in names.iter().zip(&ports) {
            command.arg(format!("-{name}={port}"));
        }
        command
            .arg(format!("-dir={}", folder.path().display()))
            .current_dir(folder.path());
        Self::start(command, folder, ports[0])
    }

    /// An S3 server that ignores `If-None-Match`: rclone's.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn s3_without_conditions() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_ports(1)[0];
        let mut command = keeper(&tool("rclone"));
        command.args([
            "serve",
            "s3",
            "--auth-key",
            &format!("{ACCESS_KEY},{SECRET_KEY}"),
        ]);
        command.args(["--addr", &format!("127.0.0.1:{port}"), "--no-checksum"]);
        command.arg(folder.path());
        Self::start(command, folder, port)
    }

    /// Lambda and an S3 without credentials: `MiniStack`, with a bucket `lab`.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn lambda() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_ports(1)[0];
        let mut command = keeper(&tool("ministack"));
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("TMPDIR", folder.path())
            .current_dir(folder.path());
        let server = Self::start(command, folder, port);
        let made = ask(port, "PUT /lab").unwrap_or_default();
        assert!(made.starts_with("HTTP/1.1 200"), "{made}");
        server
    }

    fn start(mut command: Command, folder: TempDir, port: u16) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        let keeper = command
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("a server that starts");
        let server = Self {
            keeper,
            endpoint: format!("http://127.0.0.1:{port}"),
            folder,
        };
        server.wait_for(port);
        server
    }

    /// Until it answers anything that is not the failure of a server that is not ready.
    fn wait_for(&self, port: u16) {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let answer = ask(port, "GET /").unwrap_or_default();
            if answer.starts_with("HTTP/1.1 ") && !answer.starts_with("HTTP/1.1 5") {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("{} does not answer: {log}", self.endpoint);
    }

    /// Names the server and its keys in a command's environment.
    pub fn name_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", "us-east-1")
    }

    /// Folder of what it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// A program of the test packages.
///
/// # Panics
/// No interpreter is named, or the program is not beside it.
pub fn tool(name: &str) -> PathBuf {
    let python = std::env::var_os("METASPACE_TEST_PYTHON")
        .expect("METASPACE_TEST_PYTHON names a Python; tests/run sets it up");
    let tool = Path::new(&python).with_file_name(name);
    assert!(
        tool.exists(),
        "{} is not there; tests/run sets it up",
        tool.display()
    );
    tool
}

fn keeper(program: &Path) -> Command {
    let python = tool("python");
    let mut command = Command::new(python);
    command.arg("-c").arg(KEEPER).arg(program);
    command
}

/// Ports that were free a moment ago.
///
/// # Panics
/// There are none.
pub fn free_ports(n: usize) -> Vec<u16> {
    let listen = |_| TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listeners: Vec<TcpListener> = (0..n).map(listen).collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    listeners.iter().map(port).collect()
}

/// The first bytes of what a server answers.
fn ask(port: u16, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let head = "HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close";
    stream
        .write_all(format!("{request} {head}\r\n\r\n").as_bytes())
        .ok()?;
    let mut answer = [0; 64];
    let n = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..n]).into_owned())
}
