//! Certificates: the search for shorter traces, certificates in files and on the command line, and the
//! refusal of false ones. `faults` in the explore package certifies the counterexamples of the catalogue.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation};
use chatwarden::campaign::{self, CampaignConfig};
use chatwarden::counterexample::{Counterexample, ShrinkStatus};
use chatwarden::finding::Verdict;
use chatwarden::format::{BuiltInCast, Minimality, Scenario};
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, CommandKind, Preset, Setup, State, UserSet, step};
use chatwarden_explore::certify::{Certificate, CertificateLevel, Certifier, CertifyOutcome, Limits};
use chatwarden_explore::{End, SearchMonitor};
use serde_json::Value;

use crate::cli::{chatwarden, code, folder, interrupted_when, json_lines, refuses, text};
use chatwarden_test_support::{ANN, G1, KAY, SAM, small};

/// The built-in service without a fingerprint: only its answers and observations are known.
struct BlackBox {
    service: Memory,
    /// Whether it can be copied.
    forks: bool,
}

impl Adapter for BlackBox {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        self.forks.then(|| Box::new(BlackBox { service: self.service.clone(), forks: true }) as _)
    }
}

fn plan(fault: Fault, groups: usize) -> CampaignConfig {
    CampaignConfig::new(small(fault.policy(), groups), &Memory::new().about())
}

/// The outcome of a search of everything shorter than the chain for the finding in which the chain ends.
fn below<A: Adapter>(
    plan: &CampaignConfig,
    limits: Limits,
    make: impl Fn() -> Result<A, Failure> + Sync,
    chain: &[Command],
) -> CertifyOutcome {
    let mut adapter = make().expect("the service starts");
    let finding = lockstep::run(&mut adapter, plan.check, &plan.setup, chain).expect("the chain shows it");
    let search = Certifier { config: plan, limits, monitor: &SearchMonitor::default() };
    search.below(&make, chain, &finding).expect("the service starts")
}

#[track_caller]
fn certificate(outcome: CertifyOutcome) -> Certificate {
    match outcome {
        CertifyOutcome::Certified(certificate) => certificate,
        other => panic!("it is not certified: {other:?}"),
    }
}

/// A chain of three commands that shows `revoke-keeps-membership`.
fn revocation() -> [Command; 3] {
    let approve = Command::Approve { by: ANN, child: KAY, contact: SAM };
    let create = Command::Create { by: SAM, group: G1, with: UserSet::of([KAY]) };
    [approve, create, Command::Revoke { by: ANN, child: KAY, contact: SAM }]
}

#[test]
fn what_was_exhausted_is_counted() {
    let fault = Fault::RevokeKeepsMembership;
    let make = || Ok(Memory::with_fault(fault));
    let plan = plan(fault, 1);
    let certificate = certificate(below(&plan, Limits::default(), make, &revocation()));
    assert_eq!((certificate.level, certificate.below, certificate.groups), (CertificateLevel::Product, 3, 1));
    assert!(certificate.ill_typed);
    assert_eq!(certificate.alphabet, plan.setup.bounds().all().len() as u64);
    // The start with all commands, and where each of them leads with all revocations: a child, its guardian and a
    // contact, each of five.
    let start: State = plan.setup.start();
    let mut places = vec![start];
    for command in plan.setup.bounds().all() {
        let mut state = start;
        step(&mut state, &plan.setup.policy, &command);
        if !places.contains(&state) {
            places.push(state);
        }
    }
    let around = places.len() as u64 - 1;
    assert_eq!(certificate.situations, 1 + around);
    assert_eq!(certificate.tried, certificate.alphabet + around * 5 * 5 * 5);
    assert_eq!(certificate.renamings, 1, "nothing is assumed of the implementation");
}

#[test]
fn one_command_has_nothing_before_it() {
    let fault = Fault::CreateUnchecked;
    let chain = [Command::Create { by: SAM, group: G1, with: UserSet::of([KAY]) }];
    let make = || Ok(Memory::with_fault(fault));
    let certificate = certificate(below(&plan(fault, 1), Limits::default(), make, &chain));
    assert_eq!((certificate.below, certificate.situations, certificate.tried), (1, 0, 0));
}

