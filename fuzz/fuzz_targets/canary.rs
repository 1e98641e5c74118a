//! The reported defect, planted in the built-in chat service. It must be found, or the harness is broken.
#![no_main]

use chatwarden::adapter::{fault::Fault, memory::Memory};
use chatwarden::fuzz::Settings;

chatwarden::fuzz_target!(Memory::with_fault(Fault::LauncherOnly), Settings::for_fault(Fault::LauncherOnly));
