//! The classes, and what the words of a text say for each.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::analysis::{self, Analysis};
use crate::rank::concepts;
use crate::similar::vocabulary::{CONCEPT, Term, Vocabulary, unique};

/// How soon a word that is repeated counts no more, and how much longer texts are held back (BM25).
const K1: f32 = 1.2;
const B: f32 = 0.5;
/// How often a word of a title counts.
const TITLE: f32 = 1.5;
/// How often a word of a class counts for the one above it.
const BELOW: f32 = 0.8;
/// What the words of a text weigh, beside its concepts, for a class that says nothing in their language.
const FOREIGN: f32 = 0.4;
/// No tree of classes is deeper; and whoever made a circle is not followed for ever.
const DEPTH: usize = 16;
/// Names with more words are texts.
const NAME_WORDS: usize = 6;

/// What texts may belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class<K> {
    /// Its key.
    pub key: K,
    /// The scheme that it is of, such as a plan: the classes of one scheme stand against each other.
    pub scheme: String,
    /// The class that it is part of; a text of this class is one of that class too.
    pub above: Option<K>,
    /// Its titles with their languages (ISO 639-1, "" for none).
    pub titles: Vec<(String, String)>,
    /// What else it says of itself.
    pub texts: Vec<(String, String)>,
    /// Other names and hashtags, of no language.
    pub names: Vec<String>,
}

/// One class in one language: how often it has each word.
#[derive(Clone, Debug)]
struct Page {
    class: usize,
    /// ISO 639-1; "" for none.
    language: String,
    length: f32,
}

/// A name, as the stems of its words.
#[derive(Clone, Debug)]
struct Name {
    class: usize,
    written: String,
    words: Vec<String>,
}

/// What the words of a text say for a class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The share of the text's weight that the class has too, from 0 to 1.
    pub covered: f32,
    /// The words in common, without their endings, and concepts by a name of theirs; each with its share of all that
    /// is in common, the weightiest first.
    pub shared: Vec<(String, f32)>,
    /// The name of the class that stands in the text.
    pub named: Option<String>,
}

/// Many classes.
#[derive(Clone, Debug)]
pub struct Classes<K> {
    keys: Vec<K>,
    places: HashMap<K, usize>,
    above: Vec<Option<usize>>,
    schemes: Vec<usize>,
    vocabulary: Vocabulary,
    pages: Vec<Page>,
    average: f32,
    /// By term the pages that have it, and how often.
    rows: HashMap<Term, Vec<(u32, f32)>>,
    /// Names by language and first word.
    names: HashMap<(&'static str, String), Vec<Name>>,
    /// By concept the classes that are called by it, in whatever language.
    concepts: HashMap<usize, Vec<usize>>,
}

impl<K: Clone + Eq + Hash + Ord> Classes<K> {
    /// Of these. A class above that is not among them is passed over.
    pub fn new(classes: &[Class<K>]) -> Self {
        let places: HashMap<K, usize> = classes
            .iter()
            .enumerate()
            .map(|(place, class)| (class.key.clone(), place))
            .collect();
        let above = classes
            .iter()
            .map(|class| places.get(class.above.as_ref()?).copied())
            .collect();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let schemes = classes
            .iter()
            .map(|class| {
                let next = numbers.len();
                *numbers.entry(&class.scheme).or_insert(next)
            })
            .collect();
        let mut made = Self {
            schemes,
            keys: classes.iter().map(|class| class.key.clone()).collect(),
            places,
            above,
            vocabulary: Vocabulary::default(),
            pages: Vec::new(),
            average: 1.0,
            rows: HashMap::new(),
            names: HashMap::new(),
            concepts: HashMap::new(),
        };
        let mut pages: BTreeMap<(usize, String), BTreeMap<Term, f32>> = BTreeMap::new();
        for (place, class) in classes.iter().enumerate() {
            made.read(place, class, &mut pages);
            for (title, language) in &class.titles {
                made.call(place, title, language);
            }
            for name in &class.names {
                made.call(place, name, "");
            }
        }
        made.lay_out(pages);
        made
    }

    /// Reads the words of a class onto its own pages and those of the classes above it.
    fn read(
        &mut self,
        place: usize,
        class: &Class<K>,
        pages: &mut BTreeMap<(usize, String), BTreeMap<Term, f32>>,
    ) {
        let titles = class.titles.iter().map(|title| (title, TITLE));
        let texts = class.texts.iter().map(|text| (text, 1.0));
        let mut own: BTreeMap<&str, Vec<Term>> = BTreeMap::new();
        for ((words, language), times) in titles.chain(texts) {
            let terms = self.vocabulary.terms(words, language);
            own.entry(language).or_default().extend(&terms);
            let mut worth = times;
            for at in self.upwards(place) {
                let page = pages.entry((at, language.clone())).or_default();
                for term in &terms {
                    *page.entry(*term).or_default() += worth;
                }
                worth *= BELOW;
            }
        }
        for terms in own.values() {
            self.vocabulary.count(&unique(terms), true);
        }
    }

    fn lay_out(&mut self, pages: BTreeMap<(usize, String), BTreeMap<Term, f32>>) {
        for ((class, language), words) in pages {
            let number = self.pages.len() as u32;
            let length = words.values().sum();
            self.pages.push(Page {
                class,
                language,
                length,
            });
            for (term, times) in words {
                self.rows.entry(term).or_default().push((number, times));
            }
        }
        let all: f32 = self.pages.iter().map(|page| page.length).sum();
        self.average = (all / self.pages.len().max(1) as f32).max(1.0);
    }

