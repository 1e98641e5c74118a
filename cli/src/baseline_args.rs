//! `--baseline`: what is known of before a run, and what becomes of it.
//!
//! Which finding is the same as a known one is `baseline`'s to say.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, options};
use crate::baseline::{self, Baseline, BaselineMatch};
use crate::report::{Event, Report};
use chatwarden::format::KnownFinding;

/// What is known before.
#[derive(Args, Debug)]
pub(crate) struct BaselineArgs {
    /// Known findings, which are told and do not fail; what is gone is named
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found to the baseline, and take out what is gone; the file is made if there is none
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
}

impl BaselineArgs {
    /// The baseline, if there is one.
    pub(crate) fn read(&self) -> Result<Baseline, CliError> {
        let Some(file) = &self.baseline else { return Ok(Baseline::default()) };
        if !self.update_baseline {
            return Ok(Baseline::open(file)?);
        }
        // That it cannot be written is better known before the work than after it.
        options::writable(file.parent().unwrap_or(Path::new("")))?;
        if file.exists() { Ok(Baseline::open(file)?) } else { Ok(Baseline::of([])) }
    }

    /// Whether there is one.
    pub(crate) fn is_given(&self) -> bool {
        self.baseline.is_some()
    }

    /// Whether everything is to be found, whatever is known.
    pub(crate) fn is_to_be_updated(&self) -> bool {
        self.update_baseline
    }

    /// Whether a finding does not count against the implementation: it is known, or will be.
    pub(crate) fn suppresses(&self, met: &BaselineMatch) -> bool {
        met.is_known() || self.update_baseline
    }

    /// Names what is gone, of what the run could have met, and writes the baseline if it is to be written.
    pub(crate) fn conclude(
        &self,
        known: &Baseline,
        could_be_met: impl Fn(&KnownFinding) -> bool,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        for absent in known.absent(&could_be_met) {
            reports.event(Event::KnownFindingAbsent(&absent))?;
        }
        if let (true, Some(file)) = (self.update_baseline, &self.baseline) {
            let updated = known.updated(&could_be_met);
            baseline::write(file, updated.iter().cloned())?;
            let count = updated.len();
            let plural = if count == 1 { "" } else { "s" };
            anstream::eprintln!("{} lists {count} known finding{plural}", file.display());
        }
        Ok(())
    }
}
