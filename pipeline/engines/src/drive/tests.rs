use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metaspace_storage::{Store, Traffic};

use super::*;
use crate::together::Together;

/// A engine whose tasks are done at once, or as a rule says.
struct Stub<F> {
    rule: F,
    capacity: usize,
    n_started: AtomicUsize,
    most_memory_mb: Mutex<u32>,
}

impl<F: Fn(&Attempt, usize) -> Result<(), Failure> + Send + Sync> Stub<F> {
    fn new(capacity: usize, rule: F) -> Self {
        Self {
            rule,
            capacity,
            n_started: AtomicUsize::new(0),
            most_memory_mb: Mutex::new(0),
        }
    }
}

impl<F: Fn(&Attempt, usize) -> Result<(), Failure> + Send + Sync> Engine for Stub<F> {
    fn name(&self) -> &'static str {
        "stub"
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        (needed_mb <= 5_307).then_some(needed_mb)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        for attempt in attempts {
            let number = self.n_started.fetch_add(1, Ordering::Relaxed);
            let mut most = self.most_memory_mb.lock().unwrap();
            *most = (*most).max(attempt.memory_mb);
            drop(most);
            let outcome = (self.rule)(&attempt, number).map(|()| report_of(&attempt));
            // A crash is told late, and once.
            ended.tell(Ended { attempt, outcome });
        }
        Ok(())
    }
}

