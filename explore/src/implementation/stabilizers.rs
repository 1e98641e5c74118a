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

use chatwarden_model::{Command, Renaming, Setup, SymmetryCut};

/// The most images of actions that are compared to make the table of stabilizers, which is made before
/// the search. A stabilizer beyond it counts as trivial: more actions are tried than necessary.
const MAX_COMPARED: usize = 1 << 26;

/// The position of a command among the actions of a search.
pub(super) type ActionIndex = u32;

/// The permutations that keep each command of a trace, by the number of their subgroup.
pub(super) type Stabilizer = u32;

/// The stabilizer of the empty trace: every permutation.
pub(super) const WHOLE_GROUP: Stabilizer = 0;

/// The number of the identity among the permutations.
const IDENTITY: usize = 0;

/// The permutations of a search, and the actions to try under each of their subgroups.
pub(super) struct ActionOrbits {
    /// The permutations; the identity is the first.
    pub(super) permutations: Vec<Renaming>,
    /// The permutations that are left out, because they would be too many.
    pub(super) cut: SymmetryCut,
    /// For each permutation and action, the action that the permutation maps to it; empty if there is only
    /// the identity.
    origins: Vec<Vec<ActionIndex>>,
    subgroups: Vec<Subgroup>,
}

/// The actions to try, each with the stabilizer of the trace that it extends.
pub(super) type Subgroup = Vec<(ActionIndex, Stabilizer)>;

impl ActionOrbits {
    /// The orbits of the actions; without symmetry each action is an orbit.
    pub(super) fn new(setup: &Setup, actions: &[Command], symmetry: bool) -> Self {
        let affordable = if symmetry {
            crate::affordable_symmetry(setup, setup.groups, actions.len())
        } else {
            crate::no_symmetry()
        };
        let cut = affordable.cut;
        if affordable.renamings.len() == 1 {
            // Without symmetry there may be a million actions, and each is an orbit.
            let all = (0..actions.len() as ActionIndex).map(|action| (action, WHOLE_GROUP)).collect();
            let (permutations, subgroups) = (affordable.renamings, vec![all]);
            return ActionOrbits { permutations, cut, origins: Vec::new(), subgroups };
        }
        let indices: HashMap<Command, ActionIndex> = actions.iter().copied().zip(0..).collect();
        let (mut permutations, mut images) = (Vec::new(), Vec::new());
        for permutation in affordable.renamings {
            // A permutation that maps an action to no action says nothing about these traces.
            let image = actions.iter().map(|action| indices.get(&permutation.command(action)).copied());
            if let Some(image) = image.collect::<Option<Vec<ActionIndex>>>() {
                permutations.push(permutation);
                images.push(image);
            }
        }
        let origins = images.iter().map(|image| inverse(image)).collect();
        let subgroups = subgroups(&images, actions.len(), MAX_COMPARED);
        ActionOrbits { subgroups, permutations, cut, origins }
    }

    /// The action that the permutation of that number maps to this one.
    pub(super) fn origin(&self, permutation: usize, action: ActionIndex) -> ActionIndex {
        self.origins.get(permutation).map_or(action, |origins| origins[action as usize])
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

/// All stabilizers of traces; that of the empty trace is the first. When so many images were compared,
/// each further stabilizer counts as the trivial one.
pub(super) fn subgroups(images: &[Vec<ActionIndex>], actions: usize, most: usize) -> Vec<Subgroup> {
    let everything: Vec<usize> = (0..images.len()).collect();
    let mut numbers = HashMap::from([(everything.clone(), 0)]);
    let mut members = vec![everything];
    let mut found: Vec<Subgroup> = Vec::new();
    let mut compared = 0;
    while let Some(subgroup) = members.get(found.len()).cloned() {
        let mut next = Subgroup::new();
        compared += subgroup.len() * actions;
        for action in 0..actions as ActionIndex {
            let image = |&permutation: &usize| images[permutation][action as usize];
            if subgroup.iter().any(|permutation| image(permutation) < action) {
                continue;
            }
            let mut keeping: Vec<usize> =
                subgroup.iter().copied().filter(|permutation| image(permutation) == action).collect();
            if compared > most && !numbers.contains_key(&keeping) {
                keeping = vec![IDENTITY];
            }
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
