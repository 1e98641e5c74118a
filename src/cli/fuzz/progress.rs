//! The progress bar of a campaign: on a terminal only, and gone when the campaign is over.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::campaign::Watch;

/// How often the bar is drawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// Does the work, and shows how it goes on if somebody is there to see it.
pub(super) fn shown<T>(watch: &Watch, runs: Option<u64>, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || draw(watch, runs, &over));
        let result = work();
        drop(done);
        result
    })
}

fn draw(watch: &Watch, runs: Option<u64>, over: &mpsc::Receiver<()>) {
    let bar = runs.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let counts = if runs.is_some() { "{wide_bar} {pos}/{len} runs" } else { "{spinner} {pos} runs" };
    let style = ProgressStyle::with_template(&format!("{counts}, {{msg}}, {{elapsed}}"));
    bar.set_style(style.expect("the template is well-formed"));
    while over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        bar.set_position(watch.runs());
        let rate = watch.commands() as f64 / bar.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!("{rate:.0} commands/s, {} findings", watch.findings()));
    }
    bar.finish_and_clear();
}
