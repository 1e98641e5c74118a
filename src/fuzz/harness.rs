//! The connection of libFuzzer and a target: the macro that defines the functions which libFuzzer
//! calls, and the abort after a finding.
//!
//! The macro is expanded in the fuzz crate. The counters need an attribute for the section in which
//! libFuzzer looks for them, and that attribute counts as unsafe code, which this library forbids.

use std::io::{self, Write};
use std::process;

use super::guide::Counters;
use super::target::{Settings, Target, TargetOutcome};
use crate::adapter::{Adapter, Failure};
use crate::describe::Palette;
use crate::lockstep;
use crate::sanitize;

/// Defines a fuzz target for `cargo fuzz`, of an implementation behind an adapter. The crate that
/// uses it depends on `libfuzzer-sys` 0.4.
///
/// The first argument makes an implementation, and may use `?` on a
/// [`Failure`](crate::adapter::Failure). The second, which is optional, are
/// [`Settings`](crate::fuzz::Settings).
///
/// ```text
/// #![no_main]
/// use my_chat_warden::MyChat;
/// chatwarden::fuzz_target!(MyChat::new());
/// ```
#[macro_export]
macro_rules! fuzz_target {
    ($make:expr) => {
        $crate::fuzz_target!($make, $crate::fuzz::Settings::default());
    };
    ($make:expr, $settings:expr) => {
        const _: () = {
            // On other systems libFuzzer has no section for further counters.
            #[cfg_attr(target_os = "linux", used, unsafe(link_section = "__libfuzzer_extra_counters"))]
            static COUNTERS: $crate::fuzz::Counters = $crate::fuzz::Counters::new();

            fn with_harness<T>(call: impl FnOnce(&mut dyn $crate::fuzz::Fuzzed) -> T) -> T {
                ::std::thread_local! {
                    static HARNESS: ::std::cell::RefCell<::std::boxed::Box<dyn $crate::fuzz::Fuzzed>> =
                        ::std::cell::RefCell::new($crate::fuzz::harness(|| Ok($make), $settings, &COUNTERS));
                }
                HARNESS.with_borrow_mut(|harness| call(&mut **harness))
            }

            /// The bytes of an input, which `cargo fuzz fmt` shows as a trace.
            struct Bytes<'a>(&'a [u8]);

            impl<'a> ::libfuzzer_sys::arbitrary::Arbitrary<'a> for Bytes<'a> {
                fn arbitrary(
                    input: &mut ::libfuzzer_sys::arbitrary::Unstructured<'a>,
                ) -> ::libfuzzer_sys::arbitrary::Result<Self> {
                    input.bytes(input.len()).map(Bytes)
                }

                fn arbitrary_take_rest(
                    input: ::libfuzzer_sys::arbitrary::Unstructured<'a>,
                ) -> ::libfuzzer_sys::arbitrary::Result<Self> {
                    ::core::result::Result::Ok(Bytes(input.take_rest()))
                }
            }

            impl ::core::fmt::Debug for Bytes<'_> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(&with_harness(|harness| harness.describe(self.0)))
                }
            }

            // Before the first input, so that a missing implementation is not taken for a crash.
            ::libfuzzer_sys::fuzz_target!(init: with_harness(|_| ()), |bytes: Bytes<'_>| -> ::libfuzzer_sys::Corpus {
                match with_harness(|harness| harness.execute(bytes.0)) {
                    true => ::libfuzzer_sys::Corpus::Keep,
                    false => ::libfuzzer_sys::Corpus::Reject,
                }
            });

            ::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
                with_harness(|harness| harness.mutate(data, size, max_size, seed))
            });

            ::libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
                with_harness(|harness| harness.splice(one, other, out, seed))
            });
        };
    };
}

/// A target, as the macro [`fuzz_target`](crate::fuzz_target) uses it.
///
/// ```
/// use chatwarden::adapter::memory::Memory;
/// use chatwarden::fuzz::{harness, Counters, Header, Input, Settings};
/// static COUNTERS: Counters = Counters::new();
/// let mut fuzzed = harness(|| Ok(Memory::new()), Settings::default(), &COUNTERS);
/// assert!(fuzzed.execute(&Input::default().encode()));
/// assert!(!fuzzed.execute(b"of another version"));
/// ```
pub trait Fuzzed {
    /// Executes an input, and returns true if it is fit for a corpus. A finding is saved and
    /// reported, and then aborts the process.
    fn execute(&mut self, bytes: &[u8]) -> bool;

    /// See [`Target::describe`](crate::fuzz::Target::describe).
    fn describe(&self, bytes: &[u8]) -> String;

    /// See [`Mutator::mutate`](crate::fuzz::Mutator::mutate).
    fn mutate(&mut self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize;

    /// See [`Mutator::splice`](crate::fuzz::Mutator::splice).
    fn splice(&mut self, one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize;
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Fuzzed for Target<A, M> {
    fn execute(&mut self, bytes: &[u8]) -> bool {
        match self.run(bytes) {
            TargetOutcome::Conforms => true,
            TargetOutcome::Unreadable => false,
            TargetOutcome::Found(header, found) => {
                // Not locked, so that other threads of the implementation can write meanwhile.
                let mut out = io::stderr();
                if let Err(error) = self.triage(header, &found, &mut out, &Palette::for_stderr()) {
                    let _ = writeln!(out, "error: {error}");
                }
                // libFuzzer records the input of a process that aborts.
                process::abort()
            }
        }
    }

    fn describe(&self, bytes: &[u8]) -> String {
        Target::describe(self, bytes)
    }

    fn mutate(&mut self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        self.mutator().mutate(data, size, max_size, seed)
    }

    fn splice(&mut self, one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
        self.mutator().splice(one, other, out, seed)
    }
}

/// The target of a process. The calling thread executes it; panics on other threads count as the
/// implementation's. If there is no implementation, the process reports why and exits with 2.
pub fn harness<A: Adapter + 'static>(
    make: impl Fn() -> Result<A, Failure> + 'static,
    settings: Settings,
    counters: &'static Counters,
) -> Box<dyn Fuzzed> {
    let settings = settings.from_environment().unwrap_or_else(|error| exit_with(&error));
    let target = Target::new(make, settings, counters);
    lockstep::treat_other_threads_as_the_implementation();
    Box::new(target.unwrap_or_else(|failure| exit_with(&failure.to_string())))
}

fn exit_with(error: &str) -> ! {
    let _ = writeln!(io::stderr(), "error: {}", sanitize::lines(error, ""));
    process::exit(2)
}
