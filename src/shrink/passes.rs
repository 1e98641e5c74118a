//! The passes of the shrinker, in the order in which they are tried. Each lists candidates made
//! from the best trace so far. The shrinker discards those that are not simpler or were tried
//! before.

mod plausible;
mod ways_in;

use chatwarden_model::{
    Argument, Bounds, Command, CommandKind, EnumSet, Group, Kinds, MAX_USERS, Renaming, Setup, State, User,
    UserSet, step,
};

use plausible::Signature;

/// With more chatting users than this in a trace, launches are no longer listed as replacements,
/// because their number doubles with each user.
const MOST_USERS_FOR_LAUNCHES: usize = 6;

/// The most candidates of the last pass.
const MOST_OF_ONE_FOR_TWO: usize = 400;

type Candidates = Box<dyn Iterator<Item = Vec<Command>> + Send>;

/// The current pass and its remaining candidates.
pub(super) struct Pass {
    at: usize,
    candidates: Option<Candidates>,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The constants of all candidates: the setup, and the kinds of commands that may be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShrinkContext {
    pub(super) setup: Setup,
    pub(super) kinds: EnumSet<CommandKind>,
}

/// The passes. Those that leave most out come first; those that ask the model about thousands of
/// candidates come last.
const PASSES: [fn(&ShrinkContext, &[Command]) -> Candidates; 12] = [
    idle_commands,
    ranges,
    pairs,
    canonical_names,
    merged_names,
    recast_roles,
    merged_roles,
    other_ways_in,
    swapped_rest,
    sorted_commands,
    simpler_commands,
    one_for_two,
];

impl Pass {
    pub(super) fn first() -> Self {
        Pass { at: 0, candidates: None }
    }

    /// The next candidate of this pass.
    pub(super) fn next(&mut self, context: &ShrinkContext, best: &[Command]) -> Option<Vec<Command>> {
        self.candidates.get_or_insert_with(|| PASSES[self.at](context, best)).next()
    }

    /// The pass that follows when this one has nothing left.
    pub(super) fn after(&self) -> Option<Self> {
        let at = self.at + 1;
        (at < PASSES.len()).then_some(Pass { at, candidates: None })
    }
}

/// Without all commands that change nothing in the model, except the last.
fn idle_commands(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let mut state: State = context.setup.start();
    let mut kept = Vec::with_capacity(best.len());
    for (at, command) in best.iter().enumerate() {
        let before = state;
        step(&mut state, &context.setup.policy, command);
        if at + 1 == best.len() || state != before {
            kept.push(*command);
        }
    }
    Box::new(std::iter::once(kept))
}

/// Without a range of commands: halves, quarters and so on down to single commands, from the end.
fn ranges(_: &ShrinkContext, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let removable = best.len().saturating_sub(1);
    let sizes = std::iter::successors(Some(removable.div_ceil(2)), |size| Some(size / 2))
        .take_while(|&size| size > 0);
    Box::new(sizes.flat_map(move |size| {
        let best = best.clone();
        (0..removable.div_ceil(size)).map(move |back| {
            let end = removable - back * size;
            without(&best, |at| at < end && at + size >= end)
        })
    }))
}

/// Without two commands.
fn pairs(_: &ShrinkContext, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let removable = best.len().saturating_sub(1);
    let pairs = (0..removable).flat_map(move |one| (one + 1..removable).map(move |other| (one, other)));
    Box::new(pairs.map(move |(one, other)| without(&best, |at| at == one || at == other)))
}

/// With users and groups renamed in the order in which they appear, each kind of user from its
/// lowest name up. In the second candidate, guardians are renamed together with their children.
fn canonical_names(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let renamings = [false, true].map(|in_families| canonical_renaming(&context.setup, best, in_families));
    Box::new(renamings.map(|renaming| renamed(best, &renaming)).into_iter())
}

fn canonical_renaming(setup: &Setup, best: &[Command], in_families: bool) -> Renaming {
    let mut names = CanonicalNames {
        setup,
        renaming: Renaming::identity(),
        named: UserSet::EMPTY,
        free: setup.cast.kinds(),
        named_groups: Vec::new(),
    };
    let everyone = UserSet::first(MAX_USERS);
    for command in best {
        if in_families {
            names.name_families(setup.cast.kinds().children.and(command.users()));
        }
        command.each_argument(|_, argument| match argument {
            Argument::User(user) => names.name_user(user, everyone),
            Argument::Users(users) => users.iter().for_each(|user| names.name_user(user, everyone)),
            Argument::Group(group) => names.name_group(group),
        });
    }
    names.renaming
}

/// A renaming in the making: each user gets the lowest free name of its kind, each group the lowest
/// free one.
struct CanonicalNames<'a> {
    setup: &'a Setup,
    renaming: Renaming,
    named: UserSet,
    free: Kinds,
    named_groups: Vec<Group>,
}

