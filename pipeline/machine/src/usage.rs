//! What the machine has, and what the process used of it. From `/proc` and `/sys/fs/cgroup`; nothing
//! where they are not.

use std::borrow::Cow;
use std::path::Path;
use std::time::Instant;

/// Bytes of memory of the machine, or of the container that the process is in, if those are fewer.
pub fn memory_bytes() -> Option<u64> {
    let machine = kilobytes("/proc/meminfo", "MemTotal:").map(|kb| kb * 1024);
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let container = container_bytes(&groups, Path::new("/sys/fs/cgroup"));
    machine.into_iter().chain(container).min()
}

/// The lowest limit of memory of the control groups that a process is in, or that those are in:
/// version 2, and version 1 where that is in use.
///
/// # Source
/// cgroups(7); <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
fn container_bytes(groups: &str, root: &Path) -> Option<u64> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (root, file) = if controllers.is_empty() {
            (root.to_owned(), "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        // A container may see its own group as the root, under a path that is of outside.
        let group = root.join(path.trim_start_matches('/'));
        let inward = group
            .ancestors()
            .take_while(|folder| folder.starts_with(&root));
        for folder in inward {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            // "max" where there is none.
            limits.extend(text.trim().parse::<u64>());
        }
    }
    limits.into_iter().min()
}

/// Most bytes of memory that the process had at once.
pub fn peak_memory_bytes() -> Option<u64> {
    kilobytes("/proc/self/status", "VmHWM:").map(|kb| kb * 1024)
}

/// Bytes of memory that the process has now.
pub fn memory_now_bytes() -> Option<u64> {
    kilobytes("/proc/self/status", "VmRSS:").map(|kb| kb * 1024)
}

/// Seconds of processor time that the process has used.
pub fn cpu_seconds() -> Option<f64> {
    /// Clock ticks a second: fixed by the kernel's interface.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything; user and system time are the 12th and 13th after it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Measures the time of one stage after another.
#[derive(Debug)]
pub struct Stopwatch {
    last: (Instant, Option<f64>),
    stages: Vec<StageTime>,
}

/// What a stage took.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageTime {
    /// Its name.
    pub stage: Cow<'static, str>,
    /// Seconds on the clock.
    pub seconds: f64,
    /// Seconds of processors, where the machine tells.
    pub cpu_seconds: Option<f64>,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self {
            last: (Instant::now(), cpu_seconds()),
            stages: Vec::new(),
        }
    }
}

impl Stopwatch {
    /// Ends a stage that began when the last one ended.
    pub fn lap(&mut self, stage: &'static str) {
        let now = (Instant::now(), cpu_seconds());
        let cpu_seconds = now.1.zip(self.last.1).map(|(now, last)| now - last);
        let seconds = now.0.duration_since(self.last.0).as_secs_f64();
        self.stages.push(StageTime {
            stage: stage.into(),
            seconds,
            cpu_seconds,
        });
        self.last = now;
    }

    /// The stages so far.
    pub fn stages(&self) -> &[StageTime] {
        &self.stages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_uses_memory_and_less_than_the_machine_has() {
        let (peak, all) = (peak_memory_bytes().unwrap(), memory_bytes().unwrap());
        assert!(peak > 100_000 && peak < all);
        assert!(cpu_seconds().unwrap() >= 0.0);
    }

    #[test]
    fn a_container_has_the_lowest_limit() {
        let root = tempfile::tempdir().unwrap();
        let write = |folder: &str, file: &str, text: &str| {
            let folder = root.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(file), text).unwrap();
        };
        let limit = |groups: &str| container_bytes(groups, root.path());
        assert_eq!(limit(""), None);
        assert_eq!(limit("0::/\n"), None);
        write("", "memory.max", "max\n");
        write("a", "memory.max", "2000000000\n");
        write("a/b", "memory.max", "max\n");
        assert_eq!(limit("0::/\n"), None);
        assert_eq!(limit("0::/a/b\n"), Some(2_000_000_000));
        // A path of outside that is not there: the root counts.
        write("", "memory.max", "3000000000\n");
        assert_eq!(limit("0::/docker/x\n"), Some(3_000_000_000));
        write("memory/a", "memory.limit_in_bytes", "1000\n");
        assert_eq!(limit("7:cpu:/a\n5:memory,hugetlb:/a\n"), Some(1_000));
    }
}
