//! A short history for a race: commands from the start, and then two commands that are both decided on the
//! state that they lead to.

use std::collections::{HashMap, VecDeque};

use chatwarden_model::{Command, CommandKind, Setup, State, Transition, UserSet, decide, step};

use crate::races::{Isolation, Race};

/// The most users and groups of the histories, so that states are small.
const USERS: usize = 8;
const GROUPS: usize = 2;

/// The most states that are looked at.
const MOST_STATES: usize = 40_000;

/// A history that shows a race.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaceHistory {
    /// The commands from the start.
    pub commands: Vec<Command>,
    /// The command that is carried out first.
    pub first: Command,
    /// The command that is carried out second.
    pub second: Command,
}

type Small = State<USERS, GROUPS>;

/// A history for each of the races, as short as possible, with the users and groups of the setup. Those that
/// are not found in the first states have none, nor has any with more than eight users or two groups.
pub fn race_histories(
    setup: &Setup,
    races: &[Race],
    is_stopped: &dyn Fn() -> bool,
) -> Vec<Option<RaceHistory>> {
    let mut found = vec![None; races.len()];
    if setup.cast.len() > USERS || setup.groups > GROUPS {
        return found;
    }
    let actions = setup.bounds().well_typed();
    let start: Small = setup.start();
    // The state before each, and the command between.
    let mut reached: HashMap<Small, Option<(Small, Command)>> = HashMap::from([(start, None)]);
    let mut queue = VecDeque::from([start]);
    while let Some(state) = queue.pop_front() {
        let allowed = allowed(setup, &state, &actions);
        let mut missing = races.iter().zip(&mut found).filter(|(_, found)| found.is_none()).peekable();
        if missing.peek().is_none() || is_stopped() {
            break;
        }
        for (race, found) in missing {
            let (first, second) = (of_kind(&allowed, race.first), of_kind(&allowed, race.second));
            let mut pairs = first.flat_map(|first| second.clone().map(move |second| (first, second)));
            let shown = pairs.find(|(first, second)| is_shown(setup, race, &state, first, second));
            *found = shown.map(|(first, second)| RaceHistory {
                commands: commands_to(&reached, state),
                first,
                second,
            });
        }
        for command in allowed {
            let mut after = state;
            step(&mut after, &setup.policy, &command);
            if reached.len() < MOST_STATES && !reached.contains_key(&after) {
                reached.insert(after, Some((state, command)));
                queue.push_back(after);
            }
        }
    }
    found
}

fn allowed(setup: &Setup, state: &Small, actions: &[Command]) -> Vec<Command> {
    let is_allowed = |command: &&Command| decide(state, &setup.policy, command).is_allowed();
    actions.iter().filter(is_allowed).copied().collect()
}

fn of_kind(allowed: &[Command], kind: CommandKind) -> impl Iterator<Item = Command> + Clone {
    allowed.iter().copied().filter(move |command| command.kind() == kind)
}

/// The commands that lead to the state.
fn commands_to(reached: &HashMap<Small, Option<(Small, Command)>>, state: Small) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut at = state;
    while let Some(Some((before, command))) = reached.get(&at) {
        commands.push(*command);
        at = *before;
    }
    commands.reverse();
    commands
}

/// Whether the two commands show the race in the state.
fn is_shown(setup: &Setup, race: &Race, state: &Small, first: &Command, second: &Command) -> bool {
    let policy = &setup.policy;
    let mut after_first = *state;
    after_first.carry_out(policy, first);
    let breaks = |before: &Small, delivered: UserSet, after: &Small| {
        let transition = Transition { policy, before, command: second, allowed: true, delivered, after };
        race.promise.first_breach(&transition).is_some()
    };
    match race.isolation {
        Isolation::Stale => {
            let mut after = after_first;
            let delivered = after.carry_out(policy, second);
            breaks(&after_first, delivered, &after)
        }
        Isolation::Snapshot => {
            let mut after_second = *state;
            after_second.carry_out(policy, second);
            let after = merged(state, &after_first, &after_second);
            after.is_some_and(|after| breaks(state, UserSet::EMPTY, &after))
        }
    }
}

/// The state with the changes of both; nothing if both change the same.
fn merged(before: &Small, one: &Small, other: &Small) -> Option<Small> {
    let mut merged = *one;
    let mut conflicts = false;
    let mut merge = |before: UserSet, one: UserSet, other: UserSet| {
        let [by_one, by_other] = [one, other].map(|after| after.bits() ^ before.bits());
        conflicts |= by_one & by_other != 0;
        UserSet::from_bits(before.bits() ^ (by_one | by_other))
    };
    for user in before.kinds().everyone() {
        *merged.guardians_mut(user) =
            merge(before.guardians(user), one.guardians(user), other.guardians(user));
        *merged.blocks_mut(user) = merge(before.blocks(user), one.blocks(user), other.blocks(user));
        for contact in before.kinds().everyone() {
            let of = |state: &Small| state.approvals(user, contact);
            *merged.approvals_mut(user, contact) = merge(of(before), of(one), of(other));
        }
    }
    for (group, was) in before.groups() {
        let (one, other) = (one.group(group), other.group(group));
        let members = merge(was.members, one.members, other.members);
        let banned = merge(was.banned, one.banned, other.banned);
        let invited = merge(was.invited(), one.invited(), other.invited());
        let mut result = *one;
        (result.members, result.banned) = (members, banned);
        result.uninvite_all();
        for user in invited {
            let inviter = if was.inviter(user) == other.inviter(user) { one } else { other }.inviter(user);
            result.invite(user, inviter.unwrap_or(user));
        }
        result.phase = one_of(was.phase, one.phase, other.phase)?;
        result.link = one_of(was.link, one.link, other.link)?;
        result.owner = one_of(was.owner, one.owner, other.owner)?;
        *merged.group_mut(group) = result;
    }
    (!conflicts).then_some(merged)
}

/// The value with the change of either; nothing if both change it.
fn one_of<T: PartialEq>(before: T, one: T, other: T) -> Option<T> {
    match (one != before, other != before) {
        (true, true) => None,
        (false, true) => Some(other),
        (_, false) => Some(one),
    }
}
