//! The table of who may call what: every call of every service, and the roles that may make it.
//!
//! It is enforced by the service that owns the record, in one place
//! (`rapporteur_server::Desk`), on the record that the call is about. A call that has no row here may be
//! made by nobody. What a read shows is not decided here but record by record, by visibility.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::grant::{Rights, Role};

mod table;
#[cfg(test)]
mod tests;

pub use table::POLICY;

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, the anonymous too.
    Anyone,
    /// Everybody whom the gateway knows.
    Known,
    /// Who holds one of these roles for the record: in its dialogue (for a record of no dialogue: in all of
    /// them), and, with a role that acts for a party, for a party to whom the record belongs.
    Roles(&'static [Role]),
    /// Who holds one of these roles in any dialogue.
    Anywhere(&'static [Role]),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The call: `rapporteur.events.v1.EventService/CreateEvent`.
    pub rpc: &'static str,
    /// Who may make it.
    pub who: Who,
}

/// The row of a call, by its full name without a leading `/`.
pub fn rule(rpc: &str) -> Option<Rule> {
    static BY_NAME: LazyLock<HashMap<&str, Rule>> = LazyLock::new(|| {
        POLICY
            .iter()
            .map(|&(rpc, who)| (rpc, Rule { rpc, who }))
            .collect()
    });
    BY_NAME.get(rpc).copied()
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It takes somebody who is known.
    #[error("{0}")]
    Unknown(String),
    /// The caller is known, and may not.
    #[error("{0}")]
    Forbidden(String),
}

impl Rule {
    /// Whether somebody with these rights may make the call on the record `name`, which belongs to `parties`.
    /// For a record that is to be made, `name` is that of its parent. `known`: the caller is not anonymous.
    pub fn check(
        &self,
        rights: &Rights,
        known: bool,
        name: &str,
        parties: &[&str],
    ) -> Result<(), Refusal> {
        if self.allows(rights, known, name, parties) {
            return Ok(());
        }
        let why = self.describe(name, parties);
        Err(if known {
            Refusal::Forbidden(why)
        } else {
            Refusal::Unknown(format!("{why}; this call was made without a key"))
        })
    }

    fn allows(&self, rights: &Rights, known: bool, name: &str, parties: &[&str]) -> bool {
        let grants = match rights {
            Rights::All => return true,
            Rights::None => &[][..],
            Rights::Granted(grants) => grants,
        };
        match self.who {
            Who::Anyone => true,
            Who::Known => known,
            Who::Anywhere(roles) => grants.iter().any(|grant| roles.contains(&grant.role)),
            Who::Roles(roles) => grants.iter().any(|grant| {
                let for_them = !grant.role.is_for_a_party()
                    || match &grant.party {
                        None => !parties.is_empty(),
                        Some(party) => parties.contains(&party.as_str()),
                    };
                roles.contains(&grant.role) && grant.holds_for(name) && for_them
            }),
        }
    }

    /// What it takes, in words.
    fn describe(&self, name: &str, parties: &[&str]) -> String {
        let method = self.rpc.rsplit('.').next().unwrap_or(self.rpc);
        let (roles, place) = match self.who {
            Who::Anyone | Who::Known => return format!("{method} takes a caller who is known"),
            Who::Anywhere(roles) => (roles, "in a dialogue".to_owned()),
            Who::Roles(roles) => match crate::grant::dialogue_of(name) {
                Some(dialogue) => (roles, format!("in {dialogue}")),
                None => (roles, "in all dialogues".to_owned()),
            },
        };
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let mut text = format!("{method} takes the role {} {place}", names.join(" or "));
        if roles.iter().any(|role| role.is_for_a_party()) {
            let whose = if parties.is_empty() {
                "no party".to_owned()
            } else {
                parties.join(", ")
            };
            // Writing to a text does not fail.
            write!(text, " (the record belongs to {whose})").ok();
        }
        text
    }
}
