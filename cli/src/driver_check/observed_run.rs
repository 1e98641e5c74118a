//! The answers and observations of a driver that is taken through a trace, and the comparison of two such runs.
//!
//! No model takes part: a driver is compared with itself.

use chatwarden_model::{Command, EnumSet, NamedEnum, Setup};

use chatwarden::adapter::{Adapter, Answer, Failure, Observation, Part};
use chatwarden::lockstep::differences;

/// The moments at which a driver is observed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ObserveWhen {
    /// After the reset and after each command.
    Always,
    /// The same, each time twice in a row.
    Twice,
    /// After each command, as in a run that was announced.
    AfterCommands,
    /// Only after the last command.
    AtTheEnd,
}

/// The answers and observations of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ObservedRun {
    /// The observation after the reset, if there was one.
    pub(super) start: Option<Observation>,
    /// The first step at which two observations in a row differ; inside, none for the start.
    pub(super) unstable: Option<Option<usize>>,
    /// The answers; none for a command that is not supported.
    answers: Vec<Option<Answer>>,
    /// The observation after each command, if there was one.
    observations: Vec<Option<Observation>>,
}

impl ObservedRun {
    /// Takes a driver through a trace.
    pub(super) fn of(
        driver: &mut impl Adapter,
        setup: &Setup,
        commands: &[Command],
        when: ObserveWhen,
    ) -> Result<Self, Failure> {
        driver.reset(setup)?;
        let mut run =
            ObservedRun { start: None, unstable: None, answers: Vec::new(), observations: Vec::new() };
        if matches!(when, ObserveWhen::Always | ObserveWhen::Twice) {
            run.start = Some(run.observe(driver, when, None)?);
        }
        for (at, command) in commands.iter().enumerate() {
            let answer = match driver.apply(command) {
                Ok(answer) => Some(answer),
                Err(Failure::Unsupported) => None,
                Err(failure) => return Err(failure),
            };
            let wanted = when != ObserveWhen::AtTheEnd || at + 1 == commands.len();
            let observation =
                if wanted && answer.is_some() { Some(run.observe(driver, when, Some(at))?) } else { None };
            run.answers.push(answer);
            run.observations.push(observation);
        }
        Ok(run)
    }

    fn observe(
        &mut self,
        driver: &mut impl Adapter,
        when: ObserveWhen,
        at: Option<usize>,
    ) -> Result<Observation, Failure> {
        let (mut first, mut second) = (Observation::default(), Observation::default());
        driver.observe(&mut first)?;
        if when == ObserveWhen::Twice {
            driver.observe(&mut second)?;
            if second != first {
                self.unstable.get_or_insert(at);
            }
        }
        Ok(first)
    }

    /// The steps that were allowed.
    pub(super) fn allowed(&self) -> impl Iterator<Item = usize> {
        let allowed =
            |(at, answer): (usize, &Option<Answer>)| answer.is_some_and(Answer::is_allowed).then_some(at);
        self.answers.iter().enumerate().filter_map(allowed)
    }

    /// The first step that was answered as not supported.
    pub(super) fn unsupported(&self) -> Option<usize> {
        self.answers.iter().position(Option::is_none)
    }

    /// The first difference in an answer, or in an observation that both runs have: the step, or
    /// none for the start, and the difference in words.
    pub(super) fn difference(
        &self,
        other: &ObservedRun,
        observes: EnumSet<Part>,
    ) -> Option<(Option<usize>, String)> {
        if let Some(message) = differing_parts(self.start.as_ref(), other.start.as_ref(), observes) {
            return Some((None, message));
        }
        (0..self.answers.len()).find_map(|at| {
            let (one, two) = (self.answers[at], other.answers[at]);
            let message = if one == two {
                differing_parts(self.observations[at].as_ref(), other.observations[at].as_ref(), observes)
            } else {
                Some(format!("it was {}, and now {}", in_words(one), in_words(two)))
            };
            message.map(|message| (Some(at), message))
        })
    }
}

fn in_words(answer: Option<Answer>) -> &'static str {
    match answer {
        Some(Answer::Allow { delivered }) if delivered.is_empty() => "allowed",
        Some(Answer::Allow { .. }) => "allowed and delivered",
        Some(Answer::Deny { .. }) => "refused",
        None => "not supported",
    }
}

/// The parts in which two observations differ, if both were made and they differ.
fn differing_parts(
    one: Option<&Observation>,
    two: Option<&Observation>,
    observes: EnumSet<Part>,
) -> Option<String> {
    let (one, two) = (one?, two?);
    let Observation { groups, contacts, blocks } = one;
    let of_groups = groups.iter().zip(&two.groups).map(|(one, two)| differences(one, two));
    let differing = of_groups.fold(EnumSet::empty(), EnumSet::or).or(EnumSet::from_flags([
        (Part::Contacts, *contacts != two.contacts),
        (Part::Blocks, *blocks != two.blocks),
    ]));
    let parts: Vec<_> = differing.and(observes).iter().map(NamedEnum::name).collect();
    (!parts.is_empty()).then(|| format!("otherwise observed: {}", parts.join(", ")))
}
