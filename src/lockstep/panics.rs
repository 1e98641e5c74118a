//! Catches panics of an implementation that runs in this process, keeps their messages, and prints
//! nothing.
//!
//! The harness's own panics are not caught: outside of [`catch`] the earlier panic hook is called.
//!
//! A panic on another thread is not caught either. A program that runs just one implementation can
//! attribute it to that implementation, with [`treat_other_threads_as_the_implementation`].

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use crate::adapter::Failure;
use crate::sanitize;

/// Why an implementation did not answer.
pub(super) enum Failed {
    /// It reported a failure.
    Answer(Failure),
    /// It panicked with this message.
    Panic(String),
}

/// The message of a panic on another thread that no call has taken yet.
static FOREIGN_PANIC: Mutex<Option<String>> = Mutex::new(None);
/// Whether there is such a message. It is read after every call, so it must be cheap.
static HAS_FOREIGN_PANIC: AtomicBool = AtomicBool::new(false);
/// Whether other threads belong to the implementation.
static OTHERS_ARE_FOREIGN: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_HARNESS: Cell<bool> = const { Cell::new(false) };
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Attributes panics of every other thread to the implementation from now on: such a panic ends the
/// call during which it happens. It suits programs that execute all traces on one thread, as fuzz
/// targets do. It cannot be undone.
pub(crate) fn treat_other_threads_as_the_implementation() {
    install_hook();
    IS_HARNESS.set(true);
    OTHERS_ARE_FOREIGN.store(true, Ordering::Relaxed);
}

/// The message of a panic on another thread, if there was one since the last call.
#[inline]
pub(super) fn take_foreign_panic() -> Option<String> {
    if !HAS_FOREIGN_PANIC.load(Ordering::Relaxed) {
        return None;
    }
    let mut message = FOREIGN_PANIC.lock().unwrap_or_else(PoisonError::into_inner);
    HAS_FOREIGN_PANIC.store(false, Ordering::Relaxed);
    message.take()
}

/// Calls the implementation, and turns its panic into an error.
#[inline]
pub(super) fn catch<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failed> {
    install_hook();
    IS_CATCHING.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    IS_CATCHING.set(false);
    match (take_foreign_panic(), result) {
        // The panic of the other thread may be the reason for a failure here.
        (Some(message), _) => Err(Failed::Panic(message)),
        (None, Ok(answer)) => answer.map_err(Failed::Answer),
        (None, Err(_)) => Err(Failed::Panic(MESSAGE.take())),
    }
}

/// Installs, once, a panic hook that keeps the message of a panic that is being caught.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let hook_before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if IS_CATCHING.get() {
                MESSAGE.set(message(info));
            } else if OTHERS_ARE_FOREIGN.load(Ordering::Relaxed) && !IS_HARNESS.get() {
                record_foreign_panic(info);
            } else {
                hook_before(info);
            }
        }));
    });
}

/// Keeps the message of a panic on another thread. The first one is printed at once: a call that
/// waits for that thread may never return.
fn record_foreign_panic(info: &PanicHookInfo<'_>) {
    static PRINTED: Once = Once::new();
    let name = thread::current().name().unwrap_or("without a name").to_string();
    let text = format!("{}, on its thread {name}", message(info));
    PRINTED.call_once(|| {
        // A panic within this hook would end the process.
        let _ = writeln!(io::stderr(), "the implementation panicked: {}", sanitize::joined(&text));
    });
    *FOREIGN_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    HAS_FOREIGN_PANIC.store(true, Ordering::Relaxed);
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    match info.location() {
        Some(place) => format!("{text} ({}:{})", place.file(), place.line()),
        None => text.to_string(),
    }
}
