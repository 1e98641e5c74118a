//! Random casts, policies and commands for the tests. Each follows from one seed.

use std::convert::Infallible;

use chatwarden_model::{
    Arguments, Bounds, Cast, Command, CommandKind, DeliverRule, Field, Group, Kind, NamedEnum, Newcomer,
    Policy, Preset, SendRule, Setup, State, Surface, User, UserSet, decide,
};

/// The splitmix64 generator.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below the count, which is not zero.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.bits() % count as u64) as usize
    }

    /// True with probability 1 / `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A value of the enum.
    pub(crate) fn value<E: NamedEnum>(&mut self) -> E {
        self.pick(E::ALL)
    }

    /// One of the users, if there is one.
    pub(crate) fn user(&mut self, from: UserSet) -> Option<User> {
        if from.is_empty() { None } else { from.iter().nth(self.below(from.len())) }
    }

    /// At most `most` of the users.
    pub(crate) fn users(&mut self, from: UserSet, most: usize) -> UserSet {
        let count = self.below(most + 1);
        (0..count).filter_map(|_| self.user(from)).collect()
    }
}

/// A cast with a user for each row: the kind, and the guardians of a child.
pub(crate) fn cast(rows: &[(Kind, &[usize])]) -> Cast {
    let mut cast = Cast::default();
    for (kind, guardians) in rows {
        cast.add(*kind, guardians.iter().copied().map(User::new).collect());
    }
    cast
}

/// ann, bob: guardians · kay (of ann), kim (of bob): children · sam: adult.
pub(crate) fn small() -> Cast {
    use Kind::{Adult, Child, Guardian};
    cast(&[(Guardian, &[]), (Guardian, &[]), (Child, &[0]), (Child, &[1]), (Adult, &[])])
}

/// ann, bob, cyd, dan: guardians · kay (of ann and dan), kim (of bob), kit (of cyd): children · sam, zoe:
/// adults.
pub(crate) fn family() -> Cast {
    use Kind::{Adult, Child, Guardian};
    let guardian: (Kind, &[usize]) = (Guardian, &[]);
    let children: [(Kind, &[usize]); 3] = [(Child, &[0, 3]), (Child, &[1]), (Child, &[2])];
    let adult: (Kind, &[usize]) = (Adult, &[]);
    cast(&[[guardian; 4].as_slice(), &children, &[adult; 2]].concat())
}

/// A cast of one to sixteen users, in any order, in which each child has up to three guardians.
fn any_cast(random: &mut Random) -> Cast {
    let count = 1 + random.below(16);
    let mut kinds: Vec<Kind> = (0..count).map(|_| random.value()).collect();
    // Without a guardian there can be no child.
    if !kinds.contains(&Kind::Guardian) {
        kinds.fill(Kind::Adult);
    }
    let guardians: UserSet =
        (0..count).filter(|&user| kinds[user] == Kind::Guardian).map(User::new).collect();
    let mut cast = Cast::default();
    for kind in kinds {
        let first = random.user(guardians);
        let more = random.users(guardians, 2);
        cast.add(kind, first.into_iter().fold(more, UserSet::with));
    }
    cast
}

/// A preset, or a random value for each knob.
pub(crate) fn any_policy(random: &mut Random) -> Policy {
    if random.once_in(2) {
        return random.value::<Preset>().policy();
    }
    let surface = |random: &mut Random| Surface {
        send: random.value::<SendRule>(),
        deliver: random.value::<DeliverRule>(),
    };
    Policy {
        quorum: random.value(),
        between_children: random.value(),
        admission: random.value(),
        inviters: random.value(),
        links: random.once_in(2),
        newcomer: Newcomer {
            create: random.value(),
            invite: random.value(),
            accept: random.value(),
            join: random.value(),
        },
        message: surface(random),
        call: surface(random),
        on_loss: random.value(),
    }
}

/// A cast, up to eight groups and a policy.
pub(crate) fn any_setup(random: &mut Random) -> Setup {
    let cast = match random.below(4) {
        0 => small(),
        1 => family(),
        _ => any_cast(random),
    };
    let most = random.pick(&[2, 8]);
    Setup { cast, groups: 1 + random.below(most), policy: any_policy(random) }
}

/// The arguments of a random command. They are users with whom the command could be allowed, or any users.
struct Draw<'a> {
    random: &'a mut Random,
    bounds: &'a Bounds,
    kind: CommandKind,
    well_typed: bool,
}

impl Draw<'_> {
    fn candidates(&self, field: Field) -> UserSet {
        let fitting = self.bounds.candidates(self.kind, field);
        // The cast may have no fitting user.
        if self.well_typed && !fitting.is_empty() { fitting } else { self.bounds.kinds.everyone() }
    }
}

impl Arguments for Draw<'_> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        let candidates = self.candidates(field);
        Ok(self.random.user(candidates).expect("a cast has a user"))
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Infallible> {
        let candidates = self.candidates(field);
        Ok(self.random.users(candidates, 4))
    }

    fn group(&mut self, _: Field) -> Result<Group, Infallible> {
        Ok(Group::new(self.random.below(self.bounds.groups)))
    }
}

/// A command over the cast. One in four may name users of wrong kinds. Approvals are more frequent than
/// other commands, because without them little is allowed.
pub(crate) fn any_command(random: &mut Random, bounds: &Bounds) -> Command {
    let kind = if random.once_in(6) { CommandKind::Approve } else { random.value() };
    let well_typed = !random.once_in(4);
    let Ok(command) = kind.build(&mut Draw { random, bounds, kind, well_typed });
    command
}

/// A random command. In half of the cases it is one that is allowed, if 20 attempts find one.
pub(crate) fn likely_command<const U: usize, const G: usize>(
    random: &mut Random,
    setup: &Setup,
    state: &State<U, G>,
) -> Command {
    let bounds = setup.bounds();
    let tries = if random.once_in(2) { 20 } else { 0 };
    let mut drawn = (0..tries).map(|_| any_command(random, &bounds));
    let allowed = drawn.find(|command| decide(state, &setup.policy, command).is_allowed());
    allowed.unwrap_or_else(|| any_command(random, &bounds))
}
