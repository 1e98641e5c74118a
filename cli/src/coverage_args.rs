//! `--coverage`: what several subcommands let one ask about how much was tested.

use chatwarden_model::{CommandKind, EnumSet, NamedEnum, Setup};
use clap::Args;

use super::interrupt::Interrupt;
use super::{CliError, progress};
use crate::report::{Covered, Event, Report};
use chatwarden::coverage::{Coverage, Reachability};
use chatwarden::format::{CastSpec, PolicySpec, Scenario};
use chatwarden::replay;
use chatwarden_explore::suite::{self, SuiteConfig};

/// How much memory the search for what can be covered may take: with small casts it completes in far less.
const MEMORY: u64 = 512 << 20;

/// Whether coverage is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct Asked {
    /// Tell which conditions decided alone, which cases of the rules were seen, and what was missed; with a large cast the
    /// search for what can be seen may take a minute, in which nothing else is done
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// What scenarios cover, for each policy and cast.
#[derive(Debug, Default)]
pub(crate) struct Tables(Vec<Table>);

#[derive(Debug)]
struct Table {
    policy: String,
    cast: String,
    setup: Setup,
    coverage: Coverage,
}

impl Tables {
    /// Counts what a scenario shows.
    pub(crate) fn add(&mut self, scenario: &Scenario) {
        let setup = scenario.setup();
        let is_same =
            |table: &&mut Table| (table.setup.cast, table.setup.policy) == (setup.cast, setup.policy);
        let table = match self.0.iter_mut().find(is_same) {
            Some(table) => table,
            None => {
                self.0.push(Table {
                    policy: policy_name(&scenario.policy),
                    cast: cast_name(&scenario.cast),
                    setup,
                    coverage: Coverage::default(),
                });
                self.0.last_mut().expect("it was just put there")
            }
        };
        table.setup.groups = table.setup.groups.max(setup.groups);
        table.coverage.follow(&setup, &replay::commands(scenario));
    }

    /// Tells what was covered, and searches for what can be.
    pub(crate) fn report(&self, reports: &mut impl Report) -> Result<(), CliError> {
        let interrupt = Interrupt::installed();
        for table in &self.0 {
            let ground = ground(table.setup, EnumSet::all(), &table.policy, &interrupt);
            reports.event(Event::CoverageCounted(&Covered {
                policy: &table.policy,
                cast: &table.cast,
                groups: table.setup.groups,
                coverage: &table.coverage,
                ground: &ground,
            }))?;
        }
        Ok(())
    }
}

/// What can be covered, from an exhaustive search as far as its memory suffices.
pub(crate) fn ground(
    setup: Setup,
    commands: EnumSet<CommandKind>,
    policy: &str,
    interrupt: &Interrupt,
) -> Reachability {
    let plan = SuiteConfig { commands, memory: MEMORY, ..SuiteConfig::new(setup) };
    progress::of_search(policy, &interrupt.search, || suite::reachability(&plan, &interrupt.search))
}

/// What a policy is called in reports.
pub(crate) fn policy_name(policy: &PolicySpec) -> String {
    match policy {
        PolicySpec::Preset(preset) => preset.name().into(),
        PolicySpec::Full(_) => "custom".into(),
    }
}

/// What a cast is called in reports.
pub(crate) fn cast_name(cast: &CastSpec) -> String {
    match cast {
        CastSpec::BuiltIn(cast) => cast.name().into(),
        CastSpec::Full(_) => "custom".into(),
    }
}
