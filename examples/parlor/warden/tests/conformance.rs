//! Parlor follows the policy that it declares. With the feature `as-reported` the test fails, with
//! the commands that show the defect.

use chatwarden::conformance::Conformance;
use parlor_warden::ParlorAdapter;

chatwarden::conformance_test!(
    parlor_conforms,
    ParlorAdapter::new()?,
    Conformance { scenarios: "../scenarios".into(), ..Conformance::default() }
);
