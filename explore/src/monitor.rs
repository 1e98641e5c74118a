//! The progress of a running search, the way to stop it, and why it ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use chatwarden_model::named_enum;

named_enum! {
    /// Why a search ended.
    ///
    /// ```
    /// use chatwarden_explore::End;
    /// use chatwarden::model::NamedEnum;
    /// assert_eq!(End::Memory.name(), "memory");
    /// ```
    pub enum End {
        Complete = "complete": "everything that can be reached was tried",
        Depth = "depth": "longer traces were not asked for",
        First = "first": "something was found, and more was not asked for",
        Memory = "memory": "the memory that it may take was used up",
        Size = "size": "groups came into more states than it can tell apart",
        Time = "time": "the time that it may take was used up",
        Stopped = "stopped": "it was interrupted",
    }
}

/// The progress of a running search, and the way to stop it from another thread.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// let monitor = SearchMonitor::default();
/// monitor.stop();
/// assert!(monitor.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct SearchMonitor {
    depth: AtomicU64,
    frontier: AtomicU64,
    states: AtomicU64,
    stopped: AtomicBool,
}

impl SearchMonitor {
    /// The number of commands that lead to the states that are expanded now.
    pub fn depth(&self) -> u64 {
        self.depth.load(Relaxed)
    }

    /// The number of unexpanded states.
    pub fn frontier(&self) -> u64 {
        self.frontier.load(Relaxed)
    }

    /// The number of distinct states so far.
    pub fn states(&self) -> u64 {
        self.states.load(Relaxed)
    }

    /// Asks the search to end with its result so far.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether the search was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub(crate) fn update(&self, depth: usize, frontier: u64, states: u64) {
        self.depth.store(depth as u64, Relaxed);
        self.frontier.store(frontier, Relaxed);
        self.states.store(states, Relaxed);
    }
}
