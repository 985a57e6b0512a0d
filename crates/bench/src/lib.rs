//! The load generator and the side-by-side benchmarks.
//!
//! What it measures: ratios of the services to references that do the least that could be done (an
//! empty echo, an echo of the same answer, that echo behind a bare proxy, bare sled,
//! serialising). What it promises:
//! reference and measured thing run in the same minute, in turns, with the same client, each server in
//! a process of its own, so that a figure means the same on a noisy machine as on a quiet one. What it
//! deliberately does not do: it compares no absolute figures between runs or machines.
//!
//! | module | holds |
//! | --- | --- |
//! | [`arguments`] | the command line |
//! | [`plan`] | how much of everything: a full run, a quick one |
//! | [`session`] | one run from beginning to end |
//! | [`load`] | closed and open loops of callers |
//! | [`rounds`] | taking turns, and the ratio of two that took them |
//! | [`process`] | servers in processes of their own, and what CPU time they took |
//! | [`serve`] | what such a process does |
//! | [`caller`] | calls whose bytes nobody decodes |
//! | [`echo`], [`proxy`] | the references |
//! | [`guarded`] | a service and a gateway as they stand on a network that nobody trusts |
//! | [`record`] | the events that are kept, and filling a service with them |
//! | [`reads`], [`door`], [`writes`], [`rows`], [`engines`], [`cold`], [`coverage`], [`search`], [`imports`] | the measurements |
//! | [`soak`] | hours of mixed load: memory, disk, stalls |
//! | [`evaluate`] | how good search results are, on judged sets |
//! | [`resolve`] | how well names are told |
//! | [`similar`] | likeness among many texts |
//! | [`suggest`] | how good suggested themes and nodes are |
//! | [`table`] | what is printed |

#![warn(missing_docs)]

pub mod arguments;
pub mod caller;
pub mod cold;
pub mod coverage;
pub mod door;
pub mod echo;
pub mod engines;
pub mod evaluate;
pub mod guarded;
pub mod imports;
pub mod load;
pub mod plan;
pub mod process;
pub mod proxy;
pub mod reads;
pub mod record;
pub mod resolve;
pub mod rounds;
pub mod rows;
pub mod search;
pub mod serve;
pub mod session;
pub mod similar;
pub mod soak;
pub mod suggest;
pub mod table;
pub mod writes;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Part};

/// Parses the command line and does what it says. 1 = a target was missed (with `--check`) or something failed.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.part {
        Some(Part::Serve(server)) => return serve::serve(server),
        Some(Part::Soak(how)) => soak::run(arguments.folder.as_deref(), how),
        // What was asked for by a figure is held to it, with --check or without.
        Some(Part::Evaluate(set)) => match evaluate::run(set) {
            Ok(evaluate::Verdict::Missed) => return ExitCode::FAILURE,
            verdict => verdict.map(|verdict| verdict == evaluate::Verdict::Better),
        },
        Some(Part::Resolve(ask)) => resolve::run(ask),
        Some(Part::Suggest(set)) => match suggest::run(set) {
            Ok(evaluate::Verdict::Missed) => return ExitCode::FAILURE,
            verdict => verdict.map(|verdict| verdict == evaluate::Verdict::Better),
        },
        Some(Part::Similar(texts)) => similar::run(texts).map(|()| true),
        Some(Part::Open(open)) => cold::open(open).map(|()| true),
        None => session::run(&arguments),
    };
    match done {
        Ok(held) if held || !arguments.check => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells whoever watches; figures go to stdout, all else here.
fn say(line: &str) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(std::io::stderr(), "{line}");
}
