//! How alike two texts are.

use super::vocabulary::{CONCEPT, Term, Vocabulary, common, unique};

/// What the order of words counts, of 1.
const ORDER: f32 = 0.15;
/// What it counts, of 1, that one text is contained in the other.
const CONTAINED: f32 = 0.15;
/// Words less alike than this are different words.
const LEAST_ALIKE: f32 = 0.5;
/// Against the same word, what one counts that is written alike.
const WRITTEN_ALIKE: f32 = 0.8;
/// More words that have no partner than this are not paired by their letters.
const MAX_PAIRED: usize = 48;

/// How alike two texts are, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// From 0, nothing in common, to 1, the same words in the same order; the same in both directions.
    pub score: f32,
    /// The share of the first text that the second has too, by weight.
    pub of_first: f32,
    /// The share of the second text that the first has too, by weight.
    pub of_second: f32,
    /// What they have in common, the weightiest first.
    pub shared: Vec<Shared>,
}

/// A word (without its ending) or a concept that two texts have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The word, or a name of the concept.
    pub text: String,
    /// Whether it is a concept, which the texts may name by different words.
    pub is_concept: bool,
    /// Its share of all that they have in common, from 0 to 1.
    pub weight: f32,
}

/// Compares texts, knowing how rare words are.
#[derive(Clone, Debug, Default)]
pub struct Likeness {
    vocabulary: Vocabulary,
}

impl Likeness {
    /// Takes note of the words of a text, so that rare ones weigh more.
    pub fn learn(&mut self, text: &str, language: &str) {
        let terms = self.vocabulary.terms(text, language);
        self.vocabulary.count(&unique(&terms), true);
    }

    /// Compares two texts, each with its language (ISO 639-1, "" for none).
    pub fn compare(&self, a: (&str, &str), b: (&str, &str)) -> Alike {
        self.vocabulary.compare(a, b)
    }
}

impl Vocabulary {
    /// Compares two texts, each with its language.
    pub(super) fn compare(
        &self,
        (a, a_language): (&str, &str),
        (b, b_language): (&str, &str),
    ) -> Alike {
        let mut unknown = Vec::new();
        let a = self.terms_of(a, a_language, &mut unknown);
        let b = self.terms_of(b, b_language, &mut unknown);
        compare(self, &Print::new(&a), &Print::new(&b), &unknown).explain(self, &unknown)
    }
}

/// A text, ready to be compared.
#[derive(Debug)]
pub(super) struct Print {
    /// Different terms, in order.
    pub(super) unique: Vec<Term>,
    /// Pairs of neighbouring words, in order.
    pairs: Vec<u64>,
}

impl Print {
    pub(super) fn new(terms: &[Term]) -> Self {
        let words: Vec<Term> = terms
            .iter()
            .copied()
            .filter(|term| term & CONCEPT == 0)
            .collect();
        let mut pairs: Vec<u64> = words
            .windows(2)
            .map(|pair| u64::from(pair[0]) << 32 | u64::from(pair[1]))
            .collect();
        pairs.sort_unstable();
        Self {
            unique: unique(terms),
            pairs,
        }
    }
}

/// What a comparison came to, before words are put to it.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) score: f32,
    of_first: f32,
    of_second: f32,
    shared: Vec<(Term, f32)>,
}

impl Compared {
    pub(super) fn explain(self, vocabulary: &Vocabulary, unknown: &[String]) -> Alike {
        let all: f32 = self.shared.iter().map(|(_, weight)| weight).sum();
        let mut shared: Vec<Shared> = self
            .shared
            .into_iter()
            .map(|(term, weight)| Shared {
                text: vocabulary.name(term, unknown).to_owned(),
                is_concept: term & CONCEPT != 0,
                weight: weight / all.max(f32::MIN_POSITIVE),
            })
            .collect();
        shared.sort_by(|a, b| {
            b.weight
                .total_cmp(&a.weight)
                .then_with(|| a.text.cmp(&b.text))
        });
        Alike {
            score: self.score,
            of_first: self.of_first,
            of_second: self.of_second,
            shared,
        }
    }
}

