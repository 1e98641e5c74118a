//! Parlor against the model.
#![no_main]

use parlor_warden::ParlorAdapter;

chatwarden::fuzz_target!(ParlorAdapter::new()?);
