//! The events service through its real clients: started as its binary starts it, on a free port, over a
//! store in a fresh folder.

// Helpers of tests are not inside test functions, which is all that clippy.toml lets unwrap.
#![allow(clippy::unwrap_used, clippy::panic)]

mod chairs;
mod crosswalks;
mod fields;
mod harness;
mod history;
mod linearizable;
mod lists;
mod moves;
mod pages;
mod plans;
mod random;
mod replicas;
mod requests;
mod trees;
mod visibility;
mod writes;
