//! The first of the shortest histories that break a promise, in the order of the alphabet.
//!
//! It is found backwards and then forwards: which of the states at each distance lead on to a broken promise in as
//! many commands as are left, and then from the start always by the first command that leads to one of them. So it
//! depends neither on the number of cores nor on which state stands for an orbit. The forward way takes whole
//! states through the model's own step, which also makes sure that nothing is claimed that cannot be replayed.

use std::collections::HashSet;

use chatwarden_model::{Command, MAX_GROUPS, Promise, State, step};
use foldhash::fast::FixedState;

use super::facts::Bits;
use super::key::Key;
use super::outbox::Outbox;
use super::steps::{SearchContext, Stepper};
use super::store::{SHARDS, Shard, shard_of};

/// The states of one distance that lead on, by shard.
type Marked<K> = Vec<HashSet<K, FixedState>>;

/// The first history of that length, which is the least, that breaks the promise.
pub(super) fn first<const U: usize, const W: usize, K: Key>(
    ground: &SearchContext<U, W>,
    stepper: &mut Stepper<'_, U, W>,
    shards: &[Shard<W, K>],
    alphabet: &[Command],
    promise: Promise,
    length: usize,
) -> Vec<Command> {
    let marked = marked(stepper, shards, promise, length);
    let mut state: State<U, MAX_GROUPS> = ground.setup.start();
    let mut chain = Vec::with_capacity(length);
    // Behind the start; the last command leads to no mark, but to the broken promise.
    for marked in marked.iter().skip(1).map(Some).chain([None]) {
        let mut leads_on = |command: &Command| {
            let mut after = state;
            let outcome = step(&mut after, &ground.setup.policy, command);
            let leads_on = outcome.decision.is_allowed()
                && match marked {
                    Some(marked) => is_marked(stepper, shards, marked, &after),
                    None => ground.broken(command, &state, outcome.delivered, &after).contains(promise),
                };
            leads_on.then_some((*command, after))
        };
        let next = alphabet.iter().find_map(&mut leads_on);
        let (command, after) = next.expect("parts that are stepped apart come to what the model comes to");
        chain.push(command);
        state = after;
    }
    chain
}

/// For each distance below the length, the states from which the promise can be broken in what is left of it.
fn marked<const U: usize, const W: usize, K: Key>(
    stepper: &mut Stepper<'_, U, W>,
    shards: &[Shard<W, K>],
    promise: Promise,
    length: usize,
) -> Vec<Marked<K>> {
    let mut all: Vec<Marked<K>> = vec![vec![HashSet::default(); SHARDS]; length];
    let mut outbox = Outbox::new();
    for distance in (0..length).rev() {
        let (near, far) = all.split_at_mut(distance + 1);
        for (nth, shard) in shards.iter().enumerate() {
            for state in shard.level(distance) {
                outbox.clear(true);
                stepper.step(shard.accounts(state.accounts()), &[*state], &mut outbox);
                let leads_on = match far.first() {
                    None => outbox.broken.contains(promise),
                    Some(far) => reaches(&outbox, shards, far),
                };
                if leads_on {
                    near[distance][nth].insert(*state);
                }
            }
        }
    }
    all
}

fn reaches<const W: usize, K: Key>(
    outbox: &Outbox<W, K>,
    shards: &[Shard<W, K>],
    marked: &Marked<K>,
) -> bool {
    (0..SHARDS).any(|shard| {
        !marked[shard].is_empty()
            && outbox.parcels(shard).any(|(accounts, groups)| {
                groups.iter().any(|&groups| contains(shards, marked, accounts, groups))
            })
    })
}

fn is_marked<const U: usize, const W: usize, K: Key>(
    stepper: &mut Stepper<'_, U, W>,
    shards: &[Shard<W, K>],
    marked: &Marked<K>,
    state: &State<U, MAX_GROUPS>,
) -> bool {
    let canonical = stepper.canonical(state);
    canonical.is_some_and(|(accounts, groups)| contains(shards, marked, &accounts, groups))
}

fn contains<const W: usize, K: Key>(
    shards: &[Shard<W, K>],
    marked: &Marked<K>,
    accounts: &Bits<W>,
    groups: K,
) -> bool {
    let shard = shard_of(accounts);
    shards[shard].find(accounts, groups).is_some_and(|key| marked[shard].contains(&key))
}
