//! In which language texts are shown ([`rapporteur_exchange::write::language`]), and what a terminal needs besides.

pub(crate) use rapporteur_exchange::write::language::{pick, words};

/// Whether a language is written from right to left.
pub(crate) fn right_to_left(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    // A script that is named says more than the language: `az-Arab`, `ar-Latn`.
    match parts.find(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(script) => ["arab", "hebr", "syrc", "thaa", "nkoo", "adlm"]
            .contains(&script.to_ascii_lowercase().as_str()),
        None => [
            "ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi",
        ]
        .contains(&language.as_str()),
    }
}

/// For clap: a BCP 47 tag, as far as its shape goes.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if text.split('-').all(part) {
        Ok(text.to_owned())
    } else {
        Err("is not a language tag: write en, fr, pt-BR".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_a_shape_and_a_direction() {
        assert!(tag("zh-Hant-TW").is_ok() && tag("en").is_ok());
        for odd in ["", "e n", "en_GB", "en-", "\u{202e}en", "abcdefghi"] {
            assert!(tag(odd).is_err(), "{odd}");
        }
        assert!(right_to_left("ar") && right_to_left("ar-MA") && right_to_left("az-Arab"));
        assert!(!right_to_left("fr") && !right_to_left("ar-Latn"));
    }
}
