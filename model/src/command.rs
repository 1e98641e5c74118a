//! What a command is made of: fields, arguments, and the macro that declares the commands of `table`.

use crate::logic::{OnState, Request};
use crate::named_enum;
use crate::named_enum::NamedEnum;
use crate::table::{Command, CommandKind, Condition};
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
pub(crate) trait Value: Copy {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error>;
    fn value(self) -> Argument;
    fn put<L: OnState>(self, request: Request<L>, field: Field) -> Request<L>;
}

impl Value for User {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.user(field)
    }
    fn value(self) -> Argument {
        Argument::User(self)
    }
    #[inline(always)]
    fn put<L: OnState>(self, request: Request<L>, field: Field) -> Request<L> {
        request.with_user(field, self)
    }
}

impl Value for UserSet {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.users(field)
    }
    fn value(self) -> Argument {
        Argument::Users(self)
    }
    #[inline(always)]
    fn put<L: OnState>(self, request: Request<L>, _: Field) -> Request<L> {
        Request { with: Some(L::users(self)), ..request }
    }
}

impl Value for Group {
    fn take<A: Arguments>(from: &mut A, field: Field) -> Result<Self, A::Error> {
        from.group(field)
    }
    fn value(self) -> Argument {
        Argument::Group(self)
    }
    #[inline(always)]
    fn put<L: OnState>(self, request: Request<L>, _: Field) -> Request<L> {
        Request { group: Some(self), ..request }
    }
}

/// The type of a field.
macro_rules! type_of_field {
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

pub(crate) use type_of_field;

/// Carries out a command and gives the users to whom it delivers.
macro_rules! effect {
    (delivers $function:path, $state:expr, $command:expr) => {
        $function($state, $command)
    };
    (does $function:path, $state:expr, $command:expr) => {{
        $function($state, $command);
        Set::none()
    }};
    (does $function:path, $state:expr, $command:expr, child) => {{
        groups::settling($state, $command.child(), |state| $function(state, $command));
        Set::none()
    }};
    (does $function:path, $state:expr, $command:expr, by) => {{
        groups::settling($state, $command.by, |state| $function(state, $command));
        Set::none()
    }};
}
pub(crate) use effect;

/// The effect in words.
macro_rules! effect_in_words {
    ($words:literal) => {
        $words
    };
    ($words:literal $party:ident) => {
        concat!(
            $words,
            "; then the policy's `on-loss` applies to the groups of each pair that lost its authorization"
        )
    };
}
pub(crate) use effect_in_words;

/// Declares the commands. `when` lists the conditions. `then` names the function of `feature` that changes
/// the state (`does`) or gives the users to whom is delivered (`delivers`), and says in words what it
/// does. `settling` says that the command settles, and names the user whose authorizations it may end.
macro_rules! commands {
    ($($variant:ident = $name:literal { $($field:ident: $name_of:ident),* }: $about:literal
        when [$($condition:ident),*]
        then $verb:ident $module:ident::$function:ident $(settling $party:ident)?: $words:literal;)*) => {
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
            $(#[doc = concat!("`", $name, "`: ", $about, ".")] $variant { by: User, $($field: type_of_field!($name_of)),* }),*
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
                match self { $(CommandKind::$variant => effect_in_words!($words $($party)?)),* }
            }

            /// The fields of a command of this kind, the actor first.
            pub const fn fields(self) -> &'static [Field] {
                match self { $(CommandKind::$variant => &[Field::By, $(Field::$name_of),*]),* }
            }

            /// Whether a command of this kind settles: it can end an authorization, and then the policy's
            /// `on_loss` applies to the groups that the two share.
            pub const fn settles(self) -> bool {
                match self { $(CommandKind::$variant => !matches!(stringify!($($party)?).as_bytes(), [])),* }
            }

            /// Whether a command of this kind delivers a message or call.
            pub const fn delivers(self) -> bool {
                match self { $(CommandKind::$variant => matches!(stringify!($verb).as_bytes(), b"delivers")),* }
            }

            /// Whether a command of this kind changes a child's contacts or guardians.
            pub const fn is_administrative(self) -> bool {
                match self { $(CommandKind::$variant => const { CommandKind::$variant.has_field(Field::Child) }),* }
            }

            /// Whether a command of this kind names a group.
            pub const fn names_group(self) -> bool {
                match self { $(CommandKind::$variant => const { CommandKind::$variant.has_field(Field::Group) }),* }
            }

            /// Whether a command of this kind is for those who run the group: its owner.
            pub const fn runs_group(self) -> bool {
                match self {
                    $(CommandKind::$variant => const {
                        CommandKind::$variant.has_condition(Condition::ActorIsOwner)
                    }),*
                }
            }

            /// Calls the visitor with every condition of the command in order, and whether it holds.
            #[inline]
            pub fn each_condition<L: Logic>(
                state: &L,
                command: &Request<L>,
                mut visit: impl FnMut(Condition, L::Truth),
            ) {
                match command.kind {
                    $(CommandKind::$variant => {
                        $(visit(Condition::$condition, function_of!($condition)(state, command));)*
                    })*
                }
            }

            /// Carries out the command without checking its conditions, and returns the users to whom it
            /// delivers.
            #[inline]
            pub fn carry_out<S: Change>(state: &mut S, command: &Request<S>) -> S::Users {
                match command.kind {
                    $(CommandKind::$variant => effect!($verb $module::$function, state, command $(, $party)?)),*
                }
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

            /// [`CommandKind::each_condition`] for a command of the model. The kind is known in each arm,
            /// so that the conditions compile to what is asked for that kind.
            #[inline]
            pub(crate) fn each_condition<L: OnState>(&self, state: &L, visit: impl FnMut(Condition, L::Truth)) {
                match *self {
                    $(Command::$variant { by, $($field),* } => {
                        let request = Request::<L>::new(CommandKind::$variant, by);
                        $(let request = Value::put($field, request, Field::$name_of);)*
                        let mut visit = visit;
                        $(visit(Condition::$condition, function_of!($condition)(state, &request));)*
                    })*
                }
            }

            /// [`CommandKind::carry_out`] for a command of the model.
            #[inline]
            pub(crate) fn carry_out<S: OnState + Change>(&self, state: &mut S) -> S::Users {
                match *self {
                    $(Command::$variant { by, $($field),* } => {
                        let request = &Request::<S>::new(CommandKind::$variant, by);
                        $(let request = &Value::put($field, *request, Field::$name_of);)*
                        effect!($verb $module::$function, state, request $(, $party)?)
                    })*
                }
            }

            /// The command as the rules see it.
            #[inline]
            pub fn request<L: OnState>(&self) -> Request<L> {
                match *self {
                    $(Command::$variant { by, $($field),* } => {
                        let request = Request::<L>::new(CommandKind::$variant, by);
                        $(let request = Value::put($field, request, Field::$name_of);)*
                        request
                    })*
                }
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

pub(crate) use commands;

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
    /// Whether a command of this kind has the field.
    pub const fn has_field(self, field: Field) -> bool {
        let (fields, mut at) = (self.fields(), 0);
        while at < fields.len() {
            if fields[at] as usize == field as usize {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Whether a command of this kind has the condition.
    pub const fn has_condition(self, condition: Condition) -> bool {
        let (conditions, mut at) = (self.conditions(), 0);
        while at < conditions.len() {
            if conditions[at] as usize == condition as usize {
                return true;
            }
            at += 1;
        }
        false
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
