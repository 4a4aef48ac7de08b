//! Asking a store again where that may help.

use std::future::Future;
use std::time::Duration;

/// Asks again where an answer broke off, which is not seen before it is read; and where nothing is
/// there but may be soon.
pub(crate) async fn patiently<T, F: Future<Output = object_store::Result<T>>>(
    ask: impl Fn() -> F,
    may_be_late: bool,
) -> object_store::Result<T> {
    /// Answers that may break off in a row.
    const TRIES: u32 = 5;
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let answer = ask().await;
        let may_help = match &answer {
            Err(error @ object_store::Error::Generic { .. }) => !is_not_partial(error),
            Err(object_store::Error::NotFound { .. }) => may_be_late,
            _ => false,
        };
        if n_tries == TRIES || !may_help {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(25 << n_tries)).await;
    }
}

/// Whether a server answered a range as if it were the whole, as rclone's does from the first byte.
pub(crate) fn is_not_partial(error: &object_store::Error) -> bool {
    let object_store::Error::Generic { source, .. } = error else {
        return false;
    };
    source.to_string().contains("non-partial response")
}
