//! Policies explored: one or all presets, each search reported with the chains that break its promises.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use chatwarden_model::{Preset, Promise, Word};

use super::Explore;
use crate::cli::interrupt::Interrupt;
use crate::cli::options::{self, Given};
use crate::cli::{Exit, Unusable, progress};
use crate::explore::{End, Exploration, Standing, Watch, explore};
use crate::report::{Event, Explored, Report};
use crate::save::Showcase;
use crate::wire::PolicySpec;

pub(super) fn run(options: &Explore, reports: &mut impl Report) -> Result<Exit, Unusable> {
    if let Some(directory) = &options.save {
        options::writable(directory)?;
    }
    let interrupt = Interrupt::installed();
    let watch = &interrupt.search;
    let mut all = Vec::new();
    for policy in policies(options) {
        let explored = one(options, &policy, watch)?;
        reports.event(Event::Explored(&explored))?;
        all.push(explored);
        if watch.is_stopped() {
            break;
        }
    }
    if options.all_policies {
        reports.event(Event::Compared(&all))?;
    }
    reports.finish()?;
    let broken = all.iter().any(|explored| explored.exploration.is_any_broken());
    Ok(if options.expect_kept && broken {
        Exit::Finding
    } else if watch.is_stopped() {
        Exit::Interrupted
    } else if options.expect_kept && all.iter().any(|explored| explored.exploration.end == End::Memory) {
        // What was asked was not answered, and that is no pass.
        Exit::Inconclusive
    } else {
        Exit::Fine
    })
}

fn policies(options: &Explore) -> Vec<Given<PolicySpec>> {
    if options.all_policies {
        Preset::ALL.iter().copied().map(super::preset).collect()
    } else {
        vec![options.policy.clone().unwrap_or_else(super::default_policy)]
    }
}

fn one(options: &Explore, policy: &Given<PolicySpec>, watch: &Watch) -> Result<Explored, Unusable> {
    let plan = options.plan(&policy.value)?;
    let started = Instant::now();
    let exploration = progress::of_search(&policy.name, watch, || explore(&plan, watch));
    let time = started.elapsed();
    Ok(Explored {
        files: save(options, policy.value, &exploration)?,
        policy: policy.name.clone(),
        cast: options.cast.name.clone(),
        names: options.cast.value.casting().with_groups(options.groups()),
        setup: plan.setup,
        exploration,
        time,
        is_one_of_many: options.all_policies,
    })
}

/// Writes down the chain of each broken promise, if that was asked for.
fn save(
    options: &Explore,
    policy: PolicySpec,
    exploration: &Exploration,
) -> io::Result<Vec<(Promise, PathBuf)>> {
    let Some(directory) = &options.save else { return Ok(Vec::new()) };
    let showcase = Showcase {
        directory: directory.clone(),
        policy,
        cast: options.cast.value.clone(),
        groups: options.groups(),
        promises: options::chosen(&options.promises),
    };
    let mut files = Vec::new();
    for (promise, standing) in &exploration.promises {
        if let Standing::Broken(chain) = standing {
            files.push((*promise, showcase.save(*promise, chain, exploration.alphabet)?));
        }
    }
    Ok(files)
}
