//! The data of reports on authorization coverage and on conformance suites, and sentences about
//! points.
//!
//! Points are defined in `coverage`; the traces of a suite are chosen in the crate
//! `chatwarden-explore`.

use std::path::Path;

use chatwarden_model::{CommandKind, NamedEnum};

use chatwarden::coverage::{Coverage, DecidedBy, Point, PointStatus, Reachability};
use chatwarden_explore::suite::Suite;

/// The coverage of a policy's rules.
///
/// ```
/// use chatwarden::coverage::{Coverage, Reachability, PointStatus};
/// use chatwarden_cli::report::Covered;
/// let covered = Covered {
///     policy: "adder-only",
///     cast: "small",
///     groups: 2,
///     coverage: &Coverage::default(),
///     reachability: &Reachability::default(),
/// };
/// assert_eq!(covered.count(PointStatus::Reached), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The policy, as the user named it.
    pub policy: &'a str,
    /// The cast, as the user named it.
    pub cast: &'a str,
    /// How many groups there were.
    pub groups: usize,
    /// The points that were covered.
    pub coverage: &'a Coverage,
    /// The reachable points.
    pub reachability: &'a Reachability,
}

impl Covered<'_> {
    /// The status of the point.
    pub fn status(&self, point: Point) -> PointStatus {
        self.reachability.status(self.coverage, point)
    }

    /// The points with that status.
    pub fn points(&self, status: PointStatus) -> impl Iterator<Item = Point> + '_ {
        Point::all().iter().copied().filter(move |point| self.status(*point) == status)
    }

    /// How many points have that status.
    pub fn count(&self, status: PointStatus) -> usize {
        self.points(status).count()
    }

    /// The share of the reachable points that were covered, in percent, rounded down.
    pub fn percent(&self) -> usize {
        let (reached, missed) = (self.count(PointStatus::Reached), self.count(PointStatus::Missed));
        (100 * reached).checked_div(reached + missed).unwrap_or(100)
    }
}

/// A suite that was written to disk.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The policy, as the user named it.
    pub policy: &'a str,
    /// The cast, as the user named it.
    pub cast: &'a str,
    /// The suite.
    pub suite: &'a Suite,
    /// The folder of its scenarios.
    pub directory: &'a Path,
}

impl Written<'_> {
    /// How many commands all its traces have together.
    pub fn steps(&self) -> usize {
        self.suite.traces.iter().map(|trace| trace.commands.len()).sum()
    }

    /// How many commands the longest trace has.
    pub fn longest(&self) -> usize {
        self.suite.traces.iter().map(|trace| trace.commands.len()).max().unwrap_or_default()
    }
}

/// The meaning of a point, as a sentence without its period.
///
/// ```
/// use chatwarden::coverage::{DecidedBy, Point};
/// use chatwarden::model::{CommandKind, Condition};
/// let point = Point::Decided(CommandKind::Join, DecidedBy::Alone(Condition::LinkIsOpen));
/// let text = chatwarden_cli::report::sentence(point);
/// assert_eq!(text, "join is refused because link-is-open alone does not hold (the group's link is open)");
/// ```
pub fn sentence(point: Point) -> String {
    match point {
        Point::Decided(kind, outcome) => decision(kind, outcome),
        Point::Case(kind, outcome, case) => format!("{}, and {}", decision(kind, outcome), case.about()),
        Point::Promise(promise, kind) => format!(
            "the promise {promise} ({}) is at risk at {kind}: the policy breaks it here, or a single mistake would",
            promise.about()
        ),
    }
}

fn decision(kind: CommandKind, outcome: DecidedBy) -> String {
    match outcome {
        DecidedBy::Allowed => format!("{kind} is allowed ({})", kind.about()),
        DecidedBy::Alone(condition) => {
            format!("{kind} is refused because {condition} alone does not hold ({})", condition.about())
        }
    }
}
