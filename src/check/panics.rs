//! Panics of an implementation that runs in this process: caught, with their message, and silent.
//!
//! The harness's own panics are not touched: outside of [`caught`] the hook that was there before speaks.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::adapter::Failure;

/// Why an implementation did not answer.
pub(super) enum Failed {
    /// It said so.
    Answer(Failure),
    /// It panicked, with this message.
    Panic(String),
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls the implementation, and turns its panic into an error.
#[inline]
pub(super) fn caught<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failed> {
    listen();
    CATCHING.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    CATCHING.set(false);
    match result {
        Ok(answer) => answer.map_err(Failed::Answer),
        Err(_) => Err(Failed::Panic(MESSAGE.take())),
    }
}

/// Installs, once, a hook that keeps the message of a panic that is being caught.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let hook_before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if CATCHING.get() {
                MESSAGE.set(message(info));
            } else {
                hook_before(info);
            }
        }));
    });
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let said = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    match info.location() {
        Some(place) => format!("{said} ({}:{})", place.file(), place.line()),
        None => said.to_string(),
    }
}
