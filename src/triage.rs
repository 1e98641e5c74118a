//! Triage: the one pipeline of every finding, for `cargo test`, `cargo fuzz` and the command line.
//!
//! 1. The draft: the finding is on disk before anything else happens.
//! 2. It is repeated and shrunk; each improvement replaces the draft.
//! 3. It is certified, if the front end does that.
//! 4. The draft is read back from the disk and replayed.
//! 5. It gets its final name.
//! 6. The front end reports it.
//!
//! Files are written in `writer` and `file`. The search for shorter traces, known findings and
//! reports for CI systems are the command line's: it adds them as a [`FrontEnd`].

mod file;
mod front_end;
mod same_finding;
mod writer;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use file::{check_replaceable, check_writable, replace_file};
pub use front_end::FrontEnd;
pub use writer::{Draft, FindingWriter, hash, write};

use crate::adapter::{Adapter, Failure};
use crate::campaign::{self, CampaignConfig, CampaignMonitor};
use crate::counterexample::{Counterexample, ShrinkStatus};
use crate::describe::{Palette, SavedFinding};
use crate::finding::{Finding, Identity};
use crate::format::Scenario;
use crate::replay;
use crate::sanitize;
use crate::shrink::measure;
use crate::trace::Trace;
use front_end::PlainReport;

/// The pipeline of findings, for one implementation.
#[derive(Debug)]
pub struct Pipeline<M> {
    /// The setup of the runs, and how the implementation is compared.
    pub config: CampaignConfig,
    /// Writes the scenario files.
    pub writer: FindingWriter,
    /// The command that replays a saved scenario, but for the file; empty if there is none.
    pub replay: String,
    /// Shows the progress of shrinking, and stops it.
    pub monitor: Arc<CampaignMonitor>,
    make: M,
    /// The draft of each identity. An error is kept until the finding is processed.
    drafts: Mutex<HashMap<Identity, io::Result<Draft>>>,
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Pipeline<M> {
    /// A pipeline that executes traces with the implementations of `make`.
    pub fn new(config: CampaignConfig, writer: FindingWriter, make: M) -> Self {
        Pipeline {
            config,
            writer,
            replay: String::new(),
            monitor: Arc::default(),
            make,
            drafts: Mutex::default(),
        }
    }

    /// Writes a counterexample to disk as it was found. An earlier draft of the same identity is
    /// replaced. An error is reported when the finding is processed.
    pub fn draft(&self, found: &Counterexample) {
        let draft = self.writer.draft(found);
        let mut drafts = self.drafts();
        let draft = match (drafts.remove(&found.identity()), draft) {
            // The earlier draft shows the finding as well.
            (Some(Ok(earlier)), Err(_)) => Ok(earlier),
            // The same trace is the same file. If another one cannot be removed, nothing is lost.
            (Some(Ok(earlier)), Ok(draft)) if earlier != draft => {
                let _ = earlier.discard();
                Ok(draft)
            }
            (_, draft) => draft,
        };
        drafts.insert(found.identity(), draft);
    }

    /// The file of the draft of that identity, if it could be written.
    pub fn draft_file(&self, identity: Identity) -> Option<PathBuf> {
        let drafts = self.drafts();
        let draft = drafts.get(&identity)?.as_ref().ok()?;
        Some(draft.path().to_path_buf())
    }

    /// Removes the drafts of findings that are not processed, because they do not count.
    ///
    /// # Errors
    /// If a draft cannot be removed.
    pub fn discard_drafts(&self) -> io::Result<()> {
        self.drafts().drain().filter_map(|(_, draft)| draft.ok()).try_for_each(Draft::discard)
    }

    /// Takes a counterexample with a draft through all further steps, and returns the saved file.
    ///
    /// # Errors
    /// If the finding cannot be saved or reported. One that cannot be saved is reported with its
    /// scenario.
    pub fn process(&self, found: &Counterexample, front_end: &mut impl FrontEnd) -> io::Result<PathBuf> {
        self.finish(found, front_end, |draft, front_end| self.shortest(found, draft, front_end))
    }

    /// Like [`Pipeline::process`], without shrinking or certifying.
    ///
    /// # Errors
    /// As for [`Pipeline::process`].
    pub fn process_as_found(
        &self,
        found: &Counterexample,
        front_end: &mut impl FrontEnd,
    ) -> io::Result<PathBuf> {
        self.finish(found, front_end, |_, _| Ok(found.clone()))
    }

    /// Like [`Pipeline::process`], for a caller that only writes text: the finding and its
    /// explanation.
    ///
    /// # Errors
    /// As for [`Pipeline::process`].
    pub fn process_as_text(
        &self,
        found: &Counterexample,
        out: &mut impl Write,
        palette: &Palette,
    ) -> io::Result<PathBuf> {
        self.process(found, &mut PlainReport { out: RefCell::new(out), palette: *palette })
    }

    fn drafts(&self) -> MutexGuard<'_, HashMap<Identity, io::Result<Draft>>> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish<F: FrontEnd>(
        &self,
        found: &Counterexample,
        front_end: &mut F,
        reduce: impl FnOnce(&Draft, &F) -> io::Result<Counterexample>,
    ) -> io::Result<PathBuf> {
        let draft = self.drafts().remove(&found.identity());
        let draft = draft.unwrap_or_else(|| Err(io::Error::other("the finding was not written down")));
        let saved = draft.and_then(|draft| {
            let reduced = reduce(&draft, front_end)?;
            self.save(found, reduced, draft)
        });
        let (counterexample, file) =
            saved.inspect_err(|error| front_end.error(&self.unsaved_text(found, error)))?;
        front_end.saved(&SavedFinding {
            names: &self.writer.names(),
            setup: &self.config.setup,
            counterexample: &counterexample,
            trace: &self.trace(&counterexample),
            file: &file,
            replay: &self.replay,
        })?;
        Ok(file)
    }

