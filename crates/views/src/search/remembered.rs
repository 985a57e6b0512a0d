//! Records as they were read to be put in order. Few records are the best answers to most questions; to find them in the
//! model, and all their words in them, takes longer than to compare these with a question.
//!
//! What is remembered of a record is forgotten when it changes, before it is indexed again: it is only ever read while
//! the model is held, so nothing that was read before a change is remembered after it.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rapporteur_search::analysis::reading::{Key, Keys, Reading, Readings};
use rapporteur_search::index::record_of;
use rapporteur_search::rank::Text;

use super::lens::Lens;
use super::thing::{Findable, Words};
use crate::model::Model;

/// Most bytes that are remembered of records: some 100,000 of a few lines.
const BYTES: u64 = 128 << 20;
/// What is remembered of a record takes this many bytes beside its words.
const BESIDE: u64 = 128;
/// Records of this many bytes are expected; how the room is divided depends on it.
const TYPICAL: u64 = 1_000;

/// The documents of a record, each with its texts.
#[derive(Debug, Default)]
struct Documents(Vec<(String, Vec<Text>)>);

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Arc<Documents>> for Weight {
    fn weight(&self, _: &Key, documents: &Arc<Documents>) -> u64 {
        let texts = documents.0.iter().flat_map(|(_, texts)| texts);
        BESIDE + texts.map(|text| text.reading.bytes()).sum::<u64>()
    }
}

/// What is remembered.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// Texts in which words were marked, by their letters.
    pub(crate) readings: Readings,
    /// By their names, and whether they are seen from inside.
    records: Cache<Key, Arc<Documents>, Weight>,
    keys: Keys,
}

impl Default for Remembered {
    fn default() -> Self {
        let expected = usize::try_from(BYTES / TYPICAL).unwrap_or(usize::MAX);
        Self {
            readings: Readings::default(),
            records: Cache::with_weighter(expected, BYTES, Weight),
            keys: Keys::default(),
        }
    }
}

impl Remembered {
    /// Shows the texts of a document, as they are from inside or for everybody; none of what is hidden so.
    pub(crate) fn texts<T>(
        &self,
        model: &Model,
        name: &str,
        is_inside: bool,
        show: impl FnOnce(&[Text]) -> T,
    ) -> T {
        let documents = self.of(model, record_of(name), is_inside);
        let own = documents.0.iter().find(|(known, _)| known == name);
        show(own.map_or(&[], |(_, texts)| texts))
    }

    fn of(&self, model: &Model, record: &str, is_inside: bool) -> Arc<Documents> {
        let key = self.keys.of((record, is_inside));
        if let Some(there) = self.records.get(&key) {
            return there;
        }
        let Some(one) = Findable::of(model, record).filter(|one| is_inside || !one.is_internal())
        else {
            return Arc::default();
        };
        let lens = if is_inside {
            Lens::inside(model, record)
        } else {
            Lens::public(model)
        };
        let all = one
            .things(lens.for_words(), record)
            .into_iter()
            .map(|thing| {
                let text = |words: &Words<'_>| Text {
                    reading: Arc::new(Reading::of(&words.text, words.language)),
                    is_title: words.is_title,
                };
                let texts = thing.words.iter().map(text).collect();
                (thing.name.into_owned(), texts)
            });
        let documents = Arc::new(Documents(all.collect()));
        self.records.insert(key, documents.clone());
        documents
    }

    /// Forgets what was read of a record.
    pub(super) fn forget(&self, record: &str) {
        for is_inside in [false, true] {
            self.records.remove(&self.keys.of((record, is_inside)));
        }
    }

    /// Forgets what was read of all records.
    pub(super) fn forget_all(&self) {
        self.records.clear();
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::r#type::v1::Visibility;

    use super::*;
    use crate::sample::{self, Put as _};

    fn words(remembered: &Remembered, model: &Model, name: &str, is_inside: bool) -> usize {
        remembered.texts(model, name, is_inside, |texts| texts.len())
    }

    #[test]
    fn a_record_is_remembered_until_it_is_forgotten() {
        let remembered = Remembered::default();
        let mut model = Model::default();
        let mut one = sample::recommendation("rabat", "r1", "");
        one.citation = String::new();
        model.put(one.clone());
        let name = one.name.clone();
        let before = words(&remembered, &model, &name, false);
        one.citation = "A/RES/74/19".into();
        model.put(one.clone());
        assert_eq!(words(&remembered, &model, &name, false), before);
        remembered.forget(&name);
        assert_eq!(words(&remembered, &model, &name, false), before + 1);
        one.citation = String::new();
        model.put(one.clone());
        remembered.forget_all();
        assert_eq!(words(&remembered, &model, &name, false), before);
    }

    #[test]
    fn what_is_internal_is_read_from_inside_alone() {
        let remembered = Remembered::default();
        let mut model = Model::default();
        let mut one = sample::recommendation("rabat", "r1", "");
        one.visibility = Visibility::Internal.into();
        model.put(one.clone());
        assert_eq!(words(&remembered, &model, &one.name, false), 0);
        assert!(words(&remembered, &model, &one.name, true) > 0);
        assert_eq!(words(&remembered, &model, &one.name, false), 0);
        assert_eq!(
            words(&remembered, &model, "dialogues/rabat/events/none", true),
            0
        );
    }
}
