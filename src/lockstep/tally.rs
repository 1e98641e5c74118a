//! The commands that a lock-step gave to an implementation, counted by kind.
//!
//! A run whose commands were all refused or left out has shown nothing. So whoever reports that there
//! is no finding asks the tally first.

use chatwarden_model::{CommandKind, Condition, Decision, EnumSet, NamedEnum};

use crate::finding::{Identity, Verdict};

/// How many commands of each kind were carried out, refused, and left out because the implementation
/// does not support them.
///
/// ```
/// use chatwarden::adapter::{Adapter, memory::Memory};
/// use chatwarden::lockstep::{CheckConfig, Lockstep, Tally};
/// use chatwarden::model::{Cast, Command, Kind, Preset, Setup, UserSet};
///
/// let mut cast = Cast::default();
/// let users: Vec<_> = (0..2).map(|_| cast.add(Kind::Adult, UserSet::EMPTY)).collect();
/// let setup = Setup { cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let mut service = Memory::new();
/// let mut lockstep = Lockstep::new(CheckConfig::of(&service.about()));
/// lockstep.start(&mut service, &setup).expect("the service starts");
/// assert_eq!(lockstep.tally().shortfall().as_deref(), Some("no command was allowed"));
/// lockstep.step(&mut service, &Command::Block { by: users[0], who: users[1] });
/// assert_eq!((lockstep.tally().carried_out(), lockstep.tally().shortfall()), (1, None));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally([KindTally; CommandKind::ALL.len()]);

/// The commands of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct KindTally {
    carried_out: u64,
    refused: u64,
    left_out: u64,
    /// How many of the answered commands the policy allows.
    permitted: u64,
    /// The first conditions that failed at the answered commands that the policy refuses.
    reasons: EnumSet<Condition>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally([KindTally::default(); CommandKind::ALL.len()])
    }
}

impl Tally {
    /// Counts an answer to a command, on which the policy decides like this.
    #[inline]
    pub(super) fn count_answer(&mut self, kind: CommandKind, decision: Decision, is_allowed: bool) {
        let of_kind = &mut self.0[kind.index()];
        of_kind.carried_out += u64::from(is_allowed);
        of_kind.refused += u64::from(!is_allowed);
        match decision.reason() {
            None => of_kind.permitted += 1,
            Some(condition) => of_kind.reasons.insert(condition),
        }
    }

    /// Counts a command that the implementation does not support.
    pub(super) fn count_left_out(&mut self, kind: CommandKind) {
        self.0[kind.index()].left_out += 1;
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Tally) {
        for (sum, other) in self.0.iter_mut().zip(&other.0) {
            sum.carried_out += other.carried_out;
            sum.refused += other.refused;
            sum.left_out += other.left_out;
            sum.permitted += other.permitted;
            sum.reasons = sum.reasons.or(other.reasons);
        }
    }

    /// How many commands the implementation carried out.
    pub fn carried_out(&self) -> u64 {
        self.0.iter().map(|of_kind| of_kind.carried_out).sum()
    }

    /// How many commands of each kind were left out. Kinds without one are not listed.
    pub fn left_out(&self) -> impl Iterator<Item = (CommandKind, u64)> + '_ {
        let counts = CommandKind::ALL.iter().zip(&self.0).map(|(&kind, of_kind)| (kind, of_kind.left_out));
        counts.filter(|(_, count)| *count > 0)
    }

    /// The commands that were left out in words, such as `3 leave, 1 invite`; none if all were answered.
    pub fn left_out_text(&self) -> Option<String> {
        let counts: Vec<_> = self.left_out().map(|(kind, count)| format!("{count} {kind}")).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }

    /// Why a run of commands that the implementation claims to support is no pass, if it is none: one of
    /// them was left out, or none was carried out.
    pub fn shortfall(&self) -> Option<String> {
        if let Some(left_out) = self.left_out_text() {
            return Some(format!(
                "the implementation lists commands that it then calls unsupported; left out: {left_out}"
            ));
        }
        (self.carried_out() == 0).then(|| "no command was allowed".into())
    }

    /// Whether a command was answered at which a finding of this identity could have shown. So a known
    /// finding that is absent is gone only if this holds.
    pub fn could_show(&self, identity: &Identity) -> bool {
        let Some(kind) = identity.command else { return self.carried_out() > 0 };
        let of_kind = &self.0[kind.index()];
        match (identity.verdict, identity.condition) {
            (Verdict::TooStrict, _) => of_kind.permitted > 0,
            (_, Some(condition)) => of_kind.reasons.contains(condition),
            (_, None) => of_kind.carried_out + of_kind.refused > 0,
        }
    }
}
