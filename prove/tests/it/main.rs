use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use chatwarden_model::{NamedEnum, Preset, Promise};
use chatwarden_prove::*;

#[test]
fn presets() {
    let never = || false;
    let solver = Solver {
        program: Program::Z3,
        limit: Duration::from_secs(10),
        jobs: 2,
        is_stopped: &never,
        answered: AtomicUsize::new(0),
        hung: AtomicUsize::new(0),
    };
    for preset in Preset::ALL {
        let t = std::time::Instant::now();
        let proof = prove(&preset.policy(), Promise::ALL, None, &solver).unwrap();
        println!("{preset} {:?} questions {:?}", t.elapsed(), solver.answered);
        println!("  {:?}", proof.invariant.iter().map(|i| i.name()).collect::<Vec<_>>());
        println!(
            "  never: {:?}",
            proof.fires.iter().filter(|f| !matches!(f.1, Answer::Possible(_))).collect::<Vec<_>>()
        );
        let policy = preset.policy();
        let cases = case::Case::all(&policy, None);
        for (promise, claim) in &proof.promises {
            if let Claim::NotInductive(at) = claim {
                let t = std::time::Instant::now();
                let w =
                    counterexample_to_induction(&policy, &proof.invariant, &cases[*at], *promise, &solver)
                        .unwrap()
                        .expect("confirmed");
                println!("  {promise}: {:?} {:?}", w.commands, t.elapsed());
            }
        }
        println!("  {:?}", proof.promises.iter().filter(|p| p.1 != Claim::Proved).collect::<Vec<_>>());
    }
}

#[test]
fn race_table() {
    let never = || false;
    let solver = Solver {
        program: Program::Z3,
        limit: Duration::from_secs(10),
        jobs: 2,
        is_stopped: &never,
        answered: AtomicUsize::new(0),
        hung: AtomicUsize::new(0),
    };
    for preset in [Preset::MessengerKids, Preset::PairwiseConsent] {
        let t = std::time::Instant::now();
        let proof = prove(&preset.policy(), Promise::ALL, None, &solver).unwrap();
        let races = races(&preset.policy(), &proof.invariant, Promise::ALL, &solver).unwrap();
        println!(
            "{preset} {:?} questions {:?} unknown {:?}",
            t.elapsed(),
            races.questions.len(),
            races.unknown
        );
        for p in Promise::ALL {
            for i in Isolation::ALL {
                let v: Vec<_> = races
                    .races
                    .iter()
                    .filter(|r| r.promise == *p && r.isolation == *i)
                    .map(|r| format!("{}>{}", r.first, r.second))
                    .collect();
                println!("  {p} {i}: {}", v.join(" "));
            }
        }
    }
}
