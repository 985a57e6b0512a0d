//! What a coverage question is about: which plan, which events.

use rapporteur_proto::events::v1::{
    Chairmanship, ChairmanshipState, CrosswalkKind, Event, EventState,
};
use rapporteur_proto::gateway::v1::{CoverageGrouping, GetCoverageRequest};
use rapporteur_records::name::parent_of;
use rapporteur_records::{Error, Pattern, Result, Violations};

use crate::model::{Model, below};
use crate::period::{Period, Span, period};
use crate::selection::{DIALOGUE, all_known};

const EVENT: Pattern = Pattern("dialogues/*/events/*");
const PLAN: Pattern = Pattern("dialogues/*/plans/*");
const CHAIRMANSHIP: Pattern = Pattern("dialogues/*/chairmanships/*");

/// A coverage request whose form is right; whether its names exist the model says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The plan.
    pub plan: String,
    /// Days asked for.
    pub period: Period,
    /// The chairmanship whose days and dialogue bound it too; may be empty.
    pub chairmanship: String,
    /// Only events of these dialogues; all when empty.
    pub dialogues: Vec<String>,
    /// Suppose that these events had been held: all that are to come when empty, none when absent.
    pub if_held: Option<Vec<String>>,
    /// Count what covers other plans through crosswalks of these kinds.
    pub through: Vec<CrosswalkKind>,
    /// For what to count anew.
    pub group_by: CoverageGrouping,
}

impl Question {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &GetCoverageRequest) -> Result<Self> {
        let mut wrong = Violations::default();
        wrong.required_name("plan", &request.plan, PLAN);
        wrong.name("chairmanship", &request.chairmanship, CHAIRMANSHIP);
        wrong.names("dialogues", &request.dialogues, DIALOGUE);
        let from = wrong.day("from", &request.from);
        let to = wrong.day("to", &request.to);
        if let (Some(from), Some(to)) = (from, to) {
            wrong.require(
                from <= to,
                "to",
                format_args!("{to} lies before from, {from}"),
            );
        }
        wrong.names("if_held", &request.if_held, EVENT);
        wrong.require(
            request.as_if_held || request.if_held.is_empty(),
            "if_held",
            "is only read with as_if_held",
        );
        wrong.choices::<CrosswalkKind>("through", &request.through);
        for (place, kind) in request.through().enumerate() {
            wrong.require(
                kind != CrosswalkKind::Withdrawn,
                format_args!("through[{place}]"),
                "is a tie that no longer holds",
            );
        }
        wrong.choice::<CoverageGrouping>("group_by", request.group_by, true);
        wrong.done()?;
        Ok(Self {
            if_held: request.as_if_held.then(|| request.if_held.clone()),
            through: request.through().collect(),
            group_by: request.group_by(),
            plan: request.plan.clone(),
            period: Period { from, to },
            chairmanship: request.chairmanship.clone(),
            dialogues: request.dialogues.clone(),
        })
    }

    /// The scope in this model; a name that it does not know is an error.
    pub fn scope(&self, model: &Model) -> Result<Scope> {
        all_known(&model.dialogues, &self.dialogues)?;
        all_known(&model.events, self.if_held.as_deref().unwrap_or_default())?;
        let mut scope = Scope {
            period: self.period,
            dialogues: self.dialogues.clone(),
            chaired: Vec::new(),
            if_held: self.if_held.clone(),
            through: self.through.clone(),
        };
        if !self.chairmanship.is_empty() {
            let name = &self.chairmanship;
            let term = model
                .chairmanships
                .get(name)
                .ok_or_else(|| Error::NotFound { name: name.clone() })?;
            let days = term_days(model, term);
            if days.is_open() {
                // Counting everything would answer another question than the one asked.
                return Err(Error::Precondition {
                    reason: "PERIOD_UNKNOWN",
                    subject: name.clone(),
                    description: format!(
                        "{name} has no known first or last day; ask with from and to"
                    ),
                    legal: Vec::new(),
                });
            }
            scope = scope.chaired(parent_of(name), days);
        }
        Ok(scope)
    }
}

/// Which events count.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Those that take place on one of these days.
    pub period: Period,
    /// Those of one of these dialogues; all when empty.
    dialogues: Vec<String>,
    /// Those of the dialogues whose chairmanships were asked for.
    chaired: Vec<String>,
    /// Those that are supposed to have been held; all that are to come when empty.
    if_held: Option<Vec<String>>,
    /// Links to nodes that are tied by crosswalks of these kinds count too.
    pub(crate) through: Vec<CrosswalkKind>,
}

