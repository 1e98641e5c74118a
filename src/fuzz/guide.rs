//! Guidance by the model: counters that tell the fuzzer which states of the model a trace reached,
//! beside the counters of instrumented code. So an implementation behind a driver, or one that is
//! not instrumented, is fuzzed with guidance too.
//!
//! The counters are coarse on purpose. With a counter for every exact state, every input would be
//! new: the corpus would swell and nothing be found. An abstract state is new only after one more
//! approval, one more member or one more invitation.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use chatwarden_model::{
    Command, CommandKind, Decision, GroupState, MAX_GROUPS, NamedEnum, Policy, State, named_enum,
};

use crate::coverage::{DecidedBy, HistoryFacts, OUTCOMES, Point, StateView};
use crate::format::nearest;

/// The number of counters for which condition decided.
const DECIDED: usize = 256;
const _: () = assert!(CommandKind::ALL.len() * OUTCOMES <= DECIDED, "each outcome has a counter");
/// The number of counters for the points of coverage.
const POINTS: usize = 1024;
const _: () = assert!(DECIDED + POINTS < Counters::COUNT, "counters are left for abstract states");

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
    /// The number of counters. libFuzzer reads all of them after every execution, so more would
    /// cost more. It clears them by whole words, so they are aligned like a word and fill words.
    pub const COUNT: usize = 4096;

    /// Counters that are all zero.
    pub const fn new() -> Self {
        Counters([const { AtomicU8::new(0) }; Self::COUNT])
    }

    /// The positions of those that are set.
    pub fn shown(&self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(|at| self.0[*at].load(Relaxed) != 0)
    }

    /// Sets all of them to zero, as libFuzzer does before an execution.
    pub fn clear(&self) {
        self.0.iter().for_each(|counter| counter.store(0, Relaxed));
    }

    /// Sets a counter. It does not count how often, because repeating a state leads nowhere.
    #[inline]
    fn set(&self, at: usize) {
        self.0[at].store(1, Relaxed);
    }
}

named_enum! {
    /// How much of the model's states the fuzzer learns.
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
    /// If there is none, with the nearest name, or with all of them.
    pub fn read(word: &str) -> Result<Self, String> {
        let known = Signal::ALL.iter().map(|signal| signal.name());
        let hint = || match nearest(word, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: `{}`", known.clone().collect::<Vec<_>>().join("`, `")),
        };
        Signal::named(word).ok_or_else(|| format!("unknown signal `{word}`; {}", hint()))
    }
}

/// Follows a trace and sets the counters of what it reaches.
#[derive(Clone, Debug)]
pub(super) struct Guide {
    pub(super) signal: Signal,
    facts: HistoryFacts,
    approvals: u32,
    sizes: [u16; MAX_GROUPS],
}

impl Guide {
    pub(super) fn new(signal: Signal) -> Self {
        assert!(Point::all().len() <= POINTS, "every point of coverage has a counter");
        Guide { signal, facts: HistoryFacts::default(), approvals: 0, sizes: [0; MAX_GROUPS] }
    }

    /// Begins a trace.
    pub(super) fn start(&mut self) {
        self.approvals = 0;
        self.sizes = [0; MAX_GROUPS];
        if self.signal == Signal::Points {
            self.facts.clear();
        }
    }

    /// Sets the counters of a command that was carried out. The state before it and the policy are
    /// needed only for points.
    #[inline]
    pub(super) fn record(
        &mut self,
        counters: &Counters,
        before: Option<(&State, &Policy)>,
        command: &Command,
        decision: Decision,
        after: &State,
    ) {
        if let Some(outcome) = DecidedBy::of(decision) {
            let kind = decision.kind();
            counters.set(kind.index() * OUTCOMES + outcome.number(kind));
        }
        if decision.is_allowed() {
            self.follow(command, after);
            counters.set(DECIDED + POINTS + self.abstract_state() % (Counters::COUNT - DECIDED - POINTS));
        }
        if let Some(before) = before {
            self.record_points(counters, before, command, decision, after);
        }
    }

    #[cold]
    fn record_points(
        &mut self,
        counters: &Counters,
        (before, policy): (&State, &Policy),
        command: &Command,
        decision: Decision,
        after: &State,
    ) {
        let view = StateView { state: before, policy, history: Some(&self.facts) };
        view.each_point(command, |point| counters.set(DECIDED + point.position()));
        self.facts.record(before, command, decision.is_allowed(), after);
    }

    /// Brings the sizes of groups and the number of approvals up to date.
    #[inline]
    fn follow(&mut self, command: &Command, after: &State) {
        let size = |group: &GroupState| (group.members.len() << 8 | group.invited().len()) as u16;
        if let Some(group) = command.group() {
            self.sizes[group.index()] = size(after.group(group));
            return;
        }
        // A user who lost an approval, or was blocked, may have left any group.
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

    /// A number made of how many approvals there are and how large the groups are. It does not
    /// depend on the order of the groups.
    #[inline]
    fn abstract_state(&self) -> usize {
        // A sum is the same in whatever order the groups come; each size is spread over the whole
        // word first.
        let spread = |value: u64| (value ^ value >> 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let groups = self.sizes.iter().fold(0u64, |sum, size| sum.wrapping_add(spread(u64::from(*size))));
        (spread(groups ^ u64::from(self.approvals)) >> 40) as usize
    }
}
