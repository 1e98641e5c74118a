//! The commands as a strategy of `proptest`, written as users of `proptest-state-machine` write it.

use chatwarden_model::{Command, Group, Setup, UserSet};
use proptest::prelude::*;

/// Any well-typed command: an alternative for each kind, made of strategies for its arguments.
///
/// # Panics
/// If the setup has no group, child, guardian or user who can chat.
pub fn any_command(setup: &Setup) -> BoxedStrategy<Command> {
    macro_rules! command {
        ($kind:ident { $($field:ident: $strategy:expr),* }) => {
            ($($strategy),*).prop_map(|($($field),*)| Command::$kind { $($field),* })
        };
    }
    let (kinds, groups) = (setup.cast.kinds(), setup.groups);
    let any_of = |users: UserSet| {
        (0..users.len()).prop_map(move |at| users.nth(at).expect("the number is below the size of the set"))
    };
    let guardian = || any_of(kinds.guardians);
    let child = || any_of(kinds.children);
    let person = || any_of(kinds.chatting());
    let people = || proptest::bits::u16::masked(kinds.chatting().bits()).prop_map(UserSet::from_bits);
    let group = || (0..groups).prop_map(Group::new);
    prop_oneof![
        command!(Approve { by: guardian(), child: child(), contact: person() }),
        command!(Revoke { by: guardian(), child: child(), contact: person() }),
        command!(AddGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(RemoveGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(Block { by: person(), who: person() }),
        command!(Unblock { by: person(), who: person() }),
        command!(Direct { by: person(), to: person() }),
        command!(Create { by: person(), group: group(), with: people() }),
        command!(Invite { by: person(), group: group(), who: person() }),
        command!(Accept { by: person(), group: group() }),
        command!(Decline { by: person(), group: group() }),
        command!(Cancel { by: person(), group: group(), who: person() }),
        command!(OpenLink { by: person(), group: group() }),
        command!(CloseLink { by: person(), group: group() }),
        command!(Join { by: person(), group: group() }),
        command!(Leave { by: person(), group: group() }),
        command!(Remove { by: person(), group: group(), who: person() }),
        command!(Ban { by: person(), group: group(), who: person() }),
        command!(Unban { by: person(), group: group(), who: person() }),
        command!(Transfer { by: person(), group: group(), to: person() }),
        command!(Message { by: person(), group: group() }),
        command!(Call { by: person(), group: group() }),
        command!(Dissolve { by: person(), group: group() }),
    ]
    .boxed()
}
