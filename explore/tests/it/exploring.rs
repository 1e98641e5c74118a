//! Exhaustive search agrees with two others that share nothing with it but the model: a plain enumeration over
//! un-packed states, and Stateright. They agree on the numbers of states and transitions, on the depth and on the very
//! chain that first breaks each promise, with symmetry and without; and the numbers are pinned.
//!
//! The instances are small enough for the plain searches; those that are complete over all commands of the cast
//! `small` are pinned for `explore` alone.

use std::num::NonZeroUsize;

use chatwarden::format::BuiltInCast;
use chatwarden::model::{
    Bounds, Cast, Command, CommandKind, EnumSet, Kind, NamedEnum, Preset, Promise, Renaming, Setup, UserSet,
};
use chatwarden_explore::{End, Exploration, PolicySearch, PromiseResult, SearchMonitor, explore};

use chatwarden_test_support::random_policy;

mod peer;
mod plain;

/// What is searched.
#[derive(Clone)]
struct Instance {
    setup: Setup,
    commands: EnumSet<CommandKind>,
    ill_typed: bool,
    depth: Option<usize>,
}

impl Instance {
    /// Every history of these commands, by name, or of all.
    fn whole(preset: Preset, cast: Cast, groups: usize, commands: &str) -> Self {
        let named = |name| CommandKind::named(name).unwrap_or_else(|| panic!("{name} is no command"));
        let commands =
            if commands == "all" { EnumSet::all() } else { commands.split(' ').map(named).collect() };
        let setup = Setup { cast, groups, policy: preset.policy() };
        Instance { setup, commands, ill_typed: false, depth: None }
    }

    /// Only those of at most so many commands.
    fn up_to(self, depth: usize) -> Self {
        Instance { depth: Some(depth), ..self }
    }

    /// The alphabet, put together without `explore`.
    fn alphabet(&self) -> Vec<Command> {
        let bounds = Bounds { commands: self.commands, ..self.setup.bounds() };
        if self.ill_typed { bounds.all() } else { bounds.well_typed() }
    }

    fn renamings(&self, symmetry: bool) -> Vec<Renaming> {
        let most = if symmetry { usize::MAX } else { 1 };
        Renaming::keeping(&self.setup.cast, self.setup.groups, most)
    }

    fn explore(&self, symmetry: bool, jobs: usize) -> Exploration {
        let plan = PolicySearch {
            commands: self.commands,
            ill_typed: self.ill_typed,
            depth: self.depth,
            symmetry,
            jobs: NonZeroUsize::new(jobs).unwrap(),
            ..PolicySearch::new(self.setup)
        };
        explore(&plan, &SearchMonitor::default())
    }
}

/// Distinct states and transitions, without symmetry and with it, and the depth, which symmetry leaves as it is.
struct Pinned {
    plain: (u64, u64),
    symmetric: (u64, u64),
    depth: usize,
}

/// All searches come to the pinned numbers, and to the same chains.
#[track_caller]
fn agree<const U: usize, const G: usize>(instance: &Instance, pinned: Pinned) {
    let plain = plain::enumerate::<U, G>(instance, false);
    let symmetric = plain::enumerate::<U, G>(instance, true);
    assert_eq!((plain.states, plain.transitions), pinned.plain);
    assert_eq!((symmetric.states, symmetric.transitions), pinned.symmetric);
    assert_eq!((plain.depth, symmetric.depth), (pinned.depth, pinned.depth));
    assert_eq!(plain.complete, symmetric.complete);
    agree_with_peer::<U, G>(instance, &plain, &symmetric);
    agree_with_plain(instance, &plain, &symmetric);
}

/// `explore` comes to the same as the plain searches, on one core and two.
#[track_caller]
fn agree_with_plain(instance: &Instance, plain: &plain::Plain, symmetric: &plain::Plain) {
    for (symmetry, expected) in [(false, plain), (true, symmetric)] {
        for jobs in [1, 2] {
            let explored = instance.explore(symmetry, jobs);
            let counts = (explored.states, explored.transitions, explored.depth);
            assert_eq!(counts, (expected.states, expected.transitions, expected.depth), "{symmetry} {jobs}");
            assert_eq!(explored.end, if expected.complete { End::Complete } else { End::Depth });
            assert_eq!(explored.frontier == 0, expected.complete);
            assert_eq!(explored.alphabet, instance.alphabet().len());
            assert_eq!(explored.renamings, instance.renamings(symmetry).len());
            for &promise in Promise::ALL {
                // Whether or not states that are alike count as one, the chain is that of the plain search.
                let known = plain.broken.get(&promise);
                let chain = match explored.standing(promise) {
                    PromiseResult::Broken(chain) => Some(chain),
                    PromiseResult::Kept => None,
                    PromiseResult::KeptByConstruction => {
                        let only_an_implementation =
                            ["guardianship", "consent", "ban", "membership", "refusal"];
                        assert!(only_an_implementation.contains(&promise.name()), "{promise}");
                        None
                    }
                };
                assert_eq!(chain, known, "{promise}, symmetry {symmetry}, jobs {jobs}");
            }
        }
    }
}

