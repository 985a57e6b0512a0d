//! Templates: texts with holes, `upr-{Session}-{Text|digest}`.
//!
//! A hole names a column (or `key`, `id`, `into`, `param.NAME`, `value`) and what is done to its text, in order:
//!
//! | filter | gives |
//! | --- | --- |
//! | `slug` | an id made of the text |
//! | `digest` | 12 hexadecimal digits that stand for the text |
//! | `lower`, `upper` | the text in these letters |
//! | `first` | its first letter or digit |
//! | `digits` | its first run of digits |
//! | `number`, `unnumbered` | the number at its beginning (`115.1`), the text without it |
//! | `before:X`, `after:X` | what stands before or after X |
//! | `inside` | what stands in round brackets |
//! | `last` | the part after the last `/` |
//! | `within:N`, `beyond:N` | the text if it has at most N letters, or more; nothing otherwise |
//! | `plain` | the text without `*`, `_` and `#` around it |
//! | `words:NAME` | its word in a table of words; the text itself when there is none |
//! | `party` | the resource name of the party that is called so |
//! | `or:X` | X when nothing is there |
//! | `or-param:NAME` | a parameter when nothing is there |

use super::scope::{Scope, Wrong};
use super::text;

/// A text with holes.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
    pub(super) source: String,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Hole { path: String, filters: Vec<Filter> },
}

#[derive(Clone, Debug)]
enum Filter {
    Slug,
    Digest,
    Lower,
    Upper,
    First,
    Digits,
    Number,
    Unnumbered,
    Before(String),
    After(String),
    Inside,
    Last,
    Within(usize),
    Beyond(usize),
    Plain,
    Words(String),
    Party,
    Or(String),
    OrParameter(String),
}

impl Template {
    /// Reads a template; what is wrong with it otherwise.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else {
                return Err(format!("{source:?} has a {{ without its }}"));
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let mut steps = rest[open + 1..open + length].split('|');
            let path = steps.next().unwrap_or_default().trim().to_owned();
            if path.is_empty() {
                return Err(format!("{source:?} has a hole without a column"));
            }
            let filters = steps.map(Filter::parse).collect::<Result<_, _>>()?;
            parts.push(Part::Hole { path, filters });
            rest = &rest[open + length + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self {
            parts,
            source: source.to_owned(),
        })
    }

    /// Whether it has no holes.
    pub(super) fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The tables of words and the parameters that it names.
    pub(super) fn names(&self) -> impl Iterator<Item = (bool, &str)> {
        let holes = self.parts.iter().filter_map(|part| match part {
            Part::Hole { path, filters } => Some((path, filters)),
            Part::Text(_) => None,
        });
        holes.flat_map(|(path, filters)| {
            let own = path.strip_prefix("param.").map(|name| (false, name));
            let theirs = filters.iter().filter_map(|filter| match filter {
                Filter::Words(name) => Some((true, name.as_str())),
                Filter::OrParameter(name) => Some((false, name.as_str())),
                _ => None,
            });
            own.into_iter().chain(theirs)
        })
    }

    /// The text with its holes filled; empty where nothing is there. Also whether any hole was filled.
    pub(super) fn fill(&self, scope: &Scope<'_>) -> Result<(String, bool), Wrong> {
        let (mut text, mut any) = (String::new(), false);
        for part in &self.parts {
            match part {
                Part::Text(constant) => text.push_str(constant),
                Part::Hole { path, filters } => {
                    let value = hole(path, filters, scope)?;
                    any |= !value.is_empty();
                    text.push_str(&value);
                }
            }
        }
        Ok((text, any))
    }

    /// The text with its holes filled, each with something.
    pub(super) fn fill_all(&self, scope: &Scope<'_>, what: &str) -> Result<String, Wrong> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(constant) => text.push_str(constant),
                Part::Hole { path, filters } => {
                    let value = hole(path, filters, scope)?;
                    // What the caller says for the whole file may be nothing.
                    if value.is_empty() && !path.starts_with("param.") {
                        return Err(Wrong::new(
                            path,
                            format!("is empty, and {what} is made of it"),
                        ));
                    }
                    text.push_str(&value);
                }
            }
        }
        Ok(text)
    }
}

fn hole(path: &str, filters: &[Filter], scope: &Scope<'_>) -> Result<String, Wrong> {
    let mut text = scope.text(path)?;
    for filter in filters {
        text = filter.apply(text, path, scope)?;
    }
    Ok(text)
}

impl Filter {
    fn parse(written: &str) -> Result<Self, String> {
        let (name, argument) = written.split_once(':').unwrap_or((written, ""));
        let argument = argument.replace("\\n", "\n");
        Ok(match (name.trim(), argument.is_empty()) {
            ("slug", true) => Self::Slug,
            ("digest", true) => Self::Digest,
            ("lower", true) => Self::Lower,
            ("upper", true) => Self::Upper,
            ("first", true) => Self::First,
            ("digits", true) => Self::Digits,
            ("number", true) => Self::Number,
            ("unnumbered", true) => Self::Unnumbered,
            ("inside", true) => Self::Inside,
            ("last", true) => Self::Last,
            ("plain", true) => Self::Plain,
            ("party", true) => Self::Party,
            ("before", false) => Self::Before(argument),
            ("after", false) => Self::After(argument),
            ("within" | "beyond", false) => {
                let letters = argument.trim().parse().map_err(|_| {
                    format!("{written:?} should name a number of letters, as in `within:500`")
                })?;
                if name.trim() == "within" {
                    Self::Within(letters)
                } else {
                    Self::Beyond(letters)
                }
            }
            ("words", false) => Self::Words(argument),
            ("or", false) => Self::Or(argument),
            ("or-param", false) => Self::OrParameter(argument),
            _ => {
                return Err(format!(
                    "{written:?} is no filter of a template (see the table in the README)"
                ));
            }
        })
    }

    fn apply(&self, text: String, path: &str, scope: &Scope<'_>) -> Result<String, Wrong> {
        Ok(match self {
            Self::Slug => text::slug(&text),
            Self::Digest if text.trim().is_empty() => String::new(),
            Self::Digest => text::digest(&text),
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::First => text.trim().chars().take(1).collect(),
            Self::Digits => text::digits(&text).to_owned(),
            Self::Number => text::numbered(&text).0.to_owned(),
            Self::Unnumbered => text::numbered(&text).1.to_owned(),
            Self::Before(mark) => text::before(&text, mark).to_owned(),
            Self::After(mark) => text::after(&text, mark).to_owned(),
            Self::Inside => text::inside(&text).to_owned(),
            Self::Last => text.rsplit('/').next().unwrap_or_default().to_owned(),
            Self::Plain => text.trim().trim_matches(['*', '_', '#', ' ']).to_owned(),
            Self::Within(letters) if text.chars().count() > *letters => String::new(),
            Self::Beyond(letters) if text.chars().count() <= *letters => String::new(),
            Self::Within(_) | Self::Beyond(_) => text,
            Self::Words(name) => scope.word(name, &text).unwrap_or(text),
            Self::Party if text.trim().is_empty() => String::new(),
            Self::Party => scope.party(path, &text)?,
            Self::Or(other) if text.trim().is_empty() => other.clone(),
            Self::OrParameter(name) if text.trim().is_empty() => {
                scope.text(&format!("param.{name}"))?
            }
            Self::Or(_) | Self::OrParameter(_) => text,
        })
    }
}
