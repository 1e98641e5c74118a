//! `fuzz`: a campaign of generated runs, whose findings are saved, shrunk and reported.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chatwarden_model::{CommandKind, MAX_GROUPS, Promise};
use clap::Args;

use crate::args::BaselineArgs;
use crate::args::certify::Certify;
use crate::args::coverage::{self, CoverageArgs};
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::args::{self, OutputArgs};
use crate::baseline::{Baseline, BaselineMatch, Subject, could_show};
use crate::exit::{CliError, Ending, Exit, report_no_answer};
use crate::interrupt::{self, Interrupt};
use crate::messages::print_error;
use crate::progress;
use crate::report::{CampaignSummary, Covered, Event, Report, Reports};
use crate::triage::{Counts, Triage, triage};
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::{self, CampaignConfig, CampaignResult, Shard};
use chatwarden::counterexample::Counterexample;
use chatwarden::coverage::Reachability;
use chatwarden::format::{CastSpec, KnownFinding, MAX_STEPS, Names, PolicySpec};
use chatwarden::generate::Guidance;
use chatwarden::lockstep::Tally;
use chatwarden::triage::FindingWriter;

/// Try random traces until one does not conform, and shrink it.
///
/// Each run draws commands that are mostly allowed or nearly so, gives them to the model and to the
/// implementation, and compares. The first run that does not conform is shrunk to a short chain
/// that shows the same finding. If a search finds a shorter chain, that one is taken. The chain is
/// saved as a scenario and printed.
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
    /// The commands to draw from, separated by commas [default: all that the implementation can
    /// carry out]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<CommandKind>(), hide_possible_values = true)]
    commands: Vec<CommandKind>,
    /// The promises to judge, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<Promise>(), hide_possible_values = true)]
    promises: Vec<Promise>,
    /// How commands are chosen [default: likely; coverage with `--coverage`]
    #[arg(long, value_name = "WORD", value_parser = args::named_enum::<Guidance>())]
    guidance: Option<Guidance>,
    #[command(flatten)]
    coverage: CoverageArgs,
    /// How many runs to make [default: 20000, or as many as fit in `--time`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// How long to make runs, such as `90s` or `1h 30m`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many commands a run has
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    length: u16,
    /// The seed from which all choices follow
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many runs to make at a time; the findings do not depend on it [default: the number of
    /// cores]
    #[arg(long, value_name = "N", value_parser = args::positive(args::MAX_JOBS))]
    jobs: Option<NonZeroUsize>,
    /// Continue after the first finding, and collect those of different identity; a finding that the
    /// baseline lists never ends the campaign, and `--update-baseline` implies the option
    #[arg(long)]
    keep_going: bool,
    /// Make only every Nth run, from the Ith; with `--keep-going`, all shards together find what the
    /// whole campaign finds
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
    #[command(flatten)]
    certify: Certify,
    /// Where to save scenarios of findings
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
        self.output.with_reports(|reports, interrupt| self.run_campaign(reports, interrupt))
    }

    fn run_campaign(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        let implementation = self.target.or_memory()?;
        let writer = self.writer(&implementation);
        let implementation = implementation.with_names(writer.names());
        let mut baseline = self.known.read()?;
        let subject = implementation.subject(&writer.policy);
        let mut config = self.config(&writer, &implementation)?;
        config.known = baseline.identities(&subject);
        // A folder that cannot be written to is reported before the work, not after it.
        args::check_writable(&writer.directory)?;
        let policy = writer.policy.name().to_string();
        let reachability = config
            .coverage
            .then(|| coverage::search_reachable(config.setup, config.commands, &policy, interrupt));
        if let Some(reachability) = &reachability {
            config.targets = reachability.possible();
        }

        let triage = triage(config, &implementation, writer, interrupt);
        let started = Instant::now();
        let mut result = self.campaign(&triage, &implementation, interrupt)?;
        triage.discard_cut_short(&mut result.found);
        let time = started.elapsed();

        let matched = baseline.match_all(&subject, &result.found);
        // A driver that hangs does so at many commands, and each costs time. One of them is shrunk.
        let mut has_inconclusive = false;
        let is_shrunk = |found: &Counterexample| {
            !found.is_inconclusive() || !std::mem::replace(&mut has_inconclusive, true)
        };
        let certifying = self.certify.budget(&implementation, time, matched.len());
        triage.process_all(&matched, &certifying, is_shrunk, reports)?;

        let counts = Counts::of(&matched, &self.known);
        let shortfall = self.shortfall(&result);
        let is_whole = !interrupt.campaign.is_stopped() && self.is_whole(&result, &matched);
        let exercised = (is_whole && shortfall.is_none()).then_some(&result.tally);
        self.conclude_baseline(&baseline, &subject, &triage.pipeline.config, exercised, reports)?;
        self.report_coverage(&result, reachability.as_ref(), &policy, reports)?;
        if let Some(why) = &shortfall {
            report_no_answer(why, reports)?;
        }
        reports.event(Event::CampaignFinished(&CampaignSummary {
            runs: result.runs,
            commands: result.commands,
            tally: result.tally,
            time,
            certifying: certifying.spent(),
            findings: counts.findings,
            known: counts.known,
            inconclusive: counts.inconclusive,
        }))?;
        self.conclude(&result, &implementation, &triage.pipeline.config, reports)?;
        Ok(Exit::from(Ending {
            has_new_finding: counts.new > 0,
            is_inconclusive: counts.inconclusive > 0 || result.failure.is_some() || shortfall.is_some(),
        }))
    }

    fn report_coverage(
        &self,
        result: &CampaignResult,
        reachability: Option<&Reachability>,
        policy: &str,
        reports: &mut Reports,
    ) -> Result<(), CliError> {
        let (true, Some(coverage), Some(reachability)) =
            (self.coverage.coverage, &result.coverage, reachability)
        else {
            return Ok(());
        };
        let (cast, groups) = (&coverage::cast_name(&self.cast), self.groups.into());
        let covered = Covered { policy, cast, groups, coverage, reachability };
        Ok(reports.event(Event::CoverageCounted(&covered))?)
    }

    /// Makes the runs. Each finding is drafted as soon as it is found.
    fn campaign<A: Adapter, M: Fn() -> Result<A, Failure> + Sync>(
        &self,
        triage: &Triage<'_, M>,
        implementation: &Implementation,
        interrupt: &Interrupt,
    ) -> Result<CampaignResult, CliError> {
        let (config, monitor) = (&triage.pipeline.config, &interrupt.campaign);
        let total = self.time.is_none().then(|| config.shard.share(config.runs));
        let result = progress::of_campaign(monitor, total, || {
            let draft = |found: &Counterexample| triage.draft(found);
            campaign::run_campaign(config, &|| implementation.make(), monitor, &draft)
        });
        Ok(result?)
    }

    /// Whether the campaign can say that a known finding is absent: it is no shard, and did not end
    /// early.
    fn is_whole(&self, result: &CampaignResult, matched: &[(&Counterexample, BaselineMatch)]) -> bool {
        let is_new = |(found, matched): &(&Counterexample, BaselineMatch)| {
            !found.is_inconclusive() && !matched.is_known()
        };
        let ended_at_finding = !self.keeps_going() && matched.iter().any(is_new);
        result.failure.is_none() && self.shard.is_whole() && !ended_at_finding
    }

    /// Why the campaign is no pass although it ended as it should. A failure or a missing answer is
    /// reported on its own.
    fn shortfall(&self, result: &CampaignResult) -> Option<String> {
        let is_told = result.failure.is_some() || result.found.iter().any(Counterexample::is_inconclusive);
        if is_told || interrupt::signal().is_some() {
            return None;
        }
        if result.runs == 0 {
            return Some(format!("there are fewer runs than shards, and none for {}", self.shard));
        }
        result.tally.shortfall()
    }

    /// Reports the known findings that are absent, and updates the baseline. Without commands that were
    /// exercised, none is known to be absent.
    fn conclude_baseline(
        &self,
        baseline: &Baseline,
        subject: &Subject,
        config: &CampaignConfig,
        exercised: Option<&Tally>,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        let promises = config.check.promises;
        let could_match = |known: &KnownFinding| {
            subject.is_of(known) && exercised.is_some_and(|tally| could_show(known, tally, promises))
        };
        self.known.finish(baseline, could_match, reports)
    }

    /// Reports why the campaign ended early, and prints why nothing may have been found.
    fn conclude(
        &self,
        result: &CampaignResult,
        implementation: &Implementation,
        config: &CampaignConfig,
        reports: &mut Reports,
    ) -> Result<(), CliError> {
        // After a signal it is no failure of the implementation that none can be made.
        if let (Some(failure), None) = (&result.failure, interrupt::signal()) {
            let why = format!("the campaign ended early: {failure}");
            reports.event(Event::RunIncomplete(&why))?;
            print_error(why);
        }
        if result.found.is_empty() {
            self.target.print_hint(implementation, &config.setup);
        }
        Ok(())
    }

    fn writer(&self, implementation: &Implementation) -> FindingWriter {
        let own = implementation.about.policy.map(PolicySpec::from);
        let default = PolicySpec::Preset(chatwarden_model::Preset::MessengerKids);
        implementation.finding_writer(
            "fuzz",
            self.save.clone(),
            self.policy.clone().or(own).unwrap_or(default),
            self.cast.clone(),
            Names::numbered(self.groups.into()),
            args::set_if_any(&self.promises),
        )
    }

    /// Whether the campaign collects every finding, as the update of a baseline needs.
    fn keeps_going(&self) -> bool {
        self.keep_going || self.known.update_baseline
    }

    fn guidance(&self) -> Guidance {
        let default = if self.coverage.coverage { Guidance::Coverage } else { Guidance::Likely };
        self.guidance.unwrap_or(default)
    }

    fn config(
        &self,
        writer: &FindingWriter,
        implementation: &Implementation,
    ) -> Result<CampaignConfig, CliError> {
        let setup = writer.setup();
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
            check: implementation.check_config(args::set_or_all(&self.promises)),
            seed: self.seed,
            runs: self.runs.unwrap_or(if self.time.is_some() { u64::MAX } else { defaults.runs }),
            deadline: self.time.and_then(|time| Instant::now().checked_add(time)),
            length: self.length.into(),
            jobs: self.jobs.unwrap_or(defaults.jobs),
            keep_going: self.keeps_going(),
            shard: self.shard,
            guidance: self.guidance(),
            coverage: self.coverage.coverage || self.guidance() == Guidance::Coverage,
            shrink_time: Some(self.certify.shrink_time),
            ..defaults
        })
    }
}