#[test]
fn a_certificate_does_not_depend_on_the_jobs_but_on_the_ground() {
    let fault = Fault::RevokeKeepsMembership;
    let search = |plan: &CampaignConfig| {
        certificate(below(plan, Limits::default(), || Ok(Memory::with_fault(fault)), &revocation()))
    };
    let plan = plan(fault, 1);
    let one = search(&CampaignConfig { jobs: NonZeroUsize::MIN, ..plan.clone() });
    assert_eq!(one, search(&CampaignConfig { jobs: NonZeroUsize::new(2).expect("two"), ..plan.clone() }));
    let check = plan.check;
    let policy = Preset::PairwiseConsent.policy();
    let others = [
        CampaignConfig { setup: Setup { groups: 2, ..plan.setup }, ..plan.clone() },
        CampaignConfig { check: CheckConfig { fidelity: Fidelity::NoLooser, ..check }, ..plan.clone() },
        CampaignConfig { commands: revocation().iter().map(Command::kind).collect(), ..plan.clone() },
        CampaignConfig { setup: small(policy, 1), ..plan },
    ];
    let mut grounds: Vec<_> = others[..3].iter().map(|plan| search(plan).ground).collect();
    // Another policy asks for consent, so that the chain takes an acceptance.
    let accept = Command::Accept { by: KAY, group: G1 };
    let [approve, create, revoke] = revocation();
    let chain = [approve, create, accept, revoke];
    let make = || Ok(Memory::with_fault(fault));
    grounds.push(certificate(below(&others[3], Limits::default(), make, &chain)).ground);
    grounds.push(one.ground);
    grounds.sort_unstable();
    grounds.dedup();
    assert_eq!(grounds.len(), 5);
}

#[test]
fn something_shorter_is_the_shortest() {
    let fault = Fault::RevokeKeepsMembership;
    let idle = Command::Block { by: KAY, who: SAM };
    let chain = [&[idle, Command::Unblock { by: KAY, who: SAM }][..], &revocation()].concat();
    let outcome = below(&plan(fault, 1), Limits::default(), || Ok(Memory::with_fault(fault)), &chain);
    let CertifyOutcome::Shorter(shorter) = outcome else { panic!("two commands are idle: {outcome:?}") };
    assert_eq!(shorter.commands.len(), 3);
    assert_eq!(shorter.finding.at(), 2);
}

#[test]
fn of_a_large_cast_not_everything_is_tried_and_that_is_said() {
    let fault = Fault::DirectUnchecked;
    let setup = Setup { cast: BuiltInCast::Family.named_cast().cast, groups: 8, policy: fault.policy() };
    let plan = CampaignConfig::new(setup, &Memory::new().about());
    let [child, adult] = [setup.cast.kinds().children, setup.cast.kinds().adults];
    let [kay, sam] = [child, adult].map(|users| users.nth(0).expect("there is one"));
    let chain = [Command::Block { by: kay, who: sam }, Command::Direct { by: sam, to: kay }];
    let make = || Ok(Memory::with_fault(fault));
    let shrink = |found: &Counterexample| {
        campaign::shrink(&plan, &make, found, &campaign::CampaignMonitor::default(), |_, _| {})
    };
    let finding = lockstep::run(&mut Memory::with_fault(fault), plan.check, &setup, &chain);
    let finding = finding.expect("the chain shows it");
    let shrunk = Counterexample {
        executions: 7,
        status: ShrinkStatus::OneMinimal,
        ..Counterexample::new(chain.to_vec(), finding)
    };
    let search = Certifier { config: &plan, limits: Limits::default(), monitor: &SearchMonitor::default() };
    let conclusion = search.certify(&make, shrunk, shrink).expect("the service starts");
    assert_eq!(conclusion.commands.len(), 1);
    assert!(conclusion.executions > 7);
    let certificate = conclusion.certificate().expect("there is time");
    assert!(!certificate.ill_typed);
    // The alphabet is that of the chain as it became, which has no block.
    let bounds = setup.bounds();
    let tried = |command: &Command| command.kind() == CommandKind::Direct || bounds.is_well_typed(command);
    assert_eq!(certificate.alphabet, bounds.all().iter().filter(|command| tried(command)).count() as u64);
}

