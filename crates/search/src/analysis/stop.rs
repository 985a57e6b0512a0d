//! Words that say nothing by themselves ("the", "de la"), by language.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold;

/// All lists, with their words folded.
static LISTS: LazyLock<HashMap<&'static str, HashSet<String>>> = LazyLock::new(|| {
    let list = |language: &'static str| {
        let words = stop_words::lookup(language).unwrap_or_default();
        (
            language,
            words.iter().map(|word| fold::fold(word)).collect(),
        )
    };
    stop_words::available_languages()
        .iter()
        .copied()
        .map(list)
        .collect()
});

/// Whether a folded word says nothing by itself in a language (BCP 47); without a language ("") in English.
/// Languages without a list have none: rare words weigh more than common ones anyway.
pub fn stop_word(language: &str, folded: &str) -> bool {
    let primary = super::primary(language);
    let language = match primary.as_str() {
        "" => "en",
        "nb" | "nn" => "no",
        other => other,
    };
    LISTS
        .get(language)
        .is_some_and(|words| words.contains(folded))
}
