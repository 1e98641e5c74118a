//! The search where the implementation cannot be copied: one system walks from situation to situation, with as few
//! resets as possible.
//!
//! Where it stands, it first tries the commands of which the model says that they change nothing, then the others.
//! When all is tried there, it goes to the nearest situation where something is left, along transitions that were
//! seen or that the model foretells; or it is reset and goes there from the start, if that is nearer by far or the
//! only way. What is met is the truth: where a step leads elsewhere than it was thought to, the walk goes on from there.
//!
//! At the end every command has been tried in every situation that some history shorter than the bound leads to. For
//! such a history leads through situations whose own shortest histories are below the bound as well; the start is one,
//! and wherever all commands were tried, the transitions are known, and with them a bound for the lengths behind.
//!
//! It ends: every command that is executed is either tried for the first time in its situation, or part of a way to
//! where something is left; and ways that fail are given up after some attempts, which is a finding, since a system
//! that does not do the same again allows no conclusion. What the situations and their transitions are is in `map`;
//! how the shortest of the histories that were found out about are confirmed, in `sites`.

use chatwarden_model::{Command, CommandKind, decide, step};

use super::expand::Shared;
use super::keys::Key;
use super::map::{Map, Narrow, Spot};
use super::renamings::Kept;
use super::sites::{Site, Sites};
use super::{Alike, Counterexample, Driven, End};
use chatwarden::adapter::{Adapter, Answer, Failure};
use chatwarden::finding::{Deviation, Finding, Verdict};
use chatwarden::lockstep::{Lockstep, StepResult};

/// How many commands a reset is taken to be worth.
const RESET: usize = 16;

/// How many ways to a situation may fail before it is given up.
const ATTEMPTS: u32 = 4;

/// How many of the shortest histories to a finding are tried for one that shows it again.
const CONFIRMED: usize = 8;

/// A system on its way.
pub(super) struct Walk<'a, A, M> {
    shared: &'a Shared<'a>,
    make: &'a M,
    system: A,
    lockstep: Lockstep,
    map: Map,
    sites: Sites<'a>,
    here: Spot,
    /// The number of the renaming that leads from the system's state to the situation's representative.
    renaming: usize,
    /// The commands since the reset.
    taken: Vec<Command>,
    /// The most commands of a history at the moment.
    bound: usize,
    /// Whether a system could not be made fresh again.
    broken: bool,
    driven: Driven,
}

impl<'a, A: Adapter, M: Fn() -> Result<A, Failure>> Walk<'a, A, M> {
    /// A walk that begins where the system and the lock-step are: at the start.
    ///
    /// # Errors
    /// If the system has no fingerprint where it needs one.
    pub(super) fn new(
        shared: &'a Shared<'a>,
        make: &'a M,
        system: A,
        lockstep: Lockstep,
        paths: usize,
        found: &'a mut dyn FnMut(&Counterexample),
    ) -> Result<Self, Failure> {
        let plan = shared.plan;
        let narrow = |kind: CommandKind| Narrow {
            length: plan.depth.unwrap_or(usize::MAX).saturating_sub(1),
            places: plan.alphabet.iter().map(|command| command.kind() == kind).collect(),
        };
        let narrow = plan.narrowed().map(narrow);
        let mut walk = Walk {
            shared,
            make,
            system,
            lockstep,
            map: Map::new(paths, narrow),
            sites: Sites::new(found),
            here: 0,
            renaming: 0,
            taken: Vec::new(),
            bound: 0,
            broken: false,
            driven: Driven::started(),
        };
        let (key, state, renaming) = walk.key(0)?;
        let (quiet, moving) = walk.foretell(state, renaming, 0, shared.renamings.all());
        let guess = walk.guess(key, state);
        walk.map.add(key, guess, shared.renamings.all(), quiet.into_iter(), &moving);
        walk.renaming = renaming;
        Ok(walk)
    }

    /// Walks until everything is tried that is asked for.
    ///
    /// # Errors
    /// If a system cannot be made again after a failure, or loses its fingerprint.
    pub(super) fn run(mut self) -> Result<Driven, Failure> {
        let plan = self.shared.plan;
        let by_length = plan.wanted.is_some() || plan.stop_at_first;
        let most = plan.depth.unwrap_or(usize::MAX);
        self.bound = if by_length { most.min(1) } else { most };
        let end = loop {
            if let Some(end) = self.cover()? {
                break end;
            }
            let found = self.sites.shortest(&self.map, plan.wanted);
            if by_length && found.is_some_and(|length| length <= self.bound) {
                break End::First;
            }
            if self.bound < most && self.map.shallowest(most).is_some() {
                self.bound += 1;
                continue;
            }
            // If only some commands were tried at last, others may lead on.
            let last = if plan.narrowed().is_some() { most.saturating_sub(1) } else { most };
            break if self.map.given_up().is_some() {
                End::Stopped
            } else if self.map.depth() >= last {
                End::Depth
            } else {
                End::Complete
            };
        };
        self.driven.depth = self.map.depth().min(most);
        // Below the shortest history to a situation where something is left, everything was tried everywhere.
        let left = self.map.shallowest(most).map(|spot| self.map.length(spot));
        let judged = left.into_iter().chain(self.map.given_up()).fold(self.bound, usize::min);
        self.driven.judged = if end == End::Complete { None } else { Some(judged) };
        self.driven.renamings = self.shared.renamings.list().len();
        self.driven.states = self.map.finished() as u64;
        let found = self.confirm()?;
        Ok(Driven { end, found, ..self.driven })
    }

