//! A mapping as its file says it (TOML). What each key means is told in the README of the crate.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::date::{Order, Precision};
use super::text::fold;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) formats: Vec<String>,
    #[serde(default)]
    pub(super) rows: Vec<String>,
    pub(super) sheet: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<char>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    pub(super) columns: BTreeMap<String, Vec<String>>,
    pub(super) group: Option<String>,
    pub(super) key: String,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) words: BTreeMap<String, Words>,
    pub(super) record: Vec<Record>,
}

/// Something that the caller says once for the whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) about: String,
    pub(super) default: Option<String>,
}

/// Their words and ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub(super) struct Words {
    /// As the mapping writes them.
    pub(super) words: BTreeMap<String, String>,
    folded: HashMap<String, String>,
}

impl From<BTreeMap<String, String>> for Words {
    fn from(words: BTreeMap<String, String>) -> Self {
        let folded = words
            .iter()
            .map(|(theirs, ours)| (fold(theirs), ours.clone()));
        Self {
            folded: folded.collect(),
            words,
        }
    }
}

impl Words {
    /// Our word for one of theirs; case, accents and punctuation do not count.
    pub(super) fn ours(&self, theirs: &str) -> Option<String> {
        let exact = self.words.get(theirs.trim());
        exact.or_else(|| self.folded.get(&fold(theirs))).cloned()
    }
}

/// A record that is made of each row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) shared: bool,
    #[serde(default)]
    pub(super) when: Vec<When>,
    #[serde(default)]
    pub(super) fields: toml::Table,
}

/// A condition: the text is one of some, none of some, or is there at all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    pub(super) text: String,
    pub(super) is: Option<Vec<String>>,
    pub(super) not: Option<Vec<String>>,
}

/// What comes of a column.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Column {
    pub(super) from: Option<OneOrMore>,
    pub(super) template: Option<String>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) after: Option<String>,
    pub(super) before: Option<OneOrMore>,
    pub(super) split: Option<OneOrMore>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    pub(super) trim: Option<String>,
    #[serde(default)]
    pub(super) none: Vec<String>,
    #[serde(default)]
    pub(super) skip: usize,
    pub(super) take: Option<usize>,
    #[serde(default)]
    pub(super) prefix: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) holds: Vec<(String, String)>,
    pub(super) words: Option<String>,
    pub(super) otherwise: Option<Otherwise>,
    pub(super) party: Option<Party>,
    pub(super) date: Option<Date>,
    pub(super) each: Option<String>,
    #[serde(default)]
    pub(super) slug: bool,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// What becomes of a word that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Otherwise {
    /// The row is refused.
    #[default]
    Refuse,
    /// It is taken as it is.
    Keep,
    /// It is left out.
    None,
}

/// How a name becomes a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Party {
    /// One that the caller knows.
    Known,
    /// One that the caller knows, else an organisation of that name, which is recorded with the row.
    KnownOrOrganisation,
    /// An organisation of that name, which is recorded with the row.
    Organisation,
}

/// How dates of the column are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Date {
    Plain(bool),
    Form(DateForm),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DateForm {
    pub(super) order: Option<Order>,
    #[serde(default)]
    pub(super) precision: Precision,
    /// A template that gives an IANA name.
    pub(super) zone: Option<String>,
    #[serde(default)]
    pub(super) end: bool,
    pub(super) basis: Option<String>,
}
