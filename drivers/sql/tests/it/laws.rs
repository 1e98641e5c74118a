//! The laws on which searches rely: a reset restores the start, an observation changes nothing, a copy is
//! independent, and different states have different fingerprints.

use chatwarden::adapter::{Adapter, Observation};
use chatwarden::format::BuiltInCast;
use chatwarden::model::{Command, NamedEnum, Preset, Setup, UserSet};
use chatwarden_sql::location::Location;
use chatwarden_sql::service::Service;

use crate::support::{ANN, G1, KAY, SAM, family, on_postgres, on_sqlite, server, small, trace};

fn seen(service: &mut Service) -> Observation {
    let mut seen = Observation::default();
    service.observe(&mut seen).expect("the service can be observed");
    seen
}

fn apply(service: &mut Service, command: Command) -> bool {
    service.apply(&command).expect("the service answers").is_allowed()
}

/// A service on each database; PostgreSQL only if it is installed.
fn services() -> Vec<Service> {
    let mut services = vec![on_sqlite(None).expect("SQLite starts")];
    services.extend(server().map(|server| on_postgres(&server, None).expect("PostgreSQL starts")));
    services
}

#[test]
fn a_reset_leaves_nothing_behind() {
    for mut service in services() {
        for preset in Preset::ALL {
            let setup = small(preset.policy(), 2);
            service.reset(&setup).expect("it can be reset");
            let (fresh, print) = (seen(&mut service), service.fingerprint());
            assert_eq!(fresh, Observation::default());
            for run in 0..5 {
                for command in trace(&setup, run) {
                    service.apply(&command).expect("the service answers");
                }
                assert_ne!(service.fingerprint(), print, "the trace changed something");
                service.reset(&setup).expect("it can be reset");
                assert_eq!((seen(&mut service), service.fingerprint()), (fresh, print));
            }
        }
    }
}

#[test]
fn a_reset_takes_the_cast_and_the_policy() {
    let mut service = on_sqlite(None).expect("SQLite starts");
    let setups = Preset::ALL.iter().flat_map(|preset| {
        [small(preset.policy(), 1), small(preset.policy(), 2), family(preset.policy(), 2)]
    });
    let prints: std::collections::HashSet<_> = setups
        .map(|setup| {
            service.reset(&setup).expect("it can be reset");
            service.fingerprint().expect("it has a fingerprint")
        })
        .collect();
    assert_eq!(prints.len(), 3 * Preset::ALL.len());
}

#[test]
fn an_observation_changes_nothing() {
    for mut service in services() {
        let setup = small(Preset::PairwiseConsent.policy(), 2);
        service.reset(&setup).expect("it can be reset");
        for command in trace(&setup, 3) {
            service.apply(&command).expect("the service answers");
            let print = service.fingerprint();
            let (first, second) = (seen(&mut service), seen(&mut service));
            assert_eq!(first, second);
            assert_eq!(service.fingerprint(), print);
        }
    }
}

#[test]
fn a_refused_command_changes_nothing_at_all() {
    let mut refused = 0;
    for preset in Preset::ALL {
        let setup = small(preset.policy(), 2);
        let mut service = on_sqlite(None).expect("SQLite starts");
        for run in 0..20 {
            service.reset(&setup).expect("it can be reset");
            for command in trace(&setup, run) {
                let print = service.fingerprint();
                if !apply(&mut service, command) {
                    refused += 1;
                    assert_eq!(service.fingerprint(), print, "{command:?}");
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn a_copy_is_equal_and_independent() {
    let mut service = on_sqlite(None).expect("SQLite starts");
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    for run in 0..20 {
        service.reset(&setup).expect("it can be reset");
        let commands = trace(&setup, run);
        let (before, after) = commands.split_at(commands.len() / 2);
        before.iter().for_each(|command| {
            service.apply(command).expect("the service answers");
        });
        let mut copy = service.fork().expect("it is in memory");
        let (shown, print) = (seen(&mut service), service.fingerprint());
        assert_eq!(copy.fingerprint(), print);
        let answers: Vec<_> = after.iter().map(|command| copy.apply(command)).collect();
        assert_eq!((seen(&mut service), service.fingerprint()), (shown, print), "the copy changed it");
        assert_eq!(after.iter().map(|command| service.apply(command)).collect::<Vec<_>>(), answers);
        assert_eq!(copy.fingerprint(), service.fingerprint());
        let mut of_copy = Observation::default();
        copy.observe(&mut of_copy).expect("the copy can be observed");
        assert_eq!(of_copy, seen(&mut service));
    }
}

#[test]
fn hidden_state_is_in_the_fingerprint() {
    let mut service = on_sqlite(None).expect("SQLite starts");
    let setup = small(Preset::NoContactRule.policy(), 1);
    let mut print = |commands: &[Command]| {
        service.reset(&setup).expect("it can be reset");
        commands.iter().for_each(|command| assert!(apply(&mut service, *command)));
        (seen(&mut service), service.fingerprint().expect("it has a fingerprint"))
    };
    let create = Command::Create { by: KAY, group: G1, with: UserSet::of([SAM]) };
    let enter = Command::Accept { by: SAM, group: G1 };
    let leave = Command::Leave { by: SAM, group: G1 };
    let alone = Command::Create { by: KAY, group: G1, with: UserSet::EMPTY };
    let (seen_after, after) = print(&[create, enter, leave]);
    let (seen_alone, never) = print(&[alone]);
    assert_eq!(seen_after, seen_alone);
    assert_ne!(after, never, "the row of a user who left is kept");

    // Deliveries are removed. Otherwise every delivery would lead to a new state.
    let talk = Command::Message { by: KAY, group: G1 };
    assert_eq!(print(&[create, enter, talk, talk]), print(&[create, enter]));
}

#[test]
fn a_file_is_emptied_unless_it_has_other_tables() {
    let folder = tempfile::tempdir().expect("there is a temporary directory");
    let path = folder.path().join("chat.db");
    let location: Location = format!("sqlite:{}", path.display()).parse().expect("it is a location");
    let setup = Setup {
        cast: BuiltInCast::Small.named_cast().cast,
        groups: 1,
        policy: Preset::MessengerKids.policy(),
    };
    for _ in 0..2 {
        let mut service = Service::new(location.open().expect("it opens"), None).expect("it starts");
        service.reset(&setup).expect("it can be reset");
        assert!(apply(&mut service, Command::Approve { by: ANN, child: KAY, contact: SAM }));
        assert!(seen(&mut service).contacts[KAY.index()].contains(SAM));
        assert!(service.fork().is_none(), "a file has no copy");
        assert!(location.open().err().expect("it is in use").contains("locked"));
    }
    let other = folder.path().join("other.db");
    let connection = rusqlite::Connection::open(&other).expect("it opens");
    connection.execute_batch("CREATE TABLE diary (entry TEXT)").expect("it can be written");
    drop(connection);
    let location: Location = format!("sqlite:{}", other.display()).parse().expect("it is a location");
    assert!(location.open().err().expect("it is refused").contains("tables that no driver wrote"));
}
