//! The table of facts about each fault.

use chatwarden_model::Preset;

use super::{CustomPolicy, Detectability, Family, Fault, FaultCast, Rules};

/// A line of the table.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) family: Family,
    pub(super) detectability: Detectability,
    pub(super) rules: Rules,
    pub(super) min_length: usize,
    pub(super) cast: FaultCast,
    pub(super) groups: usize,
    pub(super) precedent: Option<&'static str>,
}

const KIDS: Rules = Rules::Preset(Preset::MessengerKids);
const CONSENT: Rules = Rules::Preset(Preset::PairwiseConsent);
const ADDER: Rules = Rules::Preset(Preset::AdderOnly);
const OPEN: Rules = Rules::Preset(Preset::NoContactRule);
const BOTH: Rules = Rules::CustomPolicy(CustomPolicy::BothGuardians);
const FREEZING: Rules = Rules::CustomPolicy(CustomPolicy::FreezingConsent);
const TALK: Rules = Rules::CustomPolicy(CustomPolicy::GuardedTalk);
const DELIVERY: Rules = Rules::CustomPolicy(CustomPolicy::GuardedDelivery);

/// A fault that can be found with the cast `small` and two groups, and without a known precedent.
const fn facts(family: Family, detectability: Detectability, rules: Rules, min_length: usize) -> Facts {
    Facts { family, detectability, rules, min_length, cast: FaultCast::Small, groups: 2, precedent: None }
}

impl Facts {
    const fn by(self, cast: FaultCast) -> Self {
        Facts { cast, ..self }
    }

    const fn after(self, precedent: &'static str) -> Self {
        Facts { precedent: Some(precedent), ..self }
    }
}

