//! The tool of users and operators, `rapporteur`.
//!
//! It keeps nothing but profiles (where the gateway is, with which token). It promises that stdout
//! carries data and nothing else, that the exit code says how it went, that repeating a command
//! that was cut off does its work once, and that text from the record cannot steer the terminal.
//! It deliberately does not check what it sends: only the service that owns a noun does, so the
//! answer is the same for every client.
//!
//! One file a noun; each builds a request, and `record` sends it and shows the answer.

// Printing is what this program is for; it goes through the writers of `Context` all the same.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod command;
mod context;
mod error;
mod examples;
mod surroundings;

mod connect;
mod grant;
mod key;
mod profile;
mod record;
mod whoami;

mod addressee;
mod assessment;
mod chairmanship;
mod commitment;
mod crosswalk;
mod dialogue;
mod event;
mod instrument;
mod membership;
mod node;
mod party;
mod plan;
mod post;
mod recommendation;
mod report;
mod schedule;
mod source;
mod subject;
mod vocabulary;

mod check;
mod due;
mod figures;
mod followup;
mod gaps;
mod handover;
mod inbox;
mod open;
mod related;
mod resolve;
mod search;
mod similar;

mod compose;
mod draft;

mod audit;
mod backup;
mod bundle;
mod changes;
mod completion;
mod coverage;
mod demo;
mod dev_certs;
mod doctor;
mod export;
mod import;
mod load;
mod manual;
mod mapping;
mod print;
mod sample;
mod status;
mod store;
mod suggest;
mod system;
mod trace;
mod up;
mod verdict;
mod verify;

mod field;
mod language;
mod name;
mod noun;
mod output;
mod when;
mod word;

pub use command::{command, run, run_in};
pub use handover::{Edition, pack};
use rapporteur_exchange::write::cell;
pub use surroundings::Surroundings;
