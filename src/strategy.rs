//! Histories for `proptest`: a strategy that draws them from the same generator as the command line, and shrinks them with
//! the same shrinker, so that an ordinary property fails with the shortest chain.
//!
//! What a property asserts is its own business. Of failures that differ, only the property can tell which it has.
//!
//! Each candidate of the shrinker is one of proptest's steps, `max_shrink_iters`, which are 1,024 if nothing is said: enough for
//! histories of 30 commands.

use chatwarden_model::{Command, CommandKind, EnumSet, Setup};
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{TestRng, TestRunner};
use rand_xoshiro::rand_core::Rng;

use crate::generate::{Choices, Generator};
use crate::shrink::Shrinker;

/// Histories of commands, most of which are allowed or nearly so.
///
/// A property of the built-in service that does not hold once a fault is planted:
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::lockstep::{run, CheckConfig};
/// use chatwarden::strategy::Histories;
/// use chatwarden::format::NamedSetup;
/// use proptest::test_runner::{TestError, TestRunner};
///
/// let setup = NamedSetup::default().setup();
/// let terms = CheckConfig::of(&Memory::new().about());
/// let outcome = TestRunner::deterministic().run(&Histories::new(&setup), |commands| {
///     let finding = run(&mut Memory::with_fault(Fault::DirectUnchecked), terms, &setup, &commands);
///     proptest::prop_assert!(finding.is_none());
///     Ok(())
/// });
/// let Err(TestError::Fail(_, commands)) = outcome else { panic!("the fault is found") };
/// assert_eq!(commands.len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Histories {
    setup: Setup,
    commands: EnumSet<CommandKind>,
    length: usize,
}

impl Histories {
    /// Histories of 30 commands of all kinds.
    pub fn new(setup: &Setup) -> Self {
        Histories { setup: *setup, commands: EnumSet::all(), length: 30 }
    }

    /// The same with so many commands.
    pub fn of_length(self, length: usize) -> Self {
        Histories { length, ..self }
    }

    /// The same with just these kinds of commands.
    pub fn of_commands(self, commands: EnumSet<CommandKind>) -> Self {
        Histories { commands, ..self }
    }
}

impl Strategy for Histories {
    type Tree = HistoryTree;
    type Value = Vec<Command>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut choices = Stream(runner.new_rng());
        let generator = Generator::for_run(&self.setup, self.commands, &mut choices);
        if !generator.can_draw() {
            return Err("no command can be carried out with these groups".into());
        }
        let commands = generator.run(&self.setup, self.length, &[], &mut choices);
        Ok(HistoryTree {
            setup: self.setup,
            kinds: self.commands,
            phase: Phase::trimming(commands.len()),
            current: commands.clone(),
            best: commands,
            was_proposed: false,
        })
    }
}

/// A history that is being shrunk: cut behind the command that shows the failure, which halving finds, because what comes
/// later changes nothing; then shrunk; and cut again, in case it shows earlier now.
///
/// ```
/// use chatwarden::strategy::Histories;
/// use chatwarden::format::NamedSetup;
/// use proptest::strategy::{Strategy, ValueTree};
/// use proptest::test_runner::TestRunner;
/// let histories = Histories::new(&NamedSetup::default().setup()).of_length(8);
/// let mut tree = histories.new_tree(&mut TestRunner::deterministic()).expect("there are commands");
/// // A property that always fails shrinks to nothing.
/// while tree.simplify() {}
/// assert!(tree.current().is_empty());
/// ```
#[derive(Debug)]
pub struct HistoryTree {
    setup: Setup,
    kinds: EnumSet<CommandKind>,
    phase: Phase,
    current: Vec<Command>,
    /// The simplest so far that fails.
    best: Vec<Command>,
    /// Whether the current history is one of which the outcome is awaited, and not the one that is known to fail.
    was_proposed: bool,
}

#[derive(Debug)]
enum Phase {
    /// The best fails after its first `most` commands, and not after fewer than `least`.
    Trimming {
        least: usize,
        most: usize,
        was: Option<usize>,
    },
    Shrinking(Box<Shrinker>),
    Done,
}

impl Phase {
    fn trimming(most: usize) -> Self {
        Phase::Trimming { least: 0, most, was: None }
    }
}

impl HistoryTree {
    /// Takes the outcome of the current history and goes on to the next; at the end back to the best.
    fn advance(&mut self, failed: bool) -> bool {
        if std::mem::take(&mut self.was_proposed) {
            self.told(failed);
        }
        let next = self.propose();
        self.was_proposed = next.is_some();
        self.current = next.unwrap_or_else(|| self.best.clone());
        self.was_proposed
    }

    fn told(&mut self, failed: bool) {
        match &mut self.phase {
            Phase::Trimming { most, .. } if failed => *most = self.current.len(),
            Phase::Trimming { least, .. } => *least = self.current.len() + 1,
            Phase::Shrinking(shrinker) => shrinker.told(failed.then_some(self.current.len())),
            Phase::Done => {}
        }
        if failed {
            self.best.clone_from(&self.current);
        }
    }

    fn propose(&mut self) -> Option<Vec<Command>> {
        loop {
            match &mut self.phase {
                Phase::Trimming { least, most, .. } if *least < *most => {
                    return Some(self.best[..usize::midpoint(*least, *most)].to_vec());
                }
                Phase::Trimming { most, was, .. } => {
                    let is_over = *most == 0 || *was == Some(*most);
                    self.phase = if is_over {
                        Phase::Done
                    } else {
                        Phase::Shrinking(Box::new(Shrinker::new(&self.setup, self.kinds, self.best.clone())))
                    };
                }
                Phase::Shrinking(shrinker) => {
                    if let Some(candidate) = shrinker.propose() {
                        return Some(candidate.to_vec());
                    }
                    let len = self.best.len();
                    self.phase = Phase::Trimming { least: 0, most: len, was: Some(len) };
                }
                Phase::Done => return None,
            }
        }
    }
}

impl ValueTree for HistoryTree {
    type Value = Vec<Command>;

    fn current(&self) -> Vec<Command> {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.advance(true)
    }

    fn complicate(&mut self) -> bool {
        self.advance(false)
    }
}

/// Choices from the stream of proptest, so that its seeds reproduce a history.
struct Stream(TestRng);

impl Choices for Stream {
    fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
    }
}
