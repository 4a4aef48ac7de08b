//! Tasks on AWS Lambda, or on what speaks its language.

use metaspace_run::plan::held::MEMORY_CLASSES;
use metaspace_run::worker::{Failure, FailureKind};
use metaspace_storage::runtime;

use crate::engine::{Attempt, Ended, Engine, OutcomeSender};
use crate::error::EngineError;
use crate::lambda::api::{AwsError, LambdaApi};
use crate::lambda::event::{Chain, ChainFunction, Event};
use crate::lambda::invoke::{ALIAS, invoke, pick};

/// Name of the function where none is given.
pub const FUNCTION: &str = "metaspace-worker";

/// Tasks under way at once where nothing is said.
pub const CONCURRENCY: usize = 100;

/// The functions of a name, one for each class of memory.
#[derive(Debug)]
pub struct Lambda {
    api: LambdaApi,
    functions: Vec<ChainFunction>,
    concurrency: usize,
}

/// Name of the function of a class of memory.
pub fn function_name(base: &str, memory_mb: u32) -> String {
    if memory_mb == MEMORY_CLASSES[0] {
        base.into()
    } else {
        format!("{base}-{memory_mb}")
    }
}

impl Lambda {
    /// Looks which functions there are.
    ///
    /// # Errors
    /// Lambda is out of reach, or has none.
    pub fn new(base: &str, region: Option<&str>, concurrency: usize) -> Result<Self, EngineError> {
        let api = LambdaApi::new(region).map_err(|error| out_of_reach(&error))?;
        let mut functions = Vec::new();
        for class in MEMORY_CLASSES {
            let name = function_name(base, class);
            let call = api.client().get_function_configuration();
            let call = call.function_name(&name).qualifier(ALIAS).send();
            let found = match runtime()?.block_on(api.ask(call)) {
                Ok(found) => found,
                Err(error) if error.is_missing() => continue,
                Err(error) => return Err(out_of_reach(&error)),
            };
            let memory_mb = found.memory_size.and_then(|size| u32::try_from(size).ok());
            let memory_mb = memory_mb.ok_or_else(|| EngineError::Engine {
                engine: "lambda",
                reason: format!("the answer has no memory of `{name}`"),
            })?;
            functions.push(ChainFunction { name, memory_mb });
        }
        if functions.is_empty() {
            let reason = format!(
                "there is no function `{base}` in {}\nhint: metaspace deploy lambda makes it",
                api.region()
            );
            return Err(EngineError::Engine {
                engine: "lambda",
                reason,
            });
        }
        Ok(Self {
            api,
            functions,
            concurrency,
        })
    }

    /// How a run goes on by itself.
    pub fn chain(&self) -> Chain {
        Chain {
            region: self.api.region().into(),
            functions: self.functions.clone(),
        }
    }

    /// The function with so much memory; the largest where none has.
    fn function(&self, memory_mb: u32) -> Option<&ChainFunction> {
        pick(&self.functions, memory_mb)
    }
}

fn out_of_reach(error: &AwsError) -> EngineError {
    EngineError::Engine {
        engine: "lambda",
        reason: error.in_full(),
    }
}

impl Engine for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn capacity(&self) -> usize {
        self.concurrency
    }

    fn memory_mb(&self, needed_mb: u32) -> Option<u32> {
        let given = self.function(needed_mb)?.memory_mb;
        (given >= needed_mb).then_some(given)
    }

    fn start(&self, attempts: Vec<Attempt>, ended: &OutcomeSender) -> Result<(), EngineError> {
        for attempt in attempts {
            let Some(function) = self.function(attempt.memory_mb).cloned() else {
                continue;
            };
            let (api, ended) = (self.api.clone(), ended.clone());
            runtime()?.spawn(async move {
                let event = Event {
                    task: attempt.task.clone(),
                    chain: None,
                };
                let report = invoke(&api, &function.name, &event).await;
                let none = || Failure::new(FailureKind::Engine, "there is no report");
                let outcome = report.and_then(|report| report.ok_or_else(none));
                let memory_mb = attempt.memory_mb.max(function.memory_mb);
                ended.tell(Ended {
                    attempt: Attempt {
                        memory_mb,
                        ..attempt
                    },
                    outcome,
                });
            });
        }
        Ok(())
    }
}
