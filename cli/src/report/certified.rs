//! Sentences about certificates: the content of one, and the difference between two.

use chatwarden::describe::grouped;
use chatwarden_explore::certify::{Certificate, CertificateLevel};

/// The content of the certificate.
///
/// ```
/// # use chatwarden_explore::certify::{Certificate, CertificateLevel};
/// # use chatwarden::model::EnumSet;
/// # let certificate = Certificate {
/// #     level: CertificateLevel::Product, below: 4, groups: 2, commands: EnumSet::all(), alphabet: 1285, ill_typed: true,
/// #     situations: 198, tried: 33_365, renamings: 1, ground: 0,
/// # };
/// assert_eq!(
///     chatwarden_cli::report::certified(&certificate),
///     "no chain of fewer than 4 commands shows it (1,285 commands in 198 states, product of model and implementation)"
/// );
/// ```
pub fn certified(certificate: &Certificate) -> String {
    if certificate.below <= 1 {
        return "nothing is shorter than one command".into();
    }
    let (below, alphabet) = (certificate.below, grouped(certificate.alphabet));
    let commands = match certificate.ill_typed {
        true => format!("{alphabet} commands"),
        false => format!("{alphabet} commands, not all that can be written down,"),
    };
    let states = grouped(certificate.situations);
    let over = match certificate.level {
        CertificateLevel::Product => {
            format!("in {states} states, product of model and implementation")
        }
        CertificateLevel::BlackBox => {
            format!("after {states} sequences, black box, up to {} permutations", certificate.renamings)
        }
    };
    format!("no chain of fewer than {below} commands shows it ({commands} {over})")
}

/// The first difference between a saved certificate and that of the same search today, if there is
/// one.
///
/// ```
/// # use chatwarden_explore::certify::{Certificate, CertificateLevel};
/// # use chatwarden::model::EnumSet;
/// # let certificate = Certificate {
/// #     level: CertificateLevel::Product, below: 4, groups: 2, commands: EnumSet::all(), alphabet: 1285, ill_typed: true,
/// #     situations: 198, tried: 33_365, renamings: 1, ground: 0,
/// # };
/// let other = Certificate { situations: 197, ..certificate };
/// assert_eq!(
///     chatwarden_cli::report::certificate_difference(&other, &certificate).as_deref(),
///     Some("its number of states is 197, and the search gives 198")
/// );
/// assert_eq!(chatwarden_cli::report::certificate_difference(&certificate, &certificate), None);
/// ```
pub fn certificate_difference(written: &Certificate, now: &Certificate) -> Option<String> {
    if written.ground != now.ground {
        return Some(
            "it was made for another policy, cast, number of groups, set of commands or comparison".into(),
        );
    }
    let fields = [
        ("level", written.level.to_string(), now.level.to_string()),
        ("length", written.below.to_string(), now.below.to_string()),
        ("number of groups", written.groups.to_string(), now.groups.to_string()),
        ("number of commands", written.alphabet.to_string(), now.alphabet.to_string()),
        ("statement on ill-typed commands", written.ill_typed.to_string(), now.ill_typed.to_string()),
        ("number of permutations", written.renamings.to_string(), now.renamings.to_string()),
        ("number of states", grouped(written.situations), grouped(now.situations)),
        ("number of commands tried", grouped(written.tried), grouped(now.tried)),
    ];
    let (name, written, now) = fields.into_iter().find(|(_, written, now)| written != now)?;
    Some(format!("its {name} is {written}, and the search gives {now}"))
}
