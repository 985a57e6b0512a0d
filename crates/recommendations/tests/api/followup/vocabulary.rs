//! Words of other systems: looked up, kept as written, never contradicted; and those that are shipped.

use super::*;

fn term(word: &str, response: Response, implementation: Implementation) -> Term {
    Term {
        word: word.into(),
        response: response.into(),
        implementation: implementation.into(),
        ..Term::default()
    }
}

fn words() -> Vocabulary {
    let (none, unsaid) = (Response::Unspecified, Implementation::Unspecified);
    let done = Term {
        claims_already_implemented: true,
        ..term(
            "Accepted & done",
            Response::Supported,
            Implementation::Implemented,
        )
    };
    let going_on = Term {
        aliases: vec!["En cours d’exécution".into()],
        ..term("On-going", none, Implementation::InProgress)
    };
    Vocabulary {
        title: english("Words"),
        terms: vec![
            done,
            going_on,
            term("Agreed", Response::Supported, unsaid),
            term("Nothing heard", none, Implementation::None),
        ],
        ..Vocabulary::default()
    }
}

const WORDS: &str = "vocabularies/words";

#[tokio::test]
async fn a_response_is_given_by_its_word() {
    let case = Case::new().await;
    case.vocabulary("words", words()).await.unwrap();
    let respond = async |response: Response, vocabulary: &str, word: &str| {
        let request = RespondAddresseeRequest {
            name: case.addressee.clone(),
            response: response.into(),
            vocabulary: vocabulary.into(),
            word: word.into(),
            reason: "as they say".into(),
            ..Default::default()
        };
        let answer = case
            .world
            .addressees
            .clone()
            .respond_addressee(request)
            .await;
        answer.map(tonic::Response::into_inner)
    };
    let unsaid = Response::Unspecified;
    for (field, code, answer) in [
        (
            "response",
            Code::InvalidArgument,
            respond(Response::Noted, WORDS, "agreed").await,
        ),
        // The word says nothing about an answer.
        (
            "response",
            Code::InvalidArgument,
            respond(unsaid, WORDS, "on-going").await,
        ),
        (
            "word",
            Code::InvalidArgument,
            respond(unsaid, WORDS, "perhaps").await,
        ),
        (
            "word",
            Code::InvalidArgument,
            respond(unsaid, WORDS, "").await,
        ),
        (
            "vocabulary",
            Code::InvalidArgument,
            respond(unsaid, "words", "agreed").await,
        ),
        (
            "vocabulary",
            Code::FailedPrecondition,
            respond(unsaid, "vocabularies/no", "agreed").await,
        ),
    ] {
        assert_eq!(refused(answer), (code, field.to_owned()));
    }
    let unknown = respond(unsaid, WORDS, "perhaps").await.unwrap_err();
    assert!(unknown.message().contains(r#""Agreed""#), "{unknown}");
    let made = respond(unsaid, WORDS, "  AGRÉED ").await.unwrap();
    let entry = &made.entries[0];
    assert_eq!(
        (
            made.response(),
            entry.word.as_str(),
            entry.vocabulary.as_str()
        ),
        (Response::Supported, "  AGRÉED ", WORDS)
    );
    let made = respond(Response::Supported, WORDS, "accepted & done")
        .await
        .unwrap();
    assert!(made.claims_already_implemented);
    assert_eq!(made.implementation(), Implementation::None);
}

#[tokio::test]
async fn reports_assessments_and_entries_are_given_by_their_words() {
    let mut case = Case::new().await;
    case.vocabulary("words", words()).await.unwrap();
    let report = ProgressReport {
        claimed: 0,
        vocabulary: WORDS.into(),
        word: "en cours d’execution".into(),
        ..about(&case.addressee)
    };
    let contradicting = ProgressReport {
        claimed: Implementation::Planned.into(),
        ..report.clone()
    };
    assert_eq!(
        refused(case.report("", contradicting).await),
        (Code::InvalidArgument, "progress_report.claimed".into())
    );
    let silent = ProgressReport {
        word: "Nothing heard".into(),
        ..report.clone()
    };
    assert_eq!(
        refused(case.report("", silent).await),
        (Code::InvalidArgument, "progress_report.claimed".into())
    );
    let made = case.report("r", report.clone()).await.unwrap();
    assert_eq!(made.claimed(), Implementation::InProgress);
    case.moved(&made.name, ReportVerb::Submit, "author")
        .await
        .unwrap();
    case.moved(&made.name, ReportVerb::Verify, "verifier")
        .await
        .unwrap();
    let entry = case.addressee().await.entries.remove(0);
    assert_eq!(
        (entry.word, entry.vocabulary),
        (report.word, WORDS.to_owned())
    );

    let assessment = Assessment {
        subject: case.addressee.clone(),
        assessor: "parties/un".into(),
        voice: Voice::ThirdParty.into(),
        vocabulary: WORDS.into(),
        word: "ON-GOING".into(),
        ..Assessment::default()
    };
    let made = case.assessment("a", assessment.clone()).await.unwrap();
    assert_eq!(
        (made.status(), made.score),
        (Implementation::InProgress, Some(0.5))
    );
    let silent = Assessment {
        word: "nothing heard".into(),
        ..assessment.clone()
    };
    let made = case.assessment("b", silent).await.unwrap();
    assert_eq!((made.status(), made.score), (Implementation::None, None));
    let of_a_response = Assessment {
        word: "agreed".into(),
        ..assessment
    };
    assert_eq!(
        refused(case.assessment("", of_a_response).await),
        (Code::InvalidArgument, "assessment.status".into())
    );

    let entry = LedgerEntry {
        on: day("2024-11-01"),
        vocabulary: WORDS.into(),
        word: "Accepted & done".into(),
        ..LedgerEntry::default()
    };
    let of = |entry: LedgerEntry| Addressee {
        party: "parties/gm".into(),
        entries: vec![entry],
        ..Addressee::default()
    };
    let parent = case.recommendation.clone();
    let unproven = case.world.addressee(&parent, of(entry.clone())).await;
    assert_eq!(refused(unproven).1, "addressee.entries[0].provenance");
    let proven = LedgerEntry {
        provenance: says_so(),
        report: format!("{RABAT}/reports/forged"),
        ..entry
    };
    let made = case.world.addressee(&parent, of(proven)).await.unwrap();
    assert_eq!(
        (made.response(), made.implementation()),
        (Response::Supported, Implementation::Implemented)
    );
    assert_eq!(made.entries[0].report, "");

    // A word that moves nothing is kept all the same.
    let silence = LedgerEntry {
        on: day("2024-11-01"),
        vocabulary: WORDS.into(),
        word: "Nothing heard".into(),
        ..LedgerEntry::default()
    };
    let silent = Addressee {
        party: "parties/gb".into(),
        ..of(silence)
    };
    let made = case.world.addressee(&parent, silent).await.unwrap();
    assert_eq!(
        (made.implementation(), made.entries[0].word.as_str()),
        (Implementation::None, "Nothing heard")
    );
    assert_eq!(made.entries[0].implementation, 0);
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let case = Case::new().await;
    let invalid = Code::InvalidArgument;
    let with = |change: fn(&mut Vocabulary)| {
        let mut vocabulary = words();
        change(&mut vocabulary);
        vocabulary
    };
    for (field, vocabulary) in [
        ("vocabulary.title", with(|v| v.title = None)),
        (
            "vocabulary.terms[0].word",
            with(|v| v.terms[0].word = " ".into()),
        ),
        (
            "vocabulary.terms[2].word",
            with(|v| v.terms[2].word = "ON-GOING".into()),
        ),
        (
            "vocabulary.terms[3].word",
            with(|v| v.terms[3].word = "accepted  &  done".into()),
        ),
        (
            "vocabulary.terms[2].aliases[0]",
            with(|v| v.terms[2].aliases = vec!["Agréed".into()]),
        ),
        (
            "vocabulary.terms[0].response",
            with(|v| v.terms[0].response = 99),
        ),
        (
            "vocabulary.terms[0].implementation",
            with(|v| v.terms[0].implementation = 99),
        ),
        (
            "vocabulary.terms[0].text_state",
            with(|v| v.terms[0].text_state = 99),
        ),
        (
            "vocabulary.terms[0].commitment_state",
            with(|v| v.terms[0].commitment_state = 99),
        ),
        (
            "vocabulary.terms[0].note",
            with(|v| v.terms[0].note = "x".repeat(20_001)),
        ),
        ("vocabulary.note", with(|v| v.note = "x".repeat(20_001))),
        (
            "vocabulary.terms",
            with(|v| {
                let many = (0..201).map(|n| Term {
                    word: n.to_string(),
                    ..Term::default()
                });
                v.terms = many.collect();
            }),
        ),
    ] {
        assert_eq!(
            refused(case.vocabulary("", vocabulary).await),
            (invalid, field.to_owned())
        );
    }
    case.vocabulary("words", words()).await.unwrap();
    let again = case.vocabulary("words", words()).await;
    assert_eq!(refused(again).0, Code::AlreadyExists);
}

/// What is shipped can be loaded as it is, and says what it is meant to say.
#[tokio::test]
async fn the_shipped_vocabularies_are_sound() {
    let case = Case::new().await;
    let shipped = include_str!("../../../vocabularies.ndjson");
    let mut names = Vec::new();
    for line in shipped.lines() {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["kind"], "vocabulary");
        let vocabulary: Vocabulary = rapporteur_proto::from_json(line["record"].take()).unwrap();
        let id = vocabulary
            .name
            .trim_start_matches("vocabularies/")
            .to_owned();
        let made = case.vocabulary(&id, vocabulary.clone()).await.unwrap();
        assert_eq!(made.terms, vocabulary.terms, "{id}");
        names.push(id);
    }
    names.sort();
    let wanted = [
        "cbd",
        "gao",
        "grf",
        "iati",
        "impact-oss",
        "ogp-irm",
        "taic",
        "undp-erc",
        "unfccc-tracker",
        "upr-info-iri",
        "upr-states",
    ];
    assert_eq!(names, wanted);
    let list = ListVocabulariesRequest::default();
    let listed = case
        .vocabularies()
        .list_vocabularies(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.vocabularies.len(), wanted.len());
    let meant = |id: &str, word: &str| {
        let name = format!("vocabularies/{id}");
        let of = listed.vocabularies.iter().find(|v| v.name == name).unwrap();
        let term = rapporteur_recommendations::vocabulary::find(of, word).unwrap();
        (term.response(), term.implementation(), term.text_state())
    };
    let (unsaid, untold) = (Response::Unspecified, RecommendationState::Unspecified);
    for (id, word, implementation) in [
        ("upr-info-iri", "0.5", Implementation::InProgress),
        ("gao", "closed - implemented", Implementation::Implemented),
        ("cbd", "require-funding", Implementation::Stalled),
        ("impact-oss", "in preparation", Implementation::Planned),
        (
            "ogp-irm",
            "Substantial",
            Implementation::PartiallyImplemented,
        ),
    ] {
        assert_eq!(
            meant(id, word),
            (unsaid, implementation, untold),
            "{id} {word}"
        );
    }
    assert_eq!(meant("cbd", "retired").2, RecommendationState::Retired);
    assert_eq!(
        meant("undp-erc", "Partially agree").0,
        Response::SupportedInPart
    );
    // Every status of the recommendations of TAIC that are at hand.
    for word in [
        "Closed acceptable",
        "Unconfirmed",
        "Closed cancelled",
        "Open",
        "Withdrawn",
        "Closed superseded",
    ] {
        meant("taic", word);
    }
}
