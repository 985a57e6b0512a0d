//! A history in the service, and the comparison with the model.

use std::collections::{BTreeSet, HashMap};

use super::model::Model;
use super::*;

/// One history in the service: texts, of which the first is addressed, a commitment, and reports on them.
pub(super) struct History<'a> {
    case: &'a Case,
    texts: Vec<String>,
    subjects: [String; 3],
    reports: Vec<String>,
}

impl<'a> History<'a> {
    pub(super) async fn new(case: &'a Case) -> Self {
        let mut texts = Vec::new();
        for _ in 0..TEXTS {
            let request = CreateRecommendationRequest {
                parent: RABAT.into(),
                recommendation: Some(adopted("Act")),
                ..Default::default()
            };
            let mut recommendations = case.world.recommendations.clone();
            let made = recommendations
                .create_recommendation(request)
                .await
                .unwrap();
            texts.push(made.into_inner().name);
        }
        let request = AddressRecommendationRequest {
            recommendation: texts[0].clone(),
            parties: vec![PARTIES[0].into(), PARTIES[1].into()],
            ..Default::default()
        };
        let mut addressees = case.world.addressees.clone();
        addressees.address_recommendation(request).await.unwrap();
        let commitment = case.commitment("", pledge()).await.unwrap().name;
        let of = |id: &str| format!("{}/addressees/{id}", texts[0]);
        Self {
            case,
            subjects: [of("ma"), of("pt"), commitment],
            texts,
            reports: Vec::new(),
        }
    }

    /// Does it, and answers the reason of a refusal.
    pub(super) async fn apply(&mut self, command: &Command) -> Result<(), String> {
        let named = |post: usize| match POSTS[post] {
            "" => String::new(),
            id => format!("{RABAT}/posts/{id}"),
        };
        let case = self.case;
        let outcome = match *command {
            Command::Create {
                subject,
                caller,
                post,
                claimed,
            } => {
                let report = ProgressReport {
                    author_party: PARTIES[subject].into(),
                    author_post: named(post),
                    claimed: claimed.into(),
                    ..about(&self.subjects[subject])
                };
                let request = CreateProgressReportRequest {
                    parent: RABAT.into(),
                    progress_report: Some(report),
                    ..Default::default()
                };
                let answer = case
                    .reports()
                    .create_progress_report(by(CALLERS[caller], request))
                    .await;
                answer.map(|made| self.reports.push(made.into_inner().name))
            }
            Command::Update {
                report,
                caller,
                claimed,
            } => {
                let request = UpdateProgressReportRequest {
                    progress_report: Some(ProgressReport {
                        name: self.reports[report].clone(),
                        claimed: claimed.into(),
                        // Nobody can make himself forgotten.
                        authors: Vec::new(),
                        ..ProgressReport::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["claimed".into(), "authors".into(), "state".into()],
                    }),
                    ..Default::default()
                };
                let answer = case
                    .reports()
                    .update_progress_report(by(CALLERS[caller], request))
                    .await;
                answer.map(drop)
            }
            Command::Move {
                report,
                verb,
                caller,
                post,
            } => {
                let (name, post) = (&self.reports[report], named(post));
                case.moved_as(name, verb, CALLERS[caller], &post, ON)
                    .await
                    .map(drop)
            }
            Command::Verify {
                report,
                caller,
                post,
                found,
            } => {
                let request = VerifyProgressReportRequest {
                    name: self.reports[report].clone(),
                    post: named(post),
                    verifier: "parties/un".into(),
                    implementation: found.unwrap_or(I::Unspecified).into(),
                    reason: "because".into(),
                    on: day(ON),
                    ..Default::default()
                };
                let answer = case
                    .reports()
                    .verify_progress_report(by(CALLERS[caller], request))
                    .await;
                answer.map(drop)
            }
            Command::Respond { subject, response } => {
                let request = RespondAddresseeRequest {
                    name: self.subjects[subject].clone(),
                    response: response.into(),
                    reason: "because".into(),
                    ..Default::default()
                };
                case.world
                    .addressees
                    .clone()
                    .respond_addressee(request)
                    .await
                    .map(drop)
            }
            Command::Overwrite { subject, claimed } => self.overwrite(subject, claimed).await,
            Command::Supersede { text, successor } => {
                let request = SupersedeRecommendationRequest {
                    name: self.texts[text].clone(),
                    successor: self.texts[successor].clone(),
                    ..Default::default()
                };
                let mut recommendations = case.world.recommendations.clone();
                recommendations
                    .supersede_recommendation(request)
                    .await
                    .map(drop)
            }
        };
        outcome.map_err(|status| {
            if status.code() == Code::InvalidArgument {
                return "INVALID_ARGUMENT".to_owned();
            }
            reason::<()>(Err(status)).1
        })
    }

