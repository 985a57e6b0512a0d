//! Path templates of `google.api.http` annotations: `/v1/{name=dialogues/*/events/*}:plan`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use rapporteur_records::name::quoted;
use rapporteur_records::{Error, Result};

/// A path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    /// The custom verb after the colon; empty when there is none.
    verb: String,
    variables: Vec<Variable>,
}

/// One part between slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Just this.
    Literal(String),
    /// `*`: any one.
    One,
    /// `**`: all that are left, at least one.
    Rest,
}

/// A part of the path that goes into a field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    /// Path of the field: `event.name`.
    field: String,
    from: usize,
    /// One after its last segment.
    to: usize,
}

/// A path of a request, split but not decoded.
#[derive(Clone, Debug)]
pub struct Path<'p> {
    segments: Vec<&'p str>,
    verb: &'p str,
}

impl<'p> Path<'p> {
    /// Splits a path. What follows the last colon of its last segment is its verb.
    pub fn split(path: &'p str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut segments: Vec<&str> = path.split('/').collect();
        let mut verb = "";
        if let Some(last) = segments.last_mut()
            && let Some((before, after)) = last.rsplit_once(':')
        {
            (*last, verb) = (before, after);
        }
        Self { segments, verb }
    }

    /// The same path with this verb, if it has none of its own.
    #[must_use]
    pub fn or_verb(self, verb: &'p str) -> Self {
        let verb = if self.verb.is_empty() {
            verb
        } else {
            self.verb
        };
        Self { verb, ..self }
    }
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let wrong = |why: &str| format!("path template {text}: {why}");
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| wrong("should begin with /"))?;
        let (path, verb) = match rest.rfind(':') {
            Some(colon) if !rest[colon..].contains(['/', '}']) => {
                (&rest[..colon], &rest[colon + 1..])
            }
            _ => (rest, ""),
        };
        let mut template = Self {
            segments: Vec::new(),
            verb: verb.to_owned(),
            variables: Vec::new(),
        };
        let mut left = path;
        while !left.is_empty() {
            if let Some(variable) = left.strip_prefix('{') {
                let (variable, after) = variable
                    .split_once('}')
                    .ok_or_else(|| wrong("a { is not closed"))?;
                let (field, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
                let from = template.segments.len();
                template
                    .segments
                    .extend(pattern.split('/').map(Segment::read));
                template.variables.push(Variable {
                    field: field.to_owned(),
                    from,
                    to: template.segments.len(),
                });
                left = after;
            } else {
                let end = left.find('/').unwrap_or(left.len());
                template.segments.push(Segment::read(&left[..end]));
                left = &left[end..];
            }
            match left.strip_prefix('/') {
                Some(next) => left = next,
                None if left.is_empty() => {}
                None => return Err(wrong("a variable should be followed by / or its end")),
            }
        }
        let rests = template.segments.iter().rev().skip(1);
        if rests.into_iter().any(|segment| *segment == Segment::Rest) {
            return Err(wrong("** should come last"));
        }
        Ok(template)
    }

    /// Whether a path is one of this template.
    pub fn matches(&self, path: &Path<'_>) -> bool {
        let open = self.segments.last() == Some(&Segment::Rest);
        let length = if open {
            path.segments.len() >= self.segments.len()
        } else {
            path.segments.len() == self.segments.len()
        };
        length
            && self.verb == path.verb
            && path.segments.iter().all(|segment| !segment.is_empty())
            && self
                .segments
                .iter()
                .zip(&path.segments)
                .all(|(ours, theirs)| match ours {
                    Segment::Literal(literal) => literal == theirs,
                    Segment::One | Segment::Rest => true,
                })
    }

    /// The fields that a matching path sets, with their values. A segment that hides a slash or a control
    /// character is refused: it would mean another name than it seems to.
    pub fn values(&self, path: &Path<'_>) -> Result<Vec<(&str, String)>> {
        let values = self.variables.iter().map(|variable| {
            let to = match self.segments.get(variable.to - 1) {
                Some(Segment::Rest) => path.segments.len(),
                _ => variable.to,
            };
            let segments = path.segments.get(variable.from..to).unwrap_or_default();
            let decoded = segments.iter().map(|segment| plain(segment));
            let why = "in the path should be UTF-8 without slashes and control characters";
            let value = decoded.collect::<std::result::Result<Vec<_>, _>>();
            let value = value.map_err(|odd| {
                Error::invalid(variable.field.as_str(), format!("{} {why}", quoted(odd)))
            })?;
            Ok((variable.field.as_str(), value.join("/")))
        });
        values.collect()
    }

    /// Whether some path is one of both.
    pub fn clashes(&self, other: &Self) -> bool {
        let open = |template: &Self| template.segments.last() == Some(&Segment::Rest);
        let length = match (open(self), open(other)) {
            (false, false) => self.segments.len() == other.segments.len(),
            (true, false) => self.segments.len() <= other.segments.len(),
            (false, true) => self.segments.len() >= other.segments.len(),
            (true, true) => true,
        };
        let same = |(one, another): (&Segment, &Segment)| match (one, another) {
            (Segment::Literal(one), Segment::Literal(another)) => one == another,
            _ => true,
        };
        length && self.verb == other.verb && self.segments.iter().zip(&other.segments).all(same)
    }

    /// The template as OpenAPI writes it, with a variable for each `*`: its path, and the name of each variable
    /// with what it stands for.
    pub fn spelt_out(&self) -> (String, Vec<String>) {
        let mut names = Vec::new();
        let mut path = String::new();
        let mut before = "";
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Literal(literal) => {
                    path.push_str(literal);
                    before = literal;
                }
                Segment::One | Segment::Rest => {
                    let name = if *segment == Segment::Rest {
                        "name".to_owned()
                    } else {
                        singular(before)
                    };
                    path.push_str(&format!("{{{name}}}"));
                    names.push(name);
                }
            }
        }
        if !self.verb.is_empty() {
            path.push(':');
            path.push_str(&self.verb);
        }
        (path, names)
    }

    /// The fields that the path sets.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.variables
            .iter()
            .map(|variable| variable.field.as_str())
    }
}

