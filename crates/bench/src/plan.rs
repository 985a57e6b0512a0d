//! How much of everything is done.

use std::time::Duration;

use rapporteur_store::engine::Address;

use crate::arguments::{Arguments, Measure};
use crate::rounds::Rounds;

/// Callers at a time in every measurement of reads, over [`CONNECTIONS`].
pub const CALLERS: usize = 64;
/// Connections that the callers share.
pub const CONNECTIONS: usize = 4;
/// Records on the page that is listed.
pub const PAGE: usize = 50;

/// The sizes of one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Events in the small store.
    pub small: u64,
    /// Events in the large store.
    pub large: u64,
    /// How reads take turns.
    pub reads: Rounds,
    /// How writes take turns.
    pub writes: Rounds,
    /// How often each store is opened.
    pub openings: u32,
    /// How long an open loop runs, and before that warms up.
    pub open_loop: Duration,
    /// Events in the record of which coverage is counted; ten times as many recommendations.
    pub covered: usize,
    /// Texts in the record that is searched.
    pub texts: u64,
    /// Recommendations in the file that is imported.
    pub imported: u64,
    /// Folder with texts to vary.
    pub corpus: Option<std::path::PathBuf>,
    /// What alone is measured; nothing = everything.
    pub only: Vec<Measure>,
    /// Where a PostgreSQL is that sled is compared with.
    pub postgres: Option<Address>,
}

impl Plan {
    /// The plan that the arguments ask for.
    pub fn of(arguments: &Arguments) -> Self {
        let mut plan = if arguments.quick {
            Self::quick()
        } else {
            Self::full()
        };
        plan.only.clone_from(&arguments.only);
        plan.postgres.clone_from(&arguments.postgres);
        plan.texts = arguments.texts.unwrap_or(plan.texts);
        plan.imported = arguments.texts.unwrap_or(plan.imported);
        plan.corpus.clone_from(&arguments.corpus);
        plan.large = arguments.events.unwrap_or(plan.large);
        if let Some(rounds) = arguments.rounds {
            plan.reads.rounds = rounds;
            plan.writes.rounds = rounds;
            plan.openings = rounds;
        }
        plan
    }

    /// Whether this is measured.
    pub fn has(&self, measure: Measure) -> bool {
        self.only.is_empty() || self.only.contains(&measure)
    }

    fn full() -> Self {
        let second = Duration::from_secs(1);
        Self {
            small: 1_000,
            large: 100_000,
            reads: Rounds {
                rounds: 11,
                warm_up: second / 4,
                time: second,
            },
            writes: Rounds {
                rounds: 7,
                warm_up: second / 4,
                time: 2 * second,
            },
            openings: 9,
            open_loop: 5 * second,
            covered: 10_000,
            texts: 267_000,
            imported: 10_000,
            corpus: None,
            only: Vec::new(),
            postgres: None,
        }
    }

    fn quick() -> Self {
        // Long enough that each caller is answered, on a busy machine too.
        let short = Duration::from_millis(200);
        let reads = Rounds {
            rounds: 2,
            warm_up: short / 4,
            time: short,
        };
        // In a debug build 256 Creates take their time.
        let writes = Rounds {
            time: 2 * short,
            ..reads
        };
        Self {
            small: 120,
            large: 400,
            reads,
            writes,
            openings: 2,
            open_loop: 2 * short,
            covered: 100,
            texts: 500,
            imported: 400,
            corpus: None,
            only: Vec::new(),
            postgres: None,
        }
    }
}
