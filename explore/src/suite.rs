//! The conformance suite of a policy: few and short traces that together show every point that can be
//! covered. So a handful of files compares any implementation, in any language, with the policy.
//!
//! An exhaustive search, if it can be completed, says which points can be covered. Each point starts
//! from a shortest trace. No trace of the suite, and no command of a trace, can be left out. No
//! implementation takes part, and nothing is written here.

mod choose;
mod witness;

use std::num::NonZeroUsize;
use std::thread;

use chatwarden_model::{Command, CommandKind, EnumSet, Setup};

use crate::{SearchMonitor, explore};
use chatwarden::coverage::{Coverage, Point, PointStatus, Points, Reachability};

/// The inputs of a suite.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Cast, Kind, Preset, Setup, UserSet};
/// use chatwarden_explore::suite::{build, SuiteConfig};
///
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::AdderOnly.policy() };
/// let suite = build(&SuiteConfig::new(setup), &SearchMonitor::default());
/// assert!(suite.missing.is_empty());
/// assert!(suite.traces.iter().all(|trace| trace.commands.len() <= 12));
/// ```
#[derive(Clone, Debug)]
pub struct SuiteConfig {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// The kinds of commands in the traces.
    pub commands: EnumSet<CommandKind>,
    /// The most commands in a trace; a trace that needs more to show its point is longer.
    pub length: usize,
    /// The number of threads of the search; the suite does not depend on it.
    pub jobs: NonZeroUsize,
    /// The number of bytes that the states of the search may take. If they are not enough, the suite's
    /// reachability is incomplete.
    pub memory: u64,
}

impl SuiteConfig {
    /// Traces of up to twelve commands, by all cores.
    pub fn new(setup: Setup) -> Self {
        SuiteConfig {
            setup,
            commands: EnumSet::all(),
            length: 12,
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            memory: crate::MEMORY,
        }
    }
}

/// A trace of a suite.
///
/// An example is at [`SuiteConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuiteTrace {
    /// The point that it shows and no other trace of the suite does; it names the trace.
    pub about: Point,
    /// The commands.
    pub commands: Vec<Command>,
    /// All points that it shows.
    pub shows: Points,
}

/// A conformance suite.
///
/// An example is at [`SuiteConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suite {
    /// The traces, in the order of their points.
    pub traces: Vec<SuiteTrace>,
    /// Which points can be covered.
    pub reachability: Reachability,
    /// The points that can be covered, but to which no trace was found.
    pub missing: Vec<Point>,
}

impl Suite {
    /// Whether every point that the suite does not show is known to be unreachable.
    pub fn is_settled(&self) -> bool {
        let coverage = Coverage::of_points(&self.reachability.reachable);
        Point::all().iter().all(|point| self.reachability.status(&coverage, *point) != PointStatus::Open)
    }

    /// The number of times that the suite shows each point.
    pub fn coverage(&self, setup: &Setup) -> Coverage {
        let mut coverage = Coverage::default();
        self.traces.iter().for_each(|trace| coverage.follow(setup, &trace.commands));
        coverage
    }
}

/// Makes a suite, the same for the same configuration. If it is stopped, it shows less than it could and
/// is not to be used.
pub fn build(config: &SuiteConfig, monitor: &SearchMonitor) -> Suite {
    let mut reachability = reachability(config, monitor);
    let witnesses = witness::find(config, &reachability, monitor);
    reachability.reachable.extend(&witnesses.iter().map(|(point, _)| *point).collect());
    let traces = choose::choose(config, &witnesses, monitor);
    let mut shown = Points::default();
    traces.iter().for_each(|trace| shown.extend(&trace.shows));
    let missing = reachability.reachable.iter().filter(|point| !shown.contains(*point)).collect();
    Suite { traces, reachability, missing }
}

/// The points that can be covered, by a search with one group, as far as its memory suffices and it is not
/// stopped. Further groups add only the points that need a second group, about which the result says
/// nothing.
pub fn reachability(config: &SuiteConfig, monitor: &SearchMonitor) -> Reachability {
    let setup = Setup { groups: config.setup.groups.min(1), ..config.setup };
    let search = crate::PolicySearch {
        commands: config.commands,
        promises: EnumSet::empty(),
        coverage: true,
        jobs: config.jobs,
        memory: config.memory,
        ..crate::PolicySearch::new(setup)
    };
    let reachability = explore(&search, monitor).reachability.unwrap_or_default();
    Reachability { lacks_second_group: config.setup.groups < 2, ..reachability }
}
