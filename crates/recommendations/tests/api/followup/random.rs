//! Random histories against a plain model: four eyes hold in any order of calls, how far something is moves by
//! verification alone, nothing supersedes itself, and every addressee is in one state.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::runtime::Runtime;

use super::*;
use Implementation as I;
use ProgressReportState as State;

/// The day of every move: on it one person is both the focal point of Morocco and at the desk of Malta.
const ON: &str = "2024-11-01";
const CALLERS: [&str; 4] = ["a", "b", "c", "d"];
const POSTS: [&str; 4] = ["", "ma-focal", "pt-focal", "mt-desk"];
/// The addressees and the commitment of a history, by the party that reports on them.
const PARTIES: [&str; 3] = ["parties/ma", "parties/pt", "parties/ma"];
/// How many texts there are.
const TEXTS: usize = 4;

#[derive(Clone, Debug)]
enum Command {
    Create {
        subject: usize,
        caller: usize,
        post: usize,
        claimed: I,
    },
    Update {
        report: usize,
        caller: usize,
        claimed: I,
    },
    Move {
        report: usize,
        verb: Verb,
        caller: usize,
        post: usize,
    },
    Verify {
        report: usize,
        caller: usize,
        post: usize,
        found: Option<I>,
    },
    Respond {
        subject: usize,
        response: Response,
    },
    /// An update that says how far it is.
    Overwrite {
        subject: usize,
        claimed: I,
    },
    Supersede {
        text: usize,
        successor: usize,
    },
}

fn commands() -> impl Strategy<Value = Command> {
    let caller = || 0..CALLERS.len();
    let post = || prop_oneof![2 => Just(0), 3 => 1..POSTS.len()];
    let report = || 0..4_usize;
    let claimed = || {
        prop_oneof![
            12 => select(vec![I::NotStarted, I::Planned, I::InProgress, I::PartiallyImplemented, I::Implemented, I::Stalled]),
            1 => Just(I::NotApplicable),
        ]
    };
    let found = proptest::option::weighted(0.3, claimed());
    let verb = select(vec![
        Verb::Return,
        Verb::Redraft,
        Verb::Publish,
        Verb::Retract,
    ]);
    let response = select(vec![
        Response::UnderConsideration,
        Response::Supported,
        Response::Noted,
        Response::NotSupported,
    ]);
    prop_oneof![
        3 => (0..3_usize, caller(), post(), claimed()).prop_map(|(subject, caller, post, claimed)| Command::Create { subject, caller, post, claimed }),
        3 => (report(), caller(), claimed()).prop_map(|(report, caller, claimed)| Command::Update { report, caller, claimed }),
        4 => (report(), caller(), post()).prop_map(|(report, caller, post)| Command::Move { report, verb: Verb::Submit, caller, post }),
        4 => (report(), verb, caller(), post()).prop_map(|(report, verb, caller, post)| Command::Move { report, verb, caller, post }),
        7 => (report(), caller(), post(), found).prop_map(|(report, caller, post, found)| Command::Verify { report, caller, post, found }),
        1 => (0..2_usize, response).prop_map(|(subject, response)| Command::Respond { subject, response }),
        1 => (0..3_usize, claimed()).prop_map(|(subject, claimed)| Command::Overwrite { subject, claimed }),
        2 => (0..TEXTS, 0..TEXTS).prop_map(|(text, successor)| Command::Supersede { text, successor }),
    ]
}

/// A report, as the model has it.
#[derive(Clone, Debug)]
struct Written {
    subject: usize,
    state: State,
    claimed: I,
    authors: BTreeSet<usize>,
    author_post: usize,
    submitted_as: BTreeSet<usize>,
}

/// Everything, as the model has it.
struct Model {
    reports: Vec<Written>,
    implementations: [I; 3],
    responses: [Response; 2],
    /// By which text each is superseded.
    superseded_by: [Option<usize>; TEXTS],
}

/// Who is at a post on the day.
fn holder(post: usize) -> &'static str {
    ["", "amina", "paula", "amina"][post]
}

/// Whether a verified report may say so of what stands there.
fn may_find(from: I, to: I) -> bool {
    match (from, to) {
        (from, to) if from == to => true,
        (I::NotApplicable, _) => false,
        (I::None, _) | (_, I::NotApplicable) => true,
        (I::NotStarted, to) => to != I::Stalled,
        (I::Planned, to) => to != I::NotStarted,
        (I::InProgress, to) => matches!(to, I::PartiallyImplemented | I::Implemented | I::Stalled),
        (I::PartiallyImplemented, to) => matches!(to, I::Implemented | I::Stalled),
        (I::Stalled | I::Implemented, to) => to == I::InProgress,
        _ => false,
    }
}

const ILLEGAL: &str = "ILLEGAL_TRANSITION";

impl Model {
    fn new() -> Self {
        Self {
            reports: Vec::new(),
            implementations: [I::None; 3],
            responses: [Response::None; 2],
            superseded_by: [None; TEXTS],
        }
    }

