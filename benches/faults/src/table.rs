//! The results: trials, rows of trials, and what each engine amounts to over all faults.

use std::time::Duration;

use chatwarden::adapter::fault::Fault;
use chatwarden::counterexample::Counterexample;
use chatwarden_model::{NamedEnum, named_enum};

use crate::{Amount, Engine, median};

/// An attempt of an engine at a fault. Its numbers exclude the preparation, which is done once for all
/// faults of a policy, and the shrinking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// The runs until the fault was found, that one included, or all runs; none for an engine without
    /// runs.
    pub runs: Option<u64>,
    /// The commands executed until then, or all of them.
    pub commands: u64,
    /// The time until then, or all of it.
    pub time: Duration,
    /// The length up to which the engine is known to have tried all traces.
    pub exhausted: usize,
    /// The shrunk counterexample, if the fault was found.
    pub counterexample: Option<Counterexample>,
}

impl Trial {
    /// Whether the fault was found.
    pub fn is_found(&self) -> bool {
        self.counterexample.is_some()
    }

    fn amount<T>(&self, value: T) -> Amount<T> {
        if self.is_found() { Amount::Exactly(value) } else { Amount::MoreThan(value) }
    }
}

/// The attempts of an engine at a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The fault.
    pub fault: Fault,
    /// The engine.
    pub engine: Engine,
    /// The attempts in the order of their seeds; fewer than configured if the measurement was stopped.
    pub trials: Vec<Trial>,
}

impl Row {
    /// The number of trials that found the fault.
    pub fn found(&self) -> usize {
        self.trials.iter().filter(|trial| trial.is_found()).count()
    }

    /// The median of the runs until the fault was found.
    pub fn runs(&self) -> Option<Amount<u64>> {
        median(self.trials.iter().filter_map(|trial| trial.runs.map(|runs| trial.amount(runs))))
    }

    /// The median of the commands until the fault was found.
    pub fn commands(&self) -> Option<Amount<u64>> {
        median(self.trials.iter().map(|trial| trial.amount(trial.commands)))
    }

    /// The median of the times until the fault was found.
    pub fn time(&self) -> Option<Amount<Duration>> {
        median(self.trials.iter().map(|trial| trial.amount(trial.time)))
    }

    /// The length of the shortest counterexample.
    pub fn min_length(&self) -> Option<usize> {
        self.shortest().map(|shrunk| shrunk.commands.len())
    }

    pub(super) fn shortest(&self) -> Option<&Counterexample> {
        let found = self.trials.iter().filter_map(|trial| trial.counterexample.as_ref());
        found.min_by_key(|shrunk| shrunk.commands.len())
    }
}

named_enum! {
    /// Which shorter traces are known not to exist.
    pub enum Scope {
        Fault = "fault": "no shorter trace deviates from the policy in any way",
        Finding = "finding": "no shorter trace shows the same finding as the shortest counterexample",
    }
}

/// The minimal length of a counterexample, whichever engine looks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minimum {
    /// The number of commands.
    pub length: usize,
    /// That of the fault if an exhaustive search came so far, and otherwise that of the finding, by a
    /// certificate.
    pub scope: Scope,
}

/// The result of a measurement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// A row for each fault and engine, fault after fault.
    pub rows: Vec<Row>,
    /// For each fault its minimal length, if that is known.
    pub minima: Vec<(Fault, Option<Minimum>)>,
}

/// The results of an engine over all faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BenchSummary {
    /// The engine.
    pub engine: Engine,
    /// How many faults it looked for.
    pub faults: usize,
    /// How many of them it found on every seed.
    pub always: usize,
    /// How many of them it found on at least one seed.
    pub ever: usize,
    /// The median over the faults of the median runs.
    pub runs: Option<Amount<u64>>,
    /// The median over the faults of the median commands.
    pub commands: Option<Amount<u64>>,
    /// The median over the faults of the median times.
    pub time: Option<Amount<Duration>>,
    /// For how many faults the shortest counterexample has the minimal length.
    pub minimal: usize,
    /// For how many faults that it found the minimal length is known.
    pub comparable: usize,
}

impl Table {
    /// The results of an engine over all faults.
    pub fn of_engine(&self, engine: Engine) -> BenchSummary {
        let rows = || self.rows.iter().filter(|row| row.engine == engine && !row.trials.is_empty());
        let known = || rows().filter_map(|row| Some((row.min_length()?, self.minimum(row.fault)?.length)));
        BenchSummary {
            engine,
            faults: rows().count(),
            always: rows().filter(|row| row.found() == row.trials.len()).count(),
            ever: rows().filter(|row| row.found() > 0).count(),
            runs: median(rows().filter_map(Row::runs)),
            commands: median(rows().filter_map(Row::commands)),
            time: median(rows().filter_map(Row::time)),
            minimal: known().filter(|(shortest, minimum)| shortest == minimum).count(),
            comparable: known().count(),
        }
    }

    /// The results of each engine of the table.
    pub fn summaries(&self) -> impl Iterator<Item = BenchSummary> {
        let in_table = |engine: &&Engine| self.rows.iter().any(|row| row.engine == **engine);
        Engine::ALL.iter().filter(in_table).map(|engine| self.of_engine(*engine))
    }

    /// The minimal length for a fault, if it is known.
    pub fn minimum(&self, fault: Fault) -> Option<Minimum> {
        self.minima.iter().find(|(other, _)| *other == fault)?.1
    }
}
