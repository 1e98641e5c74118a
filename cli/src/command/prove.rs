//! `prove`: proves that a policy keeps a promise for any number of users and groups, with an SMT solver.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use chatwarden_model::{EnumSet, MAX_GROUPS, NamedEnum, Policy, Preset, Promise, Setup};
use clap::Args;

use crate::args::{self, NamedArg, OutputArgs};
use crate::baseline::{Baseline, BaselineMatch, Subject};
use crate::exit::{CliError, Ending, Exit};
use crate::interrupt::Interrupt;
use crate::messages::print_error;
use crate::progress;
use crate::report::{Event, FoundRace, ProofResult, Proved, Recheck, Report, Reports, Searched};
use chatwarden::adapter::Failure;
use chatwarden::format::{CastSpec, Names, PolicySpec};
use chatwarden::sanitize;
use chatwarden_explore::{PolicySearch, PromiseResult, explore};
use chatwarden_prove::case::Case;
use chatwarden_prove::{
    Answer, Claim, Program, Proof, Question, Race, Solver, counterexample_to_induction, prove,
    race_histories, races,
};

/// Prove that a policy keeps a promise in every history, for any number of users and groups.
///
/// A solver (z3 or cvc5, another program) is asked whether any command can break the promise in any state
/// of which an invariant is true. What is not proved is searched for from the start, as `explore` does, and
/// shown with the shortest chain of commands. docs/proving.md says what a proof rests on.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Prove {
    /// Policy: a preset (see `list policies`) or a JSON file [default: messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = args::named_policy)]
    policy: Option<NamedArg<PolicySpec>>,
    /// Prove every preset, and compare them in a table
    #[arg(long, conflicts_with = "policy")]
    all_policies: bool,
    /// Promises to prove, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<Promise>(), hide_possible_values = true)]
    promises: Vec<Promise>,
    /// Also search for races: two commands that break a promise when both are decided on the same state
    #[arg(long)]
    races: bool,
    /// Solver [default: the first that is installed]
    #[arg(long, value_name = "NAME", value_parser = args::named_enum::<Program>())]
    solver: Option<Program>,
    /// Ask the other solver every question as well, and compare
    #[arg(long)]
    recheck: bool,
    /// Folder for the questions as SMT-LIB 2 files, each with the answer that it needs
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Longest time for one question
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = args::positive_duration)]
    question_time: Duration,
    /// Number of questions that are asked at a time [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = args::positive(args::MAX_JOBS))]
    jobs: Option<NonZeroUsize>,
    /// Cast of the search for what is not proved: a built-in cast or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = args::with_name(args::cast))]
    cast: NamedArg<CastSpec>,
    /// Number of groups of that search
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// Largest number of commands of that search [default: no bound]
    #[arg(long, value_name = "N")]
    depth: Option<u16>,
    /// Exit with 1 if a promise is broken
    #[arg(long)]
    expect_kept: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden prove --all-policies
  chatwarden prove --policy my-policy.json --expect-kept
  chatwarden prove --policy pairwise-consent --races --promises no-strangers
  chatwarden prove --policy messenger-kids --out questions --recheck";

impl Prove {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        self.output.with_reports(|reports, interrupt| self.prove_all(reports, interrupt))
    }

    fn prove_all(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        let program = self.program()?;
        let other = if self.recheck { Some(other_than(program)?) } else { None };
        if let Some(folder) = &self.out {
            args::check_writable(folder)?;
        }
        let is_stopped = || interrupt.search.is_stopped();
        let mut all = Vec::new();
        for policy in self.policies() {
            let run = Run {
                options: self,
                solver: self.solver_of(program, &is_stopped),
                other: other.map(|other| self.solver_of(other, &is_stopped)),
                interrupt,
            };
            let started = Instant::now();
            let proved = progress::of_proof(&policy.name, &run.solver.answered, || run.policy(&policy));
            let proved = Proved { time: started.elapsed(), ..proved? };
            reports.event(Event::PolicyProved(&proved))?;
            if self.expect_kept && proved.is_any_broken() {
                interrupt.record_finding();
            }
            all.push(proved);
            if is_stopped() {
                break;
            }
        }
        if self.all_policies {
            reports.event(Event::ProofsCompared(&all))?;
        }
        let doubts =
            all.iter().flat_map(|proved| proved.doubts().map(|why| format!("{}: {why}", proved.policy)));
        for why in doubts.collect::<Vec<_>>() {
            print_error(format_args!("inconclusive: {}", sanitize::line(&why)));
            reports.event(Event::RunIncomplete(&why))?;
        }
        Ok(Exit::from(Ending {
            has_new_finding: self.expect_kept && all.iter().any(Proved::is_any_broken),
            is_inconclusive: all.iter().any(|proved| proved.doubts().next().is_some()),
        }))
    }

    fn program(&self) -> Result<Program, CliError> {
        match self.solver {
            Some(program) => installed(program),
            None => Program::installed().ok_or_else(|| no_solver("neither z3 nor cvc5 can be started")),
        }
    }

    fn solver_of<'a>(&self, program: Program, is_stopped: &'a (dyn Fn() -> bool + Sync)) -> Solver<'a> {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Solver {
            program,
            limit: self.question_time,
            jobs: self.jobs.map_or_else(cores, NonZeroUsize::get),
            is_stopped,
            answered: AtomicUsize::new(0),
            hung: AtomicUsize::new(0),
        }
    }

    fn policies(&self) -> Vec<NamedArg<PolicySpec>> {
        let preset = |preset: Preset| NamedArg::new(preset.name(), PolicySpec::Preset(preset));
        match &self.policy {
            _ if self.all_policies => Preset::ALL.iter().copied().map(preset).collect(),
            Some(policy) => vec![policy.clone()],
            None => vec![preset(Preset::MessengerKids)],
        }
    }

    fn promises(&self) -> Vec<Promise> {
        args::set_or_all(&self.promises).iter().collect()
    }
}

