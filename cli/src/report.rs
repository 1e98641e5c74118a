//! Reports for people and programs. A campaign, a search, a replay or a shrink is a stream of
//! [`Event`]s. Every report reads the same events, and none touches an adapter.

mod annotations;
mod certified;
mod covered;
mod diagnostic;
mod explored;
mod json;
mod junit;
mod proved;
mod replays;
mod reports;
mod sarif;
mod terminal;

pub use annotations::Annotations;
pub use certified::{certificate_difference, certified};
pub use covered::{Covered, Written, sentence};
pub(crate) use diagnostic::texts;
use explored::symmetry_bound;
pub use explored::{Explored, ImplementationExplored};
pub use json::Json;
pub use junit::Junit;
pub use proved::{FoundRace, ProofResult, Proved, Recheck, Searched};
pub use replays::ReplaySummary;
pub use reports::Reports;
pub use sarif::Sarif;
pub use terminal::Terminal;

use std::io;
use std::path::Path;
use std::time::Duration;

use chatwarden_model::named_enum;

use crate::baseline::BaselineMatch;
use crate::driver_check::CheckResult;
use chatwarden::describe::SavedFinding;
use chatwarden::finding::{Finding, Verdict};
use chatwarden::format::{Error, KnownFinding, Scenario};
use chatwarden::lockstep::Tally;
use chatwarden::replay::Mismatch;
use chatwarden::sanitize;
use chatwarden::triage::replace_file;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A finding has its final name. The baseline may list it.
    FindingSaved(&'a SavedFinding<'a>, &'a BaselineMatch),
    /// A scenario was replayed.
    ScenarioReplayed(&'a Replayed<'a>),
    /// All scenarios were replayed with an implementation.
    ReplayFinished(&'a ReplaySummary),
    /// A scenario file cannot be read, for this reason.
    ScenarioUnreadable(&'a Path, &'a Error),
    /// The run did not do all its work, for this reason: an error, or a signal.
    RunIncomplete(&'a str),
    /// A campaign is over.
    CampaignFinished(&'a CampaignSummary),
    /// A policy was explored.
    PolicyExplored(&'a Explored),
    /// Several policies were explored, each of which was reported before.
    PoliciesCompared(&'a [Explored]),
    /// A policy was proved, as far as it can be.
    PolicyProved(&'a Proved),
    /// Several policies were proved, each of which was reported before.
    ProofsCompared(&'a [Proved]),
    /// An implementation was searched; its findings were reported before.
    ImplementationExplored(&'a ImplementationExplored<'a>),
    /// The baseline lists a finding that the run did not find.
    KnownFindingAbsent(&'a KnownFinding),
    /// A driver was checked.
    DriverChecked(&'a CheckResult),
    /// Coverage was counted.
    CoverageCounted(&'a Covered<'a>),
    /// A conformance suite was written; its scenarios were replayed before.
    SuiteWritten(&'a Written<'a>),
}

named_enum! {
    /// The result of the replay of a scenario.
    ///
    /// ```
    /// use chatwarden::model::NamedEnum;
    /// use chatwarden_cli::report::ReplayOutcome;
    /// assert_eq!(ReplayOutcome::Fixed.name(), "fixed");
    /// ```
    pub enum ReplayOutcome {
        Passed = "passed": "everything happens as the scenario says",
        Failed = "failed": "something differs from the scenario, or its finding recurs",
        Fixed = "fixed": "the scenario's finding no longer recurs",
        Inconclusive = "inconclusive": "the implementation gave no definite answer",
        Skipped = "skipped": "the scenario is not for this implementation",
    }
}

/// The replay of one scenario file.
///
/// ```
/// use chatwarden_cli::report::{ReplayOutcome, Replayed};
/// use chatwarden::format::{Scenario, Source};
/// let text = r#"{"chatwarden": 1, "name": "x", "policy": "adder-only", "cast": "small", "groups": [], "steps": []}"#;
/// let replayed = Replayed {
///     file: "x.json".as_ref(),
///     scenario: &Scenario::read(Source::new("x.json", text))?,
///     outcome: ReplayOutcome::Passed,
///     finding: None,
///     matched: None,
///     at: None,
///     message: None,
///     differences: &[],
///     tally: None,
///     time: std::time::Duration::ZERO,
/// };
/// assert_eq!(replayed.verdict(), None);
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Replayed<'a> {
    /// The file.
    pub file: &'a Path,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The result.
    pub outcome: ReplayOutcome,
    /// The finding of the implementation, if there is one.
    pub finding: Option<&'a Finding>,
    /// The difference or the finding, and whether it is known.
    pub matched: Option<&'a BaselineMatch>,
    /// The step at which something is wrong, if it is a single step.
    pub at: Option<usize>,
    /// The difference or the finding in words, or why there is no result.
    pub message: Option<&'a str>,
    /// The answers that differ from what the scenario expects, although the fidelity permits them.
    pub differences: &'a [Mismatch],
    /// The commands that the implementation was given, by kind.
    pub tally: Option<&'a Tally>,
    /// How long the replay took.
    pub time: Duration,
}

impl Replayed<'_> {
    /// Whether it failed in a way that is known.
    pub fn is_known(&self) -> bool {
        self.matched.is_some_and(BaselineMatch::is_known)
    }

    /// The verdict on the implementation, if one took part and deviates.
    pub fn verdict(&self) -> Option<Verdict> {
        self.finding.map(|finding| finding.identity().verdict)
    }
}

/// The result of a campaign in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CampaignSummary {
    /// How many runs were made.
    pub runs: u64,
    /// How many commands they had.
    pub commands: u64,
    /// How many commands of each kind were carried out, refused and left out.
    pub tally: Tally,
    /// How long it took.
    pub time: Duration,
    /// How long the searches for shorter traces that show the findings took.
    pub certifying: Duration,
    /// How many different findings there are, the inconclusive ones left out.
    pub findings: usize,
    /// How many of them are known.
    pub known: usize,
    /// How many different inconclusive findings there are.
    pub inconclusive: usize,
}

/// A reader of events.
pub trait Report {
    /// Takes an event.
    ///
    /// # Errors
    /// If it cannot be written.
    fn event(&mut self, event: Event<'_>) -> io::Result<()>;

    /// Takes the end of all events.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Replaces the file of a report. An error names the file.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    replace_file(file, text.as_bytes())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", sanitize::path(file))))
}

/// A number with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The file's name in reports.
fn shown(file: &Path) -> String {
    file.display().to_string()
}
