//! What `field:value` stands for: short names and names as people say them become the values of the index.

use std::collections::BTreeSet;

use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::gateway::v1::SearchField;
use rapporteur_proto::recommendations::v1::{
    CommitmentState, Implementation, ProgressReportState, RecommendationState, Response,
};
use rapporteur_records::words::date::{ordinal, parse};
use rapporteur_records::words::text::fold;
use rapporteur_search::analysis::Analysis;
use rapporteur_search::{Error, Filter, Result, Vocabulary};

use super::field::{
    DIALOGUE, IMPLEMENTATION, KIND, LANGUAGE, NODE, PARTY, RESPONSE, STATE, TAG, THEME, YEAR,
};
use crate::model::Model;

/// The kinds of what can be found.
pub(crate) const KINDS: [&str; 7] = [
    "commitment",
    "document",
    "event",
    "instrument",
    "recommendation",
    "report",
    "source",
];
/// The fields as they are written.
const FIELDS: [&str; 12] = [
    DIALOGUE,
    THEME,
    KIND,
    STATE,
    PARTY,
    YEAR,
    NODE,
    LANGUAGE,
    RESPONSE,
    IMPLEMENTATION,
    "from",
    "to",
];

/// The keyword field of a field of the API.
pub(crate) fn of(field: SearchField) -> Option<&'static str> {
    Some(match field {
        SearchField::Unspecified => return None,
        SearchField::Dialogue => DIALOGUE,
        SearchField::Theme => THEME,
        SearchField::Kind => KIND,
        SearchField::State => STATE,
        SearchField::Party => PARTY,
        SearchField::Year => YEAR,
        SearchField::PlanNode => NODE,
        SearchField::Language => LANGUAGE,
        SearchField::Response => RESPONSE,
        SearchField::Implementation => IMPLEMENTATION,
    })
}

/// A theme or hashtag in one spelling: `LaborMigration` and `labour-migration` are the same.
pub(crate) fn tag(theme: &str) -> String {
    let words = Analysis::of("").words(&format!("#{}", theme.trim_start_matches('#')));
    let parts = words.iter().filter(|word| !word.whole);
    parts.map(|word| word.folded.as_str()).collect()
}

/// Words that are values, from the names of an enum.
fn words(names: impl IntoIterator<Item = &'static str>, prefix: &str) -> BTreeSet<String> {
    let word = |name: &str| {
        name.trim_start_matches(prefix)
            .to_ascii_lowercase()
            .replace('_', "-")
    };
    let all = names.into_iter().map(word);
    all.filter(|word| word != "unspecified").collect()
}

/// The names of an enum, whose numbers have no gaps.
macro_rules! names {
    ($enum:ident) => {
        (0..)
            .map_while(|number| $enum::try_from(number).ok())
            .map(|one| one.as_str_name())
    };
}

fn states() -> BTreeSet<String> {
    let mut all = words(names!(EventState), "EVENT_STATE_");
    all.extend(words(names!(RecommendationState), "RECOMMENDATION_STATE_"));
    all.extend(words(names!(CommitmentState), "COMMITMENT_STATE_"));
    all.extend(words(names!(ProgressReportState), "PROGRESS_REPORT_STATE_"));
    all
}

/// What values stand for in a model.
#[derive(Debug)]
pub(crate) struct Words<'m> {
    pub(crate) model: &'m Model,
}

impl Vocabulary for Words<'_> {
    fn filter(&self, field: &str, value: &str) -> Option<Result<(&'static str, Filter)>> {
        let known = FIELDS.into_iter().find(|known| *known == field);
        // As the API spells it, too.
        let known = known.or(match field {
            "language" => Some(LANGUAGE),
            "plan-node" | "plan" => Some(NODE),
            "since" => Some("from"),
            "until" => Some("to"),
            _ => None,
        })?;
        Some(self.value(known, value).map(|filter| (known, filter)))
    }

    fn tag(&self, name: &str) -> Option<Filter> {
        let tag = tag(name);
        (!tag.is_empty()).then_some(Filter::Is(TAG, tag))
    }

    fn fields(&self) -> &[&'static str] {
        &FIELDS
    }
}

