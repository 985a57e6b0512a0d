//! The PostgreSQL engine keeps the contract: alone, beside other replicas, and when the server is killed.
//!
//! Each test starts with a server of its own or with the shared one; on a machine without PostgreSQL they are
//! skipped, and say so.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test"
)]

mod conformance;
mod connections;
mod control;
mod damage;
mod errors;
mod kills;
mod load;
mod moving;
mod naming;
mod opening;
mod replicas;
mod server;
mod settling;
#[path = "../support/mod.rs"]
mod support;
mod tls;
