//! Solvers, proofs, and states of the model.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use chatwarden::generate::{Choices, Generator, Seeded};
use chatwarden_model::{
    Cast, Command, EnumSet, Group, Kind, Link, NamedEnum, Phase, Policy, Promise, Setup, State, User,
    UserSet, step,
};
use chatwarden_prove::case::Mutant;
use chatwarden_prove::{Claim, Program, Proof, Solver, prove};
use chatwarden_test_support::FastSet;

/// A state of the cast `small` with one group.
pub(crate) type SmallState = State<5, 1>;

/// A solver that is never stopped.
pub(crate) fn solver(program: Program) -> Solver<'static> {
    Solver {
        program,
        limit: Duration::from_secs(30),
        jobs: 2,
        is_stopped: &|| false,
        answered: AtomicUsize::new(0),
        hung: AtomicUsize::new(0),
    }
}

/// The proof of all promises.
pub(crate) fn proof(policy: &Policy, mutant: Option<Mutant>) -> Proof {
    prove(policy, Promise::ALL, mutant, &solver(Program::Z3)).expect("z3 is installed")
}

/// The promises that are not proved.
///
/// # Panics
/// If the solver does not know.
pub(crate) fn not_proved(proof: &Proof) -> Vec<Promise> {
    let is_open = |(promise, claim): &(Promise, Claim)| match claim {
        Claim::Proved => None,
        Claim::NotInductive(_) => Some(*promise),
        Claim::Unknown(why) => panic!("{promise}: {why}"),
    };
    proof.promises.iter().filter_map(is_open).collect()
}

/// Every state within so many commands, the start included.
pub(crate) fn reached(setup: &Setup, commands: &[Command], depth: usize) -> Vec<SmallState> {
    let start: SmallState = setup.start();
    let (mut known, mut all, mut at) = (FastSet::from_iter([start]), vec![start], 0);
    for _ in 0..depth {
        let level = at..all.len();
        at = all.len();
        for number in level {
            for command in commands {
                let mut after = all[number];
                if step(&mut after, &setup.policy, command).decision.is_allowed() && known.insert(after) {
                    all.push(after);
                }
            }
        }
    }
    all
}

/// Eleven users: four guardians, four children of whom two have two guardians, and three adults.
pub(crate) fn large_cast() -> Cast {
    let mut cast = Cast::default();
    let guardians: Vec<User> = (0..4).map(|_| cast.add(Kind::Guardian, UserSet::EMPTY)).collect();
    for own in [&guardians[..1], &guardians[1..2], &guardians[1..3], &guardians[2..]] {
        cast.add(Kind::Child, own.iter().copied().collect());
    }
    for _ in 0..3 {
        cast.add(Kind::Adult, UserSet::EMPTY);
    }
    cast
}

/// The number of groups of the large cast.
pub(crate) const GROUPS: usize = 3;

/// The large cast under a policy.
pub(crate) fn large(policy: Policy) -> Setup {
    Setup { cast: large_cast(), groups: GROUPS, policy }
}

/// Calls the visitor with each state of a random walk and the next command there.
pub(crate) fn walk(setup: &Setup, run: u64, length: usize, mut visit: impl FnMut(&State, &Command)) {
    let mut choices = Seeded::of_run(0x7a1e, run);
    let mut generator = Generator::for_run(setup, EnumSet::all(), &mut choices);
    let mut state: State = setup.start();
    for _ in 0..length {
        let command = generator.next(&state, &mut choices);
        visit(&state, &command);
        step(&mut state, &setup.policy, &command);
    }
}

fn some_of(users: UserSet, times: usize, of: usize, choices: &mut impl Choices) -> UserSet {
    users.iter().filter(|_| choices.chance(times, of)).collect()
}

/// A state in which each part is drawn at random. Commands may not lead to it.
pub(crate) fn random_state<const U: usize, const G: usize>(
    cast: &Cast,
    groups: usize,
    choices: &mut impl Choices,
) -> State<U, G> {
    let mut state = State::new(cast);
    let kinds = cast.kinds();
    // Some states are full and some are nearly empty.
    let density = 1 + choices.below(7);
    for user in kinds.chatting() {
        *state.guardians_mut(user) = match choices.below(3) {
            0 => some_of(kinds.guardians, 1, 2, choices),
            _ => cast.guardians(user),
        };
        *state.blocks_mut(user) = some_of(kinds.chatting(), 8 - density, 16, choices);
        for contact in kinds.chatting() {
            *state.approvals_mut(user, contact) = some_of(kinds.guardians, density, 8, choices);
        }
    }
    for group in Group::first(groups) {
        random_group(&mut state, group, density, choices);
    }
    state
}

fn random_group<const U: usize, const G: usize>(
    state: &mut State<U, G>,
    group: Group,
    density: usize,
    choices: &mut impl Choices,
) {
    let chatting = state.kinds().chatting();
    let group = state.group_mut(group);
    let phases = [Phase::ALL, &[Phase::Active; 4]].concat();
    group.phase = phases[choices.below(phases.len())];
    group.link = Link::ALL[choices.below(2)];
    group.owner = chatting.nth(choices.below(chatting.len() + 1));
    group.members = some_of(chatting, density, 8, choices);
    group.banned = some_of(chatting, 1, 4, choices);
    for user in some_of(chatting, 1, 3, choices) {
        group.invite(user, chatting.nth(choices.below(chatting.len())).expect("somebody chats"));
    }
}
