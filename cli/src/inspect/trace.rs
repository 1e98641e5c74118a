//! A history as a driver answered it, without any model beside it; and where two of them part.

use chatwarden_model::{Command, EnumSet, NamedEnum, Setup};

use chatwarden::adapter::{Adapter, Answer, Failure, Observation, Part};

/// When it is observed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Looks {
    /// After the reset and after each command.
    Always,
    /// The same, and at once again.
    Twice,
    /// After each command, as a run does it that was announced.
    AfterCommands,
    /// Only after the last command.
    AtTheEnd,
}

/// What was answered and seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ObservedRun {
    /// What was seen after the reset, where it was looked at.
    pub(super) start: Option<Observation>,
    /// The first step at which two looks in a row saw different things; inside, none for the start.
    pub(super) restless: Option<Option<usize>>,
    /// The answers; none to what is not supported.
    answers: Vec<Option<Answer>>,
    /// What was seen after each command, where it was looked at.
    seen: Vec<Option<Observation>>,
}

/// Where two traces part, and in what.
pub(super) struct Difference {
    /// The step; none for the start.
    pub(super) at: Option<usize>,
    pub(super) what: String,
}

impl ObservedRun {
    /// Takes a driver through a history.
    pub(super) fn of(
        driver: &mut impl Adapter,
        setup: &Setup,
        commands: &[Command],
        looks: Looks,
    ) -> Result<Self, Failure> {
        driver.reset(setup)?;
        let mut trace = ObservedRun { start: None, restless: None, answers: Vec::new(), seen: Vec::new() };
        if matches!(looks, Looks::Always | Looks::Twice) {
            trace.start = Some(trace.look(driver, looks, None)?);
        }
        for (at, command) in commands.iter().enumerate() {
            let answer = match driver.apply(command) {
                Ok(answer) => Some(answer),
                Err(Failure::Unsupported) => None,
                Err(failure) => return Err(failure),
            };
            let wanted = looks != Looks::AtTheEnd || at + 1 == commands.len();
            let seen =
                if wanted && answer.is_some() { Some(trace.look(driver, looks, Some(at))?) } else { None };
            trace.answers.push(answer);
            trace.seen.push(seen);
        }
        Ok(trace)
    }

    /// What can be seen at a step.
    fn look(
        &mut self,
        driver: &mut impl Adapter,
        looks: Looks,
        at: Option<usize>,
    ) -> Result<Observation, Failure> {
        let (mut seen, mut again) = (Observation::default(), Observation::default());
        driver.observe(&mut seen)?;
        if looks == Looks::Twice {
            driver.observe(&mut again)?;
            if again != seen {
                self.restless.get_or_insert(at);
            }
        }
        Ok(seen)
    }

    /// The steps that were allowed.
    pub(super) fn allowed(&self) -> impl Iterator<Item = usize> {
        let allowed =
            |(at, answer): (usize, &Option<Answer>)| answer.is_some_and(Answer::is_allowed).then_some(at);
        self.answers.iter().enumerate().filter_map(allowed)
    }

    /// The first step that was said not to be supported.
    pub(super) fn unsupported(&self) -> Option<usize> {
        self.answers.iter().position(Option::is_none)
    }

    /// The first step, of those of both, at which they differ in the answer or in what both looked at.
    pub(super) fn difference(&self, other: &ObservedRun, observes: EnumSet<Part>) -> Option<Difference> {
        if let Some(what) = seen_difference(self.start.as_ref(), other.start.as_ref(), observes) {
            return Some(Difference { at: None, what });
        }
        (0..self.answers.len()).find_map(|at| {
            let (one, two) = (self.answers[at], other.answers[at]);
            let what = if one == two {
                seen_difference(self.seen[at].as_ref(), other.seen[at].as_ref(), observes)
            } else {
                Some(format!("it was {}, and now {}", answered(one), answered(two)))
            };
            what.map(|what| Difference { at: Some(at), what })
        })
    }
}

fn answered(answer: Option<Answer>) -> &'static str {
    match answer {
        Some(Answer::Allow { delivered }) if delivered.is_empty() => "allowed",
        Some(Answer::Allow { .. }) => "allowed and delivered",
        Some(Answer::Deny) => "refused",
        None => "not supported",
    }
}

/// In which parts two observations differ, if both were made.
fn seen_difference(
    one: Option<&Observation>,
    two: Option<&Observation>,
    observes: EnumSet<Part>,
) -> Option<String> {
    let (one, two) = (one?, two?);
    let parts = observes.iter().filter(|part| match part {
        Part::Contacts => one.contacts != two.contacts,
        Part::Blocks => one.blocks != two.blocks,
        of_groups => one.groups.iter().zip(&two.groups).any(|(one, two)| match of_groups {
            Part::Members => one.members != two.members,
            Part::Invited => one.invited != two.invited,
            Part::Phase => one.phase != two.phase,
            Part::Owner => one.owner != two.owner,
            Part::Banned => one.banned != two.banned,
            _ => one.link != two.link,
        }),
    });
    let parts: Vec<_> = parts.map(NamedEnum::name).collect();
    (!parts.is_empty()).then(|| format!("otherwise observed: {}", parts.join(", ")))
}
