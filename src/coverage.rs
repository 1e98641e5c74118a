//! Authorization coverage: which rules of a policy a run, a suite or a search has tested.
//!
//! The measure is modified condition/decision coverage (MC/DC), as in avionics, read off the model: a
//! condition of a command is covered once it *alone* decided the outcome, in a state where all other
//! conditions of the command hold. Counted beside it are the inner parts of the rules ([`Case`]) and the
//! promises at risk. The code of the implementation is not looked at, so it may be written in any
//! language.
//!
//! Here are the points, sets and counts of them. The points that a command shows are found in
//! `observe`. The points that cannot be reached are known from an exhaustive search, whose answer
//! [`Reachability`] holds.

mod case;
mod clearance;
mod history_facts;
mod loss;
mod observe;
mod promise_relevance;

use std::sync::OnceLock;

use chatwarden_model::{
    Command, CommandKind, Condition, Decision, NamedEnum, Promise, Setup, State, named_enum, step,
};

pub use case::Case;
pub use history_facts::{GroupHistory, HistoryFacts};
pub use observe::StateView;

/// The outcome of a command, as far as coverage distinguishes outcomes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DecidedBy {
    /// All conditions hold.
    Allowed,
    /// All conditions hold except this one, which alone refuses the command.
    Alone(Condition),
}

impl DecidedBy {
    /// The outcome of the decision; none if several conditions refuse the command.
    #[inline]
    pub fn of(decision: Decision) -> Option<Self> {
        match decision.failures() {
            0 => Some(DecidedBy::Allowed),
            1 => decision.near_miss().map(DecidedBy::Alone),
            _ => None,
        }
    }

    /// Whether a command of the kind can have the outcome.
    fn is_of(self, kind: CommandKind) -> bool {
        match self {
            DecidedBy::Allowed => true,
            DecidedBy::Alone(condition) => kind.conditions().contains(&condition),
        }
    }

    /// A number below [`OUTCOMES`] that no other outcome of the kind has.
    #[inline]
    pub(crate) fn number(self, kind: CommandKind) -> usize {
        match self {
            DecidedBy::Allowed => 0,
            DecidedBy::Alone(condition) => {
                let at = kind.conditions().iter().position(|known| *known == condition);
                1 + at.expect("a condition of the command")
            }
        }
    }
}

/// The most outcomes that a command has: it is allowed, or one of its conditions refuses it alone.
pub(crate) const OUTCOMES: usize = {
    let (mut most, mut at) = (0, 0);
    while at < CommandKind::ALL.len() {
        let conditions = CommandKind::ALL[at].conditions().len();
        most = if conditions > most { conditions } else { most };
        at += 1;
    }
    1 + most
};

/// One unit of coverage.
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
    /// A command of the kind had the outcome.
    Decided(CommandKind, DecidedBy),
    /// A command of the kind had the outcome in the case.
    Case(CommandKind, DecidedBy, Case),
    /// The promise was at risk at a command of the kind: the policy broke it there, or a single mistake
    /// would have.
    Promise(Promise, CommandKind),
}

/// The numbers of an outcome: its own, and one for each case.
const CASES: usize = 1 + Case::ALL.len();
/// The numbers of a kind of command.
const STRIDE: usize = OUTCOMES * CASES + Promise::ALL.len();
/// The numbers of all points. Not every number is that of a point.
const NUMBERS: usize = CommandKind::ALL.len() * STRIDE;

const _: () = assert!(NUMBERS <= u16::MAX as usize, "positions of points are kept in 16 bits");

impl Point {
    /// All points of all commands under any policy, command after command.
    pub fn all() -> &'static [Point] {
        static ALL: OnceLock<Vec<Point>> = OnceLock::new();
        ALL.get_or_init(|| CommandKind::ALL.iter().flat_map(|&kind| of_command(kind)).collect())
    }

    /// The kind of command of the point.
    pub const fn command(self) -> CommandKind {
        match self {
            Point::Decided(kind, _) | Point::Case(kind, ..) | Point::Promise(_, kind) => kind,
        }
    }

    /// If this point is reachable, so is at least one of these. They rule out points that a search of
    /// states with one group, without history, cannot see.
    pub fn prerequisites(self) -> Vec<Point> {
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
            Case::ByReturnedOwner => vec![allowed(K::Invite), allowed(K::Join)],
            Case::UsedInvitation => vec![allowed(K::Accept)],
            Case::CancelledInvitation => vec![allowed(K::Cancel)],
            Case::DeclinedInvitation => vec![allowed(K::Decline)],
            Case::SinceLaunch => [Case::WithOne, Case::WithSeveral]
                .map(|case| Point::Case(K::Create, DecidedBy::Allowed, case))
                .into(),
            Case::SinceInvitation => vec![allowed(K::Invite)],
            Case::SinceJoining => vec![allowed(K::Join)],
            Case::AlsoElsewhere if kind == K::CloseLink => vec![case_of(Case::WithLink)],
            _ if self.needs_history() => vec![Point::Decided(kind, outcome)],
            _ => vec![self],
        }
    }

    /// Whether a state with one group does not show it: it depends on the commands before, or on a second
    /// group.
    pub const fn needs_history(self) -> bool {
        matches!(self, Point::Case(_, _, case) if case.needs_history() || case.needs_second_group())
    }

    /// The position among [`Point::all`].
    pub fn position(self) -> usize {
        static POSITIONS: OnceLock<Vec<u16>> = OnceLock::new();
        let positions = POSITIONS.get_or_init(|| {
            let mut positions = vec![0; NUMBERS];
            (0u16..).zip(Point::all()).for_each(|(at, point)| positions[point.number()] = at);
            positions
        });
        positions[self.number()].into()
    }

    /// A number below [`NUMBERS`] that no other point has, so that sets of points are bits.
    fn number(self) -> usize {
        let of_outcome =
            |kind: CommandKind, outcome: DecidedBy| kind.index() * STRIDE + outcome.number(kind) * CASES;
        match self {
            Point::Decided(kind, outcome) => of_outcome(kind, outcome),
            Point::Case(kind, outcome, case) => of_outcome(kind, outcome) + 1 + case.index(),
            Point::Promise(promise, kind) => kind.index() * STRIDE + OUTCOMES * CASES + promise.index(),
        }
    }
}

