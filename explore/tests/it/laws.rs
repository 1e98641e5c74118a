//! The four laws that the factored engine of the policy search relies on, on random traces under random
//! policies. They are stated at the engine, in `src/policy/factored.rs`.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{
    Command, EnumSet, Group, GroupState, MAX_USERS, NamedEnum, Outcome, Policy, Preset, Renaming, Setup,
    State, step,
};

use chatwarden_test_support::random_policy;

const GROUPS: usize = 3;
const RUNS: u64 = 400;
const LENGTH: usize = 60;

type Accounts = State<MAX_USERS, 0>;
type Relation = Vec<bool>;

/// The effects of each cause so far.
struct Law<Causes, Effects> {
    seen: HashMap<Causes, Effects>,
    /// How often a cause occurred again.
    repeated: u64,
}

impl<Causes: Eq + Hash + Debug, Effects: PartialEq + Debug> Law<Causes, Effects> {
    fn new() -> Self {
        Law { seen: HashMap::new(), repeated: 0 }
    }

    /// Checks that the same causes have the same effects.
    #[track_caller]
    fn holds(&mut self, causes: Causes, effects: Effects) {
        match self.seen.get(&causes) {
            Some(known) => {
                assert_eq!(*known, effects, "{causes:?}");
                self.repeated += 1;
            }
            None => {
                self.seen.insert(causes, effects);
            }
        }
    }
}

/// The laws under one policy.
struct Laws {
    policy: Policy,
    /// The first and the second.
    accounts: Law<(Command, Accounts), (Outcome, Accounts)>,
    /// The third.
    side_effects: Law<(Command, Relation, Relation, GroupState), GroupState>,
    /// The fourth.
    groups: Law<(Command, Relation, GroupState), (Outcome, GroupState)>,
}

impl Laws {
    fn check(&mut self, before: &State, command: &Command) -> State {
        let mut after = *before;
        let outcome = step(&mut after, &self.policy, command);
        let (accounts, later) = (before.with_groups([]), after.with_groups([]));
        let (here, there) = (relation(before, &self.policy), relation(&after, &self.policy));
        match command.group() {
            None => {
                self.accounts.holds((*command, accounts), (outcome, later));
                if outcome.decision.is_allowed() {
                    for group in Group::first(GROUPS) {
                        let causes = (*command, here.clone(), there.clone(), *before.group(group));
                        self.side_effects.holds(causes, *after.group(group));
                    }
                }
            }
            Some(group) => {
                // Groups are interchangeable, so the cause is stated for the first.
                let first = Renaming::identity().with_group(group, Group::new(0)).command(command);
                self.groups.holds((first, here, *before.group(group)), (outcome, *after.group(group)));
                let others = Group::first(GROUPS).filter(|other| *other != group);
                others.for_each(|other| assert_eq!(before.group(other), after.group(other), "{command:?}"));
                assert_eq!(accounts, later, "{command:?}");
            }
        }
        after
    }
}

/// For each pair of users, true if they are authorized with each other.
fn relation(state: &State, policy: &Policy) -> Relation {
    let chatting = state.kinds().chatting();
    let others = |user| chatting.without(user).iter();
    chatting
        .iter()
        .flat_map(|user| others(user).map(move |other| state.authorized(policy, user, other)))
        .collect()
}

#[test]
fn accounts_and_groups_can_be_stepped_apart() {
    let policies = Preset::ALL.iter().map(|preset| preset.policy()).chain((0..30).map(random_policy));
    let mut repeated = [0; 3];
    for policy in policies {
        let mut laws = Laws { policy, accounts: Law::new(), side_effects: Law::new(), groups: Law::new() };
        let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: GROUPS, policy };
        for run in 0..RUNS {
            let mut choices = Seeded::of_run(0x1a35, run);
            let mut generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
            let mut state: State = setup.start();
            for _ in 0..LENGTH {
                let command = generator.next(&state, &mut choices);
                state = laws.check(&state, &command);
            }
        }
        repeated[0] += laws.accounts.repeated;
        repeated[1] += laws.side_effects.repeated;
        repeated[2] += laws.groups.repeated;
    }
    println!("repeated causes: {repeated:?}");
    // A law is tested only by causes that occur again.
    assert!(repeated.iter().all(|&repeated| repeated > 10_000), "{repeated:?}");
}

#[test]
#[should_panic(expected = "the same group")]
fn another_effect_of_the_same_cause_is_noticed() {
    let mut law = Law::new();
    law.holds("the same group", true);
    law.holds("the same group", false);
}