    pub(super) async fn overwrite(&self, subject: usize, claimed: I) -> Result<(), Status> {
        let (name, implementation) = (self.subjects[subject].clone(), claimed.into());
        if subject == 2 {
            let request = UpdateCommitmentRequest {
                commitment: Some(Commitment {
                    name,
                    implementation,
                    ..pledge()
                }),
                ..Default::default()
            };
            return self
                .case
                .commitments()
                .update_commitment(request)
                .await
                .map(drop);
        }
        let request = UpdateAddresseeRequest {
            addressee: Some(Addressee {
                name,
                implementation,
                party: PARTIES[subject].into(),
                ..Addressee::default()
            }),
            ..Default::default()
        };
        self.case
            .world
            .addressees
            .clone()
            .update_addressee(request)
            .await
            .map(drop)
    }

    /// Where everything stands is where the model has it, and each move in the ledger has a report that proves it.
    pub(super) async fn compare(&self, model: &Model) {
        let mut reports = HashMap::new();
        for (name, written) in self.reports.iter().zip(&model.reports) {
            let request = GetProgressReportRequest {
                name: name.clone(),
                as_of: None,
            };
            let report = self
                .case
                .reports()
                .get_progress_report(request)
                .await
                .unwrap()
                .into_inner();
            assert_eq!(report.state(), written.state);
            let authors: BTreeSet<&str> = report.authors.iter().map(String::as_str).collect();
            assert_eq!(
                authors,
                written.authors.iter().map(|a| CALLERS[*a]).collect()
            );
            reports.insert(name.clone(), report);
        }
        let proven = |name: &str, by: &str, found: I| {
            let report = &reports[name];
            assert!(
                !report.authors.iter().any(|author| author == by),
                "{report:?}"
            );
            assert_eq!(report.verified(), found);
            assert!(matches!(
                report.state(),
                State::Verified | State::Published | State::Retracted
            ));
        };
        for place in 0..2 {
            let request = GetAddresseeRequest {
                name: self.subjects[place].clone(),
                as_of: None,
            };
            let mut addressees = self.case.world.addressees.clone();
            let is = addressees
                .get_addressee(request)
                .await
                .unwrap()
                .into_inner();
            assert_eq!(
                (is.implementation(), is.response()),
                (model.implementations[place], model.responses[place])
            );
            for entry in is.entries.iter().filter(|e| e.implementation != 0) {
                proven(&entry.report, &entry.recorded_by, entry.implementation());
            }
        }
        let request = GetCommitmentRequest {
            name: self.subjects[2].clone(),
            as_of: None,
        };
        let is = self
            .case
            .commitments()
            .get_commitment(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(is.implementation(), model.implementations[2]);
        for entry in &is.entries {
            proven(&entry.report, &entry.recorded_by, entry.implementation());
        }
        for (name, successor) in self.texts.iter().zip(model.superseded_by) {
            let request = GetRecommendationRequest {
                name: name.clone(),
                as_of: None,
            };
            let mut recommendations = self.case.world.recommendations.clone();
            let is = recommendations
                .get_recommendation(request)
                .await
                .unwrap()
                .into_inner();
            let wanted = successor.map(|s| self.texts[s].clone()).unwrap_or_default();
            assert_eq!(is.superseded_by, wanted);
        }
    }
}
