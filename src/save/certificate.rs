//! Certificates as scenario files have them, and back.

use crate::certify::{Certificate, CertificateLevel};
use crate::format::{self, Certificate, CertificateLevel, Scenario};

/// The scenario, whose chain is certified.
pub fn certified(mut scenario: Scenario, certificate: &Certificate) -> Scenario {
    if let Some(finding) = &mut scenario.finding {
        finding.minimal = format::Minimality::Certified;
        finding.certificate = Some(record(certificate));
    }
    scenario
}

/// The certificate that a scenario file has.
pub fn recorded(record: &Certificate) -> Certificate {
    Certificate {
        level: match record.level {
            CertificateLevel::Product => CertificateLevel::Product,
            CertificateLevel::BlackBox => CertificateLevel::BlackBox,
        },
        below: record.below,
        groups: record.groups,
        commands: record.commands,
        alphabet: record.alphabet as usize,
        ill_typed: record.ill_typed,
        situations: record.situations,
        tried: record.tried,
        renamings: record.renamings as usize,
        ground: record.ground,
    }
}

fn record(certificate: &Certificate) -> Certificate {
    Certificate {
        level: match certificate.level {
            CertificateLevel::Product => CertificateLevel::Product,
            CertificateLevel::BlackBox => CertificateLevel::BlackBox,
        },
        below: certificate.below,
        groups: certificate.groups,
        commands: certificate.commands,
        alphabet: certificate.alphabet as u64,
        ill_typed: certificate.ill_typed,
        situations: certificate.situations,
        tried: certificate.tried,
        renamings: certificate.renamings as u64,
        ground: certificate.ground,
    }
}
