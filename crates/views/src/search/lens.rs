//! What the readers of one version of a document see: everything that is public, and, inside, what is internal to
//! the dialogue of the record. What is internal to another dialogue is in no version, so that one document does
//! for all who work in a dialogue, whatever else they may see.

use rapporteur_proto::Record;
use rapporteur_proto::events::v1::Event;
use rapporteur_proto::recommendations::v1::{Addressee, Commitment, Instrument, Recommendation};
use rapporteur_records::name::parent_of;
use rapporteur_records::{Sight, sight};
use rapporteur_search::{Document, Filter};

use super::field::SEEN;
use crate::model::{Model, Table, below};
use crate::scope::dialogue_of;

const BOTH: &str = "both";
const PUBLIC: &str = "public";
const INSIDE: &str = "inside";
/// The versions that everybody sees, and those that whoever sees everything does: one value each, since a search asks
/// for it of nearly every document.
const OPEN: &str = "open";
const FULL: &str = "full";

/// The records that the readers of a version see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens<'m> {
    pub(crate) model: &'m Model,
    /// The dialogue that is seen from inside.
    inside: Option<&'m str>,
    /// Whether nothing is looked up but words.
    pub(crate) only_words: bool,
}

impl<'m> Lens<'m> {
    /// What everybody sees.
    pub(crate) fn public(model: &'m Model) -> Self {
        Self {
            model,
            inside: None,
            only_words: false,
        }
    }

    /// What those see who work in the dialogue of the record with this name.
    pub(crate) fn inside(model: &'m Model, name: &'m str) -> Self {
        Self {
            model,
            inside: Some(dialogue_of(name)),
            only_words: false,
        }
    }

    /// The same for who wants to read only: what a record is filtered and counted by may be left out.
    pub(crate) fn for_words(self) -> Self {
        Self {
            only_words: true,
            ..self
        }
    }

    fn find<T: Record>(&self, table: &'m Table<T>, name: &str) -> Option<&'m T> {
        let one = table.get(name)?;
        (self.inside == Some(dialogue_of(name)) || !is_internal(one)).then_some(one)
    }

    pub(crate) fn event(&self, name: &str) -> Option<&'m Event> {
        self.find(&self.model.events, name)
    }

    pub(crate) fn instrument(&self, name: &str) -> Option<&'m Instrument> {
        self.find(&self.model.instruments, name)
    }

    pub(crate) fn recommendation(&self, name: &str) -> Option<&'m Recommendation> {
        self.find(&self.model.recommendations, name)
    }

    pub(crate) fn commitment(&self, name: &str) -> Option<&'m Commitment> {
        self.find(&self.model.commitments, name)
    }

    /// An addressee is seen where its recommendation is.
    pub(crate) fn addressee(&self, name: &str) -> Option<&'m Addressee> {
        self.recommendation(parent_of(name))?;
        self.model.addressees.get(name)
    }

    /// The addressees of a recommendation that is seen.
    pub(crate) fn addressees(&self, recommendation: &str) -> impl Iterator<Item = &'m Addressee> {
        below(&self.model.addressees, format!("{recommendation}/")).map(|(_, one)| one)
    }
}

/// Whether a record is, by itself, for those who work on it only.
pub(crate) fn is_internal<T: Record>(one: &T) -> bool {
    T::VISIBILITY != 0 && sight::is_inner(one)
}

/// The documents of a record for all readers, from what a lens shows of it.
pub(crate) fn versions(
    model: &Model,
    name: &str,
    internal: bool,
    documents: impl Fn(Lens<'_>) -> Vec<Document>,
) -> Vec<Document> {
    let home = dialogue_of(name);
    let seen_by = |mut all: Vec<Document>, version: &str| {
        for one in &mut all {
            one.keyword(SEEN, version);
            if version != INSIDE {
                one.keyword(SEEN, OPEN);
            }
            if version != PUBLIC {
                one.keyword(SEEN, FULL);
            }
            if version != BOTH {
                one.keyword(SEEN, at(version, home));
            }
        }
        all
    };
    let inside = documents(Lens::inside(model, name));
    if internal {
        return seen_by(inside, INSIDE);
    }
    let public = documents(Lens::public(model));
    if public == inside {
        return seen_by(public, BOTH);
    }
    [seen_by(public, PUBLIC), seen_by(inside, INSIDE)].concat()
}

/// A version of the documents of one dialogue.
fn at(version: &str, dialogue: &str) -> String {
    format!("{version}@{dialogue}")
}

/// The lens through which a reader sees a record, unless it is hidden from them.
pub(crate) fn lens<'m>(
    model: &'m Model,
    name: &'m str,
    internal: bool,
    sight: &Sight,
) -> Option<Lens<'m>> {
    if sight.sees_inside(name) {
        Some(Lens::inside(model, name))
    } else {
        (!internal).then(|| Lens::public(model))
    }
}

/// The documents that a reader sees: of each record one version at most.
pub(crate) fn seen(sight: &Sight) -> Filter {
    let is = |value: &str| Filter::Is(SEEN, value.to_owned());
    match sight {
        Sight::Public => is(OPEN),
        Sight::Everything => is(FULL),
        Sight::Dialogues(own) => {
            let of = |version: &'static str| {
                Filter::one_of(SEEN, own.iter().map(|dialogue| at(version, dialogue)))
            };
            let elsewhere = Filter::All(vec![is(PUBLIC), Filter::Not(Box::new(of(PUBLIC)))]);
            Filter::Any(vec![is(BOTH), of(INSIDE), elsewhere])
        }
    }
}
