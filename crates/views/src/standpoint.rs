//! Standpoints: what those say who speak of an item, each with its last word. None is averaged away, and the mean
//! score overwrites nothing.
//!
//! The addressee or owner speaks through its reports, the secretariat through what was verified, and all of them
//! through assessments. Each third party is a voice of its own.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::Standpoint;
use rapporteur_proto::recommendations::v1::{
    Assessment, CommitmentEntry, Implementation, LedgerEntry, ProgressReport, Voice,
};
use rapporteur_proto::r#type::v1::CivilDate;

use crate::day::{Day, first};
use crate::model::Model;
use crate::subject::{Subject, speaks};

/// One word of one voice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'m> {
    name: &'m str,
    voice: Voice,
    party: &'m str,
    status: Implementation,
    pub(crate) score: Option<f64>,
    date: Option<&'m CivilDate>,
    word: &'m str,
}

impl Said<'_> {
    /// Later words stand before earlier ones; of one day that with the later name.
    fn order(&self) -> (Option<Date>, &str) {
        (first(self.date), self.name)
    }

    pub(crate) fn standpoint(&self) -> Standpoint {
        Standpoint {
            name: self.name.to_owned(),
            voice: self.voice.into(),
            party: self.party.to_owned(),
            status: self.status.into(),
            score: self.score,
            date: self.date.cloned(),
            word: self.word.to_owned(),
        }
    }
}

/// The score of a status in an index as that of UPR Info: not begun 0, begun 0.5, done 1.
pub(crate) fn score(status: Implementation) -> Option<f64> {
    match status {
        Implementation::NotStarted | Implementation::Planned => Some(0.0),
        Implementation::Stalled
        | Implementation::InProgress
        | Implementation::PartiallyImplemented => Some(0.5),
        Implementation::Implemented => Some(1.0),
        Implementation::Unspecified | Implementation::None | Implementation::NotApplicable => None,
    }
}

/// The last word of each voice: self, secretariat, third parties by name.
pub(crate) fn standpoints<'m>(
    model: &'m Model,
    subject: &Subject<'m>,
    reports: &[&'m ProgressReport],
    day: &Day,
) -> Vec<Said<'m>> {
    let mut last: BTreeMap<(i32, &str), Said<'m>> = BTreeMap::new();
    let mut hear = |said: Said<'m>| {
        let party = match said.voice {
            Voice::ThirdParty => said.party,
            _ => "",
        };
        let place = last.entry((said.voice.into(), party)).or_insert(said);
        if said.order() > place.order() {
            *place = said;
        }
    };
    for report in reports.iter().filter(|report| speaks(report, day)) {
        if report.claimed() != Implementation::Unspecified {
            hear(of_report(report));
        }
    }
    verified(model, subject, day)
        .into_iter()
        .for_each(&mut hear);
    for name in model.referrers(subject.name()) {
        let Some(one) = model.assessments.get(name) else {
            continue;
        };
        if day.shows(one.visibility(), one.embargo_until) {
            hear(of_assessment(one));
        }
    }
    last.into_values().collect()
}

/// Whether two of them differ in how far it is.
pub(crate) fn disputed(said: &[Said<'_>]) -> bool {
    let mut scores = said.iter().filter_map(|one| one.score);
    let first = scores.next();
    scores.any(|score| Some(score) != first)
}

/// Mean of the scores of the last words.
pub(crate) fn mean(said: &[Said<'_>]) -> Option<f64> {
    let scores: Vec<f64> = said.iter().filter_map(|one| one.score).collect();
    let number = u32::try_from(scores.len()).ok().filter(|n| *n > 0)?;
    Some(scores.iter().sum::<f64>() / f64::from(number))
}

fn of_report(report: &ProgressReport) -> Said<'_> {
    Said {
        name: &report.name,
        voice: Voice::Self_,
        party: &report.author_party,
        status: report.claimed(),
        score: score(report.claimed()),
        date: report.submitted.as_ref(),
        word: &report.word,
    }
}

fn of_assessment(one: &Assessment) -> Said<'_> {
    Said {
        name: &one.name,
        voice: one.voice(),
        party: &one.assessor,
        status: one.status(),
        score: one.score.or_else(|| score(one.status())),
        date: one.date.as_ref(),
        word: &one.word,
    }
}

/// The verified implementation: the secretariat's word of that day.
fn verified<'m>(model: &'m Model, subject: &Subject<'m>, day: &Day) -> Option<Said<'m>> {
    let (status, date, report, verifier) = match subject {
        Subject::Addressee(entry, _) => {
            let moved = last_moved(&entry.entries, LedgerEntry::implementation)?;
            let verifier = moved.verifier.as_str();
            (
                moved.implementation(),
                moved.on.as_ref(),
                &moved.report,
                verifier,
            )
        }
        Subject::Commitment(one) => {
            let moved = last_moved(&one.entries, CommitmentEntry::implementation)?;
            (moved.implementation(), moved.on.as_ref(), &moved.report, "")
        }
    };
    let known = model
        .reports
        .get(report)
        .filter(|report| day.shows(report.visibility(), report.embargo_until));
    let secretariat = || {
        let dialogue = model.dialogues.get(subject.dialogue());
        dialogue.map_or("", |dialogue| &dialogue.secretariat)
    };
    let party = [verifier, known.map_or("", |report| &report.verifier)]
        .into_iter()
        .find(|party| !party.is_empty());
    Some(Said {
        name: known.map_or(subject.name(), |report| &report.name),
        voice: Voice::Secretariat,
        party: party.unwrap_or_else(secretariat),
        status,
        score: score(status),
        date,
        word: word(model, subject, day),
    })
}

/// The word of the source for how far it is. What an unseen report said stays unseen.
pub(crate) fn word<'m>(model: &Model, subject: &Subject<'m>, day: &Day) -> &'m str {
    let (word, report) = match subject {
        Subject::Addressee(entry, _) => last_moved(&entry.entries, LedgerEntry::implementation)
            .map_or(("", ""), |moved| (&moved.word, &moved.report)),
        Subject::Commitment(one) => last_moved(&one.entries, CommitmentEntry::implementation)
            .filter(|moved| !moved.word.is_empty())
            .map_or((one.word.as_str(), ""), |moved| {
                (moved.word.as_str(), moved.report.as_str())
            }),
    };
    let is_shown = report.is_empty()
        || !day.public_only
        || model.reports.get(report).is_some_and(|r| speaks(r, day));
    if is_shown { word } else { "" }
}

fn last_moved<E>(entries: &[E], implementation: impl Fn(&E) -> Implementation) -> Option<&E> {
    let moved = |entry: &&E| implementation(entry) != Implementation::Unspecified;
    entries.iter().rfind(moved)
}
