//! Scenario files. Reading any bytes neither panics nor takes for ever, an error has its place, and
//! an accepted scenario is the same after writing and reading it.
#![no_main]

use chatwarden::format::{Scenario, Source};
use chatwarden::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Source::from_bytes("x.json", bytes).and_then(Scenario::read) {
        Err(error) => {
            assert!(error.to_string().starts_with("x.json"), "it does not say where: {error}");
        }
        Ok(scenario) => {
            let written = scenario.write();
            let again =
                Scenario::read(Source::new("y.json", &written)).expect("what was written can be read");
            assert_eq!(again, scenario);
            assert_eq!(again.write(), written);
            // The policy can be followed, whether or not it does what the scenario says.
            let _ = replay::against_policy(&scenario);
        }
    }
});
