//! `--coverage`: the share of the reachable coverage points that a run covers.

use chatwarden_model::{CommandKind, EnumSet, NamedEnum, Setup};
use clap::Args;

use crate::interrupt::Interrupt;
use crate::report::{Covered, Event, Report};
use crate::{CliError, progress};
use chatwarden::coverage::{Coverage, Reachability};
use chatwarden::format::{CastSpec, Scenario};
use chatwarden::replay;
use chatwarden_explore::suite::{self, SuiteConfig};

/// The memory of the search for reachable points. With small casts it needs far less.
const SEARCH_MEMORY: u64 = 512 << 20;

/// Whether to report coverage.
#[derive(Args, Clone, Debug)]
pub(crate) struct CoverageArgs {
    /// Report coverage: the conditions that alone decided a command, the cases of the rules, and
    /// the points that were missed; with a large cast the search for reachable points takes up to a
    /// minute
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// The coverage of scenarios, one table for each policy and cast.
#[derive(Debug, Default)]
pub(crate) struct CoverageTables(Vec<CoverageTable>);

#[derive(Debug)]
struct CoverageTable {
    policy: String,
    cast: String,
    setup: Setup,
    coverage: Coverage,
}

impl CoverageTables {
    /// Adds the points that a scenario covers.
    pub(crate) fn add(&mut self, scenario: &Scenario) {
        let setup = scenario.setup();
        let is_same =
            |table: &CoverageTable| (table.setup.cast, table.setup.policy) == (setup.cast, setup.policy);
        let position = self.0.iter().position(is_same).unwrap_or_else(|| {
            self.0.push(CoverageTable {
                policy: scenario.policy.name().into(),
                cast: cast_name(&scenario.cast),
                setup,
                coverage: Coverage::default(),
            });
            self.0.len() - 1
        });
        let table = &mut self.0[position];
        table.setup.groups = table.setup.groups.max(setup.groups);
        table.coverage.follow(&setup, &replay::commands(scenario));
    }

    /// Searches for the reachable points of each table, and reports the covered ones among them.
    pub(crate) fn report(&self, reports: &mut impl Report, interrupt: &Interrupt) -> Result<(), CliError> {
        for table in &self.0 {
            let reachability = search_reachable(table.setup, EnumSet::all(), &table.policy, interrupt);
            reports.event(Event::CoverageCounted(&Covered {
                policy: &table.policy,
                cast: &table.cast,
                groups: table.setup.groups,
                coverage: &table.coverage,
                reachability: &reachability,
            }))?;
        }
        Ok(())
    }
}

/// The coverage points that these commands can reach, by an exhaustive search as far as its memory
/// suffices.
pub(crate) fn search_reachable(
    setup: Setup,
    commands: EnumSet<CommandKind>,
    policy: &str,
    interrupt: &Interrupt,
) -> Reachability {
    let config = SuiteConfig { commands, memory: SEARCH_MEMORY, ..SuiteConfig::new(setup) };
    progress::of_search(policy, &interrupt.search, || suite::reachability(&config, &interrupt.search))
}

/// The name of a cast in reports.
pub(crate) fn cast_name(cast: &CastSpec) -> String {
    match cast {
        CastSpec::BuiltIn(cast) => cast.name().into(),
        CastSpec::Full(_) => "custom".into(),
    }
}
