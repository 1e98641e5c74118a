//! Driving an implementation through every situation: shortest chains, counts, hidden memory, and systems that
//! cannot be copied or do not do their part.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::time::Instant;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::check::{Terms, run};
use chatwarden::explore::{Alike, Counterexample, Drive, Driven, End, Watch, drive};
use chatwarden::model::{Setup, Word};
use chatwarden::verdict::Identity;

use crate::support::{alphabet, policy_for, small, true_minima};

/// A search over the product, on one core, for everything and without a bound.
fn plan(setup: Setup) -> Drive {
    Drive {
        setup,
        terms: Terms::of(&Memory::new().about()),
        alphabet: alphabet(&setup),
        depth: None,
        alike: Alike::Product,
        symmetry: true,
        wanted: None,
        stop_at_first: false,
        jobs: NonZeroUsize::MIN,
        memory: 1 << 30,
        deadline: None,
    }
}

fn driven(plan: &Drive, fault: Option<Fault>) -> Driven {
    let make = || Ok(fault.map_or_else(Memory::new, Memory::with_fault));
    drive(plan, &make, &Watch::default()).expect("the service starts")
}

/// The length of the shortest history of each identity; each history is executed once more.
fn lengths<A: Adapter>(
    plan: &Drive,
    driven: &Driven,
    make: impl Fn() -> Result<A, Failure>,
) -> BTreeMap<Identity, usize> {
    let length = |found: &Counterexample| {
        let again = run(&mut make().expect("it starts"), plan.terms, &plan.setup, &found.commands);
        assert_eq!(again.as_ref(), Some(&found.finding));
        (found.finding.identity(), found.commands.len())
    };
    driven.found.iter().map(length).collect()
}

#[test]
fn every_fault_has_the_shortest_chains_of_a_plain_search() {
    for &fault in Fault::ALL {
        let began = Instant::now();
        let plan = Drive { stop_at_first: true, ..plan(small(policy_for(fault), 2)) };
        let driven = driven(&plan, Some(fault));
        let took = began.elapsed();
        let make = || Ok(Memory::with_fault(fault));
        let lengths = lengths(&plan, &driven, make);
        println!("{fault:<30} {:>7} commands, {took:.1?}", driven.executed);
        let truth = true_minima(fault, &lengths.keys().copied().collect::<HashSet<_>>());
        assert_eq!(lengths, truth, "{fault}");
        assert_eq!(driven.end, End::First);
    }
}
