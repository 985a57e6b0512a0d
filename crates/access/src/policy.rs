//! The table of who may call what: every call of every service, and the roles that may make it.
//!
//! It is enforced by the service that owns the record, in one place
//! (`rapporteur_server::Desk`), on the record that the call is about. A call that has no row here may be
//! made by nobody. What a read shows is not decided here but record by record, by visibility.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::grant::{Rights, Role};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, the anonymous too.
    Anyone,
    /// Everybody whom the gateway knows.
    Known,
    /// Who holds one of these roles for the record: in its dialogue (for a record of no dialogue: in all of
    /// them), and, with a role that acts for a party, for a party to whom the record belongs.
    Roles(&'static [Role]),
    /// Who holds one of these roles in any dialogue.
    Anywhere(&'static [Role]),
}

use Role::{Assessor, Auditor, Chair, Contributor, FocalPoint, Officer, Operator, Validator};
const ANYONE: Who = Who::Anyone;
const KNOWN: Who = Who::Known;
const OFFICERS: Who = Who::Roles(&[Officer]);
const ANY_OFFICER: Who = Who::Anywhere(&[Officer]);
const OFFICERS_AND_CHAIRS: Who = Who::Roles(&[Officer, Chair]);
const ANSWERING: Who = Who::Roles(&[FocalPoint, Officer]);
const REPORTING: Who = Who::Roles(&[Contributor, FocalPoint, Officer]);
const VALIDATING: Who = Who::Roles(&[Validator, Officer]);
const ASSESSING: Who = Who::Roles(&[Assessor, Officer]);
const OPERATORS: Who = Who::Roles(&[Operator]);
const AUDITING: Who = Who::Roles(&[Auditor, Operator]);

/// Every call, by its full name.
pub const POLICY: &[(&str, Who)] = &[
    // rapporteur.changes.v1.AuditService
    (
        "rapporteur.changes.v1.AuditService/ListAuditEntries",
        AUDITING,
    ),
    // rapporteur.changes.v1.ChangeService
    ("rapporteur.changes.v1.ChangeService/ListChanges", ANYONE),
    ("rapporteur.changes.v1.ChangeService/Watch", ANYONE),
    ("rapporteur.changes.v1.ChangeService/ListRevisions", ANYONE),
    // rapporteur.events.v1.DialogueService
    ("rapporteur.events.v1.DialogueService/GetDialogue", ANYONE),
    ("rapporteur.events.v1.DialogueService/ListDialogues", ANYONE),
    (
        "rapporteur.events.v1.DialogueService/CreateDialogue",
        OFFICERS,
    ),
    (
        "rapporteur.events.v1.DialogueService/UpdateDialogue",
        OFFICERS,
    ),
    ("rapporteur.events.v1.DialogueService/GetMembership", ANYONE),
    (
        "rapporteur.events.v1.DialogueService/ListMemberships",
        ANYONE,
    ),
    (
        "rapporteur.events.v1.DialogueService/CreateMembership",
        OFFICERS,
    ),
    (
        "rapporteur.events.v1.DialogueService/UpdateMembership",
        OFFICERS,
    ),
    ("rapporteur.events.v1.DialogueService/GetPost", ANYONE),
    ("rapporteur.events.v1.DialogueService/ListPosts", ANYONE),
    ("rapporteur.events.v1.DialogueService/CreatePost", OFFICERS),
    ("rapporteur.events.v1.DialogueService/UpdatePost", OFFICERS),
    (
        "rapporteur.events.v1.DialogueService/GetChairmanship",
        ANYONE,
    ),
    (
        "rapporteur.events.v1.DialogueService/ListChairmanships",
        ANYONE,
    ),
    (
        "rapporteur.events.v1.DialogueService/CreateChairmanship",
        OFFICERS,
    ),
    (
        "rapporteur.events.v1.DialogueService/UpdateChairmanship",
        OFFICERS,
    ),
    (
        "rapporteur.events.v1.DialogueService/ActivateChairmanship",
        OFFICERS,
    ),
    (
        "rapporteur.events.v1.DialogueService/HandOverChairmanship",
        OFFICERS,
    ),
    // rapporteur.events.v1.EventService
    ("rapporteur.events.v1.EventService/GetEvent", ANYONE),
    ("rapporteur.events.v1.EventService/ListEvents", ANYONE),
    ("rapporteur.events.v1.EventService/BatchGetEvents", ANYONE),
    (
        "rapporteur.events.v1.EventService/CreateEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/UpdateEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/PlanEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/ConfirmEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/HoldEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/ReportEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/CloseEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/PostponeEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/CancelEvent",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.EventService/CorrectEvent",
        OFFICERS_AND_CHAIRS,
    ),
    // rapporteur.events.v1.PartyService
    ("rapporteur.events.v1.PartyService/GetParty", ANYONE),
    ("rapporteur.events.v1.PartyService/ListParties", ANYONE),
    ("rapporteur.events.v1.PartyService/BatchGetParties", ANYONE),
    ("rapporteur.events.v1.PartyService/CreateParty", ANY_OFFICER),
    ("rapporteur.events.v1.PartyService/UpdateParty", OFFICERS),
    // rapporteur.events.v1.PlanService
    ("rapporteur.events.v1.PlanService/GetPlan", ANYONE),
    ("rapporteur.events.v1.PlanService/ListPlans", ANYONE),
    ("rapporteur.events.v1.PlanService/CreatePlan", OFFICERS),
    ("rapporteur.events.v1.PlanService/UpdatePlan", OFFICERS),
    ("rapporteur.events.v1.PlanService/GetPlanNode", ANYONE),
    ("rapporteur.events.v1.PlanService/ListPlanNodes", ANYONE),
    ("rapporteur.events.v1.PlanService/BatchGetPlanNodes", ANYONE),
    ("rapporteur.events.v1.PlanService/CreatePlanNode", OFFICERS),
    ("rapporteur.events.v1.PlanService/UpdatePlanNode", OFFICERS),
    (
        "rapporteur.events.v1.PlanService/AdoptPlan",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.PlanService/BringIntoForcePlan",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.PlanService/ExpirePlan",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.events.v1.PlanService/SupersedePlan",
        OFFICERS_AND_CHAIRS,
    ),
    ("rapporteur.events.v1.PlanService/GetCrosswalk", ANYONE),
    ("rapporteur.events.v1.PlanService/ListCrosswalks", ANYONE),
    ("rapporteur.events.v1.PlanService/CreateCrosswalk", OFFICERS),
    ("rapporteur.events.v1.PlanService/UpdateCrosswalk", OFFICERS),
    // rapporteur.events.v1.SourceService
    ("rapporteur.events.v1.SourceService/GetSource", ANYONE),
    ("rapporteur.events.v1.SourceService/ListSources", ANYONE),
    (
        "rapporteur.events.v1.SourceService/CreateSource",
        ANY_OFFICER,
    ),
    ("rapporteur.events.v1.SourceService/UpdateSource", OFFICERS),
    // rapporteur.gateway.v1.AccessService
    ("rapporteur.gateway.v1.AccessService/GetCaller", ANYONE),
    ("rapporteur.gateway.v1.AccessService/IssueToken", KNOWN),
    ("rapporteur.gateway.v1.AccessService/GetKey", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/ListKeys", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/CreateKey", OPERATORS),
    // Callers rotate their own keys; those of others, operators do. The gateway looks at whose it is.
    ("rapporteur.gateway.v1.AccessService/RotateKey", KNOWN),
    ("rapporteur.gateway.v1.AccessService/RevokeKey", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/GetGrant", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/ListGrants", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/CreateGrant", OPERATORS),
    ("rapporteur.gateway.v1.AccessService/RevokeGrant", OPERATORS),
    // rapporteur.gateway.v1.CoverageService
    ("rapporteur.gateway.v1.CoverageService/GetCoverage", ANYONE),
    // rapporteur.gateway.v1.FollowUpService
    (
        "rapporteur.gateway.v1.FollowUpService/ListOpenItems",
        ANYONE,
    ),
    ("rapporteur.gateway.v1.FollowUpService/CountItems", ANYONE),
    ("rapporteur.gateway.v1.FollowUpService/ListGaps", ANYONE),
    ("rapporteur.gateway.v1.FollowUpService/ListDues", ANYONE),
    ("rapporteur.gateway.v1.FollowUpService/GetInbox", ANYONE),
    ("rapporteur.gateway.v1.FollowUpService/GetHandover", ANYONE),
    ("rapporteur.gateway.v1.FollowUpService/GetFigures", ANYONE),
    // rapporteur.gateway.v1.StatusService
    ("rapporteur.gateway.v1.StatusService/GetStatus", ANYONE),
    // rapporteur.gateway.v1.TraceService
    ("rapporteur.gateway.v1.TraceService/Trace", ANYONE),
    // rapporteur.recommendations.v1.AddresseeService
    (
        "rapporteur.recommendations.v1.AddresseeService/GetAddressee",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.AddresseeService/ListAddressees",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.AddresseeService/CreateAddressee",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.AddresseeService/UpdateAddressee",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.AddresseeService/AddressRecommendation",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.AddresseeService/RespondAddressee",
        ANSWERING,
    ),
    // rapporteur.recommendations.v1.AssessmentService
    (
        "rapporteur.recommendations.v1.AssessmentService/GetAssessment",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.AssessmentService/ListAssessments",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.AssessmentService/CreateAssessment",
        ASSESSING,
    ),
    (
        "rapporteur.recommendations.v1.AssessmentService/UpdateAssessment",
        ASSESSING,
    ),
    // rapporteur.recommendations.v1.CommitmentService
    (
        "rapporteur.recommendations.v1.CommitmentService/GetCommitment",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/ListCommitments",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/CreateCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/UpdateCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/AcceptCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/DeclineCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/StartCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/HoldCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/ResumeCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/CompleteCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/ReopenCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/VerifyCommitment",
        VALIDATING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/CloseCommitment",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/CancelCommitment",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.CommitmentService/ReassignCommitment",
        OFFICERS,
    ),
    // rapporteur.recommendations.v1.InstrumentService
    (
        "rapporteur.recommendations.v1.InstrumentService/GetInstrument",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.InstrumentService/ListInstruments",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.InstrumentService/CreateInstrument",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.InstrumentService/UpdateInstrument",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.InstrumentService/ResolveCitation",
        ANYONE,
    ),
    // rapporteur.recommendations.v1.ProgressReportService
    (
        "rapporteur.recommendations.v1.ProgressReportService/GetProgressReport",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/ListProgressReports",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/CreateProgressReport",
        REPORTING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/UpdateProgressReport",
        REPORTING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/SubmitProgressReport",
        ANSWERING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/VerifyProgressReport",
        VALIDATING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/ReturnProgressReport",
        VALIDATING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/RedraftProgressReport",
        REPORTING,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/PublishProgressReport",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.ProgressReportService/RetractProgressReport",
        OFFICERS,
    ),
    // rapporteur.recommendations.v1.RecommendationService
    (
        "rapporteur.recommendations.v1.RecommendationService/GetRecommendation",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/ListRecommendations",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/BatchGetRecommendations",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/CreateRecommendation",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/UpdateRecommendation",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/TableRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/WithdrawRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/RedraftRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/AdoptRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/RejectRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/SupersedeRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/ElapseRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/RetireRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/ReviveRecommendation",
        OFFICERS_AND_CHAIRS,
    ),
    (
        "rapporteur.recommendations.v1.RecommendationService/CorrectTextRecommendation",
        OFFICERS,
    ),
    // rapporteur.recommendations.v1.ScheduleService
    (
        "rapporteur.recommendations.v1.ScheduleService/GetSchedule",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.ScheduleService/ListSchedules",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.ScheduleService/CreateSchedule",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.ScheduleService/UpdateSchedule",
        OFFICERS,
    ),
    // rapporteur.recommendations.v1.VocabularyService
    (
        "rapporteur.recommendations.v1.VocabularyService/GetVocabulary",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.VocabularyService/ListVocabularies",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.VocabularyService/CreateVocabulary",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.VocabularyService/UpdateVocabulary",
        OFFICERS,
    ),
    // rapporteur.store.v1.StoreService
    ("rapporteur.store.v1.StoreService/GetStoreInfo", OPERATORS),
    ("rapporteur.store.v1.StoreService/ExportStore", OPERATORS),
    ("rapporteur.store.v1.StoreService/VerifyStore", OPERATORS),
    ("rapporteur.store.v1.StoreService/MoveStore", OPERATORS),
];

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The call: `rapporteur.events.v1.EventService/CreateEvent`.
    pub rpc: &'static str,
    /// Who may make it.
    pub who: Who,
}

/// The row of a call, by its full name without a leading `/`.
pub fn rule(rpc: &str) -> Option<Rule> {
    static BY_NAME: LazyLock<HashMap<&str, Rule>> = LazyLock::new(|| {
        POLICY
            .iter()
            .map(|&(rpc, who)| (rpc, Rule { rpc, who }))
            .collect()
    });
    BY_NAME.get(rpc).copied()
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It takes somebody who is known.
    #[error("{0}")]
    Unknown(String),
    /// The caller is known, and may not.
    #[error("{0}")]
    Forbidden(String),
}

impl Rule {
    /// Whether somebody with these rights may make the call on the record `name`, which belongs to `parties`.
    /// For a record that is to be made, `name` is that of its parent. `known`: the caller is not anonymous.
    pub fn check(
        &self,
        rights: &Rights,
        known: bool,
        name: &str,
        parties: &[&str],
    ) -> Result<(), Refusal> {
        if self.allows(rights, known, name, parties) {
            return Ok(());
        }
        let why = self.describe(name, parties);
        Err(if known {
            Refusal::Forbidden(why)
        } else {
            Refusal::Unknown(format!("{why}; this call was made without a key"))
        })
    }

    fn allows(&self, rights: &Rights, known: bool, name: &str, parties: &[&str]) -> bool {
        let grants = match rights {
            Rights::All => return true,
            Rights::None => &[][..],
            Rights::Granted(grants) => grants,
        };
        match self.who {
            Who::Anyone => true,
            Who::Known => known,
            Who::Anywhere(roles) => grants.iter().any(|grant| roles.contains(&grant.role)),
            Who::Roles(roles) => grants.iter().any(|grant| {
                let for_them = !grant.role.is_for_a_party()
                    || match &grant.party {
                        None => !parties.is_empty(),
                        Some(party) => parties.contains(&party.as_str()),
                    };
                roles.contains(&grant.role) && grant.holds_for(name) && for_them
            }),
        }
    }

    /// What it takes, in words.
    fn describe(&self, name: &str, parties: &[&str]) -> String {
        let method = self.rpc.rsplit('.').next().unwrap_or(self.rpc);
        let (roles, place) = match self.who {
            Who::Anyone | Who::Known => return format!("{method} takes a caller who is known"),
            Who::Anywhere(roles) => (roles, "in a dialogue".to_owned()),
            Who::Roles(roles) => match crate::grant::dialogue_of(name) {
                Some(dialogue) => (roles, format!("in {dialogue}")),
                None => (roles, "in all dialogues".to_owned()),
            },
        };
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let mut text = format!("{method} takes the role {} {place}", names.join(" or "));
        if roles.iter().any(|role| role.is_for_a_party()) {
            let whose = if parties.is_empty() {
                "no party".to_owned()
            } else {
                parties.join(", ")
            };
            // Writing to a text does not fail.
            write!(text, " (the record belongs to {whose})").ok();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::grant::Grant;

    #[test]
    fn every_call_has_one_row_and_every_row_a_call() {
        let mut calls = BTreeSet::new();
        for service in rapporteur_proto::descriptor_pool().services() {
            if !service.full_name().starts_with("rapporteur.") {
                continue;
            }
            for method in service.methods() {
                let rpc = format!("{}/{}", service.full_name(), method.name());
                let rule = rule(&rpc)
                    .unwrap_or_else(|| panic!("{rpc}: say in POLICY who may make this call"));
                // What takes a request id changes something, and nobody does so unknown.
                let writes = method.input().get_field_by_name("request_id").is_some();
                assert!(
                    !writes || rule.who != Who::Anyone,
                    "{rpc} changes the record"
                );
                calls.insert(rpc);
            }
        }
        for (rpc, _) in POLICY {
            assert!(calls.contains(*rpc), "{rpc} is no call");
        }
        assert_eq!(POLICY.len(), calls.len(), "no row twice");
    }

    /// Every cell: each call with each role, in the right and the wrong dialogue, for the right and the
    /// wrong party, must come out as the row says and in no other way.
    #[test]
    fn every_cell_is_as_its_row_says() {
        let (here, there) = ("dialogues/rabat", "dialogues/khartoum");
        let (ours, theirs) = ("parties/pt", "parties/ng");
        let name = "dialogues/rabat/reports/x";
        let mut cells = 0;
        for (rpc, who) in POLICY {
            let rule = rule(rpc).unwrap();
            assert_eq!(
                rule.check(&Rights::None, false, name, &[ours]).is_ok(),
                *who == Who::Anyone,
                "{rpc}, anonymous"
            );
            assert_eq!(rule.check(&Rights::All, true, name, &[]), Ok(()));
            for role in Role::ALL {
                for dialogue in [None, Some(here), Some(there)] {
                    for party in [None, Some(ours), Some(theirs)] {
                        let grant = Grant {
                            role,
                            dialogue: dialogue.map(str::to_owned),
                            party: party.map(str::to_owned),
                        };
                        let rights = Rights::of([grant]);
                        let fits = dialogue != Some(there)
                            && (!role.is_for_a_party() || party != Some(theirs));
                        let expected = match who {
                            Who::Anyone | Who::Known => true,
                            Who::Anywhere(roles) => roles.contains(&role),
                            Who::Roles(roles) => roles.contains(&role) && fits,
                        };
                        let answer = rule.check(&rights, true, name, &[ours]);
                        assert_eq!(
                            answer.is_ok(),
                            expected,
                            "{rpc} as {role} in {dialogue:?} for {party:?}: {answer:?}"
                        );
                        cells += 1;
                    }
                }
            }
        }
        assert_eq!(cells, POLICY.len() * Role::ALL.len() * 9);
    }

    #[test]
    fn a_refusal_says_what_it_takes() {
        let respond = rule("rapporteur.recommendations.v1.AddresseeService/RespondAddressee");
        let answer = respond.unwrap().check(
            &Rights::None,
            false,
            "dialogues/rabat/recommendations/x/addressees/gm",
            &["parties/gm"],
        );
        assert_eq!(
            answer,
            Err(Refusal::Unknown(
                "AddresseeService/RespondAddressee takes the role focal-point or officer in dialogues/rabat \
                 (the record belongs to parties/gm); this call was made without a key"
                    .into()
            ))
        );
        assert_eq!(rule("rapporteur.events.v1.EventService/BurnEvent"), None);
    }

    #[test]
    fn what_belongs_to_no_party_is_no_business_of_a_focal_point() {
        let respond =
            rule("rapporteur.recommendations.v1.AddresseeService/RespondAddressee").unwrap();
        let rights = Rights::of([Grant::everywhere(Role::FocalPoint)]);
        let name = "dialogues/rabat/recommendations/x/addressees/all-partners";
        assert!(respond.check(&rights, true, name, &[]).is_err());
        assert!(respond.check(&rights, true, name, &["parties/gm"]).is_ok());
    }
}
