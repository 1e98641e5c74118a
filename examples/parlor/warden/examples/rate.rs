//! How many histories a second the adapter carries out on one core: reset, and commands each of which is observed.
//!
//! `cargo run --release -p parlor-warden --example rate -- 20 10000` makes 10,000 histories of 20 commands.

use std::time::Instant;

use chatwarden::adapter::Adapter;
use chatwarden::check::{Terms, run};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::Command;
use parlor_warden::{ParlorAdapter, setup};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let length = numbers.next().transpose()?.unwrap_or(20);
    let runs = numbers.next().transpose()?.unwrap_or(10_000);

    let mut adapter = ParlorAdapter::new()?;
    let (setup, about) = (setup(), adapter.about());
    let histories: Vec<Vec<Command>> = (0..runs)
        .map(|run| {
            let mut choices = Seeded::of_run(0, run);
            let generator = Generator::for_run(&setup, about.commands, &mut choices);
            generator.run(&setup, length as usize, &[], &mut choices)
        })
        .collect();

    let start = Instant::now();
    let found = histories.iter().find_map(|history| run(&mut adapter, Terms::of(&about), &setup, history));
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0} histories of {length} commands a second; found: {found:?}", runs as f64 / seconds);
    Ok(())
}
