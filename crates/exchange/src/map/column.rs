//! What comes of a column: cut, split, translated, resolved.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::date::{self, Form};
use super::file::{self, DateForm, Otherwise, Party};
use super::party::Answer;
use super::scope::{Scope, Wrong, text_of};
use super::template::Template;
use super::text::{fold, slug};
use crate::read::is_empty;

/// A column that was understood.
#[derive(Clone, Debug)]
pub(super) struct Column {
    file: file::Column,
    template: Option<Template>,
    each: Option<Template>,
    default: Option<Template>,
    zone: Option<Template>,
}

/// Organisations that names became: resource name -> title.
pub(super) type Organisations = BTreeMap<String, String>;

impl Column {
    pub(super) fn compile(file: file::Column, words: &[&str]) -> Result<Self, String> {
        let template = |text: &Option<String>| text.as_deref().map(Template::parse).transpose();
        if file.from.is_some() == file.template.is_some() {
            return Err("needs `from` or `template`, one of them".to_owned());
        }
        if let Some(name) = &file.words
            && !words.contains(&name.as_str())
        {
            return Err(format!("there is no [words.{name}]"));
        }
        let zone = match &file.date {
            Some(file::Date::Form(form)) => template(&form.zone)?,
            _ => None,
        };
        Ok(Self {
            template: template(&file.template)?,
            each: template(&file.each)?,
            default: template(&file.default)?,
            zone,
            file,
        })
    }