/// A segment without its escapes; itself again when it hides what no name has.
fn plain(segment: &str) -> std::result::Result<Cow<'_, str>, &str> {
    let plain = percent_decode_str(segment).decode_utf8().ok();
    let harmless = |plain: &Cow<'_, str>| !plain.contains(|c: char| c == '/' || c.is_control());
    plain.filter(harmless).ok_or(segment)
}

impl Segment {
    fn read(text: &str) -> Self {
        match text {
            "*" => Self::One,
            "**" => Self::Rest,
            literal => Self::Literal(literal.to_owned()),
        }
    }
}

/// What one of a collection is called: `parties` -> `party`.
fn singular(collection: &str) -> String {
    match collection.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => collection
            .strip_suffix('s')
            .unwrap_or(collection)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).unwrap();
        let path = Path::split(path);
        template.matches(&path).then(|| {
            let values = template.values(&path).unwrap().into_iter();
            values
                .map(|(field, value)| (field.to_owned(), value))
                .collect()
        })
    }

    fn one(field: &str, value: &str) -> Option<Vec<(String, String)>> {
        Some(vec![(field.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_path_sets_the_fields_of_its_template() {
        let get = "/v1/{name=dialogues/*/events/*}";
        let event = one("name", "dialogues/rabat/events/e.1");
        assert_eq!(values(get, "/v1/dialogues/rabat/events/e.1"), event);
        assert_eq!(values(get, "/v1/dialogues/r%61bat/events/e.1"), event);
        for other in [
            "/v1/dialogues/rabat/events",
            "/v1/dialogues/rabat/events/",
            "/v1/dialogues//events/e",
            "/v1/dialogues/rabat/events/e/x",
            "/v1/dialogues/rabat/posts/e",
            "/v1/dialogues/rabat/events/e:plan",
            "/v2/dialogues/rabat/events/e",
            "",
        ] {
            assert_eq!(values(get, other), None, "{other}");
        }
        let plan = "/v1/{name=dialogues/*/events/*}:plan";
        let event = one("name", "dialogues/rabat/events/e");
        assert_eq!(values(plan, "/v1/dialogues/rabat/events/e:plan"), event);
        let list = "/v1/{parent=dialogues/*}/events";
        let parent = one("parent", "dialogues/-");
        assert_eq!(values(list, "/v1/dialogues/-/events"), parent);
        let all = "/v1/{name=**}:revisions";
        let name = one("name", "parties/pt");
        assert_eq!(values(all, "/v1/parties/pt:revisions"), name);
        assert_eq!(values(all, "/v1:revisions"), None);
        assert_eq!(values("/v1/parties", "/v1/parties"), Some(vec![]));
    }

    #[test]
    fn what_is_hidden_in_a_segment_is_refused() {
        let template = Template::parse("/v1/{name=dialogues/*}").unwrap();
        for odd in ["a%2Fevents%2Fb", "a%00", "a%0d%0a", "a%c2%85", "%ff"] {
            let text = format!("/v1/dialogues/{odd}");
            let path = Path::split(&text);
            assert!(template.matches(&path));
            let error = template.values(&path).unwrap_err();
            assert!(error.to_string().contains("name:"), "{odd}: {error}");
        }
    }

    #[test]
    fn templates_clash_when_a_path_is_one_of_both() {
        let clash = |one: &str, other: &str| {
            let (one, other) = (
                Template::parse(one).unwrap(),
                Template::parse(other).unwrap(),
            );
            assert_eq!(one.clashes(&other), other.clashes(&one));
            one.clashes(&other)
        };
        assert!(clash("/v1/{name=dialogues/*}", "/v1/dialogues/{id}"));
        assert!(clash("/v1/{name=**}:x", "/v1/a/b:x"));
        assert!(!clash("/v1/{name=**}:x", "/v1/a/b:y"));
        assert!(!clash("/v1/a/*", "/v1/b/*"));
        assert!(!clash("/v1/a/*", "/v1/a/*/b"));
    }

    #[test]
    fn an_odd_template_is_refused() {
        for odd in ["v1/a", "/v1/{name=a/*", "/v1/{a}b", "/v1/{name=**}/b"] {
            assert!(Template::parse(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_template_is_spelt_out() {
        let template = Template::parse("/v1/{parent=dialogues/*/plans/*}/nodes:x").unwrap();
        let (path, names) = template.spelt_out();
        assert_eq!(path, "/v1/dialogues/{dialogue}/plans/{plan}/nodes:x");
        assert_eq!(names, ["dialogue", "plan"]);
        assert_eq!(singular("parties"), "party");
    }
}
