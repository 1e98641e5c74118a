//! What people and programs are shown. A campaign, a search, a replay or a shrink is a stream of [`Event`]s; each report
//! reads them and none touches an adapter.

mod annotations;
mod certified;
mod covered;
mod diagnostic;
mod explored;
mod json;
mod junit;
mod sarif;
mod terminal;

pub use annotations::Annotations;
pub use certified::{certificate_difference, certified};
pub use covered::{Covered, Written, sentence};
pub use explored::{Explored, ImplementationExplored};
pub use json::Json;
pub use junit::Junit;
pub use sarif::Sarif;
pub use terminal::Terminal;

use std::io;
use std::path::Path;
use std::time::Duration;

use chatwarden_model::named_enum;

use crate::baseline::Met;
use crate::driver_check::CheckResult;
use chatwarden::campaign::ShrinkStatus;
use chatwarden::describe::SavedFinding;
use chatwarden::finding::{Finding, Verdict};
use chatwarden::format::{Error, KnownFinding, Scenario};
use chatwarden_explore::End;
use chatwarden_explore::certify::Certificate;

/// Something that happened and is worth reporting.
///
/// ```
/// use chatwarden_cli::report::{Event, CampaignSummary};
/// let time = std::time::Duration::ZERO;
/// let summary = CampaignSummary { runs: 2, commands: 60, time, findings: 0, known: 0, inconclusive: 0 };
/// assert!(matches!(Event::CampaignFinished(&summary), Event::CampaignFinished(summary) if summary.findings == 0));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A campaign, or a shrinking, came to a finding and saved it.
    FindingSaved(&'a Discovery<'a>),
    /// A scenario was replayed.
    ScenarioReplayed(&'a Replayed<'a>),
    /// A file that should hold a scenario cannot be read, for this reason.
    ScenarioUnreadable(&'a Path, &'a Error),
    /// A campaign is over.
    CampaignFinished(&'a CampaignSummary),
    /// A policy was explored.
    PolicyExplored(&'a Explored),
    /// Several policies were explored, each of which was reported before.
    PoliciesCompared(&'a [Explored]),
    /// An implementation was driven through every situation; its findings were reported before.
    ImplementationExplored(&'a ImplementationExplored<'a>),
    /// The baseline lists a finding that was not met any more.
    KnownFindingAbsent(&'a KnownFinding),
    /// A driver was checked.
    DriverChecked(&'a CheckResult),
    /// Coverage was counted.
    CoverageCounted(&'a Covered<'a>),
    /// A conformance suite was made and written down; its scenarios were replayed before.
    SuiteWritten(&'a Written<'a>),
}

/// A finding that was saved, whether it is known, and what certifying it came to.
#[derive(Clone, Copy, Debug)]
pub struct Discovery<'a> {
    /// The finding, its trace and its file.
    pub saved: SavedFinding<'a>,
    /// The finding's name from one run to the next, and whether it is known.
    pub met: &'a Met,
    /// The certificate of its length, or why there is none, if it was looked for.
    pub proof: Option<&'a Result<Certificate, End>>,
}

impl Discovery<'_> {
    /// The word for how minimal the trace is, if it is.
    pub fn minimal_word(&self) -> Option<&'static str> {
        match (self.saved.shrunk.outcome, self.proof) {
            (ShrinkStatus::OneMinimal, Some(Ok(_))) => Some("certified"),
            (ShrinkStatus::OneMinimal, _) => Some("one-minimal"),
            _ => None,
        }
    }
}

named_enum! {
    /// What came of the replay of a scenario.
    ///
    /// ```
    /// use chatwarden::{model::NamedEnum, report::ReplayOutcome};
    /// assert_eq!(ReplayOutcome::Fixed.name(), "fixed");
    /// ```
    pub enum ReplayOutcome {
        Passed = "passed": "everything is as the scenario says",
        Failed = "failed": "something is not as the scenario says, or its finding recurs",
        Fixed = "fixed": "the scenario's finding no longer recurs",
        Inconclusive = "inconclusive": "the implementation gave no definite answer",
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
///     met: None,
///     at: None,
///     message: None,
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
    /// What came of it.
    pub outcome: ReplayOutcome,
    /// The finding of the implementation, if there is one.
    pub finding: Option<&'a Finding>,
    /// What is called what is wrong from one run to the next, and whether it is known.
    pub met: Option<&'a Met>,
    /// The step at which something is wrong, if it is one step.
    pub at: Option<usize>,
    /// What is wrong.
    pub message: Option<&'a str>,
    /// How long the replay took.
    pub time: Duration,
}

impl Replayed<'_> {
    /// Whether it failed in a way that is known.
    pub fn is_known(&self) -> bool {
        self.met.is_some_and(Met::is_known)
    }

    /// The verdict on the implementation, if one took part and departs.
    pub fn verdict(&self) -> Option<Verdict> {
        self.finding.map(|finding| finding.identity().verdict)
    }
}

/// What a campaign came to.
///
/// ```
/// use chatwarden_cli::report::CampaignSummary;
/// let time = std::time::Duration::ZERO;
/// let summary = CampaignSummary { runs: 2, commands: 60, time, findings: 0, known: 0, inconclusive: 0 };
/// assert_eq!(summary.commands / summary.runs, 30);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CampaignSummary {
    /// How many runs were made.
    pub runs: u64,
    /// How many commands they had.
    pub commands: u64,
    /// How long it took.
    pub time: Duration,
    /// How many different findings there are, the inconclusive ones left out.
    pub findings: usize,
    /// How many of them are known.
    pub known: usize,
    /// How many different inconclusive ones there are.
    pub inconclusive: usize,
}

/// Something that reads events.
///
/// ```
/// use chatwarden_cli::report::{Event, Report};
/// struct Counter(usize);
/// impl Report for Counter {
///     fn event(&mut self, _: Event<'_>) -> std::io::Result<()> {
///         self.0 += 1;
///         Ok(())
///     }
/// }
/// # let _ = Counter(0);
/// ```
pub trait Report {
    /// Takes an event.
    ///
    /// # Errors
    /// If it cannot be written.
    fn event(&mut self, event: Event<'_>) -> io::Result<()>;

    /// Everything has happened.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Several reports of the same events.
///
/// ```
/// use chatwarden_cli::report::{Json, Report, Reports, Terminal};
/// let mut reports = Reports::default();
/// reports.add(Json::new(std::io::sink()));
/// reports.add(Terminal::new(std::io::sink()));
/// reports.finish()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Default)]
pub struct Reports(Vec<Box<dyn Report>>);

impl Reports {
    /// Adds a report.
    pub fn add(&mut self, report: impl Report + 'static) {
        self.0.push(Box::new(report));
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} reports", self.0.len())
    }
}

impl Report for Reports {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|report| heard(report.event(event)))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|report| heard(report.finish()))
    }
}

/// A reader who went away does not keep the others from being told, or the exit code from being right.
fn heard(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// The file as it is named in reports.
fn shown(file: &Path) -> String {
    file.display().to_string()
}
