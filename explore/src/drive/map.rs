//! The map of a walk: the situations that were met, what is left to try in each, and the transitions between them.
//!
//! It executes nothing, and it does not know what the commands are: they are places in the alphabet, as the canonical
//! representative of the situation sees them.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::keys::Key;
use super::renamings::Kept;

/// The number of a situation; the start is 0.
pub(super) type Spot = usize;

/// More situations are not looked at for the nearest one where something is left.
const SIGHT: usize = 4096;

/// What a situation takes besides its own size, about: its entries in the indices.
const INDEXED: usize = 128;

/// A situation that was met.
struct Situation {
    key: Key,
    kept: Kept,
    /// The length of the shortest known history.
    length: usize,
    /// By which place, and from where, that history comes.
    parent: Option<(Spot, u32)>,
    /// The places to try that the model says change nothing, the first one last.
    quiet: Vec<u32>,
    /// The other places to try, the first one last.
    moving: Vec<u32>,
    edges: Vec<Edge>,
    /// How many ways to here have failed.
    missed: u32,
}

/// A transition, seen or foretold.
struct Edge {
    place: u32,
    target: Target,
}

enum Target {
    Seen(Spot),
    Foretold(Key),
}

/// On the last length only these places are tried.
pub(super) struct Narrow {
    /// The length of the histories to which they are added.
    pub(super) length: usize,
    /// For each place whether it is tried there.
    pub(super) places: Vec<bool>,
}

/// What a walk knows.
pub(super) struct Map {
    paths: usize,
    narrow: Option<Narrow>,
    situations: Vec<Situation>,
    index: HashMap<u128, Spot>,
    /// For each situation as it can be foretold, the first that it stands for, and for how many.
    guesses: HashMap<u128, (Spot, usize)>,
    /// Where something is left to try, by the length of the shortest known history.
    open: BTreeSet<(usize, Spot)>,
    bytes: usize,
    /// The shortest known history to a situation that was given up with something left to try.
    given_up: Option<usize>,
}

impl Map {
    pub(super) fn new(paths: usize, narrow: Option<Narrow>) -> Self {
        Map {
            paths,
            narrow,
            situations: Vec::new(),
            index: HashMap::new(),
            guesses: HashMap::new(),
            open: BTreeSet::new(),
            bytes: 0,
            given_up: None,
        }
    }

    /// Whether several histories to a state are gone on from.
    pub(super) fn has_paths(&self) -> bool {
        self.paths > 1
    }

    /// Adds a situation, and by what it is looked up when it is foretold; the first is the start.
    pub(super) fn add(
        &mut self,
        key: Key,
        guess: u128,
        kept: Kept,
        quiet: impl DoubleEndedIterator<Item = u32>,
        moving: &[(u32, Key)],
    ) -> Spot {
        let spot = self.situations.len();
        let length = if spot == 0 { 0 } else { usize::MAX };
        let edges =
            moving.iter().map(|&(place, key)| Edge { place, target: Target::Foretold(key) }).collect();
        let quiet: Vec<u32> = quiet.rev().collect();
        let moving: Vec<u32> = moving.iter().rev().map(|(place, _)| *place).collect();
        self.bytes += size_of::<Situation>() + INDEXED + 4 * quiet.len();
        self.bytes += moving.len() * (4 + size_of::<Edge>());
        let parent = None;
        self.situations.push(Situation { key, kept, length, parent, quiet, moving, edges, missed: 0 });
        self.index.insert(key.whole(), spot);
        self.guesses.entry(guess).or_insert((spot, 0)).1 += 1;
        self.refresh(spot, length);
        spot
    }

    /// The situation of a key; where no more histories to its state are gone on from, the first of that state.
    pub(super) fn find(&self, key: Key) -> Option<Spot> {
        let exact = self.index.get(&key.whole()).copied();
        exact.or_else(|| {
            let (first, count) = self.guesses.get(&key.situation)?;
            (self.has_paths() && *count >= self.paths).then_some(*first)
        })
    }

    /// The hash of a situation.
    pub(super) fn situation(&self, spot: Spot) -> u128 {
        self.situations[spot].key.situation
    }

    /// The kinds of the commands that led there, if they matter.
    pub(super) fn kinds(&self, spot: Spot) -> u32 {
        self.situations[spot].key.kinds
    }

    pub(super) fn kept(&self, spot: Spot) -> Kept {
        self.situations[spot].kept
    }

    /// The length of the shortest known history to a situation.
    pub(super) fn length(&self, spot: Spot) -> usize {
        self.situations[spot].length
    }

    /// The length of the longest of them.
    pub(super) fn depth(&self) -> usize {
        self.situations.iter().map(|situation| situation.length).max().unwrap_or(0)
    }

    /// In how many situations everything was tried.
    pub(super) fn finished(&self) -> usize {
        self.situations.len() - self.open.len()
    }

    /// In how many situations something is left.
    pub(super) fn left(&self) -> usize {
        self.open.len()
    }

    /// How many bytes it takes, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    /// The next place to try in a situation, if histories through it are below the bound.
    pub(super) fn next_here(&self, spot: Spot, bound: usize) -> Option<u32> {
        let situation = &self.situations[spot];
        let places = situation.quiet.iter().rev().chain(situation.moving.iter().rev());
        let mut places = places.copied().filter(|place| self.is_asked(spot, *place));
        if situation.length < bound { places.next() } else { None }
    }

