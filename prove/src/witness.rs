//! A situation from a solver, as users, groups and commands of the model, and checked by the model.

use std::io;

use chatwarden_model::{
    Arguments, Cast, Command, Field, Group, Kind, Link, Policy, Promise, Request, State, Transition,
    User as ModelUser, UserSet, step,
};

use crate::case::{Case, Invariant};
use crate::ground::{Situation, smallest_situation};
use crate::induction::allowed;
use crate::relation::{Relation, Sort};
use crate::solver::Solver;
use crate::symbolic::{Symbolic, User};
use crate::term::{Term, Var};

/// The most persons of a situation.
const MOST_PERSONS: usize = 5;

/// A state from which a command breaks a promise. It has the facts of an invariant, but commands may not
/// lead to it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The users.
    pub cast: Cast,
    /// The number of groups.
    pub groups: usize,
    /// The state.
    pub state: State,
    /// The commands: one, or two that are decided on the same state.
    pub commands: Vec<Command>,
}

/// The smallest situation with the facts from which the command of the case breaks the promise. Nothing if
/// there is none with few users, or if the model does not confirm it.
///
/// # Errors
/// If the solver cannot be started.
pub fn counterexample_to_induction(
    policy: &Policy,
    facts: &[Invariant],
    case: &Case<'_>,
    promise: Promise,
    solver: &Solver<'_>,
) -> io::Result<Option<Witness>> {
    let mut facts = facts.to_vec();
    let own = Invariant::Promise(promise);
    if Invariant::candidates().contains(&own) && !facts.contains(&own) {
        facts.push(own);
    }
    let mut formulas = allowed(&facts, case);
    formulas.extend(well_formed(&case.before));
    formulas.push((String::new(), case.breaks(promise)));
    let Some(situation) = smallest_situation(&formulas, MOST_PERSONS, solver)? else { return Ok(None) };
    let witness = Decoder::new(&situation).witness(&[&case.command]);
    Ok(breaks(policy, promise, &witness).then_some(witness))
}

/// Whether the model confirms that the command breaks the promise.
fn breaks(policy: &Policy, promise: Promise, witness: &Witness) -> bool {
    let (mut after, command) = (witness.state, &witness.commands[0]);
    let outcome = step(&mut after, policy, command);
    let before = &witness.state;
    let transition =
        Transition { policy, before, command, allowed: true, delivered: outcome.delivered, after: &after };
    outcome.decision.is_allowed() && promise.first_breach(&transition).is_some()
}

/// What is true of every state of the model and needs no proof: each child has a guardian, and an invitation
/// an inviter. A proof does not use it, because it could make the questions undecidable.
pub(crate) fn well_formed(state: &Symbolic<'_>) -> Vec<(String, Term)> {
    let [child, invited, inviter] = [(); 3].map(|()| Var::fresh(Sort::Person));
    let (guardian, group) = (Var::fresh(Sort::Guardian), Var::fresh(Sort::Group));
    let guarded = Term::any(guardian, state.holds(Relation::Guardians, &[child, guardian]));
    let guarded = Term::or([Term::atom(Relation::Child, &[child]).negated(), guarded]);
    let issued = Term::any(inviter, state.holds(Relation::Inviter, &[group, invited, inviter]));
    let issued = Term::or([state.holds(Relation::Invited, &[group, invited]).negated(), issued]);
    let issued = Term::all(group, Term::all(invited, issued));
    vec![(String::new(), Term::all(child, guarded)), (String::new(), issued)]
}

