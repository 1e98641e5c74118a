//! The shrinker: a state machine that proposes simpler traces. Its caller executes them and reports
//! which still show the finding. So the command line, proptest and fuzz targets drive the same one.
//!
//! *Simpler* is defined once, by [`measure`]: fewer commands, then fewer users, then fewer groups,
//! then lower command kinds and indices. Passes run until none of them helps. The model decides which
//! candidates are worth an execution. The caller decides which findings are the same.

mod passes;

use std::collections::HashSet;

use chatwarden_model::{Command, CommandKind, EnumSet, Setup, UserSet};

use passes::{Pass, ShrinkContext};

/// The most candidates that are executed; then the shrinker stops with the best trace so far.
pub const BUDGET: usize = 5_000;

/// Shrinks one trace.
///
/// In this example a trace fails if somebody blocks somebody else:
///
/// ```
/// use chatwarden::model::{Cast, Command, Kind, Preset, Setup, UserSet, EnumSet};
/// use chatwarden::shrink::Shrinker;
///
/// let mut cast = Cast::default();
/// let users: Vec<_> = (0..3).map(|_| cast.add(Kind::Adult, UserSet::EMPTY)).collect();
/// let setup = Setup { cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let direct = Command::Direct { by: users[0], to: users[1] };
/// let block = Command::Block { by: users[2], who: users[1] };
///
/// let mut shrinker = Shrinker::new(&setup, EnumSet::all(), vec![direct, direct, block]);
/// while let Some(candidate) = shrinker.propose() {
///     let blocks = |command: &Command| matches!(command, Command::Block { by, who } if by != who);
///     let failing = candidate.iter().position(blocks);
///     shrinker.record_outcome(failing.map(|at| at + 1));
/// }
/// assert_eq!(shrinker.best(), [Command::Block { by: users[0], who: users[1] }]);
/// ```
#[derive(Debug)]
pub struct Shrinker {
    context: ShrinkContext,
    best: Vec<Command>,
    candidate: Vec<Command>,
    pass: Pass,
    tried: HashSet<Vec<Command>>,
    executions: usize,
}

impl Shrinker {
    /// A shrinker of a trace whose last command shows the finding. Candidates have no other kinds
    /// of commands than these and those of the trace.
    pub fn new(setup: &Setup, kinds: EnumSet<CommandKind>, commands: Vec<Command>) -> Self {
        let tried = HashSet::from([commands.clone()]);
        Shrinker {
            context: ShrinkContext { setup: *setup, kinds },
            pass: Pass::first(),
            best: commands,
            candidate: Vec::new(),
            tried,
            executions: 0,
        }
    }

    /// The next trace to execute; none if no simpler one is left to try or the budget is spent.
    pub fn propose(&mut self) -> Option<&[Command]> {
        if self.executions >= BUDGET {
            return None;
        }
        loop {
            match self.pass.next(&self.context, &self.best) {
                Some(candidate) => {
                    if measure(&candidate) < measure(&self.best) && self.tried.insert(candidate.clone()) {
                        self.executions += 1;
                        self.candidate = candidate;
                        return Some(&self.candidate);
                    }
                }
                None => self.pass = self.pass.after()?,
            }
        }
    }

    /// Records the outcome of the trace that was proposed last: the number of commands after which
    /// the same finding showed, or none if it did not.
    pub fn record_outcome(&mut self, shown_after: Option<usize>) {
        if let Some(len) = shown_after {
            self.best = std::mem::take(&mut self.candidate);
            self.best.truncate(len);
            // Every pass may help with the new best trace.
            self.pass = Pass::first();
        }
    }

    /// The simplest trace so far that shows the finding.
    pub fn best(&self) -> &[Command] {
        &self.best
    }

    /// The number of traces that were proposed.
    pub fn executions(&self) -> usize {
        self.executions
    }

    /// True if the budget is spent.
    pub fn is_exhausted(&self) -> bool {
        self.executions >= BUDGET
    }
}

/// The measure of a trace; less is simpler.
pub fn measure(commands: &[Command]) -> (usize, usize, usize, Vec<[u16; 5]>) {
    let users = commands.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users()));
    let mut groups: Vec<_> = commands.iter().filter_map(Command::group).collect();
    groups.sort_unstable();
    groups.dedup();
    (commands.len(), users.len(), groups.len(), commands.iter().map(Command::key).collect())
}
