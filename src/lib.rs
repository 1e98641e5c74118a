//! Finds authorization defects in chat products. A reference model of users, approvals and groups
//! runs in lock-step with an implementation. A trace in which the two differ, or in which a promise
//! is broken, is shrunk to the shortest chain of commands that shows it.
//!
//! # A tour
//!
//! A run has a cast, some groups and a policy. This cast is a built-in one: ann is the guardian of
//! kay, bob is the guardian of kim, and sam is an adult.
//!
//! ```
//! use chatwarden::model::{Preset, Setup};
//! use chatwarden::format::BuiltInCast;
//! let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! # assert_eq!(setup.cast.len(), 5);
//! ```
//!
//! An implementation is any system behind the trait [`adapter::Adapter`]. The built-in one is a
//! small chat service in memory, in which faults can be planted. A campaign tries random traces
//! until one does not conform:
//!
//! ```
//! # use chatwarden::model::{Preset, Setup};
//! # use chatwarden::format::BuiltInCast;
//! # let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
//! use chatwarden::campaign::{run_campaign, shrink, CampaignConfig, CampaignMonitor};
//!
//! let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
//! let config = CampaignConfig::new(setup, &service()?.about());
//! let monitor = CampaignMonitor::default();
//! let result = run_campaign(&config, &service, &monitor, &|_| {})?;
//! let found = result.found.first().expect("the fault is found");
//! # Ok::<(), chatwarden::adapter::Failure>(())
//! ```
//!
//! The counterexample is shrunk as long as it shows the same finding, and described with names:
//!
//! ```
//! # use chatwarden::model::{Preset, Setup};
//! # use chatwarden::format::BuiltInCast;
//! # let cast = BuiltInCast::Small.named_cast();
//! # let setup = Setup { cast: cast.cast, groups: 2, policy: Preset::MessengerKids.policy() };
//! # use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
//! # use chatwarden::campaign::{run_campaign, shrink, CampaignConfig, CampaignMonitor};
//! # let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
//! # let config = CampaignConfig::new(setup, &service()?.about());
//! # let monitor = CampaignMonitor::default();
//! # let result = run_campaign(&config, &service, &monitor, &|_| {})?;
//! # let found = result.found.first().expect("the fault is found");
//! use chatwarden::describe::Describer;
//! use chatwarden::format::Names;
//! let shrunk = shrink(&config, &service, found, &monitor, |_, _| {})?;
//! let names = cast.with_groups(Names::numbered(2));
//! let describer = Describer { names: &names, setup: &setup };
//! let commands: Vec<String> = shrunk.commands.iter().map(|command| describer.command(*command)).collect();
//! assert_eq!(commands[0], "approve(ann, kay, sam)");
//! # Ok::<(), chatwarden::adapter::Failure>(())
//! ```
//!
//! A scenario file holds a trace with the policy's expected answer to each command.
//! [`format::Scenario`] reads and writes it, and [`replay`] replays it:
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
//! Once a product has an adapter, [`conformance_test!`] makes a test of it in one line, and
//! [`fuzz_target!`] makes a target for `cargo fuzz`. Own properties are written for proptest over
//! `strategy::Traces` (feature `proptest`). `docs/adopting.md` shows it step by step.
//!
//! # The modules
//!
//! | | |
//! | --- | --- |
//! | [`model`] | the rules: users, approvals, groups, policies, promises |
//! | [`adapter`] | the interface of implementations; the built-in service and its faults |
//! | [`lockstep`], [`finding`] | the model beside an implementation, and its verdict |
//! | [`counterexample`], [`trace`] | a trace that shows a finding, and the record of a trace for people |
//! | [`generate`], [`campaign`], [`shrink`] | random traces, many of them in parallel, and simpler ones |
//! | [`coverage`] | the rules that were exercised |
//! | [`triage`] | the pipeline of a finding: draft, repeat, shrink, certify, replay from disk, final name |
//! | [`mod@format`], [`replay`], [`describe`] | scenario files and messages, their replay, and texts for people |
//! | [`sanitize`] | text from outside, made safe for an output |
//! | [`conformance`], [`fuzz`], [`driver`] | a test in one line, fuzz targets, serving a driver |
//!
//! Exhaustive search and certificates are in the crate `chatwarden-explore`, the command line in
//! `chatwarden-cli`.

pub use chatwarden_model as model;

pub mod adapter;
pub mod campaign;
pub mod conformance;
pub mod counterexample;
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
pub mod sanitize;
pub mod shrink;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod trace;
pub mod triage;
