//! What the tests draw at random, all of it reproducible from one number: casts, policies and commands.
//!
//! Deliberately absent: any judgement of what was drawn.

use std::convert::Infallible;

use chatwarden_model::{
    Arguments, Bounds, Cast, Command, CommandKind, DeliverRule, Field, Group, Kind, NamedEnum, Newcomer,
    Policy, Preset, SendRule, Setup, State, Surface, User, UserSet, decide,
};

/// The splitmix64 generator: small, and good enough to choose with.
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

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A word of a vocabulary.
    pub(crate) fn word<W: NamedEnum>(&mut self) -> W {
        self.pick(W::ALL)
    }

    /// One of these users, if there is one.
    pub(crate) fn user(&mut self, from: UserSet) -> Option<User> {
        if from.is_empty() { None } else { from.iter().nth(self.below(from.len())) }
    }

    /// At most so many of these users.
    pub(crate) fn users(&mut self, from: UserSet, most: usize) -> UserSet {
        let count = self.below(most + 1);
        (0..count).filter_map(|_| self.user(from)).collect()
    }
}

/// A cast of these kinds, in which each child has the guardians listed with it.
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
    let mut kinds: Vec<Kind> = (0..count).map(|_| random.word()).collect();
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

/// A preset, or any value for each knob.
pub(crate) fn any_policy(random: &mut Random) -> Policy {
    if random.once_in(2) {
        return random.word::<Preset>().policy();
    }
    let surface = |random: &mut Random| Surface {
        send: random.word::<SendRule>(),
        deliver: random.word::<DeliverRule>(),
    };
    Policy {
        quorum: random.word(),
        between_children: random.word(),
        admission: random.word(),
        inviters: random.word(),
        links: random.once_in(2),
        newcomer: Newcomer {
            create: random.word(),
            invite: random.word(),
            accept: random.word(),
            join: random.word(),
        },
        message: surface(random),
        call: surface(random),
        on_loss: random.word(),
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

/// Where a random command takes its arguments from: among the users with whom it could be allowed, or among
/// all.
struct Draw<'a> {
    random: &'a mut Random,
    bounds: &'a Bounds,
    kind: CommandKind,
    well_typed: bool,
}

impl Draw<'_> {
    fn candidates(&self, field: Field) -> UserSet {
        let fitting = self.bounds.candidates(self.kind, field);
        // A cast may have nobody who fits.
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

/// A command over the cast, one in four of which may name users of the wrong kinds. Approvals are more
/// frequent than others: without them little is allowed.
pub(crate) fn any_command(random: &mut Random, bounds: &Bounds) -> Command {
    let kind = if random.once_in(6) { CommandKind::Approve } else { random.word() };
    let well_typed = !random.once_in(4);
    let Ok(command) = kind.build(&mut Draw { random, bounds, kind, well_typed });
    command
}

/// A command that half of the time is an allowed one, if one is found soon.
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
