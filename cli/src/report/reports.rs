//! Several reports of the same events, each of which is written whatever happens to the others.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Event, Report};

/// Several reports of the same events. A report that cannot be written gets no further events, and
/// keeps no other from being written.
///
/// A clone is another handle of the same reports, so that another thread can finish them.
///
/// ```
/// use chatwarden_cli::report::{Json, Report, Reports, Terminal};
/// let mut reports = Reports::default();
/// reports.add(Json::new(std::io::sink()));
/// reports.add(Terminal::new(std::io::sink()));
/// reports.finish()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Reports(Vec<Arc<Mutex<OpenReport>>>);

/// A report, and whether it takes further events.
struct OpenReport {
    report: Box<dyn Report + Send>,
    is_over: bool,
    /// The error that ended it.
    error: Option<io::Error>,
}

impl Reports {
    /// Adds a report.
    pub fn add(&mut self, report: impl Report + Send + 'static) {
        let report = OpenReport { report: Box::new(report), is_over: false, error: None };
        self.0.push(Arc::new(Mutex::new(report)));
    }

    /// Gives each report in turn a last event and its end. So a report that is stuck keeps only
    /// those after it from being finished.
    pub(crate) fn finish_with(&self, event: Event<'_>) {
        self.each(|report| {
            report.event(event);
            report.finish();
        });
    }

    fn each(&self, mut visit: impl FnMut(&mut OpenReport)) {
        self.0.iter().for_each(|report| visit(&mut report.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl OpenReport {
    fn event(&mut self, event: Event<'_>) {
        if !self.is_over {
            let written = self.report.event(event);
            self.record(written);
        }
    }

    fn finish(&mut self) {
        if !self.is_over {
            let written = self.report.finish();
            self.record(written);
            self.is_over = true;
        }
    }

    fn record(&mut self, written: io::Result<()>) {
        let Err(error) = written else { return };
        self.is_over = true;
        // A reader that has gone, as `head` does, is no error.
        self.error = Some(error).filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} reports", self.0.len())
    }
}

impl Report for Reports {
    /// Errors wait for the end.
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        self.each(|report| report.event(event));
        Ok(())
    }

    /// Finishes every report, and returns the first error of any of them.
    fn finish(&mut self) -> io::Result<()> {
        let mut errors = Vec::new();
        self.each(|report| {
            report.finish();
            errors.extend(report.error.take());
        });
        errors.into_iter().next().map_or(Ok(()), Err)
    }
}