impl CanonicalNames<'_> {
    /// Names a user, if it has no name yet, with one of the preferred names if one is free.
    fn name_user(&mut self, user: User, preferred: UserSet) {
        if self.named.contains(user) {
            return;
        }
        let free = self.free.of(self.setup.cast.kind(user));
        let name = free.and(preferred).iter().next().or_else(|| free.iter().next());
        let name = name.expect("there are as many names as users");
        self.renaming = self.renaming.with_user(user, name);
        self.named.insert(user);
        self.free = self.free.without(name);
    }

    /// Names children and then their guardians, like the guardians of the child of that name.
    fn name_families(&mut self, children: UserSet) {
        for child in children {
            self.name_user(child, UserSet::first(MAX_USERS));
            for guardian in self.setup.cast.guardians(child) {
                self.name_user(guardian, self.setup.cast.guardians(self.renaming.user(child)));
            }
        }
    }

    fn name_group(&mut self, group: Group) {
        if !self.named_groups.contains(&group) {
            self.renaming = self.renaming.with_group(group, Group::new(self.named_groups.len()));
            self.named_groups.push(group);
        }
    }
}

/// With one user or group in place of another, or with the two exchanged.
fn merged_names(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let kinds = context.setup.cast.kinds();
    let named = users_of(&best);
    let users = named.iter().flat_map(move |user| {
        let others = kinds.of(kinds.kind(user)).without(user);
        others.iter().flat_map(move |other| {
            let names = Renaming::identity();
            [names.with_user(user, other), names.swapping_users(user, other)]
        })
    });
    let groups = Group::first(context.setup.groups).flat_map(move |one| {
        Group::first(one.index()).flat_map(move |other| {
            let names = Renaming::identity();
            [names.with_group(one, other), names.swapping_groups(one, other)]
        })
    });
    Box::new(users.chain(groups).map(move |names| renamed(&best, &names)))
}

/// With a child and an adult in each other's roles, so that somebody else launches the group, for
/// example. Approvals then go to the child of the new pair and come from one of its guardians.
/// Duplicates are left out.
fn recast_roles(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let (best, setup) = (best.to_vec(), context.setup);
    Box::new(
        roles(&setup).map(move |(child, adult)| {
            recast(&setup, &best, &Renaming::identity().swapping_users(child, adult))
        }),
    )
}

/// With a child in the role of an adult as well, or the other way round. Where both were named in a
/// command, it is left out.
fn merged_roles(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let (commands, setup) = (best.to_vec(), context.setup);
    let candidates = roles(&setup).flat_map(move |(child, adult)| {
        let names = Renaming::identity();
        [names.with_user(child, adult), names.with_user(adult, child)]
            .map(|names| recast(&setup, &commands, &names))
    });
    Box::new(with_signature_of(context, best, candidates))
}

/// Each child with each adult.
fn roles(setup: &Setup) -> impl Iterator<Item = (User, User)> + use<> {
    let Kinds { children, adults, .. } = setup.cast.kinds();
    children.iter().flat_map(move |child| adults.iter().map(move |adult| (child, adult)))
}

/// With other users, without duplicates and commands of a user on the same user.
fn recast(setup: &Setup, commands: &[Command], names: &Renaming) -> Vec<Command> {
    let mut recast: Vec<Command> = Vec::with_capacity(commands.len());
    for (at, command) in commands.iter().enumerate() {
        let renamed = with_child_first(setup, without_actor(names.command(command)));
        let is_duplicate =
            recast.last() == Some(&renamed) || is_approval(&renamed) && recast.contains(&renamed);
        let is_idle = renamed.users().len() < command.users().len() && renamed.kind() != CommandKind::Create;
        if !is_duplicate && (!is_idle || at + 1 == commands.len()) {
            recast.push(renamed);
        }
    }
    recast
}

/// A launch of a group with others than the actor.
fn without_actor(mut command: Command) -> Command {
    if let Command::Create { by, with, .. } = &mut command {
        *with = with.without(*by);
    }
    command
}

/// With users who come into a group in another way.
fn other_ways_in(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let candidates = [ways_in::at_launch(best), ways_in::by_invitation(best), ways_in::by_link(best)];
    Box::new(with_signature_of(context, best, candidates.into_iter().flatten()))
}

/// Without one command, and with two users exchanged from there on. It leaves out a transfer, for
/// example, if the first owner can do the same.
fn swapped_rest(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let commands = best.to_vec();
    let setup = context.setup;
    let kinds = setup.cast.kinds();
    let named = users_of(best);
    let swaps: Vec<Renaming> = [kinds.chatting(), kinds.guardians]
        .into_iter()
        .flat_map(|users| {
            let users: Vec<User> = users.and(named).iter().collect();
            let pairs: Vec<_> = pairs_of(users.len()).collect();
            pairs
                .into_iter()
                .map(move |(one, other)| Renaming::identity().swapping_users(users[one], users[other]))
        })
        .collect();
    let candidates = (0..best.len().saturating_sub(1)).flat_map(move |at| {
        let (kept, rest) = (commands[..at].to_vec(), commands[at + 1..].to_vec());
        swaps.clone().into_iter().map(move |swap| {
            let swapped = rest.iter().map(|command| with_child_first(&setup, swap.command(command)));
            kept.iter().copied().chain(swapped).collect()
        })
    });
    Box::new(with_signature_of(context, best, candidates))
}

