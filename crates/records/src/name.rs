//! Resource names: `dialogues/rabat/events/2024-lisbon-hlm`.

use crate::{Error, Result};

/// Longest id, as of a DNS label (AIP-122).
const ID_BYTES: usize = 63;

/// The shape of the names of one noun: literal segments and `*` for ids.
#[derive(Clone, Copy, Debug)]
pub struct Pattern(pub &'static str);

impl Pattern {
    /// The ids in `name`, when it has this shape.
    pub fn ids(self, name: &str) -> Option<Vec<&str>> {
        let mut ids = Vec::new();
        let mut segments = name.split('/');
        for expected in self.0.split('/') {
            let segment = segments.next()?;
            if expected == "*" {
                if !is_id(segment) {
                    return None;
                }
                ids.push(segment);
            } else if expected != segment {
                return None;
            }
        }
        segments.next().is_none().then_some(ids)
    }

    /// Whether `name` has this shape. Asked of every name of every call, so it makes nothing.
    pub fn matches(self, name: &str) -> bool {
        let mut segments = name.split('/');
        let alike = self.0.split('/').all(|expected| {
            segments.next().is_some_and(|segment| match expected {
                "*" => is_id(segment),
                literal => literal == segment,
            })
        });
        alike && segments.next().is_none()
    }

    /// Refuses a name of another shape, naming the field and the right shape.
    pub fn check(self, field: &str, name: &str) -> Result<()> {
        if self.matches(name) {
            Ok(())
        } else {
            Err(Error::invalid(field, self.expectation(name)))
        }
    }

    /// What is wrong with `name`, in words.
    pub fn expectation(self, name: &str) -> String {
        let shape = self.0;
        if name.is_empty() {
            format!("is empty; it should look like {shape}, each * being 1 to 63 of a-z 0-9 - .")
        } else {
            format!(
                "{} does not look like {shape}, each * being 1 to 63 of a-z 0-9 - .",
                quoted(name)
            )
        }
    }

    /// The pattern of the parents: `dialogues/*` of `dialogues/*/events/*`; empty at the top.
    pub fn parent(self) -> Pattern {
        let mut end = self.0.rsplitn(3, '/');
        end.next();
        end.next();
        Pattern(end.next().unwrap_or(""))
    }

    /// The collection: `events` of `dialogues/*/events/*`.
    pub fn collection(self) -> &'static str {
        self.0.rsplit('/').nth(1).unwrap_or("")
    }

    /// The name of a child with this shape.
    pub fn name(self, parent: &str, id: &str) -> String {
        let collection = self.collection();
        if parent.is_empty() {
            format!("{collection}/{id}")
        } else {
            format!("{parent}/{collection}/{id}")
        }
    }

    /// Checks the parent of a list: of the right shape, where each id may be `-` for any.
    pub fn check_list_parent(self, field: &str, parent: &str) -> Result<()> {
        let shape = self.parent();
        let concrete = parent
            .split('/')
            .map(|s| if s == "-" { "any" } else { s })
            .collect::<Vec<_>>()
            .join("/");
        if shape.matches(&concrete) || (shape.0.is_empty() && parent.is_empty()) {
            Ok(())
        } else {
            Err(Error::invalid(
                field,
                format!(
                    "{} (or - for an id, meaning any)",
                    shape.expectation(parent)
                ),
            ))
        }
    }
}

/// Checks one id: 1 to 63 of `a-z 0-9 - .`, beginning and ending with a letter or digit.
pub fn check_id(id: &str) -> std::result::Result<(), String> {
    if is_id(id) {
        return Ok(());
    }
    Err(format!(
        "{} is not an id: 1 to 63 of a-z 0-9 - . that begin and end with a letter or digit",
        quoted(id)
    ))
}

fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = id.as_bytes();
    (1..=ID_BYTES).contains(&bytes.len())
        && bytes.iter().all(|b| plain(*b) || *b == b'-' || *b == b'.')
        && bytes.first().is_some_and(|b| plain(*b))
        && bytes.last().is_some_and(|b| plain(*b))
}

/// The parent's name: `dialogues/rabat` of `dialogues/rabat/events/x`; empty at the top.
pub fn parent_of(name: &str) -> &str {
    let mut cut = name.rmatch_indices('/');
    cut.next();
    cut.next().map_or("", |(at, _)| &name[..at])
}

/// The last id of a name.
pub fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What the caller sent, short enough for an error message.
pub fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    let more = if short.len() < text.len() { "..." } else { "" };
    format!("\"{}{more}\"", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Pattern = Pattern("dialogues/*/events/*");

    #[test]
    fn names_are_taken_apart_and_put_together() {
        assert_eq!(
            EVENT.ids("dialogues/rabat/events/2024-lisbon"),
            Some(vec!["rabat", "2024-lisbon"])
        );
        assert_eq!(
            EVENT.name("dialogues/rabat", "x"),
            "dialogues/rabat/events/x"
        );
        assert_eq!(EVENT.parent().0, "dialogues/*");
        assert_eq!(Pattern("parties/*").parent().0, "");
        assert_eq!(Pattern("parties/*").name("", "pt"), "parties/pt");
        assert_eq!(parent_of("dialogues/rabat/events/x"), "dialogues/rabat");
        assert_eq!(parent_of("parties/pt"), "");
        assert_eq!(id_of("parties/pt"), "pt");
    }

    #[test]
    fn other_shapes_are_refused() {
        for bad in [
            "",
            "dialogues/rabat",
            "dialogues/rabat/events/",
            "dialogues/Rabat/events/x",
            "dialogues/-/events/x",
        ] {
            assert!(!EVENT.matches(bad), "{bad}");
        }
        assert!(check_id(&"a".repeat(64)).is_err());
        assert!(check_id("-a").is_err());
        assert!(check_id("5b.17").is_ok());
        assert!(EVENT.check_list_parent("parent", "dialogues/-").is_ok());
        assert!(EVENT.check_list_parent("parent", "").is_err());
        assert!(Pattern("parties/*").check_list_parent("parent", "").is_ok());
    }
}
