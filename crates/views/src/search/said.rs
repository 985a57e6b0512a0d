//! What has been said: the texts of recommendations, instruments' titles and commitments, compared with whatever is
//! about to be said.
//!
//! They are in memory, about as large as the texts themselves, and are made anew at each start while everything else
//! goes on; until then whoever asks is told to come again. The keeper of the index keeps them up with the same
//! changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::{Error, Result, Sight};
use rapporteur_search::analysis::guess;
use rapporteur_search::similar::{Match, Texts};

use super::after::After;
use super::lens::{is_internal, lens};
use super::thing::{UNDETERMINED, internal};
use crate::follow::Views;
use crate::model::Model;

/// Records that are taken over at a time; whoever asks waits so long at most.
const AT_A_TIME: usize = 40;

/// A text of a record in one language.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Said {
    /// The recommendation, instrument or commitment.
    pub name: Arc<str>,
    /// The language of the text as it is recorded (BCP 47, `und` where nobody said).
    pub language: Arc<str>,
    /// Whether the record is for those who work on it only.
    internal: bool,
}

impl Said {
    /// Whether a reader may know of it.
    pub fn is_seen(&self, sight: &Sight) -> bool {
        !self.internal || sight.sees_inside(&self.name)
    }
}

#[cfg(test)]
impl Said {
    pub(super) fn sample(name: &str) -> Self {
        Self {
            name: name.into(),
            language: "en".into(),
            internal: false,
        }
    }
}

/// What may have been said before.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Its language (BCP 47); empty when nobody knows, then it is guessed.
    pub language: String,
    /// The least likeness that counts, above 0 and at most 1.
    pub least: f32,
    /// Most records to find.
    pub limit: usize,
    /// Who asks.
    pub sight: Sight,
}

/// All texts, and whether they are all there.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    kept: RwLock<Kept>,
    whole: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) texts: Texts<Said>,
    records: HashMap<Arc<str>, Box<[Said]>>,
    languages: BTreeSet<Arc<str>>,
}

impl Sayings {
    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that everything is there, or no more.
    pub(super) fn set_whole(&self, whole: bool) {
        self.whole.store(whole, Ordering::Release);
    }

    fn is_whole(&self) -> Result<()> {
        if self.whole.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Error::Upstream {
            service: "search".to_owned(),
            description: "what has been said is being read; try again in a while".to_owned(),
        })
    }

    /// Asks all texts.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&Texts<Said>) -> T) -> Result<T> {
        self.is_whole()?;
        Ok(ask(&self.read().texts))
    }

    /// Takes over what these records say now.
    pub(super) fn take(&self, views: &Views, names: &[impl AsRef<str>]) {
        for names in names.chunks(AT_A_TIME) {
            // Before the model is read: whoever comes later has read it later, and is not undone.
            let mut kept = self.write();
            let said: Vec<_> = views.whole(|model| {
                let owned = |name: &str| said(model, name).map(owned);
                names.iter().map(|name| owned(name.as_ref())).collect()
            });
            for (name, said) in names.iter().zip(said) {
                kept.put(name.as_ref(), said);
            }
        }
    }

    /// Goes through all records, and forgets those that are no more.
    pub(super) fn pass(&self, views: &Views, stopped: impl Fn() -> bool) {
        let mut left: HashSet<Arc<str>> = self.read().records.keys().cloned().collect();
        let mut after = After::default();
        loop {
            let some = views.whole(|model| after.next(model));
            if some.is_empty() || stopped() {
                break;
            }
            self.take(views, &some);
            for name in &some {
                left.remove(name.as_str());
            }
        }
        if !stopped() {
            self.take(views, &left.into_iter().collect::<Vec<_>>());
        }
    }

    /// The texts that are like one, the most alike first; of each record that which is most like it.
    pub(super) fn alike(
        &self,
        views: &Views,
        draft: &Draft,
        except: impl Fn(&Said) -> bool,
    ) -> Result<Vec<Match<Said>>> {
        self.is_whole()?;
        let found = self.read().alike(draft, except);
        Ok(views.whole(|model| still_seen(model, found, draft)))
    }

    /// How many texts there are, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        let kept = self.read();
        let per_record = size_of::<(Arc<str>, Box<[Said]>)>() + 2 * size_of::<usize>();
        let names: usize = kept
            .records
            .iter()
            .map(|(name, said)| per_record + name.len() + size_of_val(&**said))
            .sum();
        (kept.texts.len(), kept.texts.bytes() + names)
    }
}