#[test]
fn a_search_that_is_cut_off_certifies_nothing() {
    let fault = Fault::RevokeKeepsMembership;
    let make = || Ok(Memory::with_fault(fault));
    let (plan, chain) = (plan(fault, 1), revocation());
    let search = |limits| below(&plan, limits, make, &chain);
    let late = Limits { time: Some(Duration::ZERO), ..Limits::default() };
    assert_eq!(search(late), CertifyOutcome::Unfinished(End::Time));
    assert_eq!(search(Limits { memory: 0, ..Limits::default() }), CertifyOutcome::Unfinished(End::Memory));
    let watch = SearchMonitor::default();
    watch.stop();
    let finding = lockstep::run(&mut Memory::with_fault(fault), plan.check, &plan.setup, &chain);
    let stopped = Certifier { config: &plan, limits: Limits::default(), monitor: &watch };
    let outcome = stopped.below(&make, &chain, &finding.expect("the chain shows it"));
    assert_eq!(outcome, Ok(CertifyOutcome::Unfinished(End::Stopped)));
}

#[test]
fn a_black_box_is_certified_over_all_sequences_up_to_renaming() {
    let fault = Fault::RevokeKeepsMembership;
    let search = |forks| {
        let make = || Ok(BlackBox { service: Memory::with_fault(fault), forks });
        certificate(below(&plan(fault, 1), Limits::default(), make, &revocation()))
    };
    let certificate = search(false);
    assert_eq!((certificate.level, certificate.below), (CertificateLevel::BlackBox, 3));
    assert_eq!(certificate.renamings, 2, "of the cast `small`");
    // The empty sequence, and one for each command up to renaming; refused ones, too, may be remembered.
    assert!(certificate.situations > certificate.alphabet / 2);
    assert!(certificate.situations <= 1 + certificate.alphabet);
    assert_eq!(certificate, search(true), "a copy saves only time");
}

#[test]
fn drift_that_promises_only_holds_back_is_certified_too() {
    let fault = Fault::RevokeOwnApprovalOnly;
    let plan = plan(fault, 1);
    let check = CheckConfig { fidelity: Fidelity::PromisesOnly, ..plan.check };
    let plan = CampaignConfig { check, ..plan };
    let make = || Ok(Memory::with_fault(fault));
    let tally = campaign::run_campaign(&plan, &make, &campaign::CampaignMonitor::default(), &|_| {})
        .expect("it starts");
    let drift = |found: &&Counterexample| found.finding.identity().verdict == Verdict::Diverged;
    let found = tally.found.iter().find(drift).expect("it drifts");
    let shrink = |found: &Counterexample| {
        campaign::shrink(&plan, &make, found, &campaign::CampaignMonitor::default(), |_, _| {})
    };
    let shrunk: Counterexample = shrink(found).expect("it starts");
    let search = Certifier { config: &plan, limits: Limits::default(), monitor: &SearchMonitor::default() };
    let conclusion = search.certify(&make, shrunk, shrink).expect("it starts");
    assert_eq!(conclusion.finding.identity(), found.finding.identity());
    assert_eq!(conclusion.certificate().expect("there is time").below, conclusion.commands.len());
}

