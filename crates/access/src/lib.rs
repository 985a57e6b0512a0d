//! Who may do what.
//!
//! The gateway finds out who calls and says it in a short-lived signed token; the service that owns a noun
//! verifies the token without asking anybody and looks into one table whether this caller may make this call
//! on this record. This crate is what both agree on. It knows no storage, no network and no record.
//!
//! | module | holds |
//! | --- | --- |
//! | [`grant`] | roles, and where they hold: [`Grant`], [`Rights`] |
//! | [`policy`] | the table: every call, and which roles may make it |
//! | [`token`] | caller tokens: [`Issuer`] signs them, [`Verifier`] believes nothing else |
//! | [`signatures`] | the cryptography under tokens, of this project and of others |

#![warn(missing_docs)]

pub mod grant;
pub mod policy;
pub mod signatures;
pub mod token;

pub use grant::{Grant, Rights, Role};
pub use policy::{POLICY, Refusal, Rule, Who, rule};
pub use token::{Claims, Issuer, TokenError, Verifier};
