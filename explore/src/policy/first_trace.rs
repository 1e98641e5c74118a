//! The first of the shortest traces that break a promise, in the order of the actions.
//!
//! An engine first marks backwards: the states at each distance from which the promise can be broken by
//! as many commands as are left. Then the trace is made forwards, always by the first command that
//! leads to a marked state. So it depends neither on the number of threads nor on the representative of
//! an orbit. The forward steps are the model's own, on whole states, so every trace can be replayed.

use chatwarden_model::{Command, MAX_GROUPS, Promise, Setup, State, step};

use super::broken_promises;

/// The first trace of that length, which is the least, that breaks the promise. `is_marked` says of a
/// state and its distance whether the promise can be broken from there in time.
pub(super) fn first_trace<const U: usize>(
    setup: &Setup,
    actions: &[Command],
    promise: Promise,
    length: usize,
    mut is_marked: impl FnMut(usize, &State<U, MAX_GROUPS>) -> bool,
) -> Vec<Command> {
    let mut state: State<U, MAX_GROUPS> = setup.start();
    let mut trace = Vec::with_capacity(length);
    for distance in 1..=length {
        let mut leads_on = |command: &Command| {
            let mut after = state;
            let outcome = step(&mut after, &setup.policy, command);
            let leads_on = outcome.decision.is_allowed()
                && if distance < length {
                    is_marked(distance, &after)
                } else {
                    let promises = [promise].into_iter().collect();
                    let delivered = outcome.delivered;
                    let broken = broken_promises(&setup.policy, promises, command, &state, delivered, &after);
                    !broken.is_empty()
                };
            leads_on.then_some((*command, after))
        };
        let next = actions.iter().find_map(&mut leads_on);
        let (command, after) = next.expect("the engine's steps are those of the model");
        trace.push(command);
        state = after;
    }
    trace
}
