//! The promises to the people who use the chat service, and the breaches of each.
//!
//! A promise is judged on a transition: the states before and after a command, and the deliveries. The
//! policy does not matter, except where the definition of a promise refers to it.

use crate::concrete::{Breaches, Concrete};
use crate::feature::{bans, contacts, groups};
use crate::logic::{Judged, Logic, Search};
use crate::named_enum;
use crate::policy::Policy;
use crate::state::State;
use crate::table::Command;
use crate::user::{Group, UserSet};

named_enum! {
    /// A promise to the people who use the chat service.
    ///
    /// ```
    /// use chatwarden_model::{Promise, NamedEnum};
    /// assert_eq!(Promise::ALL[0], Promise::NoStrangers);
    /// ```
    pub enum Promise {
        NoStrangers = "no-strangers" | "company": "no child shares an active group with somebody not authorized",
        Delivery = "delivery": "nothing is delivered between a child and somebody not authorized",
        Guardianship = "guardianship": "only a child's guardians decide on its contacts and guardians",
        Consent = "consent": "nobody becomes a member by somebody else's command, where invitations wait to be accepted",
        Invitation = "invitation": "no invitation passes between a child and somebody not authorized",
        Entry = "entry": "who becomes a member accepted or joined, or was named where members are added at once",
        Exit = "exit": "who leaves, is removed or is banned is no longer a member",
        Standing = "standing": "nobody loses membership but by a command that is to end it",
        Authority = "authority": "nobody but its owner runs a group",
        Ban = "ban": "who is banned is neither a member nor invited",
        Block = "block": "no direct message passes between two users of whom one has blocked the other",
        Membership = "membership": "what is sent to a group passes between its members only",
        Refusal = "refusal": "a refused command changes nothing that can be observed, and delivers nothing",
    }
}

named_enum! {
    /// Why two users are not authorized with each other.
    pub enum Cause {
        Unapproved = "unapproved": "an approval is missing",
        Blocked = "blocked": "one of the two has blocked the other, and nothing else is in the way",
    }
}

/// A command with its effects, on which the promises are judged.
///
/// ```
/// use chatwarden_model::{Cast, Command, Kind, Preset, Promise, State, Transition, UserSet};
/// let mut cast = Cast::default();
/// let kay = cast.add(Kind::Child, UserSet::EMPTY);
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let transition = Transition {
///     policy: &Preset::MessengerKids.policy(),
///     before: &state,
///     command: &Command::Direct { by: sam, to: kay },
///     allowed: true,
///     delivered: UserSet::of([kay]),
///     after: &state,
/// };
/// let breach = Promise::Delivery.first_breach(&transition).expect("sam is not approved");
/// assert_eq!(breach.users, UserSet::of([kay, sam]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a, const U: usize, const G: usize> {
    /// The policy. Promises depend on its `admission`, `quorum` and `between_children` only.
    pub policy: &'a Policy,
    /// The state before the command.
    pub before: &'a State<U, G>,
    /// The command.
    pub command: &'a Command,
    /// Whether the command was allowed.
    pub allowed: bool,
    /// The users to whom the command delivered a message or call.
    pub delivered: UserSet,
    /// The state after the command.
    pub after: &'a State<U, G>,
}

/// A breach of a promise, in one group or between certain users.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Breach {
    /// The promise.
    pub promise: Promise,
    /// The group in which it is broken, if there is one.
    pub group: Option<Group>,
    /// The users concerned. The promises about two users name both, or one who acted on themselves.
    /// `entry`, `exit`, `standing` and `ban` name the user who is or is not a member, `authority` the
    /// actor, and `refusal` nobody.
    pub users: UserSet,
    /// Why the two users are not authorized with each other, for the promises that ask for it:
    /// `no-strangers`, `delivery` and `invitation`.
    pub cause: Option<Cause>,
}

impl Breach {
    /// Whether the other one is of the same promise, in the same group and about the same users. The cause may
    /// differ.
    pub fn is_at_place_of(&self, other: &Breach) -> bool {
        (self.promise, self.group, self.users) == (other.promise, other.group, other.users)
    }
}

