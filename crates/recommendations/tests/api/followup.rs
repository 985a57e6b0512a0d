//! What follows a recommendation: commitments, reports, assessments, schedules, and who may say what.

mod assessment;
mod commitment;
mod fields;
mod four_eyes;
mod lists;
mod random;
mod report;
mod schedule;
mod vocabulary;

use rapporteur_proto::recommendations::v1::assessment_service_client::AssessmentServiceClient;
use rapporteur_proto::recommendations::v1::commitment_service_client::CommitmentServiceClient;
use rapporteur_proto::recommendations::v1::progress_report_service_client::ProgressReportServiceClient;
use rapporteur_proto::recommendations::v1::schedule_service_client::ScheduleServiceClient;
use rapporteur_proto::recommendations::v1::vocabulary_service_client::VocabularyServiceClient;
use rapporteur_recommendations::progress_report::machine::Verb;
pub(crate) use rapporteur_recommendations::progress_report::machine::Verb as ReportVerb;
use tonic::transport::Channel;

use crate::world::*;

/// A recommendation to Morocco and Portugal, and what is recorded of it below.
struct Case {
    world: World,
    recommendation: String,
    /// The entry of Morocco.
    addressee: String,
}

/// A request in the name of somebody.
fn by<T>(caller: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let caller = caller.parse().unwrap();
    request.metadata_mut().insert("rapporteur-caller", caller);
    request
}

impl Case {
    async fn new() -> Self {
        let mut world = World::new().await;
        let recommendation = world
            .recommendation("r", adopted("Act"))
            .await
            .unwrap()
            .name;
        for party in ["parties/ma", "parties/pt"] {
            let addressee = Addressee {
                party: party.into(),
                ..Addressee::default()
            };
            world.addressee(&recommendation, addressee).await.unwrap();
        }
        let addressee = format!("{recommendation}/addressees/ma");
        Self {
            world,
            recommendation,
            addressee,
        }
    }

    fn commitments(&self) -> CommitmentServiceClient<Channel> {
        CommitmentServiceClient::new(self.world.channel.clone())
    }

    fn reports(&self) -> ProgressReportServiceClient<Channel> {
        ProgressReportServiceClient::new(self.world.channel.clone())
    }

    fn assessments(&self) -> AssessmentServiceClient<Channel> {
        AssessmentServiceClient::new(self.world.channel.clone())
    }

    fn schedules(&self) -> ScheduleServiceClient<Channel> {
        ScheduleServiceClient::new(self.world.channel.clone())
    }

    fn vocabularies(&self) -> VocabularyServiceClient<Channel> {
        VocabularyServiceClient::new(self.world.channel.clone())
    }

    async fn commitment(&self, id: &str, commitment: Commitment) -> Result<Commitment, Status> {
        let request = CreateCommitmentRequest {
            parent: RABAT.into(),
            commitment_id: id.into(),
            commitment: Some(commitment),
            reason: "recorded afterwards".into(),
            ..Default::default()
        };
        let answer = self.commitments().create_commitment(request).await?;
        Ok(answer.into_inner())
    }

    async fn report(&self, id: &str, report: ProgressReport) -> Result<ProgressReport, Status> {
        let request = CreateProgressReportRequest {
            parent: RABAT.into(),
            progress_report_id: id.into(),
            progress_report: Some(report),
            ..Default::default()
        };
        let answer = self
            .reports()
            .create_progress_report(by("author", request))
            .await?;
        Ok(answer.into_inner())
    }

    async fn assessment(&self, id: &str, assessment: Assessment) -> Result<Assessment, Status> {
        let request = CreateAssessmentRequest {
            parent: RABAT.into(),
            assessment_id: id.into(),
            assessment: Some(assessment),
            ..Default::default()
        };
        let answer = self.assessments().create_assessment(request).await?;
        Ok(answer.into_inner())
    }

