//! The built-in chat service against the model, under any cast and policy. It finds nothing.
#![no_main]

use chatwarden::adapter::memory::Memory;
use chatwarden::fuzz::Settings;

chatwarden::fuzz_target!(Memory::new(), Settings { varies_setup: true, ..Settings::default() });
