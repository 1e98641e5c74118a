//! One generator of commands, over a trait of choices: a seeded stream, the bytes of a fuzzer and proptest all
//! drive the same one.
//!
//! It looks at the state so that most commands are allowed or *near misses* (one condition fails): an
//! implementation that forgot a check differs from the model on just those. It asks the model what a command
//! would do, and never an implementation.

mod arguments;
mod choices;
mod seek;

pub use choices::{Choices, Seeded};

use chatwarden_model::{
    Admission, Bounds, Command, CommandKind, EnumSet, Policy, Setup, State, decide, named_enum, step,
};

use crate::coverage::{HistoryFacts, Point};
use arguments::{Likely, Uniform};

/// How often a command is drawn anew because more than one of its conditions fails.
const TRIES: usize = 6;

named_enum! {
    /// By what commands are chosen.
    ///
    /// ```
    /// use chatwarden::{generate::Guidance, model::NamedEnum};
    /// assert_eq!(Guidance::named("likely"), Some(Guidance::Likely));
    /// ```
    pub enum Guidance {
        Uniform = "uniform": "nothing: every kind of command, and every user and group, is as likely as any other",
        Likely = "likely": "the state: most commands are allowed, or nearly so",
        Coverage = "coverage": "the state, and what has not been covered yet, or least often",
    }
}

/// Draws the commands of a run.
///
/// ```
/// use chatwarden::generate::{Generator, Seeded};
/// use chatwarden::model::{step, Cast, Kind, Preset, Setup, State, UserSet, EnumSet};
///
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// cast.add(Kind::Child, UserSet::of([ann]));
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::MessengerKids.policy() };
///
/// let mut choices = Seeded::of_run(0, 7);
/// let generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
/// let mut state: State = setup.start();
/// for _ in 0..30 {
///     let command = generator.next(&state, &mut choices);
///     step(&mut state, &setup.policy, &command);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    bounds: Bounds,
    policy: Policy,
    menu: Menu,
    is_uniform: bool,
}

impl Generator {
    /// The generator of one run, in which some kinds of commands are left out: *swarm testing*. A run that
    /// never revokes or dissolves gets further than one that does a little of everything.
    pub fn for_run(setup: &Setup, commands: EnumSet<CommandKind>, choices: &mut impl Choices) -> Self {
        let swarm = commands.iter().map(|kind| (kind, choices.chance(presence(kind), 8)));
        let swarm = EnumSet::from_flags(swarm);
        Self::with_commands(setup, if swarm.is_empty() { commands } else { swarm })
    }

    /// A generator that uses all of these kinds of commands.
    pub fn with_commands(setup: &Setup, commands: EnumSet<CommandKind>) -> Self {
        let bounds = Bounds { commands, ..setup.bounds() };
        Generator { bounds, policy: setup.policy, menu: Menu::of(commands, setup), is_uniform: false }
    }

    /// A generator that looks at nothing; see [`uniform`].
    pub fn uniform(setup: &Setup, commands: EnumSet<CommandKind>) -> Self {
        let possible = |kind: &CommandKind| setup.groups > 0 || !kind.names_group();
        let commands = commands.iter().filter(possible).collect();
        Generator { is_uniform: true, ..Self::with_commands(setup, commands) }
    }

    /// Whether there is any command to draw.
    pub fn can_draw(&self) -> bool {
        self.menu.len > 0
    }

    /// The next command, in view of the state.
    #[inline]
    pub fn next(&self, state: &State, choices: &mut impl Choices) -> Command {
        if self.is_uniform {
            return uniform(&self.bounds, choices);
        }
        let mut command = self.draw(state, choices);
        for _ in 1..TRIES {
            if decide(state, &self.policy, &command).failures() <= 1 {
                break;
            }
            command = self.draw(state, choices);
        }
        command
    }

