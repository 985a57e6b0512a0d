//! What a report or an assessment is about: an addressee or a commitment.

use crate::error::Result;
use crate::name;

/// Which addressee or commitment. Two flags, because a short name does not say which of the two it is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Subject {
    /// The addressee that it is about
    #[arg(long, value_name = "ADDRESSEE", conflicts_with = "commitment")]
    addressee: Option<String>,
    /// The commitment that it is about
    #[arg(long, value_name = "COMMITMENT")]
    commitment: Option<String>,
}

impl Subject {
    /// Its full name; empty when none is given.
    pub(crate) fn full(&self, dialogue: Option<&str>) -> Result<String> {
        match &self.addressee {
            Some(addressee) => name::expand(name::ADDRESSEE, addressee, dialogue),
            None => name::expand_some(name::COMMITMENT, &self.commitment, dialogue),
        }
    }
}