/// With two commands exchanged.
fn sorted_commands(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let commands = best.to_vec();
    let candidates = pairs_of(best.len()).map(move |(one, other)| {
        let mut swapped = commands.clone();
        swapped.swap(one, other);
        swapped
    });
    Box::new(with_signature_of(context, best, candidates))
}

/// With one command replaced by a simpler one.
fn simpler_commands(context: &ShrinkContext, best: &[Command]) -> Candidates {
    let replacements = possible_commands(context, best);
    let commands = best.to_vec();
    let candidates = (0..best.len()).flat_map(move |at| {
        let commands = commands.clone();
        let is_simpler = |command: &Command| command.key() < commands[at].key();
        let simpler: Vec<Command> = replacements.iter().copied().filter(is_simpler).collect();
        simpler.into_iter().map(move |command| {
            let mut changed = commands.clone();
            changed[at] = command;
            changed
        })
    });
    Box::new(with_signature_of(context, best, candidates))
}

/// With one command, anywhere, in place of two. It is for findings whose signature is specific; for
/// others the model cannot tell thousands of candidates apart.
fn one_for_two(context: &ShrinkContext, best: &[Command]) -> Candidates {
    if !Signature::of(&context.setup, best).is_some_and(Signature::is_specific) {
        return Box::new(std::iter::empty());
    }
    let replacements = possible_commands(context, best);
    let commands = best.to_vec();
    let candidates = pairs_of(best.len()).flat_map(move |(one, other)| {
        let shorter = without(&commands, |at| at == one || at == other);
        let replacements = replacements.clone();
        (0..=shorter.len()).flat_map(move |at| {
            let shorter = shorter.clone();
            replacements.clone().into_iter().map(move |command| {
                let mut candidate = shorter.clone();
                candidate.insert(at, command);
                candidate
            })
        })
    });
    Box::new(with_signature_of(context, best, candidates).take(MOST_OF_ONE_FOR_TWO))
}

/// Each position with each position before it.
fn pairs_of(len: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..len).flat_map(|one| (0..one).map(move |other| (one, other)))
}

/// The candidates that have the signature of the best trace. A shorter one may also break more promises:
/// the same finding is one whose promise is among those broken.
fn with_signature_of<I: Iterator<Item = Vec<Command>>>(
    context: &ShrinkContext,
    best: &[Command],
    candidates: I,
) -> impl Iterator<Item = Vec<Command>> + use<I> {
    let setup = context.setup;
    let (len, wanted) = (best.len(), Signature::of(&setup, best));
    candidates.filter(move |candidate| match (Signature::of(&setup, candidate), wanted) {
        (Some(signature), Some(wanted)) if candidate.len() < len => signature.includes(wanted),
        (signature, wanted) => signature == wanted,
    })
}

/// The commands that can be named with the users and groups of the trace.
fn possible_commands(context: &ShrinkContext, best: &[Command]) -> Vec<Command> {
    let named = users_of(best);
    let kinds = context.setup.cast.kinds();
    let kinds = Kinds {
        children: kinds.children.and(named),
        adults: kinds.adults.and(named),
        guardians: kinds.guardians.and(named),
    };
    let groups = best.iter().filter_map(Command::group).map(|group| group.index() + 1).max().unwrap_or(0);
    let mut bounds = Bounds { kinds, groups, commands: context.kinds };
    if kinds.chatting().len() > MOST_USERS_FOR_LAUNCHES {
        bounds.commands.remove(CommandKind::Create);
    }
    bounds.well_typed()
}

/// The users whom the commands name.
fn users_of(commands: &[Command]) -> UserSet {
    commands.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users()))
}

fn without(commands: &[Command], is_removed: impl Fn(usize) -> bool) -> Vec<Command> {
    commands.iter().enumerate().filter(|(at, _)| !is_removed(*at)).map(|(_, command)| *command).collect()
}

fn renamed(commands: &[Command], names: &Renaming) -> Vec<Command> {
    commands.iter().map(|command| names.command(command)).collect()
}

/// An approval or revocation whose child and contact are exchanged if only the contact is a child.
/// Then one of the child's guardians gives it.
fn with_child_first(setup: &Setup, mut command: Command) -> Command {
    let children = setup.cast.kinds().children;
    if let Command::Approve { by, child, contact } | Command::Revoke { by, child, contact } = &mut command {
        if !children.contains(*child) && children.contains(*contact) {
            std::mem::swap(child, contact);
        }
        let guardians = setup.cast.guardians(*child);
        if !guardians.contains(*by) {
            *by = guardians.iter().next().unwrap_or(*by);
        }
    }
    command
}

fn is_approval(command: &Command) -> bool {
    matches!(command, Command::Approve { .. })
}