    async fn schedule(&self, id: &str, schedule: Schedule) -> Result<Schedule, Status> {
        let request = CreateScheduleRequest {
            parent: RABAT.into(),
            schedule_id: id.into(),
            schedule: Some(schedule),
            ..Default::default()
        };
        let answer = self.schedules().create_schedule(request).await?;
        Ok(answer.into_inner())
    }

    async fn vocabulary(&self, id: &str, vocabulary: Vocabulary) -> Result<Vocabulary, Status> {
        let request = CreateVocabularyRequest {
            vocabulary_id: id.into(),
            vocabulary: Some(vocabulary),
            ..Default::default()
        };
        let answer = self.vocabularies().create_vocabulary(request).await?;
        Ok(answer.into_inner())
    }

    async fn addressee(&self) -> Addressee {
        let request = GetAddresseeRequest {
            name: self.addressee.clone(),
            as_of: None,
        };
        let mut addressees = self.world.addressees.clone();
        addressees
            .get_addressee(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Says that Morocco has got so far; verified by somebody else.
    async fn proven(&self, id: &str, subject: &str, claimed: Implementation) -> ProgressReport {
        let report = ProgressReport {
            claimed: claimed.into(),
            ..about(subject)
        };
        let name = self.report(id, report).await.unwrap().name;
        self.moved(&name, Verb::Submit, "author").await.unwrap();
        self.moved(&name, Verb::Verify, "verifier").await.unwrap()
    }

    /// Moves a report, with a reason and with all else that the verb needs.
    async fn moved(&self, name: &str, verb: Verb, caller: &str) -> Result<ProgressReport, Status> {
        self.moved_as(name, verb, caller, "", "").await
    }

    /// Moves a report in the name of a post, on a day.
    async fn moved_as(
        &self,
        name: &str,
        verb: Verb,
        caller: &str,
        post: &str,
        on: &str,
    ) -> Result<ProgressReport, Status> {
        let mut reports = self.reports();
        let (name, post, reason) = (name.to_owned(), post.to_owned(), "because".to_owned());
        macro_rules! request {
            ($method:ident $request:ident $($more:tt)*) => {
                reports.$method(by(caller, $request {
                    name,
                    post,
                    reason,
                    on: day(on),
                    $($more)*
                    ..Default::default()
                })).await
            };
        }
        let answer = match verb {
            Verb::Update => {
                let report = Some(ProgressReport {
                    name,
                    note: "more".into(),
                    ..Default::default()
                });
                let request = UpdateProgressReportRequest {
                    progress_report: report,
                    update_mask: Some(FieldMask {
                        paths: vec!["note".into()],
                    }),
                    ..Default::default()
                };
                reports.update_progress_report(by(caller, request)).await
            }
            Verb::Submit => request!(submit_progress_report SubmitProgressReportRequest),
            Verb::Return => request!(return_progress_report ReturnProgressReportRequest),
            Verb::Redraft => request!(redraft_progress_report RedraftProgressReportRequest),
            Verb::Publish => request!(publish_progress_report PublishProgressReportRequest),
            Verb::Retract => request!(retract_progress_report RetractProgressReportRequest),
            Verb::Verify => {
                request!(verify_progress_report VerifyProgressReportRequest verifier: "parties/un".into(),)
            }
        };
        Ok(answer?.into_inner())
    }
}

/// A report of Morocco.
fn about(subject: &str) -> ProgressReport {
    ProgressReport {
        subject: subject.into(),
        author_party: "parties/ma".into(),
        claimed: Implementation::InProgress.into(),
        ..ProgressReport::default()
    }
}

/// A pledge of Morocco, with Portugal.
fn pledge() -> Commitment {
    Commitment {
        kind: CommitmentKind::Pledge.into(),
        title: english("Train officials"),
        owners: vec!["parties/ma".into()],
        partners: vec!["parties/pt".into()],
        ..Commitment::default()
    }
}
