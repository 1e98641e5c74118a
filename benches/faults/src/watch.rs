//! What can be seen of the measuring while it goes on, and the way to stop it together with the campaigns and searches
//! that are under way.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chatwarden::campaign;
use chatwarden_explore;

/// What can be seen of the measuring while it goes on, and the way to stop it.
///
/// ```
/// use chatwarden_fault_bench::BenchMonitor;
/// let watch = BenchMonitor::default();
/// watch.stop();
/// assert!(watch.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct BenchMonitor {
    expected: AtomicU64,
    done: AtomicU64,
    stopped: AtomicBool,
    /// Numbers the attempts, so that each can be taken out of those that are under way.
    next: AtomicUsize,
    under_way: Mutex<Vec<(usize, Arc<Own>)>>,
}

/// The watches of one attempt: campaigns count what they do in theirs.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) campaign: campaign::CampaignMonitor,
    pub(super) search: chatwarden_explore::SearchMonitor,
}

impl Own {
    fn stop(&self) {
        self.campaign.stop();
        self.search.stop();
    }
}

impl BenchMonitor {
    /// How many attempts and searches there will be, once that is known.
    pub fn expected(&self) -> u64 {
        self.expected.load(Relaxed)
    }

    /// How many of them are over.
    pub fn done(&self) -> u64 {
        self.done.load(Relaxed)
    }

    /// Asks the measuring to end with what it has.
    pub fn stop(&self) {
        let under_way = self.lock();
        self.stopped.store(true, Relaxed);
        under_way.iter().for_each(|(_, own)| own.stop());
    }

    /// Whether the measuring was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub(super) fn expect(&self, attempts: usize) {
        self.expected.store(attempts as u64, Relaxed);
    }

    /// Does some work with watches of its own that end when this one does. Once that was asked to end nothing is begun,
    /// and what came of work that was cut short is dropped: nobody knows what it would have come to.
    pub(super) fn during<T>(&self, work: impl FnOnce(&Own) -> Option<T>) -> Option<T> {
        let own = Arc::new(Own::default());
        let number = self.next.fetch_add(1, Relaxed);
        {
            let mut under_way = self.lock();
            if self.is_stopped() {
                return None;
            }
            under_way.push((number, Arc::clone(&own)));
        }
        let result = work(&own);
        let mut under_way = self.lock();
        under_way.retain(|(other, _)| *other != number);
        self.done.fetch_add(1, Relaxed);
        result.filter(|_| !self.is_stopped())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(usize, Arc<Own>)>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