/// One word, which is used in the names of scenarios.
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

    /// Removes a point; whether it was in the set.
    pub fn remove(&mut self, point: Point) -> bool {
        let number = point.number();
        let (word, bit) = (&mut self.0[number / 64], 1 << (number % 64));
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }

    /// Removes all points of another set.
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

    /// The number of points in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set has no point.
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

/// Counts how often each point was seen.
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

    /// A count of one for each of the points.
    pub fn of_points(points: &Points) -> Self {
        let mut coverage = Coverage::default();
        points.iter().for_each(|point| coverage.count_in(point));
        coverage
    }

    /// Counts the points that the commands show if the policy decides all of them.
    pub fn follow(&mut self, setup: &Setup, commands: &[Command]) {
        let (mut state, mut history): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
        for command in commands {
            let view = StateView { state: &state, policy: &setup.policy, history: Some(&history) };
            view.each_point(command, |point| self.count_in(point));
            let before = state;
            let allowed = step(&mut state, &setup.policy, command).decision.is_allowed();
            history.record(&before, command, allowed, &state);
        }
    }

    /// How often the point was seen.
    pub fn count(&self, point: Point) -> u64 {
        self.counts[point.number()]
    }

    /// The points that were seen.
    pub fn points(&self) -> Points {
        Point::all().iter().copied().filter(|point| self.count(*point) > 0).collect()
    }
}

named_enum! {
    /// Whether a point was seen, and whether it can be.
    pub enum PointStatus {
        Reached = "reached": "it was seen",
        Missed = "missed": "it was not seen, and it can be",
        Open = "open": "it was not seen, and it is not known whether it can be",
        Unreachable = "unreachable": "it cannot be seen under this policy with this cast, these groups and these commands",
    }
}

/// The points that can be reached under a policy with a cast, as far as an exhaustive search found out.
///
/// ```
/// use chatwarden::coverage::{Coverage, Point, PointStatus, Reachability};
/// let reachability = Reachability::default();
/// assert_eq!(reachability.status(&Coverage::default(), Point::all()[0]), PointStatus::Open);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reachability {
    /// The points that the search saw.
    pub reachable: Points,
    /// Whether the search tried everything. A point that it did not see can then be seen only with
    /// history or with a second group.
    pub is_complete: bool,
    /// Whether the setup has no second group.
    pub lacks_second_group: bool,
}

impl Reachability {
    /// The points that are not known to be unreachable and are worth seeking.
    pub fn possible(&self) -> Points {
        let nothing = Coverage::default();
        let possible = |point: &Point| self.status(&nothing, *point) != PointStatus::Unreachable;
        Point::all().iter().copied().filter(possible).collect()
    }

    /// The status of a point, given the points that were seen.
    pub fn status(&self, coverage: &Coverage, point: Point) -> PointStatus {
        if coverage.count(point) > 0 {
            PointStatus::Reached
        } else if self.reachable.contains(point) {
            PointStatus::Missed
        } else if self.is_excluded(point) {
            PointStatus::Unreachable
        } else {
            PointStatus::Open
        }
    }

    /// Whether the point is known to be unreachable, because its outcome or all its prerequisites are.
    fn is_excluded(&self, point: Point) -> bool {
        let needs_second = matches!(point, Point::Case(_, _, case) if case.needs_second_group());
        let is_unreached = |point: &Point| !self.reachable.contains(*point);
        let is_outcome_unreached = match point {
            Point::Case(kind, outcome, _) => is_unreached(&Point::Decided(kind, outcome)),
            _ => false,
        };
        needs_second && self.lacks_second_group
            || self.is_complete && (is_outcome_unreached || point.prerequisites().iter().all(is_unreached))
    }
}
