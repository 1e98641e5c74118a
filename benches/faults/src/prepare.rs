//! What is made once for all faults of a policy and for all their seeds: its conformance suite, and with it the
//! knowledge of what can be covered.
//!
//! Both are those of the small cast, with which a search of everything can be completed.

use std::num::NonZeroUsize;

use chatwarden_model::{Command, Policy, Setup};

use super::{BenchConfig, BenchMonitor, Engine, in_parallel};
use chatwarden::adapter::fault::Fault;
use chatwarden::coverage::Points;
use chatwarden::format::BuiltInCast;
use chatwarden_explore::suite::{self, Suite};

/// What engines are given beside the fault.
pub(super) struct Prepared {
    suites: Vec<(Policy, Option<Suite>)>,
}

impl Prepared {
    /// What the engines of the plan will ask for.
    pub(super) fn new(plan: &BenchConfig, watch: &BenchMonitor) -> Self {
        let mut policies: Vec<Policy> = Vec::new();
        if plan.engines.contains(&Engine::Suite) || plan.engines.contains(&Engine::Coverage) {
            for policy in plan.faults.iter().map(|fault| fault.policy()) {
                if !policies.contains(&policy) {
                    policies.push(policy);
                }
            }
        }
        let suites = in_parallel(plan.jobs, &policies, |&policy| {
            let plan = suite::SuiteConfig {
                jobs: NonZeroUsize::MIN,
                ..suite::SuiteConfig::new(suite_setup(policy))
            };
            (policy, watch.during(|own| Some(suite::build(&plan, &own.search))))
        });
        Prepared { suites }
    }

    /// What is to be sought where coverage guides; nothing if the watch stopped the search for it.
    pub(super) fn targets(&self, fault: Fault) -> Option<&Points> {
        self.suite_of(fault).map(|suite| &suite.ground.reachable)
    }

    /// The histories of the suite; nothing if the watch stopped the search for them.
    pub(super) fn histories(&self, fault: Fault) -> Option<impl Iterator<Item = &[Command]>> {
        self.suite_of(fault).map(|suite| suite.chains.iter().map(|chain| chain.commands.as_slice()))
    }

    fn suite_of(&self, fault: Fault) -> Option<&Suite> {
        let of = self.suites.iter().find(|(policy, _)| *policy == fault.policy());
        of.expect("it is prepared for every fault of the plan").1.as_ref()
    }
}

/// What the suite of a policy is made for, whatever it takes to see the fault.
pub(super) fn suite_setup(policy: Policy) -> Setup {
    Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy }
}
