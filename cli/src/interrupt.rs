//! Ctrl-C: each press ends the next part of the work.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::driver_process;
use chatwarden::campaign::CampaignMonitor;
use chatwarden_explore::SearchMonitor;

/// The parts of the work that Ctrl-C ends one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    /// The campaign.
    pub(crate) campaign: Arc<CampaignMonitor>,
    /// The search of a policy or an implementation.
    pub(crate) search: Arc<SearchMonitor>,
    /// Whether that search has found anything.
    pub(crate) found: Arc<AtomicBool>,
    /// The shrinking of findings.
    pub(crate) shrinking: Arc<CampaignMonitor>,
    /// The search for shorter traces that show a finding.
    pub(crate) certifying: Arc<SearchMonitor>,
}

/// The work that Ctrl-C ends; none if it ends the program.
static CURRENT: Mutex<Option<Interrupt>> = Mutex::new(None);

/// Installs the handler. Ctrl-C ends the program and all its drivers, unless there is an [`Interrupt`].
pub(crate) fn listen() {
    // This fails only if a handler is installed already, as when a program calls the library twice.
    let _ = ctrlc::set_handler(|| {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(code) = current.map_or(Some(130), |interrupt| interrupt.on_ctrl_c()) {
            driver_process::kill_all_drivers();
            std::process::exit(code);
        }
    });
}

impl Interrupt {
    /// Makes Ctrl-C end the campaign or search and the certifying. The second press ends the
    /// shrinking, the third ends the program.
    pub(crate) fn installed() -> Self {
        let interrupt = Interrupt::default();
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupt.clone());
        interrupt
    }

    /// Ends the next part of the work. Returns the exit code if that is the whole program.
    fn on_ctrl_c(&self) -> Option<i32> {
        if !self.campaign.is_stopped() {
            self.campaign.stop();
            self.search.stop();
            self.certifying.stop();
        } else if !self.shrinking.is_stopped() {
            self.shrinking.stop();
        } else {
            let found = self.campaign.findings() > 0 || self.found.load(Relaxed);
            return Some(if found { 1 } else { 130 });
        }
        None
    }
}
