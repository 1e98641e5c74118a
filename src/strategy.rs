//! Traces for `proptest`: a strategy with the generator and the shrinker of the command line. So an
//! ordinary property fails with a short trace.
//!
//! Shrinking keeps any failure of the property. A property that can fail in several ways has to
//! tell them apart itself.
//!
//! Each candidate of the shrinker is one of proptest's `max_shrink_iters`. The default, 1,024, is
//! enough for traces of 30 commands.

use chatwarden_model::{Command, CommandKind, EnumSet, Setup};
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::generate::{Generator, Random};
use crate::shrink::Shrinker;

/// Traces of commands, most of which are allowed or near misses.
///
/// A property of the built-in service that fails with a planted fault:
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::lockstep::{run, CheckConfig};
/// use chatwarden::strategy::Traces;
/// use chatwarden::format::NamedSetup;
/// use proptest::test_runner::{TestError, TestRunner};
///
/// let setup = NamedSetup::default().setup();
/// let config = CheckConfig::of(&Memory::new().about());
/// let outcome = TestRunner::deterministic().run(&Traces::new(&setup), |commands| {
///     let mut service = Memory::with_fault(Fault::DirectUnchecked);
///     let finding = run(&mut service, config, &setup, &commands);
///     proptest::prop_assert!(finding.is_none());
///     Ok(())
/// });
/// let Err(TestError::Fail(_, commands)) = outcome else { panic!("the fault is found") };
/// assert_eq!(commands.len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Traces {
    setup: Setup,
    commands: EnumSet<CommandKind>,
    length: usize,
}

impl Traces {
    /// Traces of 30 commands of all kinds.
    pub fn new(setup: &Setup) -> Self {
        Traces { setup: *setup, commands: EnumSet::all(), length: 30 }
    }

    /// The same, with traces of so many commands.
    pub fn of_length(self, length: usize) -> Self {
        Traces { length, ..self }
    }

    /// The same, with only these kinds of commands.
    pub fn of_commands(self, commands: EnumSet<CommandKind>) -> Self {
        Traces { commands, ..self }
    }
}

impl Strategy for Traces {
    type Tree = TraceTree;
    type Value = Vec<Command>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut choices = Random(runner.new_rng());
        let mut generator = Generator::for_run(&self.setup, self.commands, &mut choices);
        if !generator.can_draw() {
            return Err("no command can be carried out with these groups".into());
        }
        let commands = generator.run(&self.setup, self.length, &[], &mut choices);
        Ok(TraceTree {
            setup: self.setup,
            kinds: self.commands,
            phase: Phase::Trimming { fewest: 0, most: commands.len(), shrunk: None },
            current: commands.clone(),
            best: commands,
            was_proposed: false,
        })
    }
}

/// A trace that is being shrunk. First it is cut behind the command that shows the failure, which a
/// binary search finds. Then it is shrunk, and cut again in case the failure shows earlier now.
///
/// ```
/// use chatwarden::strategy::Traces;
/// use chatwarden::format::NamedSetup;
/// use proptest::strategy::{Strategy, ValueTree};
/// use proptest::test_runner::TestRunner;
/// let traces = Traces::new(&NamedSetup::default().setup()).of_length(8);
/// let mut tree = traces.new_tree(&mut TestRunner::deterministic()).expect("there are commands");
/// // A property that always fails shrinks to nothing.
/// while tree.simplify() {}
/// assert!(tree.current().is_empty());
/// ```
#[derive(Debug)]
pub struct TraceTree {
    setup: Setup,
    kinds: EnumSet<CommandKind>,
    phase: Phase,
    current: Vec<Command>,
    /// The simplest trace so far that fails.
    best: Vec<Command>,
    /// True if the outcome of the current trace is awaited; if not, it is the best one.
    was_proposed: bool,
}

#[derive(Debug)]
enum Phase {
    /// The best fails after its first `most` commands, and not after fewer than `fewest`. `shrunk`
    /// is its length after shrinking, if that is over.
    Trimming {
        fewest: usize,
        most: usize,
        shrunk: Option<usize>,
    },
    Shrinking(Box<Shrinker>),
    Done,
}

impl TraceTree {
    /// Records the outcome of the current trace and takes the next one; at the end, the best one.
    fn advance(&mut self, failed: bool) -> bool {
        if std::mem::take(&mut self.was_proposed) {
            self.record_outcome(failed);
        }
        let next = self.propose();
        self.was_proposed = next.is_some();
        self.current = next.unwrap_or_else(|| self.best.clone());
        self.was_proposed
    }

    fn record_outcome(&mut self, failed: bool) {
        match &mut self.phase {
            Phase::Trimming { most, .. } if failed => *most = self.current.len(),
            Phase::Trimming { fewest, .. } => *fewest = self.current.len() + 1,
            Phase::Shrinking(shrinker) => shrinker.record_outcome(failed.then_some(self.current.len())),
            Phase::Done => {}
        }
        if failed {
            self.best.clone_from(&self.current);
        }
    }

    fn propose(&mut self) -> Option<Vec<Command>> {
        loop {
            match &mut self.phase {
                Phase::Trimming { fewest, most, .. } if *fewest < *most => {
                    return Some(self.best[..usize::midpoint(*fewest, *most)].to_vec());
                }
                Phase::Trimming { most, shrunk, .. } => {
                    let is_over = *most == 0 || *shrunk == Some(*most);
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
                    self.phase = Phase::Trimming { fewest: 0, most: len, shrunk: Some(len) };
                }
                Phase::Done => return None,
            }
        }
    }
}

impl ValueTree for TraceTree {
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
