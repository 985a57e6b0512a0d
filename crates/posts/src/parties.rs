//! Names to parties: what the caller knows of them, and a small knowledge of our own.

pub use crate::words::folded;
use crate::words::{organisations, states};

/// A party that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its id in the record: `pt`.
    pub id: String,
    /// Its name in English.
    pub title: String,
    /// Code of the state, ISO 3166-1 alpha-2; empty for organisations.
    pub country: String,
    /// Whether the record has it. One that it has not is proposed beside the role that needs it.
    pub recorded: bool,
}

/// The name of a state by its code, ISO 3166-1 alpha-2 of either case, in French or in English (Unicode CLDR).
pub fn state_name(code: &str, french: bool) -> Option<&'static str> {
    states::name(code, french)
}

/// Who knows parties by their names.
pub trait Parties {
    /// The party of this very name, in any language; none when unsure.
    fn find(&self, name: &str) -> Option<Party>;
}

/// The states of ISO 3166-1 in English and French, and the organisations that every dialogue meets.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIn;

impl Parties for BuiltIn {
    fn find(&self, name: &str) -> Option<Party> {
        if let Some((code, title)) = states::find(name) {
            return Some(Party {
                id: code.to_owned(),
                title: title.to_owned(),
                country: code.to_ascii_uppercase(),
                recorded: false,
            });
        }
        let (id, title) = organisations::find(name)?;
        Some(Party {
            id: id.to_owned(),
            title: title.to_owned(),
            country: String::new(),
            recorded: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_organisations_by_their_very_names() {
        let id = |name| BuiltIn.find(name).map(|party| party.id);
        assert_eq!(id("Portugal").as_deref(), Some("pt"));
        assert_eq!(id("OIM").as_deref(), Some("iom"));
        assert_eq!(id("Union africaine").as_deref(), Some("au"));
        assert_eq!(id("Marta Feio"), None);
        assert_eq!(BuiltIn.find("Sénégal").unwrap().country, "SN");
    }
}
