//! The data of reports on replays of several scenarios with an implementation: what was compared, and what
//! was left out.

use chatwarden_model::{EnumSet, NamedEnum, Promise};

use chatwarden::adapter::{Fidelity, Part};
use chatwarden::lockstep::{CheckConfig, Tally};
use chatwarden::sanitize;

/// The replay of several scenarios with an implementation.
///
/// ```
/// use chatwarden::adapter::About;
/// use chatwarden::lockstep::CheckConfig;
/// use chatwarden_cli::report::ReplaySummary;
/// let mut summary = ReplaySummary::new("my-chat");
/// summary.compared(&CheckConfig::of(&About::exact("my-chat", "1")));
/// assert!(summary.sentences()[0].starts_with("my-chat was compared exact: same decisions, same deliveries"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplaySummary {
    /// The implementation's name.
    pub adapter: String,
    /// How many scenarios were replayed or skipped.
    pub scenarios: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// How many were replayed as if they said another policy.
    pub under_another_policy: usize,
    /// How many commands of each kind were carried out, refused and left out.
    pub tally: Tally,
    /// How closely the implementation was compared; a finding may have been made with another fidelity than
    /// the implementation's.
    pub fidelities: EnumSet<Fidelity>,
    /// The parts of its state that were observed.
    pub observes: EnumSet<Part>,
    /// The promises that a scenario judged.
    pub promises: EnumSet<Promise>,
}

impl ReplaySummary {
    /// The summary before the first scenario.
    pub fn new(adapter: &str) -> Self {
        ReplaySummary {
            adapter: adapter.into(),
            scenarios: 0,
            skipped: 0,
            under_another_policy: 0,
            tally: Tally::default(),
            fidelities: EnumSet::empty(),
            observes: EnumSet::empty(),
            promises: EnumSet::empty(),
        }
    }

    /// Adds the way in which a scenario was compared.
    pub fn compared(&mut self, check: &CheckConfig) {
        self.fidelities.insert(check.fidelity);
        self.observes = self.observes.or(check.observes);
        self.promises = self.promises.or(check.promises);
    }

    /// Why the replay says nothing, if it does not: every scenario was skipped.
    pub fn shortfall(&self) -> Option<&'static str> {
        (self.scenarios > 0 && self.skipped == self.scenarios).then_some("every scenario was skipped")
    }

    /// How the implementation was compared and what was left out, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let adapter = sanitize::line(&self.adapter);
        let of_fidelity =
            |fidelity: Fidelity| format!("{adapter} was compared {fidelity}: {}", fidelity.about());
        let mut sentences: Vec<_> = self.fidelities.iter().map(of_fidelity).collect();
        if !sentences.is_empty() {
            sentences.push(format!("promises judged: {}", names_or_all(self.promises)));
            sentences.push(format!("parts observed: {}", names_or_all(self.observes)));
        }
        if self.fidelities.contains(Fidelity::PromisesOnly) {
            sentences.push(format!(
                "under {} only contacts, blocks and bans are compared among them",
                Fidelity::PromisesOnly
            ));
        }
        if self.under_another_policy > 0 {
            let count = super::counted(self.under_another_policy, "scenario");
            sentences.push(format!(
                "{count} of other policies: what they expect of a policy was not compared, nor what they \
                 found under it"
            ));
        }
        let left_out = self.tally.left_out_text();
        sentences.extend(left_out.map(|left_out| format!("left out, since not supported: {left_out}")));
        sentences
    }
}

/// The names of the values, or a word for all of them.
fn names_or_all<E: NamedEnum>(values: EnumSet<E>) -> String {
    match values.len() {
        0 => "none".into(),
        count if count == E::ALL.len() => "all".into(),
        _ => values.iter().map(NamedEnum::name).collect::<Vec<_>>().join(", "),
    }
}
