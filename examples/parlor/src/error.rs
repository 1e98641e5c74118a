//! The errors of endpoints: a refusal, which the app shows, or a failure of the storage, which the
//! operators see.

use std::fmt;

/// The error of an endpoint. Nothing has changed then.
#[derive(Debug)]
pub enum ParlorError {
    /// The rules refuse it.
    Refused(Refusal),
    /// The database failed.
    Storage(rusqlite::Error),
}

/// The rule that refuses a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no such user.
    NoSuchUser,
    /// There is no such room.
    NoSuchRoom,
    /// Only kids have parents and approved contacts.
    NotAKid,
    /// Only a parent can look after a kid.
    NotAParent,
    /// Only the kid's own parents decide for it.
    NotYourKid,
    /// Parents look after kids and do not chat.
    DoesNotChat,
    /// Nobody can do this to themselves.
    Yourself,
    /// The parents have not approved that the two talk, or one has blocked the other.
    NotApproved,
    /// A room with that id was opened before.
    RoomTaken,
    /// The room is frozen or closed.
    RoomNotOpen,
    /// The user is not in the room.
    NotInRoom,
    /// The user is in the room already.
    AlreadyInRoom,
    /// Only the owner of the room may do this.
    NotOwner,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::NoSuchUser => "there is no such user",
            Refusal::NoSuchRoom => "there is no such room",
            Refusal::NotAKid => "only kids have parents and approved contacts",
            Refusal::NotAParent => "only a parent can look after a kid",
            Refusal::NotYourKid => "only the kid's own parents decide for it",
            Refusal::DoesNotChat => "parents do not chat",
            Refusal::Yourself => "nobody can do this to themselves",
            Refusal::NotApproved => "the parents have not approved it, or somebody is blocked",
            Refusal::RoomTaken => "the room has been opened before",
            Refusal::RoomNotOpen => "the room is not open any more",
            Refusal::NotInRoom => "the user is not in the room",
            Refusal::AlreadyInRoom => "the user is in the room already",
            Refusal::NotOwner => "only the owner of the room may do this",
        })
    }
}

impl fmt::Display for ParlorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParlorError::Refused(refusal) => write!(f, "refused: {refusal}"),
            ParlorError::Storage(error) => write!(f, "the storage failed: {error}"),
        }
    }
}

impl std::error::Error for ParlorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ParlorError::Refused(_) => None,
            ParlorError::Storage(error) => Some(error),
        }
    }
}

impl From<Refusal> for ParlorError {
    fn from(refusal: Refusal) -> Self {
        ParlorError::Refused(refusal)
    }
}

impl From<rusqlite::Error> for ParlorError {
    fn from(error: rusqlite::Error) -> Self {
        ParlorError::Storage(error)
    }
}

/// Refuses unless the condition holds.
pub(crate) fn require(condition: bool, otherwise: Refusal) -> Result<(), ParlorError> {
    if condition { Ok(()) } else { Err(otherwise.into()) }
}
