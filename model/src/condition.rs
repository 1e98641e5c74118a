//! The conditions of the commands, and the decision: which conditions of one command hold.
//!
//! A decision is a vector instead of a bool. It gives the reason of a refusal, the near misses that a
//! generator seeks, and coverage. `decide` evaluates the conditions.

use crate::command::CommandKind;
use crate::named_enum;
use crate::named_enum::NamedEnum;

named_enum! {
    /// A condition under which a command is allowed. The *target* is the user in the field contact,
    /// guardian, who or to, or the users in the field with.
    ///
    /// ```
    /// use chatwarden_model::{Condition, NamedEnum};
    /// assert_eq!(Condition::LinkIsOpen.about(), "the group's link is open");
    /// ```
    pub enum Condition {
        SubjectIsChild = "subject-is-child": "the child named is of kind child",
        ActorIsGuardian = "actor-is-guardian": "the actor is a guardian of the child",
        TargetCanChat = "target-can-chat": "the target is a child or an adult",
        Distinct = "distinct": "the two users named differ",
        TargetIsGuardian = "target-is-guardian": "the target is of kind guardian",
        TargetGuardsChild = "target-guards-child": "the target is a guardian of the child",
        NotLastGuardian = "not-last-guardian": "the child has another guardian",
        ActorCanChat = "actor-can-chat": "the actor is a child or an adult",
        PartiesAuthorized = "parties-authorized": "actor and target are authorized with each other",
        GroupIsNew = "group-is-new": "the group has not been launched",
        NewcomerCleared = "newcomer-cleared": "the policy's rule clears the newcomer",
        GroupIsActive = "group-is-active": "the group is neither new, frozen nor dissolved",
        ActorIsMember = "actor-is-member": "the actor is a member of the group",
        ActorMayInvite = "actor-may-invite": "the policy lets the actor invite",
        TargetIsOutside = "target-is-outside": "the target is not a member",
        TargetNotInvited = "target-not-invited": "the target has no pending invitation",
        TargetNotBanned = "target-not-banned": "the target is not banned",
        ActorIsInvited = "actor-is-invited": "the actor has a pending invitation",
        TargetIsInvited = "target-is-invited": "the target has a pending invitation",
        ActorIssuedOrOwns = "actor-issued-or-owns": "the actor issued the invitation or owns the group",
        LinksEnabled = "links-enabled": "the policy has links",
        ActorIsOwner = "actor-is-owner": "the actor owns the group",
        LinkIsOpen = "link-is-open": "the group's link is open",
        ActorIsOutside = "actor-is-outside": "the actor is not a member",
        ActorNotBanned = "actor-not-banned": "the actor is not banned",
        TargetIsMember = "target-is-member": "the target is a member",
        TargetIsBanned = "target-is-banned": "the target is banned",
        AudienceCleared = "audience-cleared": "the policy's rule lets the actor send to all other members",
    }
}

/// Which conditions of one command hold in one state.
///
/// ```
/// use chatwarden_model::{decide, Cast, Command, Condition, Group, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let decision = decide(&state, &Preset::MessengerKids.policy(), &Command::Leave { by: sam, group: Group::new(0) });
/// assert!(!decision.is_allowed());
/// assert_eq!(decision.reason(), Some(Condition::ActorIsMember));
/// assert_eq!(decision.near_miss(), Some(Condition::ActorIsMember));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decision {
    kind: CommandKind,
    /// One bit for each condition of the command that does not hold, the first condition lowest.
    failed: u32,
}

const _: () = {
    let mut at = 0;
    while at < CommandKind::ALL.len() {
        let conditions = CommandKind::ALL[at].conditions().len();
        assert!(conditions <= u32::BITS as usize, "a condition has no bit in `Decision::failed`");
        at += 1;
    }
};

impl Decision {
    /// The decision with these values of the command's conditions. Each value is written beside its
    /// condition, so that two values cannot be confused.
    #[inline]
    pub(crate) fn of<const N: usize>(kind: CommandKind, rows: [(Condition, bool); N]) -> Self {
        debug_assert!(rows.iter().map(|row| &row.0).eq(kind.conditions()), "{kind} has other conditions");
        let mut failed = 0;
        for (at, (_, holds)) in rows.iter().enumerate() {
            failed |= u32::from(!holds) << at;
        }
        Decision { kind, failed }
    }

    /// Whether the command is allowed: all its conditions hold.
    #[inline]
    pub const fn is_allowed(self) -> bool {
        self.failed == 0
    }

    /// The reason of a refusal: the first condition that does not hold.
    #[inline]
    pub fn reason(self) -> Option<Condition> {
        self.kind.conditions().get(self.failed.trailing_zeros() as usize).copied()
    }

    /// The condition that does not hold, if it is the only one.
    #[inline]
    pub fn near_miss(self) -> Option<Condition> {
        if self.failed.is_power_of_two() { self.reason() } else { None }
    }

    /// The number of conditions that do not hold.
    #[inline]
    pub const fn failures(self) -> u32 {
        self.failed.count_ones()
    }

    /// The kind of the command.
    #[inline]
    pub const fn kind(self) -> CommandKind {
        self.kind
    }

    /// Every condition of the command in order, with `true` if it holds.
    pub fn conditions(self) -> impl Iterator<Item = (Condition, bool)> {
        self.kind.conditions().iter().enumerate().map(move |(at, &name)| (name, self.failed >> at & 1 == 0))
    }
}
