//! Groups: their life, their members and owners, invitations, and what is sent to them.

use crate::feature::contacts::{authorized, pair, protected_contacts, strangers};
use crate::logic::{Change, Judged, Logic, Place, Request, Search, Set, Truth};
use crate::policy::{Admission, DeliverRule, Inviters, NewcomerRule, OnLoss, SendRule, Surface};
use crate::state::{Link, Phase};
use crate::table::CommandKind;

// Relations.

/// Whether the two may share a group: both are adults, or they are authorized.
#[inline]
pub(crate) fn compatible<L: Logic>(s: &L, one: L::User, other: L::User) -> L::Truth {
    (s.adults().has(one) & s.adults().has(other)).or(|| authorized(s, one, other))
}

/// Whether every two of the users are compatible.
fn compatible_pairwise<L: Logic>(s: &L, users: L::Users) -> L::Truth {
    users.all_pairs(|one, other| compatible(s, one, other))
}

/// Whether the group is active or frozen.
fn exists<L: Logic>(s: &L, group: L::Group) -> L::Truth {
    s.has_phase(group, Phase::Active) | s.has_phase(group, Phase::Frozen)
}

// Conditions.

#[inline]
pub(crate) fn group_is_new<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.has_phase(c.group(), Phase::New)
}

#[inline]
pub(crate) fn group_is_active<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.has_phase(c.group(), Phase::Active)
}

#[inline]
pub(crate) fn actor_is_member<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.members(c.group()).has(c.by)
}

#[inline]
pub(crate) fn actor_is_outside<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    !actor_is_member(s, c)
}

#[inline]
pub(crate) fn actor_is_owner<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.owner(c.group()).has(c.by)
}

#[inline]
pub(crate) fn actor_may_invite<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    L::Truth::from(s.policy().inviters == Inviters::Members) | actor_is_owner(s, c)
}

#[inline]
pub(crate) fn actor_is_invited<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.invited(c.group()).has(c.by)
}

#[inline]
pub(crate) fn target_is_member<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.members(c.group()))
}

#[inline]
pub(crate) fn target_is_outside<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    !target_is_member(s, c)
}

#[inline]
pub(crate) fn target_is_invited<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.invited(c.group()))
}

#[inline]
pub(crate) fn target_not_invited<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    !target_is_invited(s, c)
}

#[inline]
pub(crate) fn actor_issued_or_owns<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.inviter(c.group(), c.target()).has(c.by) | actor_is_owner(s, c)
}

/// The policy's newcomer rule for the command.
#[inline]
pub(crate) fn newcomer_cleared<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    let rules = s.policy().newcomer;
    match c.kind {
        CommandKind::Create => launch_cleared(s, c, rules.create),
        CommandKind::Accept => cleared(s, c, rules.accept, s.inviter(c.group(), c.by)),
        CommandKind::Join => cleared(s, c, rules.join, s.owner(c.group())),
        CommandKind::Invite => cleared(s, c, rules.invite, L::Users::one(c.by)),
        other => unreachable!("{other} brings nobody into a group"),
    }
}

/// Whether the rule lets the newcomers into the group. `inviter` is the user whom the semantics names as
/// the inviter for the command, if there is one.
#[inline]
fn cleared<L: Logic>(s: &L, c: &Request<L>, rule: NewcomerRule, inviter: L::Users) -> L::Truth {
    let (group, newcomers) = (c.group(), c.newcomers());
    let chatting = newcomers.is_within(s.chatting()) & inviter.is_within(s.chatting());
    (exists(s, group) & chatting).and(|| {
        newcomers.all(|newcomer| match rule {
            NewcomerRule::Anyone => L::Truth::from(true),
            NewcomerRule::Inviter => inviter.any(|user| compatible(s, user, newcomer)),
            NewcomerRule::Owner => s.owner(group).any(|user| compatible(s, user, newcomer)),
            NewcomerRule::AnyMember => s.members(group).any(|user| compatible(s, user, newcomer)),
            NewcomerRule::EveryMember => s.members(group).all(|user| compatible(s, user, newcomer)),
            NewcomerRule::EveryMemberAndInvitee => {
                let everyone = (s.members(group) | s.invited(group)) - L::Users::one(newcomer);
                everyone.all(|user| compatible(s, user, newcomer))
            }
        })
    })
}

/// The newcomer rule at the launch of a group. The group has no members yet, so the rule compares the
/// launcher and the users in `with`.
#[inline]
fn launch_cleared<L: Logic>(s: &L, c: &Request<L>, rule: NewcomerRule) -> L::Truth {
    let (launcher, with) = (L::Users::one(c.by), c.targets());
    let with_launcher = || with.all(|user| compatible(s, c.by, user));
    (launcher | with).is_within(s.chatting()).and(|| match rule {
        NewcomerRule::Anyone => L::Truth::from(true),
        NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => with_launcher(),
        NewcomerRule::EveryMember => match s.policy().admission {
            Admission::Consent => with_launcher(),
            Admission::Direct => with_launcher().and(|| compatible_pairwise(s, with)),
        },
        NewcomerRule::EveryMemberAndInvitee => compatible_pairwise(s, launcher | with),
    })
}

