//! The checks of a driver, one function each.
//!
//! Their names and the advice about a driver that fails them are in `driver_check`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwarden_model::{Bounds, Command, CommandKind, EnumSet, NamedEnum, Setup, State};

use super::observed_run::{ObserveWhen, ObservedRun};
use super::{Check, CheckFailure};
use crate::driver_process::{DriverAdapter, DriverPool};
use chatwarden::adapter::{About, Adapter, Failure, Fidelity};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::describe::quoted_reason;
use chatwarden::finding::Deviation;
use chatwarden::format::{MAX_NAME_CHARS, NamedCommand, Names};
use chatwarden::generate::{Generator, Seeded, uniform};
use chatwarden::lockstep::{CheckConfig, diverged_parts};

/// The number of commands of a trace.
const LENGTH: usize = 30;

/// The number of traces that a check tries, if there is time for as many.
const TRACES: u64 = 20;

/// The time after which a check tries no further trace.
const TIME: Duration = Duration::from_secs(5);

/// The time for the check of the fidelity, which needs many more runs.
const TIME_FOR_FIDELITY: Duration = Duration::from_secs(20);

/// A driver, and the setup and names with which it is checked.
pub(super) struct DriverChecks<'a> {
    drivers: &'a Arc<DriverPool>,
    about: &'a About,
    setup: &'a Setup,
    names: Names,
}

impl<'a> DriverChecks<'a> {
    pub(super) fn new(drivers: &'a Arc<DriverPool>, setup: &'a Setup, users: &[String]) -> Self {
        let names = Names { users: users.to_vec(), groups: Names::numbered(setup.groups) };
        DriverChecks { drivers, about: drivers.about(), setup, names }
    }

    /// Makes a check. The result is a description of the work, or the reason of the failure.
    pub(super) fn outcome(&self, check: Check) -> Result<String, CheckFailure> {
        match check {
            Check::Answers => self.answers(),
            Check::Repeatable => self.repeatable(),
            Check::Observe => self.observe(),
            Check::Reset => self.reset(),
            Check::Pipelining => self.pipelining(),
            Check::Names => self.other_names(),
            Check::Fidelity => self.fidelity(),
            Check::Bye => self.bye(),
        }
    }

    /// A driver to which each request is sent only when the one before it is answered.
    fn driver(&self, names: &Names) -> Result<DriverAdapter, Failure> {
        self.drivers.driver(names).map(DriverAdapter::without_pipelining)
    }

    /// A trace with commands that build on each other; all kinds of commands occur over many traces.
    fn commands(&self, number: u64) -> Vec<Command> {
        let mut choices = Seeded::of_run(0, number);
        Generator::with_commands(self.setup, self.about.commands).run(self.setup, LENGTH, &[], &mut choices)
    }

    fn each_trace(
        &self,
        mut check: impl FnMut(&[Command]) -> Result<(), CheckFailure>,
    ) -> Result<String, CheckFailure> {
        let started = Instant::now();
        let mut count = 0;
        while count < TRACES && (count == 0 || started.elapsed() < TIME) {
            check(&self.commands(count))?;
            count += 1;
        }
        Ok(format!("{count} traces of {LENGTH} commands"))
    }

    /// The same, not used before.
    fn fresh(&self) -> Result<DriverAdapter, Failure> {
        self.drivers.fresh_driver(&self.names).map(DriverAdapter::without_pipelining)
    }

    fn run(
        &self,
        driver: &mut DriverAdapter,
        commands: &[Command],
        when: ObserveWhen,
    ) -> Result<ObservedRun, Failure> {
        ObservedRun::of(driver, self.setup, commands, when)
    }

    fn same(
        &self,
        commands: &[Command],
        one: &ObservedRun,
        other: &ObservedRun,
        which: &str,
    ) -> Result<(), CheckFailure> {
        let Some((at, message)) = one.difference(other, self.about.observes) else {
            return Ok(());
        };
        let step = self.step(commands, at);
        Err(CheckFailure::Deviates(format!("{which} differs at {step}: {message}")))
    }

