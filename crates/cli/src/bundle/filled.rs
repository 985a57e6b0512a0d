//! What a ministry filled in, read from the file that came back.

use rapporteur_exchange::read::{self, Options};
use rapporteur_exchange::row::Row;

use super::sheet::{
    ANSWER, CHECK, KEY, Known, ON, PROGRESS, REMARK, REPORT, SEAL, Seal, VERSION, WAS_ANSWER,
    WAS_WORD, WORD,
};
use crate::error::{Failure, Result};

/// The rows of a bundle that is whole, and its seal.
pub(super) fn opened(bytes: &[u8], file: &str) -> Result<(Seal, Vec<Filled>)> {
    let damaged = |why: String| Failure::other("DAMAGED_BUNDLE", format!("{file}: {why}"));
    let options = Options {
        opened: true,
        ..Options::default()
    };
    let (rows, refused, _) =
        read::read_all(bytes, file, &options).map_err(|damage| damaged(damage.to_string()))?;
    if let Some(first) = refused.first() {
        return Err(damaged(first.to_string()));
    }
    let (seals, rows): (Vec<Filled>, Vec<Filled>) = rows
        .iter()
        .map(Filled::read)
        // A row that was never ours, such as a blank one with a note below the table.
        .filter(|row| !row.known.key.is_empty() || row.answers() || row.reports())
        .partition(|row| row.known.key == SEAL);
    let [sealed] = seals.as_slice() else {
        return Err(damaged(
            "has no last row that says what it is, or several: is it a bundle, and did the hidden columns stay?".into(),
        ));
    };
    let seal =
        Seal::read(&sealed.known).ok_or_else(|| damaged("its last row was changed".to_owned()))?;
    let checks: Vec<String> = rows.iter().map(|row| row.check.clone()).collect();
    // With rows missing the digest of all cannot be reckoned; each row still has its own.
    if rows.len() == seal.rows && seal.check(&checks) != sealed.check {
        return Err(damaged("its hidden columns were changed".to_owned()));
    }
    Ok((seal, rows))
}

/// A row as it came back.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) place: String,
    pub(super) known: Known,
    pub(super) check: String,
    pub(super) answer: String,
    pub(super) word: String,
    pub(super) on: String,
    pub(super) remark: String,
    pub(super) report: String,
    pub(super) progress: String,
}

impl Filled {
    fn read(row: &Row) -> Self {
        let cell = |column: &str| {
            let value = row.get(column).and_then(|value| value.as_str());
            value.unwrap_or_default().to_owned()
        };
        let filled = |column: &str| cell(column).trim().to_owned();
        Self {
            place: row.place.to_string(),
            known: Known {
                key: cell(KEY),
                version: cell(VERSION),
                answer: cell(WAS_ANSWER),
                word: cell(WAS_WORD),
            },
            check: cell(CHECK),
            answer: filled(ANSWER),
            word: filled(WORD),
            // Spreadsheets make a moment of a day.
            on: filled(ON)
                .split(['T', ' '])
                .next()
                .unwrap_or_default()
                .to_owned(),
            remark: filled(REMARK),
            report: filled(REPORT),
            progress: filled(PROGRESS),
        }
    }

    pub(super) fn answers(&self) -> bool {
        self.answer != self.known.answer || self.word != self.known.word.trim()
    }

    pub(super) fn reports(&self) -> bool {
        !self.report.is_empty() || !self.progress.is_empty()
    }
}