    /// The templates in it, for checking what they name.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.template, &self.each, &self.default, &self.zone]
            .into_iter()
            .flatten()
    }

    /// What to call the column when something is wrong with it.
    pub(super) fn name(&self) -> &str {
        match &self.file.from {
            Some(from) => from.all().first().map_or("", String::as_str),
            None => self.file.template.as_deref().unwrap_or_default(),
        }
    }

    /// The values of the column, none of them empty.
    pub(super) fn values(
        &self,
        scope: &Scope<'_>,
        organisations: &mut Organisations,
    ) -> Result<Vec<Value>, Wrong> {
        let mut values = Vec::new();
        let pieces = self.pieces(scope)?;
        let take = self.file.take.unwrap_or(usize::MAX);
        for piece in pieces.into_iter().skip(self.file.skip).take(take) {
            let value = match piece {
                Value::String(text) => self.one(&text, scope, organisations)?,
                other => Some(other),
            };
            if let Some(value) = value.filter(|value| !is_empty(value) && !values.contains(value)) {
                values.push(value);
            }
        }
        if values.is_empty() {
            if let Some(default) = &self.default {
                let (text, _) = default.fill(scope)?;
                if !text.is_empty() {
                    values.push(Value::String(text));
                }
            }
            if values.is_empty() && self.file.required {
                return Err(Wrong::new(self.name(), "is empty, but must be there"));
            }
        }
        Ok(values)
    }

    /// The texts (or, of JSON, objects) that the column holds.
    fn pieces(&self, scope: &Scope<'_>) -> Result<Vec<Value>, Wrong> {
        let found = match (&self.file.from, &self.template) {
            (Some(from), _) => {
                let mut values = from.all().iter().filter_map(|path| scope.value(path));
                values.find(|value| !is_empty(value)).cloned()
            }
            (None, Some(template)) => match template.fill(scope)? {
                (text, true) => Some(Value::String(text)),
                (text, false) if template.is_constant() => Some(Value::String(text)),
                _ => None,
            },
            (None, None) => None,
        };
        Ok(match found {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(plain).collect(),
            Some(value @ Value::Object(_)) => vec![value],
            Some(value) => {
                let text = text_of(&value).unwrap_or_default();
                let pieces = self.split(self.cut(&text));
                pieces.into_iter().map(Value::String).collect()
            }
        })
    }

    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let mut text = text;
        if let Some(mark) = &self.file.after {
            text = super::text::after(text, mark);
        }
        for mark in self.file.before.iter().flat_map(|marks| marks.all()) {
            text = super::text::before(text, mark);
        }
        text
    }

    /// Cuts at the separators, but not inside of a label that has one in it.
    fn split(&self, text: &str) -> Vec<String> {
        let Some(separators) = &self.file.split else {
            return vec![text.to_owned()];
        };
        let (mut pieces, mut piece, mut rest) = (Vec::new(), String::new(), text);
        while let Some(letter) = rest.chars().next() {
            let label = piece.trim().is_empty().then(|| {
                let start = rest.trim_start();
                let labels = self
                    .file
                    .labels
                    .iter()
                    .filter(|label| start.starts_with(label.as_str()));
                labels.max_by_key(|label| label.len())
            });
            if let Some(label) = label.flatten() {
                let skipped = rest.len() - rest.trim_start().len();
                piece.push_str(label);
                rest = &rest[skipped + label.len()..];
            } else if let Some(separator) = separators
                .all()
                .iter()
                .find(|s| !s.is_empty() && rest.starts_with(s.as_str()))
            {
                pieces.push(std::mem::take(&mut piece));
                rest = &rest[separator.len()..];
            } else {
                piece.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        pieces.push(piece);
        pieces
    }

    fn one(
        &self,
        text: &str,
        scope: &Scope<'_>,
        organisations: &mut Organisations,
    ) -> Result<Option<Value>, Wrong> {
        let mut text = text.trim();
        if let Some(around) = &self.file.trim {
            text = text.trim_matches(|c: char| around.contains(c) || c.is_whitespace());
        }
        if text.is_empty() || self.file.none.iter().any(|none| fold(none) == fold(text)) {
            return Ok(None);
        }
        let Some(mut value) = self.translated(text, scope)? else {
            return Ok(None);
        };
        if let Some(party) = self.file.party {
            match self.party(party, &value, scope, organisations)? {
                Some(found) => value = found,
                None => return Ok(None),
            }
        }
        if let Some(each) = &self.each {
            let element = Value::String(value);
            value = each.fill(&scope.within(&element))?.0;
        }
        if self.file.slug {
            value = slug(&value);
        }
        match &self.file.date {
            None | Some(file::Date::Plain(false)) => Ok(Some(Value::String(value))),
            Some(file::Date::Plain(true)) => {
                self.date(&DateForm::default(), &value, scope).map(Some)
            }
            Some(file::Date::Form(form)) => self.date(form, &value, scope).map(Some),
        }
    }

    /// The text in our words.
    fn translated(&self, text: &str, scope: &Scope<'_>) -> Result<Option<String>, Wrong> {
        let file = &self.file;
        if file.prefix.is_empty() && file.holds.is_empty() && file.words.is_none() {
            return Ok(Some(text.to_owned()));
        }
        let begun = file.prefix.iter().find_map(|(theirs, ours)| {
            let rest = text.strip_prefix(theirs.as_str())?;
            Some(format!("{ours}{rest}"))
        });
        let held = || {
            file.holds
                .iter()
                .find(|(part, _)| text.contains(part.as_str()))
        };
        let word = || scope.word(file.words.as_deref()?, text);
        if let Some(ours) = begun
            .or_else(|| held().map(|(_, ours)| ours.clone()))
            .or_else(word)
        {
            return Ok((!ours.is_empty()).then_some(ours));
        }
        match file.otherwise.unwrap_or_default() {
            Otherwise::Keep => Ok(Some(text.to_owned())),
            Otherwise::None => Ok(None),
            Otherwise::Refuse => {
                let named = file.words.as_ref().and_then(|name| scope.words.get(name));
                let known: Vec<&str> = match named {
                    Some(words) => words.words.keys().take(20).map(String::as_str).collect(),
                    None => file.prefix.keys().take(20).map(String::as_str).collect(),
                };
                let shown: String = text.chars().take(100).collect();
                let reason = format!("{shown:?} is not known; known are {}", known.join(", "));
                Err(Wrong::new(self.name(), reason))
            }
        }
    }

    fn party(
        &self,
        how: Party,
        name: &str,
        scope: &Scope<'_>,
        organisations: &mut Organisations,
    ) -> Result<Option<String>, Wrong> {
        let known = (how != Party::Organisation).then(|| scope.parties.resolve(name));
        let (id, title) = match known {
            None => (slug(name), name.to_owned()),
            Some(Answer::Unknown) if how == Party::KnownOrOrganisation => {
                (slug(name), name.to_owned())
            }
            // However a file spells it, it becomes one record.
            Some(Answer::Organisation { acronym, title }) if how == Party::KnownOrOrganisation => {
                let short = if acronym.is_empty() { &title } else { &acronym };
                (slug(short), title)
            }
            Some(_) => {
                return match scope.party(self.name(), name) {
                    Ok(party) => Ok(Some(party)),
                    Err(_) if self.file.otherwise == Some(Otherwise::None) => Ok(None),
                    Err(wrong) => Err(wrong),
                };
            }
        };
        let party = format!("parties/{id}");
        organisations.insert(party.clone(), title);
        Ok(Some(party))
    }

    /// A `CivilDate`, which says how it is known.
    fn date(&self, form: &DateForm, text: &str, scope: &Scope<'_>) -> Result<Value, Wrong> {
        let zone = match &self.zone {
            Some(template) => {
                let (name, _) = template.fill(scope)?;
                let wrong = |_| {
                    let reason =
                        format!("{name:?} is no zone of the IANA database such as Europe/Lisbon");
                    Wrong::new(&template.source, reason)
                };
                match name.as_str() {
                    "" => None,
                    name => Some(TimeZone::get(name).map_err(wrong)?),
                }
            }
            None => None,
        };
        let how = Form {
            order: form.order,
            precision: form.precision,
            zone,
            end: form.end,
        };
        let value = date::civil(text, &how).map_err(|reason| Wrong::new(self.name(), reason))?;
        let basis = form.basis.as_deref().unwrap_or("BASIS_GIVEN");
        Ok(json!({"value": value, "basis": basis}))
    }
}

/// A plain item of a list as a text; others as they are.
fn plain(item: &Value) -> Value {
    text_of(item).map_or_else(|| item.clone(), Value::String)
}
