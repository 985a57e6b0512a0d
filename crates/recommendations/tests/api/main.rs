//! The service as its clients see it: the real one, over real sockets, beside a real events service. Nothing
//! sleeps; what takes time is a condition with a deadline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod addressee;
mod feed;
mod fixture;
mod followup;
mod group;
mod instrument;
mod lists;
mod recommendation;
mod register;
mod verdict;
mod world;
