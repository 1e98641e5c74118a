//! The checks of a driver, one function each.
//!
//! What they are called, and what to do about a driver that does not pass, is in `inspect`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwarden_model::{Bounds, Command, CommandKind, EnumSet, NamedEnum, Setup, State};

use super::trace::{Difference, Looks, ObservedRun};
use super::{Check, Wrong};
use crate::driver_process::{Drivers, Exec};
use chatwarden::adapter::{About, Adapter, Failure, Fidelity};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::finding::Deviation;
use chatwarden::format::{MAX_NAME_CHARS, NamedCommand, Names};
use chatwarden::generate::{Generator, Seeded, uniform};
use chatwarden::lockstep::{CheckConfig, diverged_parts};

/// How many commands a history has.
const LENGTH: usize = 30;

/// How many histories are tried, if there is time for as many.
const HISTORIES: u64 = 20;

/// How long a check goes on with further histories.
const TIME: Duration = Duration::from_secs(5);

/// How long the fidelity is looked into, which needs many more.
const TIME_FOR_FIDELITY: Duration = Duration::from_secs(20);

/// A driver with what it is checked on.
pub(super) struct Inspection<'a> {
    drivers: &'a Arc<Drivers>,
    about: &'a About,
    setup: &'a Setup,
    names: Names,
}

impl<'a> Inspection<'a> {
    pub(super) fn new(drivers: &'a Arc<Drivers>, setup: &'a Setup, users: &[String]) -> Self {
        let names = Names { users: users.to_vec(), groups: Names::numbered(setup.groups) };
        Inspection { drivers, about: drivers.about(), setup, names }
    }

    /// Makes a check: what was done, or what is wrong.
    pub(super) fn outcome(&self, check: Check) -> Result<String, Wrong> {
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

    fn driver(&self, names: &Names) -> Result<Exec, Failure> {
        self.drivers.driver(names)
    }

    /// A history in which one command follows from the other, and all kinds come up over many of them.
    fn history(&self, number: u64) -> Vec<Command> {
        let mut choices = Seeded::of_run(0, number);
        Generator::with_commands(self.setup, self.about.commands).run(self.setup, LENGTH, &[], &mut choices)
    }

    fn each_history(&self, check: impl Fn(&[Command]) -> Result<(), Wrong>) -> Result<String, Wrong> {
        let started = Instant::now();
        let mut count = 0;
        while count < HISTORIES && (count == 0 || started.elapsed() < TIME) {
            check(&self.history(count))?;
            count += 1;
        }
        Ok(format!("{count} histories of {LENGTH} commands"))
    }

    /// A driver that nobody used before.
    fn fresh(&self) -> Result<RefCell<Exec>, Failure> {
        self.drivers.fresh_driver(&self.names).map(|driver| RefCell::new(driver.in_turn()))
    }

    fn trace(&self, driver: &mut Exec, commands: &[Command], looks: Looks) -> Result<ObservedRun, Failure> {
        ObservedRun::of(driver, self.setup, commands, looks)
    }

    fn same(
        &self,
        commands: &[Command],
        one: &ObservedRun,
        other: &ObservedRun,
        which: &str,
    ) -> Result<(), Wrong> {
        let Some(Difference { at, what }) = one.difference(other, self.about.observes) else { return Ok(()) };
        let step = self.step(commands, at);
        Err(Wrong::Departs(format!("{which} differs at {step}: {what}")))
    }

    fn step(&self, commands: &[Command], at: Option<usize>) -> String {
        let command = |at: usize| NamedCommand { command: commands[at], names: &self.names };
        at.map_or("the start, after the reset".into(), |at| format!("step {at}, {}", command(at)))
    }

    /// Histories as the policy lets them go, and then each listed kind of command once, whatever comes of it.
    fn answers(&self) -> Result<String, Wrong> {
        let mut driver = self.driver(&self.names)?.in_turn();
        let allowed = Cell::new(EnumSet::empty());
        let done = {
            let driver = RefCell::new(&mut driver);
            self.each_history(|commands| self.supported(&mut driver.borrow_mut(), commands, &allowed))?
        };
        for kind in self.listed() {
            let bounds = Bounds { commands: EnumSet::from_iter([kind]), ..self.setup.bounds() };
            let command = uniform(&bounds, &mut Seeded::of_run(1, 0));
            self.supported(&mut driver, &[command], &allowed)?;
        }
        let never: Vec<_> =
            self.listed().filter(|kind| !allowed.get().contains(*kind)).map(NamedEnum::name).collect();
        if allowed.get().is_empty() {
            let wrong = "nothing was ever allowed, so whatever it refuses says nothing".into();
            return Err(Wrong::Departs(wrong));
        }
        let never =
            if never.is_empty() { String::new() } else { format!("; never allowed: {}", never.join(", ")) };
        Ok(format!("{done}, {} kinds of commands{never}", self.listed().count()))
    }

    /// The kinds of commands that the driver lists, as far as these groups let them be named.
    fn listed(&self) -> impl Iterator<Item = CommandKind> + use<'_> {
        self.about.commands.iter().filter(|kind| self.setup.groups > 0 || !kind.names_group())
    }

