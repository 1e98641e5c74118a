//! Both engines of `explore` agree with two searches that share nothing with them but the model: an
//! enumeration of unpacked states, and Stateright. They agree on the numbers of states and transitions,
//! on the depth, and on the first trace that breaks each promise, with symmetry and without. The numbers
//! are pinned.
//!
//! The instances are small enough for the enumeration. The complete searches over all commands of the
//! cast `small` are pinned for `explore` alone.

use std::num::NonZeroUsize;

use chatwarden::format::BuiltInCast;
use chatwarden::model::{
    Bounds, Cast, Command, CommandKind, EnumSet, Kind, NamedEnum, Preset, Promise, Renaming, Setup,
    SymmetryGroup, UserSet,
};
use chatwarden_explore::{End, Engine, Exploration, PolicySearch, PromiseResult, SearchMonitor, explore};

use chatwarden_test_support::random_policy;

mod enumeration;
mod stateright_search;

use enumeration::Enumeration;

/// The inputs of a search.
#[derive(Clone)]
struct Instance {
    setup: Setup,
    commands: EnumSet<CommandKind>,
    ill_typed: bool,
    depth: Option<usize>,
}

impl Instance {
    /// Every trace of these commands, by name, or of all.
    fn whole(preset: Preset, cast: Cast, groups: usize, commands: &str) -> Self {
        let named = |name| CommandKind::named(name).unwrap_or_else(|| panic!("{name} is no command"));
        let commands =
            if commands == "all" { EnumSet::all() } else { commands.split(' ').map(named).collect() };
        let setup = Setup { cast, groups, policy: preset.policy() };
        Instance { setup, commands, ill_typed: false, depth: None }
    }

    /// Only traces of at most so many commands.
    fn up_to(self, depth: usize) -> Self {
        Instance { depth: Some(depth), ..self }
    }

    /// The actions, made without `explore`.
    fn actions(&self) -> Vec<Command> {
        let bounds = Bounds { commands: self.commands, ..self.setup.bounds() };
        if self.ill_typed { bounds.all() } else { bounds.well_typed() }
    }

    fn renamings(&self, symmetry: bool) -> Vec<Renaming> {
        let most = if symmetry { usize::MAX } else { 1 };
        SymmetryGroup::keeping(&self.setup.cast, self.setup.groups, most).renamings
    }

    fn explore(&self, engine: Engine, symmetry: bool, jobs: usize) -> Exploration {
        let search = PolicySearch {
            commands: self.commands,
            ill_typed: self.ill_typed,
            depth: self.depth,
            symmetry,
            engine,
            jobs: NonZeroUsize::new(jobs).unwrap(),
            ..PolicySearch::new(self.setup)
        };
        explore(&search, &SearchMonitor::default())
    }
}

/// The numbers of states and transitions, without symmetry and with it, and the depth, which does not
/// depend on symmetry.
struct Pinned {
    all: (u64, u64),
    symmetric: (u64, u64),
    depth: usize,
}

/// All searches come to the pinned numbers and to the same traces.
#[track_caller]
fn agree<const U: usize, const G: usize>(instance: &Instance, pinned: Pinned) {
    let all = enumeration::enumerate::<U, G>(instance, false);
    let symmetric = enumeration::enumerate::<U, G>(instance, true);
    assert_eq!((all.states, all.transitions), pinned.all);
    assert_eq!((symmetric.states, symmetric.transitions), pinned.symmetric);
    assert_eq!((all.depth, symmetric.depth), (pinned.depth, pinned.depth));
    assert_eq!(all.complete, symmetric.complete);
    agree_with_stateright::<U, G>(instance, &all, &symmetric);
    agree_with_enumeration(instance, &all, &symmetric);
}

