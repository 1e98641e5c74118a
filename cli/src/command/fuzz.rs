//! `fuzz`: a campaign of generated runs, whose findings are saved, shrunk and shown.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chatwarden_model::{CommandKind, MAX_GROUPS, Promise};
use clap::Args;

use super::shrink::Case;
use crate::args::BaselineArgs;
use crate::args::certify::Certify;
use crate::args::coverage::{self, CoverageArgs};
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::args::{self, OutputArgs};
use crate::baseline::Met;
use crate::interrupt::Interrupt;
use crate::messages::print_error;
use crate::report::{CampaignSummary, Covered, Event, Report};
use crate::{CliError, Exit, progress};
use chatwarden::campaign::Origin;
use chatwarden::campaign::{self, CampaignConfig, Found, Shard};
use chatwarden::finding::Verdict;
use chatwarden::format::{CastSpec, KnownFinding, MAX_STEPS, Names, PolicySpec};
use chatwarden::generate::Guidance;
use chatwarden::triage::Drafts;
use chatwarden::triage::FindingWriter;

/// Try random histories until one does not conform, and shrink it.
///
/// Each run draws commands that are mostly allowed or nearly so, gives them to the model and to the implementation,
/// and compares. The first run that does not conform is shrunk to a short chain that shows the same, which is replaced
/// by a shorter one if there is any, saved as a scenario, and printed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fuzz {
    #[command(flatten)]
    target: ImplementationArgs,
    /// The rules: a preset (see `list policies`) or a JSON file [default: messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = args::policy)]
    policy: Option<PolicySpec>,
    /// Who takes part: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = args::cast)]
    cast: CastSpec,
    /// How many groups there are
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// The commands to draw from, separated by commas [default: all that the implementation can carry out]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<CommandKind>(), hide_possible_values = true)]
    commands: Vec<CommandKind>,
    /// The promises to judge, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<Promise>(), hide_possible_values = true)]
    promises: Vec<Promise>,
    /// By what commands are chosen [default: likely; coverage with `--coverage`]
    #[arg(long, value_name = "WORD", value_parser = args::named_enum::<Guidance>())]
    guidance: Option<Guidance>,
    #[command(flatten)]
    coverage: CoverageArgs,
    /// How many runs to make [default: 20000, or as many as fit in `--time`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// How long to go on, such as `90s` or `1h 30m`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many commands a run has
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    length: u16,
    /// The seed from which all choices follow
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many runs to make at a time; the findings do not depend on it [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=args::MAX_JOBS))]
    jobs: Option<u16>,
    /// Go on after the first finding, and collect those of different identity; what is known from a baseline never ends
    /// it, and `--update-baseline` implies it
    #[arg(long)]
    keep_going: bool,
    /// Make every Nth run, from the Ith, of those that there are to make; the shards of a campaign that keeps going find
    /// together what the whole finds
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
    #[command(flatten)]
    certify: Certify,
    /// Where to save scenarios of what is found
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden fuzz --fault launcher-only
  chatwarden fuzz --policy pairwise-consent --cast family --time 60s --keep-going
  chatwarden fuzz --policy messenger-kids-2019 --fidelity promises-only --promises no-strangers";

impl Fuzz {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        let implementation = self.target.or_memory()?;
        let folder = self.folder(&implementation);
        let implementation = implementation.with_names(folder.names());
        let mut baseline = self.known.read()?;
        let subject = implementation.subject(&folder.policy);
        let policy_name = coverage::policy_name(&folder.policy);
        let mut plan =
            CampaignConfig { known: baseline.identities(&subject), ..self.plan(&folder, &implementation)? };
        // A finding that cannot be written down is better known before the work than after it.
        args::check_writable(&folder.directory)?;
        let certify = self.certify.limits(&implementation)?;
        let interrupt = Interrupt::installed();
        let watch = &interrupt.campaign;

        let ground = plan
            .coverage
            .then(|| coverage::reachability(plan.setup, plan.commands, &policy_name, &interrupt));
        if let Some(ground) = &ground {
            plan.targets = ground.possible();
        }

        let started = Instant::now();
        let drafts = Drafts::new(&folder);
        let origin = |found: &Found| Some(Origin { seed: self.seed, run: found.run });
        let total = self.time.is_none().then(|| plan.shard.share(plan.runs));
        let tally = progress::of_campaign(watch, total, || {
            campaign::run_campaign(&plan, &|| implementation.make(), watch, &|found| {
                drafts.save(&found.commands, &found.finding, origin(found));
            })
        })?;
        let time = started.elapsed();

