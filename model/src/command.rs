//! The commands: the name, the fields, the conditions and the effect of each, in one table. It is the
//! table of `docs/semantics.md`.
//!
//! `decide` evaluates the conditions. `step` carries commands out.

use crate::condition::Condition;
use crate::named_enum;
use crate::named_enum::NamedEnum;
use crate::user::{Group, User, UserSet};

named_enum! {
    /// A field of a command.
    ///
    /// ```
    /// use chatwarden_model::{CommandKind, Field};
    /// assert_eq!(CommandKind::Leave.fields(), [Field::By, Field::Group]);
    /// ```
    pub enum Field {
        By = "by": "the user who acts",
        Child = "child": "the child whose contacts or guardians are decided on",
        Contact = "contact": "the contact of the child",
        Guardian = "guardian": "the guardian who is added or removed",
        Who = "who": "the user to whom it is done",
        To = "to": "the user to whom it goes",
        Group = "group": "the group in which it is done",
        With = "with": "the users with whom a group is launched",
    }
}

/// The value of a field.
///
/// ```
/// use chatwarden_model::{Argument, Command, Field, Group, User};
/// let leave = Command::Leave { by: User::new(2), group: Group::new(0) };
/// let mut named = Vec::new();
/// leave.each_argument(|field, argument| named.push((field, argument)));
/// assert_eq!(named, [(Field::By, Argument::User(User::new(2))), (Field::Group, Argument::Group(Group::new(0)))]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument {
    /// One user.
    User(User),
    /// A set of users.
    Users(UserSet),
    /// A group.
    Group(Group),
}

/// A source of the arguments of a new command: random choices, a file, or another command. The fields
/// are asked for in the order of the semantics, the actor (`by`) first.
///
/// ```
/// use chatwarden_model::{Arguments, Command, CommandKind, Field, Group, User, UserSet};
/// struct First;
/// impl Arguments for First {
///     type Error = ();
///     fn user(&mut self, _: Field) -> Result<User, ()> { Ok(User::new(0)) }
///     fn users(&mut self, _: Field) -> Result<UserSet, ()> { Ok(UserSet::EMPTY) }
///     fn group(&mut self, _: Field) -> Result<Group, ()> { Ok(Group::new(0)) }
/// }
/// let built = CommandKind::Leave.build(&mut First);
/// assert_eq!(built, Ok(Command::Leave { by: User::new(0), group: Group::new(0) }));
/// ```
pub trait Arguments {
    /// The reason why there is no argument.
    type Error;
    /// The user for this field.
    fn user(&mut self, field: Field) -> Result<User, Self::Error>;
    /// The set of users for this field.
    fn users(&mut self, field: Field) -> Result<UserSet, Self::Error>;
    /// The group for this field.
    fn group(&mut self, field: Field) -> Result<Group, Self::Error>;
}

/// A type of argument. The macro that declares the commands calls the same functions for every field.
trait Value: Copy {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error>;
    fn value(self) -> Argument;
}

impl Value for User {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.user(field)
    }
    fn value(self) -> Argument {
        Argument::User(self)
    }
}

impl Value for UserSet {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.users(field)
    }
    fn value(self) -> Argument {
        Argument::Users(self)
    }
}

impl Value for Group {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.group(field)
    }
    fn value(self) -> Argument {
        Argument::Group(self)
    }
}

/// The type of a field.
macro_rules! value {
    (Group) => {
        Group
    };
    (With) => {
        UserSet
    };
    ($user:ident) => {
        User
    };
}

macro_rules! commands {
    ($($variant:ident = $name:literal { $($field:ident: $name_of:ident),* }: $about:literal
        when [$($condition:ident),*]
        then $effect:literal;)*) => {
        /// A request of a user, the actor `by`, to the chat service.
        ///
        /// ```
        /// use chatwarden_model::{Command, CommandKind, Group, User};
        /// let leave = Command::Leave { by: User::new(2), group: Group::new(0) };
        /// assert_eq!(leave.kind(), CommandKind::Leave);
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[expect(missing_docs, reason = "fields have the meaning that the semantics gives to their names")]
        pub enum Command {
            $(#[doc = concat!("`", $name, "`: ", $about, ".")] $variant { by: User, $($field: value!($name_of)),* }),*
        }

        crate::named_enum! {
            /// The kind of a command.
            ///
            /// ```
            /// use chatwarden_model::{CommandKind, Condition};
            /// assert_eq!(CommandKind::Decline.conditions(), [Condition::ActorIsInvited]);
            /// ```
            pub enum CommandKind { $($variant = $name: $about),* }
        }

        impl CommandKind {
            /// The conditions under which a command of this kind is allowed. The first that does not
            /// hold is the reason of a refusal.
            pub const fn conditions(self) -> &'static [Condition] {
                match self { $(CommandKind::$variant => &[$(Condition::$condition),*]),* }
            }

            /// The effect of a command of this kind that is allowed, in words. `step` carries it out.
            ///
            /// ```
            /// use chatwarden_model::CommandKind;
            /// assert_eq!(CommandKind::OpenLink.effect(), "the link of the group is open");
            /// ```
            pub const fn effect(self) -> &'static str {
                match self { $(CommandKind::$variant => $effect),* }
            }

            /// The fields of a command of this kind, the actor first.
            pub const fn fields(self) -> &'static [Field] {
                match self { $(CommandKind::$variant => &[Field::By, $(Field::$name_of),*]),* }
            }

            /// A command of this kind with arguments from the source.
            ///
            /// # Errors
            /// The first error of the source.
            #[inline]
            pub fn build<A: Arguments>(self, from: &mut A) -> Result<Command, A::Error> {
                Ok(match self {
                    $(CommandKind::$variant => Command::$variant {
                        by: Value::take(from, Field::By)?,
                        $($field: Value::take(from, Field::$name_of)?),*
                    }),*
                })
            }
        }

        impl Command {
            /// The kind of this command.
            pub const fn kind(&self) -> CommandKind {
                match self { $(Command::$variant { .. } => CommandKind::$variant),* }
            }

            /// The actor.
            #[inline]
            pub const fn by(&self) -> User {
                match *self { $(Command::$variant { by, .. } => by),* }
            }

            /// Calls the visitor with every field and its argument, the actor first.
            #[inline]
            pub fn each_argument(&self, mut visit: impl FnMut(Field, Argument)) {
                match *self {
                    $(Command::$variant { by, $($field),* } => {
                        visit(Field::By, by.value());
                        $(visit(Field::$name_of, $field.value());)*
                    })*
                }
            }
        }
    };
}

