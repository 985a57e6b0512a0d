//! One JSON document: its rows are the items of a list in it, or the document itself.

use std::fmt::{self, Formatter};
use std::io::{Read, Seek};

use encoding_rs::UTF_8;
use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Options;
use super::ndjson::{depth, object};
use super::out::{Out, Stop};
use super::text::Text;
use crate::row::{Damage, Place};

/// Where lists of rows usually are: Indico and Open Civic Data `results`, OData `value` and `d.results`, Legistar's
/// search `data`, OParl `data`.
const USUAL: [&str; 6] = ["results", "data", "value", "d.results", "items", "d"];

/// The column that names the list from which a row comes, where a mapping asks for several.
pub(crate) const COLLECTION: &str = "collection";

pub(super) fn read<R: Read + Seek>(
    source: R,
    options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let mut text = Text::open(source, options, Some(UTF_8), out)?;
    let whole = text.whole(out.limits.document)?;
    depth(whole.as_bytes(), out.limits.nesting)
        .map_err(|(at, reason)| Damage::at(Place::Line(line(&whole, at)), reason))?;
    let root: &RawValue = serde_json::from_str(&whole).map_err(|error| {
        Damage::at(
            Place::Line(error.line() as u64),
            format!("is not JSON: {error}"),
        )
    })?;
    let lists = lists(root, options);
    if lists.is_empty() {
        let reason = format!("has nothing at {}", options.rows.join(", "));
        return Err(Damage::new(reason).into());
    }
    let several = options.rows.len() > 1;
    let mut lines = LineCounter {
        text: &whole,
        at: 0,
        line: 1,
    };
    for (path, list) in lists {
        let collection = several.then_some(&path);
        if !list.get().starts_with('[') {
            one(list, format!("$.{path}"), collection, &mut lines, out)?;
            continue;
        }
        let dot = if path.is_empty() { "" } else { "." };
        let mut at = 0_u64;
        each(list, &mut |item| {
            let place = format!("${dot}{path}[{at}]");
            at += 1;
            one(item, place, collection, &mut lines, out)
        })?;
    }
    Ok(())
}

/// The lists of rows, each with its path.
fn lists<'t>(root: &'t RawValue, options: &Options) -> Vec<(String, &'t RawValue)> {
    let found = |path: &str| Some((path.to_owned(), step(root, path)?));
    if !options.rows.is_empty() {
        return options.rows.iter().filter_map(|path| found(path)).collect();
    }
    let usual = USUAL.iter().filter_map(|path| found(path));
    let list = usual
        .into_iter()
        .find(|(_, raw)| raw.get().starts_with('['));
    vec![list.unwrap_or((String::new(), root))]
}

fn step<'t>(root: &'t RawValue, path: &str) -> Option<&'t RawValue> {
    if path.is_empty() {
        return Some(root);
    }
    path.split('.').try_fold(root, |raw, name| {
        let mut json = serde_json::Deserializer::from_str(raw.get());
        json.deserialize_map(Below(name)).ok().flatten()
    })
}

/// Hands on the items of a list one by one: a list of millions is never in memory as such.
fn each<'t>(
    list: &'t RawValue,
    take: &mut dyn FnMut(&'t RawValue) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut stop = None;
    let mut json = serde_json::Deserializer::from_str(list.get());
    let done = json.deserialize_seq(Items {
        take,
        stop: &mut stop,
    });
    match (stop, done) {
        (Some(stop), _) => Err(stop),
        // It was read as a whole before, so this cannot happen.
        (None, Err(error)) => Err(Damage::new(format!("is not JSON: {error}")).into()),
        (None, Ok(())) => Ok(()),
    }
}

struct Items<'i, 't> {
    take: &'i mut dyn FnMut(&'t RawValue) -> Result<(), Stop>,
    stop: &'i mut Option<Stop>,
}

impl<'t> Visitor<'t> for Items<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&'t RawValue>()? {
            if let Err(stop) = (self.take)(item) {
                *self.stop = Some(stop);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The field of an object; the others are passed over.
struct Below<'n>(&'n str);

impl<'t> Visitor<'t> for Below<'_> {
    type Value = Option<&'t RawValue>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value::<&'t RawValue>()?;
            if name == self.0 {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

fn one(
    item: &RawValue,
    path: String,
    collection: Option<&String>,
    lines: &mut LineCounter<'_>,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let path = if path == "$." { "$".to_owned() } else { path };
    let line = lines.of(item.get());
    let place = Place::Path { path, line };
    if item.get().len() > out.limits.line {
        let reason = format!("is longer than {} bytes", out.limits.line);
        return out.refuse(place, "", reason);
    }
    match object(item.get(), out.limits.nesting) {
        Ok(mut cells) => {
            if let Some(collection) = collection {
                cells.push((COLLECTION.to_owned(), Value::String(collection.clone())));
            }
            out.row(place, cells)
        }
        Err(reason) => out.refuse(place, "", reason),
    }
}

/// Lines of places that come in order, counted once.
struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line on which a part of the text begins. Parts out of order (lists asked for in another order than they
    /// stand in) are counted from the beginning.
    fn of(&mut self, part: &str) -> u64 {
        let at = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        if at < self.at || at > self.text.len() {
            (self.at, self.line) = (0, 1);
        }
        let between = self.text.get(self.at..at).unwrap_or_default();
        self.line += between.bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.at = at.min(self.text.len());
        self.line
    }
}

fn line(text: &str, at: usize) -> u64 {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    fn places(text: &str, rows: &[&str]) -> Vec<String> {
        let options = Options {
            rows: rows.iter().map(|path| (*path).to_owned()).collect(),
            ..Options::default()
        };
        let (rows, ..) = read_all(text.as_bytes(), "x.json", &options).unwrap();
        rows.iter().map(|row| row.place.to_string()).collect()
    }

    #[test]
    fn rows_are_found_where_they_usually_are() {
        assert_eq!(
            places("[\n{\"a\":1},\n{\"a\":2}]", &[]),
            ["$[0] (line 2)", "$[1] (line 3)"]
        );
        assert_eq!(
            places("{\"results\":[\n{\"a\":1}]}", &[]),
            ["$.results[0] (line 2)"]
        );
        assert_eq!(
            places("{\"d\":{\"results\":[{\"a\":1}]}}", &[]),
            ["$.d.results[0] (line 1)"]
        );
        assert_eq!(places("{\"a\":1}", &[]), ["$ (line 1)"]);
        let popolo = "{\"persons\":[{\"a\":1}],\n\"events\":[{\"a\":2}]}";
        assert_eq!(
            places(popolo, &["events", "persons"]),
            ["$.events[0] (line 2)", "$.persons[0] (line 1)"]
        );
    }

    #[test]
    fn what_is_not_json_says_where() {
        let wrong = |text: &str| {
            read_all(text.as_bytes(), "x.json", &Options::default())
                .unwrap_err()
                .to_string()
        };
        assert!(wrong("{\n\"a\": }").starts_with("line 2: is not JSON"));
        assert_eq!(
            wrong(&"[".repeat(65)),
            "line 1: is nested deeper than 64 levels"
        );
    }
}
