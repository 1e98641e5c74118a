//! Seeking: commands that show one of the points that are wanted. Which are wanted is data, made by whoever counts what
//! was seen.

use chatwarden_model::{Command, CommandKind, State};

use super::arguments::{Likely, Uniform};
use super::{Choices, Generator};
use crate::coverage::{HistoryFacts, Point, StateView};

/// How many commands of the wanted kind are tried before an ordinary one is taken.
const TRIES: usize = 24;

/// Of so many commands one is sought.
const EVERY: usize = 2;

/// A point that one of the commands tried shows, drawn among those wanted; most often there is none.
pub(super) fn seek(
    generator: &Generator,
    state: &State,
    past: &HistoryFacts,
    targets: &[Point],
    choices: &mut impl Choices,
) -> Option<Command> {
    if targets.is_empty() || !choices.chance(1, EVERY) {
        return None;
    }
    let target = targets[choices.below(targets.len())];
    let kind = target.command();
    if kind.names_group() && generator.bounds.groups == 0 {
        return None;
    }
    let situation = StateView { state, policy: &generator.policy, history: Some(past) };
    (0..TRIES).find_map(|nth| {
        let command = draw(generator, kind, state, nth, choices);
        let mut shows = false;
        situation.each_point(&command, |point| shows |= point == target);
        shows.then_some(command)
    })
}

/// Likely arguments and any at all in turn: what is likely to be allowed shows few refusals.
fn draw(
    generator: &Generator,
    kind: CommandKind,
    state: &State,
    nth: usize,
    choices: &mut impl Choices,
) -> Command {
    let Ok(command) = if nth % 2 == 0 {
        kind.build(&mut Likely::new(&generator.bounds, &generator.policy, kind, state, choices))
    } else {
        kind.build(&mut Uniform::new(&generator.bounds, kind, choices))
    };
    command
}