fn report_of(attempt: &Attempt) -> Report {
    Report {
        stage: attempt.task.stage,
        task: attempt.task.task,
        rows: 1,
        seconds: 0.01,
        memory_mb: attempt.memory_mb,
        peak_memory_bytes: None,
        traffic: Traffic::default(),
        parts: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A engine that tells every end twice, the last first.
struct Echo;

impl Engine for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn capacity(&self) -> usize {
        8
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        Some(needed_mb)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        for attempt in attempts.iter().rev().chain(&attempts) {
            ended.tell(Ended {
                attempt: attempt.clone(),
                outcome: Ok(report_of(attempt)),
            });
        }
        Ok(())
    }
}

struct Nobody;

impl Observer for Nobody {
    fn begin(&self, _stage: Stage, _n_tasks: usize) {}
    fn done(&self, _report: &Report, _usage: &Usage) {}
    fn failed(&self, _task: &Task, _failure: &Failure, _is_last: bool) {}
}

fn run_of(n_tasks: u64) -> Run {
    let unit = annotator::plan::UNIT_IONS as u64;
    let stage = |stage, cuts| StagePlan {
        stage,
        cuts,
        memory_mb: 1_769,
        seconds: 1.0,
    };
    Run {
        id: "0123456789abcdef".into(),
        stages: vec![
            stage(Stage::Ions, (0..=n_tasks).map(|i| i * unit).collect()),
            stage(Stage::Rank, vec![0, 1]),
            stage(Stage::Images, vec![0, 1]),
            stage(Stage::Merge, vec![0, 1]),
        ],
        results: Some("results".into()),
        store: Store::memory(),
    }
}

fn hasty() -> Policy {
    Policy {
        first_pause: Duration::ZERO,
        ..Policy::default()
    }
}

#[test]
fn ten_thousand_tasks_cost_less_than_ten_milliseconds_each() {
    const N: u64 = 10_000;
    let run = run_of(N);
    let stub = Stub::new(256, |_, _| Ok(()));
    let started = Instant::now();
    let (end, usage) = drive(&run, &stub, &Policy::default(), &Nobody).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!((end, usage.invocations), (End::Complete, N + 3));
    assert!(seconds < N as f64 * 0.010, "{seconds} s");
}

#[test]
fn a_task_that_fails_now_and_then_is_tried_again() {
    let run = run_of(20);
    let crash = |_: &Attempt, number: usize| match number % 3 {
        0 => Err(Failure::new(FailureKind::Crash, "killed")),
        1 => Err(Failure::new(FailureKind::Throttled, "no room")),
        _ => Ok(()),
    };
    let stub = Stub::new(4, crash);
    let generous = Policy {
        n_attempts: 40,
        ..hasty()
    };
    assert_eq!(
        drive(&run, &stub, &generous, &Nobody).unwrap().0,
        End::Complete
    );
    assert!(stub.n_started.into_inner() > 60);
}

#[test]
fn what_fails_for_good_is_listed_and_the_rest_of_its_stage_is_done() {
    let run = run_of(10);
    let done = Mutex::new(Vec::new());
    let rule = |attempt: &Attempt, _: usize| {
        if attempt.task.task == 7 {
            return Err(Failure::new(FailureKind::Crash, "killed"));
        }
        done.lock().unwrap().push(attempt.task.stage);
        Ok(())
    };
    let stub = Stub::new(2, rule);
    let End::Failed(failed) = drive(&run, &stub, &hasty(), &Nobody).unwrap().0 else {
        panic!("the run did not fail");
    };
    assert_eq!(
        (failed.len(), failed[0].task, failed[0].attempts),
        (1, 7, 4)
    );
    assert_eq!(
        *done.lock().unwrap(),
        [Stage::Ions; 9],
        "no later stage is begun"
    );
    assert!(run.store.has(&RunKey::Failed.of(&run.id)).unwrap());
}

#[test]
fn a_task_that_lacks_memory_is_given_more() {
    let run = run_of(1);
    let rule = |attempt: &Attempt, _: usize| {
        let is_enough = attempt.memory_mb > 4_000 || attempt.task.stage != Stage::Ions;
        let lacks = || Failure::new(FailureKind::Memory, "more is needed");
        if is_enough { Ok(()) } else { Err(lacks()) }
    };
    let stub = Stub::new(2, rule);
    assert_eq!(
        drive(&run, &stub, &hasty(), &Nobody).unwrap().0,
        End::Complete
    );
    assert_eq!(*stub.most_memory_mb.lock().unwrap(), 5_307);
    let never = |_: &Attempt, _: usize| Err(Failure::new(FailureKind::Memory, "more is needed"));
    let stub = Stub::new(2, never);
    assert!(matches!(
        drive(&run_of(1), &stub, &hasty(), &Nobody).unwrap().0,
        End::Failed(_)
    ));
    assert_eq!(
        stub.n_started.into_inner(),
        3,
        "each class that there is, once"
    );
}

#[test]
fn a_task_whose_worker_is_killed_is_given_more_memory_as_long_as_there_is_more() {
    let memory_mb = Mutex::new(Vec::new());
    let rule = |attempt: &Attempt, _: usize| {
        memory_mb.lock().unwrap().push(attempt.memory_mb);
        Err(Failure::new(FailureKind::Killed, "signal: killed"))
    };
    let stub = Stub::new(1, rule);
    assert!(matches!(
        drive(&run_of(1), &stub, &hasty(), &Nobody).unwrap().0,
        End::Failed(_)
    ));
    assert_eq!(*memory_mb.lock().unwrap(), [1_769, 3_538, 5_307, 5_307]);
}

#[test]
fn a_plan_that_is_refused_is_not_tried_again() {
    let stub = Stub::new(2, |_: &Attempt, _: usize| {
        Err(Failure::new(FailureKind::Refused, "no"))
    });
    assert!(matches!(
        drive(&run_of(3), &stub, &hasty(), &Nobody).unwrap().0,
        End::Failed(_)
    ));
    assert_eq!(stub.n_started.into_inner(), 3);
}

#[test]
fn only_what_is_missing_is_done_and_a_cancelled_run_stops() {
    let run = run_of(5);
    for task in [0, 3] {
        run.store
            .put(&Task::key(&run.id, Stage::Ions, task, "json"), "{}")
            .unwrap();
    }
    let stub = Stub::new(1, |_: &Attempt, _: usize| Ok(()));
    assert_eq!(
        drive(&run, &stub, &hasty(), &Nobody).unwrap().0,
        End::Complete
    );
    assert_eq!(stub.n_started.into_inner(), 3 + 3);

    run.store.put(&RunKey::Cancelled.of(&run.id), "{}").unwrap();
    let stub = Stub::new(1, |_: &Attempt, _: usize| {
        Err(Failure::new(FailureKind::Crash, "again and again"))
    });
    let policy = Policy {
        look_every: Duration::ZERO,
        n_attempts: u32::MAX,
        ..hasty()
    };
    assert_eq!(
        drive(&run, &stub, &policy, &Nobody).unwrap().0,
        End::Cancelled
    );
}

#[test]
fn ends_told_twice_and_in_another_order_count_once() {
    let (end, usage) = drive(&run_of(40), &Echo, &hasty(), &Nobody).unwrap();
    assert_eq!((end, usage.invocations), (End::Complete, 43));
}

#[test]
fn an_engine_has_what_those_before_it_have_no_room_for() {
    let counts = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let stub = |capacity: usize, count: &Arc<AtomicUsize>| -> Box<dyn Engine> {
        let count = Arc::clone(count);
        Box::new(Stub::new(capacity, move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }))
    };
    let engines = vec![stub(2, &counts[0]), stub(6, &counts[1])];
    let together = Together::new(engines);
    assert_eq!(together.capacity(), 8);
    let (end, _) = drive(&run_of(64), &together, &hasty(), &Nobody).unwrap();
    let [first, second] = counts.map(|count| count.load(Ordering::Relaxed));
    assert_eq!((end, first + second), (End::Complete, 67));
    // Of the first eight at least, which start at once, the second has six.
    assert!(first >= 2 && second >= 6, "{first} and {second}");
}
