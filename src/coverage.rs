//! Authorization coverage: how much of a policy's rules a run, a suite or a search has put to the test.
//!
//! The measure is avionics' MC/DC, read off the model: a condition of a command counts once it has been seen to decide
//! the outcome *alone*, in a situation where all the command's other conditions hold. Beside it stand the inner parts
//! of the rules ([`Case`]), and which promises depended on what was done. The implementation's code is not looked at,
//! so it makes no difference in which language it is written or whether it can be instrumented.
//!
//! What cannot be reached at all is for an exhaustive search to say ([`Reachability`] holds its answer); nothing is generated,
//! run or worded here.

mod case;
mod clearance;
mod history_facts;
mod loss;
mod observe;
mod promise_relevance;

use std::sync::OnceLock;

use chatwarden_model::{Command, CommandKind, Condition, NamedEnum, Promise, Setup, State, named_enum, step};

pub use case::Case;
pub use history_facts::{GroupHistory, HistoryFacts};
pub use observe::Situation;

/// How a command came out, as far as coverage tells outcomes apart.
///
/// ```
/// use chatwarden::coverage::DecidedBy;
/// use chatwarden::model::Condition;
/// assert_ne!(DecidedBy::Allowed, DecidedBy::Alone(Condition::LinkIsOpen));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DecidedBy {
    /// All conditions hold.
    Allowed,
    /// All conditions hold but this one, which alone refuses the command.
    Alone(Condition),
}

/// Something that can be covered.
///
/// ```
/// use chatwarden::coverage::{DecidedBy, Point};
/// use chatwarden::model::{CommandKind, Condition};
/// let point = Point::Decided(CommandKind::Join, DecidedBy::Alone(Condition::LinkIsOpen));
/// assert_eq!(point.to_string(), "join-link-is-open");
/// assert!(Point::all().contains(&point));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Point {
    /// A command of the kind came out like that.
    Decided(CommandKind, DecidedBy),
    /// And this was particular about it.
    Case(CommandKind, DecidedBy, Case),
    /// The promise depended on a command of the kind: the policy broke it there, or one thing done otherwise would have.
    Promise(Promise, CommandKind),
}

/// How many cases an outcome can have, at most.
const CASES: usize = 96;
/// How many outcomes a command can have, at most.
const OUTCOMES: usize = 9;
/// How many numbers the points of a command take.
const STRIDE: usize = OUTCOMES * CASES + 16;
/// How many numbers there are.
const NUMBERS: usize = CommandKind::ALL.len() * STRIDE;

impl Point {
    /// Everything that can be told of any command under any policy, command after command.
    pub fn all() -> &'static [Point] {
        static ALL: OnceLock<Vec<Point>> = OnceLock::new();
        ALL.get_or_init(|| CommandKind::ALL.iter().flat_map(|&kind| of_command(kind)).collect())
    }

    /// The command that it is about.
    pub const fn command(self) -> CommandKind {
        match self {
            Point::Decided(kind, _) | Point::Case(kind, ..) | Point::Promise(_, kind) => kind,
        }
    }

    /// Points of which one at least must be reachable if this one is. A search of single states with one group can tell
    /// those; of what went before, and of a second group, it can tell nothing.
    pub fn presupposes(self) -> Vec<Point> {
        use CommandKind as K;
        let Point::Case(kind, outcome, case) = self else { return vec![self] };
        let case_of = |case: Case| Point::Case(kind, outcome, case);
        let allowed = |kind: K| Point::Decided(kind, DecidedBy::Allowed);
        match case {
            Case::OnlyLauncher => vec![case_of(Case::OnlyMember), case_of(Case::OnlyInviter)],
            Case::SharedElsewhere => {
                [Case::OnlyOwner, Case::OnlyMember, Case::OnlyInvitee].map(case_of).into()
            }
            Case::LostInTwoGroups | Case::LostAgain => vec![case_of(Case::LostShared)],
            Case::ByFormerGuardian => vec![case_of(Case::ByOtherGuardian)],
            Case::Again if kind == K::CloseLink => vec![case_of(Case::WithLink)],
            Case::Again | Case::ToReturning if kind == K::AddGuardian => vec![allowed(K::RemoveGuardian)],
            Case::InvitedElsewhere => {
                vec![
                    case_of(Case::BesideInvitations),
                    allowed(K::Accept),
                    allowed(K::Decline),
                    allowed(K::Cancel),
                ]
            }
            Case::KnowsLink => vec![allowed(K::OpenLink)],
            _ if self.takes_history() => vec![Point::Decided(kind, outcome)],
            _ => vec![self],
        }
    }

    /// Whether it takes a history, or a second group, to see it, and not just a state with one.
    pub const fn takes_history(self) -> bool {
        matches!(self, Point::Case(_, _, case) if case.is_of_the_past() || case.is_of_two_groups())
    }

    /// The position among [`Point::all`].
    pub fn position(self) -> usize {
        static POSITIONS: OnceLock<Vec<u16>> = OnceLock::new();
        let positions = POSITIONS.get_or_init(|| {
            let mut positions = vec![0; NUMBERS];
            (0..).zip(Point::all()).for_each(|(at, point)| positions[point.number()] = at);
            positions
        });
        positions[self.number()].into()
    }

    /// A number of its own below a fixed bound, so that sets of points are bits.
    fn number(self) -> usize {
        let place = |kind: CommandKind, outcome: DecidedBy| {
            let nth = match outcome {
                DecidedBy::Allowed => 0,
                DecidedBy::Alone(condition) => {
                    let at = kind.conditions().iter().position(|known| *known == condition);
                    1 + at.expect("a condition of the command")
                }
            };
            kind.index() * STRIDE + nth * CASES
        };
        match self {
            Point::Decided(kind, outcome) => place(kind, outcome),
            Point::Case(kind, outcome, case) => place(kind, outcome) + 1 + case.index(),
            Point::Promise(promise, kind) => kind.index() * STRIDE + OUTCOMES * CASES + promise.index(),
        }
    }
}

