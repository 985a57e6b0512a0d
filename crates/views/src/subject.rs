//! What is followed up: an addressee with the text that is addressed to it, or a commitment.

use jiff::civil::Date;
use rapporteur_proto::recommendations::v1::{
    Addressee, Commitment, CommitmentState, Implementation, ProgressReport, ProgressReportState,
    Recommendation, RecommendationState,
};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText};
use rapporteur_records::name::parent_of;

use crate::day::{Day, first, recorded};
use crate::model::Model;
use crate::scope::dialogue_of;

/// An addressee or a commitment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'m> {
    /// An addressee, and the text, where it is known.
    Addressee(&'m Addressee, Option<&'m Recommendation>),
    /// A commitment.
    Commitment(&'m Commitment),
}

impl<'m> Subject<'m> {
    /// The subject with this name, as far as it may be seen.
    pub(crate) fn of(model: &'m Model, name: &str, day: &Day) -> Option<Self> {
        let subject = match model.addressees.get(name) {
            Some(entry) => Self::addressee(model, entry),
            None => Self::Commitment(model.commitments.get(name)?),
        };
        subject.is_shown(day).then_some(subject)
    }

    /// All of them, in the order of names within each kind: addressees, then commitments.
    pub(crate) fn all(model: &'m Model, day: &'m Day) -> impl Iterator<Item = Self> {
        let addressees = model.addressees.values();
        addressees
            .map(|entry| Self::addressee(model, entry))
            .chain(model.commitments.values().map(Self::Commitment))
            .filter(|subject| subject.is_shown(day))
    }

    fn addressee(model: &'m Model, entry: &'m Addressee) -> Self {
        Self::Addressee(entry, model.recommendations.get(parent_of(&entry.name)))
    }

    pub(crate) fn is_shown(&self, day: &Day) -> bool {
        match self {
            // A draft is before nobody yet.
            Self::Addressee(_, text) => {
                !day.public_only || text.is_some_and(|t| t.state() != RecommendationState::Draft)
            }
            Self::Commitment(one) => day.shows(one.visibility(), one.embargo_until),
        }
    }

    pub(crate) fn name(&self) -> &'m str {
        match self {
            Self::Addressee(entry, _) => &entry.name,
            Self::Commitment(one) => &one.name,
        }
    }

    pub(crate) fn dialogue(&self) -> &'m str {
        dialogue_of(self.name())
    }

    /// The recommendation; empty for a commitment.
    pub(crate) fn recommendation(&self) -> &'m str {
        match self {
            Self::Addressee(entry, _) => parent_of(&entry.name),
            Self::Commitment(_) => "",
        }
    }

    /// The text of the recommendation, or the title of the commitment.
    pub(crate) fn text(&self) -> Option<&'m LocalizedText> {
        match self {
            Self::Addressee(_, text) => text.and_then(|text| text.text.as_ref()),
            Self::Commitment(one) => one.title.as_ref().or(one.text.as_ref()),
        }
    }

    /// Who has to act.
    pub(crate) fn parties(&self) -> &'m [String] {
        match self {
            Self::Addressee(entry, _) => std::slice::from_ref(&entry.party),
            Self::Commitment(one) => &one.owners,
        }
    }

    pub(crate) fn lead_post(&self) -> &'m str {
        match self {
            Self::Addressee(entry, _) => &entry.lead_post,
            Self::Commitment(one) => &one.lead_post,
        }
    }

    pub(crate) fn themes(&self) -> &'m [String] {
        match self {
            Self::Addressee(_, text) => text.map_or(&[], |text| &text.themes),
            Self::Commitment(one) => &one.themes,
        }
    }

    /// The nodes of plans that it serves.
    pub(crate) fn nodes(&self) -> Vec<&'m str> {
        let mut nodes: Vec<&str> = match self {
            Self::Addressee(_, text) => text
                .iter()
                .flat_map(|text| &text.plan_links)
                .map(|link| link.node.as_str())
                .collect(),
            Self::Commitment(one) => one.plan_nodes.iter().map(String::as_str).collect(),
        };
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// How far it is, as verified. What was stored before anybody said so reads as nothing said.
    pub(crate) fn implementation(&self) -> Implementation {
        let implementation = match self {
            Self::Addressee(entry, _) => entry.implementation(),
            Self::Commitment(one) => one.implementation(),
        };
        match implementation {
            Implementation::Unspecified => Implementation::None,
            known => known,
        }
    }

    /// Neither done nor not applicable, and its text still stands.
    pub(crate) fn is_open(&self) -> bool {
        let ended = matches!(
            self.implementation(),
            Implementation::Implemented | Implementation::NotApplicable
        );
        !ended
            && match self {
                Self::Addressee(_, text) => {
                    text.is_some_and(|text| text.state() == RecommendationState::Adopted)
                }
                Self::Commitment(one) => {
                    one.state() == CommitmentState::Proposed || is_promised(one)
                }
            }
    }

    /// When it was addressed or taken on: the day, and the date of the record that says so.
    pub(crate) fn since(&self, model: &'m Model) -> Option<(Date, Option<&'m CivilDate>)> {
        let dated = |date: Option<&'m CivilDate>| first(date).map(|day| (day, date));
        match self {
            Self::Addressee(entry, text) => dated(entry.addressed.as_ref())
                .or_else(|| text.and_then(|text| dated(adopted(model, text))))
                .or_else(|| recorded(entry.create_time).map(|day| (day, None))),
            Self::Commitment(one) => {
                let taken_on = one.entries.iter().find(|entry| {
                    !matches!(
                        entry.state(),
                        CommitmentState::Unspecified | CommitmentState::Proposed
                    )
                });
                taken_on
                    .or(one.entries.first())
                    .and_then(|entry| dated(entry.on.as_ref()))
                    .or_else(|| dated(one.start.as_ref()))
                    .or_else(|| recorded(one.create_time).map(|day| (day, None)))
            }
        }
    }
}

