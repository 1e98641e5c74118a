//! What is known of each fault, one line of a table each.

use chatwarden_model::Preset;

use super::{Crowd, Family, Fault, Rules, Sight, Tailored};

/// A line of the table.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) family: Family,
    pub(super) sight: Sight,
    pub(super) rules: Rules,
    pub(super) cast: Crowd,
    pub(super) groups: usize,
    pub(super) precedent: Option<&'static str>,
}

const KIDS: Rules = Rules::Preset(Preset::MessengerKids);
const CONSENT: Rules = Rules::Preset(Preset::PairwiseConsent);
const ADDER: Rules = Rules::Preset(Preset::AdderOnly);
const TALK: Rules = Rules::Tailored(Tailored::GuardedTalk);
const DELIVERY: Rules = Rules::Tailored(Tailored::GuardedDelivery);

/// A fault that shows with the cast `small` and two groups, and of which no precedent is known.
const fn facts(family: Family, sight: Sight, rules: Rules) -> Facts {
    Facts { family, sight, rules, cast: Crowd::Small, groups: 2, precedent: None }
}

impl Facts {
    const fn after(self, precedent: &'static str) -> Self {
        Facts { precedent: Some(precedent), ..self }
    }
}

pub(super) const fn of(fault: Fault) -> Facts {
    use Family as F;
    use Fault as X;
    use Sight::{Count, Order, Single};
    match fault {
        X::LauncherOnly => facts(F::Admission, Single, KIDS).after(
            "Messenger Kids 2019 (The Verge; FTC v. Meta 2023, order C-4365): whoever launched a group chat brought in users whom only the launcher was approved for",
        ),
        X::CreateUnchecked => facts(F::Admission, Single, KIDS),
        X::InviteChecksInviterOnly => facts(F::Admission, Single, KIDS).after(
            "gematik TI-Messenger (synapse-invite-checker 0.6.1, scenarios/reported/ti-messenger-third.json): the permission check compares inviter and invitee, and nobody else",
        ),
        X::AcceptUnchecked => facts(F::Acceptance, Single, CONSENT).after(
            "gematik TI-Messenger (synapse-invite-checker 0.6.1, scenarios/reported/ti-messenger-revoked.json): a permission withdrawn before the invitation is accepted is not asked about again",
        ),
        X::JoinUnchecked => facts(F::Links, Single, CONSENT),
        X::JoinIgnoresBan => facts(F::Links, Single, ADDER)
            .after("Rocket.Chat 2026 (#40087): a banned user came back by an invite link"),
        X::BanKeepsInvitation => facts(F::Blocking, Single, CONSENT).after(
            "Rocket.Chat 2026 (#39839): the ban of a federated user who had not accepted yet left the invitation pending",
        ),
        X::RejoinUnchecked => facts(F::Admission, Order, KIDS),
        X::OwnerInvitesAnyone => facts(F::Admission, Single, KIDS),
        X::LastMemberSkipped => facts(F::Admission, Single, KIDS),
        X::OnlyChildrenCompared => facts(F::Admission, Single, KIDS),
        X::EitherParent => facts(F::Guardianship, Single, KIDS),
        X::ChildApproves => facts(F::Guardianship, Single, KIDS).after(
            "Apple 2019 (iOS 13.3, CNBC): a child added an unknown number to its contacts, past the Communication Limits",
        ),
        X::AnyGuardian => facts(F::Guardianship, Single, KIDS),
        X::RevokeKeepsMembership => facts(F::Revocation, Single, KIDS).after(
            "Discourse 2023 (#20344): who lost access to a chat channel stayed its member until members were removed with it",
        ),
        X::RevokeFirstGroupOnly => facts(F::Revocation, Count, KIDS),
        X::RevokeOwnApprovalOnly => facts(F::Revocation, Single, KIDS),
        X::BlockOneWay => facts(F::Blocking, Single, KIDS),
        X::ApproveClearsBlock => facts(F::Blocking, Single, KIDS),
        X::RemovedGuardianStillCounts => facts(F::Guardianship, Single, KIDS),
        X::FrozenGroupsTalk => facts(F::Delivery, Single, KIDS),
        X::CallUnchecked => facts(F::Delivery, Single, TALK).after(
            "Messenger Kids 2019 (FTC v. Meta 2023, order C-4365): group video calls lacked the check of the text path",
        ),
        X::MessageToAll => facts(F::Delivery, Single, DELIVERY),
        X::MemberRemoves => facts(F::Authority, Single, KIDS),
        X::RefusalLeavesInvitation => facts(F::Refusal, Single, KIDS),
        X::DirectUnchecked => facts(F::Delivery, Single, KIDS),
        X::OverStrict => facts(F::Refusal, Single, KIDS),
    }
}
