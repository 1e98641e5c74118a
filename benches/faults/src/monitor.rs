//! The progress of a measurement, and the way to stop it together with the campaigns and searches
//! that are running.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chatwarden::campaign::CampaignMonitor;
use chatwarden_explore::SearchMonitor;

/// Stops a measurement from another thread, such as the handler of Ctrl-C.
///
/// ```
/// use chatwarden_fault_bench::BenchMonitor;
/// let monitor = BenchMonitor::default();
/// monitor.stop();
/// assert!(monitor.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct BenchMonitor {
    stopped: AtomicBool,
    /// Numbers the attempts, so that each can be taken out of those that are running.
    next: AtomicUsize,
    running: Mutex<Vec<(usize, Arc<AttemptMonitor>)>>,
}

/// The monitors of one attempt.
#[derive(Debug, Default)]
pub(super) struct AttemptMonitor {
    pub(super) campaign: CampaignMonitor,
    pub(super) search: SearchMonitor,
}

impl BenchMonitor {
    /// Ends the measurement with the attempts that are complete.
    pub fn stop(&self) {
        let running = self.lock();
        self.stopped.store(true, Relaxed);
        for (_, monitor) in running.iter() {
            monitor.campaign.stop();
            monitor.search.stop();
        }
    }

    /// Whether the measurement was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Does some work with monitors of its own, which [`BenchMonitor::stop`] stops as well. After a
    /// stop no work is begun, and the result of interrupted work is dropped, because it says nothing
    /// about the complete work.
    pub(super) fn during<T>(&self, work: impl FnOnce(&AttemptMonitor) -> Option<T>) -> Option<T> {
        let own = Arc::new(AttemptMonitor::default());
        let number = self.next.fetch_add(1, Relaxed);
        {
            let mut running = self.lock();
            if self.is_stopped() {
                return None;
            }
            running.push((number, Arc::clone(&own)));
        }
        let result = work(&own);
        self.lock().retain(|(other, _)| *other != number);
        result.filter(|_| !self.is_stopped())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(usize, Arc<AttemptMonitor>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
