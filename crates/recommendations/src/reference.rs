//! References of a record, to the register and to records of this service: all are looked up before the
//! commit, and the first that is not known is answered with the path of its field.

use rapporteur_proto::r#type::v1::{Claim, PlanLink, Provenance};
use rapporteur_records::{Error, Field, Records, Result};

use crate::addressee::ADDRESSEE;
use crate::commitment::COMMITMENT;
use crate::instrument::INSTRUMENT;
use crate::progress_report::PROGRESS_REPORT;
use crate::recommendation::RECOMMENDATION;
use crate::register::{BODY, Register};
use crate::schedule::SCHEDULE;
use crate::vocabulary::VOCABULARY;

/// What a record refers to.
#[derive(Debug, Default)]
pub struct References {
    wanted: Vec<(String, String)>,
}

impl References {
    /// `field` refers to the record `name`; an empty name refers to nothing.
    pub fn one(&mut self, field: impl Field, name: &str) {
        if !name.is_empty() {
            self.wanted.push((field.to_string(), name.to_owned()));
        }
    }

    /// Each of a list of names.
    pub fn all(&mut self, field: impl Field, names: &[String]) {
        for (place, name) in names.iter().enumerate() {
            self.one(format_args!("{field}[{place}]"), name);
        }
    }

    /// The recorded sources of facts.
    pub fn provenance(&mut self, field: impl Field, all: &[Provenance]) {
        for (place, one) in all.iter().enumerate() {
            self.one(format_args!("{field}[{place}].source"), &one.source);
        }
    }

    /// The recorded source of one fact.
    pub fn one_provenance(&mut self, field: impl Field, provenance: Option<&Provenance>) {
        if let Some(provenance) = provenance {
            self.one(format_args!("{field}.source"), &provenance.source);
        }
    }

    /// The plans and sources of claims.
    pub fn claims(&mut self, field: impl Field, claims: &[Claim]) {
        for (place, claim) in claims.iter().enumerate() {
            self.one(format_args!("{field}[{place}].plan"), &claim.plan);
            self.one_provenance(
                format_args!("{field}[{place}].provenance"),
                claim.provenance.as_ref(),
            );
        }
    }

    /// The nodes and sources of plan links.
    pub fn plan_links(&mut self, field: impl Field, links: &[PlanLink]) {
        for (place, link) in links.iter().enumerate() {
            self.one(format_args!("{field}[{place}].node"), &link.node);
            self.one_provenance(
                format_args!("{field}[{place}].provenance"),
                link.provenance.as_ref(),
            );
        }
    }

    /// Holds when every record exists. Nothing is ever removed, so it still exists when the commit is made.
    pub async fn check(self, records: &Records, register: &Register) -> Result<()> {
        let mut known: Vec<String> = Vec::new();
        for (field, name) in self.wanted {
            if known.contains(&name) {
                continue;
            }
            if !exists(records, register, &name).await? {
                return Err(Error::UnknownReference { field, name });
            }
            known.push(name);
        }
        Ok(())
    }
}

async fn exists(records: &Records, register: &Register, name: &str) -> Result<bool> {
    macro_rules! ours {
        ($($noun:ident)*) => {
            $(if $noun.pattern.matches(name) {
                return Ok(records.find(&$noun, name).await?.is_some());
            })*
        };
    }
    ours! { INSTRUMENT RECOMMENDATION ADDRESSEE COMMITMENT PROGRESS_REPORT SCHEDULE VOCABULARY }
    if BODY.matches(name) {
        register.has_body(name).await
    } else {
        register.exists(name).await
    }
}
