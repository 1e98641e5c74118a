//! Parlor follows the policy that it declares. With the feature `as-reported` this fails, and shows the chain.

use chatwarden::conformance::Conformance;
use parlor_warden::ParlorAdapter;

chatwarden::conformance_test!(
    parlor_conforms,
    ParlorAdapter::new()?,
    Conformance { scenarios: "../scenarios".into(), ..Conformance::default() }
);
