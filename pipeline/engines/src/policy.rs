//! When to try again, how often, and when to stop waiting.

use std::time::{Duration, Instant};

use metaspace_run::worker::FailureKind;

/// Attempts of a task by engines that nobody drives: Lambda calls a function again twice, and a job
/// of Slurm is told to do the same.
pub(crate) const UNATTENDED_ATTEMPTS: u32 = 3;

/// How patient a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Attempts of a task that says itself why it fails, or whose worker dies.
    pub n_attempts: u32,
    /// Attempts of a task for which the engine has no room.
    pub n_throttled: u32,
    /// Pause after the first failure; it doubles with each.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// A task is run a second time when it takes so many times the median …
    pub straggling_factor: f64,
    /// … and at least this long.
    pub straggling_least: Duration,
    /// How often to look whether the run was cancelled.
    pub look_every: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            n_attempts: 4,
            n_throttled: 64,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            straggling_factor: 3.0,
            straggling_least: Duration::from_secs(30),
            look_every: Duration::from_secs(5),
        }
    }
}

impl Policy {
    /// Attempts that a task has which failed in this way.
    pub(crate) fn attempts(&self, kind: FailureKind) -> u32 {
        match kind {
            FailureKind::Throttled => self.n_throttled,
            FailureKind::Cancelled | FailureKind::Refused => 1,
            _ => self.n_attempts,
        }
    }

    /// Pause before the next attempt, after so many that failed.
    pub(crate) fn pause(&self, n_failed: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(n_failed.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.first_pause
            .saturating_mul(factor)
            .min(self.longest_pause)
    }

    /// How long to wait for a task to end, where another may be started at a time.
    pub(crate) fn patience(next: Option<Instant>) -> Duration {
        const LONGEST: Duration = Duration::from_secs(1);
        let until = |next: Instant| next.saturating_duration_since(Instant::now());
        next.map_or(LONGEST, until)
            .clamp(Duration::from_millis(1), LONGEST)
    }

    /// From when on a task takes too long, by the seconds of those done.
    pub(crate) fn straggling(&self, seconds: &mut [f64]) -> Option<Duration> {
        if seconds.is_empty() {
            return None;
        }
        let middle = seconds.len() / 2;
        let (_, median, _) = seconds.select_nth_unstable_by(middle, f64::total_cmp);
        let limit = Duration::try_from_secs_f64(*median * self.straggling_factor).ok()?;
        Some(limit.max(self.straggling_least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let policy = Policy::default();
        let pauses: Vec<u128> = (1..9).map(|n| policy.pause(n).as_millis()).collect();
        assert_eq!(
            pauses,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]
        );
        assert_eq!(policy.pause(u32::MAX), policy.longest_pause);
    }

    #[test]
    fn a_straggler_is_one_against_the_others() {
        let policy = Policy::default();
        assert_eq!(policy.straggling(&mut []), None);
        let limit = policy.straggling(&mut [1.0, 20.0, 30.0]).unwrap();
        assert_eq!(limit, Duration::from_mins(1));
        assert_eq!(
            policy.straggling(&mut [1.0]).unwrap(),
            policy.straggling_least
        );
    }
}