fn installed(program: Program) -> Result<Program, CliError> {
    match program.version() {
        Ok(_) => Ok(program),
        Err(error) => Err(no_solver(&format!("{program} cannot be started: {error}"))),
    }
}

fn other_than(program: Program) -> Result<Program, CliError> {
    let mut others = Program::ALL.iter().copied().filter(|other| *other != program);
    installed(others.next().expect("there are two solvers"))
}

fn no_solver(why: &str) -> CliError {
    CliError::Unanswered(Failure::Indefinite(format!(
        "{why}. A proof needs a solver on the path: `apt-get install z3` or `apt-get install cvc5` on Debian and Ubuntu, `brew install z3` on macOS"
    )))
}

/// The proof of one policy.
struct Run<'a> {
    options: &'a Prove,
    solver: Solver<'a>,
    other: Option<Solver<'a>>,
    interrupt: &'a Interrupt,
}

impl Run<'_> {
    fn policy(&self, named: &NamedArg<PolicySpec>) -> Result<Proved, CliError> {
        let policy = named.value.policy();
        let proof = prove(&policy, &self.options.promises(), None, &self.solver)?;
        let mut questions = proof.questions.clone();
        let mut results = Vec::new();
        for (promise, claim) in &proof.promises {
            results.push((*promise, self.result(&policy, &proof, *promise, claim)?));
        }
        let races = match self.options.races {
            true => Some(self.races(&policy, &proof, &mut questions)?),
            false => None,
        };
        if let Some(folder) = &self.options.out {
            write_questions(&folder.join(file_name(&named.name)), &questions)?;
        }
        Ok(Proved {
            policy: named.name.clone(),
            solver: self.solver.program.version().unwrap_or_default(),
            asked: questions.len(),
            invariant: proof.invariant,
            never: proof
                .fires
                .iter()
                .filter(|fires| fires.1 == Answer::Impossible)
                .map(|fires| fires.0)
                .collect(),
            unclear: proof.fires.into_iter().filter_map(unclear).collect(),
            matched: matched(&named.value, &results),
            results,
            unknown_races: races.as_ref().map_or(Vec::new(), |races| races.unknown.clone()),
            races: races.map(|races| races.races),
            recheck: self.recheck(&questions)?,
            time: Duration::ZERO,
            is_expected_kept: self.options.expect_kept,
            is_one_of_many: self.options.all_policies,
        })
    }

    fn result(
        &self,
        policy: &Policy,
        proof: &Proof,
        promise: Promise,
        claim: &Claim,
    ) -> Result<ProofResult, CliError> {
        let at = match claim {
            Claim::Proved => return Ok(ProofResult::Proved),
            Claim::Unknown(why) => return Ok(ProofResult::Unknown(why.clone())),
            Claim::NotInductive(at) => *at,
        };
        let setup = self.setup(policy);
        let search = PolicySearch {
            promises: EnumSet::from_iter([promise]),
            depth: self.options.depth.map(Into::into),
            stop_at_first: true,
            ..PolicySearch::new(setup)
        };
        let exploration = explore(&search, &self.interrupt.search);
        let names = self.options.cast.value.named_cast().with_groups(Names::numbered(setup.groups));
        if let PromiseResult::Broken(commands) = exploration.result_of(promise) {
            return Ok(ProofResult::Broken { setup, names, commands: commands.clone() });
        }
        let cases = Case::all(policy, None);
        let witness =
            counterexample_to_induction(policy, &proof.invariant, &cases[at], promise, &self.solver)?;
        Ok(ProofResult::NotInductive {
            command: cases[at].command.kind,
            policy: *policy,
            witness: witness.map(Box::new),
            searched: Searched {
                cast: self.options.cast.name.clone(),
                groups: setup.groups,
                judged: exploration.judged,
            },
        })
    }

    fn setup(&self, policy: &Policy) -> Setup {
        let cast = self.options.cast.value.named_cast().cast;
        Setup { cast, groups: self.options.groups.into(), policy: *policy }
    }

    /// The races of the promises that are proved without them, each with a history if one is found soon.
    fn races(
        &self,
        policy: &Policy,
        proof: &Proof,
        questions: &mut Vec<(Question, Answer)>,
    ) -> Result<FoundRaces, CliError> {
        let proved = proof.promises.iter().filter(|(_, claim)| *claim == Claim::Proved);
        let proved: Vec<Promise> = proved.map(|(promise, _)| *promise).collect();
        let found = races(policy, &proof.invariant, &proved, &self.solver)?;
        questions.extend(found.questions);
        let setup = self.setup(policy);
        let histories = race_histories(&setup, &found.races, &|| self.interrupt.search.is_stopped());
        let names = self.options.cast.value.named_cast().with_groups(Names::numbered(setup.groups));
        let shown = found.races.into_iter().zip(histories);
        let shown = shown.map(|(race, history)| FoundRace { race, history, setup, names: names.clone() });
        Ok(FoundRaces { races: shown.collect(), unknown: found.unknown })
    }

    /// Asks the other solver every question.
    fn recheck(&self, questions: &[(Question, Answer)]) -> Result<Option<Recheck>, CliError> {
        let Some(other) = &self.other else { return Ok(None) };
        let asked: Vec<Question> = questions.iter().map(|(question, _)| question.clone()).collect();
        let answers = other.ask_all(&asked)?;
        let mut recheck = Recheck {
            solver: other.program.version().unwrap_or_default(),
            agreed: 0,
            differ: Vec::new(),
            unanswered: Vec::new(),
        };
        for ((question, first), second) in questions.iter().zip(answers) {
            match (first, second) {
                (Answer::Impossible, Answer::Impossible) | (Answer::Possible(_), Answer::Possible(_)) => {
                    recheck.agreed += 1;
                }
                (Answer::Unknown(_), _) | (_, Answer::Unknown(_)) => {
                    recheck.unanswered.push(question.name.clone());
                }
                _ => recheck.differ.push(question.name.clone()),
            }
        }
        Ok(Some(recheck))
    }
}

