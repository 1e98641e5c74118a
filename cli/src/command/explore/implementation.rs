//! `explore` with an implementation: an exhaustive search that compares it with the model. Its
//! findings go through the same pipeline as those of `fuzz`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use super::Explore;
use crate::args::implementation::Implementation;
use crate::args::{self, NamedArg};
use crate::baseline::could_show;
use crate::exit::{CliError, Ending, Exit, report_no_answer};
use crate::interrupt::{self, Interrupt};
use crate::progress;
use crate::report::{Event, ImplementationExplored, Report};
use crate::triage::{Counts, triage};
use chatwarden::adapter::Adapter;
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::Counterexample;
use chatwarden::format::{KnownFinding, PolicySpec};
use chatwarden::triage::FindingWriter;
use chatwarden_explore::{
    ConformanceSearch, ConformanceSearchResult, End, PolicySearch, StateEquivalence, search_implementation,
};

/// The default folder of findings.
const FOUND: &str = "scenarios/found";

pub(crate) fn run(
    options: &Explore,
    implementation: Implementation,
    reports: &mut impl Report,
    interrupt: &Interrupt,
) -> Result<Exit, CliError> {
    let own = implementation.about.policy.map(PolicySpec::from);
    let own = own.map(|policy| NamedArg { name: policy.name().into(), value: policy });
    let mut baseline = options.known.read()?;
    let policy = options.policy.clone().or(own).unwrap_or_else(super::default_policy);
    let writer = writer(options, policy.value.clone(), &implementation);
    args::check_writable(&writer.directory)?;
    let implementation = implementation.with_names(writer.names());
    let search = search(options, &policy.value, &implementation)?;
    let monitor = &interrupt.search;
    let config = CampaignConfig {
        check: search.check,
        shrink_time: Some(options.certify.shrink_time),
        ..CampaignConfig::new(search.setup, &implementation.about)
    };
    let triage = triage(config, &implementation, writer, interrupt);

    let adapter = implementation.about.name.as_str();
    let started = Instant::now();
    let mut found = |found: &Counterexample| triage.draft(found);
    let mut result = progress::of_search(adapter, monitor, || {
        search_implementation(&search, &|| implementation.make(), monitor, &mut found)
    })?;
    let time = started.elapsed();
    triage.discard_cut_short(&mut result.found);

    let subject = implementation.subject(&policy.value);
    let matched = baseline.match_all(&subject, &result.found);
    // A shortest trace can only get simpler names. Then it is certified.
    let certifying = options.certify.budget(&implementation, time, matched.len());
    triage.process_all(&matched, &certifying, |_| true, reports)?;
    let counts = Counts::of(&matched, &options.known);
    let shortfall = shortfall(&result);
    if let Some(why) = &shortfall {
        report_no_answer(why, reports)?;
    }
    reports.event(Event::ImplementationExplored(&ImplementationExplored {
        policy: &policy.name,
        cast: &options.cast.name,
        adapter,
        fault: triage.pipeline.writer.fault.as_deref(),
        search: &search,
        result: &result,
        findings: counts.findings,
        time,
    }))?;
    let is_whole = shortfall.is_none() && matches!(result.end, End::Complete | End::Depth);
    let could_match = |known: &KnownFinding| {
        is_whole && subject.is_of(known) && could_show(known, &result.tally, search.check.promises)
    };
    options.known.finish(&baseline, could_match, reports)?;
    if result.found.is_empty() {
        options.target.print_hint(&implementation, &search.setup);
    }
    let is_unfinished = matches!(result.end, End::Memory | End::Size | End::Time | End::Stopped);
    Ok(Exit::from(Ending {
        has_new_finding: counts.new > 0,
        is_inconclusive: counts.inconclusive > 0 || is_unfinished || shortfall.is_some(),
    }))
}

/// Why the search is no pass although it ended as it should. A missing answer is reported on its own.
fn shortfall(result: &ConformanceSearchResult) -> Option<String> {
    let is_told = result.found.iter().any(Counterexample::is_inconclusive);
    if is_told || interrupt::signal().is_some() { None } else { result.tally.shortfall() }
}

fn writer(options: &Explore, policy: PolicySpec, implementation: &Implementation) -> FindingWriter {
    implementation.finding_writer(
        "explore",
        options.save.clone().unwrap_or_else(|| PathBuf::from(FOUND)),
        policy,
        options.cast.value.clone(),
        options.group_names(),
        args::set_if_any(&options.promises),
    )
}

fn search(
    options: &Explore,
    policy: &PolicySpec,
    implementation: &Implementation,
) -> Result<ConformanceSearch, CliError> {
    let search = PolicySearch { ill_typed: !options.well_typed, ..options.policy_search(policy)? };
    let mut actions = search.actions();
    actions.retain(|command| implementation.about.commands.contains(command.kind()));
    if actions.is_empty() {
        return Err(CliError::Input(
            "none of the commands can be carried out with this implementation".into(),
        ));
    }
    // Only a system that was reset has a fingerprint.
    let mut adapter = implementation.make()?;
    adapter.reset(&search.setup)?;
    let equivalence = match options.paths {
        None if adapter.fingerprint().is_some() => StateEquivalence::Product,
        paths => StateEquivalence::Tracked { paths: paths.unwrap_or(NonZeroUsize::MIN) },
    };
    Ok(ConformanceSearch {
        check: implementation.check_config(search.promises),
        setup: search.setup,
        actions,
        depth: search.depth,
        equivalence,
        symmetry: search.symmetry,
        wanted: None,
        stop_at_first: search.stop_at_first,
        jobs: search.jobs,
        memory: search.memory,
        deadline: None,
    })
}
