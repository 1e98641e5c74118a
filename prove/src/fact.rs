//! Facts about the states that commands can reach, which are candidates for an inductive invariant.
//!
//! They are written like the rules of the model, so they can be executed on a state as well. Nothing is
//! assumed: those that are not kept by every command are left out.

use chatwarden_model::{Kind, Link, Logic, NamedEnum, Phase, Set, Truth, named_enum};

named_enum! {
    /// A candidate fact.
    pub enum Fact {
        OnePhase = "one-phase": "a group is in exactly one phase",
        UnusedIsEmpty = "unused-is-empty": "a new or dissolved group has no owner, members, invitations or open link",
        NewHasNoBans = "new-has-no-bans": "nobody is banned from a new group",
        OneOwner = "one-owner": "a group has at most one owner",
        OwnerIsMember = "owner-is-member": "the owner of a group is a member",
        MembersNotInvited = "members-not-invited": "nobody is a member of a group and invited to it",
        OneInviter = "one-inviter": "at most one user issued a pending invitation, and only who is invited has an inviter",
        ApprovalsByGuardians = "approvals-by-guardians": "a contact is approved by guardians of the child only",
        WardsAreChildren = "wards-are-children": "only children have guardians",
        NobodyInvited = "nobody-invited": "nobody is invited to a group",
        LinksClosed = "links-closed": "no group has an open link",
        NothingFrozen = "nothing-frozen": "no group is frozen",
        NothingDissolved = "nothing-dissolved": "no group is dissolved",
    }
}

impl Fact {
    /// Whether the fact is true of the state.
    pub fn holds<L: Logic>(self, s: &L) -> L::Truth {
        let everyone = s.everyone();
        let is_never = |phase| s.all_groups(|group| !s.has_phase(group, phase));
        match self {
            Fact::OnePhase => s.all_groups(|group| {
                let (no, yes) = (L::Truth::from(false), L::Truth::from(true));
                // Whether the group is in none, and in exactly one, of the phases so far.
                let (mut none, mut one) = (yes, no);
                for phase in Phase::ALL {
                    let is_in = s.has_phase(group, *phase);
                    (none, one) = (none & !is_in, (one & !is_in) | (none & is_in));
                }
                one
            }),
            Fact::UnusedIsEmpty => s.all_groups(|group| {
                let is_unused = s.has_phase(group, Phase::New) | s.has_phase(group, Phase::Dissolved);
                let users = s.owner(group) | s.members(group) | s.invited(group);
                (!is_unused).or(|| !users.is_inhabited() & s.has_link(group, Link::Closed))
            }),
            Fact::NewHasNoBans => {
                s.all_groups(|group| !(s.has_phase(group, Phase::New)).and(|| s.banned(group).is_inhabited()))
            }
            Fact::OneOwner => s.all_groups(|group| at_most_one::<L>(s.owner(group))),
            Fact::OwnerIsMember => s.all_groups(|group| s.owner(group).is_within(s.members(group))),
            Fact::MembersNotInvited => {
                s.all_groups(|group| !(s.members(group) & s.invited(group)).is_inhabited())
            }
            Fact::OneInviter => s.all_groups(|group| {
                everyone.all(|user| {
                    let inviter = s.inviter(group, user);
                    at_most_one::<L>(inviter) & (!inviter.is_inhabited() | s.invited(group).has(user))
                })
            }),
            Fact::ApprovalsByGuardians => everyone.all(|child| {
                everyone.all(|contact| s.approvals(child, contact).is_within(s.guardians(child)))
            }),
            Fact::WardsAreChildren => {
                everyone.all(|user| s.of_kind(Kind::Child).has(user) | !s.guardians(user).is_inhabited())
            }
            Fact::NobodyInvited => s.all_groups(|group| !s.invited(group).is_inhabited()),
            Fact::LinksClosed => s.all_groups(|group| s.has_link(group, Link::Closed)),
            Fact::NothingFrozen => is_never(Phase::Frozen),
            Fact::NothingDissolved => is_never(Phase::Dissolved),
        }
    }
}

fn at_most_one<L: Logic>(users: L::Users) -> L::Truth {
    users.all_pairs(|_, _| false.into())
}
