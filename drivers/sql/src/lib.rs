//! A chat back end on SQL, as a product would have it, that `chatwarden` tests.
//!
//! Accounts, guardianships, approvals, blocks, rooms, memberships, invitations, bans and deliveries are tables.
//! The relations between users are views. Each command is one transaction, whose questions and changes are in
//! `sql/commands.sql`. SQLite and PostgreSQL run the same text. A [`fault`] is a small change of that text.
//!
//! ```
//! use chatwarden::{campaign::{self, CampaignConfig, CampaignMonitor}, adapter::Adapter, model::{Preset, Setup}, format::BuiltInCast};
//! use chatwarden_sql::{database::sqlite::Sqlite, fault::Fault, service::Service};
//!
//! let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy: Preset::MessengerKids.policy() };
//! let make = || {
//!     let database = Sqlite::in_memory().expect("there is memory");
//!     Service::new(Box::new(database), Some(Fault::LauncherOnly))
//! };
//! let config = CampaignConfig::new(setup, &make()?.about());
//! let result = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {})?;
//! assert_eq!(result.found.len(), 1);
//! # Ok::<(), chatwarden::adapter::Failure>(())
//! ```

pub mod database;
pub mod fault;
pub mod location;
pub mod script;
pub mod service;