    fn is_asked(&self, spot: Spot, place: u32) -> bool {
        let length = self.situations[spot].length;
        self.narrow.as_ref().is_none_or(|narrow| narrow.length != length || narrow.places[place as usize])
    }

    /// The situation nearest to the start where something is left below the bound.
    pub(super) fn shallowest(&self, bound: usize) -> Option<Spot> {
        self.open.first().filter(|(length, _)| *length < bound).map(|(_, spot)| *spot)
    }

    /// Notes that a place is tried in a situation, and whether it was not before.
    pub(super) fn tried(&mut self, spot: Spot, place: u32) -> bool {
        let situation = &mut self.situations[spot];
        let before = situation.quiet.len() + situation.moving.len();
        situation.quiet.retain(|other| *other != place);
        situation.moving.retain(|other| *other != place);
        let was_left = situation.quiet.len() + situation.moving.len() < before;
        let length = situation.length;
        self.refresh(spot, length);
        was_left
    }

    /// Notes that there is no way on by a place.
    pub(super) fn leads_nowhere(&mut self, spot: Spot, place: u32) {
        self.situations[spot].edges.retain(|edge| edge.place != place);
    }

    /// Notes a transition that was seen, and what it says of the lengths behind it.
    pub(super) fn leads_to(&mut self, from: Spot, place: u32, to: Spot) {
        self.leads_nowhere(from, place);
        self.situations[from].edges.push(Edge { place, target: Target::Seen(to) });
        let mut shorter = VecDeque::from([(from, place, to)]);
        while let Some((from, place, to)) = shorter.pop_front() {
            let length = self.situations[from].length.saturating_add(1);
            let situation = &mut self.situations[to];
            if length >= situation.length {
                continue;
            }
            let before = std::mem::replace(&mut situation.length, length);
            situation.parent = Some((from, place));
            shorter.extend(situation.edges.iter().filter_map(|edge| match edge.target {
                Target::Seen(next) => Some((to, edge.place, next)),
                Target::Foretold(_) => None,
            }));
            self.refresh(to, before);
        }
    }

    /// Whether the transition was seen, rather than foretold.
    pub(super) fn has_seen(&self, spot: Spot, place: u32) -> bool {
        let edges = &self.situations[spot].edges;
        edges.iter().any(|edge| edge.place == place && matches!(edge.target, Target::Seen(_)))
    }

    /// Notes that a way to the situation failed, and how many have.
    pub(super) fn missed(&mut self, spot: Spot) -> u32 {
        self.situations[spot].missed += 1;
        self.situations[spot].missed
    }

    /// Nothing more is to be tried there, although something is left.
    pub(super) fn give_up(&mut self, spot: Spot) {
        let length = self.situations[spot].length;
        self.given_up = Some(self.given_up.map_or(length, |shorter| shorter.min(length)));
        self.situations[spot].quiet.clear();
        self.situations[spot].moving.clear();
        self.refresh(spot, self.situations[spot].length);
    }

    /// How short a history leads to a situation that was given up, if one was.
    pub(super) fn given_up(&self) -> Option<usize> {
        self.given_up
    }

    /// The way of the shortest known history: places, and where they lead.
    pub(super) fn way_from_start(&self, spot: Spot) -> Vec<(u32, Spot)> {
        let mut way = Vec::new();
        let mut at = spot;
        while let Some((before, place)) = self.situations[at].parent {
            way.push((place, at));
            at = before;
        }
        way.reverse();
        way
    }

    /// The nearest situation where something is left below the bound, and the way there, if it is not too long.
    pub(super) fn way(&self, from: Spot, bound: usize, most: usize) -> Option<(Spot, Vec<(u32, Spot)>)> {
        let mut came = HashMap::from([(from, (from, 0, 0))]);
        let mut queue = VecDeque::from([from]);
        while let Some(spot) = queue.pop_front() {
            let length: usize = came[&spot].2;
            if length == most || came.len() > SIGHT {
                return None;
            }
            for edge in &self.situations[spot].edges {
                let Some(next) = self.target(&edge.target).filter(|next| !came.contains_key(next)) else {
                    continue;
                };
                came.insert(next, (spot, edge.place, length + 1));
                if self.next_here(next, bound).is_some() {
                    return Some((next, trace(&came, from, next)));
                }
                queue.push_back(next);
            }
        }
        None
    }

    fn target(&self, target: &Target) -> Option<Spot> {
        match target {
            Target::Seen(spot) => Some(*spot),
            Target::Foretold(key) => {
                let exact = self.index.get(&key.whole()).copied();
                exact.or_else(|| self.guesses.get(&key.situation).map(|(first, _)| *first))
            }
        }
    }

    /// Sets down whether something is left in a situation whose length was another.
    fn refresh(&mut self, spot: Spot, length_before: usize) {
        let length = self.situations[spot].length;
        let is_open = self.next_here(spot, usize::MAX).is_some();
        self.open.remove(&(length_before, spot));
        if is_open {
            self.open.insert((length, spot));
        }
    }
}

/// The way that a search came.
fn trace(came: &HashMap<Spot, (Spot, u32, usize)>, from: Spot, to: Spot) -> Vec<(u32, Spot)> {
    let mut way = Vec::new();
    let mut at = to;
    while at != from {
        let (before, place, _) = came[&at];
        way.push((place, at));
        at = before;
    }
    way.reverse();
    way
}