/// Both engines come to the same as the enumeration, the factored one on one thread and on two. The plain
/// one has a single thread.
#[track_caller]
fn agree_with_enumeration(instance: &Instance, all: &Enumeration, symmetric: &Enumeration) {
    for engine in [Engine::Plain, Engine::Factored] {
        for (symmetry, expected) in [(false, all), (true, symmetric)] {
            let jobs = if engine == Engine::Plain { 1..=1 } else { 1..=2 };
            for jobs in jobs {
                let explored = instance.explore(engine, symmetry, jobs);
                let case = format!("{engine:?}, symmetry {symmetry}, jobs {jobs}");
                let counts = (explored.states, explored.transitions, explored.depth);
                assert_eq!(counts, (expected.states, expected.transitions, expected.depth), "{case}");
                assert_eq!(explored.end, if expected.complete { End::Complete } else { End::Depth });
                assert_eq!(explored.frontier == 0, expected.complete, "{case}");
                assert_eq!(explored.actions, instance.actions().len());
                assert_eq!(explored.renamings, instance.renamings(symmetry).len());
                // With symmetry too, each trace is that of the enumeration of all states.
                has_traces_of(&explored, all, &case);
            }
        }
    }
}

#[track_caller]
fn has_traces_of(explored: &Exploration, expected: &Enumeration, case: &str) {
    for &promise in Promise::ALL {
        let trace = match explored.result_of(promise) {
            PromiseResult::Broken(trace) => Some(trace),
            PromiseResult::BrokenUntraced(_) => panic!("the search was not stopped"),
            PromiseResult::Kept => None,
            PromiseResult::KeptByConstruction => {
                let a_policy_can = ["no-strangers", "delivery", "invitation"];
                assert!(!a_policy_can.contains(&promise.name()), "{promise}");
                None
            }
        };
        assert_eq!(trace, expected.broken.get(&promise), "{promise}, {case}");
    }
}

/// Stateright comes to the same as the enumeration.
#[track_caller]
fn agree_with_stateright<const U: usize, const G: usize>(
    instance: &Instance,
    all: &Enumeration,
    symmetric: &Enumeration,
) {
    let kept = Promise::ALL.iter().copied().filter(|promise| !all.broken.contains_key(promise)).collect();
    assert_eq!(stateright_search::count::<U, G>(instance, kept, false), counts(all, Some(all.depth)));
    assert_eq!(
        stateright_search::count::<U, G>(instance, kept, true),
        counts(symmetric, Some(symmetric.depth))
    );
    if instance.depth.is_none() {
        assert_eq!(stateright_search::count_depth_first::<U, G>(instance), counts(symmetric, None));
    }
    for (&promise, trace) in &all.broken {
        assert_eq!(
            stateright_search::first_trace::<U, G>(instance, promise).as_ref(),
            Some(trace),
            "{promise}"
        );
    }
}

fn counts(expected: &Enumeration, depth: Option<usize>) -> stateright_search::Counts {
    stateright_search::Counts { states: expected.states, transitions: expected.transitions, depth }
}

fn small() -> Cast {
    BuiltInCast::Small.named_cast().cast
}

fn family() -> Cast {
    BuiltInCast::Family.named_cast().cast
}

/// So many children, each with all of so many guardians, and so many adults.
fn cast(guardians: usize, children: usize, adults: usize) -> Cast {
    let mut cast = Cast::default();
    let guardians: UserSet = (0..guardians).map(|_| cast.add(Kind::Guardian, UserSet::EMPTY)).collect();
    for kind in std::iter::repeat_n(Kind::Child, children).chain(std::iter::repeat_n(Kind::Adult, adults)) {
        cast.add(kind, guardians);
    }
    cast
}

#[test]
fn messenger_kids_with_revocations_and_blocks() {
    let instance = Instance::whole(
        Preset::MessengerKids,
        small(),
        1,
        "approve revoke block unblock create invite leave transfer message",
    );
    agree::<5, 1>(&instance, Pinned { all: (28_612, 643_203), symmetric: (14_455, 324_935), depth: 17 });
}

#[test]
fn messenger_kids_of_2019() {
    let instance = Instance::whole(
        Preset::MessengerKids2019,
        small(),
        1,
        "approve revoke block create invite remove leave call direct dissolve",
    );
    agree::<5, 1>(&instance, Pinned { all: (21_504, 419_744), symmetric: (10_864, 212_015), depth: 14 });
}

#[test]
fn pairwise_consent() {
    let instance = Instance::whole(
        Preset::PairwiseConsent,
        small(),
        1,
        "approve block create invite accept open-link join leave message",
    );
    agree::<5, 1>(&instance, Pinned { all: (33_352, 436_105), symmetric: (16_798, 219_643), depth: 16 });
}

