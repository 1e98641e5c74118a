//! Services, setups, and the policy under which each fault shows.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use chatwarden::adapter::Failure;
use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Choices, Generator, Seeded};
use chatwarden::model::{
    Command, EnumSet, Group, NamedEnum, Newcomer, Policy, Preset, Quorum, Setup, State, Surface, User, step,
};
use chatwarden_sql::database::postgres::Postgres;
use chatwarden_sql::database::server::Server;
use chatwarden_sql::database::sqlite::Sqlite;
use chatwarden_sql::fault::Fault;
use chatwarden_sql::service::Service;

pub(crate) const ANN: User = User::new(0);
pub(crate) const KAY: User = User::new(2);
pub(crate) const SAM: User = User::new(4);
pub(crate) const G1: Group = Group::new(0);

/// The cast `small` under a policy.
pub(crate) fn small(policy: Policy, groups: usize) -> Setup {
    Setup { cast: BuiltInCast::Small.named_cast().cast, groups, policy }
}

/// The cast `family` under a policy.
pub(crate) fn family(policy: Policy, groups: usize) -> Setup {
    Setup { cast: BuiltInCast::Family.named_cast().cast, groups, policy }
}

/// The commands of a run of a campaign.
pub(crate) fn trace(setup: &Setup, run: u64) -> Vec<Command> {
    let mut choices = Seeded::of_run(0, run);
    let mut generator = Generator::for_run(setup, EnumSet::all(), &mut choices);
    let mut state: State = setup.start();
    let mut next = || {
        let command = generator.next(&state, &mut choices);
        step(&mut state, &setup.policy, &command);
        command
    };
    (0..30).map(|_| next()).collect()
}

/// A service on SQLite in memory.
pub(crate) fn on_sqlite(fault: Option<Fault>) -> Result<Service, Failure> {
    let database = Sqlite::in_memory().map_err(|error| Failure::Failed(error.to_string()))?;
    Service::new(Box::new(database), fault)
}

/// The server that the tests share. It stops with the last test that uses it.
pub(crate) fn server() -> Option<Arc<Server>> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    match Server::start() {
        Ok(server) => {
            let server = Arc::new(server);
            *shared = Arc::downgrade(&server);
            Some(server)
        }
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not tested: {why}");
            eprintln!("\n*** POSTGRESQL IS NOT TESTED: {why} ***\n*** scripts/postgres installs it ***\n");
            None
        }
    }
}

/// A service on the shared server.
pub(crate) fn on_postgres(server: &Arc<Server>, fault: Option<Fault>) -> Result<Service, Failure> {
    let database = Postgres::at_server(server).map_err(|error| Failure::Failed(error.to_string()))?;
    Service::new(Box::new(database), fault)
}

/// A policy with a value of each knob drawn at random.
pub(crate) fn random_policy(number: u64) -> Policy {
    let mut choices = Seeded::of_run(0x5_91, number);
    let choices = &mut choices;
    Policy {
        quorum: any(choices),
        between_children: any(choices),
        admission: any(choices),
        inviters: any(choices),
        links: choices.chance(2, 3),
        newcomer: Newcomer {
            create: any(choices),
            invite: any(choices),
            accept: any(choices),
            join: any(choices),
        },
        message: Surface { send: any(choices), deliver: any(choices) },
        call: Surface { send: any(choices), deliver: any(choices) },
        on_loss: any(choices),
    }
}

fn any<W: NamedEnum>(choices: &mut impl Choices) -> W {
    W::ALL[choices.below(W::ALL.len())]
}

/// The policy under which a fault shows, with its name in the README's table.
pub(crate) fn policy_for(fault: Fault) -> (&'static str, Policy) {
    use Fault as F;
    let preset = match fault {
        F::WrongTable | F::MissingNotExists | F::CascadeTooFar | F::InviterForgotten => Preset::NoContactRule,
        F::InviterAtAccept => Preset::PairwiseConsent,
        F::CommitTooEarly => Preset::InviteTimeOnly,
        F::QuorumByCount => {
            let policy = Policy { quorum: Quorum::All, ..Preset::MessengerKids.policy() };
            return ("messenger-kids with quorum all", policy);
        }
        _ => Preset::MessengerKids,
    };
    (preset.name(), preset.policy())
}
