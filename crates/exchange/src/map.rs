//! Rows of others, made into drafts of records by a mapping: a small file that says which column is what.
//!
//! The format of the file and the mappings that ship are told in the README of the crate. A mapping is checked as a
//! whole when it is read: a field that no message has, a kind that is none, a word that is nowhere. What is wrong with
//! a row is said row by row.

mod column;
mod date;
mod file;
mod kind;
mod mapper;
mod party;
mod record;
mod scope;
mod shipped;
mod template;
pub(crate) mod text;
mod tree;

use std::collections::BTreeMap;

use prost_reflect::MessageDescriptor;

use crate::read::{Format, Options};
use file::{File, Parameter, Words};
use kind::Kind;
pub use mapper::{Mapper, Settings, run};
pub use party::{Answer, Names, Parties};
pub use record::{Draft, Record, Verdict};
pub use shipped::SHIPPED;
use template::Template;
use tree::Node;

/// A mapping that was read and understood.
#[derive(Clone, Debug)]
pub struct Mapping {
    name: String,
    about: String,
    options: Options,
    formats: Vec<Format>,
    parameters: BTreeMap<String, Parameter>,
    columns: BTreeMap<String, Vec<String>>,
    group: Option<Template>,
    key: Template,
    id: Template,
    words: BTreeMap<String, Words>,
    records: Vec<Made>,
}

/// A record that is made of each row.
#[derive(Clone, Debug)]
struct Made {
    kind: Kind,
    descriptor: MessageDescriptor,
    name: Template,
    shared: bool,
    when: Vec<When>,
    fields: Node,
}

#[derive(Clone, Debug)]
struct When {
    text: Template,
    is: Option<Vec<String>>,
    not: Option<Vec<String>>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    ///
    /// What is wrong with it: where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let names = tree::Names {
            words: file.words.keys().map(String::as_str).collect(),
            parameters: file.parameters.keys().map(String::as_str).collect(),
        };
        let at = |place: &'static str| move |wrong: String| format!("{place}: {wrong}");
        let formats = file.formats.iter().map(|word| {
            Format::of_word(word)
                .ok_or_else(|| format!("formats: {word:?} is no format that is read"))
        });
        let records = file.record.iter().enumerate().map(|(place, record)| {
            let at = |wrong: String| format!("record {} ({}): {wrong}", place + 1, record.kind);
            Made::of(record, &names).map_err(at)
        });
        let made = Self {
            formats: formats.collect::<Result<_, _>>()?,
            group: file
                .group
                .as_deref()
                .map(|t| names.template(t))
                .transpose()
                .map_err(at("group"))?,
            key: names.template(&file.key).map_err(at("key"))?,
            id: names
                .template(file.id.as_deref().unwrap_or("{key|slug}"))
                .map_err(at("id"))?,
            records: records.collect::<Result<_, _>>()?,
            options: Options {
                rows: file.rows.clone(),
                sheet: file.sheet.clone(),
                encoding: file.encoding.clone(),
                delimiter: file.delimiter,
                ..Options::default()
            },
            name: file.name.clone(),
            about: file.about.clone(),
            parameters: file.parameters.clone(),
            columns: file.columns.clone(),
            words: file.words.clone(),
        };
        if made.records.is_empty() {
            return Err("has no [[record]]".to_owned());
        }
        Ok(made)
    }

    /// A mapping that ships, by its name.
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        // A test reads them all.
        Self::parse(text).ok()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The formats that it is made for.
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// What the caller says once for a whole file: name, meaning, and what holds when it is not said.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        let parameters = self.parameters.iter();
        parameters.map(|(name, p)| (name.as_str(), p.about.as_str(), p.default.as_deref()))
    }

    /// The fields of records of a kind of which it speaks. What it says nothing of is not its business.
    pub fn fields(&self, kind: &str) -> std::collections::BTreeSet<&str> {
        let made = self.records.iter().filter(|made| made.kind.word == kind);
        made.flat_map(|made| made.fields.fields())
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// How the file is to be read.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

impl Made {
    fn of(record: &file::Record, names: &tree::Names<'_>) -> Result<Self, String> {
        let kind = Kind::of(&record.kind).ok_or_else(|| {
            let known: Vec<&str> = kind::ALL.iter().map(|kind| kind.word).collect();
            format!("is no kind of record; known are {}", known.join(", "))
        })?;
        let descriptor = kind.descriptor().ok_or("has no message")?;
        let when = record.when.iter().map(|when| {
            Ok(When {
                text: names.template(&when.text)?,
                is: when.is.clone(),
                not: when.not.clone(),
            })
        });
        Ok(Self {
            kind,
            name: names.template(&record.name)?,
            shared: record.shared,
            when: when.collect::<Result<_, String>>()?,
            fields: tree::message(&descriptor, &record.fields, names)?,
            descriptor,
        })
    }
}
