//! Signals that end the work: what was found is saved and reported, and the program ends within
//! seconds. A CI system kills it ten seconds after SIGTERM.
//!
//! | after | |
//! | --- | --- |
//! | the signal | campaigns, searches and replays end |
//! | [`SHRINKING`] | the shrinking of findings ends |
//! | [`ANSWERING`] | the drivers are killed, so that nobody waits for their answers |
//! | [`ENDING`], or a second signal | the reports are finished with what is known, and the program ends |
//!
//! The subcommand itself returns at the first point at which it can. The last row is for one that does
//! not.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::driver_process;
use crate::messages::{print_error, print_note};
use crate::report::{Event, Reports};
use chatwarden::campaign::CampaignMonitor;
use chatwarden::finding::Identity;
use chatwarden::sanitize;
use chatwarden_explore::SearchMonitor;

/// How long after the signal findings may be shrunk.
const SHRINKING: Duration = Duration::from_secs(1);

/// How long after the signal drivers may answer.
const ANSWERING: Duration = Duration::from_secs(2);

/// How long after the signal the subcommand may take to return.
const ENDING: Duration = Duration::from_secs(3);

/// How long the reports may take to be finished after that.
const REPORTING: Duration = Duration::from_secs(1);

/// The time between two looks for a further signal.
const PAUSE: Duration = Duration::from_millis(20);

/// The first signal that was received; 0 if there was none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The work that a signal ends. Without it a signal ends the program at once.
static CURRENT: Mutex<Option<(Interrupt, Reports)>> = Mutex::new(None);

/// The parts of the work that end one after the other, and what has to be told if they do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    /// The campaign.
    pub(crate) campaign: Arc<CampaignMonitor>,
    /// The search of a policy or an implementation.
    pub(crate) search: Arc<SearchMonitor>,
    /// The shrinking of findings.
    pub(crate) shrinking: Arc<CampaignMonitor>,
    /// The search for shorter traces that show a finding.
    pub(crate) certifying: Arc<SearchMonitor>,
    /// Whether there is a definite finding that is not known.
    has_finding: Arc<AtomicBool>,
    /// The drafts of findings that were not reported yet.
    unreported: Arc<Mutex<HashMap<Identity, PathBuf>>>,
}

/// Listens to signals from now on.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        // To write more than a file may hold is then an error, and does not end the program.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
        let (is_listening, listens) = mpsc::channel();
        let thread = thread::Builder::new().name("signals".into()).spawn(move || {
            let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]);
            let _ = is_listening.send(());
            signals.map(|mut signals| obey(&mut signals))
        });
        // Without a thread the signals keep their meaning: they end the program.
        if thread.is_ok() {
            let _ = listens.recv();
        }
    });
}

/// The name of the signal that was received, if there was one.
pub(crate) fn signal() -> Option<&'static str> {
    match SIGNAL.load(Relaxed) {
        0 => None,
        number => Some(signal_hook::low_level::signal_name(number).unwrap_or("a signal")),
    }
}

/// The exit code of a program that a signal ended: 130 for Ctrl-C, 143 for SIGTERM.
pub(crate) fn exit_code() -> u8 {
    let number = u8::try_from(SIGNAL.load(Relaxed)).unwrap_or_default();
    128 + if number == 0 { SIGINT as u8 } else { number }
}

/// The reason why the work was not done, as the reports give it.
pub(crate) fn reason(signal: &str) -> String {
    format!("{signal} ended the work before it was done")
}

/// Waits for the first signal, and ends the work.
fn obey(signals: &mut Signals) {
    let Some(first) = signals.forever().next() else { return };
    SIGNAL.store(first, Relaxed);
    let work = current().clone();
    let Some((interrupt, reports)) = work else { end(exit_code()) };
    interrupt.stop();
    let mut is_again = || signals.pending().count() > 0;
    tell_that_it_was_heard(first);
    let started = Instant::now();
    let mut waits = |limit| {
        while started.elapsed() < limit {
            if is_again() {
                return false;
            }
            thread::sleep(PAUSE);
        }
        true
    };
    if waits(SHRINKING) {
        interrupt.shrinking.stop();
        if waits(ANSWERING) {
            driver_process::kill_all_drivers();
            waits(ENDING);
        }
    }
    interrupt.finish(reports)
}

/// Says on a thread of its own that the signal was heard: the stream may be blocked.
fn tell_that_it_was_heard(signal: i32) {
    let told = match signal {
        SIGINT => "interrupted: what was found is saved and reported; Ctrl-C again ends at once",
        _ => "told to end: what was found is saved and reported",
    };
    let _ = thread::Builder::new().spawn(move || print_note(told));
}

fn current() -> MutexGuard<'static, Option<(Interrupt, Reports)>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program and all its drivers.
fn end(code: u8) -> ! {
    driver_process::kill_all_drivers();
    std::process::exit(code.into())
}

impl Interrupt {
    /// The work of a subcommand with these reports. From now on a signal ends it, and then the program.
    pub(crate) fn install(reports: &Reports) -> Self {
        let interrupt = Interrupt::default();
        *current() = Some((interrupt.clone(), reports.clone()));
        if signal().is_some() {
            interrupt.stop();
        }
        interrupt
    }

    /// Records that there is a definite finding that is not known.
    pub(crate) fn record_finding(&self) {
        self.has_finding.store(true, Relaxed);
    }

    /// Records that a finding has a draft.
    pub(crate) fn drafted(&self, identity: Identity, draft: PathBuf) {
        self.unreported().insert(identity, draft);
    }

    /// Records that a finding was reported.
    pub(crate) fn reported(&self, identity: Identity) {
        self.unreported().remove(&identity);
    }

    fn unreported(&self) -> MutexGuard<'_, HashMap<Identity, PathBuf>> {
        self.unreported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.campaign.stop();
        self.search.stop();
        self.certifying.stop();
    }

    /// Finishes the reports in place of the subcommand, and ends the program.
    fn finish(&self, reports: Reports) -> ! {
        driver_process::kill_all_drivers();
        let mut why = signal().map(reason).unwrap_or_default();
        let mut drafts: Vec<_> = self.unreported().values().map(|draft| sanitize::path(draft)).collect();
        if !drafts.is_empty() {
            drafts.sort();
            why += &format!("; drafts of what was found: {}", drafts.join(", "));
        }
        let (done, is_done) = mpsc::channel();
        let finish = move || {
            reports.finish_with(Event::RunIncomplete(&why));
            print_error(why);
            let _ = done.send(());
        };
        // A stream may be blocked, but not for ever.
        let finishing: io::Result<_> = thread::Builder::new().spawn(finish);
        if finishing.is_ok() {
            let _ = is_done.recv_timeout(REPORTING);
        }
        end(if self.has_finding.load(Relaxed) { 1 } else { exit_code() })
    }
}
