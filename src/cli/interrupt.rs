//! Ctrl-C: what each press of it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::campaign;
use crate::exec;
use crate::explore;

/// What can be interrupted on the way to a shrunk and certified finding.
#[derive(Debug, Default)]
pub(super) struct Interrupt {
    /// The campaign.
    pub(super) campaign: Arc<campaign::Watch>,
    /// The search of a policy or an implementation.
    pub(super) search: Arc<explore::Watch>,
    /// Whether that search has found something.
    pub(super) found: Arc<AtomicBool>,
    /// The shrinking of what it found.
    pub(super) shrinking: Arc<campaign::Watch>,
    /// The search for what is shorter still.
    pub(super) certifying: Arc<explore::Watch>,
}

impl Interrupt {
    /// From here on Ctrl-C ends the campaign or search and the certifying, so that findings are shrunk and no more; a
    /// second time it ends the shrinking, and a third time the program.
    pub(super) fn installed() -> Self {
        let watches = Interrupt::default();
        let (campaign, shrinking) = (Arc::clone(&watches.campaign), Arc::clone(&watches.shrinking));
        let found = Arc::clone(&watches.found);
        let (search, certifying) = (Arc::clone(&watches.search), Arc::clone(&watches.certifying));
        let handler = move || {
            if !campaign.is_stopped() {
                campaign.stop();
                search.stop();
                certifying.stop();
            } else if !shrinking.is_stopped() {
                shrinking.stop();
            } else {
                let found = campaign.findings() > 0 || found.load(Relaxed);
                exec::kill_all();
                std::process::exit(if found { 1 } else { 130 });
            }
        };
        // It fails only where a handler stands already, as in a program that uses the library more than once.
        let _ = ctrlc::set_handler(handler);
        watches
    }
}