#[test]
fn a_shorter_chain_replaces_the_shrunk_one() {
    // Seeds on which the shrinker ends in a local minimum.
    for (fault, seed, shrunk, least) in
        [("only-children-compared", "22", 5, 2), ("transfer-keeps-rights", "29", 7, 4)]
    {
        let folder = folder();
        let fuzz = |certify: &[&str]| {
            let arguments = [&["fuzz", "--fault", fault, "--seed", seed, "--json"][..], certify].concat();
            json_lines(&chatwarden(folder.path(), &arguments))[0].clone()
        };
        let plain = fuzz(&["--certify", "0s"]);
        assert_eq!((&plain["steps"], &plain["minimal"]), (&shrunk.into(), &"one-minimal".into()), "{fault}");
        let certified = fuzz(&["--certify"]);
        assert_eq!((&certified["steps"], &certified["minimal"]), (&least.into(), &"certified".into()));
        assert_eq!(
            (&plain["command"], &plain["promise"], &plain["verdict"]),
            (&certified["command"], &certified["promise"], &certified["verdict"])
        );
        assert!(certified["executions"].as_u64() > plain["executions"].as_u64());
        let scenario = open(folder.path(), &certified);
        let finding = scenario.finding.expect("it was found");
        assert_eq!(finding.minimal, Minimality::Certified);
        assert_eq!(finding.certificate.expect("it is certified").below, least);
        let saved = fs::read_dir(folder.path().join("scenarios/found")).expect("they are saved").count();
        assert_eq!(saved, 1, "the certified one takes the place of the shrunk one, and no draft is left");
    }
}

/// The scenario that a finding's line names.
fn open(folder: &Path, line: &Value) -> Scenario {
    Scenario::open(&folder.join(line["file"].as_str().expect("a file"))).expect("what was saved can be read")
}

/// The outcome and the message of a replay with `--recertify`, and the exit code.
fn recertify(folder: &Path, file: &str, target: &[&str]) -> (String, String, i32) {
    let arguments = [&["replay", file, "--recertify", "--json"][..], target].concat();
    let output = chatwarden(folder, &arguments);
    let lines = json_lines(&output);
    let word = |field: &str| lines[0][field].as_str().unwrap_or_default().to_owned();
    (word("outcome"), word("message"), code(&output))
}

#[test]
fn a_certificate_is_checked_again_and_false_ones_are_refused() {
    let folder = folder();
    let fault = ["--fault", "launcher-only"];
    let line = json_lines(&chatwarden(folder.path(), &[&["fuzz", "--json"][..], &fault].concat()))[0].clone();
    let file = line["file"].as_str().expect("a file");
    let path = folder.path().join(file);
    let good = fs::read_to_string(&path).expect("it is saved");

    let (outcome, message, exit) = recertify(folder.path(), file, &fault);
    assert_eq!((outcome.as_str(), exit), ("failed", 1));
    assert!(message.contains("; certified again: no chain of fewer than"), "{message}");
    let (outcome, _, exit) = recertify(folder.path(), file, &["--adapter", "memory"]);
    assert_eq!((outcome.as_str(), exit), ("fixed", 0));

    let number = |field: &str| {
        let start = good.find(&format!("\"{field}\": ")).expect("the field is there");
        good[start..].split([',', '}']).next().expect("it has a value").to_owned()
    };
    let false_ones = [
        (number("situations"), "\"situations\": 197", "its number of states is 197, and the search gives"),
        (number("tried"), "\"tried\": 1", "its number of commands tried is 1, and"),
        (number("below"), "\"below\": 5", "its length is 5, and the search gives 4"),
        (number("renamings"), "\"renamings\": 2", "its number of permutations is 2, and the search gives 1"),
        (number("ground"), "\"ground\": \"0123456789abcdef\"", "it was made for another policy"),
        (number("level"), "\"level\": \"black-box\"", "its level is black-box, and the search gives product"),
        (number("ill-typed"), "\"ill-typed\": false", "its statement on ill-typed commands is false"),
        ("\"promise\": \"no-strangers\",".into(), "\"promise\": \"ban\",", "it is that of another finding"),
    ];
    for (find, replace, complaint) in false_ones {
        assert_eq!(good.matches(&find).count(), 1, "{find}");
        fs::write(&path, good.replace(&find, replace)).expect("it can be written");
        let (outcome, message, exit) = recertify(folder.path(), file, &fault);
        assert_eq!((outcome.as_str(), exit), ("failed", 1));
        assert!(
            message.contains("the certificate does not hold") && message.contains(complaint),
            "{message}"
        );
    }
}

