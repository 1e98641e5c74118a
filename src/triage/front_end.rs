//! The parts of the pipeline that differ between the command line, tests and fuzz targets; and the
//! front end of tests and fuzz targets, which writes text.

use std::cell::RefCell;
use std::io::{self, Write};

use crate::campaign::CampaignMonitor;
use crate::counterexample::Counterexample;
use crate::describe::{Describer, Explanation, Palette, SavedFinding};

/// What a caller of the pipeline adds to its steps.
pub trait FrontEnd {
    /// Does the shrinking. A front end may show its progress meanwhile.
    fn while_shrinking<T>(&self, _monitor: &CampaignMonitor, shrink: impl FnOnce() -> T) -> T {
        shrink()
    }

    /// Searches everything shorter than a shrunk counterexample for the same finding, and returns
    /// the shortest one. A shorter one has to be handed to `simplify` first.
    ///
    /// # Errors
    /// If a file cannot be written.
    fn certify(
        &self,
        shrunk: Counterexample,
        _simplify: &mut dyn FnMut(&Counterexample) -> io::Result<Counterexample>,
    ) -> io::Result<Counterexample> {
        Ok(shrunk)
    }

    /// Reports an error after which the pipeline continues, or one with which it ends.
    fn error(&self, message: &str);

    /// Reports a finding that has its final name.
    ///
    /// # Errors
    /// If it cannot be reported.
    fn saved(&mut self, saved: &SavedFinding<'_>) -> io::Result<()>;
}

/// Writes findings with their explanations as text.
pub(super) struct PlainReport<'a, W> {
    pub(super) out: RefCell<&'a mut W>,
    pub(super) palette: Palette,
}

impl<W: Write> FrontEnd for PlainReport<'_, W> {
    fn error(&self, message: &str) {
        // A message that cannot be written must not keep the finding from being saved.
        let _ = writeln!(self.out.borrow_mut(), "error: {}", message.trim_end());
    }

    fn saved(&mut self, saved: &SavedFinding<'_>) -> io::Result<()> {
        let out = self.out.get_mut();
        saved.write(out, &self.palette, false, None)?;
        writeln!(out)?;
        let describer = Describer { names: saved.names, setup: saved.setup };
        let trace = saved.trace;
        let explanation =
            Explanation { describer, trace, recorded: None, certificate: None, is_verbose: false };
        explanation.write_steps(out, &self.palette)?;
        out.flush()
    }
}
