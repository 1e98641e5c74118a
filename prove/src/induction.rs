//! The proof: the strongest invariant of the candidates that commands keep, and the promises that follow
//! from it.

use std::io;

use chatwarden_model::{CommandKind, NamedEnum, Policy, Promise};

use crate::case::{Case, Invariant, Mutant};
use crate::smt;
use crate::solver::{Answer, Question, Solver};
use crate::symbolic::Symbolic;
use crate::term::Term;

/// What is known of a policy, for any number of users, guardians and groups.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The facts that are true at the start and that every command keeps.
    pub invariant: Vec<Invariant>,
    /// The kinds of commands that can be allowed in a state with these facts, and the others.
    pub fires: Vec<(CommandKind, Answer)>,
    /// The result for each promise that was asked for.
    pub promises: Vec<(Promise, Claim)>,
    /// The questions on which it rests, and the answers.
    pub questions: Vec<(Question, Answer)>,
}

/// The result for a promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It is kept in every history.
    Proved,
    /// In a state with the facts, a command breaks it: that of this case. The state may be out of reach.
    NotInductive(usize),
    /// The solver gave no answer, for this reason.
    Unknown(String),
}

/// Proves what can be proved of the promises under a policy, with the rules but for what the mutant drops.
///
/// # Errors
/// If the solver cannot be started.
///
/// # Panics
/// As [`Case::all`] does for some mutants.
pub fn prove(
    policy: &Policy,
    promises: &[Promise],
    mutant: Option<Mutant>,
    solver: &Solver<'_>,
) -> io::Result<Proof> {
    let cases = Case::all(policy, mutant);
    let mut prover = Prover { cases: &cases, solver, questions: Vec::new() };
    let invariant = prover.invariant(policy)?;
    let fires = prover.fires(&invariant)?;
    let mut claims = Vec::new();
    for promise in promises {
        claims.push((*promise, prover.claim(&invariant, *promise)?));
    }
    Ok(Proof { invariant, fires, promises: claims, questions: prover.questions })
}

pub(crate) struct Prover<'a> {
    pub(crate) cases: &'a [Case<'a>],
    pub(crate) solver: &'a Solver<'a>,
    pub(crate) questions: Vec<(Question, Answer)>,
}

/// The formulas that say that the facts are true of the state before the command.
pub(crate) fn facts_of(facts: &[Invariant], case: &Case<'_>) -> Vec<(String, Term)> {
    facts.iter().map(|fact| (fact.about().into(), case.fact_before(*fact))).collect()
}

/// Formulas of which is asked whether they can be true at once.
pub(crate) struct Ask {
    /// A name for the file.
    pub(crate) name: String,
    /// The question in words.
    pub(crate) about: String,
    pub(crate) formulas: Vec<(String, Term)>,
}

impl<'a> Prover<'a> {
    /// The answers. What is plain without a solver is not asked.
    pub(crate) fn ask(&mut self, asks: &[Ask]) -> io::Result<Vec<Answer>> {
        let is_plain = |ask: &&Ask| ask.formulas.iter().any(|(_, term)| term.is(false));
        let text = |ask: &Ask| smt::question(&ask.about, &ask.formulas);
        let asked = asks.iter().filter(|ask| !is_plain(ask));
        let questions: Vec<_> =
            asked.map(|ask| Question { name: ask.name.clone(), text: text(ask) }).collect();
        let answers = self.solver.ask_all(&questions)?;
        let mut pairs = questions.into_iter().zip(answers);
        let answer = |ask: &Ask| {
            if is_plain(&ask) {
                return Answer::Impossible;
            }
            let (question, answer) = pairs.next().expect("it was asked");
            self.questions.push((question, answer.clone()));
            answer
        };
        Ok(asks.iter().map(answer).collect())
    }

    /// The largest set of candidates that is true at the start and kept by every command (Houdini).
    fn invariant(&mut self, policy: &Policy) -> io::Result<Vec<Invariant>> {
        let mut facts = Invariant::candidates();
        let start = Symbolic::start(policy);
        let at_start = facts.iter().map(|fact| Ask {
            name: format!("start-{}", fact.name()),
            about: "Can the fact be false at the start?".into(),
            formulas: vec![(not(*fact), !fact.holds(&start))],
        });
        let answers = self.ask(&at_start.collect::<Vec<_>>())?;
        retain(&mut facts, &answers);
        let at_start = std::mem::take(&mut self.questions);
        loop {
            let kept = self.kept(&facts)?;
            if kept == facts || (self.solver.is_stopped)() {
                let of_facts = |name: &str| facts.iter().any(|fact| name == format!("start-{}", fact.name()));
                self.questions.extend(at_start.into_iter().filter(|(question, _)| of_facts(&question.name)));
                return Ok(facts);
            }
            self.questions.clear();
            facts = kept;
        }
    }

