//! What can be covered: every state that a search has reached, with every command that can be written down.
//!
//! The parts of a state are looked at apart where the laws of `steps` allow it: what a command about accounts shows
//! depends on a group only where somebody loses an authorization, and what most commands about a group show depends on
//! that group alone. Only what asks who may be with whom is tried in every state.

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use chatwarden_model::{Bounds, Command, CommandKind as K, Group, GroupState, Phase, State, decide};

use super::facts::relation;
use super::key::Key;
use super::search::{Search, by_accounts, share, take};
use super::store::{SHARDS, Shard};
use chatwarden::coverage::{Points, StateView};

/// The commands that are tried, by what their outcomes depend on.
struct Trials {
    /// Accounts, and groups where somebody loses an authorization.
    about_accounts: Vec<Command>,
    /// The group alone.
    about_group: Vec<Command>,
    /// The group, and who may be with whom in it.
    about_both: Vec<Command>,
    /// Accounts, and whether the group is new.
    launches: Vec<Command>,
}

impl Trials {
    fn new(bounds: &Bounds) -> Self {
        let all = Bounds { groups: bounds.groups.min(1), ..*bounds }.all();
        let (about_groups, about_accounts): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|command| command.kind().names_group());
        let (launches, about_groups): (Vec<_>, Vec<_>) =
            about_groups.into_iter().partition(|command| command.kind() == K::Create);
        let asks = |command: &Command| {
            matches!(command.kind(), K::Invite | K::Accept | K::Join | K::Message | K::Call)
        };
        let (about_both, about_group) = about_groups.into_iter().partition(asks);
        Trials { about_accounts, about_group, about_both, launches }
    }
}

/// Everything that can be covered in the states that were reached.
pub(super) fn reachable<const U: usize, const W: usize, K: Key>(search: &Search<'_, U, W, K>) -> Points {
    let plan = search.plan;
    let trials = Trials::new(&Bounds { commands: plan.commands, ..plan.setup.bounds() });
    let groups = search.ground.groups.all();
    let mut points = of_groups(search, &trials, &groups);
    let next = AtomicUsize::new(0);
    let all = Mutex::new(&mut points);
    share(plan.jobs, search.states() as usize, |_| {
        let mut core = Points::default();
        while let Some(nth) = take(&next, SHARDS) {
            if search.watch.is_stopped() {
                break;
            }
            of_shard(search, &trials, &groups, &search.shards[nth], &mut core);
        }
        all.lock().unwrap_or_else(PoisonError::into_inner).extend(&core);
    });
    points
}

/// What depends on a group alone.
fn of_groups<const U: usize, const W: usize, K: Key>(
    search: &Search<'_, U, W, K>,
    trials: &Trials,
    groups: &[GroupState<U>],
) -> Points {
    let mut points = Points::default();
    for group in groups {
        let state = search.ground.facts.start().with_groups([*group]);
        show(search, &state, &trials.about_group, &mut points);
    }
    points
}

fn of_shard<const U: usize, const W: usize, K: Key>(
    search: &Search<'_, U, W, K>,
    trials: &Trials,
    groups: &[GroupState<U>],
    shard: &Shard<W, K>,
    points: &mut Points,
) {
    let (ground, policy) = (search.ground, &search.plan.setup.policy);
    let count = search.plan.setup.groups;
    for states in by_accounts(shard.all()) {
        let accounts = ground.facts.unpack(shard.accounts(states[0].accounts()));
        show(search, &accounts, &trials.about_accounts, points);
        let related = relation(&accounts, policy);
        let mut tried = trials.about_both.clone();
        tried.extend(trials.about_accounts.iter().filter(|command| {
            let mut after = accounts;
            decide(&accounts, policy, command).is_allowed() && {
                after.carry_out(policy, command);
                relation(&after, policy) != related
            }
        }));
        let mut was_launched = [false; 2];
        for state in states {
            for group in Group::first(count) {
                let group = groups[state.group(group.index(), count) as usize];
                let state = accounts.with_groups([group]);
                show(search, &state, &tried, points);
                if !std::mem::replace(&mut was_launched[usize::from(group.phase == Phase::New)], true) {
                    show(search, &state, &trials.launches, points);
                }
            }
        }
    }
}

fn show<const U: usize, const W: usize, const G: usize, K: Key>(
    search: &Search<'_, U, W, K>,
    state: &State<U, G>,
    commands: &[Command],
    points: &mut Points,
) {
    let situation = StateView { state, policy: &search.plan.setup.policy, history: None };
    for command in commands {
        situation.each_point(command, |point| {
            points.insert(point);
        });
    }
}
