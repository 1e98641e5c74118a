//! The decision: which conditions of one command hold.
//!
//! A decision is a vector instead of a bool. It gives the reason of a refusal, the near misses that a
//! generator seeks, and coverage. `table` lists the conditions.

use crate::named_enum::NamedEnum;
use crate::table::{CommandKind, Condition};

/// Declares the conditions. A row is `Variant = "name": "meaning", function;`, with a function of `feature`.
macro_rules! conditions {
    ($(#[$meta:meta])* pub enum Condition {
        $($variant:ident = $name:literal: $about:literal, $module:ident::$function:ident;)*
    }) => {
        crate::named_enum! { $(#[$meta])* pub enum Condition { $($variant = $name: $about),* } }

        impl Condition {
            /// Whether the condition holds for the command. It is asked only where the command has it.
            #[inline]
            pub fn holds<L: Logic>(self, state: &L, command: &Request<L>) -> L::Truth {
                match self { $(Condition::$variant => $module::$function(state, command)),* }
            }
        }

        /// The function of a condition, for the table of commands.
        macro_rules! function_of {
            $(($variant) => { $module::$function };)*
        }
    };
}
pub(crate) use conditions;

/// Which conditions of one command hold in one state.
///
/// ```
/// use chatwarden_model::{decide, Cast, Command, Condition, Group, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let decision = decide(&state, &Preset::MessengerKids.policy(), &Command::Leave { by: sam, group: Group::new(0) });
/// assert!(!decision.is_allowed());
/// assert_eq!(decision.reason(), Some(Condition::ActorIsMember));
/// assert_eq!(decision.near_miss(), Some(Condition::ActorIsMember));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decision {
    kind: CommandKind,
    /// One bit for each condition of the command that does not hold, the first condition lowest.
    failed: u32,
}

const _: () = {
    let mut at = 0;
    while at < CommandKind::ALL.len() {
        let conditions = CommandKind::ALL[at].conditions().len();
        assert!(conditions <= u32::BITS as usize, "a condition has no bit in `Decision::failed`");
        at += 1;
    }
};

impl Decision {
    /// The decision in which the conditions of the command with these bits do not hold.
    #[inline]
    pub(crate) const fn of(kind: CommandKind, failed: u32) -> Self {
        Decision { kind, failed }
    }

    /// Whether the command is allowed: all its conditions hold.
    #[inline]
    pub const fn is_allowed(self) -> bool {
        self.failed == 0
    }

    /// The reason of a refusal: the first condition that does not hold.
    #[inline]
    pub fn reason(self) -> Option<Condition> {
        self.kind.conditions().get(self.failed.trailing_zeros() as usize).copied()
    }

    /// The condition that does not hold, if it is the only one.
    #[inline]
    pub fn near_miss(self) -> Option<Condition> {
        if self.failed.is_power_of_two() { self.reason() } else { None }
    }

    /// The number of conditions that do not hold.
    #[inline]
    pub const fn failures(self) -> u32 {
        self.failed.count_ones()
    }

    /// The kind of the command.
    #[inline]
    pub const fn kind(self) -> CommandKind {
        self.kind
    }

    /// Every condition of the command in order, with `true` if it holds.
    pub fn conditions(self) -> impl Iterator<Item = (Condition, bool)> {
        self.kind.conditions().iter().enumerate().map(move |(at, &name)| (name, self.failed >> at & 1 == 0))
    }
}