    /// Tries everything within the bound; says why it could not.
    fn cover(&mut self) -> Result<Option<End>, Failure> {
        loop {
            if let Some(end) = self.shared.cut() {
                return Ok(Some(end));
            }
            if self.broken {
                return Ok(Some(End::Stopped));
            }
            if self.map.bytes() > self.shared.plan.memory {
                return Ok(Some(End::Memory));
            }
            let (states, left) = (self.map.finished(), self.map.left());
            self.shared.watch.tell(self.taken.len(), left as u64, states as u64);
            if let Some(place) = self.map.next_here(self.here, self.bound) {
                self.take(place)?;
                continue;
            }
            let Some(target) = self.map.shallowest(self.bound) else { return Ok(None) };
            let from_start = self.map.way_from_start(target);
            match self.map.way(self.here, self.bound, from_start.len() + RESET) {
                Some((target, way)) => self.follow(target, &way, false)?,
                None => {
                    self.reset()?;
                    if !self.broken {
                        self.follow(target, &from_start, true)?;
                    }
                }
            }
        }
    }

    /// Goes along a way, as long as it leads where it should; all of it was seen before, or some is foretold.
    fn follow(&mut self, target: Spot, way: &[(u32, Spot)], seen: bool) -> Result<(), Failure> {
        for &(place, expected) in way {
            if self.shared.cut().is_some() {
                return Ok(());
            }
            let was_seen = seen || self.map.has_seen(self.here, place);
            self.take(place)?;
            if self.here != expected {
                // What was only foretold is tried once, and then known better.
                if was_seen && self.map.missed(target) >= ATTEMPTS {
                    let at = self.taken.len().saturating_sub(1);
                    let why = "the same commands did not lead to the same situation again".to_string();
                    let finding =
                        Finding::new(at, self.taken.last().copied(), vec![Deviation::Indefinite(why)]);
                    self.sites.add(self.here, place, &self.taken, finding);
                    self.map.give_up(target);
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Executes the command that the one at the place is here.
    fn take(&mut self, place: u32) -> Result<(), Failure> {
        let (from, kept) = (self.here, self.map.kept(self.here));
        let command = self.concrete(self.renaming, place);
        let counts = self.map.tried(from, place) && self.map.length(from) < self.bound;
        let drifted = self.lockstep.pending().is_some();
        let progress = self.lockstep.step(&mut self.system, &command);
        if progress == StepResult::Unsupported {
            self.map.leads_nowhere(from, place);
            return Ok(());
        }
        self.driven.executed += 1;
        match self.lockstep.answer() {
            Some(Answer::Allow { .. }) if counts => self.driven.allowed += 1,
            Some(Answer::Deny) if counts => self.driven.refused += 1,
            _ => {}
        }
        self.taken.push(command);
        if let StepResult::Ended(finding) = progress {
            let broken = finding.identity().verdict == Verdict::Inconclusive;
            self.map.leads_nowhere(from, place);
            self.note(from, place, finding);
            if broken {
                self.system = (self.make)()?;
            }
            return self.reset();
        }
        if let Some(drift) = self.lockstep.pending().filter(|_| !drifted).cloned() {
            self.note(from, place, drift);
        }
        self.arrive(from, place, kept, command)
    }

    /// Finds out where the command led.
    fn arrive(&mut self, from: Spot, place: u32, kept: Kept, command: Command) -> Result<(), Failure> {
        let (key, state, renaming) = self.key(self.map.kinds(from) | 1 << command.kind() as u32)?;
        self.renaming = renaming;
        if key.situation == self.map.situation(from) {
            self.map.leads_nowhere(from, place);
            return Ok(());
        }
        self.here = match self.map.find(key) {
            Some(spot) => spot,
            None => {
                let kept = match self.shared.plan.alike {
                    Alike::Product => self.kept_after(kept, place),
                    _ => kept,
                };
                let (quiet, moving) = self.foretell(state, renaming, key.kinds, kept);
                self.map.add(key, self.guess(key, state), kept, quiet.into_iter(), &moving)
            }
        };
        self.map.leads_to(from, place, self.here);
        Ok(())
    }

    fn kept_after(&self, kept: Kept, place: u32) -> Kept {
        let mut after = self.shared.renamings.after(kept);
        after.find(|(first, _)| *first == place).map_or(kept, |(_, kept)| kept)
    }

    /// Makes the system fresh.
    fn reset(&mut self) -> Result<(), Failure> {
        self.driven.resets += 1;
        self.taken.clear();
        self.here = 0;
        if let Err(finding) = self.lockstep.start(&mut self.system, &self.shared.plan.setup) {
            self.sites.add(0, 0, &[], finding);
            self.system = (self.make)()?;
            self.driven.resets += 1;
            // A new system gets one more chance.
            self.broken = self.lockstep.start(&mut self.system, &self.shared.plan.setup).is_err();
        }
        self.renaming = self.key(0)?.2;
        Ok(())
    }

    /// The key of where the system is, the hash of the judged state, and the renaming to the representative.
    fn key(&self, kinds: u32) -> Result<(Key, u128, usize), Failure> {
        let (state, renaming) = self.shared.keys.representative(self.lockstep.state());
        let fingerprint = self.shared.fingerprint(&self.system)?;
        let fingerprint = fingerprint.filter(|_| self.shared.plan.alike == Alike::Product);
        let situation = self.shared.situation(state, &self.lockstep, fingerprint);
        let kinds = if self.map.has_paths() { kinds } else { 0 };
        Ok((Key { situation, kinds }, state, renaming))
    }

    /// By what a foretold situation is looked up: of the product only the judged state can be foretold.
    fn guess(&self, key: Key, state: u128) -> u128 {
        if self.shared.plan.alike == Alike::Product { state } else { key.situation }
    }

    fn concrete(&self, renaming: usize, place: u32) -> Command {
        self.shared.plan.alphabet[self.shared.renamings.unrenamed(renaming, place) as usize]
    }

    /// What the model says of the commands to try where the system is: which change nothing, and where the others
    /// lead.
    fn foretell(&self, state: u128, renaming: usize, kinds: u32, kept: Kept) -> (Vec<u32>, Vec<(u32, Key)>) {
        let policy = &self.shared.plan.setup.policy;
        let (mut quiet, mut moving) = (Vec::new(), Vec::new());
        let places: Vec<u32> = match self.shared.plan.alike {
            Alike::Product => self.shared.renamings.after(kept).map(|(place, _)| place).collect(),
            _ => (0..self.shared.plan.alphabet.len() as u32).collect(),
        };
        for place in places {
            let command = self.concrete(renaming, place);
            let mut after = *self.lockstep.state();
            if !decide(&after, policy, &command).is_allowed() {
                quiet.push(place);
                continue;
            }
            step(&mut after, policy, &command);
            let after = self.shared.keys.state(&after);
            if after == state {
                quiet.push(place);
                continue;
            }
            let situation = match self.shared.plan.alike {
                Alike::Product => after,
                _ => self.shared.situation(after, &self.lockstep, None),
            };
            let kinds = if self.map.has_paths() { kinds | 1 << command.kind() as u32 } else { 0 };
            moving.push((place, Key { situation, kinds }));
        }
        (quiet, moving)
    }

    fn note(&mut self, from: Spot, place: u32, finding: Finding) {
        if self.shared.plan.wanted.is_none_or(|wanted| wanted == finding.identity()) {
            self.sites.add(from, place, &self.taken, finding);
        }
    }

    /// For each finding the shortest known history that shows it again, or the one in which it was met.
    fn confirm(&mut self) -> Result<Vec<Counterexample>, Failure> {
        let mut found = self.sites.found();
        for counterexample in &mut found {
            let sites = self.sites.of(counterexample.finding.identity(), &self.map);
            for site in sites.into_iter().take(CONFIRMED) {
                if self.broken || self.map.length(site.from) >= counterexample.commands.len() {
                    break;
                }
                if let Some(shorter) = self.repeat(site)? {
                    *counterexample = shorter;
                    break;
                }
            }
        }
        found.sort_by_key(|found| found.commands.len());
        Ok(found)
    }

    /// Goes to a site from the start, and tells whether the same shows.
    fn repeat(&mut self, site: Site) -> Result<Option<Counterexample>, Failure> {
        self.reset()?;
        let way = self.map.way_from_start(site.from);
        for place in way.into_iter().map(|(place, _)| place).chain([site.place]) {
            if self.broken {
                return Ok(None);
            }
            let renaming = self.shared.keys.representative(self.lockstep.state()).1;
            let command = self.concrete(renaming, place);
            self.driven.executed += 1;
            self.taken.push(command);
            let finding = match self.lockstep.step(&mut self.system, &command) {
                StepResult::Ended(finding) => Some(finding),
                StepResult::Conforms => {
                    self.lockstep.pending().filter(|drift| drift.identity() == site.identity).cloned()
                }
                StepResult::Unsupported => return Ok(None),
            };
            if let Some(finding) = finding {
                if finding.identity().verdict == Verdict::Inconclusive {
                    self.system = (self.make)()?;
                }
                let same = finding.identity() == site.identity;
                return Ok(same.then(|| Counterexample::new(self.taken.clone(), finding)));
            }
        }
        Ok(None)
    }
}
