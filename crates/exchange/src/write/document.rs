//! Formats that are one JSON document: records go in one by one, the document comes out at the end.

use std::io::{self, Write};

use serde_json::Value;

use super::sections::Sections;
use super::{About, json_ld, ocd, odata, popolo};

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// schema.org as JSON-LD 1.1.
    JsonLd,
    /// Popolo.
    Popolo,
    /// Open Civic Data: events.
    Ocd,
    /// OData JSON, as InforMEA harvests it.
    OData,
}

impl Shape {
    /// Kinds of records that have a place in it, in the order of the record.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::JsonLd => json_ld::KINDS,
            Self::Popolo => popolo::KINDS,
            Self::Ocd => ocd::KINDS,
            Self::OData => odata::KINDS,
        }
    }

    fn lists(self) -> &'static [&'static str] {
        match self {
            Self::JsonLd => &["@graph"],
            Self::Popolo => popolo::LISTS,
            Self::Ocd => &["events"],
            Self::OData => odata::SETS,
        }
    }
}

/// A document before it is written. Its memory does not grow with what it holds.
#[derive(Debug)]
pub struct Document {
    shape: Shape,
    about: About,
    sections: Sections,
}

impl Document {
    /// An empty one.
    pub fn new(shape: Shape, about: About) -> Self {
        Self {
            shape,
            about,
            sections: Sections::new(shape.lists()),
        }
    }

    /// Takes a record in; `false` when it has no place in this format (an event without a day, for instance).
    ///
    /// # Errors
    ///
    /// When the temporary files cannot be written.
    pub fn add(&mut self, kind: &str, record: &Value) -> io::Result<bool> {
        let about = &self.about;
        let placed = match self.shape {
            Shape::JsonLd => json_ld::node(kind, record, about).map(|node| ("@graph", node)),
            Shape::Popolo => popolo::entry(kind, record, about),
            Shape::Ocd => ocd::event(kind, record, about).map(|event| ("events", event)),
            Shape::OData => odata::entry(kind, record, about),
        };
        let Some((list, value)) = placed else {
            return Ok(false);
        };
        self.sections.add(list, &value)?;
        Ok(true)
    }

    /// Writes the document.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        match self.shape {
            Shape::JsonLd => {
                out.write_all(b"{\"@context\":\"https://schema.org\",\"@graph\":")?;
                for list in self.sections.into_lists() {
                    list.write(out)?;
                }
                out.write_all(b"}\n")
            }
            Shape::Popolo => {
                for (place, list) in self.sections.into_lists().enumerate() {
                    let before = if place == 0 { "{" } else { ",\n" };
                    write!(out, "{before}\"{}\":", list.name)?;
                    list.write(out)?;
                }
                out.write_all(b"}\n")
            }
            Shape::Ocd => {
                for list in self.sections.into_lists() {
                    list.write(out)?;
                }
                out.write_all(b"\n")
            }
            Shape::OData => odata::finish(self.sections, &self.about, out),
        }
    }
}