#[test]
fn a_chain_that_is_not_minimal_has_no_certificate() {
    let folder = folder();
    let fault = ["--fault", "launcher-only"];
    let line = json_lines(&chatwarden(folder.path(), &[&["fuzz", "--json"][..], &fault].concat()))[0].clone();
    let path = folder.path().join(line["file"].as_str().expect("a file"));
    let good = fs::read_to_string(path).expect("it is saved");
    // An idle command in front, and a certificate that is right but for the length that it claims.
    let idle =
        "{\"command\": {\"do\": \"block\", \"by\": \"kay\", \"who\": \"kim\"}, \"expect\": \"allow\"},\n    ";
    let long = good.replacen("{\"command\"", &format!("{idle}{{\"command\""), 1);
    let name =
        line["file"].as_str().expect("a file").rsplit('/').next().expect("a name").trim_end_matches(".json");
    let long = long.replace(name, "long").replace("\"at\": 3", "\"at\": 4");
    let long = long.replace("\"below\": 4", "\"below\": 5");
    fs::write(folder.path().join("long.json"), &long).expect("it can be written");
    let (outcome, message, exit) = recertify(folder.path(), "long.json", &fault);
    assert_eq!((outcome.as_str(), exit), ("failed", 1));
    let told = "the certificate does not hold: 4 commands show the same: approve(ann, kay, sam), ";
    assert!(message.contains(told), "{message}");

    let start = long.find(",\n    \"certificate\"").expect("it has one");
    let end = start + long[start..].find("\"}").expect("it ends") + 2;
    let plain =
        long[..start].replace("\"minimal\": \"certified\"", "\"minimal\": \"one-minimal\"") + &long[end..];
    fs::write(folder.path().join("long.json"), plain).expect("it can be written");
    let (_, message, _) = recertify(folder.path(), "long.json", &fault);
    assert!(message.contains("; not certified: 4 commands show the same: "), "{message}");
    // Beside the certified one it would stay that.
    let shrunk = ["shrink", "long.json", "--certify", "0s", "--save", "elsewhere", "--json"];
    let line = json_lines(&chatwarden(folder.path(), &[&shrunk[..], &fault].concat()))[0].clone();
    assert_eq!(line["minimal"], "one-minimal");
    let (_, message, _) = recertify(folder.path(), line["file"].as_str().expect("a file"), &fault);
    assert!(message.contains("; not certified so far, but no chain of fewer than"), "{message}");
}

#[test]
fn a_scenario_without_a_finding_has_nothing_to_recertify() {
    let root = Path::new(crate::ROOT);
    let file = "scenarios/reported/messenger-kids-2019.json";
    let (outcome, message, exit) = recertify(root, file, &["--adapter", "memory"]);
    assert_eq!((outcome.as_str(), message.as_str(), exit), ("passed", "", 0));
}

#[test]
fn the_options_say_whether_and_how_long() {
    let folder = folder();
    let fuzz = |certify: &[&str]| {
        let arguments = [&["fuzz", "--fault", "launcher-only"][..], certify].concat();
        let output = chatwarden(folder.path(), &arguments);
        assert_eq!(code(&output), 1);
        text(&output.stdout)
    };
    for certify in [&[][..], &["--certify"], &["--certify", "30s"], &["--certify=1m"]] {
        assert!(
            fuzz(certify)
                .contains("\n  certified: no chain of fewer than 4 commands shows it (1,285 commands"),
            "{certify:?}"
        );
    }
    assert!(!fuzz(&["--certify", "0s"]).contains("certified"));
    let cut = fuzz(&["--certify", "1ns"]);
    assert!(cut.contains("\n  not certified: the time that it may take does not suffice\n"), "{cut}");
    refuses(&["fuzz", "--certify", "soon"], "'soon'");
    refuses(&["replay", "x.json", "--recertify"], "`--recertify` goes only with `--adapter` or `--fault`");
}

