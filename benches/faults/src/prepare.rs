//! The input that some engines need beside the fault: for each policy its conformance suite, and the
//! points of coverage that can be reached. It is made once for all faults of a policy.
//!
//! Both are made for the cast `small`, with which an exhaustive search can be completed.

use std::num::NonZeroUsize;

use chatwarden::adapter::fault::Fault;
use chatwarden::coverage::Points;
use chatwarden::format::BuiltInCast;
use chatwarden_explore::suite::{self, Suite, SuiteConfig};
use chatwarden_model::{Command, Policy, Setup};

use crate::{BenchConfig, BenchMonitor, Engine, in_parallel};

/// The suites of the policies; none for a policy whose suite was not completed before a stop.
pub(super) struct Prepared {
    suites: Vec<(Policy, Option<Suite>)>,
}

impl Prepared {
    /// The suites that the engines of the measurement need.
    pub(super) fn new(config: &BenchConfig, monitor: &BenchMonitor) -> Self {
        let mut policies: Vec<Policy> = Vec::new();
        if config.engines.contains(&Engine::Suite) || config.engines.contains(&Engine::Coverage) {
            for policy in config.faults.iter().map(|fault| fault.policy()) {
                if !policies.contains(&policy) {
                    policies.push(policy);
                }
            }
        }
        let suites = in_parallel(config.jobs, &policies, |&policy| {
            let config = SuiteConfig { jobs: NonZeroUsize::MIN, ..SuiteConfig::new(suite_setup(policy)) };
            (policy, monitor.during(|own| Some(suite::build(&config, &own.search))))
        });
        Prepared { suites }
    }

    /// The points to seek where coverage guides; none if the search for them was stopped.
    pub(super) fn targets(&self, fault: Fault) -> Option<&Points> {
        self.suite_of(fault).map(|suite| &suite.reachability.reachable)
    }

    /// The traces of the suite; none if the search for them was stopped.
    pub(super) fn traces(&self, fault: Fault) -> Option<impl Iterator<Item = &[Command]>> {
        self.suite_of(fault).map(|suite| suite.traces.iter().map(|chain| chain.commands.as_slice()))
    }

    fn suite_of(&self, fault: Fault) -> Option<&Suite> {
        let of_policy = self.suites.iter().find(|(policy, _)| *policy == fault.policy());
        of_policy.expect("a suite is prepared for the policy of every fault").1.as_ref()
    }
}

/// The setup of a policy's suite, whatever setup the fault needs.
pub(super) fn suite_setup(policy: Policy) -> Setup {
    Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy }
}