/// Each broken promise, as a finding of the policy. There is no baseline for proofs.
fn matched(policy: &PolicySpec, results: &[(Promise, ProofResult)]) -> Vec<(Promise, BaselineMatch)> {
    let (subject, mut baseline) = (Subject::new(policy, None, None), Baseline::default());
    let broken = results.iter().filter(|(_, result)| matches!(result, ProofResult::Broken { .. }));
    broken
        .map(|(promise, _)| (*promise, baseline.match_finding(subject.broken_by_policy(*promise))))
        .collect()
}

/// The races of a policy, and those of which the solver does not know.
struct FoundRaces {
    races: Vec<FoundRace>,
    unknown: Vec<(Race, String)>,
}

/// A command of which it is not known whether it can be allowed.
fn unclear<T>((kind, answer): (T, Answer)) -> Option<(T, String)> {
    match answer {
        Answer::Unknown(why) => Some((kind, why)),
        Answer::Possible(_) | Answer::Impossible => None,
    }
}

/// The name of a policy as the name of a folder.
fn file_name(policy: &str) -> String {
    let stem = Path::new(policy).file_stem().unwrap_or_default().to_string_lossy();
    stem.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect()
}

/// Writes each question with the answer that the solver gave, which another solver then checks.
fn write_questions(folder: &Path, questions: &[(Question, Answer)]) -> Result<(), CliError> {
    fs::create_dir_all(folder)?;
    let mut written = std::collections::HashMap::new();
    for (question, answer) in questions {
        let status = match answer {
            Answer::Impossible => "unsat",
            Answer::Possible(_) => "sat",
            Answer::Unknown(_) => "unknown",
        };
        let number = written.entry(question.name.clone()).or_insert(0);
        *number += 1;
        let name = match number {
            1 => question.name.clone(),
            number => format!("{}-{number}", question.name),
        };
        let text = question
            .text
            .replace("(set-logic UF)\n", &format!("(set-info :status {status})\n(set-logic UF)\n"));
        fs::write(folder.join(format!("{name}.smt2")), text)?;
    }
    Ok(())
}
