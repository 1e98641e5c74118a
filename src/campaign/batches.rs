//! Hands out the runs of a campaign in batches. Where coverage is counted, batches come in epochs:
//! the runs of an epoch seek points that follow from the epochs before it. So they do not depend on
//! the number of jobs.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::CampaignConfig;
use crate::coverage::{Coverage, Point};
use crate::generate::Guidance;

/// The most runs of a batch.
const MAX_BATCH: u64 = 16;

/// The most runs of an epoch: the points that they reach are kept until the epoch is over.
const MAX_EPOCH: u64 = 4_096;

/// The batches of a campaign.
pub(super) struct BatchQueue<'a> {
    config: &'a CampaignConfig,
    epoch: Mutex<Epoch>,
    batch_done: Condvar,
}

struct Epoch {
    /// The next run to hand out, by its number within the shard.
    next_run: u64,
    /// The first run after the epoch, by its number within the shard.
    end: u64,
    /// How many batches are handed out and not yet given back.
    open_batches: usize,
    /// The points that the runs of this epoch reached.
    reached: Vec<(u64, Vec<Point>)>,
    coverage: Coverage,
    targets: Arc<[Point]>,
}

/// Some runs for a job. The batch is given back when it is dropped, even if the job fails.
pub(super) struct Batch<'q, 'a> {
    queue: &'q BatchQueue<'a>,
    /// By their numbers within the shard.
    pub(super) runs: Range<u64>,
    /// The points that the runs are to seek.
    pub(super) targets: Arc<[Point]>,
    /// The points that each run reached.
    pub(super) reached: Vec<(u64, Vec<Point>)>,
}

impl<'a> BatchQueue<'a> {
    pub(super) fn new(config: &'a CampaignConfig) -> Self {
        let coverage = Coverage::default();
        let targets = least_covered(config, &coverage);
        let end = if config.counts_coverage() { 1 } else { config.shard.share(config.runs) };
        let epoch = Epoch { next_run: 0, end, open_batches: 0, reached: Vec::new(), coverage, targets };
        BatchQueue { config, epoch: Mutex::new(epoch), batch_done: Condvar::new() }
    }

    /// The next batch of runs before the limit; none if there is no such run, or if the campaign is
    /// over at that run. It may wait for the epoch to end.
    pub(super) fn next(
        &self,
        limit: impl Fn() -> u64,
        is_over: impl Fn(u64) -> bool,
    ) -> Option<Batch<'_, 'a>> {
        let mut epoch = self.lock();
        loop {
            let limit = limit();
            if epoch.next_run >= limit || is_over(epoch.next_run) {
                return None;
            }
            if epoch.next_run < epoch.end {
                let start = epoch.next_run;
                let fair = (epoch.end - start).div_ceil(2 * self.config.jobs.get() as u64);
                epoch.next_run = (start + fair.clamp(1, MAX_BATCH)).min(epoch.end).min(limit);
                epoch.open_batches += 1;
                let (runs, targets) = (start..epoch.next_run, Arc::clone(&epoch.targets));
                return Some(Batch { queue: self, runs, targets, reached: Vec::new() });
            }
            if epoch.open_batches == 0 {
                self.start_next_epoch(&mut epoch, limit);
            } else {
                epoch = self.batch_done.wait(epoch).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// The coverage of the runs before the limit.
    pub(super) fn into_coverage(self, limit: u64) -> Coverage {
        let mut epoch = self.epoch.into_inner().unwrap_or_else(PoisonError::into_inner);
        count_reached(self.config, &mut epoch, self.config.shard.share(limit));
        epoch.coverage
    }

    /// Each epoch is as long as all before it together. So the first runs soon guide the next ones,
    /// and later the jobs seldom wait for each other.
    fn start_next_epoch(&self, epoch: &mut Epoch, limit: u64) {
        count_reached(self.config, epoch, limit);
        epoch.end = epoch.next_run + epoch.next_run.clamp(1, MAX_EPOCH);
        epoch.targets = least_covered(self.config, &epoch.coverage);
    }

    fn lock(&self) -> MutexGuard<'_, Epoch> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Batch<'_, '_> {
    fn drop(&mut self) {
        let mut epoch = self.queue.lock();
        epoch.open_batches -= 1;
        epoch.reached.append(&mut self.reached);
        drop(epoch);
        self.queue.batch_done.notify_all();
    }
}

/// Counts the points that the shard's runs before the limit reached.
fn count_reached(config: &CampaignConfig, epoch: &mut Epoch, limit: u64) {
    for (run, points) in std::mem::take(&mut epoch.reached) {
        if config.shard.share(run) < limit {
            points.into_iter().for_each(|point| epoch.coverage.count_in(point));
        }
    }
}

/// The points to seek: those reached least often, up to the next power of two.
fn least_covered(config: &CampaignConfig, coverage: &Coverage) -> Arc<[Point]> {
    if config.guidance != Guidance::Coverage {
        return Arc::default();
    }
    let wanted = || config.targets.iter().filter(|point| config.commands.contains(point.command()));
    let fewest = wanted().map(|point| coverage.count(point)).min().unwrap_or_default();
    let enough = (fewest + 1).next_power_of_two();
    wanted().filter(|point| coverage.count(*point) < enough).collect()
}
