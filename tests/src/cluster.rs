//! A Slurm cluster of one node for tests: this machine, on loopback.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::server::free_ports;

/// How long the cluster may take to be ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// A cluster; its daemons end with it.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts munge, the controller and the node.
    ///
    /// # Panics
    /// Slurm is not installed, or does not start.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut cluster = Self {
            folder,
            daemons: Vec::new(),
        };
        for name in ["munge", "state", "spool"] {
            fs::create_dir(cluster.path(name)).expect("a folder");
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(cluster.path("munge"), private).expect("permissions");
        fs::write(cluster.path("munge/key"), [7; 1_024]).expect("a key");
        let private = fs::Permissions::from_mode(0o400);
        fs::set_permissions(cluster.path("munge/key"), private).expect("permissions");
        cluster.configure();
        let munge = |name: &str| cluster.path(&format!("munge/{name}")).display().to_string();
        let arguments = [
            format!("--key-file={}", munge("key")),
            format!("--socket={}", munge("socket")),
            format!("--pid-file={}", munge("pid")),
            format!("--log-file={}", munge("log")),
            format!("--seed-file={}", munge("seed")),
        ];
        cluster.daemon(
            "munged",
            &[&arguments[..], &["--foreground".into(), "--force".into()]].concat(),
        );
        cluster.until("munge", |cluster| cluster.path("munge/socket").exists());
        cluster.daemon("slurmctld", &["-D".into(), "-i".into()]);
        cluster.daemon("slurmd", &["-D".into()]);
        cluster.until("Slurm", |cluster| {
            let mut command = Command::new("sinfo");
            let output = cluster
                .name_to(&mut command)
                .args(["-h", "-o", "%T"])
                .output();
            output.is_ok_and(|output| output.stdout.starts_with(b"idle"))
        });
        cluster
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self) {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
        let (name, ports) = (name.trim(), free_ports(2));
        let user = Command::new("id").arg("-un").output().expect("id");
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        let folder = self.folder.path().display();
        let text = format!(
            "ClusterName=test\nSlurmctldHost={name}(127.0.0.1)\nSlurmUser={user}\nSlurmdUser={user}\n\
             AuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\n\
             SlurmctldPort={}\nSlurmdPort={}\n\
             StateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool\n\
             SlurmctldPidFile={folder}/slurmctld.pid\nSlurmdPidFile={folder}/slurmd.pid\n\
             CommunicationParameters=NoInAddrAny\nProctrackType=proctrack/pgid\nTaskPlugin=task/none\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nSchedulerType=sched/builtin\n\
             ReturnToService=2\nMpiDefault=none\nJobAcctGatherType=jobacct_gather/none\n\
             AccountingStorageType=accounting_storage/none\n\
             NodeName={name} NodeAddr=127.0.0.1 CPUs={} RealMemory=1000 State=UNKNOWN\n\
             PartitionName=cpu Nodes={name} Default=YES MaxTime=INFINITE State=UP\n",
            ports[0],
            ports[1],
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        );
        fs::write(self.path("slurm.conf"), text).expect("a file");
    }

    fn daemon(&mut self, name: &str, arguments: &[String]) {
        let log = fs::File::create(self.path(&format!("{name}.out"))).expect("a file");
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        let started = self.name_to(&mut command).spawn();
        let child = started.unwrap_or_else(|error| {
            panic!("{name}: {error}\nhint: apt-get install slurm-wlm munge; tests/run says when")
        });
        self.daemons.push(child);
    }

    fn until(&self, what: &str, is_ready: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !is_ready(self) {
            if started.elapsed() > PATIENCE {
                let log = |name: &str| fs::read_to_string(self.path(name)).unwrap_or_default();
                panic!(
                    "{what} is not ready: {}{}",
                    log("slurmctld.out"),
                    log("slurmd.out")
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Names the cluster in a command's environment.
    pub fn name_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("SLURM_CONF", self.path("slurm.conf"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            drop(daemon.kill());
            drop(daemon.wait());
        }
    }
}
