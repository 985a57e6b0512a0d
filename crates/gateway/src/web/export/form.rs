//! Formats, and what HTTP says of them.

use http::{HeaderMap, HeaderValue};
use rapporteur_exchange::write::{Shape, plural};
use rapporteur_records::{Error, Result};

use super::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// A format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A table, guarded against formulas.
    Csv,
    /// A workbook, guarded too.
    Xlsx,
    /// Notes for people.
    Markdown,
    /// schema.org.
    JsonLd,
    /// Popolo.
    Popolo,
    /// Open Civic Data: events.
    Ocd,
    /// OData JSON, page by page.
    OData,
    /// Akoma Ntoso: one instrument.
    AkomaNtoso,
}

/// Every format: its word, its media type, how names of its files end, and what it is.
pub(super) const ALL: [(Form, &str, &str, &str, &str); 8] = [
    (
        Form::Csv,
        "csv",
        "text/csv; charset=utf-8",
        "csv",
        "A table (RFC 4180), guarded against formulas.",
    ),
    (
        Form::Xlsx,
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        "A workbook, guarded against formulas.",
    ),
    (
        Form::Markdown,
        "markdown",
        "text/markdown; charset=utf-8",
        "md",
        "Notes for people (CommonMark).",
    ),
    (
        Form::JsonLd,
        "json-ld",
        "application/ld+json",
        "jsonld",
        "schema.org.",
    ),
    (
        Form::Popolo,
        "popolo",
        "application/json",
        "json",
        "Popolo.",
    ),
    (
        Form::Ocd,
        "ocd",
        "application/json",
        "json",
        "Open Civic Data: events.",
    ),
    (
        Form::OData,
        "odata",
        "application/json",
        "json",
        "OData as InforMEA harvests it, page by page: `odata.nextLink` is the next.",
    ),
    (
        Form::AkomaNtoso,
        "akoma-ntoso",
        "application/akn+xml",
        "xml",
        "Akoma Ntoso: the text of one instrument.",
    ),
];

impl Form {
    /// The format of a word.
    pub(super) fn named(word: &str) -> Result<Self> {
        let found = ALL.iter().find(|(_, own, ..)| *own == word);
        found.map(|(form, ..)| *form).ok_or_else(|| {
            let known: Vec<&str> = ALL.iter().map(|(_, own, ..)| *own).collect();
            let why = format!(
                "should be one of {}; calendars are at calendar.ics",
                known.join(", ")
            );
            Error::invalid("format", why)
        })
    }

    /// Its word.
    pub(super) fn word(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str, &'static str) {
        ALL.iter()
            .find(|(form, ..)| *form == self)
            .unwrap_or(&ALL[0])
    }

    /// The document, where it is one.
    pub(super) fn shape(self) -> Option<Shape> {
        match self {
            Self::JsonLd => Some(Shape::JsonLd),
            Self::Popolo => Some(Shape::Popolo),
            Self::Ocd => Some(Shape::Ocd),
            Self::OData => Some(Shape::OData),
            Self::Csv | Self::Xlsx | Self::Markdown | Self::AkomaNtoso => None,
        }
    }

    /// Kinds of lists that have a place in it; all when `None`.
    pub(super) fn kinds(self) -> Option<&'static [&'static str]> {
        match self {
            Self::AkomaNtoso => Some(&[]),
            form => form.shape().map(Shape::kinds),
        }
    }

    /// Whether it calls parties and dialogues by their titles.
    pub(super) fn says_titles(self) -> bool {
        !matches!(self, Self::Csv | Self::Xlsx | Self::OData)
    }

    /// Media type, and of files how they may be called.
    pub(super) fn tell(self, kind: &str, headers: &mut HeaderMap) {
        let (_, _, media, ending, _) = self.row();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        if matches!(self, Self::Csv | Self::Xlsx | Self::Markdown) {
            let named = format!(
                "attachment; filename=\"{}.{ending}\"",
                plural(kind).replace('_', "-")
            );
            if let Ok(named) = HeaderValue::from_str(&named) {
                headers.insert(CONTENT_DISPOSITION, named);
            }
        }
    }
}
