//! The file that is imported, made up, and the records that it comes to.

use prost::Message as _;
use rapporteur_proto::Timestamp;
use rapporteur_proto::recommendations::v1::{
    Recommendation, RecommendationKind, RecommendationState,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use uuid::Uuid;

use crate::record;

/// Languages of each text, and syllables to make up words of it.
pub(super) const LANGUAGES: [(&str, [&str; 8]); 6] = [
    ("en", ["mi", "gra", "tion", "ret", "urn", "as", "yl", "um"]),
    ("fr", ["ré", "in", "té", "gra", "tion", "du", "ra", "ble"]),
    ("es", ["de", "re", "cho", "ni", "ño", "pro", "tec", "ción"]),
    ("ar", ["هج", "رة", "حق", "وق", "عو", "دة", "طف", "ال"]),
    ("pt", ["di", "rei", "to", "cri", "an", "ça", "a", "ção"]),
    ("ru", ["ми", "гра", "ци", "я", "пра", "во", "де", "ти"]),
];
/// Words of a text: about 150 letters, as the recommendations of the Universal Periodic Review have.
const WORDS: u64 = 24;

/// How the file becomes records.
pub(super) const MAPPING: &str = r#"
name = "bench"
about = "Recommendations that are made up, in six languages"
formats = ["ndjson"]
key = "{number}"
id = "r{number}"

[[record]]
kind = "recommendation"
name = "{into}/recommendations/{id}"
[record.fields]
event = "{event}"
path = "{number}"
kind = "RECOMMENDATION_KIND_OPERATIONAL"
state = "RECOMMENDATION_STATE_ADOPTED"
text.by_language = { en = "{en}", fr = "{fr}", es = "{es}", ar = "{ar}", pt = "{pt}", ru = "{ru}" }
"#;

/// The dialogue into which it goes.
pub(super) fn dialogue() -> String {
    format!("dialogues/{}", record::DIALOGUE)
}

/// Numbers that follow from a number (splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn text(number: u64, language: usize) -> String {
    let (_, syllables) = LANGUAGES[language];
    let words = (0..WORDS).map(|place| {
        let seed = mix(number * 1_000 + place * 10 + language as u64);
        let count = 1 + seed % 4;
        let syllable = |at: u64| syllables[((seed >> (8 + 3 * at)) & 7) as usize];
        (0..count).map(syllable).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The file: a JSON object a line.
pub(super) fn bytes(count: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    for number in 0..count {
        let mut line = serde_json::Map::new();
        let mut say = |name: &str, value: String| line.insert(name.to_owned(), value.into());
        say("number", number.to_string());
        say("event", record::name(0));
        for (place, (language, _)) in LANGUAGES.iter().enumerate() {
            say(language, text(number, place));
        }
        lines.extend(serde_json::Value::Object(line).to_string().into_bytes());
        lines.push(b'\n');
    }
    lines
}

/// A record as its service stores it.
pub(super) fn stored(number: u64) -> (String, Vec<u8>) {
    let name = format!("{}/recommendations/r{number}", dialogue());
    let now = Some(Timestamp {
        seconds: 1_700_000_000,
        nanos: 123_456_000,
    });
    let by_language = LANGUAGES.iter().enumerate();
    let by_language =
        by_language.map(|(place, (language, _))| ((*language).to_owned(), text(number, place)));
    let record = Recommendation {
        name: name.clone(),
        uid: Uuid::now_v7().to_string(),
        create_time: now,
        update_time: now,
        event: record::name(0),
        path: number.to_string(),
        kind: RecommendationKind::Operational.into(),
        state: RecommendationState::Adopted.into(),
        text: Some(LocalizedText {
            by_language: by_language.collect(),
            ..LocalizedText::default()
        }),
        ..Recommendation::default()
    };
    (name, record.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_and_the_mapping_reads_them() {
        assert_ne!(text(1, 0), text(2, 0));
        assert_eq!(text(7, 3), text(7, 3));
        let lines = bytes(3);
        let lines: Vec<serde_json::Value> = lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        for (language, _) in LANGUAGES {
            assert!(lines[2][language].as_str().unwrap().len() > 100);
            assert!(MAPPING.contains(&format!("{{{language}}}")), "{language}");
        }
    }
}
