//! The progress line of long work. It is drawn on a terminal only, and erased at the end.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::messages::print_note;
use chatwarden::campaign::CampaignMonitor;
use chatwarden::sanitize;
use chatwarden_explore::SearchMonitor;

/// The time between two updates of the line.
const INTERVAL: Duration = Duration::from_millis(100);

/// Does the work of a campaign, and shows its progress.
pub(crate) fn of_campaign<T>(monitor: &CampaignMonitor, runs: Option<u64>, work: impl FnOnce() -> T) -> T {
    let counts = if runs.is_some() { "{wide_bar} {pos}/{len} runs" } else { "{spinner} {pos} runs" };
    let update = |bar: &ProgressBar| {
        bar.set_position(monitor.runs());
        let rate = per_second(monitor.commands(), bar);
        bar.set_message(format!("{rate:.0} commands/s, {} findings", monitor.findings()));
    };
    with_progress(counts, runs, update, work)
}

/// Shrinks a finding, and shows the progress.
pub(crate) fn of_shrinking<T>(monitor: &CampaignMonitor, work: impl FnOnce() -> T) -> T {
    let update = |bar: &ProgressBar| {
        let (executions, length) = monitor.shrinking();
        bar.set_position(executions);
        bar.set_message(format!("{length} commands left"));
    };
    with_progress("{spinner} shrinking, {pos} executions", None, update, work)
}

/// Does the work of a proof, and shows its progress.
pub(crate) fn of_proof<T>(subject: &str, answered: &AtomicUsize, work: impl FnOnce() -> T) -> T {
    let subject = sanitize::line(subject);
    let update = |bar: &ProgressBar| {
        bar.set_position(answered.load(Relaxed) as u64);
        bar.set_message(subject.clone());
    };
    with_progress("{spinner} {pos} questions", None, update, work)
}

/// Does the work of a search, and shows its progress.
pub(crate) fn of_search<T>(subject: &str, monitor: &SearchMonitor, work: impl FnOnce() -> T) -> T {
    let subject = sanitize::line(subject);
    let update = |bar: &ProgressBar| {
        bar.set_position(monitor.states());
        let rate = per_second(monitor.states(), bar);
        let (depth, unexpanded) = (monitor.depth(), monitor.frontier());
        bar.set_message(format!("{rate:.0} states/s, depth {depth}, {unexpanded} unexpanded, {subject}"));
    };
    with_progress("{spinner} {pos} states", None, update, work)
}

/// The time from which on a search for shorter traces is announced where no progress is shown.
const LONG: Duration = Duration::from_secs(30);

/// Searches for traces shorter than a counterexample, for so long at most, and shows the progress.
pub(crate) fn of_certifying<T>(
    monitor: &SearchMonitor,
    time: Option<Duration>,
    work: impl FnOnce() -> T,
) -> T {
    let limit = match time {
        Some(time) => format!("{} at most", humantime::format_duration(whole_seconds(time))),
        None => "as long as it takes".into(),
    };
    if time.is_none_or(|time| time >= LONG) && !std::io::stderr().is_terminal() {
        print_note(format_args!("certifying, {limit}: everything shorter is searched for the same finding"));
    }
    of_search(&format!("certifying, {limit}"), monitor, work)
}

/// The time in seconds, rounded up.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

fn per_second(count: u64, bar: &ProgressBar) -> f64 {
    count as f64 / bar.elapsed().as_secs_f64().max(0.001)
}

fn with_progress<T>(
    counts: &str,
    total: Option<u64>,
    update: impl Fn(&ProgressBar) + Send,
    work: impl FnOnce() -> T,
) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (working, done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Without a thread there is only no progress line.
        let _ = thread::Builder::new().spawn_scoped(scope, move || draw(counts, total, update, &done));
        let result = work();
        drop(working);
        result
    })
}

fn draw(counts: &str, total: Option<u64>, update: impl Fn(&ProgressBar), done: &mpsc::Receiver<()>) {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let style = ProgressStyle::with_template(&format!("{counts}, {{msg}}, {{elapsed}}"));
    bar.set_style(style.expect("the template is well-formed"));
    while done.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        update(&bar);
    }
    bar.finish_and_clear();
}
