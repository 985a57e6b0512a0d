//! What the index holds of one thing that can be found.

use crate::analysis::VERSION;

/// Words in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// BCP 47; `und` when nobody knows.
    pub language: String,
    /// The words.
    pub words: String,
    /// Whether they are what the thing is called.
    pub is_title: bool,
}

/// One thing that can be found. All documents of one record are put and taken away together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What is found: the record, or `record#part`. Ties are broken by it.
    pub name: String,
    /// Its words.
    pub texts: Vec<Text>,
    /// Values of keyword fields, each value of a field once.
    pub keywords: Vec<(&'static str, String)>,
    /// Its day, in days since 1970-01-01.
    pub day: Option<i64>,
}

impl Document {
    /// Adds a value of a keyword field, unless it has it or there is nothing to add.
    pub fn keyword(&mut self, field: &'static str, value: impl Into<String>) {
        let value = value.into();
        let has = |(f, v): &(&str, String)| *f == field && *v == value;
        if !value.is_empty() && !self.keywords.iter().any(has) {
            self.keywords.push((field, value));
        }
    }

    /// Adds words, if there are any.
    pub fn text(&mut self, language: &str, words: &str, is_title: bool) {
        if !words.trim().is_empty() {
            self.texts.push(Text {
                language: language.to_owned(),
                words: words.to_owned(),
                is_title,
            });
        }
    }
}

/// A number that changes when anything in the documents of a record does, or how they are analysed.
pub fn digest(documents: &[Document]) -> u64 {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes())
            .update(bytes);
    };
    part(&VERSION.to_le_bytes());
    for one in documents {
        part(one.name.as_bytes());
        part(&one.day.unwrap_or(i64::MIN).to_le_bytes());
        part(&(one.texts.len() as u64).to_le_bytes());
        for text in &one.texts {
            part(text.language.as_bytes());
            part(text.words.as_bytes());
            part(&[u8::from(text.is_title)]);
        }
        part(&(one.keywords.len() as u64).to_le_bytes());
        for (field, value) in &one.keywords {
            part(field.as_bytes());
            part(value.as_bytes());
        }
    }
    let mut first = [0; 8];
    hash.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_added_once_and_an_empty_one_never() {
        let mut one = Document::default();
        for value in ["a", "b", "a", ""] {
            one.keyword("theme", value);
        }
        one.keyword("party", "a");
        assert_eq!(one.keywords.len(), 3);
        one.text("en", "  ", true);
        assert!(one.texts.is_empty());
    }

    #[test]
    fn the_digest_tells_every_part_apart() {
        let base = Document {
            name: "a".into(),
            ..Document::default()
        };
        let mut others = vec![vec![], vec![base.clone()], vec![base.clone(), base.clone()]];
        let mut change = |f: &dyn Fn(&mut Document)| {
            let mut one = base.clone();
            f(&mut one);
            others.push(vec![one]);
        };
        change(&|one| one.day = Some(0));
        change(&|one| one.text("en", "x", false));
        change(&|one| one.text("en", "x", true));
        change(&|one| one.text("fr", "x", true));
        change(&|one| one.keyword("en", "x"));
        change(&|one| {
            one.keyword("en", "x");
            one.keyword("fr", "x");
        });
        let mut digests: Vec<u64> = others.iter().map(|one| digest(one)).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len());
    }
}
