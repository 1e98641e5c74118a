//! The generator: what it draws, from which sources, and how soon that finds the reported defect,
//! compared with uniform commands.

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::generate::{Choices, Generator, Random, Seeded, uniform};
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Bounds, Command, CommandKind, EnumSet, NamedEnum, Preset, Setup, State, step};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::num::NonZeroUsize;

use chatwarden_test_support::{setup_for, small};

const LENGTH: usize = 30;

fn generated(setup: &Setup, run: u64) -> Vec<Command> {
    generated_by(setup, &mut Seeded::of_run(0, run))
}

fn generated_by(setup: &Setup, choices: &mut impl Choices) -> Vec<Command> {
    Generator::for_run(setup, EnumSet::all(), choices).run(setup, LENGTH, &[], choices)
}

fn found_after(fault: Fault, plan: &CampaignConfig) -> u64 {
    let make = || Ok(Memory::with_fault(fault));
    let tally = campaign::run_campaign(plan, &make, &CampaignMonitor::default(), &|_| {})
        .expect("the service starts");
    tally.found.first().expect("the fault is found").origin.expect("a campaign found it").runs()
}

/// The expected numbers come from another implementation of xoshiro256++.
#[test]
fn the_choices_of_a_seed_never_change() {
    let rows = [
        (0, 0, [405, 151, 980, 474, 965, 717, 174, 376]),
        (7, 41, [988, 661, 32, 906, 73, 219, 322, 544]),
        (u64::MAX, 1, [88, 828, 956, 795, 988, 155, 788, 437]),
    ];
    for (seed, run, expected) in rows {
        let mut choices = Seeded::of_run(seed, run);
        assert_eq!(expected.map(|_| choices.below(1_000)), expected, "seed {seed}, run {run}");
    }
}

#[test]
fn any_rand_generator_drives_the_generator() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let by_std = |seed| generated_by(&setup, &mut Random(StdRng::seed_from_u64(seed)));
    assert_eq!(by_std(1), by_std(1));
    assert_ne!(by_std(1), by_std(2));
    let mut thread_rng = rand::rng();
    let mut state: State = setup.start();
    let commands = generated_by(&setup, &mut Random(&mut thread_rng));
    let near =
        commands.iter().filter(|command| step(&mut state, &setup.policy, command).decision.failures() <= 1);
    assert!(near.count() * 2 > LENGTH);
}

#[test]
fn most_commands_are_allowed_or_near_misses() {
    for preset in Preset::ALL {
        let setup = small(preset.policy(), 2);
        let (mut allowed, mut near, mut total) = (0, 0, 0);
        for run in 0..1_000 {
            let mut state: State = setup.start();
            for command in generated(&setup, run) {
                let decision = step(&mut state, &setup.policy, &command).decision;
                allowed += usize::from(decision.is_allowed());
                near += usize::from(decision.near_miss().is_some());
                total += 1;
            }
        }
        println!("{preset}: {} % allowed, {} % near misses", 100 * allowed / total, 100 * near / total);
        assert!(allowed * 2 > total && (allowed + near) * 100 > 98 * total, "{preset}");
    }
}

#[test]
fn every_kind_of_command_is_seen_allowed_and_refused() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let (mut allowed, mut refused) = (EnumSet::<CommandKind>::empty(), EnumSet::empty());
    for run in 0..1_000 {
        let mut state: State = setup.start();
        for command in generated(&setup, run) {
            let decision = step(&mut state, &setup.policy, &command).decision;
            if decision.is_allowed() {
                allowed.insert(command.kind());
            } else {
                refused.insert(command.kind());
            }
        }
    }
    assert_eq!((allowed, refused), (EnumSet::all(), EnumSet::all()));
}

#[test]
fn the_reported_defect_is_found_within_fifty_runs_and_not_by_uniform_commands() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let plan = |seed| CampaignConfig { seed, ..CampaignConfig::new(setup, &Memory::new().about()) };
    let mut weighted: Vec<u64> = (0..100).map(|seed| found_after(Fault::LauncherOnly, &plan(seed))).collect();
    let mut unweighted: Vec<u64> = (0..20).map(|seed| uniform_finds_after(&setup, seed)).collect();
    weighted.sort_unstable();
    unweighted.sort_unstable();
    println!("runs until `launcher-only` breaks a promise or decides otherwise, median (least to most):");
    println!("  generator, length 30, 100 seeds: {} ({} to {})", weighted[50], weighted[0], weighted[99]);
    println!("  uniform, length 50, 20 seeds: {} ({} to {})", unweighted[10], unweighted[0], unweighted[19]);
    assert!(weighted[50] <= 50, "{weighted:?}");
    assert!(weighted[50] * 10 < unweighted[10], "{unweighted:?}");
}

/// Each needs a command that is rare and follows from the one before: a transfer and a command of the
/// former owner, a removal and a message of the removed user. Without followers it takes 1,600 runs.
#[test]
fn faults_that_a_follower_shows_are_found_in_time() {
    let faults = [
        Fault::RemovedMemberSends,
        Fault::TransferKeepsRights,
        Fault::BegunConversationGoesOn,
        Fault::MemberRemoves,
        Fault::UnblockClearsAll,
    ];
    let medians = faults.map(|fault| {
        let setup = setup_for(fault);
        let plan = |seed| CampaignConfig { seed, ..CampaignConfig::new(setup, &Memory::new().about()) };
        let mut runs: Vec<u64> = (0..20).map(|seed| found_after(fault, &plan(seed))).collect();
        runs.sort_unstable();
        runs[10]
    });
    assert!(medians.iter().sum::<u64>() <= 600, "{medians:?}");
}

/// How many runs of fifty uniform commands, of all that can be written down, it takes.
fn uniform_finds_after(setup: &Setup, seed: u64) -> u64 {
    let mut service = Memory::with_fault(Fault::LauncherOnly);
    let check = CheckConfig::of(&service.about());
    let bounds = Bounds::new(&setup.cast, setup.groups);
    (0..)
        .find(|&run| {
            let mut choices = Seeded::of_run(seed, run);
            let commands: Vec<_> = (0..50).map(|_| uniform(&bounds, &mut choices)).collect();
            lockstep::run(&mut service, check, setup, &commands).is_some()
        })
        .map_or(u64::MAX, |run| run + 1)
}

#[test]
fn the_same_seed_finds_the_same_whatever_the_number_of_jobs() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let make = || Ok(Memory::with_fault(Fault::MemberRemoves));
    for keep_going in [false, true] {
        let found = |jobs| {
            let jobs = NonZeroUsize::new(jobs).expect("a number of jobs");
            let plan = CampaignConfig {
                jobs,
                keep_going,
                runs: 3_000,
                ..CampaignConfig::new(setup, &Memory::new().about())
            };
            campaign::run_campaign(&plan, &make, &CampaignMonitor::default(), &|_| {})
                .expect("the service starts")
                .found
        };
        let alone = found(1);
        assert!(!alone.is_empty());
        for jobs in 2..=5 {
            assert_eq!(found(jobs), alone, "{jobs} jobs");
        }
    }
}