    /// Takes down a name of a class.
    fn call(&mut self, class: usize, written: &str, language: &str) {
        let analysis = Analysis::of(language);
        let read = analysis.words(written);
        for concept in concepts::exactly(&read, analysis.language()) {
            self.concepts.entry(*concept).or_default().push(class);
        }
        let words = content(analysis, written);
        if let (Some(first), true) = (words.first(), words.len() <= NAME_WORDS) {
            let key = (analysis.language(), first.clone());
            self.names.entry(key).or_default().push(Name {
                class,
                written: written.trim_start_matches('#').to_owned(),
                words,
            });
        }
    }

    /// The class at a place and those above it, itself first.
    fn upwards(&self, place: usize) -> Vec<usize> {
        let mut all = vec![place];
        let mut at = place;
        while let Some(above) = self.above[at].filter(|_| all.len() < DEPTH) {
            if all.contains(&above) {
                break;
            }
            all.push(above);
            at = above;
        }
        all
    }

    /// A class and those above it, as far as they are known.
    pub(super) fn with_those_above(&self, key: &K) -> Vec<usize> {
        self.places
            .get(key)
            .map_or_else(Vec::new, |place| self.upwards(*place))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The number of the scheme of a class.
    pub(super) fn scheme(&self, place: usize) -> usize {
        self.schemes[place]
    }

    pub(super) fn same_scheme(&self, a: usize, b: usize) -> bool {
        self.schemes[a] == self.schemes[b]
    }

    /// Whether a class is somewhere above another.
    pub(super) fn is_above(&self, above: usize, below: usize) -> bool {
        let mut at = self.above[below];
        for _ in 0..DEPTH {
            match at {
                Some(place) if place == above => return true,
                Some(place) => at = self.above[place],
                None => return false,
            }
        }
        false
    }

    pub(super) fn key(&self, place: usize) -> &K {
        &self.keys[place]
    }

    /// What the words of a text in a language (BCP 47, "" for none) say for each class.
    pub fn said(&self, text: &str, language: &str) -> Vec<Said> {
        let mut unknown = Vec::new();
        let language = analysis::primary(language);
        let mut terms = unique(&self.vocabulary.terms_of(text, &language, &mut unknown));
        terms.retain(|term| !self.vocabulary.is_stop(*term));
        let (mut words, mut concepts) = (0.0, f32::MIN_POSITIVE);
        for term in &terms {
            let mass = if term & CONCEPT == 0 {
                &mut words
            } else {
                &mut concepts
            };
            *mass += self.vocabulary.weight(*term);
        }
        let mut pages: Vec<(f32, Vec<(Term, f32)>)> = vec![Default::default(); self.pages.len()];
        for term in terms {
            let weight = self.vocabulary.weight(term);
            for (page, times) in self.rows.get(&term).into_iter().flatten() {
                let length = self.pages[*page as usize].length / self.average;
                let often = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
                let (sum, shared) = &mut pages[*page as usize];
                *sum += weight * often;
                shared.push((term, weight * often));
            }
        }
        let mut said = vec![Said::default(); self.keys.len()];
        for (page, (sum, shared)) in self.pages.iter().zip(pages) {
            let share = if page.language == language {
                1.0
            } else {
                FOREIGN
            };
            let mass = concepts + share * words;
            let covered = (sum / (mass * (K1 + 1.0))).min(1.0);
            let one = &mut said[page.class];
            // The language in which the class is the most like the text.
            if covered > one.covered {
                one.covered = covered;
                one.shared = self.explain(shared, &unknown);
            }
        }
        self.find_names(text, &language, &mut said);
        said
    }

    fn explain(&self, mut shared: Vec<(Term, f32)>, unknown: &[String]) -> Vec<(String, f32)> {
        let all: f32 = shared.iter().map(|(_, weight)| weight).sum();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let word = |(term, weight): (Term, f32)| {
            let name = self.vocabulary.name(term, unknown).to_owned();
            (name, weight / all.max(f32::MIN_POSITIVE))
        };
        // A concept beside its own words says nothing more to a reader.
        let mut words: Vec<(String, f32)> = Vec::new();
        for (term, weight) in shared {
            let (name, weight) = word((term, weight));
            let told = term & CONCEPT != 0 && words.iter().any(|(known, _)| name.contains(known));
            if !told {
                words.push((name, weight));
            }
        }
        words
    }

    fn find_names(&self, text: &str, language: &str, said: &mut [Said]) {
        for concept in concepts::named(&Analysis::of(language).words(text), language) {
            for class in self.concepts.get(&concept).into_iter().flatten() {
                said[*class].named = Some(concepts::name(concept).to_owned());
            }
        }
        // Names of no language are looked for in any.
        for language in [language, ""] {
            let analysis = Analysis::of(language);
            let words = content(analysis, text);
            for from in 0..words.len() {
                let key = (analysis.language(), words[from].clone());
                for name in self.names.get(&key).into_iter().flatten() {
                    let there = words[from..].starts_with(&name.words);
                    let one = &mut said[name.class].named;
                    let longer = |known: &String| known.len() < name.written.len();
                    if there && one.as_ref().is_none_or(longer) {
                        *one = Some(name.written.clone());
                    }
                }
            }
        }
    }
}

/// The stems of the words that say something; hashtags are read as their parts.
fn content(analysis: Analysis, text: &str) -> Vec<String> {
    let says = |word: &analysis::Word| {
        !word.whole && !analysis::stop_word(analysis.language(), &word.folded)
    };
    let words = analysis.words(text).into_iter();
    words.filter(says).map(|word| word.stem).collect()
}
