//! Symmetry of histories: which commands have to be tried after a history, if histories that differ by renaming
//! count as one.
//!
//! Before the first command every renaming that keeps the cast makes no difference. After a history those are left
//! that keep each of its commands, and a command is tried only if none of them turns it into an earlier one of the
//! alphabet. This is sound for implementations that treat users and groups alike, whatever they remember: a renaming
//! that keeps a history keeps all that came of it, so what follows one command follows its image, under other names.
//!
//! Together with dropping histories that lead to the same situation it loses nothing. Every history has an image
//! whose situation is gone on from after no more commands: if that is so for a history, and a command follows, then
//! the command's image follows the situation gone on from; a renaming that keeps the history there turns it into the
//! one that is tried; and what that leads to is gone on from, or alike to a situation that already was. It does not
//! matter which renamings the dropped history would have kept.
//!
//! Representatives of states are not here: they are a matter of `keys`.

use std::collections::HashMap;

use chatwarden_model::{Command, Renaming, Setup};

use crate::MOST_RENAMINGS;

/// Fewer renamings are taken into account if a table of the alphabet under all of them would have more entries than
/// this: it is made before the search.
const MOST_ENTRIES: usize = 1 << 20;

/// The renamings that keep each command of a history, by number.
pub(super) type Kept = u32;

/// The renamings of a search and the commands that are left to try under each of their subgroups.
pub(super) struct Renamings {
    renamings: Vec<Renaming>,
    /// For each renaming and place in the alphabet, the place of the command that the renaming puts there.
    origins: Vec<Vec<u32>>,
    subgroups: Vec<Subgroup>,
}

/// Renamings that keep each command of some history.
struct Subgroup {
    /// The commands to try, by their places in the alphabet.
    first: Vec<u32>,
    /// For each of these, the subgroup that keeps it as well.
    kept: Vec<Kept>,
}

impl Renamings {
    /// The orbits of an alphabet; without symmetry every command is alone in its own.
    pub(super) fn new(setup: &Setup, alphabet: &[Command], symmetry: bool) -> Self {
        let places: HashMap<Command, u32> = alphabet.iter().copied().zip(0..).collect();
        let affordable = (MOST_ENTRIES / alphabet.len().max(1)).clamp(1, MOST_RENAMINGS);
        let most = if symmetry { affordable } else { 1 };
        let mut renamings = Vec::new();
        let mut images = Vec::new();
        for renaming in Renaming::keeping(&setup.cast, if symmetry { setup.groups } else { 1 }, most) {
            // A renaming that leads out of the alphabet says nothing about the histories made of it.
            let image = alphabet.iter().map(|command| places.get(&renaming.command(command)).copied());
            if let Some(image) = image.collect::<Option<Vec<u32>>>() {
                renamings.push(renaming);
                images.push(image);
            }
        }
        let origins = images.iter().map(|image| inverse(image)).collect();
        Renamings { subgroups: subgroups(&images, alphabet.len()), renamings, origins }
    }

    /// The renamings, the identity first.
    pub(super) fn list(&self) -> &[Renaming] {
        &self.renamings
    }

    /// The place of the command that the renaming of that number turns into the one at the place.
    pub(super) fn unrenamed(&self, renaming: usize, place: u32) -> u32 {
        self.origins[renaming][place as usize]
    }

    /// What keeps the empty history: every renaming.
    pub(super) fn all(&self) -> Kept {
        0
    }

    /// The commands to try after a history, as places in the alphabet, in its order; each with what keeps the
    /// history that it makes longer.
    pub(super) fn after(&self, kept: Kept) -> impl Iterator<Item = (u32, Kept)> + '_ {
        let subgroup = &self.subgroups[kept as usize];
        subgroup.first.iter().copied().zip(subgroup.kept.iter().copied())
    }
}

fn inverse(image: &[u32]) -> Vec<u32> {
    let mut origins = vec![0; image.len()];
    image.iter().zip(0..).for_each(|(&place, origin)| origins[place as usize] = origin);
    origins
}

/// All subgroups that keep some history, that of the empty one first.
fn subgroups(images: &[Vec<u32>], commands: usize) -> Vec<Subgroup> {
    let everything: Vec<usize> = (0..images.len()).collect();
    let mut numbers = HashMap::from([(everything.clone(), 0)]);
    let mut members = vec![everything];
    let mut found: Vec<Subgroup> = Vec::new();
    while let Some(subgroup) = members.get(found.len()).cloned() {
        let mut next = Subgroup { first: Vec::new(), kept: Vec::new() };
        for command in 0..commands as u32 {
            let image = |&renaming: &usize| images[renaming][command as usize];
            if subgroup.iter().any(|renaming| image(renaming) < command) {
                continue;
            }
            let keeping: Vec<usize> =
                subgroup.iter().copied().filter(|renaming| image(renaming) == command).collect();
            let number = *numbers.entry(keeping).or_insert_with_key(|keeping| {
                members.push(keeping.clone());
                members.len() as Kept - 1
            });
            next.first.push(command);
            next.kept.push(number);
        }
        found.push(next);
    }
    found
}
