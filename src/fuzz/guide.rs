//! Guidance by the model: which situations of the reference state a history came through, told to the fuzzer in counters
//! beside those of instrumented code. An implementation behind a driver, or one that is not instrumented, is fuzzed with
//! guidance too.
//!
//! What is told is deliberately coarse. A counter for every exact state makes everything new: the corpus swells and
//! nothing is found. An abstract situation leads on: one more contact, one more member, one more invitation.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use chatwarden_model::{
    Command, CommandKind, Decision, GroupState, MAX_GROUPS, NamedEnum, Policy, State, named_enum,
};

use crate::coverage::{HistoryFacts, OUTCOMES, StateView};
use crate::format::nearest;

/// How many counters tell which condition decided.
const DECIDED: usize = 256;
const _: () = assert!(CommandKind::ALL.len() * OUTCOMES <= DECIDED, "each outcome has a counter");
/// How many tell of the points of coverage.
const POINTS: usize = 1024;

/// The counters of a process, which libFuzzer finds by the section that they are linked into.
///
/// ```
/// use chatwarden::fuzz::Counters;
/// static SHOWN: Counters = Counters::new();
/// assert_eq!(size_of_val(&SHOWN), Counters::COUNT);
/// assert_eq!(SHOWN.shown().count(), 0);
/// ```
#[derive(Debug)]
#[repr(C, align(8))]
pub struct Counters([AtomicU8; Counters::COUNT]);

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

impl Counters {
    /// How many there are. libFuzzer looks at all of them after every execution, so that more would cost more; it clears them
    /// by whole words, so they are as aligned as a word and fill words.
    pub const COUNT: usize = 4096;

    /// All zero.
    pub const fn new() -> Self {
        Counters([const { AtomicU8::new(0) }; Self::COUNT])
    }

    /// Which of them are set.
    pub fn shown(&self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(|at| self.0[*at].load(Relaxed) != 0)
    }

    /// Sets all of them to zero, as libFuzzer does before an execution.
    pub fn clear(&self) {
        self.0.iter().for_each(|counter| counter.store(0, Relaxed));
    }

    /// Says that it was seen. How often makes no difference: repeating a situation leads nowhere.
    #[inline]
    fn set(&self, at: usize) {
        self.0[at].store(1, Relaxed);
    }
}

named_enum! {
    /// What of the reference model's situations is told to the fuzzer.
    ///
    /// ```
    /// use chatwarden::{fuzz::Signal, model::NamedEnum};
    /// assert_eq!(Signal::named("situations"), Some(Signal::Situations));
    /// ```
    pub enum Signal {
        Silent = "none": "nothing",
        Situations = "situations": "which condition decided, and the abstract state: approvals, and the sizes of groups",
        Points = "points": "the situations, and every point of authorization coverage, at less than half the speed",
    }
}

impl Signal {
    /// The signal of that name.
    ///
    /// # Errors
    /// If there is none, with the one that was meant, or all that are known.
    pub fn read(word: &str) -> Result<Self, String> {
        let known = Signal::ALL.iter().map(|signal| signal.name());
        let hint = || match nearest(word, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: `{}`", known.clone().collect::<Vec<_>>().join("`, `")),
        };
        Signal::named(word).ok_or_else(|| format!("unknown signal `{word}`; {}", hint()))
    }
}

/// Follows a history and tells what it comes through.
#[derive(Clone, Debug)]
pub(super) struct Guide {
    signal: Signal,
    past: HistoryFacts,
    approvals: u32,
    sizes: [u16; MAX_GROUPS],
}

impl Guide {
    pub(super) fn new(signal: Signal) -> Self {
        Guide { signal, past: HistoryFacts::default(), approvals: 0, sizes: [0; MAX_GROUPS] }
    }

    /// Whether it listens at all.
    pub(super) fn is_silent(&self) -> bool {
        self.signal == Signal::Silent
    }

    /// Whether it has to know the state before a command.
    pub(super) fn looks_back(&self) -> bool {
        self.signal == Signal::Points
    }

    /// Begins a history.
    pub(super) fn start(&mut self) {
        self.approvals = 0;
        self.sizes = [0; MAX_GROUPS];
        if self.signal == Signal::Points {
            self.past.clear();
        }
    }

    /// Tells of a command, after it was carried out; the state before it is needed only for points.
    #[inline]
    pub(super) fn tell(
        &mut self,
        counters: &Counters,
        situation: Option<(&State, &Policy)>,
        command: &Command,
        decision: Decision,
        after: &State,
    ) {
        if let Some(nth) = nth_outcome(decision) {
            counters.set(nth);
        }
        if decision.is_allowed() {
            self.look(command, after);
            counters.set(DECIDED + POINTS + self.abstract_state() % (Counters::COUNT - DECIDED - POINTS));
        }
        if let Some(situation) = situation {
            self.tell_points(counters, situation, command, decision, after);
        }
    }

    #[cold]
    fn tell_points(
        &mut self,
        counters: &Counters,
        (before, policy): (&State, &Policy),
        command: &Command,
        decision: Decision,
        after: &State,
    ) {
        let situation = StateView { state: before, policy, history: Some(&self.past) };
        situation.each_point(command, |point| counters.set(DECIDED + point.position()));
        self.past.record(before, command, decision.is_allowed(), after);
    }

    /// Brings what is known of the state up to date.
    #[inline]
    fn look(&mut self, command: &Command, after: &State) {
        let size = |group: &GroupState| (group.members.len() << 8 | group.invited().len()) as u16;
        if let Some(group) = command.group() {
            self.sizes[group.index()] = size(after.group(group));
            return;
        }
        // Who lost an approval, or was blocked, may have left any group.
        for (group, state) in after.groups() {
            self.sizes[group.index()] = size(state);
        }
        if command.kind().is_administrative() {
            let kinds = after.kinds();
            let of_child =
                |child| kinds.chatting().iter().map(move |contact| after.approvals(child, contact).len());
            self.approvals = kinds.children.iter().flat_map(of_child).sum::<usize>() as u32;
        }
    }

    /// A number that says how many approvals there are and how large the groups are, whichever groups those are.
    #[inline]
    fn abstract_state(&self) -> usize {
        // A sum is the same in whatever order the groups come; each size is spread over the whole word first.
        let spread = |value: u64| (value ^ value >> 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let groups = self.sizes.iter().fold(0u64, |sum, size| sum.wrapping_add(spread(u64::from(*size))));
        (spread(groups ^ u64::from(self.approvals)) >> 40) as usize
    }
}

/// The number of an outcome that coverage counts: allowed, or refused by one condition alone.
fn nth_outcome(decision: Decision) -> Option<usize> {
    let nth = if decision.is_allowed() {
        0
    } else {
        let alone = decision.near_miss()?;
        1 + decision.kind().conditions().iter().position(|condition| *condition == alone)?
    };
    Some(decision.kind().index() * OUTCOMES + nth)
}
