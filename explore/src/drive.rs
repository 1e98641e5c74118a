//! Exhaustive search of an implementation in lock-step with the model: every history up to a bound, as far as two
//! situations are not alike.
//!
//! What a step amounts to is `check`'s to say.

mod expand;
mod findings;
mod forked;
mod keys;
mod map;
mod renamings;
mod repeat;
mod sites;
mod walk;

use std::num::NonZeroUsize;
use std::time::Instant;

use chatwarden_model::{Command, CommandKind, Setup};

use expand::Shared;
use repeat::Repetition;
use walk::Walk;

use super::{End, SearchMonitor};
use chatwarden::adapter::{Adapter, Failure};
pub use chatwarden::counterexample::Counterexample;
use chatwarden::finding::Identity;
use chatwarden::lockstep::{CheckConfig, Lockstep};

/// What an implementation is taken through, and how.
///
/// With `symmetry` it is assumed that the implementation treats users and groups alike, as the model does: that
/// renaming them before a history renames what comes of it, and changes nothing else.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden_explore::{drive, Alike, Drive, SearchMonitor, MEMORY};
/// use chatwarden::{lockstep::CheckConfig, model::{Preset, Promise, Setup}, format::BuiltInCast};
///
/// let policy = Preset::MessengerKids.policy();
/// let setup = Setup { cast: BuiltInCast::Small.casting().cast, groups: 1, policy };
/// let make = || Ok(Memory::with_fault(Fault::OwnerInvitesAnyone));
/// let plan = Drive {
///     setup,
///     terms: CheckConfig::of(&Memory::new().about()),
///     alphabet: setup.bounds().well_typed(),
///     depth: Some(4),
///     alike: Alike::Product,
///     symmetry: true,
///     wanted: None,
///     stop_at_first: true,
///     jobs: std::num::NonZeroUsize::MIN,
///     memory: MEMORY,
///     deadline: None,
/// };
/// let driven = drive(&plan, &make, &SearchMonitor::default(), &mut |_| {})?;
/// assert_eq!(driven.found[0].commands.len(), 2);
/// assert_eq!(driven.found[0].finding.identity().promise, Some(Promise::NoStrangers));
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drive {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// How the implementation is compared.
    pub terms: CheckConfig,
    /// The commands that are tried in every situation, simplest first.
    pub alphabet: Vec<Command>,
    /// The most commands of a history, if there is a bound.
    pub depth: Option<usize>,
    /// When two histories lead to the same situation, so that it is enough to go on from one of them.
    pub alike: Alike,
    /// Whether histories that differ by renaming interchangeable users and groups count as one.
    pub symmetry: bool,
    /// The only finding to look for, if there is one: the search ends at its first (shortest) history, and as the
    /// last command of a history only those of its kind are tried.
    pub wanted: Option<Identity>,
    /// Whether to end after the length at which something is first found.
    pub stop_at_first: bool,
    /// How many cores to use; the result does not depend on it.
    pub jobs: NonZeroUsize,
    /// How many bytes the search may take, about.
    pub memory: u64,
    /// When to end, if at some time.
    pub deadline: Option<Instant>,
}

impl Drive {
    /// The kind of the commands that are tried as the last of a history, if not all are.
    fn narrowed(&self) -> Option<CommandKind> {
        self.wanted.and_then(|wanted| wanted.command).filter(|_| self.depth.is_some())
    }
}

/// When two histories lead to the same situation. Situations are told apart by hashes of 128 bits.
///
/// ```
/// use chatwarden_explore::Alike;
/// let one_each = Alike::State { paths: std::num::NonZeroUsize::MIN };
/// assert_ne!(one_each, Alike::Never);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alike {
    /// If the judged state and the implementation's own state, as its [fingerprint](Adapter::fingerprint) tells it,
    /// are the same.
    Product,
    /// If the judged state, and what would be reported at the end, are the same, up to renaming. Several histories to
    /// each may be gone on from: the first to arrive of those that were made of different kinds of commands, apart
    /// from commands that changed nothing.
    State {
        /// How many to each state, at most.
        paths: NonZeroUsize,
    },
    /// Never: every history is tried, since the implementation may remember anything.
    Never,
}

/// What driving an implementation came to.
///
/// An example is at [`Drive`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driven {
    /// How many situations were gone on from.
    pub states: u64,
    /// How many commands were tried in them and allowed by the implementation.
    pub allowed: u64,
    /// How many were refused.
    pub refused: u64,
    /// How many commands were executed in all, those that lead to a situation again included.
    pub executed: u64,
    /// How often the implementation was reset.
    pub resets: u64,
    /// How many commands the situation that is farthest from the start takes.
    pub depth: usize,
    /// How many commands the longest histories have of which all were tried; none if simply all were.
    pub judged: Option<usize>,
    /// By how many renamings histories were held to be alike, the identity included.
    pub renamings: usize,
    /// Why the search ended.
    pub end: End,
    /// The first finding of each identity, shortest first.
    pub found: Vec<Counterexample>,
}

impl Driven {
    /// That of a search of which nothing is known but that a system was made fresh for it.
    fn started() -> Self {
        Driven {
            states: 0,
            allowed: 0,
            refused: 0,
            executed: 0,
            resets: 1,
            depth: 0,
            judged: Some(0),
            renamings: 1,
            end: End::Stopped,
            found: Vec::new(),
        }
    }
}

/// Takes an implementation through every situation, and tries every command of the alphabet in each, those that
/// the policy refuses too.
///
/// Where the implementation can be [copied](Adapter::fork), that is a search by length, and the first history that
/// shows something is a shortest one. Where it cannot, one system walks from situation to situation with as few resets
/// as possible; if something is wanted, or the search is to stop at first, it exhausts a length after the other, and
/// otherwise the lengths of what is found are certain only when it is through. A walk uses one core.
///
/// Each finding is handed to `found` as soon as it is known to be the first of its identity, so that it can be written
/// down before anything else happens.
///
/// If the system cannot be made fresh, that is a finding without commands, whatever is wanted; where it happens on
/// the way, and again with a new system, the search ends as stopped. So does a walk that had to give a situation up,
/// because the same commands did not lead there again.
///
/// # Errors
/// If an implementation cannot be made or copied, or if it has no [fingerprint](Adapter::fingerprint) and
/// situations are to be told apart by it.
///
/// # Panics
/// If the harness itself has a bug, or the adapter panics while it is copied or makes its fingerprint; the
/// implementation's other panics are findings.
pub fn drive<A: Adapter>(
    plan: &Drive,
    make: &(impl Fn() -> Result<A, Failure> + Sync),
    watch: &SearchMonitor,
    found: &mut dyn FnMut(&Counterexample),
) -> Result<Driven, Failure> {
    let mut adapter = make()?;
    let mut lockstep = Lockstep::new(plan.terms);
    if let Err(finding) = lockstep.start(&mut adapter, &plan.setup) {
        let counterexample = Counterexample::new(Vec::new(), finding);
        found(&counterexample);
        return Ok(Driven { found: vec![counterexample], ..Driven::started() });
    }
    match adapter.fork() {
        Some(system) => forked::search(plan, system, &lockstep, watch, found),
        None => {
            let shared = Shared::new(plan, watch);
            match plan.alike {
                Alike::Product => Walk::new(&shared, make, adapter, lockstep, 1, found)?.run(),
                Alike::State { paths } => {
                    Walk::new(&shared, make, adapter, lockstep, paths.get(), found)?.run()
                }
                Alike::Never => Repetition::new(&shared, make, adapter, lockstep, found).run(),
            }
        }
    }
}
