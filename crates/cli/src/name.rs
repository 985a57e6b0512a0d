//! Short names: `pt` for `parties/pt`, `rabat/2024-lisbon-hlm` for `dialogues/rabat/events/2024-lisbon-hlm`.
//!
//! A short name is the ids alone. Ids that are missing on the left come from `--dialogue`. Tables
//! show names in the same form, so what is shown can be typed.

pub(crate) use rapporteur_exchange::write::cell::short;

use crate::error::{Failure, Result};

pub(crate) const PARTY: &str = "parties/*";
pub(crate) const SOURCE: &str = "sources/*";
pub(crate) const DIALOGUE: &str = "dialogues/*";
pub(crate) const BODY: &str = "dialogues/*/bodies/*";
pub(crate) const GROUP: &str = "dialogues/*/groups/*";
pub(crate) const EVENT: &str = "dialogues/*/events/*";
pub(crate) const POST: &str = "dialogues/*/posts/*";
pub(crate) const MEMBERSHIP: &str = "dialogues/*/memberships/*";
pub(crate) const CHAIRMANSHIP: &str = "dialogues/*/chairmanships/*";
pub(crate) const PLAN: &str = "dialogues/*/plans/*";
pub(crate) const NODE: &str = "dialogues/*/plans/*/nodes/*";
pub(crate) const INSTRUMENT: &str = "dialogues/*/instruments/*";
pub(crate) const RECOMMENDATION: &str = "dialogues/*/recommendations/*";
pub(crate) const CROSSWALK: &str = "dialogues/*/plans/*/crosswalks/*";
pub(crate) const COMMITMENT: &str = "dialogues/*/commitments/*";
pub(crate) const REPORT: &str = "dialogues/*/reports/*";
pub(crate) const ASSESSMENT: &str = "dialogues/*/assessments/*";
pub(crate) const SCHEDULE: &str = "dialogues/*/schedules/*";
pub(crate) const VOCABULARY: &str = "vocabularies/*";
pub(crate) const VERDICT: &str = "dialogues/*/recommendations/*/verdicts/*";
pub(crate) const ADDRESSEE: &str = "dialogues/*/recommendations/*/addressees/*";

/// The full name of shape `pattern`. Only the shape is looked at; the service checks the ids.
pub(crate) fn expand(pattern: &str, given: &str, dialogue: Option<&str>) -> Result<String> {
    let segments: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = given.split('/').collect();
    let literal = |(at, segment): (usize, &&str)| *segment == "*" || parts.get(at) == Some(segment);
    if parts.len() == segments.len() && segments.iter().enumerate().all(literal) {
        return Ok(given.to_owned());
    }
    let wanted = segments.iter().filter(|s| **s == "*").count();
    let scope = dialogue.map(|d| d.strip_prefix("dialogues/").unwrap_or(d));
    let ids: Vec<&str> = match scope {
        Some(scope) if pattern.starts_with(DIALOGUE) && parts.len() + 1 == wanted => {
            std::iter::once(scope)
                .chain(parts.iter().copied())
                .collect()
        }
        _ => parts,
    };
    if ids.len() != wanted || ids.iter().any(|id| id.is_empty()) {
        return Err(Failure::Usage(misfit(
            pattern,
            given,
            wanted,
            dialogue.is_some(),
        )));
    }
    let mut ids = ids.into_iter();
    let filled: Vec<&str> = segments
        .iter()
        .map(|s| {
            if *s == "*" {
                ids.next().unwrap_or("")
            } else {
                s
            }
        })
        .collect();
    Ok(filled.join("/"))
}

/// All of them, or the first that does not fit.
pub(crate) fn expand_all(
    pattern: &str,
    given: &[String],
    dialogue: Option<&str>,
) -> Result<Vec<String>> {
    given
        .iter()
        .map(|name| expand(pattern, name, dialogue))
        .collect()
}

