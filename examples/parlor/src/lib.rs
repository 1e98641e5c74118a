//! The back end of Parlor, a messenger for kids: they talk with the people whom their parents picked, and with nobody
//! else. Each method of [`Parlor`] is an endpoint; who calls it has been authenticated by then.
//!
//! ```
//! use parlor::{Parlor, ParlorError, Refusal, Role};
//! let mut parlor = Parlor::in_memory()?;
//! let [mum, kid] = [parlor.sign_up("Mum", Role::Parent)?, parlor.sign_up("Kid", Role::Kid)?];
//! let gran = parlor.sign_up("Gran", Role::GrownUp)?;
//! parlor.link_parent(kid, mum)?;
//!
//! assert!(matches!(parlor.whisper(gran, kid, "hello"), Err(ParlorError::Refused(Refusal::NotApproved))));
//! parlor.approve(mum, kid, gran)?;
//! assert_eq!(parlor.whisper(gran, kid, "hello")?, [kid]);
//! # Ok::<(), ParlorError>(())
//! ```

mod accounts;
mod approvals;
mod error;
mod posts;
mod rooms;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use accounts::{Role, UserId};
pub use error::{ParlorError, Refusal};
pub use rooms::{Room, RoomId, RoomState};
pub use store::Parlor;

/// The version that is released, as the people who run it know it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
