//! Grants: a role, in one dialogue or in all, for one party or for none in particular.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What somebody is in a dialogue. None includes another: who is to do two things is granted two roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads internal texts.
    Reader,
    /// Drafts reports for a party.
    Contributor,
    /// Answers for a party: responds, commits itself, submits reports.
    FocalPoint,
    /// Verifies what others report.
    Validator,
    /// Keeps the record of a dialogue, in its secretariat.
    Officer,
    /// Chairs a dialogue: moves its events and what it adopts.
    Chair,
    /// Assesses how far things are, in a voice of its own.
    Assessor,
    /// Reads everything, the audit too, and changes nothing.
    Auditor,
    /// Runs the system: keys, grants, stores. Reads no internal text by that.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 9] = [
        Self::Reader,
        Self::Contributor,
        Self::FocalPoint,
        Self::Validator,
        Self::Officer,
        Self::Chair,
        Self::Assessor,
        Self::Auditor,
        Self::Operator,
    ];

    /// As it is written: `focal-point`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Contributor => "contributor",
            Self::FocalPoint => "focal-point",
            Self::Validator => "validator",
            Self::Officer => "officer",
            Self::Chair => "chair",
            Self::Assessor => "assessor",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Whether the role acts for a party, and so only on what is that party's.
    pub fn is_for_a_party(self) -> bool {
        matches!(self, Self::Contributor | Self::FocalPoint)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("is not one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// A role and where it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    #[serde(rename = "r")]
    pub role: Role,
    /// `dialogues/{dialogue}`; `None` = in every dialogue, and for what belongs to none.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub dialogue: Option<String>,
    /// `parties/{party}`; `None` = for every party. Of roles that act for a party only.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
}

impl Grant {
    /// A role everywhere.
    pub fn everywhere(role: Role) -> Self {
        Self {
            role,
            dialogue: None,
            party: None,
        }
    }

    /// Whether it holds in the dialogue to which the record `name` belongs. A record of no dialogue belongs to all.
    pub fn holds_for(&self, name: &str) -> bool {
        match &self.dialogue {
            None => true,
            Some(dialogue) => dialogue_of(name) == Some(dialogue),
        }
    }
}

/// The dialogue in the name of a record: `dialogues/rabat` of `dialogues/rabat/events/2024-lisbon`.
pub fn dialogue_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("dialogues/")?;
    let id = rest.split('/').next().filter(|id| !id.is_empty())?;
    Some(&name[.."dialogues/".len() + id.len()])
}

/// All that a caller is granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rights {
    /// Nothing: anonymous callers, and whoever was granted nothing.
    #[default]
    None,
    /// These.
    Granted(Arc<[Grant]>),
    /// Everything: the process itself, and whoever holds the key that it was begun with.
    All,
}

impl Rights {
    /// These grants.
    pub fn of(grants: impl Into<Arc<[Grant]>>) -> Self {
        let grants = grants.into();
        if grants.is_empty() {
            Self::None
        } else {
            Self::Granted(grants)
        }
    }

    /// The grants, one by one; of [`Rights::All`] every role everywhere.
    pub fn grants(&self) -> Vec<Grant> {
        match self {
            Self::None => Vec::new(),
            Self::Granted(grants) => grants.to_vec(),
            Self::All => Role::ALL.map(Grant::everywhere).to_vec(),
        }
    }

    /// Whether internal texts of every dialogue may be read.
    pub fn reads_everything(&self) -> bool {
        match self {
            Self::None => false,
            Self::Granted(grants) => grants.iter().any(|g| reads(g) && g.dialogue.is_none()),
            Self::All => true,
        }
    }

    /// The dialogues whose internal texts may be read, in order; see [`Rights::reads_everything`] first.
    pub fn reads_in(&self) -> Vec<&str> {
        let Self::Granted(grants) = self else {
            return Vec::new();
        };
        let mut dialogues: Vec<&str> = grants
            .iter()
            .filter(|grant| reads(grant))
            .filter_map(|grant| grant.dialogue.as_deref())
            .collect();
        dialogues.sort_unstable();
        dialogues.dedup();
        dialogues
    }
}

/// Who works in a dialogue reads its internal texts; who only runs the machines does not.
fn reads(grant: &Grant) -> bool {
    grant.role != Role::Operator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(
                serde_json::to_string(&role).unwrap(),
                format!("\"{role}\""),
                "in tokens as everywhere"
            );
        }
        assert!("admin".parse::<Role>().unwrap_err().contains("focal-point"));
    }

    #[test]
    fn a_name_belongs_to_its_dialogue() {
        assert_eq!(dialogue_of("dialogues/rabat"), Some("dialogues/rabat"));
        assert_eq!(
            dialogue_of("dialogues/rabat/events/x"),
            Some("dialogues/rabat")
        );
        for other in [
            "dialogues/",
            "dialogues",
            "parties/pt",
            "",
            "x/dialogues/rabat",
        ] {
            assert_eq!(dialogue_of(other), None, "{other}");
        }
        let grant = Grant {
            dialogue: Some("dialogues/rabat".into()),
            ..Grant::everywhere(Role::Officer)
        };
        assert!(grant.holds_for("dialogues/rabat/events/x"));
        assert!(!grant.holds_for("dialogues/rabat-2/events/x"));
        assert!(!grant.holds_for("parties/pt"));
    }

    #[test]
    fn operators_read_no_internal_texts() {
        let operator = Rights::of([Grant::everywhere(Role::Operator)]);
        assert!(!operator.reads_everything());
        assert!(operator.reads_in().is_empty());
        let reader = Rights::of([Grant {
            dialogue: Some("dialogues/rabat".into()),
            ..Grant::everywhere(Role::FocalPoint)
        }]);
        assert!(!reader.reads_everything());
        assert_eq!(reader.reads_in(), ["dialogues/rabat"]);
        assert!(Rights::of([Grant::everywhere(Role::Auditor)]).reads_everything());
        assert_eq!(Rights::of([]), Rights::None);
    }
}