/// The name of something that may be absent; empty then, as in the protos.
pub(crate) fn expand_some(
    pattern: &str,
    given: &Option<String>,
    dialogue: Option<&str>,
) -> Result<String> {
    given
        .as_deref()
        .map_or(Ok(String::new()), |name| expand(pattern, name, dialogue))
}

fn misfit(pattern: &str, given: &str, wanted: usize, has_dialogue: bool) -> String {
    let mut text = format!("{given} is not a name like {pattern}");
    if wanted > 1 {
        let ids: Vec<&str> = pattern
            .split('/')
            .step_by(2)
            .map(|c| c.trim_end_matches('s'))
            .collect();
        text += &format!(" (short: {})", ids.join("/"));
        if !has_dialogue && given.split('/').count() + 1 == wanted {
            text += "; say which dialogue with --dialogue";
        }
    }
    text
}

/// Parent and last id of a full name; the parent is empty at the top.
pub(crate) fn split(name: &str) -> (&str, &str) {
    let mut cuts = name.rmatch_indices('/');
    let id = cuts.next().map_or(name, |(at, _)| &name[at + 1..]);
    (cuts.next().map_or("", |(at, _)| &name[..at]), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_enough_where_they_say_it_all() {
        let full = |pattern, given, dialogue| expand(pattern, given, dialogue).unwrap();
        assert_eq!(full(PARTY, "pt", None), "parties/pt");
        assert_eq!(full(PARTY, "pt", Some("rabat")), "parties/pt");
        assert_eq!(full(DIALOGUE, "rabat", None), "dialogues/rabat");
        assert_eq!(
            full(DIALOGUE, "dialogues/rabat", Some("khartoum")),
            "dialogues/rabat"
        );
        assert_eq!(full(EVENT, "rabat/x", None), "dialogues/rabat/events/x");
        assert_eq!(full(EVENT, "x", Some("rabat")), "dialogues/rabat/events/x");
        assert_eq!(
            full(EVENT, "x", Some("dialogues/rabat")),
            "dialogues/rabat/events/x"
        );
        assert_eq!(
            full(EVENT, "khartoum/x", Some("rabat")),
            "dialogues/khartoum/events/x"
        );
        assert_eq!(
            full(NODE, "cadiz/5a", Some("rabat")),
            "dialogues/rabat/plans/cadiz/nodes/5a"
        );
        assert_eq!(
            full(ADDRESSEE, "rabat/l.t3/pt", None),
            "dialogues/rabat/recommendations/l.t3/addressees/pt"
        );
    }

    #[test]
    fn too_little_or_too_much_is_a_usage_error() {
        let error = |pattern, given, dialogue| expand(pattern, given, dialogue).unwrap_err();
        let missing = error(EVENT, "x", None);
        assert_eq!(missing.exit_code(), 2);
        assert!(missing.to_string().contains("--dialogue"), "{missing}");
        for given in ["", "a/b/c", "rabat/", "parties/pt/x"] {
            assert_eq!(error(EVENT, given, Some("rabat")).exit_code(), 2, "{given}");
        }
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        for (pattern, name) in [
            (PARTY, "parties/pt"),
            (VOCABULARY, "vocabularies/upr"),
            (CROSSWALK, "dialogues/rabat/plans/cadiz/crosswalks/5a-gcm-7"),
            (NODE, "dialogues/rabat/plans/cadiz/nodes/5a"),
        ] {
            assert_eq!(expand(pattern, &short(name), None).unwrap(), name);
        }
        for other in [
            "https://x/y",
            "dialogues/rabat/events",
            "4/5",
            "sources/ a",
            "",
        ] {
            assert_eq!(short(other), other);
        }
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(split("dialogues/rabat/events/x"), ("dialogues/rabat", "x"));
        assert_eq!(split("parties/pt"), ("", "pt"));
        assert_eq!(split("pt"), ("", "pt"));
    }
}
