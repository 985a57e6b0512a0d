//! Random histories against a plain model: four eyes hold in any order of calls, how far something is moves by
//! verification alone, nothing supersedes itself, and every addressee is in one state.

mod history;
mod model;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::runtime::Runtime;

use super::*;
use Implementation as I;
use ProgressReportState as State;
use history::History;
use model::Model;

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
