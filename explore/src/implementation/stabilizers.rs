//! Symmetry of traces: the actions that have to be tried after a trace, if traces that differ by a
//! permutation count as one.
//!
//! Before the first command, any permutation that keeps the cast may be applied. After a trace, the
//! permutations that keep each of its commands are left; they are its *stabilizer*. An action is tried
//! only if no permutation of the stabilizer maps it to an earlier one. This is sound for an
//! implementation that treats users of a kind as interchangeable, and groups too, whatever it remembers: a permutation that
//! keeps a trace keeps its results, so the results of an action are those of its image, permuted.
//!
//! Nothing is lost if states that were reached before are dropped as well: every trace has an image
//! whose state is expanded after no more commands. By induction: let this hold for a trace, and let a
//! command follow. The command's image follows the expanded state. A permutation of the stabilizer there
//! maps it to the action that is tried. The state after that action is expanded, or is equivalent to a
//! state that is. The stabilizer of the dropped trace does not matter.
//!
//! Representatives of states are in `state_hash`.

use std::collections::HashMap;

use chatwarden_model::{Command, Renaming, Setup};

use crate::MAX_PERMUTATIONS;

/// The most entries in the table of all actions under all permutations, which is made before the search.
/// With more actions fewer permutations are used.
const MAX_ENTRIES: usize = 1 << 20;

/// The position of a command among the actions of a search.
pub(super) type ActionIndex = u32;

/// The permutations that keep each command of a trace, by the number of their subgroup.
pub(super) type Stabilizer = u32;

/// The stabilizer of the empty trace: every permutation.
pub(super) const WHOLE_GROUP: Stabilizer = 0;

/// The permutations of a search, and the actions to try under each of their subgroups.
pub(super) struct ActionOrbits {
    /// The permutations; the identity is the first.
    pub(super) permutations: Vec<Renaming>,
    /// For each permutation and action, the action that the permutation maps to it.
    origins: Vec<Vec<ActionIndex>>,
    subgroups: Vec<Subgroup>,
}

/// The actions to try, each with the stabilizer of the trace that it extends.
type Subgroup = Vec<(ActionIndex, Stabilizer)>;

impl ActionOrbits {
    /// The orbits of the actions; without symmetry each action is an orbit.
    pub(super) fn new(setup: &Setup, actions: &[Command], symmetry: bool) -> Self {
        let indices: HashMap<Command, ActionIndex> = actions.iter().copied().zip(0..).collect();
        let affordable = (MAX_ENTRIES / actions.len().max(1)).clamp(1, MAX_PERMUTATIONS);
        let (groups, most) = if symmetry { (setup.groups, affordable) } else { (1, 1) };
        let mut permutations = Vec::new();
        let mut images = Vec::new();
        for permutation in Renaming::keeping(&setup.cast, groups, most) {
            // A permutation that maps an action to no action says nothing about these traces.
            let image = actions.iter().map(|action| indices.get(&permutation.command(action)).copied());
            if let Some(image) = image.collect::<Option<Vec<ActionIndex>>>() {
                permutations.push(permutation);
                images.push(image);
            }
        }
        let origins = images.iter().map(|image| inverse(image)).collect();
        ActionOrbits { subgroups: subgroups(&images, actions.len()), permutations, origins }
    }

    /// The action that the permutation of that number maps to this one.
    pub(super) fn origin(&self, permutation: usize, action: ActionIndex) -> ActionIndex {
        self.origins[permutation][action as usize]
    }

    /// The actions to try after a trace, in order, each with the stabilizer of the extended trace.
    pub(super) fn after(
        &self,
        stabilizer: Stabilizer,
    ) -> impl Iterator<Item = (ActionIndex, Stabilizer)> + '_ {
        self.subgroups[stabilizer as usize].iter().copied()
    }
}

fn inverse(image: &[ActionIndex]) -> Vec<ActionIndex> {
    let mut origins = vec![0; image.len()];
    image.iter().zip(0..).for_each(|(&to, from)| origins[to as usize] = from);
    origins
}

/// All stabilizers of traces; that of the empty trace is the first.
fn subgroups(images: &[Vec<ActionIndex>], actions: usize) -> Vec<Subgroup> {
    let everything: Vec<usize> = (0..images.len()).collect();
    let mut numbers = HashMap::from([(everything.clone(), 0)]);
    let mut members = vec![everything];
    let mut found: Vec<Subgroup> = Vec::new();
    while let Some(subgroup) = members.get(found.len()).cloned() {
        let mut next = Subgroup::new();
        for action in 0..actions as ActionIndex {
            let image = |&permutation: &usize| images[permutation][action as usize];
            if subgroup.iter().any(|permutation| image(permutation) < action) {
                continue;
            }
            let keeping: Vec<usize> =
                subgroup.iter().copied().filter(|permutation| image(permutation) == action).collect();
            let number = *numbers.entry(keeping).or_insert_with_key(|keeping| {
                members.push(keeping.clone());
                members.len() as Stabilizer - 1
            });
            next.push((action, number));
        }
        found.push(next);
    }
    found
}
