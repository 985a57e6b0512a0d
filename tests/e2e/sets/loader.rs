//! The loader: rows of a set become records and moves, by the public API through the gateway.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::{
    CreateDialogueRequest, CreatePartyRequest, Dialogue, Party, PartyKind,
};
use rapporteur_proto::gateway::v1::follow_up_service_client::FollowUpServiceClient;
use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, GapKind, ListGapsRequest,
};
use rapporteur_proto::recommendations::v1::addressee_service_client::AddresseeServiceClient;
use rapporteur_proto::recommendations::v1::instrument_service_client::InstrumentServiceClient;
use rapporteur_proto::recommendations::v1::progress_report_service_client::ProgressReportServiceClient;
use rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient;
use rapporteur_proto::recommendations::v1::vocabulary_service_client::VocabularyServiceClient;
use rapporteur_proto::recommendations::v1::*;
use rapporteur_proto::r#type::v1::{CivilDate, ExternalId, LocalizedText, Provenance};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::{Entry, Row};
use crate::harness::{House, PATIENCE, channel};

/// Who verifies what its addressees report.
pub(super) const COMMISSION: &str = "parties/commission";
/// Calls on their way at a time.
const AT_ONCE: usize = 16;

/// Words of a vocabulary, as the service keeps it.
pub(super) struct Words(Vec<Term>);

impl Words {
    /// The word for an answer.
    pub(super) fn of(&self, response: Response) -> &str {
        &self
            .0
            .iter()
            .find(|t| t.response() == response)
            .unwrap()
            .word
    }

    fn term(&self, word: &str) -> &Term {
        let term = self.0.iter().find(|t| t.word == word);
        term.unwrap_or_else(|| panic!("{word} is in no vocabulary"))
    }
}

/// Calls through the gateway, in the name of one person or another.
#[derive(Clone)]
pub(super) struct Loader {
    channel: Channel,
    token: MetadataValue<Ascii>,
}

/// The id of a party in a set.
pub(super) fn party(name: &str) -> String {
    let id: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let id: Vec<&str> = id.split('-').filter(|part| !part.is_empty()).collect();
    let id: String = id.join("-").chars().take(60).collect();
    format!("parties/{}", id.trim_end_matches('-'))
}

/// Control characters have crept into some replies; the service keeps none.
fn clean(words: &str) -> String {
    let kept = |c: &char| !c.is_control() || *c == '\n' || *c == '\t';
    words.chars().filter(kept).collect()
}

fn text(words: &str) -> Option<LocalizedText> {
    (!words.trim().is_empty()).then(|| LocalizedText {
        by_language: [("en".to_owned(), clean(words))].into(),
        ..LocalizedText::default()
    })
}

fn day(value: &str) -> Option<CivilDate> {
    (!value.is_empty()).then(|| CivilDate {
        value: value.to_owned(),
        ..CivilDate::default()
    })
}

impl Loader {
    pub(super) async fn new(house: &House) -> Self {
        house.ask(&["vocabulary", "install"]);
        Self {
            channel: channel(&house.gateway.address),
            token: format!("Bearer {}", house.key()).parse().unwrap(),
        }
    }