    /// Runs each trace with both drivers, which must answer the same.
    fn run_alongside(
        &self,
        mut one: DriverAdapter,
        mut other: DriverAdapter,
        which: &str,
    ) -> Result<String, CheckFailure> {
        self.each_trace(|commands| {
            let one = self.run(&mut one, commands, ObserveWhen::Always)?;
            let other = self.run(&mut other, commands, ObserveWhen::Always)?;
            self.same(commands, &one, &other, which)
        })
    }

    fn step(&self, commands: &[Command], at: Option<usize>) -> String {
        let command = |at: usize| NamedCommand { command: commands[at], names: &self.names };
        at.map_or("the start, after the reset".into(), |at| format!("step {at}, {}", command(at)))
    }

    /// Generated traces, and then each listed kind of command once.
    fn answers(&self) -> Result<String, CheckFailure> {
        if self.listed().next().is_none() {
            let why = "without groups there is no command that it lists".into();
            return Err(CheckFailure::Deviates(why));
        }
        let mut driver = self.driver(&self.names)?;
        let mut allowed = EnumSet::empty();
        let done = self.each_trace(|commands| self.supported(&mut driver, commands, &mut allowed))?;
        for kind in self.listed() {
            let bounds = Bounds { commands: EnumSet::from_iter([kind]), ..self.setup.bounds() };
            let command = uniform(&bounds, &mut Seeded::of_run(1, 0));
            self.supported(&mut driver, &[command], &mut allowed)?;
        }
        if allowed.is_empty() {
            let why = "nothing was ever allowed, so whatever it refuses says nothing".into();
            return Err(CheckFailure::Deviates(why));
        }
        let never: Vec<_> =
            self.listed().filter(|kind| !allowed.contains(*kind)).map(NamedEnum::name).collect();
        let never =
            if never.is_empty() { String::new() } else { format!("; never allowed: {}", never.join(", ")) };
        Ok(format!("{done}, {} kinds of commands{never}", self.listed().count()))
    }