#[inline]
pub(crate) fn audience_cleared<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    exists(s, c.group())
        & match surface(s, c).send {
            SendRule::Anyone => L::Truth::from(true),
            SendRule::EveryMember => others(s, c).all(|member| compatible(s, c.by, member)),
        }
}

/// The rules for what the command sends.
fn surface<L: Logic>(s: &L, c: &Request<L>) -> Surface {
    if c.kind == CommandKind::Call { s.policy().call } else { s.policy().message }
}

/// The members of the group but the actor.
fn others<L: Logic>(s: &L, c: &Request<L>) -> L::Users {
    s.members(c.group()) - L::Users::one(c.by)
}

// Effects.

/// A group that is not new, which only a faulty implementation launches, is made anew, with its bans kept.
#[inline]
pub(crate) fn create<S: Change>(s: &mut S, c: &Request<S>) {
    let (group, launcher) = (c.group(), S::Users::one(c.by));
    s.set_phase(group, Phase::Active);
    s.set_link(group, Link::Closed);
    s.uninvite(group, s.everyone());
    s.assign(Place::Owner(group), launcher);
    s.assign(Place::Members(group), launcher & s.chatting());
    admit(s, c);
}

/// Adds the targets or records invitations, as the policy's `admission` says.
#[inline]
pub(crate) fn admit<S: Change>(s: &mut S, c: &Request<S>) {
    match s.policy().admission {
        Admission::Direct => enter(s, c),
        Admission::Consent => s.invite(c.group(), c.targets(), c.by),
    }
}

/// Makes the newcomers members. Somebody who does not chat enters no group.
#[inline]
pub(crate) fn enter<S: Change>(s: &mut S, c: &Request<S>) {
    let newcomers = c.newcomers() & s.chatting();
    s.uninvite(c.group(), newcomers);
    s.add(Place::Members(c.group()), newcomers);
}

#[inline]
pub(crate) fn decline<S: Change>(s: &mut S, c: &Request<S>) {
    s.uninvite(c.group(), S::Users::one(c.by));
}

#[inline]
pub(crate) fn cancel<S: Change>(s: &mut S, c: &Request<S>) {
    s.uninvite(c.group(), c.targets());
}

#[inline]
pub(crate) fn leave<S: Change>(s: &mut S, c: &Request<S>) {
    depart(s, c.group(), S::Users::one(c.by));
}

#[inline]
pub(crate) fn remove<S: Change>(s: &mut S, c: &Request<S>) {
    depart(s, c.group(), c.targets());
}

#[inline]
pub(crate) fn transfer<S: Change>(s: &mut S, c: &Request<S>) {
    s.assign(Place::Owner(c.group()), c.targets());
}

#[inline]
pub(crate) fn dissolve<S: Change>(s: &mut S, c: &Request<S>) {
    end(s, c.group());
}

/// Removes the members among the users; nobody else departs. A group without members is dissolved.
/// Invitations that a member issued stay, and an open link stays open.
#[inline]
pub(crate) fn depart<S: Change>(s: &mut S, group: S::Group, users: S::Users) {
    let leaving = users & s.members(group);
    s.when(leaving.is_inhabited(), |s| {
        s.remove(Place::Members(group), leaving);
        s.remove(Place::Owner(group), leaving);
        s.when(!s.members(group).is_inhabited(), |s| end(s, group));
    });
}

/// Dissolves the group. Its bans stay.
fn end<S: Change>(s: &mut S, group: S::Group) {
    s.set_phase(group, Phase::Dissolved);
    s.set_link(group, Link::Closed);
    s.uninvite(group, s.everyone());
    s.assign(Place::Owner(group), S::Users::none());
    s.assign(Place::Members(group), S::Users::none());
}

/// *Settle*: makes the change. Then it applies the policy's `on_loss` to the shared groups of every pair
/// that lost its authorization. One user of each pair is `user`.
#[inline]
pub(crate) fn settling<S: Change>(s: &mut S, user: S::User, change: impl FnOnce(&mut S)) {
    let on_loss = s.policy().on_loss;
    if on_loss == OnLoss::Nothing || !S::HAS_GROUPS {
        return change(s);
    }
    let before = protected_contacts(s, user);
    change(s);
    let lost = before - protected_contacts(s, user);
    let is_child = s.children().has(user);
    s.for_each_group(|s, group| {
        let lost_here = lost & s.members(group);
        let is_shared =
            s.has_phase(group, Phase::Active) & s.members(group).has(user) & lost_here.is_inhabited();
        s.when(is_shared, |s| {
            let user = S::Users::one(user);
            match on_loss {
                OnLoss::Nothing => {}
                OnLoss::Freeze => s.set_phase(group, Phase::Frozen),
                OnLoss::Dissolve => end(s, group),
                // The child side is the user, or else all the others.
                OnLoss::RemoveChild => {
                    s.when(is_child, |s| depart(s, group, user));
                    s.when(!is_child, |s| depart(s, group, lost_here));
                }
                OnLoss::RemoveContact => {
                    s.when(is_child, |s| depart(s, group, lost_here));
                    s.when(!is_child, |s| depart(s, group, user));
                }
            }
        });
    });
}