    /// Those of the facts that every command keeps in a state with all of them.
    fn kept(&mut self, facts: &[Invariant]) -> io::Result<Vec<Invariant>> {
        let keeps = |case: &Case<'a>, facts: &[Invariant]| {
            let mut formulas = allowed(facts, case);
            let (names, after): (Vec<_>, Vec<_>) =
                facts.iter().map(|fact| (fact.name(), case.fact_after(*fact))).unzip();
            formulas.push((format!("not: {}", names.join(", ")), !Term::and(after)));
            formulas
        };
        let about = |case: &Case<'a>| format!("Can {} make a fact false?", case.command.kind);
        let together = self.cases.iter().map(|case| Ask {
            name: format!("keeps-{}", case.name),
            about: about(case),
            formulas: keeps(case, facts),
        });
        let answers = self.ask(&together.collect::<Vec<_>>())?;
        let doubtful = self.cases.iter().zip(answers).filter(|(_, answer)| *answer != Answer::Impossible);
        let (mut each, mut fact_of) = (Vec::new(), Vec::new());
        for (case, _) in doubtful {
            for fact in facts {
                let mut formulas = allowed(facts, case);
                formulas.push((not(*fact), !case.fact_after(*fact)));
                each.push(Ask {
                    name: format!("keeps-{}-{}", case.name, fact.name()),
                    about: about(case),
                    formulas,
                });
                fact_of.push(*fact);
            }
        }
        let answers = self.ask(&each)?;
        let is_lost = |fact: &Invariant| {
            let mut answers = fact_of.iter().zip(&answers);
            answers.any(|(other, answer)| other == fact && *answer != Answer::Impossible)
        };
        Ok(facts.iter().copied().filter(|fact| !is_lost(fact)).collect())
    }

    /// Which commands can be allowed in a state with the facts.
    fn fires(&mut self, facts: &[Invariant]) -> io::Result<Vec<(CommandKind, Answer)>> {
        let asks = self.cases.iter().map(|case| Ask {
            name: format!("fires-{}", case.name),
            about: format!("Can {} be allowed?", case.command.kind),
            formulas: allowed(facts, case),
        });
        let answers = self.ask(&asks.collect::<Vec<_>>())?;
        let of_kind = |kind: CommandKind| {
            let cases = self.cases.iter().zip(&answers).filter(|(case, _)| case.command.kind == kind);
            let rank = |answer: &&Answer| match answer {
                Answer::Impossible => 0,
                Answer::Unknown(_) => 1,
                Answer::Possible(_) => 2,
            };
            cases.map(|(_, answer)| answer).max_by_key(rank).cloned().unwrap_or(Answer::Impossible)
        };
        Ok(CommandKind::ALL.iter().map(|kind| (*kind, of_kind(*kind))).collect())
    }

    /// Whether the promise follows from the facts.
    fn claim(&mut self, facts: &[Invariant], promise: Promise) -> io::Result<Claim> {
        // Whoever asks how a promise about a state comes to be broken wants it to be whole before.
        let own = Invariant::Promise(promise);
        let before = if Invariant::candidates().contains(&own) && !facts.contains(&own) {
            &[facts, &[own]].concat()
        } else {
            facts
        };
        let ask = |case: &Case<'a>, way: &str, mut formulas: Vec<(String, Term)>, broken: Term| {
            formulas.push((format!("{promise} is broken"), broken));
            Ask {
                name: format!("{promise}-{}{way}", case.name),
                about: format!("Can {} break the promise {promise}?", case.command.kind),
                formulas,
            }
        };
        let asks: Vec<Ask> = self
            .cases
            .iter()
            .flat_map(|case| {
                let refused = facts_of(before, case);
                [
                    ask(case, "", allowed(before, case), case.breaks(promise)),
                    ask(case, "-refused", refused, case.refusal_breaks(promise)),
                ]
            })
            .collect();
        let answers = self.ask(&asks)?;
        if let Some(at) = answers.iter().position(|answer| matches!(answer, Answer::Possible(_))) {
            return Ok(Claim::NotInductive(at / 2));
        }
        Ok(answers.into_iter().find_map(unknown).unwrap_or(Claim::Proved))
    }
}

/// The state before has the facts, and the command is allowed.
pub(crate) fn allowed(facts: &[Invariant], case: &Case<'_>) -> Vec<(String, Term)> {
    let mut formulas = facts_of(facts, case);
    formulas.push((format!("{} is allowed", case.command.kind), case.allowed));
    formulas
}

fn unknown(answer: Answer) -> Option<Claim> {
    match answer {
        Answer::Unknown(why) => Some(Claim::Unknown(why)),
        _ => None,
    }
}

fn not(fact: Invariant) -> String {
    format!("not: {}", fact.about())
}

fn retain(facts: &mut Vec<Invariant>, answers: &[Answer]) {
    let mut answers = answers.iter();
    facts.retain(|_| answers.next() == Some(&Answer::Impossible));
}
