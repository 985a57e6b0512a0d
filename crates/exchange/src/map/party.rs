//! Who is meant by a name: asked of the caller, who knows the record.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::map::text::fold;

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is this party: its resource name, `parties/pt`.
    Party(String),
    /// It is this organisation, of which there is no record yet.
    Organisation {
        /// Its acronym; may be empty.
        acronym: String,
        /// What it is called in full.
        title: String,
    },
    /// It could be several, or is like some: their resource names or titles, the likeliest first.
    Perhaps(Vec<String>),
    /// Nobody is called so.
    Unknown,
}

/// Finds the party of a name in any language or spelling, or of an ISO 3166-1 code.
pub trait Parties {
    /// Who is called so. Must give the same answer to the same name for the whole of an import.
    fn resolve(&self, name: &str) -> Answer;
}

/// Answers that were given before: finding out who is meant can be slow, and a file names the same few again and again.
pub(super) struct Remembered<'p> {
    parties: &'p dyn Parties,
    answers: RefCell<HashMap<String, Answer>>,
}

/// Most answers that are remembered.
const REMEMBERED: usize = 50_000;

impl<'p> Remembered<'p> {
    pub(super) fn of(parties: &'p dyn Parties) -> Self {
        Self {
            parties,
            answers: RefCell::default(),
        }
    }
}

impl Parties for Remembered<'_> {
    fn resolve(&self, name: &str) -> Answer {
        if let Some(answer) = self.answers.borrow().get(name) {
            return answer.clone();
        }
        let answer = self.parties.resolve(name);
        let mut answers = self.answers.borrow_mut();
        if answers.len() < REMEMBERED {
            answers.insert(name.to_owned(), answer.clone());
        }
        answer
    }
}

/// Parties by a list of names: what differs only in case, accents, punctuation and spaces is the same.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// `None`: several are called so.
    by_name: HashMap<String, Option<String>>,
}

impl Names {
    /// Adds a name of a party.
    pub fn add(&mut self, name: &str, party: &str) {
        let entry = self.by_name.entry(fold(name));
        let kept = entry.or_insert_with(|| Some(party.to_owned()));
        if kept.as_deref() != Some(party) {
            *kept = None;
        }
    }
}

impl<N: AsRef<str>, P: AsRef<str>> FromIterator<(N, P)> for Names {
    /// Of pairs of a name and the resource name of its party.
    fn from_iter<I: IntoIterator<Item = (N, P)>>(pairs: I) -> Self {
        let mut names = Self::default();
        for (name, party) in pairs {
            names.add(name.as_ref(), party.as_ref());
        }
        names
    }
}

impl Parties for Names {
    fn resolve(&self, name: &str) -> Answer {
        match self.by_name.get(&fold(name)) {
            Some(Some(party)) => Answer::Party(party.clone()),
            Some(None) => Answer::Perhaps(Vec::new()),
            None => Answer::Unknown,
        }
    }
}
