//! Whoever writes what was said before is told so with the answer: metadata with the records that the text repeats, as
//! far as the writer may see them.
//!
//! The write is done by then and stands. Looking takes a small budget, and whatever does not come in time, or goes
//! wrong, is left out.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use prost::Message;
use rapporteur_proto::gateway::v1::SaidBefore;
use rapporteur_proto::recommendations::v1::{
    Commitment, Instrument, Recommendation, UpdateCommitmentRequest, UpdateInstrumentRequest,
    UpdateRecommendationRequest,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::Sight;
use rapporteur_views::Search;
use rapporteur_views::copies::FRAME_HEAD;
use tonic::metadata::{BinaryMetadataValue, MetadataMap};

use crate::download::Download;

/// The metadata: an encoded `SaidBefore`.
pub const SAID_BEFORE: HeaderName = HeaderName::from_static(METADATA);
const METADATA: &str = "rapporteur-similar-bin";
/// The same in answers over HTTP/JSON, as JSON; and in requests of those who do not want it, `no`.
pub const SAID_BEFORE_JSON: HeaderName = HeaderName::from_static("rapporteur-similar");
/// Most time that an answer waits for it.
const BUDGET: Duration = Duration::from_millis(100);

/// What somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drafting {
    noun: Noun,
    /// Whether it is there already, so that only the words matter.
    updates: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noun {
    Recommendation,
    Instrument,
    Commitment,
}

/// The calls whose answers are looked at.
const CALLS: [(&str, Noun, bool); 6] = [
    (
        "RecommendationService/CreateRecommendation",
        Noun::Recommendation,
        false,
    ),
    (
        "RecommendationService/UpdateRecommendation",
        Noun::Recommendation,
        true,
    ),
    (
        "InstrumentService/CreateInstrument",
        Noun::Instrument,
        false,
    ),
    ("InstrumentService/UpdateInstrument", Noun::Instrument, true),
    (
        "CommitmentService/CreateCommitment",
        Noun::Commitment,
        false,
    ),
    ("CommitmentService/UpdateCommitment", Noun::Commitment, true),
];

/// Knows what was said before.
#[derive(Clone, Debug)]
pub struct Reminder {
    search: Option<Search>,
}

impl Reminder {
    /// Reminds of what this search finds; of nothing without one.
    pub fn new(search: Option<Search>) -> Self {
        Self { search }
    }

    /// What is written by the call of a path, if anybody is to be reminded: who loads a whole record says in the
    /// header `rapporteur-similar: no` that nobody is.
    pub fn drafting(&self, path: &str, headers: &HeaderMap) -> Option<Drafting> {
        self.search.as_ref()?;
        if headers
            .get(SAID_BEFORE_JSON)
            .is_some_and(|said| said == "no")
        {
            return None;
        }
        let call = path.strip_prefix("/rapporteur.recommendations.v1.")?;
        let (_, noun, updates) = CALLS.into_iter().find(|(known, ..)| *known == call)?;
        Some(Drafting { noun, updates })
    }

    /// Puts into an answer what the text that was written with `request` (framed) repeats, if it does.
    pub async fn remind(
        &self,
        drafting: Drafting,
        request: &[u8],
        sight: &Sight,
        answer: &mut Response<Download>,
    ) {
        let Some(search) = &self.search else { return };
        if drafting.updates && !touches_words(drafting.noun, request).unwrap_or(false) {
            return;
        }
        let looked = tokio::time::timeout(BUDGET, async {
            let body = answer.body_mut().short().await?;
            let (name, text) = written(drafting.noun, &body)?;
            let said = search.said_before(&name, &text, sight).await;
            said.ok().filter(|said| !said.texts.is_empty())
        });
        if let Ok(Some(said)) = looked.await {
            let value = metadata(&said);
            answer.headers_mut().extend(value);
        }
    }
}

/// The message as metadata of gRPC.
fn metadata(said: &SaidBefore) -> Option<(HeaderName, HeaderValue)> {
    let value = BinaryMetadataValue::from_bytes(&said.encode_to_vec());
    let mut metadata = MetadataMap::new();
    metadata.insert_bin(METADATA, value);
    let value = metadata.into_headers().remove(&SAID_BEFORE)?;
    Some((SAID_BEFORE, value))
}

/// The one message in a frame that is not compressed.
fn message(framed: &[u8]) -> Option<&[u8]> {
    let (head, message) = framed.split_at_checked(FRAME_HEAD)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    (head[0] == 0 && usize::try_from(length) == Ok(message.len())).then_some(message)
}

/// Whether an update names the words; one without a mask names everything.
fn touches_words(noun: Noun, request: &[u8]) -> Option<bool> {
    let bytes = message(request)?;
    let mask = match noun {
        Noun::Recommendation => UpdateRecommendationRequest::decode(bytes).ok()?.update_mask,
        Noun::Instrument => UpdateInstrumentRequest::decode(bytes).ok()?.update_mask,
        Noun::Commitment => UpdateCommitmentRequest::decode(bytes).ok()?.update_mask,
    };
    let paths = mask.map(|mask| mask.paths).unwrap_or_default();
    let words = |path: &String| {
        let first = path.split('.').next().unwrap_or_default();
        matches!(first, "*" | "text" | "title")
    };
    Some(paths.is_empty() || paths.iter().any(words))
}

/// The name and the words of the record that was written.
fn written(noun: Noun, answer: &Bytes) -> Option<(String, LocalizedText)> {
    let bytes = message(answer)?;
    match noun {
        Noun::Recommendation => {
            let one = Recommendation::decode(bytes).ok()?;
            Some((one.name, one.text?))
        }
        Noun::Instrument => {
            let one = Instrument::decode(bytes).ok()?;
            Some((one.name, one.title?))
        }
        Noun::Commitment => {
            let one = Commitment::decode(bytes).ok()?;
            let text = one.text.filter(|text| !text.by_language.is_empty());
            Some((one.name, text.or(one.title)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_access::POLICY;

    use super::*;

    fn framed(message: &impl Message) -> Vec<u8> {
        let bytes = message.encode_to_vec();
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[0][..], &length, &bytes].concat()
    }

    #[test]
    fn the_calls_are_calls() {
        for (call, ..) in CALLS {
            let rpc = format!("rapporteur.recommendations.v1.{call}");
            assert!(POLICY.iter().any(|(known, _)| *known == rpc), "{rpc}");
        }
        assert_eq!(Reminder::new(None).drafting("/x", &HeaderMap::new()), None);
    }

    #[test]
    fn only_updates_of_words_are_looked_at() {
        let touches = |paths: &[&str]| {
            let mut request = UpdateRecommendationRequest::default();
            let mask = request.update_mask.get_or_insert_default();
            mask.paths = paths.iter().map(|path| (*path).to_owned()).collect();
            touches_words(Noun::Recommendation, &framed(&request))
        };
        assert_eq!(touches(&["text"]), Some(true));
        assert_eq!(touches(&["themes", "text.by_language"]), Some(true));
        assert_eq!(touches(&["themes"]), Some(false));
        assert_eq!(touches(&["*"]), Some(true));
        assert_eq!(touches(&[]), Some(true));
        assert_eq!(touches_words(Noun::Recommendation, b"x"), None);
        let mut compressed = framed(&UpdateRecommendationRequest::default());
        compressed[0] = 1;
        assert_eq!(touches_words(Noun::Recommendation, &compressed), None);
    }

    #[test]
    fn what_is_said_fits_into_a_header() {
        let said = SaidBefore {
            texts: vec![Default::default(); 5],
        };
        let (name, value) = metadata(&said).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        let metadata = MetadataMap::from_headers(headers);
        let bytes = metadata.get_bin(SAID_BEFORE.as_str()).unwrap().to_bytes();
        assert_eq!(SaidBefore::decode(bytes.unwrap()).unwrap(), said);
    }
}
