//! The back end without a fault against the model, from which it has no rule: every preset and random policies, on
//! both databases, and both databases beside each other.

use chatwarden::adapter::{Adapter, Failure, Observation};
use chatwarden::campaign::{self, Plan, Watch};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{Preset, Setup, State, Word, WordSet, step};
use chatwarden_sql::service::Service;

use crate::support::{family, on_postgres, on_sqlite, random_policy, server, small};

const RANDOM_POLICIES: u64 = 20;

#[track_caller]
fn conforms(what: &str, setup: Setup, runs: u64, make: &(impl Fn() -> Result<Service, Failure> + Sync)) {
    let about = make().expect("the service starts").about();
    let plan = Plan { runs, ..Plan::new(setup, &about) };
    let tally = campaign::conduct(&plan, make, &Watch::default(), &|_| {}).expect("the service starts");
    assert!(tally.found.is_empty(), "{what}: {:?} under {:?}", tally.found, setup.policy);
    println!("{what}: {} runs, {} commands conform", tally.runs, tally.commands);
}

#[test]
fn sqlite_follows_every_preset() {
    for preset in Preset::ALL {
        conforms(preset.name(), small(preset.policy(), 2), 3_000, &|| on_sqlite(None));
        let what = format!("{preset}, family");
        conforms(&what, family(preset.policy(), 3), 1_000, &|| on_sqlite(None));
    }
}

#[test]
fn sqlite_follows_random_policies() {
    for number in 0..RANDOM_POLICIES {
        let (what, policy) = (format!("random policy {number}"), random_policy(number));
        conforms(&what, small(policy, 2), 1_500, &|| on_sqlite(None));
        conforms(&format!("{what}, family"), family(policy, 3), 500, &|| on_sqlite(None));
    }
}

#[test]
fn postgres_follows_every_preset() {
    let Some(server) = server() else { return };
    for preset in Preset::ALL {
        let make = || on_postgres(&server, None);
        conforms(&format!("PostgreSQL, {preset}"), small(preset.policy(), 2), 40, &make);
    }
    for number in 0..RANDOM_POLICIES {
        let make = || on_postgres(&server, None);
        conforms(&format!("PostgreSQL, random policy {number}"), family(random_policy(number), 2), 10, &make);
    }
}