/// Stateright comes to the same as the plain searches.
#[track_caller]
fn agree_with_peer<const U: usize, const G: usize>(
    instance: &Instance,
    plain: &plain::Plain,
    symmetric: &plain::Plain,
) {
    let kept = Promise::ALL.iter().copied().filter(|promise| !plain.broken.contains_key(promise)).collect();
    assert_eq!(peer::count::<U, G>(instance, kept, false), counts(plain, Some(plain.depth)));
    assert_eq!(peer::count::<U, G>(instance, kept, true), counts(symmetric, Some(symmetric.depth)));
    if instance.depth.is_none() {
        assert_eq!(peer::count_depth_first::<U, G>(instance), counts(symmetric, None));
    }
    for (&promise, chain) in &plain.broken {
        assert_eq!(peer::chain::<U, G>(instance, promise).as_ref(), Some(chain), "{promise}");
    }
}

fn counts(plain: &plain::Plain, depth: Option<usize>) -> peer::Counts {
    peer::Counts { states: plain.states, transitions: plain.transitions, depth }
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
fn messenger_kids_keeps_its_promises_while_people_fall_out() {
    let instance = Instance::whole(
        Preset::MessengerKids,
        small(),
        1,
        "approve revoke block unblock create invite leave transfer message",
    );
    agree::<5, 1>(&instance, Pinned { plain: (28_612, 643_203), symmetric: (14_455, 324_935), depth: 17 });
}

#[test]
fn messenger_kids_of_2019() {
    let instance = Instance::whole(
        Preset::MessengerKids2019,
        small(),
        1,
        "approve revoke block create invite remove leave call direct dissolve",
    );
    agree::<5, 1>(&instance, Pinned { plain: (21_504, 419_744), symmetric: (10_864, 212_015), depth: 14 });
}

#[test]
fn pairwise_consent() {
    let instance = Instance::whole(
        Preset::PairwiseConsent,
        small(),
        1,
        "approve block create invite accept open-link join leave message",
    );
    agree::<5, 1>(&instance, Pinned { plain: (33_352, 436_105), symmetric: (16_798, 219_643), depth: 16 });
}

#[test]
fn at_least_one_contact() {
    let instance = Instance::whole(
        Preset::AtLeastOneContact,
        small(),
        1,
        "approve block create invite accept decline cancel message",
    );
    agree::<5, 1>(&instance, Pinned { plain: (14_208, 186_432), symmetric: (7152, 93_851), depth: 13 });
}

#[test]
fn adder_only() {
    let instance = Instance::whole(
        Preset::AdderOnly,
        small(),
        1,
        "approve block create open-link close-link join ban unban message",
    );
    agree::<5, 1>(&instance, Pinned { plain: (56_320, 898_720), symmetric: (28_272, 451_123), depth: 14 });
}

#[test]
fn invite_time_only() {
    let instance = Instance::whole(
        Preset::InviteTimeOnly,
        small(),
        1,
        "approve revoke block create invite accept remove call",
    );
    agree::<5, 1>(&instance, Pinned { plain: (47_104, 804_640), symmetric: (23_616, 403_431), depth: 18 });
}

#[test]
fn no_contact_rule_with_all_commands_up_to_a_depth() {
    let instance = Instance::whole(Preset::NoContactRule, small(), 1, "all").up_to(4);
    agree::<5, 1>(&instance, Pinned { plain: (9615, 76_759), symmetric: (4842, 38_910), depth: 4 });
}

#[test]
fn a_tiny_cast_with_all_commands() {
    let instance = Instance::whole(Preset::PairwiseConsent, cast(1, 1, 1), 1, "all");
    agree::<3, 1>(&instance, Pinned { plain: (198, 2540), symmetric: (198, 2540), depth: 9 });
}

#[test]
fn adults_who_are_alike_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids2019, cast(1, 1, 2), 1, "all");
    agree::<4, 1>(&instance, Pinned { plain: (13_056, 330_820), symmetric: (6616, 167_531), depth: 13 });
}

#[test]
fn three_adults_who_are_alike() {
    let instance = Instance::whole(
        Preset::InviteTimeOnly,
        cast(1, 1, 3),
        1,
        "approve create invite accept decline ban message",
    );
    agree::<5, 1>(&instance, Pinned { plain: (2444, 22_725), symmetric: (460, 4291), depth: 9 });
}

#[test]
fn siblings_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids, cast(1, 2, 1), 1, "all");
    agree::<4, 1>(
        &instance,
        Pinned { plain: (75_652, 2_072_385), symmetric: (38_059, 1_042_440), depth: 17 },
    );
}

#[test]
fn two_guardians_with_all_commands() {
    let instance = Instance::whole(Preset::PairwiseConsent, cast(2, 1, 1), 1, "all");
    agree::<4, 1>(&instance, Pinned { plain: (798, 14_362), symmetric: (498, 9342), depth: 9 });
}

#[test]
fn two_groups_with_all_commands() {
    let instance = Instance::whole(Preset::MessengerKids, cast(1, 1, 1), 2, "all");
    agree::<3, 2>(&instance, Pinned { plain: (3011, 44_001), symmetric: (1583, 23_127), depth: 10 });
}