// Deliveries.

/// The members to whom a message or call is delivered.
#[inline]
pub(crate) fn audience<L: Logic>(s: &L, c: &Request<L>) -> L::Users {
    match surface(s, c).deliver {
        DeliverRule::All => others(s, c),
        DeliverRule::Authorized => others(s, c).filter(|member| compatible(s, c.by, member)),
    }
}

// Promises.

/// `no-strangers`: no child shares an active group with somebody not authorized.
pub(crate) fn no_strangers<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let s = t.after;
    found.each_group(s, |found, group| {
        let members = s.members(group);
        let is_at_risk = s.has_phase(group, Phase::Active) & (members & s.children()).is_inhabited();
        found.when(is_at_risk, |found| {
            found.each_pair(members, |found, one, other| {
                found.breach(strangers(s, one, other), Some(group), pair::<L>(one, other));
            });
        });
    });
}

/// `consent`: nobody becomes a member by somebody else's command, where invitations wait to be accepted.
pub(crate) fn consent<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    if t.before.policy().admission != Admission::Consent {
        return;
    }
    let by = t.command.by;
    found.each_group(t.before, |found, group| {
        let entered = t.after.members(group) - t.before.members(group);
        found.each(entered - L::Users::one(by), |found, user| {
            found.breach(true.into(), Some(group), pair::<L>(by, user));
        });
    });
}

/// `invitation`: no invitation passes between a child and somebody not authorized.
pub(crate) fn invitation<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if !matches!(c.kind, CommandKind::Create | CommandKind::Invite) {
        return;
    }
    found.each(c.targets() - L::Users::one(c.by), |found, user| {
        found.breach(strangers(t.before, c.by, user), c.group, pair::<L>(c.by, user));
    });
}

/// `entry`: who becomes a member accepted or joined, or was named where members are added at once.
pub(crate) fn entry<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    found.each_group(t.before, |found, group| {
        let entered = t.after.members(group) - t.before.members(group);
        found.each(entered - may_enter(t, group), |found, user| {
            found.breach(true.into(), Some(group), L::Users::one(user));
        });
    });
}

/// The users who may become members of the group by the command.
fn may_enter<L: Logic>(t: &Judged<'_, L>, group: L::Group) -> L::Users {
    let (s, c) = (t.before, t.command);
    let Some(own) = c.group else { return L::Users::none() };
    let actor = L::Users::one(c.by);
    let named = |c: &Request<L>| match s.policy().admission {
        Admission::Direct => c.targets(),
        Admission::Consent => L::Users::none(),
    };
    let users = match c.kind {
        CommandKind::Create => actor | named(c),
        CommandKind::Invite => named(c).filter(|_| s.members(group).has(c.by)),
        CommandKind::Accept => actor & s.invited(group),
        CommandKind::Join => actor.filter(|_| s.has_link(group, Link::Open)),
        // No other command makes anybody a member.
        _ => L::Users::none(),
    };
    users.filter(|_| s.is_same_group(own, group))
}

/// `exit`: who leaves, is removed or is banned is no longer a member.
pub(crate) fn exit<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    if let Some(leaving) = leaving(t.command) {
        let group = t.command.group();
        found.each(leaving & t.after.members(group), |found, user| {
            found.breach(true.into(), Some(group), L::Users::one(user));
        });
    }
}

/// The users whom the command takes out of its group, if it is to take somebody out.
fn leaving<L: Logic>(c: &Request<L>) -> Option<L::Users> {
    match c.kind {
        CommandKind::Leave => Some(L::Users::one(c.by)),
        CommandKind::Remove | CommandKind::Ban => Some(c.targets()),
        _ => None,
    }
}

/// `standing`: nobody loses membership but by a command that is to end it.
pub(crate) fn standing<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if c.kind.settles() {
        return;
    }
    found.each_group(t.before, |found, group| {
        let lost = t.before.members(group) - t.after.members(group);
        let may_lose = |own| {
            let users = match (leaving(c), c.kind) {
                (Some(users), _) => users | lost.filter(|_| t.after.has_phase(group, Phase::Dissolved)),
                (None, CommandKind::Dissolve) => lost,
                (None, _) => L::Users::none(),
            };
            users.filter(|_| t.before.is_same_group(own, group))
        };
        found.each(lost - c.group.map_or(L::Users::none(), may_lose), |found, user| {
            found.breach(true.into(), Some(group), L::Users::one(user));
        });
    });
}

/// `authority`: nobody but its owner runs a group.
pub(crate) fn authority<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if c.kind.runs_group() {
        found.breach(!actor_is_owner(t.before, c), c.group, L::Users::one(c.by));
    }
}

/// `membership`: what is sent to a group passes between its members only.
pub(crate) fn membership<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let (s, c) = (t.before, t.command);
    let (true, Some(group)) = (c.kind.delivers(), c.group) else { return };
    found.each(t.delivered - L::Users::one(c.by), |found, to| {
        let both = s.members(group).has(c.by) & s.members(group).has(to);
        found.breach(!both, Some(group), pair::<L>(c.by, to));
    });
}
