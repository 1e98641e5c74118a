//! The passes of the shrinker, in the order in which they are tried. Each lists candidates made from the best
//! history so far; the shrinker discards those that are not simpler or were tried before.

mod plausible;

use chatwarden_model::{
    Argument, Bounds, Command, CommandKind, EnumSet, Group, Kinds, MAX_USERS, Renaming, Setup, State, User,
    UserSet, step,
};

use plausible::Signature;

/// Above this many chatting users in a history, launches are no longer enumerated as replacements: their number
/// doubles with each.
const CROWD: usize = 6;

/// How many candidates of the last pass are tried before it is taken to be of no help.
const FAR_FETCHED: usize = 400;

type Candidates = Box<dyn Iterator<Item = Vec<Command>> + Send>;

/// Where the shrinker is.
pub(super) struct Pass {
    at: usize,
    candidates: Option<Candidates>,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What candidates are made for: the run, and the kinds of commands that may come in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) setup: Setup,
    pub(super) kinds: EnumSet<CommandKind>,
}

/// The passes: what leaves most out comes first; what asks the model for thousands of candidates comes last.
const PASSES: [fn(&Scene, &[Command]) -> Candidates; 9] = [
    idle_commands,
    ranges,
    pairs,
    canonical_names,
    merged_names,
    recast_roles,
    sorted_commands,
    simpler_commands,
    one_for_two,
];

impl Pass {
    pub(super) fn first() -> Self {
        Pass { at: 0, candidates: None }
    }

    /// The next candidate of this pass.
    pub(super) fn next(&mut self, scene: &Scene, best: &[Command]) -> Option<Vec<Command>> {
        self.candidates.get_or_insert_with(|| PASSES[self.at](scene, best)).next()
    }

    /// The pass that follows when this one has nothing left.
    pub(super) fn after(&self) -> Option<Self> {
        let at = self.at + 1;
        (at < PASSES.len()).then_some(Pass { at, candidates: None })
    }

    /// The best history changed, so everything is worth another try.
    pub(super) fn succeeded(&mut self) {
        *self = Self::first();
    }
}

/// All commands at once that change nothing in the model, but for the last.
fn idle_commands(scene: &Scene, best: &[Command]) -> Candidates {
    let mut state: State = scene.setup.start();
    let mut kept = Vec::with_capacity(best.len());
    for (at, command) in best.iter().enumerate() {
        let before = state;
        step(&mut state, &scene.setup.policy, command);
        if at + 1 == best.len() || state != before {
            kept.push(*command);
        }
    }
    Box::new(std::iter::once(kept))
}

/// Without a range of commands: halves, quarters and so on down to single ones, from the end.
fn ranges(_: &Scene, best: &[Command]) -> Candidates {
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
fn pairs(_: &Scene, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let removable = best.len().saturating_sub(1);
    let pairs = (0..removable).flat_map(move |one| (one + 1..removable).map(move |other| (one, other)));
    Box::new(pairs.map(move |(one, other)| without(&best, |at| at == one || at == other)))
}

/// With users and groups named in the order in which they appear, each kind from its lowest name up; with and
/// without children bringing their guardians along.
fn canonical_names(scene: &Scene, best: &[Command]) -> Candidates {
    let plain = canonical_users(&scene.setup, best, false);
    let in_families = canonical_users(&scene.setup, best, true);
    Box::new([plain, in_families].map(|names| renamed(best, &names)).into_iter())
}

fn canonical_users(setup: &Setup, best: &[Command], families: bool) -> Renaming {
    let mut names = Renaming::identity();
    let (mut named, mut free, mut groups) = (UserSet::EMPTY, setup.cast.kinds(), Vec::new());
    let mut name = |names: &mut Renaming, user: User, wanted: UserSet| {
        if !named.contains(user) {
            let kind = setup.cast.kind(user);
            let lowest = free.of(kind).and(wanted).iter().next().or_else(|| free.of(kind).iter().next());
            let lowest = lowest.expect("there are as many names as users");
            *names = names.with_user(user, lowest);
            named.insert(user);
            free = free.without(lowest);
        }
    };
    for command in best {
        let children = setup.cast.kinds().children.and(command.users());
        for child in children.iter().filter(|_| families) {
            name(&mut names, child, UserSet::first(MAX_USERS));
            for guardian in setup.cast.guardians(child) {
                let of_child = setup.cast.guardians(names.user(child));
                name(&mut names, guardian, of_child);
            }
        }
        command.each_argument(|_, argument| match argument {
            Argument::User(user) => name(&mut names, user, UserSet::first(MAX_USERS)),
            Argument::Users(users) => {
                users.iter().for_each(|user| name(&mut names, user, UserSet::first(MAX_USERS)));
            }
            Argument::Group(_) => {}
        });
        if let Some(group) = command.group().filter(|group| !groups.contains(group)) {
            names = names.with_group(group, Group::new(groups.len()));
            groups.push(group);
        }
    }
    names
}

/// With two users or groups made one, or with their names swapped.
fn merged_names(scene: &Scene, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let kinds = scene.setup.cast.kinds();
    let named = best.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users()));
    let users = named.iter().flat_map(move |user| {
        let others = kinds.of(kinds.kind(user)).without(user);
        others.iter().flat_map(move |other| {
            let names = Renaming::identity();
            [names.with_user(user, other), names.swapping_users(user, other)]
        })
    });
    let groups = Group::first(scene.setup.groups).flat_map(move |one| {
        Group::first(one.index()).flat_map(move |other| {
            let names = Renaming::identity();
            [names.with_group(one, other), names.swapping_groups(one, other)]
        })
    });
    Box::new(users.chain(groups).map(move |names| renamed(&best, &names)))
}

