//! Enum values in the words of the command line: `EVENT_KIND_HIGH_LEVEL_MEETING` is `high-level-meeting`.
//!
//! The words are made from the protos, so a new value needs no change here.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use prost_reflect::EnumDescriptor;
use rapporteur_exchange::write::word::strip;
pub(crate) use rapporteur_exchange::write::word::{of, word};
use rapporteur_proto::descriptor_pool;

/// A flag that takes one word of an enum, by its full name, and gives its number.
pub(crate) fn parser(enumeration: &'static str) -> impl TypedValueParser<Value = i32> {
    let values = descriptor_pool().get_enum_by_name(enumeration);
    let known: Vec<(String, i32)> = values.iter().flat_map(words).collect();
    PossibleValuesParser::new(
        known
            .iter()
            .map(|(word, _)| PossibleValue::new(word.clone()))
            .collect::<Vec<_>>(),
    )
    .map(move |given: String| {
        known
            .iter()
            .find(|(word, _)| *word == given)
            .map_or(0, |(_, number)| *number)
    })
}

/// The number of a word, also as the protos spell it.
pub(crate) fn number(values: &EnumDescriptor, text: &str) -> Result<i32, String> {
    let known: Vec<(String, i32)> = words(values).collect();
    let spelled = || values.get_value_by_name(text).map(|value| value.number());
    known
        .iter()
        .find(|(word, _)| word == text)
        .map(|(_, number)| *number)
        .or_else(spelled)
        .ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|(word, _)| word.as_str()).collect();
            format!("{text} is not one of: {}", known.join(", "))
        })
}

fn words(values: &EnumDescriptor) -> impl Iterator<Item = (String, i32)> {
    values
        .values()
        .filter(|v| v.number() != 0)
        .map(|v| (strip(values, v.name()), v.number()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> EnumDescriptor {
        descriptor_pool()
            .get_enum_by_name("rapporteur.events.v1.EventKind")
            .unwrap()
    }

    #[test]
    fn words_and_numbers_belong_together() {
        assert_eq!(word(&kinds(), 4), "high-level-meeting");
        assert_eq!(word(&kinds(), 0), "");
        assert_eq!(word(&kinds(), 999), "999");
        assert_eq!(number(&kinds(), "high-level-meeting"), Ok(4));
        assert_eq!(number(&kinds(), "EVENT_KIND_SUMMIT"), Ok(2));
        assert!(
            number(&kinds(), "party")
                .unwrap_err()
                .contains("thematic-meeting")
        );
    }

    #[test]
    fn every_enum_has_a_prefix_of_its_own() {
        for values in descriptor_pool()
            .all_enums()
            .filter(|e| e.full_name().starts_with("rapporteur."))
        {
            for (word, _) in words(&values) {
                assert!(
                    !word.contains(&values.name().to_ascii_lowercase())
                        || word.len() < values.name().len(),
                    "{word}"
                );
            }
        }
    }
}
