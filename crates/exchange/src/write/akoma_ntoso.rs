//! Akoma Ntoso 1.0 (OASIS LegalDocML, namespace `.../akn/3.0`): the text of an instrument with its recommendations.
//!
//! | record | element |
//! | --- | --- |
//! | instrument | `statement` (a formal text without binding force), `name` its kind |
//! | name | `FRBRuri` `/akn/xx/statement/DIALOGUE/DAY/ID` |
//! | adopted | `FRBRdate`, `docDate` |
//! | adopted by, or the dialogue | `FRBRauthor`, with a `TLCOrganization` |
//! | number and citation | `FRBRnumber`, `docNumber` |
//! | title | `FRBRname`, `docTitle` |
//! | themes | `classification` / `keyword` |
//! | cites | `TLCReference`s |
//! | recommendation | `paragraph`: path -> `num`, text -> `content`, or `intro` where others stand below it |
//!
//! One document holds one language, as an expression does. `FRBRcountry` is `xx`, as no state enacts the text. `FRBRdate`
//! wants a whole day: of a date that is known in part the first day is written, and `name` says `adopted-in`; of an
//! unknown one 0001-01-01 with `unknown`. Lost: states, corrigenda, plan links, addressees and what they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::Value;

use super::{About, date, items, text, word};

const NAMESPACE: &str = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0";
/// Who made the markup.
const EDITOR: &str = "#rapporteur";

type Xml<'o> = Writer<&'o mut dyn Write>;

/// Writes an instrument and its recommendations, which come in their order.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(
    instrument: &Value,
    recommendations: &[Value],
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let head = Head::of(instrument, recommendations, about);
    let below = Below::of(recommendations);
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("akomaNtoso")
        .with_attribute(("xmlns", NAMESPACE))
        .write_inner_content(|xml| {
            xml.create_element("statement")
                .with_attribute(("name", head.kind.as_str()))
                .write_inner_content(|xml| {
                    head.meta(xml)?;
                    head.preface(xml)?;
                    xml.create_element("mainBody").write_inner_content(|xml| {
                        if below.roots.is_empty() {
                            words(xml, "p", "")?;
                        }
                        paragraphs(xml, &below.roots, &below, "", about)
                    })?;
                    Ok(())
                })?;
            Ok(())
        })?;
    xml.get_mut().write_all(b"\n")
}

/// What is known of the whole text.
struct Head {
    kind: String,
    uri: String,
    day: String,
    day_is: &'static str,
    written_day: String,
    title: String,
    number: String,
    language: String,
    author: (String, String),
    themes: Vec<String>,
    cites: Vec<(String, String)>,
}

impl Head {
    fn of(instrument: &Value, recommendations: &[Value], about: &About) -> Self {
        let name = text(instrument, "name");
        let (dialogue, id) = match name.split('/').collect::<Vec<_>>().as_slice() {
            ["dialogues", dialogue, _, id] => ((*dialogue).to_owned(), (*id).to_owned()),
            _ => (String::new(), name.to_owned()),
        };
        let written_day = date(instrument, "adopted").unwrap_or_default().to_owned();
        let (day, day_is) = match written_day.len() {
            0..4 => ("0001-01-01".to_owned(), "unknown"),
            4..7 => (format!("{}-01-01", &written_day[..4]), "adopted-in"),
            7..10 => (format!("{}-01", &written_day[..7]), "adopted-in"),
            _ => (written_day[..10].to_owned(), "adopted"),
        };
        let texts = std::iter::once(&instrument["title"])
            .chain(recommendations.iter().map(|one| &one["text"]));
        let language = texts
            .filter_map(|text| about.pick(text))
            .map(|(tag, _)| tag.to_owned())
            .next();
        let author = match text(instrument, "adoptedBy") {
            "" => format!("dialogues/{dialogue}"),
            by => by.to_owned(),
        };
        let cited = items(instrument, "cites").iter().map(|cited| {
            let name = text(cited, "instrument");
            (
                about.iri(name),
                match text(cited, "asWritten") {
                    "" => name.to_owned(),
                    words => words.to_owned(),
                },
            )
        });
        Self {
            kind: match word(instrument, "kind", "INSTRUMENT_KIND_") {
                kind if kind.is_empty() => "statement".to_owned(),
                kind => kind,
            },
            uri: format!("/akn/xx/statement/{dialogue}/{}/{id}", &day[..10]),
            day,
            day_is,
            written_day,
            title: about.words(&instrument["title"]).to_owned(),
            number: text(instrument, "citation").to_owned(),
            language: language.unwrap_or_else(|| "und".to_owned()),
            author: (about.iri(&author), about.title(&author).to_owned()),
            themes: items(instrument, "themes")
                .iter()
                .filter_map(|theme| theme.as_str().map(str::to_owned))
                .collect(),
            cites: cited.collect(),
        }
    }

    fn meta(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        xml.create_element("meta").write_inner_content(|xml| {
            xml.create_element("identification")
                .with_attribute(("source", EDITOR))
                .write_inner_content(|xml| self.identification(xml))?;
            if !self.themes.is_empty() {
                xml.create_element("classification")
                    .with_attribute(("source", EDITOR))
                    .write_inner_content(|xml| {
                        for theme in &self.themes {
                            let theme = clean(theme);
                            xml.create_element("keyword")
                                .with_attribute(("value", theme.as_str()))
                                .with_attribute(("showAs", theme.replace('-', " ").as_str()))
                                .with_attribute(("dictionary", EDITOR))
                                .write_empty()?;
                        }
                        Ok(())
                    })?;
            }
            xml.create_element("references")
                .with_attribute(("source", EDITOR))
                .write_inner_content(|xml| self.references(xml))?;
            Ok(())
        })?;
        Ok(())
    }

