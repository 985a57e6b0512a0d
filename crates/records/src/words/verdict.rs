//! How verdicts are named: what suggests and what decides come to the same name, and nothing is decided twice.

use rapporteur_proto::recommendations::v1::VerdictKind as Kind;

/// Hexadecimal digits of the digest in a name: 80 bits.
const DIGITS: usize = 20;

/// The last id of the verdict on this suggestion: the kind, and a BLAKE3 digest of the object.
pub fn id(kind: Kind, object: &str) -> String {
    let word = match kind {
        Kind::Unspecified => "unspecified",
        Kind::Repeats => "repeats",
        Kind::DuplicateOf => "duplicate-of",
        Kind::Theme => "theme",
        Kind::PlanNode => "plan-node",
        Kind::Party => "party",
    };
    let digest = blake3::hash(object.as_bytes()).to_hex();
    format!("{word}-{}", &digest[..DIGITS])
}

/// The name of the verdict on this suggestion for a recommendation.
pub fn name(recommendation: &str, kind: Kind, object: &str) -> String {
    format!("{recommendation}/verdicts/{}", id(kind, object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_kind_and_tells_objects_apart() {
        let text = "dialogues/rabat/recommendations/r";
        let one = name(text, Kind::DuplicateOf, "dialogues/rabat/recommendations/a");
        assert_eq!(
            one,
            "dialogues/rabat/recommendations/r/verdicts/duplicate-of-db07abc444b0a33c78d6"
        );
        assert_ne!(
            one,
            name(text, Kind::DuplicateOf, "dialogues/rabat/recommendations/b")
        );
        let last = id(Kind::PlanNode, &"x".repeat(300));
        assert!(crate::check_id(&last).is_ok(), "{last}");
    }
}
