//! The conformance test of a driver itself: does it keep the protocol, before anything is believed that it says of an
//! implementation?
//!
//! What is found here is the driver's, and told with what mends it. Implementations are tested by `campaign`.

mod trace;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwarden_model::{Bounds, Command, CommandKind, Setup, State, Word, WordSet, words};

use crate::adapter::{About, Adapter, Failure, Fidelity};
use crate::campaign::{self, Plan, Watch};
use crate::check::{Terms, drift};
use crate::exec::{Drivers, Exec};
use crate::generate::{Generator, Seeded, uniform};
use crate::verdict::Deviation;
use crate::wire::{MAX_NAME_CHARS, NamedCommand, Names};
use trace::{Difference, Looks, Trace};

/// How many commands a history has.
const LENGTH: usize = 30;

/// How many histories are tried, if there is time for as many.
const HISTORIES: u64 = 20;

/// How long a check goes on with further histories.
const TIME: Duration = Duration::from_secs(5);

/// How long the fidelity is looked into, which needs many more.
const TIME_FOR_FIDELITY: Duration = Duration::from_secs(20);

words! {
    /// Something that is asked of a driver.
    ///
    /// ```
    /// use chatwarden::{inspect::Check, model::Word};
    /// assert_eq!(Check::ALL.len(), 8);
    /// ```
    pub enum Check {
        Answers = "answers": "every command that it lists is answered as the protocol says",
        Repeatable = "repeatable": "the same commands are answered alike by another process",
        Reset = "reset": "a reset leaves nothing behind",
        Observe = "observe": "to observe changes nothing",
        Pipelining = "pipelining": "requests may come before answers are read",
        Names = "names": "it knows users and groups by the names of the reset, and no others",
        Fidelity = "fidelity": "it keeps the fidelity that it declares",
        Bye = "bye": "it exits when it is told good-bye, and says no more",
    }
}

impl Check {
    /// What to do about a driver that does not pass.
    pub fn mend(self) -> &'static str {
        match self {
            Check::Answers => {
                "answer each request on a line of its own, in order, and list in `hello` only what is carried out \
                 and shown"
            }
            Check::Repeatable => {
                "take ids, clocks and chance out of what is decided, and answer only when the effect can be seen"
            }
            Check::Reset => {
                "forget everything at `reset`: groups, invitations, bans, approvals and blocks; a new group for \
                 each history will do where nothing can be deleted"
            }
            Check::Observe => "only read in `observe`; reading must not mark, expire or settle anything",
            Check::Pipelining => {
                "read requests line by line and answer each before the next is carried out; never drop what has been \
                 read ahead"
            }
            Check::Names => "take users, guardians and groups from the last `reset`, never from constants",
            Check::Fidelity => {
                "if the product is wrong, this is a finding: `chatwarden fuzz` makes it short; if the product is \
                 meant to be so, declare `no-looser` (it may refuse more) or `promises-only` (it has rules of its own)"
            }
            Check::Bye => "answer `bye`, then exit with code 0; end servers and children before",
        }
    }
}

/// What came of a check.
///
/// An example is at [`inspect`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What was asked.
    pub check: Check,
    /// What was done to find out, or what is wrong.
    pub outcome: Result<String, Wrong>,
    /// How long it took.
    pub time: Duration,
}

impl Checked {
    /// What to do about what is wrong; none where what went wrong says it itself.
    pub fn mend(&self) -> Option<&'static str> {
        matches!(self.outcome, Err(Wrong::Departs(_))).then(|| self.check.mend())
    }
}

/// What is wrong with a driver.
///
/// ```
/// use chatwarden::inspect::Wrong;
/// let wrong = Wrong::Departs("the same history after a reset differs at step 3".into());
/// assert_eq!(wrong.to_string(), "the same history after a reset differs at step 3");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It did not answer as the protocol says, so that the check could not be made.
    Failed(Failure),
    /// It answered, and not as it should.
    Departs(String),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wrong::Failed(Failure::Failed(why)) => f.write_str(why),
            Wrong::Failed(failure) => failure.fmt(f),
            Wrong::Departs(what) => f.write_str(what),
        }
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Wrong::Failed(failure)
    }
}