/// One word, as it stands in the names of scenarios.
impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let outcome = |outcome: &DecidedBy| match outcome {
            DecidedBy::Allowed => "allowed",
            DecidedBy::Alone(condition) => condition.name(),
        };
        match self {
            Point::Decided(kind, decided) => write!(f, "{kind}-{}", outcome(decided)),
            Point::Case(kind, decided, case) => write!(f, "{kind}-{}-{case}", outcome(decided)),
            Point::Promise(promise, kind) => write!(f, "{kind}-keeps-{promise}"),
        }
    }
}

fn of_command(kind: CommandKind) -> Vec<Point> {
    let refused = kind.conditions().iter().map(|&condition| DecidedBy::Alone(condition));
    let mut points = Vec::new();
    for outcome in [DecidedBy::Allowed].into_iter().chain(refused) {
        points.push(Point::Decided(kind, outcome));
        let cases = Case::ALL.iter().filter(|case| case.fits(kind, outcome));
        points.extend(cases.map(|&case| Point::Case(kind, outcome, case)));
    }
    points.extend(promise_relevance::promises(kind).iter().map(|promise| Point::Promise(promise, kind)));
    points
}

/// A set of points.
///
/// ```
/// use chatwarden::coverage::{Point, Points};
/// let mut points = Points::default();
/// assert!(points.insert(Point::all()[0]) && !points.insert(Point::all()[0]));
/// assert_eq!(points.len(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Points(Vec<u64>);

impl Default for Points {
    fn default() -> Self {
        Points(vec![0; NUMBERS.div_ceil(64)])
    }
}

impl Points {
    /// Whether the point is in the set.
    pub fn contains(&self, point: Point) -> bool {
        let number = point.number();
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    /// Adds a point; whether it is new.
    pub fn insert(&mut self, point: Point) -> bool {
        let number = point.number();
        let (word, bit) = (&mut self.0[number / 64], 1 << (number % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a point out; whether it was in.
    pub fn remove(&mut self, point: Point) -> bool {
        let number = point.number();
        let (word, bit) = (&mut self.0[number / 64], 1 << (number % 64));
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }

    /// Takes all points of another set out.
    pub fn subtract(&mut self, other: &Points) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= !other);
    }

    /// Whether all points are in the other set.
    pub fn is_subset(&self, other: &Points) -> bool {
        self.0.iter().zip(&other.0).all(|(word, other)| word & !other == 0)
    }

    /// Adds all points of another set.
    pub fn extend(&mut self, other: &Points) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The points, command after command.
    pub fn iter(&self) -> impl Iterator<Item = Point> + '_ {
        Point::all().iter().copied().filter(|point| self.contains(*point))
    }
}

impl FromIterator<Point> for Points {
    fn from_iter<I: IntoIterator<Item = Point>>(points: I) -> Self {
        let mut set = Points::default();
        points.into_iter().for_each(|point| {
            set.insert(point);
        });
        set
    }
}

/// How often each point was seen.
///
/// ```
/// use chatwarden::coverage::{Coverage, DecidedBy, Point};
/// use chatwarden::model::{Cast, Command, CommandKind, Kind, Preset, Setup, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 0, policy: Preset::AdderOnly.policy() };
///
/// let mut coverage = Coverage::default();
/// coverage.follow(&setup, &[Command::Direct { by: sam, to: zoe }, Command::Direct { by: zoe, to: sam }]);
/// assert_eq!(coverage.count(Point::Decided(CommandKind::Direct, DecidedBy::Allowed)), 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    counts: Vec<u64>,
}