    /// Shrinks and certifies. What the certifier finds shorter is shrunk again.
    fn shortest(
        &self,
        found: &Counterexample,
        draft: &Draft,
        front_end: &impl FrontEnd,
    ) -> io::Result<Counterexample> {
        let shrunk = self.shrink(found, draft, front_end)?;
        if found.is_inconclusive() || shrunk.status != ShrinkStatus::OneMinimal {
            return Ok(shrunk);
        }
        front_end.certify(shrunk, &mut |shorter| {
            self.improve(draft, shorter)?;
            self.shrink(shorter, draft, front_end)
        })
    }

    fn shrink(
        &self,
        found: &Counterexample,
        draft: &Draft,
        front_end: &impl FrontEnd,
    ) -> io::Result<Counterexample> {
        let shrink = || {
            campaign::shrink(&self.config, &self.make, found, &self.monitor, |commands, finding| {
                let better = Counterexample::new(commands.to_vec(), finding.clone());
                // If it cannot be written, the draft still shows the finding. The last version must
                // be written.
                let _ = self.improve(draft, &found.simplified(better));
            })
        };
        let mut shrunk = front_end.while_shrinking(&self.monitor, shrink).unwrap_or_else(|failure| {
            front_end.error(&format!("it cannot be shrunk: {failure}"));
            found.clone()
        });
        if self.monitor.is_stopped() && shrunk.is_unstable() {
            // The implementation may have been ended within a repetition.
            shrunk = found.clone();
        }
        self.improve(draft, &shrunk)?;
        Ok(shrunk)
    }

    fn improve(&self, draft: &Draft, better: &Counterexample) -> io::Result<()> {
        draft.improve(&self.writer, self.writer.scenario(better))
    }

    /// Writes the last version, and replays it as it is on disk. If that shows another finding, the
    /// trace as it was found is saved. Then the file gets its final name.
    fn save(
        &self,
        found: &Counterexample,
        reduced: Counterexample,
        draft: Draft,
    ) -> io::Result<(Counterexample, PathBuf)> {
        let scenario = self.scenario_without_idle_groups(&reduced);
        draft.improve(&self.writer, scenario.clone())?;
        // Another process that found the same may have renamed the draft already.
        let on_disk = if draft.path().exists() { &draft.open()? } else { &scenario };
        if is_worth_replaying(&reduced) && self.recurs(on_disk, &reduced) == Some(false) {
            let (executions, status) = (reduced.executions, ShrinkStatus::Unstable(None));
            let unstable = Counterexample { executions, status, ..found.clone() };
            let file = draft.rename(&self.writer, self.writer.scenario(&unstable))?;
            return Ok((unstable, file));
        }
        let file = draft.rename(&self.writer, scenario.clone())?;
        Ok(self.keep_simplest(&scenario, reduced, file))
    }

