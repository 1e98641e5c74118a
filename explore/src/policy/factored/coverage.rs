//! Reachable coverage: the points that commands show in the states that the factored engine reached.
//!
//! Parts are looked at apart where the laws allow it. Most commands on a group show what depends on
//! that group alone, so they are tried once for each state of a group. Commands on accounts depend on a
//! group only if somebody loses an authorization. The commands that ask who may be with whom are tried
//! in every state.

use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use chatwarden::coverage::Points;
use chatwarden_model::{Command, CommandKind as K, Group, GroupState, NamedEnum, decide};

use super::rounds::{lock, share, take};
use super::shard::Shard;
use super::state_key::StateKey;
use super::stepper::relation;
use super::table::SHARDS;
use super::{SearchContext, by_accounts};
use crate::PolicySearch;
use crate::policy::levels::{commands_to_cover, show};

/// The commands to try, by the parts that their outcomes depend on.
struct Trials {
    /// Accounts, and groups where somebody loses an authorization.
    on_accounts: Vec<Command>,
    /// The group alone.
    on_group: Vec<Command>,
    /// The group, and who may be with whom in it.
    on_both: Vec<Command>,
    /// Accounts, and the phase and the members of the group: a launch that is refused because the group
    /// is not new would take the members away.
    launches: Vec<Command>,
}

impl Trials {
    fn new(search: &PolicySearch) -> Self {
        let (on_groups, on_accounts): (Vec<_>, Vec<_>) =
            commands_to_cover(search).into_iter().partition(|command| command.kind().names_group());
        let (launches, on_groups): (Vec<_>, Vec<_>) =
            on_groups.into_iter().partition(|command| command.kind() == K::Create);
        let asks = |command: &Command| {
            matches!(command.kind(), K::Invite | K::Accept | K::Join | K::Message | K::Call)
        };
        let (on_both, on_group) = on_groups.into_iter().partition(asks);
        Trials { on_accounts, on_group, on_both, launches }
    }
}

/// Everything that can be covered in the reached states.
pub(super) fn reachable<const U: usize, const W: usize, K: StateKey>(
    context: &SearchContext<'_, U, W>,
    shards: &[Shard<W, K>],
) -> Points {
    let monitor = context.monitor;
    let trials = Trials::new(context.search);
    let groups = context.groups.all();
    let mut points = Points::default();
    for group in &groups {
        let state = context.packing.start.with_groups([*group]);
        show(context.policy(), &state, &trials.on_group, monitor, &mut points);
    }
    let all = Mutex::new(points);
    let next = AtomicUsize::new(0);
    let states = shards.iter().map(|shard| shard.states.in_levels().len()).sum();
    share(context.search.jobs, states, |_| {
        let mut points = Points::default();
        while let Some(number) = take(&next, SHARDS).filter(|_| !monitor.is_stopped()) {
            in_shard(context, &trials, &groups, &shards[number], &mut points);
        }
        lock(&all).extend(&points);
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn in_shard<const U: usize, const W: usize, K: StateKey>(
    context: &SearchContext<'_, U, W>,
    trials: &Trials,
    groups: &[GroupState<U>],
    shard: &Shard<W, K>,
    points: &mut Points,
) {
    let (policy, monitor, count) = (context.policy(), context.monitor, context.search.setup.groups);
    let all = by_accounts(shard.states.in_levels());
    for states in all.take_while(|_| !monitor.is_stopped()) {
        let accounts = context.packing.unpack(shard.accounts(states[0].accounts()));
        show(policy, &accounts, &trials.on_accounts, monitor, points);
        let related = relation(&accounts, policy);
        let mut tried = trials.on_both.clone();
        tried.extend(trials.on_accounts.iter().filter(|command| {
            let mut after = accounts;
            decide(&accounts, policy, command).is_allowed() && {
                after.carry_out(policy, command);
                relation(&after, policy) != related
            }
        }));
        let mut launched = HashSet::new();
        for state in states.iter().take_while(|_| !monitor.is_stopped()) {
            for group in Group::first(count) {
                let group = groups[state.group(group.index(), count) as usize];
                let state = accounts.with_groups([group]);
                show(policy, &state, &tried, monitor, points);
                if launched.insert((group.phase.index(), group.members.bits())) {
                    show(policy, &state, &trials.launches, monitor, points);
                }
            }
        }
    }
}