#[test]
fn two_groups_and_adults_who_are_alike() {
    let instance = Instance::whole(
        Preset::AtLeastOneContact,
        cast(1, 1, 2),
        2,
        "approve create invite accept leave message",
    );
    agree::<4, 2>(&instance, Pinned { plain: (18_615, 198_490), symmetric: (4764, 50_811), depth: 15 });
}

#[test]
fn two_groups_of_the_small_cast_up_to_a_depth() {
    let instance = Instance::whole(Preset::MessengerKids, small(), 2, "all").up_to(4);
    agree::<5, 2>(&instance, Pinned { plain: (7983, 53_764), symmetric: (2418, 17_714), depth: 4 });
}

#[test]
fn the_family_up_to_a_depth() {
    let instance = Instance::whole(Preset::AdderOnly, family(), 1, "all").up_to(3);
    agree::<9, 1>(&instance, Pinned { plain: (28_558, 161_175), symmetric: (6034, 43_776), depth: 3 });
}

#[test]
fn ill_typed_commands_up_to_a_depth() {
    let instance =
        Instance { ill_typed: true, ..Instance::whole(Preset::PairwiseConsent, small(), 1, "all").up_to(4) };
    agree::<5, 1>(&instance, Pinned { plain: (3986, 29_112), symmetric: (2019, 14_870), depth: 4 });
}

/// Adults alone have the same accounts nearly all the time, so that many states fall to few accounts; and more group
/// states than the smaller key could tell apart.
#[test]
fn many_states_with_the_same_accounts() {
    let commands = "create invite accept ban open-link join";
    let instance = Instance::whole(Preset::NoContactRule, cast(0, 0, 5), 2, commands).up_to(5);
    let explored = [1, 2].map(|jobs| instance.explore(true, jobs));
    assert_eq!(explored[0].states, explored[1].states);
    let plain = plain::enumerate::<5, 2>(&instance, true);
    assert_eq!((explored[0].states, explored[0].transitions), (plain.states, plain.transitions));
}

/// The policies of the presets are not the only ones; and what is kept by construction is kept under any.
#[test]
fn random_policies() {
    for number in 0..24 {
        let instance = |cast, groups| Instance {
            setup: Setup { cast, groups, policy: random_policy(number) },
            ..Instance::whole(Preset::MessengerKids, cast, groups, "all")
        };
        let one = instance(small(), 1).up_to(4);
        agree_with_plain(&one, &plain::enumerate::<5, 1>(&one, false), &plain::enumerate::<5, 1>(&one, true));
        let two = instance(cast(2, 1, 2), 2).up_to(3);
        agree_with_plain(&two, &plain::enumerate::<5, 2>(&two, false), &plain::enumerate::<5, 2>(&two, true));
    }
}

/// The numbers are those of an independent search; those with symmetry stand in the table of all presets.
#[test]
fn the_complete_state_spaces_of_an_independent_search() {
    for (preset, states, transitions) in
        [(Preset::MessengerKids, 2_752_996, 118_710_769), (Preset::MessengerKids2019, 1_880_064, 85_174_656)]
    {
        let explored = Instance::whole(preset, small(), 1, "all").explore(false, 2);
        let counts = (explored.states, explored.transitions, explored.depth);
        assert_eq!((counts, explored.end), ((states, transitions, 20), End::Complete), "{preset}");
    }
}

/// Which preset keeps which promise over the complete state space of the cast `small`, with one group and all
/// commands; where one is broken, by how many commands.
#[test]
fn the_presets_keep_and_break_what_the_table_says() {
    for (preset, states, company, delivery, invitation) in [
        (Preset::MessengerKids, 1_377_917, None, None, None),
        (Preset::MessengerKids2019, 941_088, Some(3), Some(4), None),
        (Preset::PairwiseConsent, 3_332_026, None, None, None),
        (Preset::AtLeastOneContact, 2_378_976, Some(4), Some(5), Some(5)),
        (Preset::AdderOnly, 1_734_336, Some(3), Some(4), None),
        (Preset::InviteTimeOnly, 2_378_976, Some(4), Some(5), None),
        (Preset::NoContactRule, 4_610_112, Some(2), Some(3), Some(1)),
    ] {
        let explored = Instance::whole(preset, small(), 1, "all").explore(true, 2);
        assert_eq!((explored.states, explored.end), (states, End::Complete), "{preset}");
        let expected = [
            (Promise::NoStrangers, company),
            (Promise::Delivery, delivery),
            (Promise::Invitation, invitation),
        ];
        let expected: Vec<_> =
            expected.into_iter().filter_map(|(promise, length)| Some((promise, length?))).collect();
        assert_eq!(broken(&explored), expected, "{preset}");
    }
}

/// The promises that can be broken, and how many commands it takes.
fn broken(explored: &Exploration) -> Vec<(Promise, usize)> {
    let lengths = explored.promises.iter().map(|(promise, standing)| Some((*promise, standing.length()?)));
    lengths.flatten().collect()
}