impl Default for Coverage {
    fn default() -> Self {
        Coverage { counts: vec![0; NUMBERS] }
    }
}

impl Coverage {
    /// Counts a point.
    #[inline]
    pub fn count_in(&mut self, point: Point) {
        self.counts[point.number()] += 1;
    }

    /// Each of the points seen once.
    pub fn of_points(points: &Points) -> Self {
        let mut coverage = Coverage::default();
        points.iter().for_each(|point| coverage.count_in(point));
        coverage
    }

    /// Counts what the commands show where everything goes by the policy.
    pub fn follow(&mut self, setup: &Setup, commands: &[Command]) {
        let (mut state, mut past): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
        for command in commands {
            Situation { state: &state, policy: &setup.policy, past: Some(&past) }
                .each_point(command, |point| self.count_in(point));
            let before = state;
            let allowed = step(&mut state, &setup.policy, command).decision.is_allowed();
            past.record(&before, command, allowed, &state);
        }
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Coverage) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
    }

    /// How often the point was seen.
    pub fn count(&self, point: Point) -> u64 {
        self.counts[point.number()]
    }

    /// What was seen at all.
    pub fn points(&self) -> Points {
        Point::all().iter().copied().filter(|point| self.count(*point) > 0).collect()
    }
}

named_enum! {
    /// What is known of a point.
    ///
    /// ```
    /// use chatwarden::{coverage::PointStatus, model::NamedEnum};
    /// assert_eq!(PointStatus::Missed.name(), "missed");
    /// ```
    pub enum PointStatus {
        Reached = "reached": "it was seen",
        Missed = "missed": "it was not seen, and it can be",
        Open = "open": "it was not seen, and it is not known whether it can be",
        Unreachable = "unreachable": "it cannot be seen under this policy with this cast, these groups and these commands",
    }
}

/// What can be covered under a policy with a cast, as far as an exhaustive search came.
///
/// ```
/// use chatwarden::coverage::{Coverage, Reachability, Point, PointStatus};
/// let ground = Reachability::default();
/// assert_eq!(ground.standing(&Coverage::default(), Point::all()[0]), PointStatus::Open);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reachability {
    /// What can be seen.
    pub reachable: Points,
    /// Whether everything was tried, so that what is not reachable cannot be seen but by what went before, or in a
    /// second group.
    pub is_complete: bool,
    /// Whether there is no second group, so that what takes one cannot be seen.
    pub lacks_second_group: bool,
}

impl Reachability {
    /// What is not known to be unreachable: what is worth seeking.
    pub fn possible(&self) -> Points {
        let nothing = Coverage::default();
        let possible = |point: &Point| self.standing(&nothing, *point) != PointStatus::Unreachable;
        Point::all().iter().copied().filter(possible).collect()
    }

    /// What is known of a point beside what was seen.
    pub fn standing(&self, coverage: &Coverage, point: Point) -> PointStatus {
        if coverage.count(point) > 0 {
            PointStatus::Reached
        } else if self.reachable.contains(point) {
            PointStatus::Missed
        } else if self.excludes(point) {
            PointStatus::Unreachable
        } else {
            PointStatus::Open
        }
    }

    /// Whether it is known that the point cannot be seen: with its outcome out of reach, or all that it presupposes.
    fn excludes(&self, point: Point) -> bool {
        let takes_second = matches!(point, Point::Case(_, _, case) if case.is_of_two_groups());
        let lacks = |point: &Point| !self.reachable.contains(*point);
        let is_out_of_reach = match point {
            Point::Case(kind, outcome, _) => lacks(&Point::Decided(kind, outcome)),
            _ => false,
        };
        takes_second && self.lacks_second_group
            || self.is_complete && (is_out_of_reach || point.presupposes().iter().all(lacks))
    }
}