impl Scope {
    /// All events of a period.
    pub fn of(period: Period) -> Self {
        Self {
            period,
            ..Self::default()
        }
    }

    /// The part of it that falls into a chairmanship of this dialogue.
    #[must_use]
    pub(crate) fn chaired(mut self, dialogue: &str, days: Period) -> Self {
        self.period = self.period.and(days);
        self.chaired.push(dialogue.to_owned());
        self
    }

    /// The part of it that falls into these days.
    #[must_use]
    pub(crate) fn within(mut self, days: Period) -> Self {
        self.period = self.period.and(days);
        self
    }

    /// The part of it that is of this dialogue, or nothing when that was not asked for.
    pub(crate) fn of_dialogue(mut self, dialogue: &str) -> Option<Self> {
        let asked = self.dialogues.is_empty() || self.dialogues.iter().any(|d| d == dialogue);
        self.dialogues = vec![dialogue.to_owned()];
        asked.then_some(self)
    }

    /// Whether the event is to come and supposed to have been held.
    pub(crate) fn supposes(&self, event: &Event) -> bool {
        let is_to_come = matches!(
            event.state(),
            EventState::Planned | EventState::Confirmed | EventState::Postponed
        );
        let named = |names: &Vec<String>| names.is_empty() || names.contains(&event.name);
        is_to_come && self.if_held.as_ref().is_some_and(named)
    }

    /// Whether anything is supposed.
    pub(crate) fn is_supposing(&self) -> bool {
        self.if_held.is_some()
    }

    /// Whether something of these dialogues on these days counts. A joint event is of several dialogues
    /// and is asked once, so it counts once however many of them were asked for.
    pub fn holds<'a>(
        &self,
        mut dialogues: impl Iterator<Item = &'a str> + Clone,
        span: Option<Span>,
    ) -> bool {
        let of = |wanted: &str| dialogues.clone().any(|dialogue| dialogue == wanted);
        let chaired = self.chaired.iter().all(|dialogue| of(dialogue));
        let asked = self.dialogues.is_empty()
            || dialogues.any(|d| self.dialogues.iter().any(|wanted| wanted == d));
        chaired && asked && self.period.holds(span)
    }
}

/// The days of a term, as far as they are known. One that was handed over on a day that nobody recorded lasted at
/// the latest until the next one of its dialogue began.
pub(crate) fn term_days(model: &Model, term: &Chairmanship) -> Period {
    let days = period(term.start.as_ref(), term.end.as_ref());
    let Some(from) = days.from.filter(|_| days.to.is_none()) else {
        return days;
    };
    if term.state() != ChairmanshipState::HandedOver {
        return days;
    }
    let all = format!("{}/chairmanships/", dialogue_of(&term.name));
    let begun = below(&model.chairmanships, all)
        .filter_map(|(_, other)| period(other.start.as_ref(), None).from)
        .filter(|start| *start > from);
    Period {
        to: begun.min(),
        ..days
    }
}

/// The dialogues of an event: the one in its name, and those that hold it too.
pub fn dialogues_of(event: &Event) -> impl Iterator<Item = &str> + Clone {
    std::iter::once(dialogue_of(&event.name))
        .chain(event.joint_dialogues.iter().map(String::as_str))
}

/// The dialogue in a name: `dialogues/rabat` of `dialogues/rabat/events/x`.
pub fn dialogue_of(name: &str) -> &str {
    match name.match_indices('/').nth(1) {
        Some((at, _)) => &name[..at],
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_of_a_request_is_named() {
        let request = GetCoverageRequest {
            plan: "cadiz".into(),
            from: "2023".into(),
            to: "yesterday".into(),
            chairmanship: "dialogues/rabat".into(),
            dialogues: vec!["rabat".into()],
            ..GetCoverageRequest::default()
        };
        let error = Question::read(&request).unwrap_err().to_string();
        for field in ["plan:", "from:", "to:", "chairmanship:", "dialogues[0]:"] {
            assert!(error.contains(field), "{field} in {error}");
        }
        let request = GetCoverageRequest {
            plan: "dialogues/rabat/plans/cadiz".into(),
            from: "2024-01-01".into(),
            to: "2023-01-01".into(),
            ..GetCoverageRequest::default()
        };
        assert!(
            Question::read(&request)
                .unwrap_err()
                .to_string()
                .contains("to: 2023-01-01 lies before")
        );
    }

    #[test]
    fn a_dialogue_is_read_from_a_name() {
        assert_eq!(dialogue_of("dialogues/rabat/events/x"), "dialogues/rabat");
        assert_eq!(dialogue_of("dialogues/rabat"), "dialogues/rabat");
    }
}