    fn identification(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        let expression = format!("{}/{}@", self.uri, self.language);
        let manifestation = format!("{expression}.xml");
        let level = |xml: &mut Xml<'_>, uri: &str| -> io::Result<()> {
            let this = match uri.strip_suffix(".xml") {
                Some(stem) => format!("{stem}/!main.xml"),
                None => format!("{uri}/!main"),
            };
            value(xml, "FRBRthis", &this)?;
            value(xml, "FRBRuri", uri)?;
            xml.create_element("FRBRdate")
                .with_attribute(("date", self.day.as_str()))
                .with_attribute(("name", self.day_is))
                .write_empty()?;
            xml.create_element("FRBRauthor")
                .with_attribute(("href", "#author"))
                .write_empty()?;
            Ok(())
        };
        xml.create_element("FRBRWork").write_inner_content(|xml| {
            level(xml, &self.uri)?;
            value(xml, "FRBRcountry", "xx")?;
            if !self.number.is_empty() {
                value(xml, "FRBRnumber", &self.number)?;
            }
            if !self.title.is_empty() {
                value(xml, "FRBRname", &self.title)?;
            }
            Ok(())
        })?;
        xml.create_element("FRBRExpression")
            .write_inner_content(|xml| {
                level(xml, &expression)?;
                xml.create_element("FRBRlanguage")
                    .with_attribute(("language", self.language.as_str()))
                    .write_empty()?;
                Ok(())
            })?;
        xml.create_element("FRBRManifestation")
            .write_inner_content(|xml| level(xml, &manifestation))?;
        Ok(())
    }

    fn references(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        let one = |xml: &mut Xml<'_>, of: &str, id: &str, href: &str, shown: &str| {
            xml.create_element(of)
                .with_attribute(("eId", id))
                .with_attribute(("href", clean(href).as_str()))
                .with_attribute(("showAs", clean(shown).as_str()))
                .write_empty()
                .map(|_| ())
        };
        let (href, shown) = &self.author;
        one(xml, "TLCOrganization", "author", href, shown)?;
        let ontology = "/akn/ontology/organization/rapporteur";
        one(xml, "TLCOrganization", "rapporteur", ontology, "rapporteur")?;
        for (place, (href, shown)) in self.cites.iter().enumerate() {
            let id = format!("cited_{}", place + 1);
            xml.create_element("TLCReference")
                .with_attribute(("eId", id.as_str()))
                .with_attribute(("name", "cites"))
                .with_attribute(("href", clean(href).as_str()))
                .with_attribute(("showAs", clean(shown).as_str()))
                .write_empty()?;
        }
        Ok(())
    }

    fn preface(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        xml.create_element("preface").write_inner_content(|xml| {
            xml.create_element("p").write_inner_content(|xml| {
                words(xml, "docTitle", &self.title)?;
                if !self.number.is_empty() {
                    words(xml, "docNumber", &self.number)?;
                }
                if !self.written_day.is_empty() {
                    xml.create_element("docDate")
                        .with_attribute(("date", self.day.as_str()))
                        .write_text_content(BytesText::new(&clean(&self.written_day)))?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(())
    }
}

/// Which elements stand below which.
struct Below<'r> {
    roots: Vec<&'r Value>,
    children: BTreeMap<&'r str, Vec<&'r Value>>,
}

impl<'r> Below<'r> {
    fn of(recommendations: &'r [Value]) -> Self {
        let known: BTreeSet<&str> = recommendations
            .iter()
            .map(|one| text(one, "name"))
            .collect();
        let (mut roots, mut children) = (Vec::new(), BTreeMap::<&str, Vec<&Value>>::new());
        for one in recommendations {
            match text(one, "parentRecommendation") {
                above if known.contains(above) => children.entry(above).or_default().push(one),
                _ => roots.push(one),
            }
        }
        Self { roots, children }
    }
}

fn paragraphs(
    xml: &mut Xml<'_>,
    these: &[&Value],
    below: &Below<'_>,
    above: &str,
    about: &About,
) -> io::Result<()> {
    for (place, one) in these.iter().enumerate() {
        let id = match above {
            "" => format!("para_{}", place + 1),
            above => format!("{above}__para_{}", place + 1),
        };
        let children = below.children.get(text(one, "name"));
        xml.create_element("paragraph")
            .with_attribute(("eId", id.as_str()))
            .write_inner_content(|xml| {
                let path = text(one, "path");
                if !path.is_empty() {
                    words(xml, "num", path)?;
                }
                let part = if children.is_some() {
                    "intro"
                } else {
                    "content"
                };
                xml.create_element(part).write_inner_content(|xml| {
                    let all = about.words(&one["text"]);
                    for line in all.split('\n') {
                        words(xml, "p", line.trim())?;
                    }
                    Ok(())
                })?;
                match children {
                    Some(children) => paragraphs(xml, children, below, &id, about),
                    None => Ok(()),
                }
            })?;
    }
    Ok(())
}

fn value(xml: &mut Xml<'_>, element: &str, value: &str) -> io::Result<()> {
    let value = clean(value);
    xml.create_element(element)
        .with_attribute(("value", value.as_str()))
        .write_empty()?;
    Ok(())
}

fn words(xml: &mut Xml<'_>, element: &str, words: &str) -> io::Result<()> {
    let words = clean(words);
    xml.create_element(element)
        .write_text_content(BytesText::new(&words))?;
    Ok(())
}

/// Without what XML 1.0 cannot hold (2.2, Char): it is shown to be missing by U+FFFD.
fn clean(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars()
        .map(|c| if allowed(c) { c } else { '\u{fffd}' })
        .collect()
}
