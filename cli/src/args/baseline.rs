//! `--baseline` and `--update-baseline`.
//!
//! `crate::baseline` decides which finding is the same as a known one.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::baseline::{self, Baseline, BaselineMatch};
use crate::report::{Event, Report, counted};
use crate::{CliError, args, messages};
use chatwarden::format::KnownFinding;
use chatwarden::sanitize;

/// The file of known findings.
#[derive(Args, Debug)]
pub(crate) struct BaselineArgs {
    /// File of known findings: they are reported but do not fail; those that are no longer found
    /// are listed
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings to the baseline, and remove those that are no longer found; the file is
    /// created if it does not exist
    #[arg(long, requires = "baseline")]
    pub(crate) update_baseline: bool,
}

impl BaselineArgs {
    /// The baseline; an empty one if there is none.
    pub(crate) fn read(&self) -> Result<Baseline, CliError> {
        let Some(file) = &self.baseline else { return Ok(Baseline::default()) };
        if !self.update_baseline {
            return Ok(Baseline::open(file)?);
        }
        args::check_writable(file.parent().unwrap_or(Path::new("")))?;
        if file.exists() { Ok(Baseline::open(file)?) } else { Ok(Baseline::of([])) }
    }

    /// Whether a finding does not make the run fail, because it is known or becomes known now.
    pub(crate) fn suppresses(&self, matched: &BaselineMatch) -> bool {
        matched.is_known() || self.update_baseline
    }

    /// Reports the known findings that are absent, among those that this run could have found, and
    /// updates the file if the user asked for that.
    pub(crate) fn finish(
        &self,
        baseline: &Baseline,
        could_be_found: impl Fn(&KnownFinding) -> bool,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        for absent in baseline.absent(&could_be_found) {
            reports.event(Event::KnownFindingAbsent(&absent))?;
        }
        if let (true, Some(file)) = (self.update_baseline, &self.baseline) {
            let updated = baseline.updated(&could_be_found);
            baseline::write(file, updated.iter().cloned())?;
            let count = counted(updated.len(), "known finding");
            messages::print(format_args!("{} lists {count}", sanitize::path(file)));
        }
        Ok(())
    }
}
