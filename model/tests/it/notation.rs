//! A short notation for traces: names for users of the cast `family`, one group, and a function for each
//! command that reads like `docs/semantics.md`.

use chatwarden_model::{Command, Group, User, UserSet};

pub(crate) const ANN: User = User::new(0);
pub(crate) const BOB: User = User::new(1);
pub(crate) const DAN: User = User::new(3);
/// A child of ann and dan.
pub(crate) const KAY: User = User::new(4);
/// A child of bob.
pub(crate) const KIM: User = User::new(5);
pub(crate) const SAM: User = User::new(7);
pub(crate) const ZOE: User = User::new(8);
/// The only group.
pub(crate) const G: Group = Group::new(0);

macro_rules! notation {
    ($($name:ident = $variant:ident($($field:ident: $type:ty),*);)*) => {
        $(pub(crate) fn $name(by: User, $($field: $type),*) -> Command {
            Command::$variant { by, $($field),* }
        })*
    };
}

notation! {
    approve = Approve(child: User, contact: User);
    revoke = Revoke(child: User, contact: User);
    add_guardian = AddGuardian(child: User, guardian: User);
    remove_guardian = RemoveGuardian(child: User, guardian: User);
    block = Block(who: User);
    unblock = Unblock(who: User);
    direct = Direct(to: User);
    invite = Invite(group: Group, who: User);
    accept = Accept(group: Group);
    decline = Decline(group: Group);
    cancel = Cancel(group: Group, who: User);
    open_link = OpenLink(group: Group);
    close_link = CloseLink(group: Group);
    join = Join(group: Group);
    leave = Leave(group: Group);
    remove = Remove(group: Group, who: User);
    ban = Ban(group: Group, who: User);
    unban = Unban(group: Group, who: User);
    transfer = Transfer(group: Group, to: User);
    message = Message(group: Group);
    call = Call(group: Group);
    dissolve = Dissolve(group: Group);
}

pub(crate) fn create<const N: usize>(by: User, group: Group, with: [User; N]) -> Command {
    Command::Create { by, group, with: UserSet::of(with) }
}
