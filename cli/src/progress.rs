//! The progress of long work: on a terminal only, and gone when the work is over.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use chatwarden::campaign;

/// How often the bar is drawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// Does the work of a campaign, and shows how it goes on if somebody is there to see it.
pub(crate) fn of_campaign<T>(
    watch: &campaign::CampaignMonitor,
    runs: Option<u64>,
    work: impl FnOnce() -> T,
) -> T {
    let counts = if runs.is_some() { "{wide_bar} {pos}/{len} runs" } else { "{spinner} {pos} runs" };
    let tell = |bar: &ProgressBar| {
        bar.set_position(watch.runs());
        let rate = watch.commands() as f64 / bar.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!("{rate:.0} commands/s, {} findings", watch.findings()));
    };
    shown(counts, runs, tell, work)
}

/// Shrinks a finding, and shows how it goes on if somebody is there to see it.
pub(crate) fn of_shrinking<T>(watch: &campaign::CampaignMonitor, work: impl FnOnce() -> T) -> T {
    let tell = |bar: &ProgressBar| {
        let (executions, length) = watch.shrinking();
        bar.set_position(executions);
        bar.set_message(format!("{length} commands left"));
    };
    shown("{spinner} shrinking, {pos} executions", None, tell, work)
}

/// Does the work of a search, and shows how it goes on if somebody is there to see it.
pub(crate) fn of_search<T>(
    what: &str,
    watch: &chatwarden_explore::SearchMonitor,
    work: impl FnOnce() -> T,
) -> T {
    let tell = |bar: &ProgressBar| {
        bar.set_position(watch.states());
        let rate = watch.states() as f64 / bar.elapsed().as_secs_f64().max(0.001);
        let (depth, frontier) = (watch.depth(), watch.frontier());
        bar.set_message(format!("{rate:.0} states/s, depth {depth}, frontier {frontier}, {what}"));
    };
    shown("{spinner} {pos} states", None, tell, work)
}

fn shown<T>(
    counts: &str,
    total: Option<u64>,
    tell: impl Fn(&ProgressBar) + Send,
    work: impl FnOnce() -> T,
) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || draw(counts, total, tell, &over));
        let result = work();
        drop(done);
        result
    })
}

fn draw(counts: &str, total: Option<u64>, tell: impl Fn(&ProgressBar), over: &mpsc::Receiver<()>) {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let style = ProgressStyle::with_template(&format!("{counts}, {{msg}}, {{elapsed}}"));
    bar.set_style(style.expect("the template is well-formed"));
    while over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        tell(&bar);
    }
    bar.finish_and_clear();
}