impl Kept {
    /// A few more than were asked for: some of them may not be shown any more.
    fn alike(&self, draft: &Draft, except: impl Fn(&Said) -> bool) -> Vec<Match<Said>> {
        let mut found = self.texts.similar(
            &draft.text,
            spoken(&draft.language, &draft.text),
            draft.least,
            // A record may come with several languages.
            draft.limit.saturating_mul(4),
            |said| !said.is_seen(&draft.sight) || except(said),
        );
        let mut seen = HashSet::new();
        found.retain(|one| seen.insert(one.key.name.clone()));
        found
    }

    fn put(&mut self, name: &str, texts: Option<Owned>) {
        let known = self.records.remove_entry(name);
        let (name, old) = match (known, &texts) {
            (Some((name, old)), _) => (name, old),
            (None, Some(_)) => (Arc::from(name), Box::default()),
            (None, None) => return,
        };
        let Owned { internal, texts } = texts.unwrap_or_default();
        let keys = texts.iter().map(|(language, _)| Said {
            name: name.clone(),
            language: self.language(language),
            internal,
        });
        let keys: Vec<Said> = keys.collect();
        for gone in old.iter().filter(|old| !keys.contains(old)) {
            self.texts.remove(gone);
        }
        for (key, (language, text)) in keys.iter().zip(&texts) {
            let language = spoken(language, text);
            if internal {
                self.texts.put_unheard(key.clone(), text, language);
            } else {
                self.texts.put(key.clone(), text, language);
            }
        }
        if !keys.is_empty() {
            self.records.insert(name, keys.into());
        }
    }

    fn language(&mut self, language: &str) -> Arc<str> {
        if let Some(known) = self.languages.get(language) {
            return known.clone();
        }
        let new: Arc<str> = language.into();
        self.languages.insert(new.clone());
        new
    }
}

/// What has become hidden, or is gone, since it was taken over is not shown.
fn still_seen(model: &Model, mut found: Vec<Match<Said>>, draft: &Draft) -> Vec<Match<Said>> {
    found.retain(|one| {
        let hidden = internal(model, &one.key.name);
        hidden.is_some_and(|hidden| lens(model, &one.key.name, hidden, &draft.sight).is_some())
    });
    found.truncate(draft.limit);
    found
}

/// What a record says, by language.
#[derive(Debug, Default)]
struct Owned {
    internal: bool,
    texts: Vec<(String, String)>,
}

fn owned((internal, said): (bool, &LocalizedText)) -> Owned {
    let some = said.by_language.iter().filter(|(_, text)| !text.is_empty());
    let texts = some.map(|(language, text)| (language.clone(), text.clone()));
    Owned {
        internal,
        texts: texts.collect(),
    }
}

/// The text by which a record says something that may be said again, and whether it is internal: a recommendation's
/// text, an instrument's title, a commitment's text or else its title.
pub(super) fn said<'m>(model: &'m Model, name: &str) -> Option<(bool, &'m LocalizedText)> {
    if let Some(one) = model.recommendations.get(name) {
        Some((is_internal(one), one.text.as_ref()?))
    } else if let Some(one) = model.instruments.get(name) {
        Some((is_internal(one), one.title.as_ref()?))
    } else {
        let one = model.commitments.get(name)?;
        let text = one
            .text
            .as_ref()
            .filter(|text| !text.by_language.is_empty());
        Some((is_internal(one), text.or(one.title.as_ref())?))
    }
}

/// The language of a text without its region; where nobody said, what it seems to be, or else English: of texts in
/// other languages its rules change little, and all texts of unknown language are read alike.
pub(super) fn spoken<'l>(language: &'l str, text: &str) -> &'l str {
    match language.split('-').next().unwrap_or_default() {
        UNDETERMINED | "" => guess(text).unwrap_or("en"),
        primary => primary,
    }
}

/// What is like a draft among all that a model says.
#[cfg(test)]
pub(super) fn alike_in(
    model: &Model,
    draft: &Draft,
    except: impl Fn(&Said) -> bool,
) -> Vec<Match<Said>> {
    let mut kept = Kept::default();
    let names = model.recommendations.keys().chain(model.instruments.keys());
    for name in names.chain(model.commitments.keys()) {
        kept.put(name, said(model, name).map(owned));
    }
    still_seen(model, kept.alike(draft, except), draft)
}

#[cfg(test)]
pub(super) mod tests;
