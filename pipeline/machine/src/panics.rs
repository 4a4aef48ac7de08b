//! Libraries that panic on data that are wrong: the panic becomes an error, and says nothing by itself.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is caught and told by whoever catches it.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Calls a library; gives its words where it panics. What it worked on is not to be used afterwards.
///
/// # Errors
/// It panicked.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.get() {
                usual(panic);
            }
        }));
    });
    let was_caught = IS_CAUGHT.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    IS_CAUGHT.set(was_caught);
    called.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "it panicked".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        assert_eq!(caught(|| 3), Ok(3));
        assert_eq!(caught(|| panic!("of {}", 5)), Err::<(), _>("of 5".into()));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".into()));
        let nested = caught(|| {
            let inner = caught(|| panic!("inner"));
            assert_eq!(inner, Err::<(), _>("inner".into()));
            4
        });
        assert_eq!(nested, Ok(4));
        assert!(!IS_CAUGHT.get());
    }
}
