//! An implementation is dropped before the next one is made: it may hold a port or a file that the next
//! one needs.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::campaign::CampaignConfig;
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Bounds, Command, CommandKind, Preset, Setup};
use chatwarden_explore::certify::{Certifier, Limits};
use chatwarden_explore::{
    ConformanceSearch, End, MEMORY, SearchMonitor, StateEquivalence, search_implementation,
};

use chatwarden_test_support::small;

/// The number of implementations that were made, and whether one is alive.
#[derive(Default)]
struct Counter {
    made: AtomicU32,
    is_alive: AtomicBool,
}

impl Counter {
    /// Makes an implementation, of which the first can be reset so often, and later ones always.
    fn make(&self, resets: u32) -> Exclusive<'_> {
        assert!(!self.is_alive.swap(true, SeqCst), "a second implementation beside the first");
        let is_first = self.made.fetch_add(1, SeqCst) == 0;
        Exclusive { counter: self, service: Memory::new(), resets: if is_first { resets } else { u32::MAX } }
    }
}

/// The built-in service, which cannot be copied and panics at every ban.
struct Exclusive<'a> {
    counter: &'a Counter,
    service: Memory,
    resets: u32,
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        self.counter.is_alive.store(false, SeqCst);
    }
}

impl Adapter for Exclusive<'_> {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.resets = self.resets.checked_sub(1).ok_or(Failure::Failed("no resets are left".into()))?;
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        assert_ne!(command.kind(), CommandKind::Ban, "a bug");
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

fn setup() -> Setup {
    small(Preset::MessengerKids.policy(), 1)
}

fn search(equivalence: StateEquivalence) -> ConformanceSearch {
    let commands = [CommandKind::Approve, CommandKind::Create, CommandKind::Ban].into_iter().collect();
    ConformanceSearch {
        setup: setup(),
        check: CheckConfig::of(&Memory::new().about()),
        actions: Bounds { commands, ..setup().bounds() }.well_typed(),
        depth: Some(2),
        equivalence,
        symmetry: true,
        wanted: None,
        stop_at_first: false,
        jobs: NonZeroUsize::MIN,
        memory: MEMORY,
        deadline: None,
    }
}

const WALK: StateEquivalence = StateEquivalence::Tracked { paths: NonZeroUsize::MIN };

#[test]
fn a_search_replaces_an_implementation_that_panics() {
    for equivalence in [WALK, StateEquivalence::Never] {
        let counter = Counter::default();
        let make = || Ok(counter.make(u32::MAX));
        let result =
            search_implementation(&search(equivalence), &make, &SearchMonitor::default(), &mut |_| {});
        let result = result.expect("the service starts");
        assert_eq!((result.found.len(), result.end), (1, End::Depth), "{equivalence:?}");
        let made = counter.made.load(SeqCst);
        assert!(made > 2, "{equivalence:?}: only {made} implementations were made");
    }
}

#[test]
fn a_search_replaces_an_implementation_that_cannot_be_reset() {
    for equivalence in [WALK, StateEquivalence::Never] {
        let counter = Counter::default();
        let make = || Ok(counter.make(3));
        let search = search(equivalence);
        let actions = search.actions.iter().filter(|command| command.kind() != CommandKind::Ban).copied();
        let search = ConformanceSearch { actions: actions.collect(), ..search };
        let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {});
        let result = result.expect("the service starts");
        assert_eq!((result.end, counter.made.load(SeqCst)), (End::Depth, 2), "{equivalence:?}");
    }
}

/// To find out whether it can be copied, one is made before the search.
#[test]
fn certifying_drops_each_implementation_before_the_next() {
    let counter = Counter::default();
    let make = || Ok(counter.make(u32::MAX));
    let commands = [CommandKind::Block, CommandKind::Ban].into_iter().collect();
    let all = Bounds { commands, ..setup().bounds() }.well_typed();
    let of = |kind| *all.iter().find(|command| command.kind() == kind).expect("there is one");
    let trace = [of(CommandKind::Block), of(CommandKind::Ban)];
    let config = CampaignConfig { commands, ..CampaignConfig::new(setup(), &Memory::new().about()) };
    let finding = {
        let mut system = make().expect("the service starts");
        lockstep::run(&mut system, config.check, &setup(), &trace).expect("a ban panics")
    };
    let monitor = SearchMonitor::default();
    let certifier = Certifier { config: &config, limits: Limits::default(), monitor: &monitor };
    certifier.below(&make, &trace, &finding).expect("the service starts");
    assert!(counter.made.load(SeqCst) > 2);
}