impl Words<'_> {
    fn value(&self, field: &'static str, value: &str) -> Result<Filter> {
        let lower = value.to_lowercase();
        let is = |value: &str| Ok(Filter::Is(field, value.to_owned()));
        let one_of = |known: BTreeSet<String>| {
            if known.contains(&lower) {
                return is(&lower);
            }
            let known: Vec<String> = known.into_iter().collect();
            let known = known.join(", ");
            Err(Error::Query(format!(
                "has {field}:{value}, which is not one of {known}"
            )))
        };
        match field {
            DIALOGUE => is(&prefixed("dialogues/", &lower)),
            THEME => Ok(Filter::Any(vec![
                Filter::Is(THEME, lower.clone()),
                Filter::Is(TAG, tag(value)),
            ])),
            KIND => one_of(KINDS.map(str::to_owned).into()),
            STATE => one_of(states()),
            RESPONSE => one_of(words(names!(Response), "RESPONSE_")),
            IMPLEMENTATION => one_of(words(names!(Implementation), "IMPLEMENTATION_")),
            PARTY => self.party(value),
            YEAR => years(&lower),
            NODE => self.node(value),
            LANGUAGE => is(lower.split('-').next().unwrap_or_default()),
            _ => day(field, value),
        }
    }

    /// A party by its name, code, acronym, or what it is called in any language.
    fn party(&self, value: &str) -> Result<Filter> {
        let name = prefixed("parties/", &value.to_lowercase());
        if value.starts_with("parties/") || self.model.parties.contains_key(&name) {
            return Ok(Filter::Is(PARTY, name));
        }
        let wanted = fold(value);
        let called = |words: &str| fold(words) == wanted;
        let parties = self.model.parties.iter().filter(|(_, party)| {
            let titles = party
                .title
                .iter()
                .flat_map(|title| title.by_language.values());
            called(&party.acronym)
                || party.aliases.iter().any(|alias| called(alias))
                || titles.into_iter().any(|title| called(title))
        });
        let names: Vec<&String> = parties.map(|(name, _)| name).take(100).collect();
        if names.is_empty() {
            return Err(Error::Query(format!(
                "has party:{value}, which no party of the record is called; give its code (party:pt), or its name in quotation marks"
            )));
        }
        Ok(Filter::one_of(PARTY, names))
    }

    /// A node by its name, by plan and code (`cadiz/5a`), or by its code in any plan.
    fn node(&self, value: &str) -> Result<Filter> {
        if value.starts_with("dialogues/") {
            return Ok(Filter::Is(NODE, value.to_owned()));
        }
        let lower = value.to_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let ending = match parts.as_slice() {
            [node] => format!("/nodes/{node}"),
            [plan, node] => format!("/plans/{plan}/nodes/{node}"),
            [dialogue, plan, node] => format!("dialogues/{dialogue}/plans/{plan}/nodes/{node}"),
            _ => String::new(),
        };
        let nodes = self.model.nodes.iter().filter(|(name, node)| {
            (!ending.is_empty() && name.ends_with(&ending)) || node.code.eq_ignore_ascii_case(value)
        });
        let names: Vec<&String> = nodes.map(|(name, _)| name).take(100).collect();
        if names.is_empty() {
            return Err(Error::Query(format!(
                "has node:{value}, which is no node of a plan; give it as plan/code (node:cadiz/5a)"
            )));
        }
        Ok(Filter::one_of(NODE, names))
    }
}

fn prefixed(collection: &str, value: &str) -> String {
    if value.starts_with(collection) {
        value.to_owned()
    } else {
        format!("{collection}{value}")
    }
}

/// `2024`, `2021..2024`, `2021..`, `..2024`.
fn years(value: &str) -> Result<Filter> {
    let wrong = || {
        Error::Query(format!(
            "has year:{value}, which is not a year (2024) or years (2021..2024, 2021.., ..2024)"
        ))
    };
    let year = |text: &str| match text {
        "" => Ok(None),
        text if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(wrong()),
    };
    match value.split_once("..") {
        None => Ok(Filter::Is(YEAR, year(value)?.ok_or_else(wrong)?)),
        Some((from, to)) => match (year(from)?, year(to)?) {
            (None, None) => Err(wrong()),
            (Some(from), Some(to)) if from > to => Err(wrong()),
            (from, to) => Ok(Filter::Between(YEAR, from, to)),
        },
    }
}

/// `from:2024-05`, `to:2024`.
fn day(field: &str, value: &str) -> Result<Filter> {
    let Some(days) = parse(value) else {
        return Err(Error::Query(format!(
            "has {field}:{value}, which is not a date such as 2024, 2024-10 or 2024-10-16"
        )));
    };
    Ok(if field == "from" {
        Filter::Days(Some(ordinal(days.first)), None)
    } else {
        Filter::Days(None, Some(ordinal(days.last)))
    })
}
