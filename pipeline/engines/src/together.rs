//! Several engines that do the tasks of one run: each has what those before it have no room for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::engine::{Attempt, Engine, OutcomeSender};
use crate::error::EngineError;

/// Engines in the order in which they are given tasks.
pub struct Together {
    engines: Vec<Member>,
}

struct Member {
    engine: Box<dyn Engine>,
    n_under_way: Arc<AtomicUsize>,
}

impl Together {
    /// Of one engine or more.
    pub fn new(backends: Vec<Box<dyn Engine>>) -> Self {
        let engine = |engine| Member {
            engine,
            n_under_way: Arc::default(),
        };
        Self {
            engines: backends.into_iter().map(engine).collect(),
        }
    }

    /// The first engine that has room and can give a task its memory; where none can, the first with
    /// room.
    fn engine_for(&self, attempt: &Attempt, chosen: &[Vec<Attempt>]) -> Option<usize> {
        let has_room = |&i: &usize| {
            let engine = &self.engines[i];
            let n_under_way = engine.n_under_way.load(Ordering::Relaxed) + chosen[i].len();
            n_under_way < engine.engine.capacity()
        };
        let is_fit = |&i: &usize| {
            self.engines[i]
                .engine
                .memory_mb(attempt.memory_mb)
                .is_some()
        };
        let with_room: Vec<usize> = (0..self.engines.len()).filter(has_room).collect();
        with_room
            .iter()
            .copied()
            .find(is_fit)
            .or(with_room.first().copied())
    }
}

impl std::fmt::Debug for Together {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .engines
            .iter()
            .map(|engine| engine.engine.name())
            .collect();
        f.debug_struct("Together").field("engines", &names).finish()
    }
}

impl Engine for Together {
    fn name(&self) -> &'static str {
        "together"
    }

    fn capacity(&self) -> usize {
        let capacities = self.engines.iter().map(|engine| engine.engine.capacity());
        capacities.fold(0, usize::saturating_add)
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        self.engines
            .iter()
            .filter_map(|engine| engine.engine.memory_mb(needed_mb))
            .max()
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        let mut chosen: Vec<Vec<Attempt>> = self.engines.iter().map(|_| Vec::new()).collect();
        for attempt in attempts {
            // More than the capacity of all is never asked for; if it were, the last engine queues it.
            let i = self
                .engine_for(&attempt, &chosen)
                .unwrap_or(self.engines.len() - 1);
            chosen[i].push(attempt);
        }
        for (engine, attempts) in self.engines.iter().zip(chosen) {
            if attempts.is_empty() {
                continue;
            }
            engine
                .n_under_way
                .fetch_add(attempts.len(), Ordering::Relaxed);
            let (n_under_way, ended) = (Arc::clone(&engine.n_under_way), ended.clone());
            let counted = OutcomeSender::new(move |one| {
                n_under_way.fetch_sub(1, Ordering::Relaxed);
                ended.tell(one);
            });
            engine.engine.start(attempts, &counted)?;
        }
        Ok(())
    }

    fn stop(&self) {
        for engine in &self.engines {
            engine.engine.stop();
        }
    }
}
