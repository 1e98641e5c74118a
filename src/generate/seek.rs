//! Seeking: drawing commands that show one of the wanted points of coverage. The caller counts what
//! was seen and lists the wanted points.

use chatwarden_model::{Command, State};

use super::arguments::{Likely, Uniform};
use super::{Choices, Generator};
use crate::coverage::{HistoryFacts, Point, StateView};

/// The most commands of the wanted kind that are tried before an ordinary one is taken.
const TRIES: usize = 24;

/// Of so many commands, one seeks a point.
const EVERY: usize = 2;

/// A command that shows a wanted point, if one of those tried does; most often none does.
pub(super) fn seek(
    generator: &Generator,
    state: &State,
    facts: &HistoryFacts,
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
    let view = StateView { state, policy: &generator.policy, history: Some(facts) };
    (0..TRIES).find_map(|nth| {
        // By turns, because commands with likely arguments are seldom refused.
        let Ok(command) = if nth % 2 == 0 {
            kind.build(&mut Likely::new(generator, kind, state, choices))
        } else {
            kind.build(&mut Uniform { bounds: &generator.bounds, kind, choices })
        };
        let mut shows = false;
        view.each_point(&command, |point| shows |= point == target);
        shows.then_some(command)
    })
}