/// Users and groups of the model for the numbers of a situation: children, then adults, then guardians.
pub(crate) struct Decoder<'a> {
    situation: &'a Situation,
    persons: Vec<ModelUser>,
    guardians: Vec<ModelUser>,
    cast: Cast,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(situation: &'a Situation) -> Self {
        let size = situation.size;
        let is_child = |person: &usize| situation.facts.contains(&(Relation::Child, vec![*person]));
        let (children, adults): (Vec<_>, Vec<_>) = (0..size.persons).partition(is_child);
        let mut persons = vec![ModelUser::new(0); size.persons];
        for (person, user) in children.iter().chain(&adults).zip(size.guardians..) {
            persons[*person] = ModelUser::new(user);
        }
        let guardians: Vec<_> = (0..size.guardians).map(ModelUser::new).collect();
        let mut cast = Cast::default();
        guardians.iter().for_each(|_| {
            cast.add(Kind::Guardian, UserSet::EMPTY);
        });
        for child in &children {
            let of =
                |guardian: &usize| situation.facts.contains(&(Relation::Guardians, vec![*child, *guardian]));
            let own = (0..size.guardians).filter(of).map(|guardian| guardians[guardian]);
            cast.add(Kind::Child, own.collect());
        }
        adults.iter().for_each(|_| {
            cast.add(Kind::Adult, UserSet::EMPTY);
        });
        Decoder { situation, persons, guardians, cast }
    }

    pub(crate) fn witness(&self, commands: &[&Request<Symbolic<'_>>]) -> Witness {
        let commands = commands.iter().zip(0..).map(|(request, number)| self.command(request, number));
        Witness {
            cast: self.cast,
            groups: self.situation.size.groups,
            state: self.state(),
            commands: commands.collect(),
        }
    }

    fn state(&self) -> State {
        let mut state: State = State::new(&self.cast);
        for (relation, numbers) in &self.situation.facts {
            let person = |at: usize| self.persons[numbers[at]];
            let group = |at: usize| Group::new(numbers[at]);
            match relation {
                Relation::Child | Relation::With(_) | Relation::Condition(..) | Relation::Guardians => {}
                Relation::Approvals => {
                    state.approvals_mut(person(0), person(1)).insert(self.guardians[numbers[2]]);
                }
                Relation::Blocks => state.blocks_mut(person(0)).insert(person(1)),
                Relation::Phase(phase) => state.group_mut(group(0)).phase = *phase,
                Relation::Link => state.group_mut(group(0)).link = Link::Open,
                Relation::Owner => state.group_mut(group(0)).owner = Some(person(1)),
                Relation::Members => state.group_mut(group(0)).members.insert(person(1)),
                Relation::Banned => state.group_mut(group(0)).banned.insert(person(1)),
                Relation::Invited => {}
                Relation::Inviter => state.group_mut(group(0)).invite(person(1), person(2)),
            }
        }
        state
    }

    fn command(&self, request: &Request<Symbolic<'_>>, number: u8) -> Command {
        let mut arguments = Decoded { decoder: self, request, number };
        let Ok(command) = request.kind.build(&mut arguments);
        command
    }

    fn user(&self, user: User) -> ModelUser {
        let number = self.situation.values.get(&user.var()).copied().unwrap_or(0);
        match user {
            User::Person(_) => self.persons[number],
            User::Guardian(_) => self.guardians[number],
        }
    }
}

struct Decoded<'a, 'p> {
    decoder: &'a Decoder<'a>,
    request: &'a Request<Symbolic<'p>>,
    number: u8,
}

impl Arguments for Decoded<'_, '_> {
    type Error = std::convert::Infallible;

    fn user(&mut self, field: Field) -> Result<ModelUser, Self::Error> {
        let user = match field {
            Field::By => self.request.by,
            Field::Child => self.request.child(),
            _ => self.request.target(),
        };
        Ok(self.decoder.user(user))
    }

    fn users(&mut self, _: Field) -> Result<UserSet, Self::Error> {
        let facts = &self.decoder.situation.facts;
        let is_in = |person: &usize| facts.contains(&(Relation::With(self.number), vec![*person]));
        let persons = (0..self.decoder.persons.len()).filter(is_in);
        Ok(persons.map(|person| self.decoder.persons[person]).collect())
    }

    fn group(&mut self, _: Field) -> Result<Group, Self::Error> {
        let number = self.decoder.situation.values.get(&self.request.group()).copied().unwrap_or(0);
        Ok(Group::new(number))
    }
}
