//! Panics of an implementation that runs in this process: caught, with their message, and silent.
//!
//! The harness's own panics are not touched: outside of [`caught`] the hook that was there before speaks.
//!
//! What panics on a thread of the implementation's own is not caught; where just one implementation runs, it can be told that
//! it was its.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use crate::adapter::Failure;

/// Why an implementation did not answer.
pub(super) enum Failed {
    /// It said so.
    Answer(Failure),
    /// It panicked, with this message.
    Panic(String),
}

/// What panicked elsewhere and is not taken up yet.
static ELSEWHERE: Mutex<Option<String>> = Mutex::new(None);
/// Whether something did, to be asked after every call.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Whether other threads are the implementation's.
static HEEDED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HARNESS: Cell<bool> = const { Cell::new(false) };
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Takes every thread but this one for the implementation's from now on: what panics there ends the call during which it
/// does. That is so where all histories are executed by one thread, as fuzz targets do; it cannot be taken back.
pub(crate) fn treat_other_threads_as_the_implementation() {
    listen();
    HARNESS.set(true);
    HEEDED.store(true, Ordering::Relaxed);
}

/// What panicked on another thread since it was asked last.
#[inline]
pub(super) fn elsewhere() -> Option<String> {
    PANICKED.load(Ordering::Relaxed).then(|| {
        let mut elsewhere = ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner);
        PANICKED.store(false, Ordering::Relaxed);
        elsewhere.take()
    })?
}

/// Calls the implementation, and turns its panic into an error.
#[inline]
pub(super) fn caught<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failed> {
    listen();
    CATCHING.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    CATCHING.set(false);
    match (elsewhere(), result) {
        // What panicked there may have been handed on here, or may be why this failed.
        (Some(message), _) => Err(Failed::Panic(message)),
        (None, Ok(answer)) => answer.map_err(Failed::Answer),
        (None, Err(_)) => Err(Failed::Panic(MESSAGE.take())),
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
            } else if HEEDED.load(Ordering::Relaxed) && !HARNESS.get() {
                heed(info);
            } else {
                hook_before(info);
            }
        }));
    });
}

/// Keeps the message of a panic on another thread. The first is told at once as well: whoever waits for that thread may do so
/// for ever.
fn heed(info: &PanicHookInfo<'_>) {
    static TELLING: Once = Once::new();
    let name = thread::current().name().unwrap_or("without a name").to_string();
    let told = format!("{}, on its thread {name}", message(info));
    TELLING.call_once(|| eprintln!("the implementation panicked: {told}"));
    *ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    PANICKED.store(true, Ordering::Relaxed);
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
