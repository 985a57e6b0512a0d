//! Citations: `No. 112 (LXVII) 2016`, `XIII/25 para 2(b)`, `14/CP.21`, `17.57 (Rev. CoP18)`, `RP/C/2024/1/R.14`.
//!
//! A numbering scheme is data ([`Scheme`]): a template that prints, and a function that reads what people
//! write. One file a scheme; a new one is a file and a line in [`SCHEMES`].

mod cbd;
mod cites;
mod excom;
mod generic;
pub(crate) mod reader;
pub mod roman;
mod unfccc;

use reader::Reader;

/// The scheme of a dialogue that names none.
pub use generic::GENERIC;

/// Every scheme, the most telling first: `generic` takes almost anything with slashes.
pub static SCHEMES: [&Scheme; 5] = [
    &excom::EXCOM,
    &unfccc::UNFCCC,
    &cites::CITES,
    &cbd::CBD,
    &generic::GENERIC,
];

/// How a body numbers its texts.
#[derive(Debug)]
pub struct Scheme {
    /// Its name in the record.
    pub name: &'static str,
    /// How it prints: `{n}` number, `{s}` session, `{S}` session in Roman numerals, `{y}` year, `{d}` code of the
    /// dialogue, `{k}` kind, `{r}` revision; a part in `[]` is left out when it is not known.
    template: &'static str,
    /// How it prints an element, `{p}` being its path.
    element: &'static str,
    /// Reads what comes before the path.
    read: fn(&mut Reader) -> Option<Citation>,
    /// The path that an element is printed with.
    path: fn(&str) -> String,
    /// Fills in what follows from the rest.
    complete: fn(&mut Citation),
    /// What does not fit.
    check: fn(&Citation) -> Option<String>,
}

/// What a citation says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citation {
    /// Code of the dialogue, where the scheme prints it.
    pub dialogue: String,
    /// Code of the kind of instrument, where the scheme prints it.
    pub kind: String,
    /// Number.
    pub number: u32,
    /// Session; 0 when not said.
    pub session: u32,
    /// Year; 0 when not said.
    pub year: u32,
    /// The session that revised the text; 0 when none is named.
    pub revision: u32,
    /// Part below the instrument; empty for the whole.
    pub path: String,
}

impl Scheme {
    /// The scheme with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCHEMES.into_iter().find(|scheme| scheme.name == name)
    }

    /// Reads a citation; `None` when it is not one of this scheme.
    pub fn parse(&self, text: &str) -> Option<Citation> {
        if text.chars().count() > 500 {
            return None;
        }
        let mut reader = Reader::new(text);
        let mut citation = (self.read)(&mut reader)?;
        if let Some(path) = reader.paragraph() {
            citation.path = path;
        }
        reader.end()?;
        (citation.number > 0).then_some(citation)
    }

    /// Prints a citation, or names the part that it lacks.
    pub fn print(&self, citation: &Citation) -> Result<String, &'static str> {
        let whole = self.completed(citation.clone());
        let mut printed = fill(self.template, &whole)?;
        if !whole.path.is_empty() {
            printed += &self.element.replace("{p}", &(self.path)(&whole.path));
        }
        Ok(printed)
    }

    /// The same with what follows from it: the year of a session.
    pub fn completed(&self, mut citation: Citation) -> Citation {
        (self.complete)(&mut citation);
        citation
    }

    /// The citation of an element of an instrument with this citation.
    pub fn element(&self, instrument: &str, path: &str) -> String {
        if instrument.is_empty() || path.is_empty() {
            return instrument.to_owned();
        }
        format!(
            "{instrument}{}",
            self.element.replace("{p}", &(self.path)(path))
        )
    }

    /// What does not fit in a citation, in words.
    pub fn warning(&self, citation: &Citation) -> Option<String> {
        (self.check)(citation)
    }
}

fn fill(template: &str, citation: &Citation) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '[']) {
        out.push_str(&rest[..at]);
        let (close, optional) = if rest[at..].starts_with('[') {
            (']', true)
        } else {
            ('}', false)
        };
        let end = rest[at..].find(close).map_or(rest.len(), |e| at + e);
        let inner = rest.get(at + 1..end).unwrap_or_default();
        match if optional {
            fill(inner, citation)
        } else {
            value(inner, citation)
        } {
            Ok(text) => out.push_str(&text),
            Err(_) if optional => {}
            Err(missing) => return Err(missing),
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(out + rest)
}

fn value(part: &str, citation: &Citation) -> Result<String, &'static str> {
    let number = |n: u32, field| {
        if n == 0 {
            Err(field)
        } else {
            Ok(n.to_string())
        }
    };
    match part {
        "n" => number(citation.number, "number"),
        "s" => number(citation.session, "session"),
        "S" => roman::print(citation.session).ok_or("session"),
        "y" => number(citation.year, "year"),
        "r" => number(citation.revision, "revision"),
        "d" => Ok(citation.dialogue.to_uppercase()),
        _ => Ok(citation.kind.to_uppercase()),
    }
}

/// A citation without spaces, case and kinds of dashes: what is compared.
pub fn fold(citation: &str) -> String {
    Reader::new(citation).remainder()
}

/// A path as it is printed, and nothing filled in or found wrong: what most schemes need.
fn as_written(path: &str) -> String {
    path.to_owned()
}

fn nothing(_: &mut Citation) {}

fn fits(_: &Citation) -> Option<String> {
    None
}

#[cfg(test)]
mod tests;
