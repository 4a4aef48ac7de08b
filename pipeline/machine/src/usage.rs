//! What the machine has, and what the process used of it. From `/proc`; nothing where it is not.

use std::borrow::Cow;
use std::time::Instant;

/// Bytes of memory of the machine.
pub fn memory_bytes() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemTotal:").map(|kb| kb * 1024)
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
}
