//! Ctrl-C: what each press of it ends.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::driver_process;
use chatwarden::campaign;

/// What can be interrupted on the way to a shrunk and certified finding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    /// The campaign.
    pub(crate) campaign: Arc<campaign::CampaignMonitor>,
    /// The search of a policy or an implementation.
    pub(crate) search: Arc<chatwarden_explore::SearchMonitor>,
    /// Whether that search has found something.
    pub(crate) found: Arc<AtomicBool>,
    /// The shrinking of what it found.
    pub(crate) shrinking: Arc<campaign::CampaignMonitor>,
    /// The search for what is shorter still.
    pub(crate) certifying: Arc<chatwarden_explore::SearchMonitor>,
}

/// What is to be interrupted at the moment, if more than the program itself.
static CURRENT: Mutex<Option<Interrupt>> = Mutex::new(None);

/// From here on Ctrl-C ends the program with everything that it has started, unless there is an [`Interrupt`].
pub(crate) fn listen() {
    // It fails only where a handler stands already, as in a program that uses the library more than once.
    let _ = ctrlc::set_handler(|| {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(code) = current.map_or(Some(130), |interrupt| interrupt.on_ctrl_c()) {
            driver_process::kill_all_drivers();
            std::process::exit(code);
        }
    });
}

impl Interrupt {
    /// From here on Ctrl-C ends the campaign or search and the certifying, so that findings are shrunk and no more; a
    /// second time it ends the shrinking, and a third time the program.
    pub(crate) fn installed() -> Self {
        let interrupt = Interrupt::default();
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupt.clone());
        interrupt
    }

    /// Ends what the next press ends; the exit code, if that is the program.
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
