//! The back end of Parlor, a messenger for kids, who talk only with people whom their parents
//! approved. Each method of [`Parlor`] is an endpoint; its caller is authenticated already.
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

/// The released version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
