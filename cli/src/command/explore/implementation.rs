//! An implementation explored: it is driven through every situation, and what does not conform is saved and reported
//! as `fuzz` does it.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use chatwarden_model::NamedEnum;

use super::Explore;
use crate::args::implementation::Implementation;
use crate::args::{self, NamedArg};
use crate::baseline::Met;
use crate::command::shrink::{Case, exit_of};
use crate::interrupt::Interrupt;
use crate::report::{Event, ImplementationExplored, Report};
use crate::{CliError, Exit, progress};
use chatwarden::adapter::Adapter;
use chatwarden::campaign::{self, Found};
use chatwarden::format::{KnownFinding, PolicySpec};
use chatwarden::triage::Drafts;
use chatwarden::triage::{Draft, FindingWriter};
use chatwarden_explore::{ConformanceSearch, Counterexample, End, StateEquivalence, search_implementation};

/// Where findings go unless the user says where.
const FOUND: &str = "scenarios/found";

pub(crate) fn run(
    options: &Explore,
    implementation: Implementation,
    reports: &mut impl Report,
) -> Result<Exit, CliError> {
    let own = implementation.about.policy.map(|policy| NamedArg::new("custom", PolicySpec::Full(policy)));
    let mut baseline = options.known.read()?;
    let policy = options.policy.clone().or(own).unwrap_or_else(super::default_policy);
    let folder = folder(options, policy.value, &implementation);
    args::check_writable(&folder.directory)?;
    let implementation = implementation.with_names(folder.names());
    let plan = plan(options, &policy.value, &implementation)?;
    let certify = options.certify.limits(&implementation)?;
    let interrupt = Interrupt::installed();
    let watch = &interrupt.search;

    let adapter = implementation.about.name.clone();
    let started = Instant::now();
    let drafts = Drafts::new(&folder);
    let mut save = |found: &Counterexample| {
        drafts.save(&found.commands, &found.finding, None);
        interrupt.found.fetch_or(exit_of(&found.finding) == Exit::Finding, Relaxed);
    };
    let search = || search_implementation(&plan, &|| implementation.make(), watch, &mut save);
    let driven = progress::of_search(&adapter, watch, search)?;
    let time = started.elapsed();

    implementation.allow_restarts();
    let subject = implementation.subject(&policy.value);
    let met: Vec<_> = driven
        .found
        .iter()
        .map(|found| (found, baseline.meet(subject.finding(found.finding.identity()))))
        .collect();
    let exit_of_met = |(found, met): &(&Counterexample, Met)| match exit_of(&found.finding) {
        Exit::Finding if options.known.suppresses(met) => Exit::Success,
        exit => exit,
    };
    let exit = met.iter().map(exit_of_met).max().unwrap_or(Exit::Success);
    let findings = driven.found.iter().filter(|found| exit_of(&found.finding) == Exit::Finding).count();
    let fidelity = implementation.fidelity.name();
    let searched = campaign::CampaignConfig {
        terms: plan.check,
        shrink_time: Some(options.certify.shrink_time),
        ..campaign::CampaignConfig::new(plan.setup, &implementation.about)
    };
    let case = Case::new(searched, implementation, folder.clone(), certify, &interrupt);
    // One that cannot be saved or reported keeps no other from being.
    let report = |(found, met): &(&Counterexample, Met)| {
        report(&case, found, met, drafts.take(found.finding.identity()), reports)
    };
    met.iter().map(report).fold(Ok(()), Result::and)?;
    reports.event(Event::ImplementationExplored(&ImplementationExplored {
        policy: &policy.name,
        cast: &options.cast.name,
        groups: options.groups.into(),
        alphabet: plan.actions.len(),
        adapter: &adapter,
        fault: folder.fault.as_deref(),
        fidelity,
        alike: plan.equivalence,
        symmetry: plan.symmetry,
        driven: &driven,
        findings,
        time,
    }))?;
    let whole = matches!(driven.end, End::Complete | End::Depth);
    let could_be_met = |known: &KnownFinding| whole && subject.is_of(known) && could_show(&plan, known);
    options.known.finish(&baseline, could_be_met, reports)?;
    reports.finish()?;
    if driven.found.is_empty() {
        options.target.print_fault_hint();
    }
    Ok(match (exit, driven.end) {
        (Exit::Finding, _) => Exit::Finding,
        _ if watch.is_stopped() => Exit::Interrupted,
        // What was asked was not answered, and that is no pass.
        (Exit::Success, End::Memory | End::Size | End::Time | End::Stopped) => Exit::Inconclusive,
        (other, _) => other,
    })
}

fn folder(options: &Explore, policy: PolicySpec, implementation: &Implementation) -> FindingWriter {
    implementation.finding_writer(
        "explore",
        options.save.clone().unwrap_or_else(|| PathBuf::from(FOUND)),
        policy,
        options.cast.value.clone(),
        options.group_names(),
        args::set_if_any(&options.promises),
    )
}

fn plan(
    options: &Explore,
    policy: &PolicySpec,
    implementation: &Implementation,
) -> Result<ConformanceSearch, CliError> {
    let plan =
        chatwarden_explore::PolicySearch { ill_typed: !options.well_typed, ..options.policy_search(policy)? };
    let mut actions = plan.actions();
    actions.retain(|command| implementation.about.commands.contains(command.kind()));
    if actions.is_empty() {
        return Err(CliError::Input(
            "none of the commands can be carried out with this implementation".into(),
        ));
    }
    let paths = options.paths.and_then(|paths| NonZeroUsize::new(paths.into()));
    // A fingerprint is of a system that runs.
    let mut adapter = implementation.make()?;
    adapter.reset(&plan.setup)?;
    let equivalence = match paths {
        None if adapter.fingerprint().is_some() => StateEquivalence::Product,
        _ => StateEquivalence::Tracked { paths: paths.unwrap_or(NonZeroUsize::MIN) },
    };
    Ok(ConformanceSearch {
        check: implementation.check_config(plan.promises),
        setup: plan.setup,
        actions,
        depth: plan.depth,
        equivalence,
        symmetry: plan.symmetry,
        wanted: None,
        stop_at_first: plan.stop_at_first,
        jobs: plan.jobs,
        memory: plan.memory,
        deadline: None,
    })
}

/// Whether the search tries the command and judges the promise of a known finding.
fn could_show(plan: &ConformanceSearch, known: &KnownFinding) -> bool {
    let tries = |kind| plan.actions.iter().any(|command| command.kind() == kind);
    known.scenario.is_none()
        && known.command.is_none_or(tries)
        && known.promise.is_none_or(|promise| plan.check.promises.contains(promise))
}

/// A chain that is the shortest already is at most named more simply, and then certified.
fn report(
    case: &Case<'_>,
    found: &Counterexample,
    met: &Met,
    draft: io::Result<Draft>,
    reports: &mut impl Report,
) -> Result<(), CliError> {
    let found = Found { run: 0, commands: found.commands.clone(), finding: found.finding.clone() };
    case.shrink_and_report(&found, met, None, draft, reports)
}
