//! The conformance suite of a policy: few and short histories that together show everything that can be covered, so
//! that any implementation, in any language, can be held against the policy by a handful of files.
//!
//! What can be covered is known from an exhaustive search where one can be completed; each point's first history is a
//! shortest one; and none of the chains chosen, and none of their commands, can be left out. No implementation takes
//! part, and nothing is written or worded here.

mod choose;
mod witness;

use std::num::NonZeroUsize;
use std::thread;

use chatwarden_model::{Command, CommandKind, EnumSet, Setup};

use crate::{SearchMonitor, explore};
use chatwarden::coverage::{Coverage, Point, PointStatus, Points, Reachability};

/// What a suite is to be made for.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Cast, Kind, Preset, Setup, UserSet};
/// use chatwarden_explore::suite::{build, SuiteConfig};
///
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let suite = build(&SuiteConfig::new(Setup { cast, groups: 1, policy: Preset::AdderOnly.policy() }), &SearchMonitor::default());
/// assert!(suite.missing.is_empty());
/// assert!(suite.chains.iter().all(|chain| chain.commands.len() <= 12));
/// ```
#[derive(Clone, Debug)]
pub struct SuiteConfig {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// The kinds of commands that chains are made of.
    pub commands: EnumSet<CommandKind>,
    /// The most commands of a chain; one that takes more to show anything at all is as long as that takes.
    pub length: usize,
    /// How many cores the search uses; the suite does not depend on it.
    pub jobs: NonZeroUsize,
    /// How many bytes the states of the search may take; what is not complete then, the suite says.
    pub memory: u64,
}

impl SuiteConfig {
    /// Chains of up to twelve commands, by all cores.
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

/// A history of a suite.
///
/// An example is at [`SuiteConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// What it shows and no other chain of the suite does: its name.
    pub about: Point,
    /// The commands.
    pub commands: Vec<Command>,
    /// Everything that it shows.
    pub shows: Points,
}

/// A conformance suite.
///
/// An example is at [`SuiteConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suite {
    /// The chains, in the order of what they are about.
    pub chains: Vec<Chain>,
    /// What can be covered.
    pub ground: Reachability,
    /// What can be covered and is not, because no history to it was come upon.
    pub missing: Vec<Point>,
}

impl Suite {
    /// Whether it is known of every point that the suite does not show that it cannot be shown.
    pub fn is_settled(&self) -> bool {
        let coverage = Coverage::of_points(&self.ground.reachable);
        Point::all().iter().all(|point| self.ground.status(&coverage, *point) != PointStatus::Open)
    }

    /// How often the suite shows each point.
    pub fn coverage(&self, setup: &Setup) -> Coverage {
        let mut coverage = Coverage::default();
        self.chains.iter().for_each(|chain| coverage.follow(setup, &chain.commands));
        coverage
    }
}

/// Makes the suite of a plan, the same for the same plan.
pub fn build(plan: &SuiteConfig, watch: &SearchMonitor) -> Suite {
    let mut ground = ground(plan, watch);
    let witnesses = witness::find(plan, &ground, watch);
    ground.reachable.extend(&witnesses.iter().map(|(point, _)| *point).collect());
    let chains = choose::choose(plan, &witnesses);
    let mut shown = Points::default();
    chains.iter().for_each(|chain| shown.extend(&chain.shows));
    let missing = ground.reachable.iter().filter(|point| !shown.contains(*point)).collect();
    Suite { chains, ground, missing }
}

/// What can be covered, as far as the memory and the watch let a search with one group go; commands about one group show
/// the same however many there are, but for what takes a second one.
pub fn ground(plan: &SuiteConfig, watch: &SearchMonitor) -> Reachability {
    let setup = Setup { groups: plan.setup.groups.min(1), ..plan.setup };
    let search = crate::PolicySearch {
        commands: plan.commands,
        promises: EnumSet::empty(),
        coverage: true,
        jobs: plan.jobs,
        memory: plan.memory,
        ..crate::PolicySearch::new(setup)
    };
    let ground = explore(&search, watch).ground.unwrap_or_default();
    Reachability { lacks_second_group: plan.setup.groups < 2, ..ground }
}
