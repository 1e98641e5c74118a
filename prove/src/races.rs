//! Races: two commands that are both decided on the same state and then carried out one after the other.
//! Each alone keeps every promise. Together they may break one, and then the service must not decide the
//! second before the first is done.

use std::io;

use chatwarden_model::{CommandKind, Policy, Promise, named_enum};

use crate::case::{Case, Invariant, broken};
use crate::induction::{Ask, Prover, facts_of};
use crate::solver::{Answer, Question, Solver};
use crate::symbolic::Symbolic;
use crate::term::Term;

named_enum! {
    /// How two commands that were decided on the same state are carried out.
    pub enum Isolation {
        Stale = "stale": "one after the other, and the second is not decided again",
        Snapshot = "snapshot": "both on the old state, as under snapshot isolation; two that change the same are a conflict, and left out",
    }
}

/// Two kinds of commands that break a promise together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Race {
    /// The promise.
    pub promise: Promise,
    /// How they are carried out.
    pub isolation: Isolation,
    /// The command that is carried out first; under snapshot isolation there is no order.
    pub first: CommandKind,
    /// The command that is carried out second.
    pub second: CommandKind,
}

/// All races under a policy.
#[derive(Clone, Debug)]
pub struct Races {
    /// The races that are possible.
    pub races: Vec<Race>,
    /// Those of which the solver does not know, with its reason.
    pub unknown: Vec<(Race, String)>,
    /// The questions, and the answers.
    pub questions: Vec<(Question, Answer)>,
}

/// Two commands on any state, and the formulas that say which promises they break.
struct Pair {
    race: Race,
    name: String,
    formulas: Vec<(String, Term)>,
    broken: Term,
}

/// The races under a policy, in states with the facts of its invariant.
///
/// A promise that does not hold without races is of no use here.
///
/// # Errors
/// If the solver cannot be started.
pub fn races(
    policy: &Policy,
    facts: &[Invariant],
    promises: &[Promise],
    solver: &Solver<'_>,
) -> io::Result<Races> {
    let before = Symbolic::any(policy);
    let (first, second) = (Case::each(&before, None, 0), Case::each(&before, None, 1));
    let assumed = first.first().map_or(Vec::new(), |case| facts_of(facts, case));
    let mut pairs = Vec::new();
    for one in &first {
        for other in &second {
            let mut formulas = assumed.clone();
            formulas.push((format!("{} is allowed", one.command.kind), one.allowed));
            formulas.push((format!("{} is allowed as well", other.command.kind), other.allowed));
            for promise in promises {
                pairs.extend(stale(one, other, *promise, &formulas));
                pairs.extend(snapshot(one, other, *promise, &formulas));
            }
        }
    }
    pairs.retain(|pair| !pair.broken.is(false));
    answered(pairs, solver)
}

/// The second command is carried out on the state after the first.
fn stale<'a>(
    one: &Case<'a>,
    other: &Case<'a>,
    promise: Promise,
    formulas: &[(String, Term)],
) -> Option<Pair> {
    if !promise.is_judged_after(true) {
        return None;
    }
    let mut after = one.after.clone();
    let delivered = CommandKind::carry_out(&mut after, &other.command);
    let broken = broken(promise, &one.after, &other.command, delivered, &after);
    Some(pair(one, other, promise, Isolation::Stale, formulas, broken))
}

/// Both commands are carried out on the same state. Only promises about a state can be broken by the two
/// together: each effect is as without the other.
fn snapshot(one: &Case<'_>, other: &Case<'_>, promise: Promise, formulas: &[(String, Term)]) -> Option<Pair> {
    if !Invariant::candidates().contains(&Invariant::Promise(promise))
        || one.command.kind > other.command.kind
    {
        return None;
    }
    let (after, conflict) = one.before.merged(&one.after, &other.after);
    let mut formulas = formulas.to_vec();
    formulas.push(("they do not change the same".into(), !conflict));
    let broken = !Invariant::Promise(promise).holds(&after);
    Some(pair(one, other, promise, Isolation::Snapshot, &formulas, broken))
}

fn pair(
    one: &Case<'_>,
    other: &Case<'_>,
    promise: Promise,
    isolation: Isolation,
    formulas: &[(String, Term)],
    broken: Term,
) -> Pair {
    Pair {
        race: Race { promise, isolation, first: one.command.kind, second: other.command.kind },
        name: format!("{isolation}-{}-{}-{promise}", one.name, other.name),
        formulas: formulas.to_vec(),
        broken,
    }
}

fn answered(pairs: Vec<Pair>, solver: &Solver<'_>) -> io::Result<Races> {
    let mut prover = Prover { cases: &[], solver, questions: Vec::new() };
    let asks: Vec<Ask> = pairs
        .iter()
        .map(|pair| {
            let Race { promise, first, second, .. } = pair.race;
            let mut formulas = pair.formulas.clone();
            formulas.push((format!("{promise} is broken"), pair.broken));
            let about = format!("Can {first} and {second}, both decided on the same state, break {promise}?");
            Ask { name: pair.name.clone(), about, formulas }
        })
        .collect();
    let answers = prover.ask(&asks)?;
    let (mut races, mut unknown) = (Vec::new(), Vec::new());
    for (pair, answer) in pairs.iter().zip(answers) {
        match answer {
            Answer::Impossible => {}
            Answer::Possible(_) => races.push(pair.race),
            Answer::Unknown(why) => unknown.push((pair.race, why)),
        }
    }
    races.sort_unstable();
    races.dedup();
    Ok(Races { races, unknown, questions: prover.questions })
}
