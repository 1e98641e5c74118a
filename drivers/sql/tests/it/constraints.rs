//! Changes that the constraints of both databases refuse.

use chatwarden::adapter::Adapter;
use chatwarden::model::{Command, Preset, UserSet};
use chatwarden_sql::database::DatabaseError;
use chatwarden_sql::service::Service;

use crate::support::{ANN, G1, KAY, SAM, on_postgres, on_sqlite, server, small};

/// Changes that must be refused, with a description. kay (2) owns room 0, and sam (4) is a member.
const NONSENSE: &[(&str, &str)] = &[
    (
        "a second policy",
        "INSERT INTO policy SELECT quorum, between_children, admission, inviters, links, on_create, on_invite, on_accept, on_join, message_send, message_deliver, call_send, call_deliver, on_loss, 2 FROM policy",
    ),
    ("a knob of no such value", "UPDATE policy SET quorum = 'most'"),
    ("an account of no kind", "INSERT INTO accounts (id, kind) VALUES (9, 'robot')"),
    ("two accounts of one number", "INSERT INTO accounts (id, kind) VALUES (4, 'child')"),
    ("an adult with a guardian", "INSERT INTO guardianships (child, guardian) VALUES (4, 0)"),
    ("an adult as a guardian", "INSERT INTO guardianships (child, guardian) VALUES (2, 4)"),
    (
        "an approval by another child's guardian",
        "INSERT INTO approvals (child, contact, guardian) VALUES (2, 4, 1)",
    ),
    ("an approval of the child itself", "INSERT INTO approvals (child, contact, guardian) VALUES (2, 2, 0)"),
    ("an approval of nobody", "INSERT INTO approvals (child, contact, guardian) VALUES (2, 9, 0)"),
    ("a block of oneself", "INSERT INTO blocks (blocker, blocked) VALUES (2, 2)"),
    ("a block of nobody", "INSERT INTO blocks (blocker, blocked) VALUES (2, 9)"),
    ("a room in no phase", "INSERT INTO rooms (id, phase) VALUES (1, 'asleep')"),
    (
        "a dissolved room with an open link",
        "INSERT INTO rooms (id, phase, link) VALUES (1, 'dissolved', 'open')",
    ),
    ("two owners", "UPDATE memberships SET role = 'owner' WHERE account = 4"),
    ("an owner who left", "UPDATE memberships SET departed = 1 WHERE account = 2"),
    ("a member of no room", "INSERT INTO memberships (room, account) VALUES (7, 3)"),
    ("nobody as a member", "INSERT INTO memberships (room, account) VALUES (0, 9)"),
    ("a member twice", "INSERT INTO memberships (room, account) VALUES (0, 4)"),
    ("an invitation to no room", "INSERT INTO invitations (room, account, inviter) VALUES (7, 3, 2)"),
    ("an invitation of oneself", "INSERT INTO invitations (room, account, inviter) VALUES (0, 3, 3)"),
    ("an invitation by nobody", "INSERT INTO invitations (room, account) VALUES (0, 3)"),
    ("a ban from no room", "INSERT INTO bans (room, account) VALUES (7, 3)"),
    ("a delivery to oneself", "INSERT INTO deliveries (sender, recipient, surface) VALUES (2, 2, 'direct')"),
    ("a message in no room", "INSERT INTO deliveries (sender, recipient, surface) VALUES (2, 4, 'message')"),
    ("a room taken from its members", "DELETE FROM rooms WHERE id = 0"),
    ("an account taken from its rooms", "DELETE FROM accounts WHERE id = 4"),
];

#[test]
fn nonsense_is_refused() {
    let mut services = vec![on_sqlite(None).expect("SQLite starts")];
    services.extend(server().map(|server| on_postgres(&server, None).expect("PostgreSQL starts")));
    for mut service in services {
        prepare(&mut service);
        let print = service.fingerprint();
        for (what, sql) in NONSENSE {
            let database = service.database();
            database.begin().expect("a transaction begins");
            let result = database.execute(sql, &[]);
            database.rollback().expect("it is rolled back");
            assert!(matches!(result, Err(DatabaseError::Forbidden(_))), "{what}: {result:?}");
        }
        assert_eq!(service.fingerprint(), print);
    }
}

fn prepare(service: &mut Service) {
    service.reset(&small(Preset::NoContactRule.policy(), 1)).expect("it can be reset");
    let commands = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Create { by: KAY, group: G1, with: UserSet::of([SAM]) },
        Command::Accept { by: SAM, group: G1 },
    ];
    for command in commands {
        assert!(service.apply(&command).expect("the service answers").is_allowed(), "{command:?}");
    }
}

#[test]
fn with_a_guardianship_its_approvals_go() {
    let mut service = on_sqlite(None).expect("SQLite starts");
    prepare(&mut service);
    service.database().execute("DELETE FROM guardianships WHERE child = 2", &[]).expect("it can be deleted");
    let mut approvals = 0;
    let counted = service.database().query("SELECT 1 FROM approvals", &[], &mut |_| approvals += 1);
    assert_eq!((counted, approvals), (Ok(()), 0));
}
