//! The generator of commands. It draws from the trait [`Choices`], so that a seed, any `rand`
//! generator, the bytes of a fuzzer and proptest drive the same one.
//!
//! It looks at the state, so that most commands are allowed or *near misses*: one condition fails.
//! An implementation that forgot a check differs from the model on just those. The generator asks
//! the model what a command would do, never an implementation.

mod arguments;
mod choices;
mod follow;
mod seek;

pub use choices::{Choices, Random, Seeded};

use chatwarden_model::{
    Admission, Bounds, Command, CommandKind, EnumSet, NamedEnum, Policy, Setup, State, decide, named_enum,
    step,
};

use crate::coverage::{HistoryFacts, Point};
use arguments::{Likely, Uniform};
use follow::LastChange;

/// The most draws for one command, while more than one condition fails.
const TRIES: usize = 6;

named_enum! {
    /// The guidance for the choice of commands.
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

/// Draws the commands of a trace. It remembers the last change that it drew, and draws commands to which
/// that change matters.
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
/// let mut generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
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
    last_change: Option<LastChange>,
}

impl Generator {
    /// The generator of one trace, in which some kinds of commands are left out: *swarm testing*. A
    /// trace that never revokes or dissolves gets further than one with a little of everything.
    pub fn for_run(setup: &Setup, commands: EnumSet<CommandKind>, choices: &mut impl Choices) -> Self {
        let swarm = commands.iter().map(|kind| (kind, choices.chance(presence(kind), 8)));
        let swarm = EnumSet::from_flags(swarm);
        Self::with_commands(setup, if swarm.is_empty() { commands } else { swarm })
    }

    /// A generator that uses all of these kinds of commands.
    pub fn with_commands(setup: &Setup, commands: EnumSet<CommandKind>) -> Self {
        let is_possible = |kind: &CommandKind| setup.groups > 0 || !kind.names_group();
        let commands = commands.iter().filter(is_possible).collect();
        let bounds = Bounds { commands, ..setup.bounds() };
        let menu = Menu::of(commands, &setup.policy);
        Generator { bounds, policy: setup.policy, menu, is_uniform: false, last_change: None }
    }

    /// A generator that does not look at the state; see [`uniform`].
    pub fn uniform(setup: &Setup, commands: EnumSet<CommandKind>) -> Self {
        Generator { is_uniform: true, ..Self::with_commands(setup, commands) }
    }

    /// True if there is a command to draw.
    pub fn can_draw(&self) -> bool {
        self.menu.len > 0
    }

    /// The next command in the state.
    #[inline]
    pub fn next(&mut self, state: &State, choices: &mut impl Choices) -> Command {
        if self.is_uniform {
            return uniform(&self.bounds, choices);
        }
        let follower = self.last_change.and_then(|last| follow::follower(self, &last, state, choices));
        let command = follower.unwrap_or_else(|| self.likely(state, choices));
        self.remember(state, command);
        command
    }

    /// The next command in the state. Every other time it is one that shows one of the targets, if
    /// such a command is found.
    #[inline]
    pub fn toward(
        &mut self,
        state: &State,
        facts: &HistoryFacts,
        targets: &[Point],
        choices: &mut impl Choices,
    ) -> Command {
        let Some(command) = seek::seek(self, state, facts, targets, choices) else {
            return self.next(state, choices);
        };
        self.remember(state, command);
        command
    }

    /// A trace of so many commands, each drawn in the state that the policy leads to. Every other
    /// command seeks one of the targets, if there are any.
    pub fn run(
        &mut self,
        setup: &Setup,
        length: usize,
        targets: &[Point],
        choices: &mut impl Choices,
    ) -> Vec<Command> {
        let (mut state, mut facts): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
        let next = || {
            let command = self.toward(&state, &facts, targets, choices);
            let before = state;
            let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
            if !targets.is_empty() {
                facts.record(&before, &command, allowed, &state);
            }
            command
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    /// One of several drawn commands, if possible one that is allowed or a near miss.
    fn likely(&self, state: &State, choices: &mut impl Choices) -> Command {
        let mut command = self.draw(state, choices);
        for _ in 1..TRIES {
            if decide(state, &self.policy, &command).failures() <= 1 {
                break;
            }
            command = self.draw(state, choices);
        }
        command
    }

    fn remember(&mut self, state: &State, command: Command) {
        if !command.kind().delivers() && decide(state, &self.policy, &command).is_allowed() {
            self.last_change = Some(LastChange { before: *state, command });
        }
    }

    fn draw(&self, state: &State, choices: &mut impl Choices) -> Command {
        let kind = self.menu.pick(choices);
        let Ok(command) = kind.build(&mut Likely::new(self, kind, state, choices));
        command
    }
}

/// A command drawn without looking at the state: each kind of command is as likely as any other,
/// and so is each user and group, most of them of the right kind. The generator is measured against
/// it.
///
/// ```
/// use chatwarden::generate::{uniform, Seeded};
/// use chatwarden::model::{Bounds, Cast, CommandKind, Kind, UserSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let commands = [CommandKind::Leave].into_iter().collect();
/// let bounds = Bounds { commands, ..Bounds::new(&cast, 1) };
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
    let Ok(command) = kind.build(&mut Uniform { bounds, kind, choices });
    command
}

/// The number of traces, of eight, in which a kind of command takes part. Without approvals and
/// launches nothing happens.
fn presence(kind: CommandKind) -> usize {
    match kind {
        CommandKind::Approve | CommandKind::Create => 8,
        CommandKind::Invite | CommandKind::Accept => 7,
        _ => 5,
    }
}

/// How often a kind of command is drawn, beside the others of the trace. A kind that the policy
/// never allows is drawn as a near miss only.
fn weight(kind: CommandKind, policy: &Policy) -> u8 {
    use CommandKind as K;
    let is_never_allowed = match kind {
        K::Accept | K::Decline | K::Cancel => policy.admission == Admission::Direct,
        K::OpenLink | K::Join => !policy.links,
        _ => false,
    };
    if is_never_allowed { 1 } else { weight_if_allowed(kind) }
}

const fn weight_if_allowed(kind: CommandKind) -> u8 {
    use CommandKind as K;
    match kind {
        K::Approve => 12,
        K::Create | K::Invite => 6,
        K::Accept | K::Join | K::Revoke => 4,
        K::Dissolve | K::Leave => 1,
        _ => 2,
    }
}

/// The kinds of commands of a trace, each as often as its weight, so that one choice picks one.
#[derive(Clone, Copy, Debug)]
struct Menu {
    kinds: [CommandKind; Menu::SIZE],
    len: u8,
}

impl Menu {
    /// The sum of the largest weights of all kinds.
    const SIZE: usize = {
        let (mut sum, mut at) = (0, 0);
        while at < CommandKind::ALL.len() {
            sum += weight_if_allowed(CommandKind::ALL[at]) as usize;
            at += 1;
        }
        assert!(sum <= u8::MAX as usize, "`len` counts them");
        sum
    };

    fn of(commands: EnumSet<CommandKind>, policy: &Policy) -> Self {
        let mut menu = Menu { kinds: [CommandKind::Approve; Menu::SIZE], len: 0 };
        for kind in commands.iter() {
            for _ in 0..weight(kind, policy) {
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
