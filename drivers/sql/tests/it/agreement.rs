//! The back end without a fault conforms to the model, with which it shares no rule: every preset and random
//! policies on both databases. Both databases give the same answers.

use chatwarden::adapter::{Adapter, Failure, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::model::{NamedEnum, Preset, Setup};
use chatwarden_sql::service::Service;

use crate::support::{family, on_postgres, on_sqlite, random_policy, server, small, trace};

const RANDOM_POLICIES: u64 = 20;

#[track_caller]
fn conforms(what: &str, setup: Setup, runs: u64, make: &(impl Fn() -> Result<Service, Failure> + Sync)) {
    let about = make().expect("the service starts").about();
    let config = CampaignConfig { runs, ..CampaignConfig::new(setup, &about) };
    let result = campaign::run_campaign(&config, make, &CampaignMonitor::default(), &|_| {})
        .expect("the service starts");
    assert!(result.found.is_empty(), "{what}: {:?} under {:?}", result.found, setup.policy);
    println!("{what}: {} runs, {} commands conform", result.runs, result.commands);
}

#[test]
fn sqlite_follows_every_preset() {
    for preset in Preset::ALL {
        conforms(preset.name(), small(preset.policy(), 2), 1_500, &|| on_sqlite(None));
        let what = format!("{preset}, family");
        conforms(&what, family(preset.policy(), 3), 500, &|| on_sqlite(None));
    }
}

#[test]
fn sqlite_follows_random_policies() {
    for number in 0..RANDOM_POLICIES {
        let (what, policy) = (format!("random policy {number}"), random_policy(number));
        conforms(&what, small(policy, 2), 600, &|| on_sqlite(None));
        conforms(&format!("{what}, family"), family(policy, 3), 200, &|| on_sqlite(None));
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

#[test]
fn both_databases_answer_and_show_the_same() {
    let Some(server) = server() else { return };
    let mut lite = on_sqlite(None).expect("SQLite starts");
    let mut post = on_postgres(&server, None).expect("PostgreSQL starts");
    for preset in Preset::ALL {
        let setup = family(preset.policy(), 2);
        for run in 0..10 {
            lite.reset(&setup).expect("SQLite is reset");
            post.reset(&setup).expect("PostgreSQL is reset");
            for command in trace(&setup, run) {
                assert_eq!(lite.apply(&command), post.apply(&command), "{preset}, run {run}, {command:?}");
                let [mut left, mut right] = [Observation::default(); 2];
                lite.observe(&mut left).expect("SQLite can be observed");
                post.observe(&mut right).expect("PostgreSQL can be observed");
                assert_eq!(left, right, "{preset}, run {run}, {command:?}");
                assert_eq!(lite.fingerprint(), post.fingerprint(), "{preset}, run {run}, {command:?}");
            }
        }
    }
}