commands! {
    Approve = "approve" { child: Child, contact: Contact }: "a guardian approves a contact of a child"
        when [SubjectIsChild, ActorIsGuardian, TargetCanChat, Distinct]
        then "the approval of the contact for the child by this guardian is recorded";
    Revoke = "revoke" { child: Child, contact: Contact }: "a guardian withdraws all approvals of a contact of a child"
        when [SubjectIsChild, ActorIsGuardian, TargetCanChat, Distinct]
        then "no guardian's approval of the contact for the child is left; then the policy's \
            `on-loss` applies to the groups of each pair that lost its authorization";
    AddGuardian = "add-guardian" { child: Child, guardian: Guardian }: "a guardian makes another guardian one of the child's"
        when [SubjectIsChild, ActorIsGuardian, TargetIsGuardian]
        then "the guardian is one of the child's; then the policy's `on-loss` applies to the groups \
            of each pair that lost its authorization";
    RemoveGuardian = "remove-guardian" { child: Child, guardian: Guardian }: "a guardian takes a guardian from the child"
        when [SubjectIsChild, ActorIsGuardian, TargetGuardsChild, NotLastGuardian]
        then "the guardian is none of the child's, and the guardian's approvals for the child are \
            deleted; then the policy's `on-loss` applies to the groups of each pair that lost its \
            authorization";
    Block = "block" { who: Who }: "a user blocks another"
        when [ActorCanChat, TargetCanChat, Distinct]
        then "the user is blocked by the actor; then the policy's `on-loss` applies to the groups of \
            each pair that lost its authorization";
    Unblock = "unblock" { who: Who }: "a user takes a block back"
        when [ActorCanChat, TargetCanChat, Distinct]
        then "the user is no longer blocked by the actor";
    Direct = "direct" { to: To }: "a user writes to another outside any group"
        when [ActorCanChat, TargetCanChat, Distinct, PartiesAuthorized]
        then "the message is delivered to the user";
    Create = "create" { group: Group, with: With }: "a user launches a group with others"
        when [ActorCanChat, TargetCanChat, Distinct, GroupIsNew, NewcomerCleared]
        then "the group is active with the actor as its owner and member; under the admission \
            `direct` the others are members, under `consent` they are invited";
    Invite = "invite" { group: Group, who: Who }: "a member invites a user"
        when [TargetCanChat, GroupIsActive, ActorIsMember, ActorMayInvite, TargetIsOutside, TargetNotInvited,
            TargetNotBanned, NewcomerCleared]
        then "under the admission `direct` the user is a member, under `consent` the user is invited \
            by the actor";
    Accept = "accept" { group: Group }: "a user accepts an invitation"
        when [GroupIsActive, ActorIsInvited, NewcomerCleared]
        then "the actor is a member, and the invitation is deleted";
    Decline = "decline" { group: Group }: "a user declines an invitation"
        when [ActorIsInvited]
        then "the invitation of the actor is deleted";
    Cancel = "cancel" { group: Group, who: Who }: "an invitation is taken back"
        when [ActorIsMember, TargetIsInvited, ActorIssuedOrOwns]
        then "the invitation of the user is deleted";
    OpenLink = "open-link" { group: Group }: "the owner opens a link by which one joins"
        when [LinksEnabled, GroupIsActive, ActorIsOwner]
        then "the link of the group is open";
    CloseLink = "close-link" { group: Group }: "the owner closes the link"
        when [ActorIsOwner]
        then "the link of the group is closed";
    Join = "join" { group: Group }: "a user joins by the link"
        when [ActorCanChat, GroupIsActive, LinkIsOpen, ActorIsOutside, ActorNotBanned, NewcomerCleared]
        then "the actor is a member, and an invitation of the actor is deleted";
    Leave = "leave" { group: Group }: "a member leaves"
        when [ActorIsMember]
        then "the actor is no longer a member; an owner who leaves owns the group no longer, and a \
            group without members is dissolved";
    Remove = "remove" { group: Group, who: Who }: "the owner removes a member"
        when [ActorIsOwner, TargetIsMember, Distinct]
        then "the user is no longer a member";
    Ban = "ban" { group: Group, who: Who }: "the owner bans a user"
        when [ActorIsOwner, TargetCanChat, Distinct, TargetNotBanned]
        then "the user is banned, is no longer a member, and an invitation of the user is deleted";
    Unban = "unban" { group: Group, who: Who }: "the owner takes a ban back"
        when [ActorIsOwner, TargetIsBanned]
        then "the user is no longer banned";
    Transfer = "transfer" { group: Group, to: To }: "the owner makes another member the owner"
        when [ActorIsOwner, TargetIsMember, Distinct]
        then "the member is the owner";
    Message = "message" { group: Group }: "a member writes to the group"
        when [GroupIsActive, ActorIsMember, AudienceCleared]
        then "the message is delivered to the other members, or to those of them whom the policy's \
            `message.deliver` selects";
    Call = "call" { group: Group }: "a member calls the group"
        when [GroupIsActive, ActorIsMember, AudienceCleared]
        then "the call is delivered to the other members, or to those of them whom the policy's \
            `call.deliver` selects";
    Dissolve = "dissolve" { group: Group }: "the owner dissolves the group"
        when [ActorIsOwner]
        then "the group is dissolved: nobody is its owner, a member or invited, and its link is \
            closed; bans stay";
}