/// With a child and an adult in each other's parts: somebody else launches the group, say. Approvals are given
/// to the child of the new pair by one of its guardians; those that thereby say the same twice are one.
fn recast_roles(scene: &Scene, best: &[Command]) -> Candidates {
    let best = best.to_vec();
    let scene = *scene;
    let Kinds { children, adults, .. } = scene.setup.cast.kinds();
    let swaps = children.iter().flat_map(move |child| adults.iter().map(move |adult| (child, adult)));
    Box::new(swaps.map(move |(child, adult)| {
        let names = Renaming::identity().swapping_users(child, adult);
        let mut recast: Vec<Command> = Vec::with_capacity(best.len());
        for command in &best {
            let command = turned(&scene.setup, names.command(command));
            if recast.last() != Some(&command) && !(is_approval(&command) && recast.contains(&command)) {
                recast.push(command);
            }
        }
        recast
    }))
}

/// With two commands in each other's places.
fn sorted_commands(scene: &Scene, best: &[Command]) -> Candidates {
    let wanted = Signature::of(&scene.setup, best);
    let (scene, best) = (*scene, best.to_vec());
    let pairs = (0..best.len()).flat_map(|one| (0..one).map(move |other| (one, other))).collect::<Vec<_>>();
    let candidates = pairs.into_iter().map(move |(one, other)| {
        let mut swapped = best.clone();
        swapped.swap(one, other);
        swapped
    });
    Box::new(candidates.filter(move |candidate| Signature::of(&scene.setup, candidate) == wanted))
}

/// With one command replaced by a simpler one.
fn simpler_commands(scene: &Scene, best: &[Command]) -> Candidates {
    let wanted = Signature::of(&scene.setup, best);
    let (scene, best) = (*scene, best.to_vec());
    let alphabet = alphabet(&scene, &best);
    let candidates = (0..best.len()).flat_map(move |at| {
        let best = best.clone();
        let simpler: Vec<Command> =
            alphabet.iter().copied().filter(|command| command.key() < best[at].key()).collect();
        simpler.into_iter().map(move |command| with(&best, at, command))
    });
    Box::new(candidates.filter(move |candidate| Signature::of(&scene.setup, candidate) == wanted))
}

/// With one command, anywhere, instead of two. It is for findings that the model has something to say about; for the
/// others thousands of candidates would be as good as any.
fn one_for_two(scene: &Scene, best: &[Command]) -> Candidates {
    let wanted = Signature::of(&scene.setup, best);
    if !wanted.is_some_and(Signature::is_telling) {
        return Box::new(std::iter::empty());
    }
    let (scene, best) = (*scene, best.to_vec());
    let alphabet = alphabet(&scene, &best);
    let pairs = (0..best.len()).flat_map(|one| (0..one).map(move |other| (one, other))).collect::<Vec<_>>();
    let candidates = pairs.into_iter().flat_map(move |(one, other)| {
        let shorter = without(&best, |at| at == one || at == other);
        let alphabet = alphabet.clone();
        (0..=shorter.len()).flat_map(move |at| {
            let shorter = shorter.clone();
            alphabet.clone().into_iter().map(move |command| {
                let mut candidate = shorter.clone();
                candidate.insert(at, command);
                candidate
            })
        })
    });
    Box::new(
        candidates
            .filter(move |candidate| Signature::of(&scene.setup, candidate) == wanted)
            .take(FAR_FETCHED),
    )
}

/// The commands that can be named with the users and groups of the history.
fn alphabet(scene: &Scene, best: &[Command]) -> Vec<Command> {
    let named = best.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users()));
    let kinds = scene.setup.cast.kinds();
    let kinds = Kinds {
        children: kinds.children.and(named),
        adults: kinds.adults.and(named),
        guardians: kinds.guardians.and(named),
    };
    let groups = best.iter().filter_map(Command::group).map(|group| group.index() + 1).max().unwrap_or(0);
    let mut bounds = Bounds { kinds, groups, commands: scene.kinds };
    if kinds.chatting().len() > CROWD {
        bounds.commands.remove(CommandKind::Create);
    }
    bounds.well_typed()
}

fn with(commands: &[Command], at: usize, command: Command) -> Vec<Command> {
    let mut changed = commands.to_vec();
    changed[at] = command;
    changed
}

fn without(commands: &[Command], gone: impl Fn(usize) -> bool) -> Vec<Command> {
    commands.iter().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, command)| *command).collect()
}

fn renamed(commands: &[Command], names: &Renaming) -> Vec<Command> {
    commands.iter().map(|command| names.command(command)).collect()
}

/// An approval or revocation turned so that the child of the two is the one it is about.
fn turned(setup: &Setup, command: Command) -> Command {
    let children = setup.cast.kinds().children;
    let turn = |by: User, child: User, contact: User| {
        let (child, contact) = if children.contains(child) || !children.contains(contact) {
            (child, contact)
        } else {
            (contact, child)
        };
        let guardians = setup.cast.guardians(child);
        let by = if guardians.contains(by) { by } else { guardians.iter().next().unwrap_or(by) };
        (by, child, contact)
    };
    match command {
        Command::Approve { by, child, contact } => {
            let (by, child, contact) = turn(by, child, contact);
            Command::Approve { by, child, contact }
        }
        Command::Revoke { by, child, contact } => {
            let (by, child, contact) = turn(by, child, contact);
            Command::Revoke { by, child, contact }
        }
        other => other,
    }
}

fn is_approval(command: &Command) -> bool {
    matches!(command, Command::Approve { .. })
}