pub(super) const fn of(fault: Fault) -> Facts {
    use Detectability::{Count, Order, Pair, Single};
    use Family as F;
    use Fault as X;
    match fault {
        X::LauncherOnly => facts(F::Admission, Single, KIDS, 3).after(
            "Messenger Kids 2019 (The Verge; FTC v. Meta 2023, order C-4365): the launcher of a group chat could bring in users who were approved for the launcher only",
        ),
        X::CreateUnchecked => facts(F::Admission, Single, KIDS, 1),
        X::InviteChecksInviterOnly => facts(F::Admission, Single, KIDS, 4).after(
            "gematik TI-Messenger (synapse-invite-checker 0.6.1, scenarios/reported/ti-messenger-third.json): the permission check compares inviter and invitee, and nobody else",
        ),
        X::RejoinUnchecked => facts(F::Admission, Order, KIDS, 5),
        X::OwnerInvitesAnyone => facts(F::Admission, Single, KIDS, 2),
        X::LastMemberSkipped => facts(F::Admission, Single, KIDS, 2),
        X::OnlyChildrenCompared => facts(F::Admission, Single, KIDS, 1),
        X::FifthMemberUnchecked => facts(F::Admission, Count, KIDS, 8).by(FaultCast::Family),
        X::NeighboursCompared => facts(F::Admission, Count, KIDS, 6).by(FaultCast::Family),
        X::FirstChildOnly => facts(F::Admission, Count, KIDS, 5),
        X::SharedGroupVouches => facts(F::Admission, Count, KIDS, 5),
        X::StaleClearance => facts(F::Admission, Order, KIDS, 4),
        X::TransferEndsChecks => facts(F::Admission, Order, KIDS, 4),
        X::AcceptUnchecked => facts(F::Acceptance, Single, CONSENT, 4).after(
            "gematik TI-Messenger (synapse-invite-checker 0.6.1, scenarios/reported/ti-messenger-revoked.json): a permission withdrawn before the invitation is accepted is not checked again",
        ),
        X::AcceptChecksInviterOnly => facts(F::Acceptance, Single, CONSENT, 5),
        X::AcceptByAnyone => facts(F::Acceptance, Single, CONSENT, 4).after("Mattermost 2026 (CVE-2026-2463): anyone with a leaked invite id could use it, invited or not"),
        X::InvitationAdmitsElsewhere => facts(F::Acceptance, Count, CONSENT, 4).after("Zulip 2022 (CVE-2022-21706): an invitation to one organization could be used to join any other on the server"),
        X::AcceptWhenFrozen => facts(F::Acceptance, Single, FREEZING, 5),
        X::DeclineDropsAll => facts(F::Acceptance, Count, OPEN, 2),
        X::DeclinedInvitationRevived => facts(F::Acceptance, Order, OPEN, 5),
        X::CancelledInvitationWorks => facts(F::Acceptance, Order, OPEN, 3).after("Episciences 2023 (CCSDForge/episciences #325): a reviewer accepted an invitation that the editor had cancelled"),
        X::InvitationNotUsedUp => facts(F::Acceptance, Order, OPEN, 4).after("Buildly 2019 (buildly-core #199): an invitation stayed valid after it was used"),
        X::DeclineRemovesMember => facts(F::Acceptance, Single, OPEN, 2),
        X::JoinUnchecked => facts(F::Links, Single, CONSENT, 3),
        X::JoinIgnoresBan => facts(F::Links, Single, ADDER, 4)
            .after("Rocket.Chat 2026 (#40087): a banned user came back by an invite link"),
        X::OldLinkWorks => facts(F::Links, Order, OPEN, 6).after("Group Income 2022 (okTurtles/group-income #1228): a removed user came back by the group's invite link"),
        X::RevokeKeepsMembership => facts(F::Revocation, Single, KIDS, 3).after(
            "Discourse 2023 (#20344): a user who lost access to a chat channel stayed its member",
        ),
        X::RevokeFirstGroupOnly => facts(F::Revocation, Count, KIDS, 4),
        X::RevokeOwnApprovalOnly => facts(F::Revocation, Single, KIDS, 3),
        X::SecondRevocationIdle => facts(F::Revocation, Order, KIDS, 5),
        X::ReapprovalRestoresMembership => facts(F::Revocation, Order, CONSENT, 5),
        X::SidesSwappedTwice => facts(F::Revocation, Pair, CONSENT, 5),
        X::BanKeepsInvitation => facts(F::Blocking, Single, CONSENT, 3).after(
            "Rocket.Chat 2026 (#39839): the ban of a federated user who had not accepted yet left the invitation pending",
        ),
        X::BlockOneWay => facts(F::Blocking, Single, KIDS, 3),
        X::ApproveClearsBlock => facts(F::Blocking, Single, KIDS, 2),
        X::LaunchIgnoresBlock => facts(F::Blocking, Single, KIDS, 3).after("Delta Chat 2023 (chatmail/core #4313): a blocked contact circumvented the block by a new group"),
        X::DirectIgnoresBlock => facts(F::Blocking, Single, KIDS, 3),
        X::AdultBlockKeepsGroups => facts(F::Blocking, Single, KIDS, 3),
        X::UnbanClearsAll => facts(F::Blocking, Count, KIDS, 4),
        X::BanSparesForeignInvitation => facts(F::Blocking, Single, OPEN, 4),
        X::UnblockClearsAll => facts(F::Blocking, Single, KIDS, 2),
        X::KickLiftsBan => facts(F::Blocking, Single, KIDS, 3).after("conduwuit 2025 (#655): a kick of a banned user made the membership `leave`, which ended the ban"),
        X::UnbanReadmits => facts(F::Blocking, Order, KIDS, 4),
        X::InvitationPassesBan => facts(F::Blocking, Single, OPEN, 3).after("Rocket.Chat 2026 (#39840): an invitation of a banned user silently ended the ban"),
        X::EitherParent => facts(F::Guardianship, Single, KIDS, 2),
        X::ChildApproves => facts(F::Guardianship, Single, KIDS, 1).after(
            "Apple 2019 (iOS 13.3, CNBC): a child added an unknown number to its contacts, past the Communication Limits",
        ),
        X::AnyGuardian => facts(F::Guardianship, Single, KIDS, 1),
        X::RemovedGuardianStillCounts => facts(F::Guardianship, Single, KIDS, 3),
        X::AddGuardianUnsettled => facts(F::Guardianship, Single, BOTH, 3),
        X::TwoGuardiansSuffice => facts(F::Guardianship, Count, BOTH, 3).by(FaultCast::Family),
        X::ReturnedGuardianCounts => facts(F::Guardianship, Order, KIDS, 4),
        X::ApprovalsFiledCrosswise => facts(F::Guardianship, Pair, KIDS, 3),
        X::MemberRemoves => facts(F::Authority, Single, KIDS, 3),
        X::GuardianRunsGroups => facts(F::Authority, Single, KIDS, 2).after("Synapse 2022 (synapse-user-restrictions #4): server administrators are exempt from the checks of what users may do"),
        X::TransferKeepsRights => facts(F::Authority, Order, KIDS, 4),
        X::LeavePassesOwnership => facts(F::Authority, Single, KIDS, 3),
        X::ReturnedOwnerManages => facts(F::Authority, Order, KIDS, 5),
        X::LeaveDissolvesGroup => facts(F::Departure, Single, KIDS, 3),
        X::LeaveKeepsMembership => facts(F::Departure, Single, KIDS, 2).after("Zom 2017 (zom/Zom-Android-XMPP #306): who left a group chat stayed on its list of members"),
        X::LinkedMemberStays => facts(F::Departure, Order, OPEN, 4),
        X::DissolveKeepsMembers => facts(F::Departure, Single, KIDS, 2),
        X::FrozenGroupsTalk => facts(F::Delivery, Single, KIDS, 4),
        X::CallUnchecked => facts(F::Delivery, Single, TALK, 3).after(
            "Messenger Kids 2019 (FTC v. Meta 2023, order C-4365): group video calls lacked the check of the text path",
        ),
        X::MessageToAll => facts(F::Delivery, Single, DELIVERY, 3),
        X::DirectUnchecked => facts(F::Delivery, Single, KIDS, 1),
        X::CallToAll => facts(F::Delivery, Single, DELIVERY, 3).after("Messenger Kids 2019 (FTC v. Meta 2023, order C-4365): group video calls reached users who were not approved"),
        X::OutsiderSends => facts(F::Delivery, Single, KIDS, 2),
        X::RemovedMemberSends => facts(F::Delivery, Order, KIDS, 4).after("XMTP 2024 (xmtp/libxmtp #900, #929): messages of a removed member still reached the group"),
        X::DepartedMemberReceives => facts(F::Delivery, Order, KIDS, 4).after("Signal Desktop 2019 (#2202, #3342): users who left a group or were removed from it still received its messages"),
        X::CallReachesInvited => facts(F::Delivery, Single, OPEN, 2),
        X::BegunConversationGoesOn => facts(F::Delivery, Order, KIDS, 4),
        X::FanOutStops => facts(F::Delivery, Count, OPEN, 6).by(FaultCast::Family),
        X::RefusalLeavesInvitation => facts(F::Refusal, Single, KIDS, 2),
        X::OverStrict => facts(F::Refusal, Single, KIDS, 3),
        X::RefusedApprovalCounts => facts(F::Refusal, Single, KIDS, 1),
        X::SecondTryPasses => facts(F::Refusal, Order, KIDS, 3),
    }
}