/// Compares two texts.
pub(super) fn compare(
    vocabulary: &Vocabulary,
    a: &Print,
    b: &Print,
    unknown: &[String],
) -> Compared {
    let mut shared = Vec::new();
    let (mut only_a, mut only_b) = (Vec::new(), Vec::new());
    let (mut here, mut there) = (0, 0);
    let (mut mass_a, mut mass_b) = (0.0, 0.0);
    loop {
        let (one, other) = (a.unique.get(here), b.unique.get(there));
        let next = match (one, other) {
            (None, None) => break,
            (Some(one), Some(other)) => (*one).min(*other),
            (Some(one), None) => *one,
            (None, Some(other)) => *other,
        };
        let weight = vocabulary.weight(next);
        let (in_a, in_b) = (one == Some(&next), other == Some(&next));
        if in_a {
            here += 1;
            mass_a += weight;
        }
        if in_b {
            there += 1;
            mass_b += weight;
        }
        match (in_a, in_b) {
            (true, true) => shared.push((next, weight)),
            (true, false) => only_a.push((next, weight)),
            _ => only_b.push((next, weight)),
        }
    }
    let both: f32 = shared.iter().map(|(_, weight)| weight).sum();
    let nearly = written_alike(vocabulary, &only_a, &only_b, unknown, &mut shared);
    let both = both + nearly;
    if both <= 0.0 {
        return Compared {
            score: 0.0,
            of_first: 0.0,
            of_second: 0.0,
            shared,
        };
    }
    let (of_first, of_second) = ((both / mass_a).min(1.0), (both / mass_b).min(1.0));
    let dice = (2.0 * both / (mass_a + mass_b)).min(1.0);
    let order = match a.pairs.len() + b.pairs.len() {
        0 => dice,
        all => 2.0 * common(&a.pairs, &b.pairs) as f32 / all as f32,
    };
    let score =
        (1.0 - ORDER - CONTAINED) * dice + ORDER * order + CONTAINED * of_first.max(of_second);
    Compared {
        score,
        of_first,
        of_second,
        shared,
    }
}

/// The share of a text's weight that another has to have too if their score is to be `least`: the order is the
/// same, one contains the other, and the other is nothing but what they share.
pub(super) fn least_shared(least: f32) -> f32 {
    let dice = ((least - ORDER - CONTAINED) / (1.0 - ORDER - CONTAINED)).clamp(0.0, 1.0);
    dice / (2.0 - dice)
}

/// Pairs words that only one of the texts has with ones of the other that are written nearly alike, the most
/// alike first; what that is worth.
fn written_alike(
    vocabulary: &Vocabulary,
    only_a: &[(Term, f32)],
    only_b: &[(Term, f32)],
    unknown: &[String],
    shared: &mut Vec<(Term, f32)>,
) -> f32 {
    if only_a.len() > MAX_PAIRED || only_b.len() > MAX_PAIRED {
        return 0.0;
    }
    let mut pairs = Vec::new();
    for (place_a, (a, weight_a)) in only_a.iter().enumerate() {
        for (place_b, (b, weight_b)) in only_b.iter().enumerate() {
            let alike = vocabulary.written_alike(*a, *b, unknown);
            if alike >= LEAST_ALIKE {
                pairs.push((alike, place_a, place_b, weight_a.min(*weight_b)));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_a, mut used_b) = (vec![false; only_a.len()], vec![false; only_b.len()]);
    let mut worth = 0.0;
    for (alike, a, b, weight) in pairs {
        if !used_a[a] && !used_b[b] {
            (used_a[a], used_b[b]) = (true, true);
            let weight = WRITTEN_ALIKE * alike * weight;
            shared.push((only_a[a].0, weight));
            worth += weight;
        }
    }
    worth
}
