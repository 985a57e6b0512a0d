//! The suite knows no engine, and it notices: an engine of two hundred lines in memory passes it, and the
//! same engine with one promise broken does not.

#![allow(clippy::panic, clippy::print_stdout, reason = "a test")]

mod memory;

use memory::{FAULTS, memories};
use rapporteur_store::conformance;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_engine_in_memory_conforms() {
    let tests = conformance::suite(&memories(None))
        .await
        .unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(tests, conformance::TESTS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_promise_is_noticed() {
    for fault in FAULTS {
        match conformance::suite(&memories(Some(fault))).await {
            Ok(_) => panic!("{fault:?} was not noticed"),
            Err(failure) => println!("{fault:?}: {}", failure.test),
        }
    }
}
