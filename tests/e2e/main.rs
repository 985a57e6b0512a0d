//! End-to-end stories: the real programs, started the way an operator starts them, used the way people use
//! them. One file a story; [`harness`] starts and kills the programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests; a story that is skipped says so"
)]

mod harness;
#[path = "../../crates/store/tests/postgres/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "each story uses its part")]
mod server;

mod any_record;
mod apart;
mod attacks;
mod backups;
mod bundle;
mod exports;
mod files;
mod floods;
mod followers;
mod fuzz;
mod grants;
mod harvest;
mod hidden;
mod hosts;
mod imports;
#[path = "../shared/judge.rs"]
mod judge;
mod keeping;
mod keeping_keyed;
mod keyed;
mod kill;
mod nearby;
mod posts;
mod private;
#[path = "../shared/recorder.rs"]
mod recorder;
mod replicas_killed;
mod resolve;
mod rooms;
mod sample;
mod search;
mod seen;
mod sets;
mod similar;
mod suggest;
mod upgrade;
mod verdicts;