    /// Keeps one file of a finding: other shards of a campaign, and the same campaign at another time, may
    /// have saved it too. Only the simplest stays, and is reported. Nothing is done about a file that does
    /// not show the finding any more, or that cannot be removed.
    fn keep_simplest(
        &self,
        scenario: &Scenario,
        reduced: Counterexample,
        file: PathBuf,
    ) -> (Counterexample, PathBuf) {
        if !is_worth_replaying(&reduced) {
            return (reduced, file);
        }
        let own = measure(&reduced.commands);
        for (path, other) in same_finding::other_files(&self.writer.directory, scenario) {
            let commands = replay::commands(&other);
            if own <= measure(&commands) {
                let _ = fs::remove_file(path);
            } else if let Some(finding) = self.repeated(&other, &reduced) {
                let _ = fs::remove_file(file);
                return (same_finding::read_back(&other, commands, finding, reduced), path);
            }
        }
        (reduced, file)
    }

    /// The trace with the implementation's answers; by the policy alone if it cannot be repeated.
    fn trace(&self, counterexample: &Counterexample) -> Trace {
        let (config, commands) = (&self.config, &counterexample.commands);
        match (self.make)() {
            Ok(mut adapter) if counterexample.is_repeatable() => {
                Trace::of(&mut adapter, config.check, &config.setup, commands)
            }
            _ => Trace::of_policy(&config.setup, commands),
        }
    }

    /// The scenario with only the groups that the commands name, if they suffice to show the finding.
    fn scenario_without_idle_groups(&self, reduced: &Counterexample) -> Scenario {
        let whole = self.writer.scenario(reduced);
        let fewer = self.writer.scenario_without_idle_groups(reduced);
        if fewer.groups == whole.groups || !is_worth_replaying(reduced) {
            return whole;
        }
        if self.recurs(&fewer, reduced) == Some(true) { fewer } else { whole }
    }

    /// The finding of the counterexample in the scenario, if it shows there.
    fn repeated(&self, scenario: &Scenario, counterexample: &Counterexample) -> Option<Finding> {
        let mut adapter = (self.make)().ok()?;
        let finding = replay::against_implementation(scenario, &mut adapter, self.config.check).finding?;
        let identity = counterexample.identity();
        finding.shows(identity).then(|| finding.headed_by(identity))
    }

    /// Whether the scenario shows the finding; none if no implementation can be made.
    fn recurs(&self, scenario: &Scenario, counterexample: &Counterexample) -> Option<bool> {
        let mut adapter = (self.make)().ok()?;
        let finding = replay::against_implementation(scenario, &mut adapter, self.config.check).finding;
        if self.monitor.is_stopped() && finding.as_ref().is_some_and(Finding::is_inconclusive) {
            // The implementation may have been ended within the run.
            return None;
        }
        let same = finding.is_some_and(|finding| finding.shows(counterexample.identity()));
        Some(same && replay::against_policy(scenario).is_ok())
    }

    fn unsaved_text(&self, found: &Counterexample, error: &impl fmt::Display) -> String {
        format!(
            "the finding cannot be saved in {}: {error}\nthis is its scenario, before it was shrunk:\n{}",
            sanitize::path(&self.writer.directory),
            self.writer.scenario(&Counterexample { origin: None, ..found.clone() }).write()
        )
    }
}

/// Whether another execution can show something new. An inconclusive finding was repeated before it
/// was shrunk, and may take the whole time limit every time.
fn is_worth_replaying(counterexample: &Counterexample) -> bool {
    !counterexample.is_unstable() && !counterexample.is_inconclusive()
}
