//! Values in words.

use crate::output::guard;
use crate::{name, word};

/// `IMPLEMENTATION_IN_PROGRESS` as `In progress`; nothing of what is not stated.
pub(super) fn sentence(name: &str, prefix: &str) -> String {
    let words = word::of(name, prefix).replace('-', " ");
    if words == "unspecified" || words == "none" {
        return String::new();
    }
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How far something is; that nothing is known is said.
pub(super) fn implementation(name: &str) -> String {
    match sentence(name, "IMPLEMENTATION_") {
        words if words.is_empty() => "Nothing verified".to_owned(),
        words => words,
    }
}

pub(super) fn quoted(words: String, original: &str) -> String {
    if original.is_empty() {
        words
    } else {
        format!("{words} (“{}”)", guard::text(original))
    }
}

pub(super) fn shorts(names: &[String]) -> String {
    let all: Vec<String> = names
        .iter()
        .map(|it| guard::text(&name::short(it)))
        .collect();
    all.join(", ")
}

pub(super) fn span(start: &str, end: &str) -> String {
    let words = match (start, end) {
        ("", "") => String::new(),
        (start, end) if end.is_empty() || start == end => start.to_owned(),
        ("", end) => format!("until {end}"),
        (start, end) => format!("{start} to {end}"),
    };
    guard::text(&words)
}

pub(super) fn days_of(days: i32) -> String {
    if days == 1 {
        "1 day".to_owned()
    } else {
        format!("{days} days")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_and_silence_is_said() {
        assert_eq!(sentence("ITEM_FLAG_NO_REPORT", "ITEM_FLAG_"), "No report");
        assert_eq!(sentence("RESPONSE_UNSPECIFIED", "RESPONSE_"), "");
        assert_eq!(implementation("IMPLEMENTATION_NONE"), "Nothing verified");
        assert_eq!(implementation("IMPLEMENTATION_STALLED"), "Stalled");
        assert_eq!(span("2025-01-01", "2025-01-01"), "2025-01-01");
        assert_eq!(
            (span("a", "b"), span("", "b")),
            ("a to b".into(), "until b".into())
        );
        assert_eq!((days_of(1), days_of(2)), ("1 day".into(), "2 days".into()));
        assert_eq!(
            shorts(&["parties/pt".into(), "parties/ng".into()]),
            "pt, ng"
        );
    }
}