/// Checks a driver, one thing after the other, and tells each result as it comes.
///
/// ```
/// use chatwarden::exec::{Drivers, Options};
/// use chatwarden::inspect::inspect;
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden::wire::BuiltInCast;
/// # let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers/python/driver.py");
/// # let command = format!("python3 {} --fixed", program.display());
///
/// let casting = BuiltInCast::Small.casting();
/// let setup = Setup { cast: casting.cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let drivers = Drivers::open(&command, Options::default())?;
/// let mut wrong = Vec::new();
/// inspect(&drivers, &setup, &casting.names, |checked| wrong.extend(checked.outcome.err()));
/// assert!(wrong.is_empty(), "{wrong:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(drivers: &Arc<Drivers>, setup: &Setup, users: &[String], mut told: impl FnMut(Checked)) {
    let names = Names { users: users.to_vec(), groups: Names::numbered(setup.groups) };
    let inspection = Inspection { drivers, about: drivers.about(), setup, names };
    for &check in Check::ALL {
        let started = Instant::now();
        let outcome = inspection.outcome(check);
        told(Checked { check, outcome, time: started.elapsed() });
    }
}

struct Inspection<'a> {
    drivers: &'a Arc<Drivers>,
    about: &'a About,
    setup: &'a Setup,
    names: Names,
}

