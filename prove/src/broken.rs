//! The search for breaches of a promise, read as a formula.

use chatwarden_model::Search;

use crate::relation::Sort;
use crate::symbolic::{Symbolic, User, Users};
use crate::term::{Term, Var};

/// Collects the formulas of which one is true if a promise is broken.
#[derive(Default, Debug)]
pub(crate) struct Broken {
    /// What is searched through at present: a variable, or a condition.
    path: Vec<Step>,
    found: Vec<Term>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Something(Var),
    If(Term),
}

impl Broken {
    /// The promise is broken.
    pub(crate) fn term(self) -> Term {
        Term::or(self.found)
    }

    fn search(&mut self, step: Step, search: impl FnOnce(&mut Self)) {
        self.path.push(step);
        search(self);
        self.path.pop();
    }
}

impl<'a> Search<Symbolic<'a>> for Broken {
    fn each(&mut self, users: Users, mut search: impl FnMut(&mut Self, User)) {
        for (user, is_in) in users.members() {
            self.search(Step::Something(user.var()), |broken| {
                broken.search(Step::If(is_in), |broken| search(broken, user));
            });
        }
    }

    fn each_pair(&mut self, users: Users, mut search: impl FnMut(&mut Self, User, User)) {
        Search::<Symbolic<'a>>::each(self, users, |broken, one| {
            Search::<Symbolic<'a>>::each(broken, users, |broken, other| {
                let differ = !Term::same(one.var(), other.var());
                broken.search(Step::If(differ), |broken| search(broken, one, other));
            });
        });
    }

    fn each_group(&mut self, _: &Symbolic<'a>, mut search: impl FnMut(&mut Self, Var)) {
        let group = Var::fresh(Sort::Group);
        self.search(Step::Something(group), |broken| search(broken, group));
    }

    fn when(&mut self, condition: Term, search: impl FnOnce(&mut Self)) {
        self.search(Step::If(condition), search);
    }

    fn breach(&mut self, found: Term, _: Option<Var>, _: Users) {
        let term = self.path.iter().rev().fold(found, |term, step| match *step {
            Step::Something(var) => Term::any(var, term),
            Step::If(condition) => condition & term,
        });
        self.found.push(term);
    }
}