    /// The next command, which now and then shows one of the targets, if one of them can be shown.
    #[inline]
    pub fn toward(
        &self,
        state: &State,
        past: &HistoryFacts,
        targets: &[Point],
        choices: &mut impl Choices,
    ) -> Command {
        seek::seek(self, state, past, targets, choices).unwrap_or_else(|| self.next(state, choices))
    }

    /// The commands of a run in which everything goes by the policy.
    pub fn run(
        &self,
        setup: &Setup,
        length: usize,
        targets: &[Point],
        choices: &mut impl Choices,
    ) -> Vec<Command> {
        let (mut state, mut past): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
        let next = || {
            let command = self.toward(&state, &past, targets, choices);
            let before = state;
            let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
            if !targets.is_empty() {
                past.record(&before, &command, allowed, &state);
            }
            command
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    fn draw(&self, state: &State, choices: &mut impl Choices) -> Command {
        let kind = self.menu.pick(choices);
        let Ok(command) = kind.build(&mut Likely::new(&self.bounds, &self.policy, kind, state, choices));
        command
    }
}

/// A command drawn without looking at anything: each kind of command is as likely as any other, and so is each user and
/// group, most of them of the right kind. It is what the generator is measured against.
///
/// ```
/// use chatwarden::generate::{uniform, Seeded};
/// use chatwarden::model::{Bounds, Cast, CommandKind, Kind, UserSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let bounds = Bounds { commands: [CommandKind::Leave].into_iter().collect(), ..Bounds::new(&cast, 1) };
/// assert_eq!(uniform(&bounds, &mut Seeded::of_run(0, 0)).kind(), CommandKind::Leave);
/// ```
///
/// # Panics
/// If the bounds have no kind of command.
pub fn uniform(bounds: &Bounds, choices: &mut impl Choices) -> Command {
    let kind = bounds
        .commands
        .iter()
        .nth(choices.below(bounds.commands.len()))
        .expect("a command of some kind is wanted");
    let Ok(command) = kind.build(&mut Uniform::new(bounds, kind, choices));
    command
}

/// In how many of eight runs a kind of command takes part. Without approvals and launches nothing happens.
fn presence(kind: CommandKind) -> usize {
    match kind {
        CommandKind::Approve | CommandKind::Create => 8,
        CommandKind::Invite | CommandKind::Accept => 7,
        _ => 5,
    }
}

/// How often a kind of command is drawn, beside the others of the run. What the policy never allows is drawn as
/// a near miss only.
fn weight(kind: CommandKind, policy: &Policy) -> u8 {
    match kind {
        CommandKind::Accept | CommandKind::Decline | CommandKind::Cancel
            if policy.admission == Admission::Direct =>
        {
            1
        }
        CommandKind::OpenLink | CommandKind::Join if !policy.links => 1,
        CommandKind::Approve => 12,
        CommandKind::Create | CommandKind::Invite => 6,
        CommandKind::Accept | CommandKind::Join | CommandKind::Revoke => 4,
        CommandKind::Dissolve | CommandKind::Leave => 1,
        _ => 2,
    }
}

/// The kinds of commands of a run, each as often as its weight, so that one choice picks one.
#[derive(Clone, Copy, Debug)]
struct Menu {
    kinds: [CommandKind; Menu::SIZE],
    len: u8,
}

impl Menu {
    const SIZE: usize = 96;

    fn of(commands: EnumSet<CommandKind>, setup: &Setup) -> Self {
        let mut menu = Menu { kinds: [CommandKind::Approve; Menu::SIZE], len: 0 };
        let possible = |kind: &CommandKind| setup.groups > 0 || !kind.names_group();
        for kind in commands.iter().filter(possible) {
            for _ in 0..weight(kind, &setup.policy) {
                menu.kinds[usize::from(menu.len)] = kind;
                menu.len += 1;
            }
        }
        menu
    }

    fn pick(&self, choices: &mut impl Choices) -> CommandKind {
        self.kinds[choices.below(usize::from(self.len))]
    }
}