        implementation.allow_restarts();
        let met: Vec<_> = tally
            .found
            .iter()
            .map(|found| (found, baseline.meet(subject.finding(found.finding.identity()))))
            .collect();
        let case = Case::new(plan, implementation, folder.clone(), certify, &interrupt);
        self.report_findings(&met, &case, &drafts, &mut reports)?;
        let definite = || met.iter().filter(|(found, _)| !is_inconclusive(found));
        let findings = definite().count();
        let new = definite().filter(|(_, met)| !self.known.suppresses(met)).count();
        // A campaign that ended early, or is one of several, says nothing of what it did not meet.
        let ended = !case.finder.plan.keep_going && definite().any(|(_, met)| !met.is_known());
        let whole = !watch.is_stopped() && tally.failure.is_none() && self.shard.is_whole() && !ended;
        let could_be_met =
            |known: &KnownFinding| whole && subject.is_of(known) && could_show(&case.finder.plan, known);
        self.known.finish(&baseline, could_be_met, &mut reports)?;
        if let (true, Some(coverage), Some(ground)) = (self.coverage.coverage, &tally.coverage, &ground) {
            let (policy, cast) = (policy_name.as_str(), coverage::cast_name(&folder.cast));
            let groups = self.groups.into();
            reports.event(Event::CoverageCounted(&Covered {
                policy,
                cast: &cast,
                groups,
                coverage,
                ground,
            }))?;
        }
        reports.event(Event::CampaignFinished(&CampaignSummary {
            runs: tally.runs,
            commands: tally.commands,
            time,
            findings,
            known: met.iter().filter(|(_, met)| met.is_known()).count(),
            inconclusive: tally.found.len() - findings,
        }))?;
        reports.finish()?;
        if let Some(failure) = &tally.failure {
            print_error(format_args!("the campaign ended early: {failure}"));
        }
        if tally.found.is_empty() {
            self.target.print_fault_hint();
        }
        Ok(if new > 0 {
            Exit::Finding
        } else if watch.is_stopped() {
            Exit::Interrupted
        } else if tally.found.len() == findings && tally.failure.is_none() {
            Exit::Success
        } else {
            Exit::Inconclusive
        })
    }

    fn report_findings(
        &self,
        met: &[(&Found, Met)],
        case: &Case<'_>,
        drafts: &Drafts<'_>,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        // A driver that hangs does so at many commands, and each takes its time; one of them is enough to work on.
        let (mut inconclusive_before, mut reported) = (false, Ok(()));
        for (found, met) in met {
            let origin = Some(Origin { seed: self.seed, run: found.run });
            let draft = drafts.take(found.finding.identity());
            // One that cannot be saved or reported keeps no other from being.
            let this = if is_inconclusive(found) && std::mem::replace(&mut inconclusive_before, true) {
                case.report_as_found(found, met, origin, draft, reports)
            } else {
                case.shrink_and_report(found, met, origin, draft, reports)
            };
            reported = reported.and(this);
        }
        drafts.discard_rest()?;
        reported
    }

    fn folder(&self, implementation: &Implementation) -> FindingWriter {
        let own = implementation.about.policy.map(PolicySpec::Full);
        let default = PolicySpec::Preset(chatwarden_model::Preset::MessengerKids);
        implementation.finding_writer(
            "fuzz",
            self.save.clone(),
            self.policy.or(own).unwrap_or(default),
            self.cast.clone(),
            Names::numbered(self.groups.into()),
            args::set_if_any(&self.promises),
        )
    }

    fn guidance(&self) -> Guidance {
        let default = if self.coverage.coverage { Guidance::Coverage } else { Guidance::Likely };
        self.guidance.unwrap_or(default)
    }

    fn plan(
        &self,
        folder: &FindingWriter,
        implementation: &Implementation,
    ) -> Result<CampaignConfig, CliError> {
        let setup = folder.setup();
        let mut commands = args::set_or_all(&self.commands).and(implementation.about.commands);
        if self.groups == 0 {
            commands = commands.iter().filter(|kind| !kind.names_group()).collect();
        }
        if commands.is_empty() {
            return Err(CliError::Input(
                "none of the commands can be carried out with this implementation and these groups".into(),
            ));
        }
        let defaults = CampaignConfig::new(setup, &implementation.about);
        Ok(CampaignConfig {
            commands,
            terms: implementation.check_config(args::set_or_all(&self.promises)),
            seed: self.seed,
            runs: self.runs.unwrap_or(if self.time.is_some() { u64::MAX } else { defaults.runs }),
            deadline: self.time.and_then(|time| Instant::now().checked_add(time)),
            length: self.length.into(),
            jobs: self.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())).unwrap_or(defaults.jobs),
            keep_going: self.keep_going || self.known.updates(),
            shard: self.shard,
            guidance: self.guidance(),
            coverage: self.coverage.coverage || self.guidance() == Guidance::Coverage,
            shrink_time: Some(self.certify.shrink_time),
            ..defaults
        })
    }
}

/// Whether the campaign draws the command and judges the promise of a known finding.
fn could_show(plan: &CampaignConfig, known: &KnownFinding) -> bool {
    known.scenario.is_none()
        && known.command.is_none_or(|command| plan.commands.contains(command))
        && known.promise.is_none_or(|promise| plan.terms.promises.contains(promise))
}

fn is_inconclusive(found: &Found) -> bool {
    found.finding.identity().verdict == Verdict::Inconclusive
}
