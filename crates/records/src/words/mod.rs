//! Rules of the messages that all nouns share (`rapporteur.type.v1`), and the collector of what is wrong.

pub mod claim;
pub mod date;
pub mod document;
pub mod text;
pub mod verdict;
pub mod visibility;

use std::fmt::Display;

use rapporteur_proto::r#type::v1::{Basis, PlanLink, PlanLinkKind, Provenance};

use crate::name::quoted;
use crate::{Error, Pattern, Result, Violation, check_id};

/// Most entries of any list inside a record.
pub const LIST_ENTRIES: usize = 1_000;
/// Names of plan nodes.
pub const PLAN_NODE: Pattern = Pattern("dialogues/*/plans/*/nodes/*");

/// The path of a field, as text or as the `format_args!` of one: it is only written out when the field is
/// wrong, since nearly all are right.
pub trait Field: Display + Copy {}

impl<T: Display + Copy> Field for T {}

/// Collects every wrong field of a request, so that the caller hears of all at once.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Field, description: impl Display) {
        // A request can be wrong in a thousand places; the first hundred are enough to go on with.
        if self.found.len() < 100 {
            self.found.push(Violation {
                field: field.to_string(),
                description: description.to_string(),
            });
        }
    }

    /// Notes that `field` is wrong unless `good`.
    pub fn require(&mut self, good: bool, field: impl Field, description: impl Display) {
        if !good {
            self.add(field, description);
        }
    }

    /// All that was found, as one error; or nothing.
    pub fn done(self) -> Result<()> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid {
                violations: self.found,
            })
        }
    }

    /// A name of the given shape; empty is fine.
    pub fn name(&mut self, field: impl Field, name: &str, pattern: Pattern) {
        if !name.is_empty() && !pattern.matches(name) {
            self.add(field, pattern.expectation(name));
        }
    }

    /// A name of the given shape, required.
    pub fn required_name(&mut self, field: impl Field, name: &str, pattern: Pattern) {
        if !pattern.matches(name) {
            self.add(field, pattern.expectation(name));
        }
    }

    /// A list of names, none twice.
    pub fn names(&mut self, field: impl Field, names: &[String], pattern: Pattern) {
        self.list(field, names.len());
        for (place, name) in names.iter().enumerate() {
            self.required_name(format_args!("{field}[{place}]"), name, pattern);
            if names[..place].contains(name) {
                self.add(
                    format_args!("{field}[{place}]"),
                    format_args!("{} is there twice", quoted(name)),
                );
            }
        }
    }

    /// A list that is not too long.
    pub fn list(&mut self, field: impl Field, entries: usize) {
        self.require(
            entries <= LIST_ENTRIES,
            field,
            format_args!("has {entries} entries; at most {LIST_ENTRIES} are kept"),
        );
    }

    /// Short codes such as themes: lower-case words joined by `-`, none twice.
    pub fn codes(&mut self, field: impl Field, codes: &[String]) {
        self.list(field, codes.len());
        for (place, code) in codes.iter().enumerate() {
            if let Err(wrong) = check_id(code) {
                self.add(format_args!("{field}[{place}]"), wrong);
            } else if codes[..place].contains(code) {
                self.add(
                    format_args!("{field}[{place}]"),
                    format_args!("{} is there twice", quoted(code)),
                );
            }
        }
    }

    /// One short code, required.
    pub fn code(&mut self, field: impl Field, code: &str) {
        if let Err(wrong) = check_id(code) {
            self.add(field, wrong);
        }
    }

    /// An enum value that is known; 0 (not stated) only when `optional`.
    pub fn choice<E: TryFrom<i32>>(&mut self, field: impl Field, value: i32, optional: bool) {
        if value == 0 && !optional {
            self.add(field, "must be stated");
        } else if E::try_from(value).is_err() {
            self.add(field, format_args!("{value} is not one of its values"));
        }
    }

    /// Enum values, each known and stated.
    pub fn choices<E: TryFrom<i32>>(&mut self, field: impl Field, values: &[i32]) {
        self.list(field, values.len());
        for (place, value) in values.iter().enumerate() {
            self.choice::<E>(format_args!("{field}[{place}]"), *value, false);
        }
    }

    /// Where facts come from.
    pub fn provenance(&mut self, field: impl Field, all: &[Provenance]) {
        self.list(field, all.len());
        for (place, one) in all.iter().enumerate() {
            self.one_provenance(format_args!("{field}[{place}]"), one);
        }
    }

    /// Where one fact comes from.
    pub fn one_provenance(&mut self, field: impl Field, provenance: &Provenance) {
        self.name(
            format_args!("{field}.source"),
            &provenance.source,
            Pattern("sources/*"),
        );
        self.url(format_args!("{field}.url"), &provenance.url);
        self.plain(format_args!("{field}.quote"), &provenance.quote, text::LONG);
        self.plain(
            format_args!("{field}.subject"),
            &provenance.subject,
            text::SHORT,
        );
        self.plain(format_args!("{field}.note"), &provenance.note, text::LONG);
        self.choice::<Basis>(format_args!("{field}.basis"), provenance.basis, true);
    }

    /// Ties to plan nodes, no node twice in the same way.
    pub fn plan_links(&mut self, field: impl Field, links: &[PlanLink]) {
        self.list(field, links.len());
        for (place, link) in links.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            self.required_name(format_args!("{at}.node"), &link.node, PLAN_NODE);
            self.choice::<PlanLinkKind>(format_args!("{at}.kind"), link.kind, false);
            if let Some(provenance) = &link.provenance {
                self.one_provenance(format_args!("{at}.provenance"), provenance);
            }
            if links[..place]
                .iter()
                .any(|l| l.node == link.node && l.kind == link.kind)
            {
                self.add(format_args!("{at}.node"), "is linked twice in the same way");
            }
        }
    }
}
