//! Formats, and the kinds of records that have a place in each.

pub(super) use rapporteur_exchange::write::heading;
use rapporteur_exchange::write::{Shape, plural};

use crate::error::{Failure, Result};
use crate::noun::{self, Noun};

/// A format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// One JSON object a line, as `load` takes it back: nothing is lost but what the service writes itself
    Ndjson,
    /// A table, guarded against formulas; of one kind of records
    Csv,
    /// A workbook with a sheet for each kind
    Xlsx,
    /// A calendar of events (RFC 5545)
    Ics,
    /// schema.org
    JsonLd,
    /// Popolo: organizations, persons, memberships, posts, events, motions
    Popolo,
    /// Open Civic Data: events
    Ocd,
    /// Akoma Ntoso: instruments with their recommendations
    AkomaNtoso,
    /// OData as InforMEA harvests it: decisions, meetings, parties
    Odata,
    /// Notes for people
    Markdown,
}

impl Form {
    /// Kinds that have a place in it; all when `None`.
    pub(super) fn kinds(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Ndjson | Self::Csv | Self::Xlsx | Self::Markdown => None,
            Self::Ics => Some(&["event"]),
            Self::JsonLd => Some(Shape::JsonLd.kinds()),
            Self::Popolo => Some(Shape::Popolo.kinds()),
            Self::Ocd => Some(Shape::Ocd.kinds()),
            Self::AkomaNtoso => Some(&["instrument"]),
            Self::Odata => Some(Shape::OData.kinds()),
        }
    }

    pub(super) fn shape(self) -> Option<Shape> {
        match self {
            Self::JsonLd => Some(Shape::JsonLd),
            Self::Popolo => Some(Shape::Popolo),
            Self::Ocd => Some(Shape::Ocd),
            Self::Odata => Some(Shape::OData),
            _ => None,
        }
    }
}

/// The kinds that are asked for, in the order of the record.
pub(super) fn chosen(what: &[String], form: Form) -> Result<Vec<&'static Noun>> {
    let fits = |noun: &&'static Noun| form.kinds().is_none_or(|kinds| kinds.contains(&noun.kind));
    if what.iter().any(|what| what == "everything") {
        return Ok(noun::ALL.into_iter().filter(fits).collect());
    }
    let mut wanted = Vec::new();
    for what in what {
        let noun = noun::ALL.into_iter().find(|noun| {
            let own = what.replace('-', "_");
            own == noun.kind || own == plural(noun.kind)
        });
        let Some(noun) = noun else {
            let known: Vec<String> = noun::ALL
                .iter()
                .map(|noun| plural(noun.kind).replace('_', "-"))
                .collect();
            return Err(Failure::usage(format!(
                "{what} is no kind of records; known are everything, {}",
                known.join(", ")
            )));
        };
        if !fits(&noun) {
            let places = form.kinds().unwrap_or_default().iter();
            let places: Vec<String> = places.map(|kind| plural(kind)).collect();
            return Err(Failure::usage(format!(
                "{what} have no place in that format; it holds {}",
                places.join(", ")
            )));
        }
        wanted.push(noun.kind);
    }
    Ok(noun::ALL
        .into_iter()
        .filter(|noun| wanted.contains(&noun.kind))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(what: &[&str], form: Form) -> Result<Vec<&'static str>> {
        let what: Vec<String> = what.iter().map(|w| (*w).to_owned()).collect();
        Ok(chosen(&what, form)?.iter().map(|noun| noun.kind).collect())
    }

    #[test]
    fn kinds_are_named_in_the_plural_and_come_in_the_order_of_the_record() {
        assert_eq!(
            kinds(&["events", "parties", "plan-nodes"], Form::Ndjson).unwrap(),
            ["party", "plan_node", "event"]
        );
        assert_eq!(
            kinds(&["everything"], Form::Ndjson).unwrap().len(),
            noun::ALL.len()
        );
        assert_eq!(kinds(&["everything"], Form::Ocd).unwrap(), ["event"]);
        assert_eq!(kinds(&["kings"], Form::Csv).unwrap_err().exit_code(), 2);
        let no_place = kinds(&["plans"], Form::Popolo).unwrap_err().to_string();
        assert!(no_place.contains("memberships"), "{no_place}");
    }

    #[test]
    fn each_format_holds_kinds_that_there_are() {
        let known: Vec<&str> = noun::ALL.iter().map(|noun| noun.kind).collect();
        for form in <Form as clap::ValueEnum>::value_variants() {
            for kind in form.kinds().unwrap_or_default() {
                assert!(known.contains(kind), "{form:?}: {kind}");
            }
        }
    }
}
