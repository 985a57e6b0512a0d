//! The rows of a bundle: what is shown, what may be filled in, what is hidden.

/// Columns, in their order. Those that begin with `#` are hidden.
pub(super) const COLUMNS: [&str; 17] = [
    "recommendation",
    "text",
    "addressed",
    "due",
    "answered so far",
    "done so far",
    ANSWER,
    WORD,
    ON,
    REMARK,
    REPORT,
    PROGRESS,
    KEY,
    VERSION,
    WAS_ANSWER,
    WAS_WORD,
    CHECK,
];

/// Supported, noted, ...
pub(super) const ANSWER: &str = "answer";
/// The answer in the ministry's own words.
pub(super) const WORD: &str = "answer in own words";
/// The day of the answer.
pub(super) const ON: &str = "day of the answer";
/// Why; kept with the answer.
pub(super) const REMARK: &str = "remark";
/// What was done: a new report.
pub(super) const REPORT: &str = "report";
/// How far it is, as the report says.
pub(super) const PROGRESS: &str = "progress";
/// Name of the addressee; of the last row, what the file is.
pub(super) const KEY: &str = "#key";
/// Its etag when the row was written; of the last row, the number of rows.
pub(super) const VERSION: &str = "#version";
/// The answer as it was written; of the last row, the party.
pub(super) const WAS_ANSWER: &str = "#answer";
/// The words as they were written; of the last row, the language and the id of the bundle.
pub(super) const WAS_WORD: &str = "#words";
/// Digest of the hidden columns; of the last row, of all rows.
pub(super) const CHECK: &str = "#check";

/// The key of the last row: what the file is, and in which version of this format.
pub(super) const SEAL: &str = "#rapporteur-bundle 1";

/// What a row is about, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) key: String,
    pub(super) version: String,
    pub(super) answer: String,
    pub(super) word: String,
}

impl Known {
    /// The digest of a row of this bundle.
    pub(super) fn check(&self, bundle: &str) -> String {
        digest(&[bundle, &self.key, &self.version, &self.answer, &self.word])
    }
}

/// The last row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) party: String,
    pub(super) language: String,
    pub(super) bundle: String,
    pub(super) rows: usize,
}

impl Seal {
    /// The digest of the seal and of all rows, in whatever order they came back.
    pub(super) fn check(&self, rows: &[String]) -> String {
        let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        rows.sort_unstable();
        let count = self.rows.to_string();
        let mut parts = vec![self.party.as_str(), &self.language, &self.bundle, &count];
        parts.extend(rows);
        digest(&parts)
    }

    /// As the hidden columns hold it.
    pub(super) fn known(&self) -> Known {
        Known {
            key: SEAL.to_owned(),
            version: self.rows.to_string(),
            answer: self.party.clone(),
            word: format!("{} {}", self.language, self.bundle),
        }
    }

    /// Read from the hidden columns.
    pub(super) fn read(known: &Known) -> Option<Self> {
        let (language, bundle) = known.word.split_once(' ')?;
        Some(Self {
            party: known.answer.clone(),
            language: language.to_owned(),
            bundle: bundle.to_owned(),
            rows: known.version.parse().ok()?,
        })
    }
}

/// 16 hex digits over parts, each with its length, so that nothing moves from one to the next unseen.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_has_another_digest() {
        let known = Known {
            key: "k".into(),
            version: "7".into(),
            answer: "noted".into(),
            word: String::new(),
        };
        let check = known.check("b");
        assert_eq!(check.len(), 16);
        assert_ne!(check, known.check("c"));
        let moved = Known {
            key: "k7".into(),
            version: String::new(),
            ..known.clone()
        };
        assert_ne!(check, moved.check("b"));
    }

    #[test]
    fn a_seal_comes_back_whatever_the_order_of_the_rows() {
        let seal = Seal {
            party: "parties/pt".into(),
            language: "pt-BR".into(),
            bundle: "id".into(),
            rows: 2,
        };
        assert_eq!(Seal::read(&seal.known()), Some(seal.clone()));
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let sealed = seal.check(&[a.clone(), b.clone()]);
        assert_eq!(sealed, seal.check(&[b.clone(), a.clone()]));
        assert_ne!(sealed, seal.check(&[a]));
        assert_eq!(Seal::read(&Known::default()), None);
    }
}