/// The largest number of fields of a command.
pub(crate) const MAX_FIELDS: usize = 4;

const _: () = {
    let mut at = 0;
    while at < CommandKind::ALL.len() {
        assert!(CommandKind::ALL[at].fields().len() <= MAX_FIELDS, "a command has more than MAX_FIELDS");
        at += 1;
    }
};

impl CommandKind {
    /// Whether a command of this kind changes a child's contacts or guardians.
    pub const fn is_administrative(self) -> bool {
        matches!(
            self,
            CommandKind::Approve
                | CommandKind::Revoke
                | CommandKind::AddGuardian
                | CommandKind::RemoveGuardian
        )
    }

    /// Whether a command of this kind names a group.
    pub const fn names_group(self) -> bool {
        !self.is_administrative()
            && !matches!(self, CommandKind::Block | CommandKind::Unblock | CommandKind::Direct)
    }

    /// Whether a command of this kind is for those who run the group: its owner.
    pub const fn runs_group(self) -> bool {
        matches!(
            self,
            CommandKind::OpenLink
                | CommandKind::CloseLink
                | CommandKind::Remove
                | CommandKind::Ban
                | CommandKind::Unban
                | CommandKind::Transfer
                | CommandKind::Dissolve
        )
    }

    /// Whether a command of this kind settles: it can end an authorization, and then the policy's
    /// `on_loss` applies to the groups that the two share.
    pub const fn settles(self) -> bool {
        matches!(
            self,
            CommandKind::Revoke | CommandKind::AddGuardian | CommandKind::RemoveGuardian | CommandKind::Block
        )
    }

    /// Whether a command of this kind delivers a message or call.
    pub const fn delivers(self) -> bool {
        matches!(self, CommandKind::Message | CommandKind::Call | CommandKind::Direct)
    }
}

impl Command {
    /// The argument in this field, if the command has the field.
    #[inline]
    pub fn argument(&self, wanted: Field) -> Option<Argument> {
        let mut found = None;
        self.each_argument(|field, argument| {
            if field == wanted {
                found = Some(argument);
            }
        });
        found
    }

    /// The group that the command names, if it names one.
    #[inline]
    pub fn group(&self) -> Option<Group> {
        match self.argument(Field::Group) {
            Some(Argument::Group(group)) => Some(group),
            _ => None,
        }
    }

    /// All users that the command names, the actor included.
    #[inline]
    pub fn users(&self) -> UserSet {
        let mut named = UserSet::EMPTY;
        self.each_argument(|_, argument| match argument {
            Argument::User(user) => named.insert(user),
            Argument::Users(users) => named = named.or(users),
            Argument::Group(_) => {}
        });
        named
    }

    /// The kind of the command and then its arguments, as numbers. A command with a smaller key is
    /// simpler.
    pub fn key(&self) -> [u16; 5] {
        let mut key = [0; 1 + MAX_FIELDS];
        key[0] = self.kind().index() as u16;
        let mut at = 1;
        self.each_argument(|_, argument| {
            key[at] = match argument {
                Argument::User(user) => user.index() as u16,
                Argument::Users(users) => users.bits(),
                Argument::Group(group) => group.index() as u16,
            };
            at += 1;
        });
        key
    }
}
