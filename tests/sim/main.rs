//! The three services on a simulated network that is cut, slow, and loses hosts, in simulated time.
//!
//! A seed decides what goes wrong and when. A seed that fails is printed, and
//! `RAPPORTEUR_SIM_SEED=n cargo test --test sim -- --nocapture` plays it again and shows it;
//! `RAPPORTEUR_SIM_SEEDS` says how many are tried.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "a test"
)]

mod client;
mod house;
#[path = "../shared/judge.rs"]
mod judge;
#[path = "../../crates/store/tests/support/memory.rs"]
mod memory;
mod network;
mod process;
#[path = "../shared/recorder.rs"]
mod recorder;
mod trouble;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use turmoil::Builder;

use crate::client::{CLIENTS, Told};
use crate::house::House;
use crate::process::{ONE, Simulator};
use crate::trouble::Trouble;

/// Seeds that are tried, unless the environment wants more.
const SEEDS: u64 = 200;
/// What happens at once in the simulation.
const TICK: Duration = Duration::from_millis(5);
/// All must be done and followed by then. A connection that lost what was sent on it while it was cut is
/// given up after 40 s of silence.
const END: Duration = Duration::from_secs(120);
/// Begins the line that says how many requests were repeated.
const REPEATED: &str = "repeated requests: ";

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// What a process of [`Simulator`] does: nothing in a normal run.
#[test]
fn one_seed() {
    if let Some(seed) = number(ONE) {
        simulate(seed);
    }
}

#[test]
fn nothing_is_lost_whatever_the_network_does() {
    let (first, count) = match number("RAPPORTEUR_SIM_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number("RAPPORTEUR_SIM_SEEDS").unwrap_or(SEEDS)),
    };
    let (began, simulator) = (Instant::now(), Simulator::new());
    let (next, repeated) = (AtomicU64::new(first), AtomicU64::new(0));
    let work = || {
        let mut failed = Vec::new();
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= first + count {
                return failed;
            }
            let output = simulator.run(seed);
            let said = String::from_utf8_lossy(&output.stdout);
            let again = said.lines().find_map(|line| line.strip_prefix(REPEATED));
            repeated.fetch_add(again.map_or(0, |again| again.parse().unwrap()), Relaxed);
            if !output.status.success() {
                let why = String::from_utf8_lossy(&output.stderr);
                println!("failed: RAPPORTEUR_SIM_SEED={seed}\n{said}{why}");
                failed.push(seed);
            } else if count == 1 {
                println!("{said}");
            }
        }
    };
    let failed: Vec<u64> = std::thread::scope(|threads| {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| threads.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap());
        ended.flatten().collect()
    });
    let repeated = repeated.into_inner();
    println!(
        "{count} seeds in {:?}, {repeated} requests were repeated",
        began.elapsed()
    );
    assert!(failed.is_empty(), "seeds {failed:?} fail");
    assert!(repeated > 0, "nothing went wrong, so nothing was tried");
}

#[test]
fn a_seed_is_the_same_every_time() {
    let simulator = Simulator::new();
    if !simulator.is_exact() {
        println!("a_seed_is_the_same_every_time: skipped: no C compiler");
        return;
    }
    let run = |seed| {
        let output = simulator.run(seed);
        let said = String::from_utf8(output.stdout).unwrap();
        let (trace, _) = said.split_once(REPEATED).unwrap();
        trace.to_owned()
    };
    for seed in 1..=3 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
    assert_ne!(run(1), run(2));
}

/// The negative control: a host that loses what it acknowledged does not get away with it.
#[test]
fn a_loss_is_noticed() {
    let simulator = Simulator::new();
    for seed in 1..=3 {
        let output = simulator.run_broken(seed);
        assert!(!output.status.success(), "seed {seed} shows no loss");
    }
}

/// A future that waits for nothing: those of a store in memory.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

/// Simulates one seed and checks what is left.
fn simulate(seed: u64) {
    rapporteur_server::network::simulate(network::dial);
    let folder = tempfile::tempdir().unwrap();
    let mut sim = Builder::new()
        .rng_seed(seed)
        .tick_duration(TICK)
        .simulation_duration(END)
        .tcp_capacity(4_096)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(40))
        .build();
    let house = House::furnish(&mut sim, folder.path().to_owned());
    let told = Told::default();
    for (name, number) in CLIENTS.iter().zip(1..) {
        let work = client::work(number, house.folder.clone(), told.clone());
        sim.client(*name, work);
    }
    let mut trouble = Trouble::new(seed);
    let mut done = false;
    loop {
        trouble.make(&mut sim);
        done = sim.step().unwrap_or_else(|error| panic!("{error}")) || done;
        if done && trouble.over {
            match now(judge::followed(&house.stores())) {
                Ok(()) => break,
                Err(why) => assert!(sim.elapsed() < END, "{why}"),
            }
        }
    }
    let acknowledged = told.acknowledged.lock().unwrap().clone();
    now(judge::services(&house.stores(), &acknowledged));
    let trace = told.trace.lock().unwrap();
    println!(
        "{}{trace}all is well after {:?}",
        trouble.log,
        sim.elapsed()
    );
    println!("{REPEATED}{}", told.repeated.load(Relaxed));
}