#[test]
fn each_finding_of_a_campaign_that_keeps_going_is_certified() {
    let folder = folder();
    let arguments = ["fuzz", "--fault", "launcher-only", "--keep-going", "--runs", "500", "--json"];
    let lines = json_lines(&chatwarden(folder.path(), &[&arguments[..], &["--certify"]].concat()));
    let findings: Vec<_> = lines.iter().filter(|line| line["type"] == "finding").collect();
    assert!(findings.len() >= 2, "{lines:?}");
    for finding in findings {
        assert_eq!(finding["minimal"], "certified", "{finding}");
        assert_eq!(
            open(folder.path(), finding).steps.len() as u64,
            finding["steps"].as_u64().expect("a number")
        );
    }
}

#[test]
fn a_campaign_of_few_commands_is_certified_over_these() {
    let folder = folder();
    let fuzz = ["fuzz", "--fault", "launcher-only", "--commands", "approve,create,message", "--json"];
    let line = json_lines(&chatwarden(folder.path(), &fuzz))[0].clone();
    let certificate = open(folder.path(), &line).finding.and_then(|finding| finding.certificate);
    let certificate = certificate.expect("it is certified");
    assert_eq!((certificate.commands.len(), certificate.groups), (3, 2));
    let (_, message, _) =
        recertify(folder.path(), line["file"].as_str().expect("a file"), &["--fault", "launcher-only"]);
    assert!(message.contains("; certified again: "), "{message}");
}

/// A driver is certified by default. A search that would take far longer than it may is not begun.
#[test]
fn findings_of_drivers_are_certified_in_time() {
    let folder = folder();
    for (fault, certified) in [("direct-unchecked", true), ("launcher-only", false)] {
        let driver = format!("exec:'{}' serve --fault {fault}", env!("CARGO_BIN_EXE_chatwarden"));
        let fuzz = ["fuzz", "--adapter", &driver, "--jobs", "1", "--json"];
        let lines = json_lines(&chatwarden(folder.path(), &fuzz));
        let minimal = if certified { "certified" } else { "one-minimal" };
        assert_eq!(lines[0]["minimal"], minimal, "{fault}: {lines:?}");
        let seconds = lines[1]["certify_seconds"].as_f64().expect("a number");
        assert!(seconds > 0.0 && seconds < 9.0, "{fault}: {seconds} s, of ten");
        let off = [&fuzz[..], &["--certify", "0s", "--save", "elsewhere"]].concat();
        let lines = json_lines(&chatwarden(folder.path(), &off));
        assert_eq!(
            (&lines[0]["minimal"], &lines[1]["certify_seconds"]),
            (&"one-minimal".into(), &0.0.into())
        );
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_search_keeps_the_shrunk_trace() {
    let folder = folder();
    let fuzz = ["fuzz", "--fault", "rejoin-unchecked", "--cast", "family", "--certify", "--json"];
    let found = folder.path().join("scenarios/found");
    // The shrunk trace is on disk before the search for shorter ones begins, which takes minutes.
    let is_shrunk = |draft: fs::DirEntry| {
        fs::read_to_string(draft.path()).is_ok_and(|draft| draft.contains(r#""minimal": "one-minimal""#))
    };
    let output = interrupted_when(folder.path(), &fuzz, |_| {
        fs::read_dir(&found).is_ok_and(|drafts| drafts.flatten().any(is_shrunk))
    });
    assert_eq!(code(&output), 1);
    assert_eq!(fs::read_dir(&found).expect("it is there").count(), 1, "no draft is left");
    let line = &json_lines(&output)[0];
    assert_eq!(line["minimal"], "one-minimal");
    assert_eq!(open(folder.path(), line).steps.len() as u64, line["steps"].as_u64().expect("a number"));
}
