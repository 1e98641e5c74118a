//! Coverage for people: a line for each command that was allowed and for each condition that
//! decided alone, with the number of covered cases. Below are the reachable points that were
//! missed.

use std::io::{self, Write};

use chatwarden_model::{CommandKind, NamedEnum};

use super::{BAD, BOLD, DIM, GOOD, Terminal, WARN};
use crate::report::{Covered, Written, counted, sentence};
use chatwarden::coverage::{DecidedBy, Point, PointStatus};
use chatwarden::describe::grouped;
use chatwarden::sanitize;

impl<W: Write> Terminal<W> {
    pub(super) fn covered(&mut self, covered: &Covered<'_>) -> io::Result<()> {
        let (policy, cast, groups) = (covered.policy, covered.cast, covered.groups);
        let groups = counted(groups, "group");
        writeln!(self.out, "{BOLD}authorization coverage of {policy}, cast {cast}, {groups}{BOLD:#}")?;
        writeln!(
            self.out,
            "{DIM}  command          decided by                    times   cases  promises{DIM:#}"
        )?;
        for &kind in CommandKind::ALL {
            self.command(covered, kind)?;
        }
        let count = |word: &str, status| format!("{} {word}", covered.count(status));
        writeln!(
            self.out,
            "{BOLD}{} % of reachable points covered{BOLD:#}: {}, {}, {}, {}",
            covered.percent(),
            count("points reached", PointStatus::Reached),
            count("missed", PointStatus::Missed),
            count("not known to be reachable", PointStatus::Open),
            count("unreachable", PointStatus::Unreachable),
        )?;
        self.unseen(covered.points(PointStatus::Missed), PointStatus::Missed, BAD)?;
        let shows_histories = covered.points(PointStatus::Reached).any(Point::needs_history);
        let named =
            covered.points(PointStatus::Open).filter(|point| shows_histories || !point.needs_history());
        self.unseen(named, PointStatus::Open, WARN)?;
        let open = covered.points(PointStatus::Open).filter(|point| point.needs_history()).count();
        if open > 0 && !shows_histories {
            let reason = "of them need earlier steps or a second group, which runs can show and a search of states cannot";
            writeln!(self.out, "{DIM}{open} {reason}{DIM:#}")?;
        }
        Ok(())
    }

    /// The decisions about one command.
    fn command(&mut self, covered: &Covered<'_>, kind: CommandKind) -> io::Result<()> {
        let refused = kind.conditions().iter().map(|condition| DecidedBy::Alone(*condition));
        for outcome in [DecidedBy::Allowed].into_iter().chain(refused) {
            let (name, what) = match outcome {
                DecidedBy::Allowed => (kind.name(), "allowed"),
                DecidedBy::Alone(condition) => ("", condition.name()),
            };
            let point = Point::Decided(kind, outcome);
            let (mark, style) = match covered.status(point) {
                PointStatus::Reached => ('✓', GOOD),
                PointStatus::Missed => ('✗', BAD),
                PointStatus::Open => ('?', WARN),
                PointStatus::Unreachable => ('·', DIM),
            };
            let times = match covered.coverage.count(point) {
                0 => String::new(),
                count => grouped(count),
            };
            let of_outcome = |point: &Point| matches!(point, Point::Case(_, of, _) if *of == outcome);
            let cases = share(covered, kind, of_outcome);
            let promises = match outcome {
                DecidedBy::Allowed => share(covered, kind, |point| matches!(point, Point::Promise(..))),
                DecidedBy::Alone(_) => String::new(),
            };
            let line = format!("{what:<24} {times:>10} {cases:>7} {promises:>9}");
            writeln!(self.out, "  {name:<16} {style}{mark}{style:#} {}", line.trim_end())?;
        }
        Ok(())
    }

    fn unseen(
        &mut self,
        points: impl Iterator<Item = Point>,
        status: PointStatus,
        style: anstyle::Style,
    ) -> io::Result<()> {
        for (nth, point) in points.enumerate() {
            if nth == 0 {
                writeln!(self.out, "{style}{status}{style:#}: {}", status.about())?;
            }
            writeln!(self.out, "  {point}: {}", sentence(point))?;
        }
        Ok(())
    }

    pub(super) fn written(&mut self, written: &Written<'_>) -> io::Result<()> {
        let suite = written.suite;
        writeln!(
            self.out,
            "{BOLD}{} scenarios{BOLD:#} of {} steps (the longest of {}) show {} points of {}, cast {}: {}",
            suite.traces.len(),
            written.steps(),
            written.longest(),
            suite.reachability.reachable.len() - suite.missing.len(),
            written.policy,
            written.cast,
            if !suite.missing.is_empty() {
                "not all that can be covered"
            } else if suite.reachability.is_complete && suite.is_settled() {
                "all that can be covered"
            } else {
                "all that is known to be reachable; of the rest it is not known"
            },
        )?;
        suite.missing.iter().try_for_each(|point| writeln!(self.out, "  {BAD}missing{BAD:#} {point}"))?;
        writeln!(self.out, "  {}", sanitize::path(written.directory))
    }
}

/// How many of the reachable points were covered.
fn share(covered: &Covered<'_>, kind: CommandKind, of: impl Fn(&Point) -> bool) -> String {
    let (mut reached, mut all) = (0, 0);
    for point in Point::all().iter().filter(|point| point.command() == kind && of(point)) {
        let status = covered.status(*point);
        reached += usize::from(status == PointStatus::Reached);
        all += usize::from(status != PointStatus::Unreachable);
    }
    if all == 0 { String::new() } else { format!("{reached}/{all}") }
}
