//! Every call of every service, by its full name, and who may make it.

use super::Who;
use crate::grant::Role::{
    Assessor, Auditor, Chair, Contributor, FocalPoint, Officer, Operator, Validator,
};

const ANYONE: Who = Who::Anyone;
const KNOWN: Who = Who::Known;
const OFFICERS: Who = Who::Roles(&[Officer]);
const ANY_OFFICER: Who = Who::Anywhere(&[Officer]);
const OFFICERS_AND_CHAIRS: Who = Who::Roles(&[Officer, Chair]);
const ANSWERING: Who = Who::Roles(&[FocalPoint, Officer]);
const REPORTING: Who = Who::Roles(&[Contributor, FocalPoint, Officer]);
const VALIDATING: Who = Who::Roles(&[Validator, Officer]);
const ASSESSING: Who = Who::Roles(&[Assessor, Officer]);
const IMPORTING: Who = Who::Anywhere(&[Officer, Chair, FocalPoint, Contributor]);
const OPERATORS: Who = Who::Roles(&[Operator]);
const AUDITING: Who = Who::Roles(&[Auditor, Operator]);

/// Every call, by its full name.
pub const POLICY: &[(&str, Who)] = &[
    // rapporteur.changes.v1.AuditService
    (
        "rapporteur.changes.v1.AuditService/ListAuditEntries",
        AUDITING,
    ),
    (
        "rapporteur.changes.v1.AuditService/VerifyAuditTrail",
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
    // rapporteur.gateway.v1.ImportService. Each record that is written is judged by its service besides; who may see an
    // import, the gateway looks at.
    (
        "rapporteur.gateway.v1.ImportService/PreviewImport",
        IMPORTING,
    ),
    (
        "rapporteur.gateway.v1.ImportService/CommitImport",
        IMPORTING,
    ),
    ("rapporteur.gateway.v1.ImportService/UndoImport", IMPORTING),
    ("rapporteur.gateway.v1.ImportService/GetImport", KNOWN),
    ("rapporteur.gateway.v1.ImportService/ListImports", KNOWN),
    ("rapporteur.gateway.v1.ImportService/ListImportRows", KNOWN),
    // rapporteur.gateway.v1.ResolveService
    ("rapporteur.gateway.v1.ResolveService/ResolveNames", ANYONE),
    // rapporteur.gateway.v1.SearchService
    ("rapporteur.gateway.v1.SearchService/Search", ANYONE),
    ("rapporteur.gateway.v1.SearchService/Similar", ANYONE),
    ("rapporteur.gateway.v1.SearchService/Related", ANYONE),
    ("rapporteur.gateway.v1.SearchService/SuggestClasses", ANYONE),
    (
        "rapporteur.gateway.v1.SearchService/ListSuggestions",
        ANYONE,
    ),
    (
        "rapporteur.gateway.v1.SearchService/RebuildSearchIndex",
        OPERATORS,
    ),
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
    // rapporteur.recommendations.v1.VerdictService
    (
        "rapporteur.recommendations.v1.VerdictService/GetVerdict",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.VerdictService/ListVerdicts",
        ANYONE,
    ),
    (
        "rapporteur.recommendations.v1.VerdictService/CreateVerdict",
        OFFICERS,
    ),
    (
        "rapporteur.recommendations.v1.VerdictService/UpdateVerdict",
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