/// When a text was adopted: as it says, as its instrument says, or on the day of its event.
pub(crate) fn adopted<'m>(model: &'m Model, text: &'m Recommendation) -> Option<&'m CivilDate> {
    let instrument = model.instruments.get(&text.instrument);
    let event = model
        .events
        .get(&text.event)
        .or_else(|| instrument.and_then(|i| model.events.get(&i.event)));
    [
        text.adopted.as_ref(),
        instrument.and_then(|i| i.adopted.as_ref()),
        event.and_then(|event| event.start.as_ref()),
    ]
    .into_iter()
    .flatten()
    .find(|date| first(Some(date)).is_some())
}

/// Somebody has taken it on, and it is not verified to be done.
pub(crate) fn is_promised(one: &Commitment) -> bool {
    matches!(
        one.state(),
        CommitmentState::Accepted
            | CommitmentState::InProgress
            | CommitmentState::OnHold
            | CommitmentState::Completed
    )
}

/// It was neither refused nor given up.
pub(crate) fn stands(one: &Commitment) -> bool {
    !matches!(
        one.state(),
        CommitmentState::Unspecified | CommitmentState::Declined | CommitmentState::Cancelled
    )
}

/// A report that its authors have handed in and not taken back. One that was returned has to be handed in again.
pub(crate) fn is_handed_in(report: &ProgressReport) -> bool {
    matches!(
        report.state(),
        ProgressReportState::Submitted
            | ProgressReportState::Verified
            | ProgressReportState::Published
    )
}

/// Whether a report was sent back and not handed in again.
pub(crate) fn is_returned(report: &ProgressReport) -> bool {
    let returned = |e: &rapporteur_proto::recommendations::v1::ProgressReportEntry| {
        e.state() == ProgressReportState::Returned
    };
    match report.state() {
        ProgressReportState::Returned => true,
        ProgressReportState::Draft => report.entries.iter().any(returned),
        _ => false,
    }
}

/// Whether what a handed-in report says may be shown: to everybody only what somebody else found right.
pub(crate) fn speaks(report: &ProgressReport, day: &Day) -> bool {
    is_handed_in(report)
        && day.shows(report.visibility(), report.embargo_until)
        && (!day.public_only || report.state() != ProgressReportState::Submitted)
}