    /// A request in somebody's name.
    fn by<T>(&self, who: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(Duration::from_secs(20));
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.token.clone());
        metadata.insert("rapporteur-as", who.parse().unwrap());
        request
    }

    pub(super) async fn vocabulary(&self, id: &str) -> Words {
        let request = GetVocabularyRequest {
            name: format!("vocabularies/{id}"),
            as_of: None,
        };
        let vocabulary = VocabularyServiceClient::new(self.channel.clone())
            .get_vocabulary(self.by("loader", request))
            .await
            .unwrap();
        Words(vocabulary.into_inner().terms)
    }

    /// The list of a commission: an instrument an inquiry, a recommendation and an addressee a row. What it closed
    /// was reported by the addressee and verified by the commission.
    pub(super) async fn commission(&self, rows: &[Row], words: &Words) {
        let dialogue = "dialogues/taic";
        self.dialogue(dialogue).await;
        let named = rows.iter().filter(|r| !r.recipient.is_empty());
        let names = named.map(|r| (party(&r.recipient), r.recipient.clone()));
        let names = names.chain([(COMMISSION.to_owned(), "Commission".to_owned())]);
        let mut seen = BTreeSet::new();
        let parties = names.filter(|(name, _)| seen.insert(name.clone()));
        self.each(parties, async |(name, title)| {
            self.organisation(&name, &title).await
        })
        .await;
        let inquiries: BTreeSet<String> = rows.iter().map(|r| inquiry(&r.inquiry)).collect();
        self.each(inquiries.into_iter(), async |inquiry| {
            self.instrument(dialogue, &inquiry).await
        })
        .await;
        self.each(rows.iter().enumerate(), async |(place, row)| {
            let id = format!("r{place:04}");
            let recommendation = Recommendation {
                instrument: format!("{dialogue}/instruments/{}", inquiry(&row.inquiry)),
                path: row.number.clone(),
                kind: RecommendationKind::Operational.into(),
                // Some rows have a number and no text.
                text: text(&row.recommendation).or(text("(no text in the list)")),
                adopted: day(&row.made),
                ..Recommendation::default()
            };
            if row.recipient.is_empty() {
                return self.adopt(dialogue, &id, recommendation).await.map(drop);
            }
            let party = party(&row.recipient);
            let addressee = Addressee {
                party: party.clone(),
                addressed: day(&row.made),
                external_ids: vec![ExternalId {
                    scheme: "taic-status".into(),
                    value: row.status.clone(),
                }],
                note: clean(&row.reply_text),
                ..Addressee::default()
            };
            let name = self
                .recommend(dialogue, &id, recommendation, addressee)
                .await?;
            let means = words.term(&row.status).implementation();
            // A reply that does not say how far it is is no report.
            if means == Implementation::Unspecified {
                return Ok(());
            }
            let report = ProgressReport {
                subject: name,
                author_party: party,
                narrative: text(&row.reply_text),
                claimed: means.into(),
                word: row.status.clone(),
                vocabulary: "vocabularies/taic".into(),
                ..ProgressReport::default()
            };
            let on = if row.closed.is_empty() {
                &row.made
            } else {
                &row.closed
            };
            self.report(dialogue, &id, report, on).await
        })
        .await;
    }

    /// Hands in a report, which the commission verifies.
    async fn report(
        &self,
        dialogue: &str,
        id: &str,
        report: ProgressReport,
        on: &str,
    ) -> Result<(), Status> {
        let mut reports = ProgressReportServiceClient::new(self.channel.clone());
        let create = CreateProgressReportRequest {
            parent: dialogue.to_owned(),
            progress_report_id: id.to_owned(),
            progress_report: Some(report),
            ..Default::default()
        };
        let name = reports
            .create_progress_report(self.by("addressee", create))
            .await?;
        let name = name.into_inner().name;
        let submit = SubmitProgressReportRequest {
            name: name.clone(),
            on: day(on),
            ..Default::default()
        };
        reports
            .submit_progress_report(self.by("addressee", submit))
            .await?;
        let verify = VerifyProgressReportRequest {
            name,
            verifier: COMMISSION.to_owned(),
            on: day(on),
            reason: "closed by the commission".to_owned(),
            ..Default::default()
        };
        // The author itself is refused.
        let own = reports
            .verify_progress_report(self.by("addressee", verify.clone()))
            .await;
        assert_eq!(own.unwrap_err().code(), tonic::Code::FailedPrecondition);
        reports
            .verify_progress_report(self.by("commission", verify))
            .await?;
        Ok(())
    }

    /// A matrix: the state under review is addressed by each row, and answers with the word of the matrix.
    pub(super) async fn review(&self, dialogue: &str, entries: &[Entry], words: &Words) {
        self.dialogue(dialogue).await;
        self.instrument(dialogue, "matrix").await.unwrap();
        let states: BTreeSet<&str> = entries.iter().map(|e| e.country.as_str()).collect();
        for state in states {
            let request = CreatePartyRequest {
                party_id: state.to_lowercase(),
                party: Some(Party {
                    kind: PartyKind::State.into(),
                    country_code: state.to_owned(),
                    ..Party::default()
                }),
                ..Default::default()
            };
            let made = PartyServiceClient::new(self.channel.clone())
                .create_party(self.by("loader", request))
                .await;
            // Two matrices may be about one state.
            let known = |refused: Status| refused.code() == tonic::Code::AlreadyExists;
            assert!(made.map_or_else(known, |_| true), "{state}");
        }
        self.each(entries.iter().enumerate(), async |(place, entry)| {
            let recommendation = Recommendation {
                instrument: format!("{dialogue}/instruments/matrix"),
                path: entry.number.clone(),
                kind: RecommendationKind::Operational.into(),
                text: text(&entry.text),
                provenance: vec![Provenance {
                    note: format!("Made by: {}", entry.recommending_states.join(", ")),
                    ..Provenance::default()
                }],
                ..Recommendation::default()
            };
            let addressee = Addressee {
                party: format!("parties/{}", entry.country.to_lowercase()),
                ..Addressee::default()
            };
            let id = format!("r{place:04}");
            let name = self
                .recommend(dialogue, &id, recommendation, addressee)
                .await?;
            let respond = RespondAddresseeRequest {
                name,
                word: words.term(&entry.position).word.clone(),
                vocabulary: "vocabularies/upr-states".to_owned(),
                reason: entry.source_of_position.clone(),
                ..Default::default()
            };
            AddresseeServiceClient::new(self.channel.clone())
                .respond_addressee(self.by("addressee", respond))
                .await?;
            Ok(())
        })
        .await;
    }

    /// Does something for each item, several at a time.
    async fn each<T>(
        &self,
        items: impl Iterator<Item = T>,
        work: impl AsyncFn(T) -> Result<(), Status>,
    ) {
        stream::iter(items)
            .map(|item| work(item))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .unwrap();
    }

    async fn dialogue(&self, name: &str) {
        let request = CreateDialogueRequest {
            dialogue_id: name.trim_start_matches("dialogues/").to_owned(),
            dialogue: Some(Dialogue {
                title: text(name),
                ..Dialogue::default()
            }),
            ..Default::default()
        };
        DialogueServiceClient::new(self.channel.clone())
            .create_dialogue(self.by("loader", request))
            .await
            .unwrap();
    }

    async fn organisation(&self, name: &str, title: &str) -> Result<(), Status> {
        let request = CreatePartyRequest {
            party_id: name.trim_start_matches("parties/").to_owned(),
            party: Some(Party {
                kind: PartyKind::Organisation.into(),
                title: text(title),
                ..Party::default()
            }),
            ..Default::default()
        };
        PartyServiceClient::new(self.channel.clone())
            .create_party(self.by("loader", request))
            .await?;
        Ok(())
    }

    async fn instrument(&self, dialogue: &str, id: &str) -> Result<(), Status> {
        let request = CreateInstrumentRequest {
            parent: dialogue.to_owned(),
            instrument_id: id.to_owned(),
            instrument: Some(Instrument {
                kind: InstrumentKind::RecommendationsList.into(),
                title: text(id),
                ..Instrument::default()
            }),
            ..Default::default()
        };
        InstrumentServiceClient::new(self.channel.clone())
            .create_instrument(self.by("loader", request))
            .await?;
        Ok(())
    }

    async fn adopt(
        &self,
        dialogue: &str,
        id: &str,
        recommendation: Recommendation,
    ) -> Result<String, Status> {
        let create = CreateRecommendationRequest {
            parent: dialogue.to_owned(),
            recommendation_id: id.to_owned(),
            recommendation: Some(Recommendation {
                state: RecommendationState::Adopted.into(),
                ..recommendation
            }),
            ..Default::default()
        };
        let made = RecommendationServiceClient::new(self.channel.clone())
            .create_recommendation(self.by("loader", create))
            .await?;
        Ok(made.into_inner().name)
    }

    /// An adopted recommendation with its one addressee, whose name it gives.
    async fn recommend(
        &self,
        dialogue: &str,
        id: &str,
        recommendation: Recommendation,
        addressee: Addressee,
    ) -> Result<String, Status> {
        let parent = self.adopt(dialogue, id, recommendation).await?;
        let create = CreateAddresseeRequest {
            parent,
            addressee: Some(addressee),
            ..Default::default()
        };
        let made = AddresseeServiceClient::new(self.channel.clone())
            .create_addressee(self.by("loader", create))
            .await?;
        Ok(made.into_inner().name)
    }

    /// All addressees of a dialogue, page by page.
    pub(super) async fn addressees(&self, dialogue: &str) -> Vec<Addressee> {
        let mut client = AddresseeServiceClient::new(self.channel.clone());
        let mut request = ListAddresseesRequest {
            parent: format!("{dialogue}/recommendations/-"),
            page_size: 200,
            ..Default::default()
        };
        let mut all = Vec::new();
        loop {
            let page = client
                .list_addressees(self.by("loader", request.clone()))
                .await
                .unwrap()
                .into_inner();
            all.extend(page.addressees);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// How many recommendations are addressed to nobody.
    pub(super) async fn unaddressed(&self, dialogue: &str) -> usize {
        let request = ListGapsRequest {
            dialogues: vec![dialogue.to_owned()],
            kinds: vec![GapKind::RecommendationWithoutAddressee.into()],
            page_size: 1_000,
            ..Default::default()
        };
        let mut client = FollowUpServiceClient::new(self.channel.clone());
        let gaps = client.list_gaps(self.by("loader", request)).await.unwrap();
        gaps.into_inner().gaps.len()
    }

    /// What the gateway counts, once its views have seen it all.
    pub(super) async fn counted(&self, dialogue: &str, addressees: usize) -> CountItemsResponse {
        let mut client = FollowUpServiceClient::new(self.channel.clone());
        let deadline = Instant::now() + PATIENCE;
        let mut before = None;
        loop {
            let request = CountItemsRequest {
                dialogues: vec![dialogue.to_owned()],
                ..Default::default()
            };
            let answer = client.count_items(self.by("loader", request)).await;
            let answer = answer.unwrap().into_inner();
            let seen = usize::try_from(answer.addressees).unwrap() == addressees;
            // Two answers at the same positions: nothing is on its way any more.
            if seen && before.replace(answer.clone()) == Some(answer.clone()) {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "the views do not catch up: {answer:?}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The id of the instrument of an inquiry.
fn inquiry(code: &str) -> String {
    if code.is_empty() {
        "no-inquiry".to_owned()
    } else {
        code.to_lowercase()
    }
}