#[test]
fn at_least_one_contact() {
    let instance = Instance::whole(
        Preset::AtLeastOneContact,
        small(),
        1,
        "approve block create invite accept decline cancel message",
    );
    agree::<5, 1>(&instance, Pinned { all: (14_208, 186_432), symmetric: (7152, 93_851), depth: 13 });
}

#[test]
fn adder_only() {
    let instance = Instance::whole(
        Preset::AdderOnly,
        small(),
        1,
        "approve block create open-link close-link join ban unban message",
    );
    agree::<5, 1>(&instance, Pinned { all: (56_320, 898_720), symmetric: (28_272, 451_123), depth: 14 });
}

#[test]
fn invite_time_only() {
    let instance = Instance::whole(
        Preset::InviteTimeOnly,
        small(),
        1,
        "approve revoke block create invite accept remove call",
    );
    agree::<5, 1>(&instance, Pinned { all: (47_104, 804_640), symmetric: (23_616, 403_431), depth: 18 });
}

#[test]
fn no_contact_rule_with_all_commands_up_to_a_depth() {
    let instance = Instance::whole(Preset::NoContactRule, small(), 1, "all").up_to(4);
    agree::<5, 1>(&instance, Pinned { all: (9615, 76_759), symmetric: (4842, 38_910), depth: 4 });
}

#[test]
fn a_tiny_cast_with_all_commands() {
    let instance = Instance::whole(Preset::PairwiseConsent, cast(1, 1, 1), 1, "all");
    agree::<3, 1>(&instance, Pinned { all: (198, 2540), symmetric: (198, 2540), depth: 9 });
}

#[test]
fn interchangeable_adults_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids2019, cast(1, 1, 2), 1, "all");
    agree::<4, 1>(&instance, Pinned { all: (13_056, 330_820), symmetric: (6616, 167_531), depth: 13 });
}

#[test]
fn three_interchangeable_adults() {
    let instance = Instance::whole(
        Preset::InviteTimeOnly,
        cast(1, 1, 3),
        1,
        "approve create invite accept decline ban message",
    );
    agree::<5, 1>(&instance, Pinned { all: (2444, 22_725), symmetric: (460, 4291), depth: 9 });
}

#[test]
fn siblings_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids, cast(1, 2, 1), 1, "all");
    agree::<4, 1>(&instance, Pinned { all: (75_652, 2_072_385), symmetric: (38_059, 1_042_440), depth: 17 });
}

#[test]
fn two_guardians_with_all_commands() {
    let instance = Instance::whole(Preset::PairwiseConsent, cast(2, 1, 1), 1, "all");
    agree::<4, 1>(&instance, Pinned { all: (798, 14_362), symmetric: (498, 9342), depth: 9 });
}

#[test]
fn two_groups_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids, cast(1, 1, 1), 2, "all");
    agree::<3, 2>(&instance, Pinned { all: (3011, 44_001), symmetric: (1583, 23_127), depth: 10 });
}

#[test]
fn two_groups_and_interchangeable_adults() {
    let instance = Instance::whole(
        Preset::AtLeastOneContact,
        cast(1, 1, 2),
        2,
        "approve create invite accept leave message",
    );
    agree::<4, 2>(&instance, Pinned { all: (18_615, 198_490), symmetric: (4764, 50_811), depth: 15 });
}

#[test]
fn two_groups_of_the_small_cast_up_to_a_depth() {
    let instance = Instance::whole(Preset::MessengerKids, small(), 2, "all").up_to(4);
    agree::<5, 2>(&instance, Pinned { all: (7983, 53_764), symmetric: (2418, 17_714), depth: 4 });
}

#[test]
fn the_family_up_to_a_depth() {
    let instance = Instance::whole(Preset::AdderOnly, family(), 1, "all").up_to(3);
    agree::<9, 1>(&instance, Pinned { all: (28_558, 161_175), symmetric: (6034, 43_776), depth: 3 });
}

#[test]
fn ill_typed_commands_up_to_a_depth() {
    let instance =
        Instance { ill_typed: true, ..Instance::whole(Preset::PairwiseConsent, small(), 1, "all").up_to(4) };
    agree::<5, 1>(&instance, Pinned { all: (3986, 29_112), symmetric: (2019, 14_870), depth: 4 });
}