    /// Takes a driver through commands that it has to support, and notes the kinds of those that are allowed.
    fn supported(
        &self,
        driver: &mut Exec,
        commands: &[Command],
        allowed: &Cell<EnumSet<CommandKind>>,
    ) -> Result<(), Wrong> {
        let trace = self.trace(driver, commands, Looks::Always)?;
        if let Some(at) = trace.unsupported() {
            let kind = commands[at].kind();
            let wrong = format!("`hello` lists {kind}, and `apply` answers that it is not supported");
            return Err(Wrong::Departs(wrong));
        }
        allowed.set(allowed.get().or(trace.allowed().map(|at| commands[at].kind()).collect()));
        Ok(())
    }

    /// Two processes that nobody used before go through the same histories, so that what one of them keeps over a reset
    /// the other keeps as well.
    fn repeatable(&self) -> Result<String, Wrong> {
        let (one, other) = (self.fresh()?, self.fresh()?);
        self.each_history(|commands| {
            let one = self.trace(&mut one.borrow_mut(), commands, Looks::Always)?;
            let other = self.trace(&mut other.borrow_mut(), commands, Looks::Always)?;
            self.same(commands, &one, &other, "another process")
        })
    }

    /// More looks and fewer looks change nothing. Each way of looking has a process of its own, so that what one keeps over
    /// a reset the others keep as well.
    fn observe(&self) -> Result<String, Wrong> {
        let (once, twice, seldom) = (self.fresh()?, self.fresh()?, self.fresh()?);
        self.each_history(|commands| {
            let twice = self.trace(&mut twice.borrow_mut(), commands, Looks::Twice)?;
            if let Some(at) = twice.restless {
                let step = self.step(commands, at);
                return Err(Wrong::Departs(format!("two observations one after the other differ at {step}")));
            }
            let once = self.trace(&mut once.borrow_mut(), commands, Looks::Always)?;
            self.same(commands, &once, &twice, "the same with each observation made twice")?;
            let seldom = self.trace(&mut seldom.borrow_mut(), commands, Looks::AtTheEnd)?;
            self.same(commands, &once, &seldom, "the same with no observation in between")
        })
    }

    /// What is seen after a reset is a fresh system, and the history goes as it went the first time.
    fn reset(&self) -> Result<String, Wrong> {
        let driver = RefCell::new(self.driver(&self.names)?.in_turn());
        self.each_history(|commands| {
            let mut driver = driver.borrow_mut();
            let first = self.trace(&mut driver, commands, Looks::Always)?;
            let second = self.trace(&mut driver, commands, Looks::Always)?;
            [&first, &second].into_iter().try_for_each(|trace| self.starts_fresh(trace))?;
            self.same(commands, &first, &second, "the same history after a reset")
        })
    }