impl Promise {
    /// The first breach of the promise in the transition, in the order of [`Promise::each_breach`].
    pub fn first_breach<const U: usize, const G: usize>(
        self,
        transition: &Transition<'_, U, G>,
    ) -> Option<Breach> {
        let mut first = None;
        self.each_breach(transition, |breach| {
            first.get_or_insert(breach);
        });
        first
    }

    /// Calls the visitor for every breach, groups and users in index order.
    ///
    /// `refusal` compares whole states. Some parts of a state cannot be observed, so the lock-step judges
    /// `refusal` of an implementation on observations instead.
    pub fn each_breach<const U: usize, const G: usize>(
        self,
        transition: &Transition<'_, U, G>,
        mut visit: impl FnMut(Breach),
    ) {
        if !self.is_judged_after(transition.allowed) {
            return;
        }
        let rules = |state| Concrete { state, policy: transition.policy };
        let judged = Judged {
            before: &rules(transition.before),
            command: &transition.command.request(),
            delivered: transition.delivered,
            after: &rules(transition.after),
        };
        self.search(
            &judged,
            &mut Breaches(|group, users| {
                visit(Breach { promise: self, group, users, cause: transition.cause(self, users) });
            }),
        );
    }

    /// Searches the effects of a command for breaches of the promise. It is to be judged after the command
    /// ([`Promise::is_judged_after`]).
    #[inline]
    pub fn search<L: Logic, F: Search<L>>(self, judged: &Judged<'_, L>, found: &mut F) {
        match self {
            Promise::NoStrangers => groups::no_strangers(judged, found),
            Promise::Delivery => contacts::delivery(judged, found),
            Promise::Guardianship => contacts::guardianship(judged, found),
            Promise::Consent => groups::consent(judged, found),
            Promise::Invitation => groups::invitation(judged, found),
            Promise::Entry => groups::entry(judged, found),
            Promise::Exit => groups::exit(judged, found),
            Promise::Standing => groups::standing(judged, found),
            Promise::Authority => groups::authority(judged, found),
            Promise::Ban => bans::banned_inside(judged, found),
            Promise::Block => contacts::block_kept(judged, found),
            Promise::Membership => groups::membership(judged, found),
            Promise::Refusal => contacts::refusal(judged, found),
        }
    }

    /// Whether the model keeps the promise under every policy. Only an implementation can break such a
    /// promise.
    pub const fn is_kept_by_construction(self) -> bool {
        !self.asks_for_authorization()
    }

    /// Whether the promise asks whether two users are authorized with each other. A breach of such a
    /// promise has a cause.
    pub const fn asks_for_authorization(self) -> bool {
        matches!(self, Promise::NoStrangers | Promise::Delivery | Promise::Invitation)
    }

    /// True if the promise is judged after a command that was allowed or refused like this. A promise
    /// about deliveries is judged after a refusal too.
    pub const fn is_judged_after(self, allowed: bool) -> bool {
        match self {
            Promise::NoStrangers | Promise::Ban => true,
            Promise::Delivery | Promise::Block | Promise::Membership => true,
            Promise::Refusal => !allowed,
            Promise::Guardianship
            | Promise::Consent
            | Promise::Invitation
            | Promise::Entry
            | Promise::Exit
            | Promise::Standing
            | Promise::Authority => allowed,
        }
    }
}

impl<const U: usize, const G: usize> Transition<'_, U, G> {
    /// Why the users of a breach are not authorized with each other, if the promise asks for it.
    fn cause(&self, promise: Promise, users: UserSet) -> Option<Cause> {
        if !promise.asks_for_authorization() {
            return None;
        }
        let state = if promise == Promise::NoStrangers { self.after } else { self.before };
        let mut pair = users.iter();
        let is_approved = match (pair.next(), pair.next()) {
            (Some(one), Some(other)) => {
                contacts::authorized_but_for_blocks(&Concrete { state, policy: self.policy }, one, other)
            }
            _ => false,
        };
        Some(if is_approved { Cause::Blocked } else { Cause::Unapproved })
    }
}
