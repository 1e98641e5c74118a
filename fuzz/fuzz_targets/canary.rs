//! The built-in chat service with the reported defect. If it is not found, the harness is broken.
#![no_main]

use chatwarden::adapter::{fault::Fault, memory::Memory};
use chatwarden::fuzz::Settings;

chatwarden::fuzz_target!(Memory::with_fault(Fault::LauncherOnly), Settings::for_fault(Fault::LauncherOnly));
