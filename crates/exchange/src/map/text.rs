//! Small changes of texts: what templates and columns have done to them.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest id that a slug becomes, in bytes.
const SLUG: usize = 48;
/// Longest id of the record (see `rapporteur_records::check_id`).
const ID: usize = 63;

/// A text by which spellings are compared: letters and digits only, without case and accents, one space between. Points do not
/// part words: `U.S.A.` is `USA`.
pub(crate) fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && *c != '.')
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

/// A digest of a text, 12 hexadecimal digits: 48 bits, so that one in a million rows meets another's by a chance of
/// about one in five hundred million. Spaces around it do not count.
pub(crate) fn digest(text: &str) -> String {
    let hash = blake3::hash(text.trim().as_bytes());
    hash.to_hex()[..12].to_owned()
}

/// An id made of a text: `a-z 0-9 - .`, at most 48 bytes. What is lost (letters of other scripts, what is too long) is
/// made up for by a digest, so that different texts stay different.
pub(crate) fn slug(text: &str) -> String {
    let mut lost = false;
    let mut id = String::new();
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => id.push(c),
            '.' if !id.is_empty() => id.push('.'),
            _ => {
                lost |= c.is_alphanumeric();
                if !id.is_empty() && !id.ends_with(['-', '.']) {
                    id.push('-');
                }
            }
        }
    }
    let id = id.trim_end_matches(['-', '.']);
    if text.trim().is_empty() {
        return String::new();
    }
    if id.is_empty() {
        return digest(text);
    }
    if lost || id.len() > SLUG {
        let cut = &id[..id.len().min(SLUG - 13)];
        return format!("{}-{}", cut.trim_end_matches(['-', '.']), digest(text));
    }
    id.to_owned()
}

/// An id that is not too long: what is beyond 63 bytes becomes a digest.
pub(crate) fn short_id(id: String) -> String {
    if id.len() <= ID || !id.is_ascii() {
        return id;
    }
    format!(
        "{}-{}",
        id[..ID - 13].trim_end_matches(['-', '.']),
        digest(&id)
    )
}

/// What no text of the record may hold: control characters but line feed and tab, and what turns the direction of
/// writing.
pub(crate) fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether it can be the last part of a name.
pub(crate) fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |b: Option<&u8>| b.is_some_and(|b| plain(*b));
    let bytes = id.as_bytes();
    bytes.len() <= ID
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|b| plain(*b) || matches!(b, b'-' | b'.'))
}

/// What stands before `mark`, in any case; all when there is none.
pub(crate) fn before<'t>(text: &'t str, mark: &str) -> &'t str {
    find(text, mark).map_or(text, |at| &text[..at]).trim()
}

/// What stands after `mark`, in any case; nothing when there is none.
pub(crate) fn after<'t>(text: &'t str, mark: &str) -> &'t str {
    find(text, mark)
        .map_or("", |at| &text[at + mark.len()..])
        .trim()
}

fn find(text: &str, mark: &str) -> Option<usize> {
    // Small letters of ASCII are as long as capitals, so places are the same.
    text.to_ascii_lowercase().find(&mark.to_ascii_lowercase())
}

/// What stands in the first round brackets.
pub(crate) fn inside(text: &str) -> &str {
    before(after(text, "("), ")")
}

/// A number at the beginning, as recommendations have it (`115.1`, `186.28.`, `2(b)`), and the rest.
pub(crate) fn numbered(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        (first.trim_end_matches(['.', ':', ')']), rest.trim())
    } else {
        ("", text)
    }
}

/// The first run of digits.
pub(crate) fn digits(text: &str) -> &str {
    let Some(from) = text.find(|c: char| c.is_ascii_digit()) else {
        return "";
    };
    let rest = &text[from..];
    &rest[..rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_ids_and_stay_apart() {
        assert_eq!(slug("Côte d’Ivoire"), "cote-d-ivoire");
        assert_eq!(slug("  A/HRC/25/5 Add.1 "), "a-hrc-25-5-add.1");
        assert_eq!(slug(" "), "");
        let (arabic, other) = (slug("الجزائر"), slug("المغرب"));
        assert_ne!(arabic, other);
        let long = slug(&"word ".repeat(100));
        assert_ne!(long, slug(&"word ".repeat(101)));
        for id in [
            arabic,
            other,
            long,
            slug("a日本"),
            short_id("x".repeat(100)),
        ] {
            assert!(is_id(&id), "{id}");
        }
    }

    #[test]
    fn texts_are_cut() {
        assert_eq!(
            numbered("186.28. Continue its efforts"),
            ("186.28", "Continue its efforts")
        );
        assert_eq!(numbered("Continue"), ("", "Continue"));
        assert_eq!(inside("UNHCR (technical support)"), "technical support");
        assert_eq!(before("UNHCR (technical support)", "("), "UNHCR");
        assert_eq!(digits("UPR session 13"), "13");
        assert_eq!(
            fold("  Saint-Vincent &  the GRENADINES"),
            "saint vincent the grenadines"
        );
    }
}