    /// What the command does; or why it does nothing.
    fn apply(&mut self, command: &Command) -> Result<(), &'static str> {
        match *command {
            Command::Create {
                subject,
                caller,
                post,
                claimed,
            } => self.reports.push(Written {
                subject,
                state: State::Draft,
                claimed,
                authors: [caller].into(),
                author_post: post,
                submitted_as: BTreeSet::new(),
            }),
            Command::Update {
                report,
                caller,
                claimed,
            } => {
                let report = &mut self.reports[report];
                if report.state != State::Draft {
                    return Err(ILLEGAL);
                }
                report.claimed = claimed;
                report.authors.insert(caller);
            }
            Command::Move {
                report,
                verb,
                caller,
                post,
            } => {
                let report = &mut self.reports[report];
                report.state = match (report.state, verb) {
                    (State::Draft, Verb::Submit) => State::Submitted,
                    (State::Submitted, Verb::Return) => State::Returned,
                    (State::Returned, Verb::Redraft) => State::Draft,
                    (State::Verified, Verb::Publish) => State::Published,
                    (State::Published, Verb::Retract) => State::Retracted,
                    _ => return Err(ILLEGAL),
                };
                if verb == Verb::Submit {
                    report.authors.insert(caller);
                    report.submitted_as.insert(post);
                    if report.author_post == 0 {
                        report.author_post = post;
                    }
                }
            }
            Command::Verify {
                report,
                caller,
                post,
                found,
            } => {
                let report = &mut self.reports[report];
                if report.state != State::Submitted {
                    return Err(ILLEGAL);
                }
                let theirs = report.submitted_as.iter().chain([&report.author_post]);
                let mut theirs = theirs.filter(|p| **p != 0);
                if report.authors.contains(&caller)
                    || (post != 0 && theirs.any(|p| *p == post || holder(*p) == holder(post)))
                {
                    return Err("FOUR_EYES");
                }
                let found = found.unwrap_or(report.claimed);
                let stands = &mut self.implementations[report.subject];
                if !may_find(*stands, found) {
                    return Err(ILLEGAL);
                }
                *stands = found;
                report.state = State::Verified;
            }
            Command::Respond { subject, response } => {
                let stands = &mut self.responses[subject];
                if response == Response::UnderConsideration && *stands != Response::None {
                    return Err(ILLEGAL);
                }
                *stands = response;
            }
            Command::Overwrite { .. } => {}
            Command::Supersede { text, successor } => {
                if text == successor {
                    return Err("INVALID_ARGUMENT");
                }
                if self.superseded_by[text].is_some() {
                    return Err(ILLEGAL);
                }
                let mut above = Some(successor);
                while let Some(next) = above {
                    if next == text {
                        return Err("INVALID_ARGUMENT");
                    }
                    above = self.superseded_by[next];
                }
                self.superseded_by[text] = Some(successor);
            }
        }
        Ok(())
    }
}

/// One history in the service: texts, of which the first is addressed, a commitment, and reports on them.
struct History<'a> {
    case: &'a Case,
    texts: Vec<String>,
    subjects: [String; 3],
    reports: Vec<String>,
}

impl<'a> History<'a> {
    async fn new(case: &'a Case) -> Self {
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
    async fn apply(&mut self, command: &Command) -> Result<(), String> {
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

    async fn overwrite(&self, subject: usize, claimed: I) -> Result<(), Status> {
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
    async fn compare(&self, model: &Model) {
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

/// How many addressees there are with a filter, of all histories.
async fn count(case: &Case, implementations: Vec<i32>, responses: Vec<i32>) -> usize {
    let mut query = ListAddresseesRequest {
        parent: "dialogues/-/recommendations/-".into(),
        page_size: 1_000,
        implementations,
        responses,
        ..Default::default()
    };
    let mut addressees = case.world.addressees.clone();
    let mut count = 0;
    loop {
        let page = addressees
            .list_addressees(query.clone())
            .await
            .unwrap()
            .into_inner();
        count += page.addressees.len();
        query.page_token = page.next_page_token;
        if query.page_token.is_empty() {
            return count;
        }
    }
}

#[test]
fn no_order_of_calls_gets_around_four_eyes() {
    let runtime = Runtime::new().unwrap();
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    // Always the same draw, so that a failure is seen again.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let case = runtime.block_on(Case::new());
    let (verified, held, cycles) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let histories = proptest::collection::vec(commands(), 60..160);
    let outcome = runner.run(&histories, |history| {
        runtime.block_on(async {
            let (mut model, mut real) = (Model::new(), History::new(&case).await);
            for mut command in history {
                if let Command::Update { report, .. }
                | Command::Move { report, .. }
                | Command::Verify { report, .. } = &mut command
                {
                    // One of the newest reports, or nothing to do yet.
                    let Some(newest) = model.reports.len().checked_sub(1 + *report) else {
                        continue;
                    };
                    *report = newest;
                }
                let wanted = model.apply(&command);
                let is = real.apply(&command).await;
                prop_assert_eq!(is, wanted.map_err(str::to_owned), "{:?}", command);
                match (&command, wanted) {
                    (Command::Verify { .. }, Ok(())) => verified.set(verified.get() + 1),
                    (_, Err("FOUR_EYES")) => held.set(held.get() + 1),
                    (Command::Supersede { .. }, Err("INVALID_ARGUMENT")) => {
                        cycles.set(cycles.get() + 1)
                    }
                    _ => {}
                }
            }
            real.compare(&model).await;
            Ok::<(), TestCaseError>(())
        })
    });
    outcome.unwrap();
    assert!(
        verified.get() > 100 && held.get() > 100 && cycles.get() > 20,
        "hardly anything happened: {verified:?} {held:?} {cycles:?}"
    );
    runtime.block_on(async {
        let all = count(&case, Vec::new(), Vec::new()).await;
        assert!(all > 90, "{all}");
        let (mut by_state, mut by_answer) = (0, 0);
        for state in I::None.into()..=I::NotApplicable.into() {
            by_state += count(&case, vec![state], Vec::new()).await;
        }
        for answer in Response::None.into()..=Response::NotSupported.into() {
            by_answer += count(&case, Vec::new(), vec![answer]).await;
        }
        assert_eq!((by_state, by_answer), (all, all));
    });
}