    fn starts_fresh(&self, trace: &ObservedRun) -> Result<(), Wrong> {
        let state: State = self.setup.start();
        let start = trace.start.as_ref().expect("it was looked at");
        let left = diverged_parts(&state, start, self.setup, self.about.observes);
        if left.is_empty() {
            return Ok(());
        }
        let parts: Vec<_> = left.iter().map(NamedEnum::name).collect();
        Err(Wrong::Departs(format!("after a reset there is something left in: {}", parts.join(", "))))
    }

    /// As many histories as there is time for, sent at once, are answered as they are one by one.
    fn pipelining(&self) -> Result<String, Wrong> {
        let mut driver = self.driver(&self.names)?.in_turn();
        let started = Instant::now();
        self.trace(&mut driver, &self.history(0), Looks::Always)?;
        let histories = (TIME.as_secs_f64() / started.elapsed().as_secs_f64()) as u64;
        let commands: Vec<_> =
            (0..histories.clamp(1, HISTORIES)).flat_map(|number| self.history(number)).collect();
        let in_turn = self.trace(&mut driver, &commands, Looks::Always)?;
        drop(driver);
        let mut driver = self.driver(&self.names)?;
        driver.announce(self.setup, &commands);
        let ahead = self.trace(&mut driver, &commands, Looks::AfterCommands)?;
        self.same(&commands, &in_turn, &ahead, "the same history sent at once")?;
        Ok(format!("{} commands and as many observations at once", commands.len()))
    }

    /// The same history with other names of every form goes the same way.
    fn other_names(&self) -> Result<String, Wrong> {
        let name = |start: &str, index: usize| {
            let name = format!("{start}{index}.Z_-");
            if index % 2 == 0 { format!("{name:x<MAX_NAME_CHARS$}") } else { name }
        };
        let users = (0..self.names.users.len()).map(|index| name("0-u", index)).collect();
        let groups = (0..self.names.groups.len()).map(|index| name("G", index)).collect();
        let driver = |names: &Names| self.driver(names).map(|driver| RefCell::new(driver.in_turn()));
        let (plain, other) = (driver(&self.names)?, driver(&Names { users, groups })?);
        self.each_history(|commands| {
            let plain = self.trace(&mut plain.borrow_mut(), commands, Looks::Always)?;
            let other = self.trace(&mut other.borrow_mut(), commands, Looks::Always)?;
            self.same(commands, &plain, &other, "the same history with other names")
        })
    }

    fn fidelity(&self) -> Result<String, Wrong> {
        let terms = CheckConfig { promises: EnumSet::empty(), ..CheckConfig::of(self.about) };
        let promises = if terms.fidelity == Fidelity::PromisesOnly { terms.promises } else { EnumSet::all() };
        let plan = CampaignConfig {
            terms: CheckConfig { promises, ..terms },
            runs: 2_000,
            deadline: Instant::now().checked_add(TIME_FOR_FIDELITY),
            length: LENGTH,
            jobs: std::num::NonZeroUsize::MIN,
            ..CampaignConfig::new(*self.setup, self.about)
        };
        let make = || self.drivers.driver(&self.names);
        let tally = campaign::run_campaign(&plan, &make, &CampaignMonitor::default(), &|_| {})?;
        let Some(found) = tally.found.first() else {
            return Ok(format!("{}, {} runs, {} commands", terms.fidelity, tally.runs, tally.commands));
        };
        let verdict = found.finding.identity().verdict;
        if let Deviation::Indefinite(why) = found.finding.gravest() {
            return Err(Wrong::Failed(Failure::Failed(why.clone())));
        }
        let command =
            found.finding.command().expect("only what gives no answer fails before the first command");
        let command = NamedCommand { command, names: &self.names };
        let declared = terms.fidelity;
        Err(Wrong::Departs(format!(
            "it declares {declared}, and {command} is {verdict}: {}",
            verdict.about()
        )))
    }

    fn bye(&self) -> Result<String, Wrong> {
        let mut driver = self.driver(&self.names)?;
        driver.reset(self.setup)?;
        driver.farewell()?;
        Ok("it exited".into())
    }
}
