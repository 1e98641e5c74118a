//! The data of reports on proofs.

use std::time::Duration;

use chatwarden_model::{Command, CommandKind, NamedEnum, Policy, Promise, Setup};

use crate::baseline::BaselineMatch;
use chatwarden::format::Names;
use chatwarden_prove::{Invariant, Race, RaceHistory, Witness};

/// What is proved of a policy.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The policy, as the user named it.
    pub policy: String,
    /// The solver, and its version.
    pub solver: String,
    /// The number of questions on which the results rest.
    pub asked: usize,
    /// The facts that are true of every reachable state.
    pub invariant: Vec<Invariant>,
    /// The commands that are never allowed under the policy.
    pub never: Vec<CommandKind>,
    /// The commands of which it is not known, and why.
    pub unclear: Vec<(CommandKind, String)>,
    /// The result for each promise.
    pub results: Vec<(Promise, ProofResult)>,
    /// Each broken promise, as a finding of the policy.
    pub matched: Vec<(Promise, BaselineMatch)>,
    /// The races, if they were asked for.
    pub races: Option<Vec<FoundRace>>,
    /// The races of which the solver does not know, and why.
    pub unknown_races: Vec<(Race, String)>,
    /// The answers of the other solver, if it was asked.
    pub recheck: Option<Recheck>,
    /// How long it took.
    pub time: Duration,
    /// Whether a broken promise is a failure.
    pub is_expected_kept: bool,
    /// Whether other policies are proved as well; then a table compares them at the end.
    pub is_one_of_many: bool,
}

/// The result for a promise.
#[derive(Clone, Debug)]
pub enum ProofResult {
    /// It is kept in every history, for any number of users and groups.
    Proved,
    /// It is broken by these commands.
    Broken {
        /// The cast, groups and policy.
        setup: Setup,
        /// The names of users and groups.
        names: Names,
        /// The commands, as few as possible.
        commands: Vec<Command>,
    },
    /// A command breaks it in a situation with the facts, which was not reached from the start.
    NotInductive {
        /// The command.
        command: CommandKind,
        /// The policy.
        policy: Policy,
        /// The situation, if a small one was found.
        witness: Option<Box<Witness>>,
        /// Where it was searched for.
        searched: Searched,
    },
    /// The solver gave no answer, for this reason.
    Unknown(String),
}

/// The bound of a search from the start that did not find the promise broken.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The cast, as the user named it.
    pub cast: String,
    /// The number of groups.
    pub groups: usize,
    /// The most commands; none if all reachable states were judged.
    pub judged: Option<usize>,
}

/// A race, with a history that shows it.
#[derive(Clone, Debug)]
pub struct FoundRace {
    /// The race.
    pub race: Race,
    /// The history, if one was found soon.
    pub history: Option<RaceHistory>,
    /// The cast, groups and policy of the history.
    pub setup: Setup,
    /// The names of users and groups.
    pub names: Names,
}

/// The answers of a second solver.
#[derive(Clone, Debug)]
pub struct Recheck {
    /// The solver, and its version.
    pub solver: String,
    /// The number of questions with the same answer.
    pub agreed: usize,
    /// The questions with another answer.
    pub differ: Vec<String>,
    /// The questions that one of the two did not answer.
    pub unanswered: Vec<String>,
}

impl Proved {
    /// Whether the table of several policies says everything.
    pub fn is_in_table_only(&self) -> bool {
        self.is_one_of_many && self.races.is_none() && self.recheck.is_none()
    }

    /// Whether a promise is broken.
    pub fn is_any_broken(&self) -> bool {
        self.results.iter().any(|(_, result)| matches!(result, ProofResult::Broken { .. }))
    }

    /// Why there is no definite answer, a sentence each.
    pub fn doubts(&self) -> impl Iterator<Item = String> {
        // Whoever finds that nothing can happen has proved nothing.
        let nothing =
            (self.never.len() == CommandKind::ALL.len()).then(|| "no command can be allowed".to_string());
        let results = self.results.iter().filter_map(|(promise, result)| match result {
            ProofResult::Proved | ProofResult::Broken { .. } => None,
            ProofResult::NotInductive { .. } => Some(format!("{promise} is neither proved nor broken")),
            ProofResult::Unknown(why) => Some(format!("{promise} is not known: {why}")),
        });
        let unclear = self
            .unclear
            .iter()
            .map(|(kind, why)| format!("whether {kind} can be allowed is not known: {why}"));
        let races = self.unknown_races.iter().map(|(race, why)| {
            format!("whether {} and {} break {} is not known: {why}", race.first, race.second, race.promise)
        });
        let recheck = self.recheck.iter().flat_map(|recheck| {
            let differ = recheck.differ.iter().map(|name| format!("the solvers disagree on {name}"));
            let unanswered =
                recheck.unanswered.iter().map(|name| format!("one of the solvers does not know {name}"));
            differ.chain(unanswered)
        });
        nothing
            .into_iter()
            .chain(results)
            .chain(unclear)
            .chain(races)
            .chain(recheck)
            .collect::<Vec<_>>()
            .into_iter()
    }
}
