//! What reports and assessments are about: an addressee or a commitment.

use rapporteur_proto::recommendations::v1::{Addressee, Commitment};
use rapporteur_records::{Error, Records, Result, Violations, name};

use crate::addressee::ADDRESSEE;
use crate::commitment::COMMITMENT;

/// An addressee or a commitment, and its version.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Recommendation x party.
    Addressee(Box<Addressee>, u64),
    /// What somebody took on.
    Commitment(Box<Commitment>, u64),
}

impl Subject {
    /// The subject that `field` names.
    pub async fn read(records: &Records, field: &str, name: &str) -> Result<Self> {
        if COMMITMENT.pattern.matches(name) {
            let (commitment, version) = records.referred(&COMMITMENT, field, name).await?;
            return Ok(Self::Commitment(Box::new(commitment), version));
        }
        let (addressee, version) = records.referred(&ADDRESSEE, field, name).await?;
        Ok(Self::Addressee(Box::new(addressee), version))
    }

    /// Whether a party answers for it: the addressee, or an owner or partner of the commitment.
    pub fn is_of(&self, party: &str) -> bool {
        match self {
            Self::Addressee(addressee, _) => addressee.party == party,
            Self::Commitment(commitment, _) => {
                let mut parties = commitment.owners.iter().chain(&commitment.partners);
                parties.any(|p| p == party)
            }
        }
    }

    /// Refuses a party that does not answer for it.
    pub fn must_be_of(&self, field: &str, party: &str) -> Result<()> {
        if self.is_of(party) {
            return Ok(());
        }
        let who = match self {
            Self::Addressee(addressee, _) => format!("its addressee is {}", addressee.party),
            Self::Commitment(commitment, _) => {
                let parties = commitment.owners.iter().chain(&commitment.partners);
                let parties: Vec<&str> = parties.take(10).map(String::as_str).collect();
                format!("its owners and partners are {}", parties.join(", "))
            }
        };
        Err(Error::invalid(
            field,
            format!("{} does not answer for it; {who}", name::quoted(party)),
        ))
    }
}

/// Notes a name that is that of no subject.
pub fn check(field: &str, subject: &str, violations: &mut Violations) {
    let good = ADDRESSEE.pattern.matches(subject) || COMMITMENT.pattern.matches(subject);
    let shapes = format!("{} or {}", ADDRESSEE.pattern.0, COMMITMENT.pattern.0);
    let wrong = format!("{} does not look like {shapes}", name::quoted(subject));
    violations.require(good, field, wrong);
}
