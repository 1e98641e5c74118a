//! Finds authorization defects in chat products: a reference model of users, approvals and groups runs in lock-step
//! with an implementation, and where the two part, the history is shrunk to the shortest chain of commands that shows
//! it.
//!
//! # A tour
//!
//! A run is about a cast, some groups and a policy. Here the cast is a built-in one: ann looks after kay, bob after
//! kim, and sam is an adult.
//!
//! ```
//! use chatwarden::model::{Preset, Setup};
//! use chatwarden::format::BuiltInCast;
//! let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! # assert_eq!(setup.cast.len(), 5);
//! ```
//!
//! An implementation is anything behind the trait [`adapter::Adapter`]. The one that comes along is a small chat
//! service in memory, in which faults can be planted. A campaign tries histories until one does not conform:
//!
//! ```
//! # use chatwarden::model::{Preset, Setup};
//! # use chatwarden::format::BuiltInCast;
//! # let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
//! use chatwarden::campaign::{run_campaign, shrink, CampaignConfig, CampaignMonitor};
//!
//! let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
//! let plan = CampaignConfig::new(setup, &service()?.about());
//! let watch = CampaignMonitor::default();
//! let tally = run_campaign(&plan, &service, &watch, &|_| {})?;
//! let found = tally.found.first().expect("the fault is found");
//! # Ok::<(), chatwarden::adapter::Failure>(())
//! ```
//!
//! What was found is shrunk, as long as it stays the same finding, and told to a person:
//!
//! ```
//! # use chatwarden::model::{Preset, Setup};
//! # use chatwarden::format::BuiltInCast;
//! # let cast = BuiltInCast::Small.named_cast();
//! # let setup = Setup { cast: cast.cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! # use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
//! # use chatwarden::campaign::{run_campaign, shrink, CampaignConfig, CampaignMonitor};
//! # let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
//! # let plan = CampaignConfig::new(setup, &service()?.about());
//! # let watch = CampaignMonitor::default();
//! # let tally = run_campaign(&plan, &service, &watch, &|_| {})?;
//! # let found = tally.found.first().expect("the fault is found");
//! use chatwarden::describe::Describer;
//! use chatwarden::format::Names;
//! let shrunk = shrink(&plan, &service, found, &watch, |_, _| {})?;
//! let names = cast.with_groups(Names::numbered(2));
//! let telling = Describer { names: &names, setup: &setup };
//! let chain: Vec<String> = shrunk.commands.iter().map(|command| telling.command(*command)).collect();
//! assert_eq!(chain[0], "approve(ann, kay, sam)");
//! # Ok::<(), chatwarden::adapter::Failure>(())
//! ```
//!
//! As a file, a history with what the policy says to each step is a scenario, read and written by [`format::Scenario`]
//! and replayed by [`replay`]:
//!
//! ```
//! use chatwarden::replay;
//! use chatwarden::format::{Scenario, Source};
//! let text = r#"{"chatwarden": 1, "name": "stranger", "policy": "messenger-kids", "cast": "small", "groups": ["g1"],
//!   "steps": [{"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny", "because": "newcomer-cleared"}]}"#;
//! let scenario = Scenario::read(Source::new("stranger.json", text))?;
//! assert_eq!(replay::against_policy(&scenario), Ok(()));
//! # Ok::<(), chatwarden::format::Error>(())
//! ```
//!
//! # In your own repository
//!
//! Once a product has an adapter, [`conformance_test!`] makes a test of it in one line, and [`fuzz_target!`] a target for
//! `cargo fuzz`; properties of one's own are written for proptest over `strategy::Traces` (feature `proptest`).
//! `docs/adopting.md` goes through it.
//!
//! # The rooms
//!
//! [`model`] the rules · [`adapter`] implementations · [`lockstep`] the lock-step · [`finding`] what is said of it ·
//! [`generate`] where histories come from · [`shrink`] how they get short · [`campaign`] all of that, many times ·
//! [`explore`] every history up to a bound · [`coverage`] what was tested, and [`suite`] what shows all of it ·
//! [`conformance`] a test in one line, [`fuzz`] what fuzz targets are made of · [`certify`] what proves that histories are as
//! short as can be · [`exec`] implementations in other processes, [`driver`] the other side of that, [`inspect`] whether a
//! driver can be believed · [`fault_bench`] how soon faults are found · [`format`] the formats · [`trace`], [`replay`], [`save`],
//! [`baseline`], [`report`] what becomes of findings · [`cli`] the program.

pub use chatwarden_model as model;

pub mod adapter;
pub mod campaign;
pub mod conformance;
pub mod coverage;
pub mod describe;
pub mod driver;
pub mod finding;
pub mod format;
pub mod fuzz;
pub mod generate;
pub mod hash;
pub mod lockstep;
pub mod replay;
pub mod shrink;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod trace;
pub mod triage;
