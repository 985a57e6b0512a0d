//! Parties and sources.

use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::*;
use tonic::{Response, Status};

use super::*;

#[tokio::test]
async fn parties_and_sources() {
    let mut house = House::furnished().await;
    let wrong: Wrong<Party> = vec![
        ("party.kind", |p| p.kind = 0),
        ("party.title", |p| p.title = None),
        ("party.country_code", |p| p.country_code = "PT".into()),
        ("party.country_code", |p| p.kind = PartyKind::State.into()),
        ("party.acronym", |p| p.acronym = long(501)),
        ("party.aliases[0]", |p| p.aliases = vec!["a\u{202E}".into()]),
        ("party.parent_party", |p| p.parent_party = "iom".into()),
        ("party.parent_party", |p| {
            p.parent_party = "parties/no".into()
        }),
        ("party.parent_party", |p| {
            p.parent_party = "parties/x".into()
        }),
        ("party.description", |p| p.description = long(20_001)),
        ("party.provenance[0].source", |p| {
            p.provenance = vec![from_source("sources/no")]
        }),
        ("party.external_ids[0].value", |p| {
            p.external_ids = vec![ExternalId {
                scheme: "iso".into(),
                ..ExternalId::default()
            }];
        }),
    ];
    let request = CreatePartyRequest {
        party_id: "x".into(),
        ..Default::default()
    };
    each_field!(
        house.parties,
        create_party,
        request.clone(),
        party,
        organisation("IOM"),
        wrong
    );
    let wrong: Wrong<Source> = vec![
        ("source.kind", |s| s.kind = String::new()),
        ("source.publisher", |s| s.publisher = "iom".into()),
        ("source.publisher", |s| s.publisher = "parties/no".into()),
        ("source.published.value", |s| {
            s.published = date("yesterday")
        }),
        ("source.url", |s| s.url = "ftp://a.example".into()),
        ("source.language", |s| s.language = "no such".into()),
        ("source.text", |s| s.text = long(200_001)),
        ("source.links[0].url", |s| s.links = vec![url("")]),
        ("source.hashtags[0]", |s| s.hashtags = vec![String::new()]),
        ("source.mentions[0]", |s| s.mentions = vec![long(501)]),
        ("source.dialogues[0]", |s| {
            s.dialogues = vec!["rabat".into()]
        }),
        ("source.dialogues[1]", |s| {
            s.dialogues = vec![RABAT.into(), "dialogues/no".into()]
        }),
        ("source.dialogues", |s| {
            s.dialogues = (0..101).map(|at| format!("dialogues/d{at}")).collect()
        }),
        ("source.documents[0].id", |s| {
            s.documents = vec![document("-")]
        }),
    ];
    let request = CreateSourceRequest::default();
    each_field!(
        house.sources,
        create_source,
        request.clone(),
        source,
        source(),
        wrong
    );
}
