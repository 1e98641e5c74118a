//! The answers and observations of a driver that is taken through a trace, and the comparison of two such runs.
//!
//! No model takes part: a driver is compared with itself.

use chatwarden_model::{Command, EnumSet, NamedEnum, Setup};

use chatwarden::adapter::{Adapter, Answer, Failure, GroupView, Observation, Part};

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

/// The first difference between two runs.
pub(super) struct Difference {
    /// The step; none for the start.
    pub(super) at: Option<usize>,
    /// The difference in words.
    pub(super) message: String,
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

    /// The first difference in an answer, or in an observation that both runs have.
    pub(super) fn difference(&self, other: &ObservedRun, observes: EnumSet<Part>) -> Option<Difference> {
        if let Some(message) = differing_parts(self.start.as_ref(), other.start.as_ref(), observes) {
            return Some(Difference { at: None, message });
        }
        (0..self.answers.len()).find_map(|at| {
            let (one, two) = (self.answers[at], other.answers[at]);
            let message = if one == two {
                differing_parts(self.observations[at].as_ref(), other.observations[at].as_ref(), observes)
            } else {
                Some(format!("it was {}, and now {}", in_words(one), in_words(two)))
            };
            message.map(|message| Difference { at: Some(at), message })
        })
    }
}

fn in_words(answer: Option<Answer>) -> &'static str {
    match answer {
        Some(Answer::Allow { delivered }) if delivered.is_empty() => "allowed",
        Some(Answer::Allow { .. }) => "allowed and delivered",
        Some(Answer::Deny) => "refused",
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
    let of_groups = groups.iter().zip(&two.groups).map(|(one, two)| differing_group_parts(one, two));
    let differing = of_groups.fold(EnumSet::empty(), EnumSet::or).or(EnumSet::from_flags([
        (Part::Contacts, *contacts != two.contacts),
        (Part::Blocks, *blocks != two.blocks),
    ]));
    let parts: Vec<_> = differing.and(observes).iter().map(NamedEnum::name).collect();
    (!parts.is_empty()).then(|| format!("otherwise observed: {}", parts.join(", ")))
}

fn differing_group_parts(one: &GroupView, two: &GroupView) -> EnumSet<Part> {
    let GroupView { phase, link, owner, members, invited, banned } = *one;
    EnumSet::from_flags([
        (Part::Members, members != two.members),
        (Part::Invited, invited != two.invited),
        (Part::Phase, phase != two.phase),
        (Part::Owner, owner != two.owner),
        (Part::Banned, banned != two.banned),
        (Part::Link, link != two.link),
    ])
}