    /// The kinds of commands that the driver lists, as far as these groups let them be named.
    fn listed(&self) -> impl Iterator<Item = CommandKind> + use<'_> {
        self.about.commands.iter().filter(|kind| self.setup.groups > 0 || !kind.names_group())
    }

    /// Runs commands that the driver has to support, and adds the kinds of those that it allows.
    fn supported(
        &self,
        driver: &mut DriverAdapter,
        commands: &[Command],
        allowed: &mut EnumSet<CommandKind>,
    ) -> Result<(), CheckFailure> {
        let run = self.run(driver, commands, ObserveWhen::Always)?;
        if let Some(at) = run.unsupported() {
            let kind = commands[at].kind();
            let why = format!("`hello` lists {kind}, and `apply` answers that it is not supported");
            return Err(CheckFailure::Deviates(why));
        }
        run.allowed().for_each(|at| allowed.insert(commands[at].kind()));
        Ok(())
    }

    /// Two fresh processes run the same traces. If something survives a reset, it survives in both.
    fn repeatable(&self) -> Result<String, CheckFailure> {
        self.run_alongside(self.fresh()?, self.fresh()?, "another process")
    }

    /// More or fewer observations change nothing. Each way of observing has a process of its own: if something survives
    /// a reset, it survives in all of them.
    fn observe(&self) -> Result<String, CheckFailure> {
        let (mut once, mut twice, mut seldom) = (self.fresh()?, self.fresh()?, self.fresh()?);
        self.each_trace(|commands| {
            let twice = self.run(&mut twice, commands, ObserveWhen::Twice)?;
            if let Some(at) = twice.unstable {
                let step = self.step(commands, at);
                return Err(CheckFailure::Deviates(format!(
                    "two observations one after the other differ at {step}"
                )));
            }
            let once = self.run(&mut once, commands, ObserveWhen::Always)?;
            self.same(commands, &once, &twice, "the same with each observation made twice")?;
            let seldom = self.run(&mut seldom, commands, ObserveWhen::AtTheEnd)?;
            self.same(commands, &once, &seldom, "the same with no observation in between")
        })
    }

    /// After a reset a fresh system is observed, and the trace runs as it did the first time.
    fn reset(&self) -> Result<String, CheckFailure> {
        let mut driver = self.driver(&self.names)?;
        self.each_trace(|commands| {
            let first = self.run(&mut driver, commands, ObserveWhen::Always)?;
            let second = self.run(&mut driver, commands, ObserveWhen::Always)?;
            [&first, &second].into_iter().try_for_each(|run| self.starts_fresh(run))?;
            self.same(commands, &first, &second, "the same trace after a reset")
        })
    }

    fn starts_fresh(&self, run: &ObservedRun) -> Result<(), CheckFailure> {
        let state: State = self.setup.start();
        let start = run.start.as_ref().expect("the start was observed");
        let left = diverged_parts(&state, start, self.setup, self.about.observes);
        if left.is_empty() {
            return Ok(());
        }
        let parts: Vec<_> = left.iter().map(NamedEnum::name).collect();
        Err(CheckFailure::Deviates(format!("after a reset there is something left in: {}", parts.join(", "))))
    }

    /// Commands that are sent at once, as many as there is time for, are answered as they are one by one.
    fn pipelining(&self) -> Result<String, CheckFailure> {
        let mut driver = self.driver(&self.names)?;
        let started = Instant::now();
        self.run(&mut driver, &self.commands(0), ObserveWhen::Always)?;
        let traces = (TIME.as_secs_f64() / started.elapsed().as_secs_f64()) as u64;
        let commands: Vec<_> =
            (0..traces.clamp(1, TRACES)).flat_map(|number| self.commands(number)).collect();
        let in_turn = self.run(&mut driver, &commands, ObserveWhen::Always)?;
        drop(driver);
        let mut driver = self.drivers.driver(&self.names)?;
        driver.announce(self.setup, &commands);
        let ahead = self.run(&mut driver, &commands, ObserveWhen::AfterCommands)?;
        self.same(&commands, &in_turn, &ahead, "the same trace sent at once")?;
        Ok(format!("{} commands and as many observations at once", commands.len()))
    }

    /// The same trace with other names, of every form, runs the same.
    fn other_names(&self) -> Result<String, CheckFailure> {
        let name = |start: &str, index: usize| {
            let name = format!("{start}{index}.Z_-");
            if index % 2 == 0 { format!("{name:x<MAX_NAME_CHARS$}") } else { name }
        };
        let users = (0..self.names.users.len()).map(|index| name("0-u", index)).collect();
        let groups = (0..self.names.groups.len()).map(|index| name("G", index)).collect();
        let (plain, other) = (self.driver(&self.names)?, self.driver(&Names { users, groups })?);
        self.run_alongside(plain, other, "the same trace with other names")
    }

    fn fidelity(&self) -> Result<String, CheckFailure> {
        let declared = self.about.fidelity;
        let promises = if declared == Fidelity::PromisesOnly { EnumSet::empty() } else { EnumSet::all() };
        let config = CampaignConfig {
            check: CheckConfig { promises, ..CheckConfig::of(self.about) },
            runs: 2_000,
            deadline: Instant::now().checked_add(TIME_FOR_FIDELITY),
            length: LENGTH,
            jobs: std::num::NonZeroUsize::MIN,
            ..CampaignConfig::new(*self.setup, self.about)
        };
        let make = || self.drivers.driver(&self.names);
        let campaign = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {})?;
        let Some(found) = campaign.found.first() else {
            return Ok(format!("{declared}, {} runs, {} commands", campaign.runs, campaign.commands));
        };
        let verdict = found.finding.identity().verdict;
        if let Deviation::Indefinite(why) = found.finding.gravest() {
            return Err(CheckFailure::Unanswered(Failure::Failed(why.clone())));
        }
        let command =
            found.finding.command().expect("only what gives no answer fails before the first command");
        let command = NamedCommand { command, names: &self.names };
        let reason =
            found.finding.reason().map(|reason| format!("; its reason is {}", quoted_reason(reason)));
        Err(CheckFailure::Deviates(format!(
            "it declares {declared}, and {command} is {verdict}: {}{}",
            verdict.about(),
            reason.unwrap_or_default()
        )))
    }

    fn bye(&self) -> Result<String, CheckFailure> {
        let mut driver = self.drivers.driver(&self.names)?;
        driver.reset(self.setup)?;
        driver.shut_down()?;
        Ok("it exited".into())
    }
}
