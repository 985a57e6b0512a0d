//! What a coverage question is about: which plan, which events.

use rapporteur_proto::events::v1::Event;
use rapporteur_proto::gateway::v1::GetCoverageRequest;
use rapporteur_records::name::parent_of;
use rapporteur_records::{Error, Pattern, Result, Violations};

use crate::model::Model;
use crate::period::{Period, Span, period};

const DIALOGUE: Pattern = Pattern("dialogues/*");
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
            wrong.require(from <= to, "to", format!("{to} lies before from, {from}"));
        }
        wrong.done()?;
        Ok(Self {
            plan: request.plan.clone(),
            period: Period { from, to },
            chairmanship: request.chairmanship.clone(),
            dialogues: request.dialogues.clone(),
        })
    }

    /// The scope in this model; a name that it does not know is an error.
    pub fn scope(&self, model: &Model) -> Result<Scope> {
        for dialogue in &self.dialogues {
            if !model.dialogues.contains_key(dialogue) {
                return Err(Error::NotFound {
                    name: dialogue.clone(),
                });
            }
        }
        let mut scope = Scope {
            period: self.period,
            dialogues: self.dialogues.clone(),
            chaired: None,
        };
        if !self.chairmanship.is_empty() {
            let name = &self.chairmanship;
            let term = model
                .chairmanships
                .get(name)
                .ok_or_else(|| Error::NotFound { name: name.clone() })?;
            let days = period(term.start.as_ref(), term.end.as_ref());
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
            scope.period = scope.period.and(days);
            scope.chaired = Some(parent_of(name).to_owned());
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
    /// Those of the dialogue whose chairmanship was asked for.
    chaired: Option<String>,
}

impl Scope {
    /// All events of a period.
    pub fn of(period: Period) -> Self {
        Self {
            period,
            ..Self::default()
        }
    }

    /// Whether something of these dialogues on these days counts. A joint event is of several dialogues
    /// and is asked once, so it counts once however many of them were asked for.
    pub fn holds<'a>(
        &self,
        mut dialogues: impl Iterator<Item = &'a str> + Clone,
        span: Option<Span>,
    ) -> bool {
        let of = |wanted: &str| dialogues.clone().any(|dialogue| dialogue == wanted);
        let chaired = self.chaired.as_deref().is_none_or(of);
        let asked = self.dialogues.is_empty()
            || dialogues.any(|d| self.dialogues.iter().any(|wanted| wanted == d));
        chaired && asked && self.period.holds(span)
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