impl Inspection<'_> {
    fn outcome(&self, check: Check) -> Result<String, Wrong> {
        match check {
            Check::Answers => self.answers(),
            Check::Repeatable => self.each_history(|commands| {
                let mut second = self.driver(&self.names)?.in_turn();
                self.compare(commands, &mut second, Looks::Always, "another process")
            }),
            Check::Reset => self.each_history(|commands| self.reset(commands)),
            Check::Observe => self.each_history(|commands| {
                let mut driver = self.driver(&self.names)?.in_turn();
                self.compare(
                    commands,
                    &mut driver,
                    Looks::Twice,
                    "the same with each observation made twice",
                )?;
                self.compare(
                    commands,
                    &mut driver,
                    Looks::AtTheEnd,
                    "the same with no observation in between",
                )
            }),
            Check::Pipelining => self.pipelining(),
            Check::Names => self.each_history(|commands| self.other_names(commands)),
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
        Generator::with_commands(self.setup, self.about.commands).run(self.setup, LENGTH, &mut choices)
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

    /// Takes a driver that nobody used before through a history, and another as it is said, and compares.
    fn compare(
        &self,
        commands: &[Command],
        other: &mut Exec,
        looks: Looks,
        which: &str,
    ) -> Result<(), Wrong> {
        let mut plain = self.driver(&self.names)?.in_turn();
        let one = self.trace(&mut plain, commands, Looks::Always)?;
        let other = self.trace(other, commands, looks)?;
        self.same(commands, &one, &other, which)
    }

    fn trace(&self, driver: &mut Exec, commands: &[Command], looks: Looks) -> Result<Trace, Failure> {
        Trace::of(driver, self.setup, commands, looks)
    }

    fn same(&self, commands: &[Command], one: &Trace, other: &Trace, which: &str) -> Result<(), Wrong> {
        let Some(Difference { at, what }) = one.difference(other, self.about.observes) else { return Ok(()) };
        let step = at.map_or("after the reset".into(), |at| {
            format!("step {at}, {}", NamedCommand { command: commands[at], names: &self.names })
        });
        Err(Wrong::Departs(format!("{which} differs at {step}: {what}")))
    }

    /// Every kind of command that is listed is tried until it was allowed and refused, as far as histories get.
    fn answers(&self) -> Result<String, Wrong> {
        let mut driver = self.driver(&self.names)?.in_turn();
        let mut answered = WordSet::empty();
        let done = self.each_history(|commands| {
            self.supported(&mut self.driver(&self.names)?.in_turn(), commands).map(drop)
        })?;
        for kind in self.about.commands.iter().filter(|kind| self.setup.groups > 0 || !kind.names_group()) {
            let bounds = Bounds { commands: WordSet::from_iter([kind]), ..self.setup.bounds() };
            let command = uniform(&bounds, &mut Seeded::of_run(1, 0));
            answered = answered.or(self.supported(&mut driver, &[command])?);
        }
        Ok(format!("{done}, {} kinds of commands", answered.len()))
    }

    /// The kinds of the commands, if all are answered.
    fn supported(&self, driver: &mut Exec, commands: &[Command]) -> Result<WordSet<CommandKind>, Wrong> {
        let trace = self.trace(driver, commands, Looks::Always)?;
        match trace.unsupported() {
            Some(at) => {
                let kind = commands[at].kind();
                let wrong = format!("`hello` lists {kind}, and `apply` answers that it is not supported");
                Err(Wrong::Departs(wrong))
            }
            None => Ok(commands.iter().map(Command::kind).collect()),
        }
    }

    /// What is seen after a reset is a fresh system, and the history goes as it went the first time.
    fn reset(&self, commands: &[Command]) -> Result<(), Wrong> {
        let mut driver = self.driver(&self.names)?.in_turn();
        let first = self.trace(&mut driver, commands, Looks::Always)?;
        let state: State = self.setup.start();
        let start = first.start.as_ref().expect("it was looked at");
        let fresh = drift(&state, start, self.setup, self.about.observes);
        if !fresh.is_empty() {
            let parts: Vec<_> = fresh.iter().map(Word::name).collect();
            let wrong = format!("after a reset there is something left in: {}", parts.join(", "));
            return Err(Wrong::Departs(wrong));
        }
        let second = self.trace(&mut driver, commands, Looks::Always)?;
        self.same(commands, &first, &second, "the same history after a reset")
    }

    /// All histories sent at once are answered as they are one by one.
    fn pipelining(&self) -> Result<String, Wrong> {
        let commands: Vec<_> = (0..HISTORIES).flat_map(|number| self.history(number)).collect();
        let mut driver = self.driver(&self.names)?;
        driver.announce(self.setup, &commands);
        let ahead = self.trace(&mut driver, &commands, Looks::AfterCommands)?;
        let mut driver = self.driver(&self.names)?.in_turn();
        let in_turn = self.trace(&mut driver, &commands, Looks::Always)?;
        self.same(&commands, &in_turn, &ahead, "the same history sent at once")?;
        Ok(format!("{} commands and as many observations at once", commands.len()))
    }

    /// The same history with other names of every form goes the same way.
    fn other_names(&self, commands: &[Command]) -> Result<(), Wrong> {
        let name = |start: &str, index: usize| {
            let name = format!("{start}{index}.Z_-");
            if index % 2 == 0 { format!("{name:x<MAX_NAME_CHARS$}") } else { name }
        };
        let users = (0..self.names.users.len()).map(|index| name("0-u", index)).collect();
        let groups = (0..self.names.groups.len()).map(|index| name("G", index)).collect();
        let mut driver = self.driver(&Names { users, groups })?.in_turn();
        self.compare(commands, &mut driver, Looks::Always, "the same history with other names")
    }

    fn fidelity(&self) -> Result<String, Wrong> {
        let terms = Terms { promises: WordSet::empty(), ..Terms::of(self.about) };
        let promises = if terms.fidelity == Fidelity::PromisesOnly { terms.promises } else { WordSet::all() };
        let plan = Plan {
            terms: Terms { promises, ..terms },
            runs: 2_000,
            deadline: Instant::now().checked_add(TIME_FOR_FIDELITY),
            length: LENGTH,
            jobs: std::num::NonZeroUsize::MIN,
            ..Plan::new(*self.setup, self.about)
        };
        let make = || self.drivers.driver(&self.names);
        let tally = campaign::conduct(&plan, &make, &Watch::default(), &|_| {})?;
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
        driver.end()?;
        Ok("it exited".into())
    }
}
