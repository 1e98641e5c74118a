//! Which runs are made next, and toward what. Jobs take runs in turns; where coverage is counted, turns come in
//! rounds, and what the runs of a round are to seek follows from the rounds before it, so that it does not depend on
//! the number of jobs.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{BLOCK, CampaignConfig};
use crate::coverage::{Coverage, Point};
use crate::generate::Guidance;

/// The most runs of a round: what they showed is kept until the round is over.
const ROUND: u64 = 4_096;

/// The turns of a campaign.
pub(super) struct BatchQueue<'a> {
    plan: &'a CampaignConfig,
    round: Mutex<Epoch>,
    /// A turn is over.
    over: Condvar,
}

struct Epoch {
    /// The next run, by its number within the shard; so the end.
    next: u64,
    end: u64,
    /// How many turns are being taken.
    taken: usize,
    /// What the runs of this round showed.
    shown: Vec<(u64, Vec<Point>)>,
    coverage: Coverage,
    targets: Arc<[Point]>,
}

/// Some runs for a job to make; it is given back when it is dropped, whatever became of the job.
pub(super) struct Batch<'t, 'a> {
    turns: &'t BatchQueue<'a>,
    /// By their numbers within the shard.
    pub(super) runs: Range<u64>,
    pub(super) targets: Arc<[Point]>,
    /// What each run showed.
    pub(super) shown: Vec<(u64, Vec<Point>)>,
}

impl<'a> BatchQueue<'a> {
    pub(super) fn new(plan: &'a CampaignConfig) -> Self {
        let coverage = Coverage::default();
        let targets = targets(plan, &coverage);
        let end = if plan.counts() { 1 } else { plan.shard.share(plan.runs) };
        let round = Epoch { next: 0, end, taken: 0, shown: Vec::new(), coverage, targets };
        BatchQueue { plan, round: Mutex::new(round), over: Condvar::new() }
    }

    /// The next turn, if there is one before that run; it may have to wait for the round to end.
    pub(super) fn take(
        &self,
        limit: impl Fn() -> u64,
        is_over: impl Fn(u64) -> bool,
    ) -> Option<Batch<'_, 'a>> {
        let mut round = self.lock();
        loop {
            let limit = limit();
            if round.next >= limit || is_over(round.next) {
                return None;
            }
            if round.next < round.end {
                let start = round.next;
                let fair = (round.end - start).div_ceil(2 * self.plan.jobs.get() as u64);
                round.next = (start + fair.clamp(1, BLOCK)).min(round.end).min(limit);
                round.taken += 1;
                let (runs, targets) = (start..round.next, Arc::clone(&round.targets));
                return Some(Batch { turns: self, runs, targets, shown: Vec::new() });
            }
            if round.taken == 0 {
                self.advance(&mut round, limit);
            } else {
                round = self.over.wait(round).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// What was covered by the runs before the limit.
    pub(super) fn coverage(self, limit: u64) -> Coverage {
        let mut round = self.round.into_inner().unwrap_or_else(PoisonError::into_inner);
        count(self.plan, &mut round, self.plan.shard.share(limit));
        round.coverage
    }

    /// Ends a round. Each is as long as all before it together, so that the first findings of a campaign already
    /// matter to the next runs and the last ones are not waited for often.
    fn advance(&self, round: &mut Epoch, limit: u64) {
        count(self.plan, round, limit);
        round.end = round.next + round.next.clamp(1, ROUND);
        round.targets = targets(self.plan, &round.coverage);
    }

    fn lock(&self) -> MutexGuard<'_, Epoch> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Batch<'_, '_> {
    fn drop(&mut self) {
        let mut round = self.turns.lock();
        round.taken -= 1;
        round.shown.append(&mut self.shown);
        drop(round);
        self.turns.over.notify_all();
    }
}

/// Counts what so many of the shard's runs showed.
fn count(plan: &CampaignConfig, round: &mut Epoch, limit: u64) {
    for (run, shown) in std::mem::take(&mut round.shown) {
        if plan.shard.share(run) < limit {
            shown.into_iter().for_each(|point| round.coverage.count_in(point));
        }
    }
}

/// What is to be sought: what was seen least often, up to the next power of two.
fn targets(plan: &CampaignConfig, coverage: &Coverage) -> Arc<[Point]> {
    if plan.guidance != Guidance::Coverage {
        return Arc::default();
    }
    let wanted = || plan.targets.iter().filter(|point| plan.commands.contains(point.command()));
    let least = wanted().map(|point| coverage.count(point)).min().unwrap_or_default();
    let enough = (least + 1).next_power_of_two();
    wanted().filter(|point| coverage.count(*point) < enough).collect()
}
