//! What all handlers share.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};

use crate::comparisons::Comparisons;
use crate::library::{Library, Results};
use crate::limits::RequestLimits;
use crate::lru_cache::LruCache;
use crate::problem::{Problem, kind};
use crate::reply::{ConditionalRequest, Reply, Work, tagged};

/// What all handlers share.
pub(crate) struct Server {
    pub(crate) library: Library,
    pub(crate) comparisons: Comparisons,
    /// Answers that took great effort, by their tags.
    pub(crate) answers: LruCache<String, Reply>,
    pub(crate) limits: RequestLimits,
    pub(crate) token: Option<blake3::Hash>,
    /// Whether nothing is written into results folders.
    pub(crate) is_read_only: bool,
    pub(crate) described: Described,
}

/// The description of the API, as JSON and as a page.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) json: Vec<u8>,
    pub(crate) page: String,
}

impl Server {
    /// Makes sure that results folders may be written to; `what` names what is not kept otherwise.
    pub(crate) fn check_writable(&self, what: &str) -> Result<(), Problem> {
        if self.is_read_only {
            let detail = format!("this server keeps {what}, as it was started with --read-only");
            return Err(Problem::new(kind::READ_ONLY, detail));
        }
        Ok(())
    }

    /// Answers a question about a dataset, unless the client has the answer already.
    ///
    /// An answer is a function of the program, the results and the address, and so is its tag.
    pub(crate) async fn reply(
        self: &Arc<Self>,
        asked: ConditionalRequest,
        dataset: Option<String>,
        effort: Work,
        work: impl FnOnce(&Self, &Arc<Results>) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let server = Arc::clone(self);
        if effort == Work::Reading {
            let done = move || {
                let results = server.library.results(dataset.as_deref())?;
                match asked.unchanged(&results) {
                    Ok(unchanged) => Ok(unchanged),
                    Err(tag) => Ok(tagged(work(&server, &results)?.into_response(), &tag)),
                }
            };
            return self.limits.read(done).await;
        }
        let kept = Arc::clone(self);
        let glance = move || {
            let results = kept.library.results(dataset.as_deref())?;
            Ok(match asked.unchanged(&results) {
                Ok(unchanged) => Ok(unchanged),
                Err(tag) => match kept.answers.peek(&tag) {
                    Some(reply) => Ok(tagged(Reply::clone(&reply).into_response(), &tag)),
                    None => Err((results, tag)),
                },
            })
        };
        match self.limits.read(glance).await? {
            Ok(answered) => Ok(answered),
            Err((results, tag)) => {
                let made = move || {
                    let make = || work(&server, &results).map(Reply::with_size);
                    let reply = server.answers.get(&tag, make)?;
                    Ok(tagged(Reply::clone(&reply).into_response(), &tag))
                };
                self.limits.compare(made).await
            }
        }
    }
}