/// Adults alone change their accounts rarely, so many states have the same accounts. There are more states
/// of groups than the smaller key of the factored engine can hold.
#[test]
fn many_states_with_the_same_accounts() {
    let commands = "create invite accept ban open-link join";
    let instance = Instance::whole(Preset::NoContactRule, cast(0, 0, 5), 2, commands).up_to(5);
    let expected = enumeration::enumerate::<5, 2>(&instance, true);
    for (engine, jobs) in [(Engine::Plain, 2), (Engine::Factored, 1), (Engine::Factored, 2)] {
        let explored = instance.explore(engine, true, jobs);
        assert_eq!((explored.states, explored.transitions), (expected.states, expected.transitions));
    }
}

/// Promises that are kept by construction are kept under any policy.
#[test]
fn random_policies() {
    for number in 0..24 {
        let instance = |cast, groups| Instance {
            setup: Setup { cast, groups, policy: random_policy(number) },
            ..Instance::whole(Preset::MessengerKids, cast, groups, "all")
        };
        let one = instance(small(), 1).up_to(4);
        agree_with_enumeration(
            &one,
            &enumeration::enumerate::<5, 1>(&one, false),
            &enumeration::enumerate::<5, 1>(&one, true),
        );
        let two = instance(cast(2, 1, 2), 2).up_to(3);
        agree_with_enumeration(
            &two,
            &enumeration::enumerate::<5, 2>(&two, false),
            &enumeration::enumerate::<5, 2>(&two, true),
        );
    }
}

/// The complete space of a preset without symmetry. The numbers are those of an independent search; those
/// with symmetry are in the table of all presets.
fn has_complete_space(engine: Engine, preset: Preset, states: u64, transitions: u64) {
    let explored = Instance::whole(preset, small(), 1, "all").explore(engine, false, 2);
    let counts = (explored.states, explored.transitions, explored.depth);
    assert_eq!((counts, explored.end), ((states, transitions, 20), End::Complete), "{preset}");
}

#[test]
fn the_complete_space_of_messenger_kids() {
    has_complete_space(Engine::Factored, Preset::MessengerKids, 2_752_996, 118_710_769);
}

#[test]
fn the_complete_space_of_messenger_kids_2019_by_both_engines() {
    for engine in [Engine::Plain, Engine::Factored] {
        has_complete_space(engine, Preset::MessengerKids2019, 1_880_064, 85_174_656);
    }
}

/// The promises that each preset keeps over the complete state space of the cast `small`, with one group and
/// all commands; and the number of commands that break the others.
#[test]
fn the_presets_keep_and_break_what_the_table_says() {
    for (preset, states, no_strangers, delivery, invitation) in [
        (Preset::MessengerKids, 1_377_917, None, None, None),
        (Preset::MessengerKids2019, 941_088, Some(3), Some(4), None),
        (Preset::PairwiseConsent, 3_332_026, None, None, None),
        (Preset::AtLeastOneContact, 2_378_976, Some(4), Some(5), Some(5)),
        (Preset::AdderOnly, 1_734_336, Some(3), Some(4), None),
        (Preset::InviteTimeOnly, 2_378_976, Some(4), Some(5), None),
        (Preset::NoContactRule, 4_610_112, Some(2), Some(3), Some(1)),
    ] {
        let explored = Instance::whole(preset, small(), 1, "all").explore(Engine::default(), true, 2);
        assert_eq!((explored.states, explored.end), (states, End::Complete), "{preset}");
        let expected = [
            (Promise::NoStrangers, no_strangers),
            (Promise::Delivery, delivery),
            (Promise::Invitation, invitation),
        ];
        let expected: Vec<_> =
            expected.into_iter().filter_map(|(promise, length)| Some((promise, length?))).collect();
        assert_eq!(broken(&explored), expected, "{preset}");
    }
}

/// The promises that can be broken, and the number of commands that break them.
fn broken(explored: &Exploration) -> Vec<(Promise, usize)> {
    let lengths = explored.promises.iter().map(|(promise, result)| Some((*promise, result.length()?)));
    lengths.flatten().collect()
}
